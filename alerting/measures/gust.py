"""Gusts of a window: the highest speed that two gusts apart from each other both reached.

A gust is a mean over some seconds (3 s by the meteorological convention). Limits judge the window
and not its last value, for a gust is over before the next report. One alone is not believed: a
single wild sample makes one too. Two share no sample: seen from each reading, the window is cut
backwards into stretches of those seconds, and every later reading cuts it anew.

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
    """Give the second highest gust in (t - window, t]; None where there is only one."""
    first = history.window_start(index, window_s)
    times = history.times[first : index + 1].tolist()
    values = history.values[first : index + 1].tolist()
    highest = second = -inf
    last = len(times)  # the gust looked at is that of [place + 1, last)
    opens_s = times[-1] - over_s
    for place in range(last - 1, -2, -1):
        if place >= 0 and times[place] > opens_s:
            continue
        gust = fsum(values[place + 1 : last]) / (last - place - 1)
        if gust > highest:
            highest, second = gust, highest
        elif gust > second:
            second = gust
        last, opens_s = place + 1, times[place] - over_s
    return second if second != -inf else None


def _gust(spec: MeasureSpec, sensor: Sensor) -> Made:
    over_s = spec.over.total_seconds() if spec.over is not None else 0.0
    window_s = max(spec.window_s, _REPORTS * sensor.every.total_seconds())

    def compute(history: History, index: int) -> float | None:
        return reached_twice(history, index, window_s, over_s)

    return Made(compute, window_s, terms=f"over {over_s}")


GUSTS: dict[str, MeasureKind] = {
    "gust": MeasureKind(
        make=_gust, options=("window", "over"), is_bounded=True, zh="{window}内两次阵风"
    ),
}
