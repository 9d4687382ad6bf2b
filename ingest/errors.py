"""Everything that can go wrong on the way in, and what to do next.

IngestError
├── SourceError   a person must mend something (login, subscription, TLS): stop, say so
├── BrokerAway    the broker does not answer now: try again, for ever, with growing pauses
└── NotPublished  a message to a device was not taken by the broker; the text says why
"""


class IngestError(Exception):
    """Base of every error this package raises on purpose."""


class SourceError(IngestError):
    """The broker or the settings refuse us; the text says what, where, and how to mend it."""


class NotPublished(IngestError):
    """The broker did not take what we wanted to tell a device; it may have reached it."""


class BrokerAway(IngestError):
    """The broker cannot be reached, or ended the connection; trying again is right."""
