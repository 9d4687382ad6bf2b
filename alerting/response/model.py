"""The values of a response: how far it is, who has it, and what somebody just did.

Sensors decide an alert's condition (firing, over), people its response. The two stand side by side
and neither changes the other, except that a condition that gets worse opens the response again.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Phase(StrEnum):
    """How far the response to an alert is."""

    RAISED = "raised"
    VERIFIED = "verified"
    NOTIFIED = "notified"
    ACKNOWLEDGED = "acknowledged"
    DISPATCHED = "dispatched"
    ON_SCENE = "on_scene"
    CONTAINED = "contained"
    CLOSED = "closed"
    FALSE = "false"

    @property
    def is_over(self) -> bool:
        """Say whether nobody is asked to do anything more."""
        return self in (Phase.CLOSED, Phase.FALSE)


LADDER = (
    Phase.RAISED,
    Phase.VERIFIED,
    Phase.NOTIFIED,
    Phase.ACKNOWLEDGED,
    Phase.DISPATCHED,
    Phase.ON_SCENE,
    Phase.CONTAINED,
)


class Deed(StrEnum):
    """What somebody does about an alert, or what happens to it that the response must know."""

    VERIFY = "verify"
    NOTIFIED = "notified"
    ACKNOWLEDGE = "ack"
    DISPATCH = "dispatch"
    ARRIVE = "on_scene"
    CONTAIN = "contain"
    CLOSE = "close"
    FALSE = "false"
    REOPEN = "reopen"
    ASSIGN = "assign"
    NOTE = "note"
    ATTACH = "attach"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    WORSEN = "upgraded"
    RECUR = "recurred"
    EASE = "downgraded"
    RETURN = "return"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One deed with who did it and why.

    `detail` is whom it is assigned to, or the reference of a picture; `until` is when a shelf
    ends.
    """

    deed: Deed
    actor: str
    note: str = ""
    detail: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """When a phase was reached, and by whom."""

    phase: Phase
    at: datetime
    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """An alert set aside by a person for a while; it comes back by itself at `until`."""

    since: datetime
    until: datetime
    actor: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """How far the response to one alert is.

    `marks` has each phase that was reached and still counts, lowest first. `review_at` is when a
    "false" is asked about again, should the condition still stand then.
    """

    alert_id: str
    phase: Phase = Phase.RAISED
    since: datetime
    marks: tuple[Mark, ...] = ()
    assigned_to: str = ""
    shelf: Shelf | None = None
    review_at: datetime | None = None
    over_by: str = ""

    def reached(self, phase: Phase) -> Mark | None:
        """Give when a phase was reached; None when it was not, or counts no more."""
        return next((mark for mark in self.marks if mark.phase is phase), None)
