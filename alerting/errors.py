"""Everything that can go wrong in alerting, and what to do next.

AlertingError
├── PackError        a rule pack is wrong: mend the file
├── JournalError     the journal cannot be written or read: warn anyway, retry
│   └── JournalRefused  it answers, and never takes this: put it aside and go on
├── DeedRefused      a person's deed is not allowed now: do what the text says
└── DeliveryError    a channel did not take a notice: `retryable` says whether to try again

UnknownAlert stands beside them: there is no alert with that id.
"""


class UnknownAlert(LookupError):
    """There is no alert with this id."""


class AlertingError(Exception):
    """Base of every error this package raises on purpose."""


class PackError(AlertingError):
    """A rule pack or override cannot be used; the text names file and line."""


class JournalError(AlertingError):
    """The journal did not answer; nothing was recorded."""


class JournalRefused(JournalError):
    """The journal answered and will never take what it was given; others may pass."""


class DeedRefused(AlertingError):
    """What a person wants to do about an alert is not allowed now; the text says why."""


class DeliveryError(AlertingError):
    """A channel did not take a notice."""

    def __init__(self, reason: str, *, retryable: bool, retry_after_s: float | None = None) -> None:
        """Keep why, and whether the same notice may be tried again by the same road."""
        super().__init__(reason)
        self.reason = reason
        self.retryable = retryable
        self.retry_after_s = retry_after_s
