"""What can go wrong in storage, and what to do next.

StorageError
├── StoreUnavailable   the database does not answer: keep in the log, try again
├── StoreRefused       it answers and says no (password, database name): a person must mend it
└── LogFull            the log reached its cap or the disk is full: stop acknowledging, say so
"""


class StorageError(Exception):
    """Base of every error this package raises on purpose."""


class StoreUnavailable(StorageError):
    """The database did not answer in time, or said it cannot now; trying again is right."""


class StoreRefused(StorageError):
    """The database said no for a reason that trying again will not change."""


class LogFull(StorageError, OSError):
    """The log cannot take more; nothing of the block was owned."""
