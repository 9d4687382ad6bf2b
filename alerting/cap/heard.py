"""What reading a foreign message gives, or why it was refused; needs no XML library itself."""

from dataclasses import dataclass

from alerting.cap.values import Message

MAX_BYTES = 1024 * 1024


class CapRefused(ValueError):
    """It is no message that can be used; `faults` say what is wrong and what is allowed."""

    def __init__(self, *faults: str) -> None:
        """Keep the faults."""
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message as it was understood, and what was not as the standard wants it."""

    message: Message
    remarks: tuple[str, ...] = ()
