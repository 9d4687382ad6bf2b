"""Inverse velocity: when a slope that accelerates would fail if it went on like this (B7).

With Voight's law at α = 2 the inverse of the velocity falls along a straight line that meets zero
at the failure (Fukuzono 1985). Valid only after an onset of acceleration, and only where the
movement is well above the noise of the instrument. What cannot be said is *not ready*, never calm;
a brittle or water-driven collapse gives no such sign, so this only ever adds to the limits.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import fmean, median
from typing import NamedTuple

from alerting.history import History
from alerting.measures.kind import Made, MeasureKind, MeasureSpec, Remark, resolve
from sensors.registry import Sensor

_HOUR_S, _DAY_S = 3600.0, 86400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """How a forecast is made: steps of `step_s` over `window_s`, with the published filters.

    Movement counts above `n_sigma` times the instrument's noise. An onset is a `short` mean above
    a `long` one for `sustained` steps; a line is believed from `min_points` and `min_r2` on.
    """

    step_s: float
    window_s: float
    noise: float
    n_sigma: float = 3.0
    short: int = 3
    long: int = 7
    sustained: int = 3
    min_points: int = 5
    min_r2: float = 0.8


class Speed(NamedTuple):
    """The velocity of one step at its middle, in units per day, forward positive."""

    time_s: float
    per_day: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When it would fail at this trend: between the tf of the short and of the long filter."""

    earliest_s: float
    latest_s: float
    r2: float
    n_points: int


class Line(NamedTuple):
    """A straight line through points: where it meets zero, how well it fits, through how many."""

    zero_at: float
    slope: float
    r2: float
    n: int


def forecast(history: History, index: int, method: Method) -> Forecast | str:
    """Give the forecast as of one reading, or the sentence that says why there is none."""
    speeds = step_speeds(history, index, method)
    if len(speeds) < method.long + method.sustained:
        return (
            f"not ready: {len(speeds)} steps of movement, {method.long + method.sustained} needed"
        )
    least = noise_floor(method)
    if speeds[-1].per_day <= least:
        return f"not ready: {speeds[-1].per_day:.3g}/d is within the noise of {least:.3g}/d"
    onset = onset_of(speeds, method)
    if onset is None:
        return "not ready: no onset of acceleration"
    lines = [
        inverse_line(smoothed(speeds, width), onset, least) for width in (method.short, method.long)
    ]
    why = next((why for line in lines if (why := _why_not(line, method)) is not None), None)
    if why is not None:
        return f"not ready: {why}"
    short, long = lines
    earliest_s, latest_s = sorted(line.zero_at for line in lines)
    if earliest_s <= history.times[index]:
        return "not ready: the movement has outlived the line through its inverse velocity"
    return Forecast(
        earliest_s=earliest_s,
        latest_s=latest_s,
        r2=min(short.r2, long.r2),
        n_points=short.n,
    )


def noise_floor(method: Method) -> float:
    """Give the velocity that noise alone may show in one step: two readings make a difference."""
    return method.n_sigma * math.sqrt(2.0) * method.noise / (method.step_s / _DAY_S)


def step_speeds(history: History, index: int, method: Method) -> list[Speed]:
    """Give the velocity of every step up to a reading, oldest first, moving forward positive.

    A step's position is the median of its readings, at their middle; a step without any ends what
    is looked at, because what happened in it is not known.
    """
    places = _step_positions(history, index, method)
    if len(places) < 2:
        return []
    sign = 1.0 if places[-1][1] >= places[0][1] else -1.0
    return [
        Speed((t0 + t1) / 2.0, sign * (x1 - x0) * _DAY_S / (t1 - t0))
        for (t0, x0), (t1, x1) in pairwise(places)
    ]


def _step_positions(history: History, index: int, method: Method) -> list[tuple[float, float]]:
    times, values = history.times, history.values
    places: list[tuple[float, float]] = []
    last, end_s = index + 1, times[index]
    for _ in range(round(method.window_s / method.step_s)):
        end_s -= method.step_s
        first = bisect_right(times, end_s, 0, last)
        if first == last:
            break
        places.append((fmean(times[first:last]), median(values[first:last])))
        last = first
    places.reverse()
    return places


def smoothed(speeds: Sequence[Speed], width: int) -> list[Speed]:
    """Give the running mean over `width` steps, at the middle of each run."""
    return [
        Speed(
            fmean(speed.time_s for speed in speeds[first : first + width]),
            fmean(speed.per_day for speed in speeds[first : first + width]),
        )
        for first in range(len(speeds) - width + 1)
    ]


def onset_of(speeds: Sequence[Speed], method: Method) -> float | None:
    """Give when the acceleration that goes on now began, None when there is none."""
    began: float | None = None
    count = 0
    for last in range(len(speeds), method.long - 1, -1):
        short = fmean(speed.per_day for speed in speeds[last - method.short : last])
        long = fmean(speed.per_day for speed in speeds[last - method.long : last])
        if short <= long:
            break
        count += 1
        began = speeds[last - method.short].time_s
    return began if count >= method.sustained else None


def inverse_line(speeds: Sequence[Speed], since_s: float, least: float) -> Line:
    """Lay a straight line through 1/v since an onset, of velocities above the noise."""
    points = [
        (speed.time_s, 1.0 / speed.per_day)
        for speed in speeds
        if speed.time_s >= since_s and speed.per_day > least
    ]
    if len(points) < 2:
        return Line(math.inf, 0.0, 0.0, len(points))
    origin = points[-1][0]
    xs, ys = [time_s - origin for time_s, _ in points], [inverse for _, inverse in points]
    x_mean, y_mean = fmean(xs), fmean(ys)
    spread = math.fsum((x - x_mean) ** 2 for x in xs)
    slope = math.fsum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True)) / spread
    rest = math.fsum((y - y_mean - slope * (x - x_mean)) ** 2 for x, y in zip(xs, ys, strict=True))
    whole = math.fsum((y - y_mean) ** 2 for y in ys)
    r2 = 1.0 - rest / whole if whole > 0.0 else 0.0
    zero_at = origin + x_mean - y_mean / slope if slope < 0.0 else math.inf
    return Line(zero_at, slope, r2, len(points))


def _why_not(line: Line, method: Method) -> str | None:
    if line.n < method.min_points:
        return f"{line.n} points since the onset, {method.min_points} needed"
    if line.slope >= 0.0:
        return "the inverse velocity does not fall"
    if line.r2 < method.min_r2:
        return f"the inverse velocity is no line (R² {line.r2:.2f}, {method.min_r2:g} needed)"
    return None


def _make(spec: MeasureSpec, sensor: Sensor) -> Made | str:
    noise = resolve(spec.noise, sensor) if spec.noise is not None else 0.0
    if isinstance(noise, str):
        return noise
    step_s = spec.step.total_seconds() if spec.step is not None else _DAY_S
    method = Method(step_s=step_s, window_s=spec.window_s, noise=noise)

    def hours_left(history: History, index: int) -> float | None:
        found = forecast(history, index, method)
        if isinstance(found, str):
            return None
        return (found.earliest_s - history.times[index]) / _HOUR_S

    def remark(history: History, index: int) -> Remark:
        found = forecast(history, index, method)
        return not_ready(found) if isinstance(found, str) else forecast_words(found)

    return Made(hours_left, spec.window_s, terms=repr(method), remark=remark)


def not_ready(why: str) -> Remark:
    """Say that there is no forecast; that is not calm."""
    return Remark(f"no forecast, {why}", f"无法预测：{why}")


def forecast_words(found: Forecast) -> Remark:
    """Say what a forecast says, and how sure it is."""
    first, last = _time(found.earliest_s), _time(found.latest_s)
    return Remark(
        f"at this trend failure between {first} and {last}"
        f" (R² {found.r2:.2f}, {found.n_points} points); the limits hold all the same",
        f"按此趋势将于{first}至{last}破坏（R² {found.r2:.2f}，{found.n_points}点）；限值照常有效",
    )


def _time(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%MZ}"


FAILURE: dict[str, MeasureKind] = {
    "hours_to_failure": MeasureKind(
        make=_make, options=("window", "step", "noise"), unit="h", zh="预计尚有"
    )
}
"""Hours left to the earliest forecast failure, None while there is no forecast."""
