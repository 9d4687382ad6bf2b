"""People, the roads by which they are reached, and who is on duty when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

from alerting.model import Recipient

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]

DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Weekly hours of duty: on `days` (0 is Monday) from `starts` until `ends`.

    `ends` at or before `starts` is on the next day, so 22:00 to 06:00 is a night and 00:00 to 00:00
    a whole day. Both are local times of `zone`.
    """

    days: frozenset[int]
    starts: time
    ends: time
    zone: tzinfo

    def covers(self, now: datetime) -> bool:
        """Say whether `now` is within these hours."""
        local = now.astimezone(self.zone)
        at, today = local.time(), local.weekday()
        if self.starts < self.ends:
            return today in self.days and self.starts <= at < self.ends
        if today in self.days and at >= self.starts:
            return True
        return (today - 1) % 7 in self.days and at < self.ends

    def __str__(self) -> str:
        """Give the hours as people say them, for example `mon tue 08:00-18:00`."""
        days = "daily" if len(self.days) == 7 else " ".join(DAYS[day] for day in sorted(self.days))
        return f"{days} {self.starts:%H:%M}-{self.ends:%H:%M}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can be told: `roads` are tried in order, `sites` empty means every site.

    No `hours` means always on duty.
    """

    id: str
    name: str
    role: str
    roads: tuple[Recipient, ...]
    sites: frozenset[str] = frozenset()
    hours: tuple[Hours, ...] = ()
    stand_in: str = ""

    def why_not_for(self, site: str) -> str | None:
        """Say why this person is not told about a site; None when they are."""
        if not self.sites or site in self.sites:
            return None
        return f"answers for {', '.join(sorted(self.sites))} only"

    def why_off_duty(self, now: datetime) -> str | None:
        """Say why this person is not told now; None when on duty."""
        if not self.hours or any(hours.covers(now) for hours in self.hours):
            return None
        return f"off duty (on duty {'; '.join(str(hours) for hours in self.hours)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """People who take turns of `turn_days` days from `anchor` on, changing over at `handover`.

    The first of `members` is on duty from the handover on the anchor day; before the anchor the
    turns are counted backwards. A member's own hours do not matter here: the rota decides.
    """

    id: str
    name: str
    members: tuple[str, ...]
    turn_days: int
    anchor: date
    handover: time
    zone: tzinfo

    def order(self, now: datetime) -> Sequence[str]:
        """Give the members from the one on duty now through those whose turns come next."""
        local = now.astimezone(self.zone).replace(tzinfo=None)
        shift = timedelta(hours=self.handover.hour, minutes=self.handover.minute)
        turns = ((local - shift).date() - self.anchor).days // self.turn_days
        first = turns % len(self.members)
        return self.members[first:] + self.members[:first]
