"""People, the roads by which they are reached, and who is on duty when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from alerting.model import Recipient, Remark
from alerting.route.days import Hours, Spell
from alerting.route.words import noted, quoted

NOWHERE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can be told: `roads` are tried in order.

    `sites` and `places` (streets, towns, villages) say what they answer for; without either, for
    everything. No `hours` means always on duty, but for `leave`.
    """

    id: str
    name: str
    role: str
    roads: tuple[Recipient, ...]
    sites: frozenset[str] = frozenset()
    places: frozenset[str] = frozenset()
    hours: tuple[Hours, ...] = ()
    leave: tuple[Spell, ...] = ()
    stand_in: str = ""

    def why_not_for(self, site: str, places: frozenset[str] = NOWHERE) -> Remark | None:
        """Say why this person is not told about a site or place; None when they are."""
        if not (self.sites or self.places) or site in self.sites or self.places & places:
            return None
        these = [*sorted(self.sites), *sorted(self.places)]
        zh = "、".join(map(quoted, these))
        return Remark(f"answers for {', '.join(these)} only", f"只负责{zh}")

    def why_away(self, now: datetime) -> Remark | None:
        """Say why this person is on leave now; None when not."""
        for spell in self.leave:
            if spell.covers(now):
                zone = self.hours[0].zone if self.hours else spell.ends.tzinfo
                until = f"{spell.ends.astimezone(zone):%Y-%m-%d %H:%M}"
                return noted(Remark(f"on leave until {until}", f"休假至 {until}"), spell.note)
        return None

    def why_off_duty(self, now: datetime) -> Remark | None:
        """Say why this person is not told now; None when on duty."""
        away = self.why_away(now)
        if away is not None:
            return away
        if not self.hours or any(hours.covers(now) for hours in self.hours):
            return None
        zh = "；".join(hours.zh for hours in self.hours)
        return Remark(
            f"off duty (on duty {'; '.join(str(hours) for hours in self.hours)})",
            f"不在班（值班时间：{zh}）",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Instead:
    """Somebody takes the duty of a rota for a while (a swap)."""

    spell: Spell
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """People who take turns of `turn_days` days from `anchor` on, changing over at `handover`.

    With `handovers` there are several a day, and each begins a turn. The first of `members` is on
    duty from the first handover on the anchor day; before the anchor the turns are counted
    backwards. A member's own hours do not matter here: the rota decides; but `instead` comes first.
    """

    id: str
    name: str
    members: tuple[str, ...]
    turn_days: int
    anchor: date
    handover: time
    zone: tzinfo
    handovers: tuple[time, ...] = ()
    instead: tuple[Instead, ...] = ()

    @property
    def changes_at(self) -> tuple[time, ...]:
        """Give the times of day at which the duty is handed over."""
        return tuple(sorted(self.handovers or (self.handover,)))

    def order(self, now: datetime) -> Sequence[str]:
        """Give the members from the one on duty now through those whose turns come next."""
        local = now.astimezone(self.zone).replace(tzinfo=None)
        times = self.changes_at
        day, begun = local.date(), sum(at <= local.time() for at in times)
        if not begun:
            day, begun = day - timedelta(days=1), len(times)
        turns = (day - self.anchor).days // self.turn_days * len(times) + begun - 1
        first = turns % len(self.members)
        return self.members[first:] + self.members[:first]

    def instead_now(self, now: datetime) -> Instead | None:
        """Give who has taken this duty for a while, None when nobody has."""
        return next((each for each in self.instead if each.spell.covers(now)), None)
