"""Gusts of a window: the highest speed that two gusts apart from each other both reached.

A gust is a mean over some seconds (3 s by the meteorological convention). Limits judge the window
and not its last value, for a gust is over before the next report. One alone is not believed: a
single wild sample makes one too. Two are apart when they share no sample.

A device may also send its own gust, the highest of its reporting interval; then every reading is
one. Where readings come less often than the window holds two, the window is stretched to hold them.
"""

from math import fsum, inf

from alerting.history import History
from alerting.measures.kind import Made, MeasureKind, MeasureSpec
from sensors.registry import Sensor

# Two reports and half an interval to spare, for reports that are not quite punctual.
_REPORTS = 2.5


def reached_twice(history: History, index: int, window_s: float, over_s: float) -> float | None:
    """Give the highest speed that two gusts in (t - window, t] reached; None before the second."""
    times, values = history.times, history.values
    first = history.window_start(index, window_s)
    start = history.window_start(first, over_s)  # of the gust that ends at `place`
    apart, highest, best = first, -inf, -inf
    gusts: list[float] = []
    for place in range(first, index + 1):
        while times[place] - times[start] >= over_s:
            start += 1
        gust = fsum(values[start : place + 1]) / (place + 1 - start)
        gusts.append(gust)
        while times[place] - times[apart] >= over_s:
            highest = max(highest, gusts[apart - first])
            apart += 1
        best = max(best, min(gust, highest))
    return best if best != -inf else None


def _gust(spec: MeasureSpec, sensor: Sensor) -> Made:
    over_s = spec.over.total_seconds() if spec.over is not None else 0.0
    window_s = max(spec.window_s, _REPORTS * sensor.every.total_seconds())

    def compute(history: History, index: int) -> float | None:
        return reached_twice(history, index, window_s, over_s)

    # The first gust of the window begins before it.
    return Made(compute, window_s + over_s, covered_s=window_s, terms=f"over {over_s}")


GUSTS: dict[str, MeasureKind] = {
    "gust": MeasureKind(
        make=_gust, options=("window", "over"), is_bounded=True, zh="{window}内两次阵风"
    ),
}
