"""What can go wrong in storage, and what to do next.

StorageError
├── StoreUnavailable   the database does not answer: keep in the log, try again
├── StoreRefused       it answers and says no (password, database name): a person must mend it
│   └── RowRefused     it takes others, but never this one: leave it out and go on
├── LogFull            the log reached its cap or the disk is full: stop acknowledging, say so
└── LogUnusable        the log's file cannot be opened or read: the text says what to mend
"""


class StorageError(Exception):
    """Base of every error this package raises on purpose."""


class StoreUnavailable(StorageError):
    """The database did not answer in time, or said it cannot now; trying again is right."""

    def __init__(self, reason: str, *, retry_after_s: float | None = None) -> None:
        """Keep how long the database asked to be left alone, where it said so."""
        super().__init__(reason)
        self.retry_after_s = retry_after_s


class StoreRefused(StorageError):
    """The database said no for a reason that trying again will not change."""


class RowRefused(StoreRefused):
    """The database said no to what it was given, not to us: others may pass, this never will."""


class LogFull(StorageError, OSError):
    """The log cannot take more; nothing of the block was owned."""


class LogUnusable(StorageError):
    """The log cannot be opened or read: wrong place, held by another process, or damaged."""
