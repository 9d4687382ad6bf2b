"""Couplings at work: when rain or ponding at a gauge holds the limits of another site tighter.

In force are stretches of event time that follow from the gauge's readings alone: one begins with
the reading that reaches the coupling's amount, and ends with the first reading at which the amount
has not been reached for all of `hold`, in which the gauge did not fall silent. A silent gauge keeps
the limits tight, and so do doubtful and late readings: they are no proof of dry weather.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from alerting.gauge_fold import GaugeFold, Stretch, past_of
from alerting.model import Remark
from alerting.watch import Watch
from sensors.coupling import Coupling
from sensors.local_time import local_minute, shown_minute


class GaugeForce:
    """One coupling at work on the devices of its site; implements `alerting.terms.Force`.

    A gauge that reports amounts and a counter is followed by both: it is in force while either of
    them says so, so that a lost amount or a counter that stands still cannot keep it out of force.
    """

    def __init__(self, coupling: Coupling) -> None:
        """Start out of force; `attach` must follow before readings come."""
        self.coupling = coupling
        self._watches: list[Watch] = []
        self._stale_s: list[float] = []
        self._folds: dict[int, GaugeFold] = {}

    def attach(self, watch: Watch) -> None:
        """Follow a sensor of the gauge; its notes are where its stretches are remembered."""
        watch.feed(self.keep_s)
        self._watches.append(watch)
        self._stale_s.append(watch.stale_s)

    @property
    def name(self) -> str:
        """Give the words under which its stretches are remembered."""
        return f"in force: {self.coupling.name} {self.coupling.condition}"

    @property
    def _past(self) -> str:
        return f"{self.name}, before"

    @property
    def keep_s(self) -> float:
        """Give how much of the gauge's history it needs, in seconds."""
        return self.coupling.window.total_seconds() + self.coupling.hold.total_seconds()

    @property
    def in_force(self) -> list[Stretch]:
        """List the stretches known, oldest first."""
        known = [self._known(watch) for watch in self._watches]
        return known[0] if len(known) == 1 else merged(known)

    def take(self) -> float | None:
        """Follow new readings of the gauge; give from when on it is in force otherwise.

        None when nothing changed.
        """
        before = self.in_force
        for place, watch in enumerate(self._watches):
            if len(watch.history):
                self._follow(place, watch)
        now = self.in_force
        return None if now == before else first_difference(before, now)

    def _known(self, watch: Watch) -> list[Stretch]:
        return [Stretch(*pair) for pair in watch.notes.get(self.name, ())]

    def _follow(self, place: int, watch: Watch) -> None:
        known = self._known(watch)
        fold = self._folds.get(place)
        if fold is None:
            fold = self._folds[place] = GaugeFold(
                coupling=self.coupling,
                sensor=watch.sensor,
                history=watch.history,
                stale_s=self._stale_s[place],
                known=tuple(known),
                past=past_of(noted) if (noted := watch.notes.get(self._past)) else None,
            )
        now = fold.stretches()
        if now != known:
            watch.notes[self.name] = [(each.start_s, each.end_s) for each in now]
        if (past := fold.past()) is not None:
            watch.notes[self._past] = past.pairs()

    def catch_up(self) -> None:
        """Follow what the gauge's history holds, after a restart."""
        self._folds.clear()
        self.take()

    def stretch_at(self, time_s: float) -> Stretch | None:
        """Give the stretch an instant lies in, None when the coupling is not in force then."""
        for each in reversed(self.in_force):
            if each.start_s <= time_s < each.end_s:
                return each
        return None

    def factor_at(self, time_s: float) -> tuple[float, Remark]:
        """Give the factor at an instant, and since when and why."""
        stretch = self.stretch_at(time_s)
        if stretch is None:
            return 1.0, Remark("")
        return self.coupling.factor, self.why(stretch)

    def why(self, stretch: Stretch) -> Remark:
        """Say since when limits are tighter and because of what."""
        coupling, since = self.coupling, _time(stretch.start_s)
        gauge = f"{coupling.gauge.site}/{coupling.gauge.device}"
        local = local_minute(datetime.fromtimestamp(stretch.start_s, UTC))
        return Remark(
            f"limits tightened x {coupling.factor:g} since {since}"
            f" because of {coupling.condition} at {gauge}",
            f"因{gauge}的{coupling.condition_zh}，自{local}起限值收紧为{coupling.factor:g}倍",
        )

    def terms(self) -> str:
        """Give everything it depends on that is written in files."""
        return repr(self.coupling)


def merged(several: Iterable[Iterable[Stretch]]) -> list[Stretch]:
    """Give when any of several is in force, oldest first."""
    merged: list[Stretch] = []
    for each in sorted(each for known in several for each in known):
        if merged and each.start_s <= merged[-1].end_s:
            merged[-1] = Stretch(merged[-1].start_s, max(merged[-1].end_s, each.end_s))
        else:
            merged.append(each)
    return merged


def first_difference(before: Sequence[Stretch], now: Sequence[Stretch]) -> float:
    """Give the first instant at which only one of two lists of stretches is in force."""
    other = set(before) ^ set(now)
    edges = sorted({edge for each in other for edge in each})

    def holds(found: Sequence[Stretch], time_s: float) -> bool:
        return any(each.start_s <= time_s < each.end_s for each in found)

    return next((edge for edge in edges if holds(before, edge) != holds(now, edge)), edges[0])


def _time(seconds: float) -> str:
    return shown_minute(datetime.fromtimestamp(seconds, UTC))
