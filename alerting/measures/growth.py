"""Measures of what grows day after day, of rates that double, of movement beyond a swing.

Changes of a day are between medians of the readings around its ends, so that a single reading
decides nothing. A day without readings at an end makes the answer unknown.
"""

from bisect import bisect_left, bisect_right
from itertools import pairwise
from statistics import fmean, median

from alerting.history import History, slope_per_day
from alerting.measures.kind import Made, MeasureKind, MeasureSpec, resolve
from sensors.registry import Sensor

_DAY_S = 86400.0
_AROUND_S = _DAY_S / 8


def least_daily_change(history: History, index: int, days: int) -> float | None:
    """Give the smallest of the last days' changes where all go one way, 0 where they do not.

    In units per day, with the sign of the movement; None where an end of a day has no readings.
    """
    ends = [_around(history, index, history.times[index] - day * _DAY_S) for day in range(days + 1)]
    known = [end for end in ends if end is not None]
    if len(known) <= days:
        return None
    changes = [
        (newer - older) * _DAY_S / (newer_s - older_s)
        for (newer_s, newer), (older_s, older) in pairwise(known)
    ]
    if all(change > 0.0 for change in changes):
        return min(changes)
    return max(changes) if all(change < 0.0 for change in changes) else 0.0


def _around(history: History, index: int, time_s: float) -> tuple[float, float] | None:
    """Give the median of the readings within three hours of an instant, up to `index`.

    And at which time it stands: the newest end has readings on one side only.
    """
    first = bisect_left(history.times, time_s - _AROUND_S)
    last = (
        bisect_right(history.times, time_s + _AROUND_S, first, index + 1) if first <= index else 0
    )
    if last == first:
        return None
    return fmean(history.times[first:last]), median(history.values[first:last])


def rate_growth(history: History, index: int, window_s: float) -> float | None:
    """Give the slope over the window in per cent of the slope over the window before it."""
    now = slope_per_day(history, index, window_s)
    earlier = bisect_right(history.times, history.times[index] - window_s, 0, index) - 1
    before = slope_per_day(history, earlier, window_s) if earlier >= 0 else None
    if now is None or before is None or before == 0.0:
        return None
    return 100.0 * now / before


def rate_per_day(history: History, index: int, window_s: float) -> float | None:
    """Give the rate: the robust slope over the window, or of readings far apart the difference.

    Readings taken by hand are a day or more apart; their difference over the days between them is
    the standard's own definition. Of readings nearer than half the window it is never used.
    """
    slope = slope_per_day(history, index, window_s)
    if slope is not None or index == 0:
        return slope
    elapsed_s = history.times[index] - history.times[index - 1]
    if elapsed_s < window_s / 2:
        return None
    return (history.values[index] - history.values[index - 1]) * _DAY_S / elapsed_s


def _rate_per_day(spec: MeasureSpec, sensor: Sensor) -> Made:
    del sensor
    window_s = spec.window_s
    return Made(lambda history, index: rate_per_day(history, index, window_s), window_s)


def _least_daily_change(spec: MeasureSpec, sensor: Sensor) -> Made:
    del sensor
    days = max(1, round(spec.window_s / _DAY_S))
    return Made(
        lambda history, index: least_daily_change(history, index, days),
        days * _DAY_S + _AROUND_S,
        days * _DAY_S,
    )


def swing(history: History, index: int, window_s: float) -> float:
    """Give the largest value of the window less the smallest."""
    window = history.values[history.window_start(index, window_s) : index + 1]
    return max(window) - min(window)


def _swing(spec: MeasureSpec, sensor: Sensor) -> Made:
    del sensor
    window_s = spec.window_s
    return Made(lambda history, index: swing(history, index, window_s), window_s)


def _rate_growth(spec: MeasureSpec, sensor: Sensor) -> Made:
    del sensor
    window_s = spec.window_s
    return Made(lambda history, index: rate_growth(history, index, window_s), 2 * window_s)


def _beyond(spec: MeasureSpec, sensor: Sensor) -> Made | str:
    """Make the part of a value, in either direction, beyond what `less` allows it anyway."""
    less = resolve(spec.less, sensor) if spec.less is not None else 0.0
    if isinstance(less, str):
        return less
    swing = abs(less)
    return Made(
        lambda history, index: max(0.0, abs(history.values[index]) - swing), 0.0, terms=f" {swing}"
    )


GROWING: dict[str, MeasureKind] = {
    "least_daily_change": MeasureKind(
        make=_least_daily_change, per="/d", zh="{window}内最小日变化"
    ),
    "rate_per_day": MeasureKind(make=_rate_per_day, per="/d", zh="变化速率"),
    "swing": MeasureKind(make=_swing, zh="{window}内变幅"),
    "rate_growth": MeasureKind(make=_rate_growth, unit="%", zh="为前{window}速率的"),
    "beyond": MeasureKind(make=_beyond, options=("less",), zh="超出容许变幅部分"),
}
"""Measures of lasting growth, by the words packs use."""
