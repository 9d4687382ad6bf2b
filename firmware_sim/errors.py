"""What can go wrong in the simulator, each with what, where and how to mend it.

SimError
├── Misuse        a person must mend something: file, option, credentials (exit code 2)
└── LinkDown      the broker cannot be reached now; trying again may help
"""


class SimError(Exception):
    """Any error of the simulator."""


class Misuse(SimError):
    """One or more faults only a person can mend; `faults` holds one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class LinkDown(SimError):
    """The broker did not answer or the connection broke."""
