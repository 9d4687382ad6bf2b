"""Measures that count from the zeroing of the device (`alerting.zero`), and of recent readings."""

from statistics import fmean

from alerting.history import History, lacks_zero, since_zero
from alerting.measures.kind import Made, MeasureKind, MeasureSpec, Remark
from sensors.registry import Sensor

_RECENT = 3
_AS_SENT = Remark("no zero reference: judged as sent", "无置零基准，按原始值判定")


def _as_sent(history: History, index: int) -> Remark | None:
    return _AS_SENT if lacks_zero(history, index) else None


def _since_zero(spec: MeasureSpec, sensor: Sensor) -> Made:
    del sensor
    return Made(since_zero, 0.0, terms=f" {spec.zeroed_over}", remark=_as_sent)


def of_recent_mean(history: History, index: int) -> float | None:
    """Give the value since zero in per cent of the mean of the three readings before it.

    None with fewer readings before it, and while their mean is nothing to speak of (zero).
    """
    value = since_zero(history, index)
    if value is None or index < _RECENT:
        return None
    before = [since_zero(history, place) for place in range(index - _RECENT, index)]
    known = [abs(each) for each in before if each is not None]
    mean = fmean(known) if len(known) == _RECENT else 0.0
    return 100.0 * abs(value) / mean if mean > 0.0 else None


def _of_recent_mean(spec: MeasureSpec, sensor: Sensor) -> Made:
    del spec, sensor
    return Made(of_recent_mean, 0.0, remark=_as_sent)


ZEROED: dict[str, MeasureKind] = {
    "since_zero": MeasureKind(
        make=_since_zero, options=("zeroed_over",), uses_zero=True, zh="累计值"
    ),
    "of_recent_mean": MeasureKind(
        make=_of_recent_mean, options=("zeroed_over",), uses_zero=True, unit="%", zh="为前3次均值的"
    ),
}
"""Measures of values since the zero reading, by the words packs use."""
