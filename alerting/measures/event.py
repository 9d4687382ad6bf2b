"""Rain of the present event and of the present day; both of amounts and of counters."""

from datetime import datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from alerting.history import History
from alerting.measures.amount import amount_of, gap_remark, sum_of
from alerting.measures.kind import Made, MeasureKind, MeasureSpec
from sensors.registry import Sensor

_LONGEST_DAY_S = 25 * 3600.0  # a local day on which the clocks are put back


def _event_total(spec: MeasureSpec, sensor: Sensor) -> Made:
    """Make the total since the last dry spell, at most `window` back.

    A spell is as long as reports prove it: from the end of one wet report to the beginning of the
    next. Readings must cover a dry spell before the end of an event is believed.
    """
    amount, window_s = amount_of(sensor), spec.window_s
    dry_s = spec.dry.total_seconds() if spec.dry is not None else 0.0

    def compute(history: History, index: int) -> float:
        times = history.times
        opens_s, total, dry_since_s = times[index] - window_s, 0.0, times[index]
        for place in range(index, -1, -1):
            if times[place] <= opens_s or dry_since_s - times[place] >= dry_s:
                break
            fallen = amount(history, place)
            if fallen > 0.0:
                total += fallen
                dry_since_s = times[place - 1] if place else times[place]
        return round(total, 6)

    remark = gap_remark(sensor, window_s)
    return Made(compute, window_s, covered_s=dry_s, terms=f"dry {dry_s}", remark=remark)


def day_start(instant_s: float, starts: time, zone: tzinfo) -> float:
    """Give when the day of a report began, in seconds; a report at the start ends the day before.

    >>> night = datetime.fromisoformat("2026-06-02T07:59:59+08:00").timestamp()
    >>> datetime.fromtimestamp(day_start(night, time(8), ZoneInfo("Asia/Shanghai"))).day
    1
    """
    local = datetime.fromtimestamp(instant_s, zone)
    start = local.replace(
        hour=starts.hour, minute=starts.minute, second=starts.second, microsecond=0
    )
    if start.timestamp() >= instant_s:
        start -= timedelta(days=1)  # wall-clock arithmetic, so a day of 23 or 25 h is whole
    return start.timestamp()


def _day_total(spec: MeasureSpec, sensor: Sensor) -> Made:
    """Make the total since the day began: 08:00 for the hydrological day, 20:00 the other."""
    add_up, starts = sum_of(sensor), spec.day_starts or time()
    zone = ZoneInfo(spec.zone or "UTC")

    def compute(history: History, index: int) -> float:
        newest = history.times[index]
        since = day_start(newest, starts, zone)
        first = history.window_start(index, newest - since)
        return round(add_up(history, first, index), 6)

    terms = f"day {starts} {spec.zone}"
    return Made(compute, _LONGEST_DAY_S, terms=terms, remark=gap_remark(sensor, _LONGEST_DAY_S))


EVENTS: dict[str, MeasureKind] = {
    "event_total": MeasureKind(make=_event_total, options=("window", "dry"), zh="本场累计"),
    "day_total": MeasureKind(make=_day_total, options=("day_starts", "zone"), zh="当日累计"),
}
