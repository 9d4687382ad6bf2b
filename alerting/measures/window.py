"""Measures over a plain window: the statistics of `alerting.history`, by the words packs use."""

from collections.abc import Callable

from alerting.history import History, maximum, mean, middle, rise, slope_per_day, total
from alerting.measures.kind import Made, MeasureKind, MeasureSpec
from sensors.registry import Sensor

Statistic = Callable[[History, int, float], float | None]


def over(statistic: Statistic) -> Callable[[MeasureSpec, Sensor], Made]:
    """Give the maker of a statistic that needs nothing but its window."""

    def make(spec: MeasureSpec, sensor: Sensor) -> Made:
        del sensor
        window_s = spec.window_s
        return Made(lambda history, index: statistic(history, index, window_s), window_s)

    return make


def _value(spec: MeasureSpec, sensor: Sensor) -> Made:
    del spec, sensor
    return Made(lambda history, index: history.values[index], 0.0)


WINDOWED: dict[str, MeasureKind] = {
    "value": MeasureKind(make=_value, options=(), is_bounded=True),
    "mean": MeasureKind(make=over(mean), zh="{window}平均", is_bounded=True),
    "median": MeasureKind(make=over(middle), zh="{window}中位值", is_bounded=True),
    "max": MeasureKind(make=over(maximum), zh="{window}最大", is_bounded=True),
    "total": MeasureKind(make=over(total), zh="{window}累计"),
    "rise": MeasureKind(make=over(rise), zh="{window}内上涨"),
    "slope_per_day": MeasureKind(make=over(slope_per_day), per="/d", zh="{window}变化速率"),
}
