"""What can go wrong with a detector's memory or a model file, and what to do next.

DetectError
├── CheckpointError   a detector's saved memory cannot be used: start it afresh (it says not ready)
├── TooLittle         a model cannot be trained yet: keep the old one, try again with more history
└── ShelfError        a model file must not be used: it says why; train again
    ├── NothingShelved    there is no model of this kind yet
    ├── Tampered          file and signed manifest do not belong together
    └── Unsupported       written by another version, or holds types that are not allowed
"""

from alerting.errors import AlertingError


class DetectError(AlertingError):
    """Base of every error of the detectors and their files."""


class CheckpointError(DetectError):
    """Saved memory of a detector is damaged, or belongs to another detector or version."""


class TooLittle(DetectError):
    """There is not enough history to train a model that could be trusted; the text counts it."""


class ShelfError(DetectError):
    """A model file must not be used."""


class NothingShelved(ShelfError):
    """No model of this kind has been saved."""


class Tampered(ShelfError):
    """A model file or its manifest is not what was signed, byte for byte."""


class Unsupported(ShelfError):
    """A model file is sound but of a kind, version or content this program does not take."""
