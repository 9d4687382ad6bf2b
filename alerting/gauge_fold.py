"""When rain or ponding at a gauge is so much that a coupling is in force, reading by reading.

The fold keeps what it knew after every reading, so that a newer one costs one step, and a change
further back is folded again from there on. It remembers readings for a window longer than the
gauge's history does: what fell before the oldest reading kept there still counts. That much, and
the state after it, is its `Past`, which outlives a restart.
"""

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from math import fsum
from typing import NamedTuple

from alerting.history import Flag, History
from alerting.measures.amount import amount_of
from sensors.coupling import Coupling
from sensors.registry import Sensor

MAX_STRETCHES = 50
_SLACK = 192
_BELIEVABLE = int(Flag.CAN_CLEAR)

Pairs = list[tuple[float, float]]


class Stretch(NamedTuple):
    """Start <= t < end, in seconds since 1970; `end_s` is infinite while nothing ended it."""

    start_s: float
    end_s: float


class _State(NamedTuple):
    """After one reading: since when in force, since when it is calm, the reading that counted."""

    start_s: float | None
    calm_s: float
    before_s: float


class Past(NamedTuple):
    """What readings came to that the gauge's history has forgotten, the newest at `upto_s`.

    `rows` are the times and values that windows of later readings still look back at.
    """

    state: _State
    upto_s: float
    rows: Pairs

    def pairs(self) -> Pairs:
        """Write it down as pairs of numbers."""
        start_s, calm_s, before_s = self.state
        start_s = -math.inf if start_s is None else start_s
        return [(start_s, calm_s), (before_s, self.upto_s), *self.rows]


def past_of(pairs: Sequence[tuple[float, float]]) -> Past:
    """Read what `Past.pairs` wrote."""
    (start_s, calm_s), (before_s, upto_s), *rows = pairs
    state = _State(None if start_s == -math.inf else start_s, calm_s, before_s)
    return Past(state, upto_s, rows)


class GaugeFold:
    """The stretches in which one coupling is in force, in step with its gauge's history.

    One begins with the reading that reaches the coupling's amount, and ends with the first reading
    at which the amount has not been reached for all of `hold`, in which the gauge did not fall
    silent.
    """

    def __init__(
        self,
        *,
        coupling: Coupling,
        sensor: Sensor,
        history: History,
        stale_s: float,
        known: tuple[Stretch, ...] = (),
        past: Past | None = None,
    ) -> None:
        """Start where the history begins; `known` and `past` are remembered from before."""
        self._over, self._stale_s = coupling.over, stale_s
        self._window_s = coupling.window.total_seconds()
        self._hold_s = coupling.hold.total_seconds()
        self._amount = amount_of(sensor)
        self._source, self._mark = history, history.follow()
        self._kept = History()
        self._steps, self._totals = array("d"), array("d")
        self._states: list[_State] = []
        self._told_s = -math.inf
        self._base: _State | None = None  # after the newest reading forgotten here
        first_s = history.times[0] if len(history) else -math.inf
        self._found = [each for each in known if each.end_s <= first_s]
        self._n_known = len(self._found)
        if past is None:
            self._stand_on([each for each in known if each.start_s < first_s < each.end_s], first_s)
        else:
            self._take_up(past)

    def _take_up(self, past: Past) -> None:
        """Go on from what was remembered."""
        self._mark.dropped_s, self._base = past.upto_s, past.state
        self._told_s = past.upto_s
        for time_s, value in past.rows:
            self._kept.append(time_s, value, _BELIEVABLE)
            self._amount_at(len(self._kept) - 1)
            self._states.append(past.state)

    def _stand_on(self, open_ones: Sequence[Stretch], first_s: float) -> None:
        """Let a stretch stand on of which no more is known: no window is full before its time."""
        if open_ones:
            self._mark.dropped_s = math.nextafter(first_s, -math.inf)
            self._base = _State(open_ones[-1].start_s, first_s + self._window_s, first_s)

    def past(self) -> Past | None:
        """Give what must be remembered to go on without what the history has forgotten since.

        None when it has forgotten nothing since this was asked last.
        """
        upto_s, times = self._mark.dropped_s, self._kept.times
        count = bisect_right(times, upto_s)
        state = self._states[count - 1] if count else self._base
        if upto_s == self._told_s or state is None:
            return None
        self._told_s = upto_s
        first = (
            max(0, bisect_right(times, upto_s - self._window_s) - 1) if self._window_s else count
        )
        rows = list(zip(times[first:count], self._kept.values[first:count], strict=True))
        return Past(state, upto_s, rows)

    def stretches(self) -> list[Stretch]:
        """Give when the coupling is in force as far as the readings say so far, oldest first."""
        self._follow()
        newest = self._states[-1] if self._states else self._base
        start_s = newest.start_s if newest is not None else None
        standing = [] if start_s is None else [Stretch(start_s, math.inf)]
        return [*self._found, *standing][-MAX_STRETCHES:]

    def _follow(self) -> None:
        """Bring the fold up to the history: from where it changed, else from its newest on."""
        kept, source, mark = self._kept, self._source, self._mark
        if mark.changed_s < math.inf:
            self._cut(max(mark.changed_s, math.nextafter(mark.dropped_s, math.inf)))
            mark.changed_s = math.inf
        newest_s = kept.times[-1] if len(kept) else mark.dropped_s
        for place in range(bisect_right(source.times, newest_s), len(source)):
            kept.append(source.times[place], source.values[place], source.flags[place])
            self._fold(len(kept) - 1)
        self._forget(mark.dropped_s - self._window_s)

    def _cut(self, from_s: float) -> None:
        """Undo what was folded from an instant on."""
        place = bisect_left(self._kept.times, from_s)
        self._kept.drop_from(place)
        del self._steps[place:], self._totals[place:], self._states[place:]
        while len(self._found) > self._n_known and self._found[-1].end_s >= from_s:
            self._found.pop()

    def _fold(self, place: int) -> None:
        """Take one step, with the reading at `place` of those kept."""
        times = self._kept.times
        before = self._states[-1] if place else self._base
        if before is None:
            before = _State(None, times[0], times[0])
        amount = self._amount_at(place)
        state = self._after(before, times[place], amount, self._kept.flags[place])
        if state.start_s is None and before.start_s is not None:
            self._found.append(Stretch(before.start_s, times[place]))
        self._states.append(state)

    def _amount_at(self, place: int) -> float:
        """Give what fell in the window up to a reading; of a depth, the reading itself."""
        kept = self._kept
        if not self._window_s:
            return kept.values[place]
        step = self._amount(kept, place)
        total = step
        if place:
            total += self._totals[-1]
            gone = kept.window_start(place - 1, self._window_s)
            for old in range(gone, kept.window_start(place, self._window_s)):
                total -= self._steps[old]
        self._steps.append(step)
        self._totals.append(total)
        return round(total, 6)

    def _after(self, before: _State, time_s: float, amount: float, flag: int) -> _State:
        start_s, calm_s, before_s = before
        if amount >= self._over:
            return _State(time_s if start_s is None else start_s, math.inf, time_s)
        if not flag & Flag.CAN_CLEAR:
            return before
        if start_s is not None:
            is_gap = time_s - before_s > self._stale_s
            if is_gap or calm_s == math.inf:
                calm_s = time_s if is_gap else before_s
            if time_s - calm_s >= self._hold_s:
                start_s = None
        return _State(start_s, calm_s, time_s)

    def _forget(self, upto_s: float) -> None:
        """Forget the readings no window can look back at, once there are many.

        One before them stays: a counter's first step begins at it.
        """
        count = bisect_right(self._kept.times, upto_s) - 1
        if count < _SLACK or count >= len(self._kept):
            return
        self._base = self._states[count - 1]
        self._kept.drop_first(count)
        del self._steps[:count], self._totals[:count], self._states[:count]
        if self._window_s:  # added up afresh, so that no rounding grows over the years
            newest = len(self._kept) - 1
            first = self._kept.window_start(newest, self._window_s)
            self._totals[-1] = fsum(self._steps[first:])
        gone = max(0, len(self._found) - MAX_STRETCHES)
        del self._found[:gone]
        self._n_known = max(0, self._n_known - gone)
