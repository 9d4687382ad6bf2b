"""Who writes messages, and without a signature where no key is set.

Signing is in `alerting.cap.signature`, whose libraries take 17 MB of memory: it is loaded where
a key or a certificate is given, and nowhere else.
"""

from dataclasses import dataclass
from typing import Protocol

from alerting.cap.values import Message


class KeyRefused(ValueError):
    """A key or certificate cannot be used; the text says why, and never repeats the key."""


class NotGenuine(ValueError):
    """A message is not signed by the pinned certificate, or was changed since."""


class Writer(Protocol):
    """Makes the bytes of messages."""

    @property
    def is_signing(self) -> bool:
        """Say whether the messages are signed."""
        ...

    def bytes_of(self, message: Message) -> bytes:
        """Give a message as XML."""
        ...


@dataclass(frozen=True, slots=True)
class Unsigned:
    """Writes messages without a signature, where no key is set."""

    is_signing = False

    def bytes_of(self, message: Message) -> bytes:
        """Give a message as XML."""
        from alerting.cap.write import bytes_of, element_of

        return bytes_of(element_of(message))
