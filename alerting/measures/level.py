"""How fast a level rises, and how soon it reaches another; both robust against single readings.

The slope is that of Theil and Sen (the median over all pairs of readings): up to a quarter of the
readings may be nonsense. It is not ready with too few readings or when they span less than half of
the window; not ready is no answer, which neither raises nor clears.
"""

from statistics import median
from typing import NamedTuple

from alerting.history import History
from alerting.measures.kind import Made, MeasureKind, MeasureSpec, resolve
from sensors.registry import Sensor

_HOUR_S = 3600.0
_MAX_PICKS = 16  # 120 pairs
FAR_MINUTES = 1440.0  # a day or more: further ahead no slope is worth anything


class Trend(NamedTuple):
    """A straight line through the recent past: where it is now, and its slope per hour."""

    now: float
    per_hour: float


def trend(history: History, index: int, window_s: float, min_readings: int) -> Trend | None:
    """Fit the line over (t - window, t]; None when there is too little to see one.

    Windows of more than 16 readings are thinned evenly to 16, the newest always among them.
    """
    first, times, values = history.window_start(index, window_s), history.times, history.values
    count = index + 1 - first
    if count < min_readings or times[index] - times[first] < window_s / 2:
        return None
    if count <= _MAX_PICKS:
        picks = list(range(first, index + 1))
    else:
        step = (count - 1) / (_MAX_PICKS - 1)
        picks = [first + round(pick * step) for pick in range(_MAX_PICKS)]
    newest = times[index]
    points = [((times[place] - newest) / _HOUR_S, values[place]) for place in picks]
    slope = median(
        (after - before) / (later - earlier)
        for position, (earlier, before) in enumerate(points)
        for later, after in points[position + 1 :]
    )
    return Trend(median(value - slope * hours for hours, value in points), slope)


def minutes_until(line: Trend, level: float, min_slope: float) -> float | None:
    """Give the minutes until the line reaches the level, at most FAR_MINUTES.

    None once it is reached: then the limit of the level itself speaks, and nothing is soon. A line
    that rises more slowly than `min_slope` per hour reaches nothing: a creeping millimetre must not
    be drawn out to a flood.

    >>> minutes_until(Trend(2.0, 0.5), 2.5, 0.05)
    60.0
    """
    left = level - line.now
    if left <= 0.0:
        return None
    if line.per_hour < min_slope:
        return FAR_MINUTES
    return min(left / line.per_hour * 60.0, FAR_MINUTES)


def why_too_seldom(spec: MeasureSpec, sensor: Sensor) -> str | None:
    """Say why the window can never hold enough readings of this sensor; None when it can."""
    every_s, least = sensor.every.total_seconds(), spec.min_readings or 0
    if (least - 1) * every_s < spec.window_s:
        return None
    return (
        f"it reports every {every_s / 60:.3g} min, and {least} readings are needed in"
        f" {spec.window_s / 60:.3g} min"
    )


def _rise_rate(spec: MeasureSpec, sensor: Sensor) -> Made | str:
    if (why_not := why_too_seldom(spec, sensor)) is not None:
        return why_not
    window_s, least = spec.window_s, spec.min_readings or 0

    def compute(history: History, index: int) -> float | None:
        line = trend(history, index, window_s, least)
        return line.per_hour if line is not None else None

    return Made(compute, window_s, terms=f"least {least}")


def _time_to_level(spec: MeasureSpec, sensor: Sensor) -> Made | str:
    if (why_not := why_too_seldom(spec, sensor)) is not None:
        return why_not
    target = resolve(spec.until, sensor) if spec.until is not None else "no level is given"
    if isinstance(target, str):
        return target
    window_s, least, min_slope = spec.window_s, spec.min_readings or 0, spec.min_slope or 0.0

    def compute(history: History, index: int) -> float | None:
        line = trend(history, index, window_s, least)
        return minutes_until(line, target, min_slope) if line is not None else None

    return Made(compute, window_s, terms=f"until {target} least {least} slope {min_slope}")


LEVELS: dict[str, MeasureKind] = {
    "rise_rate": MeasureKind(
        make=_rise_rate, options=("window", "min_readings"), per="/h", zh="上涨速率"
    ),
    "time_to_level": MeasureKind(
        make=_time_to_level,
        options=("window", "min_readings", "until", "min_slope"),
        unit="min",
        zh="预计尚有",
    ),
}
