"""The recent readings of one sensor in event-time order, and statistics over windows of them.

Times are seconds since 1970 (float, from the aware `taken_at`), values are in the base unit. A
statistic is a plain function of the sorted history and an index, so it gives the same answer in
whatever order the readings arrived.
"""

from array import array
from bisect import bisect_left, bisect_right
from enum import IntFlag
from math import fsum, inf
from statistics import median
from typing import Protocol


class Flag(IntFlag):
    """What one reading may be used for."""

    NONE = 0
    CAN_CLEAR = 1  # believable and on time: may count towards clearing
    SUSPECT = 2  # may raise, and the alert says so
    LATE = 4  # arrived after the lateness allowed


_BELIEVABLE = int(Flag.CAN_CLEAR)
_MAX_SLOPES = 16


class Zeroing(Protocol):
    """What a sensor's values are counted from."""

    def since_zero(self, time_s: float, value: float) -> float | None:
        """Give a value of an instant less the zero reference, None where it cannot be judged."""
        ...

    def is_missing(self, time_s: float) -> bool:
        """Say whether a value of an instant is as sent because its reference is missing."""
        ...


class Mark:
    """What one follower of a history has not seen yet, besides newer readings.

    `changed_s` is the earliest instant at which something changed, infinite where nothing did;
    `dropped_s` is the newest instant that was forgotten.
    """

    __slots__ = ("changed_s", "dropped_s")

    def __init__(self) -> None:
        """Start with all seen."""
        self.changed_s, self.dropped_s = inf, -inf


class History:
    """Sorted times, values and flags; duplicates by time are refused (the first one counts).

    `zeros` is None where values are counted from the sensor's own zero.
    """

    __slots__ = ("_marks", "_slopes", "flags", "has_doubtful", "times", "values", "zeros")

    def __init__(self) -> None:
        """Start empty."""
        self.times = array("d")
        self.values = array("d")
        self.flags = bytearray()
        self.has_doubtful = False  # a suspect or late reading may be among those kept
        self.zeros: Zeroing | None = None
        self._slopes: dict[tuple[float, float], float | None] | None = None
        self._marks: tuple[Mark, ...] = ()

    def __len__(self) -> int:
        """Count the readings kept."""
        return len(self.times)

    def append(self, time_s: float, value: float, flag: int) -> None:
        """Take a reading that is newer than all."""
        if flag != _BELIEVABLE:
            self.has_doubtful = True
        self.times.append(time_s)
        self.values.append(value)
        self.flags.append(flag)

    def insert(self, time_s: float, value: float, flag: int) -> int | None:
        """Insert in order and give the index, or None when this instant is already there."""
        times = self.times
        if flag != _BELIEVABLE:
            self.has_doubtful = True
        if not times or time_s > times[-1]:
            times.append(time_s)
            self.values.append(value)
            self.flags.append(flag)
            return len(times) - 1
        index = bisect_left(times, time_s)
        if times[index] == time_s:
            return None
        self._note_change(time_s)
        times.insert(index, time_s)
        self.values.insert(index, value)
        self.flags.insert(index, flag)
        return index

    def replace(self, index: int, value: float, flag: int) -> None:
        """Set another value at an instant (computed ones only), or say what it is good for."""
        if flag != _BELIEVABLE:
            self.has_doubtful = True
        self._note_change(self.times[index])
        self.values[index] = value
        self.flags[index] = flag

    def remove(self, index: int) -> None:
        """Take one instant out: it failed, or what was computed for it does not hold any more."""
        self._note_change(self.times[index])
        del self.times[index]
        del self.values[index]
        del self.flags[index]

    def drop_first(self, count: int) -> None:
        """Forget the oldest `count` readings."""
        self._slopes = None
        for mark in self._marks if count else ():
            mark.dropped_s = max(mark.dropped_s, self.times[count - 1])
        del self.times[:count]
        del self.values[:count]
        del self.flags[:count]
        if self.has_doubtful:
            self.has_doubtful = self.flags.count(_BELIEVABLE) < len(self.flags)

    def drop_from(self, index: int) -> None:
        """Take out every reading from `index` on."""
        if index < len(self.times):
            self._note_change(self.times[index])
            del self.times[index:], self.values[index:], self.flags[index:]

    def follow(self) -> Mark:
        """Give a mark that is kept up for a follower who takes newer readings in by itself."""
        mark = Mark()
        self._marks = (*self._marks, mark)
        return mark

    def _note_change(self, time_s: float) -> None:
        self._slopes = None
        for mark in self._marks:
            mark.changed_s = min(mark.changed_s, time_s)

    def believable(self, index: int, window_s: float) -> "History | None":
        """Give the believable, on-time readings of (t - window, t], None when all of them are.

        What a doubtful reading says may raise; it must not pull a statistic down either. The last
        believable reading before the window is there too: a counter's first step begins at it.
        """
        if not self.has_doubtful:
            return None
        first = self.window_start(index, window_s)
        base = max(0, first - 1)
        if self.flags.count(_BELIEVABLE, base, index + 1) == index + 1 - base:
            return None
        view = History()
        view.zeros = self.zeros
        before = self.flags.rfind(_BELIEVABLE, 0, first)
        for place in (before, *range(first, index + 1)) if before >= 0 else range(first, index + 1):
            if self.flags[place] == _BELIEVABLE:
                view.insert(self.times[place], self.values[place], _BELIEVABLE)
        return view

    def slope_per_day(self, index: int, window_s: float) -> float | None:
        """Give `slope_per_day`, computed once for all who ask; whatever changes the past clears it.

        A newer reading does not: windows look back only.
        """
        key = (self.times[index], window_s)
        slopes = self._slopes
        if slopes is None or len(slopes) >= _MAX_SLOPES:
            slopes = self._slopes = {}
        if key not in slopes:
            slopes[key] = _slope_per_day(self, index, window_s)
        return slopes[key]

    def window_start(self, index: int, window_s: float) -> int:
        """Give the first index with time > times[index] - window_s."""
        return bisect_right(self.times, self.times[index] - window_s, 0, index + 1)


def since_zero(history: History, index: int) -> float | None:
    """Give the value less what the sensor read when its device was zeroed."""
    value, zeros = history.values[index], history.zeros
    return value if zeros is None else zeros.since_zero(history.times[index], value)


def lacks_zero(history: History, index: int) -> bool:
    """Say whether the value counts as sent because its zero reference is missing."""
    zeros = history.zeros
    return zeros is not None and zeros.is_missing(history.times[index])


def mean(history: History, index: int, window_s: float) -> float:
    """Average the values in (t - window, t]."""
    first = history.window_start(index, window_s)
    window = history.values[first : index + 1]
    return fsum(window) / len(window)


def middle(history: History, index: int, window_s: float) -> float:
    """Give the median of the values in (t - window, t]; a single one far off does not move it."""
    return median(history.values[history.window_start(index, window_s) : index + 1])


def maximum(history: History, index: int, window_s: float) -> float:
    """Give the largest value in (t - window, t]."""
    return max(history.values[history.window_start(index, window_s) : index + 1])


def total(history: History, index: int, window_s: float) -> float:
    """Add up the values in (t - window, t]: the accumulation of a gauge that reports amounts.

    Rounded to a millionth: 250 tips of 0.2 mm are 50 mm, not a hair less.
    """
    return round(fsum(history.values[history.window_start(index, window_s) : index + 1]), 6)


def rise(history: History, index: int, window_s: float) -> float:
    """Give the value at t minus the smallest value in (t - window, t]."""
    window = history.values[history.window_start(index, window_s) : index + 1]
    return window[-1] - min(window)


def slope_per_day(history: History, index: int, window_s: float) -> float | None:
    """Give the Theil-Sen slope (median of pairwise slopes) in units per day over the window.

    None when the window holds fewer than 4 readings or spans less than half of itself: a
    ten-minute difference scaled up to a day is not a rate. Windows of more than 72 readings are
    thinned evenly to 72, which bounds the cost at 2,556 pairs.
    """
    return history.slope_per_day(index, window_s)


def _slope_per_day(history: History, index: int, window_s: float) -> float | None:
    first = history.window_start(index, window_s)
    count = index + 1 - first
    times, values = history.times, history.values
    if count < 4 or times[index] - times[first] < window_s / 2:
        return None
    if count <= 72:
        picks = list(range(first, index + 1))
    else:
        picks = [first + round(step * (count - 1) / 71) for step in range(72)]
    slopes = [
        (values[b] - values[a]) / (times[b] - times[a])
        for position, a in enumerate(picks)
        for b in picks[position + 1 :]
    ]
    return median(slopes) * 86400.0


def is_covered(history: History, index: int, window_s: float, max_gap_s: float) -> bool:
    """Say whether believable, on-time readings cover (t - window, t] without a gap over the bound.

    The reading just before the window (or one within the bound after its start) must exist too:
    a window that reaches back before the first reading is not covered.
    """
    newest = history.times[index]
    oldest_needed = newest - window_s
    previous = newest
    for position in range(index, -1, -1):
        if not history.flags[position] & _BELIEVABLE:
            continue
        time_s = history.times[position]
        if previous - time_s > max_gap_s:
            return False
        previous = time_s
        if time_s <= oldest_needed:
            return True
    return previous - oldest_needed <= 0.0


def is_flat(history: History, index: int, flat_s: float) -> bool:
    """Say whether the value has been exactly the same for at least `flat_s` up to t (3+ readings).

    A sensor that repeats itself may be stuck; what it says may not clear anything.
    """
    value, newest = history.values[index], history.times[index]
    for position in range(index, -1, -1):
        if history.values[position] != value:
            return False
        if index - position >= 2 and newest - history.times[position] >= flat_s:
            return True
    return False
