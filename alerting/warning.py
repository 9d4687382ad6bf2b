"""The values of official warnings: what a message of an official is to us, and its record."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from alerting.model import Remark, Severity


class Name(NamedTuple):
    """What tells a message from every other."""

    sender: str
    identifier: str


class Over(NamedTuple):
    """A site that a warning is for, how bad there, and how that was found out."""

    site: str
    severity: Severity
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialWarning:
    """What an official message is to us. `topic` is `rain`, `flood`, …; empty for any other."""

    name: Name
    sender_name: str
    sent_at: datetime
    status: str
    kind: str
    references: tuple[Name, ...]
    topic: str
    severity: Severity | None
    begins_at: datetime
    ends_at: datetime
    headline: Remark
    over: tuple[Over, ...] = ()

    @property
    def is_counted(self) -> bool:
        """Say whether it warns of anything real; exercises, tests and cancellations do not."""
        return self.status == "Actual" and self.kind in ("Alert", "Update")

    def severity_at(self, site: str) -> Severity | None:
        """Say how bad it is at a site; None where it is not for it."""
        return max((each.severity for each in self.over if each.site == site), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialRecord:
    """A message as it was taken in; `seq` is the last block of the log judged before it."""

    warning: OfficialWarning
    received_at: datetime
    seq: int
    how: str
    body: bytes
    remarks: tuple[str, ...] = ()
