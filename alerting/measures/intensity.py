"""Rain intensity from a tipping bucket: from the time between tips, or from the report's amount.

A single tip in a one-minute report says little: 0.2 mm is 12 mm/h for that minute whatever fell.
With two tips or more in a report that reaches `bins_from`, the report's amount is the better
measure; below, the time between tips is. While no tip comes, the intensity is at most what the next
tip would make it, so it fades by itself and is 0 after a dry `window`.
"""

from alerting.history import History
from alerting.measures.amount import amount_of
from alerting.measures.kind import Made, MeasureKind, MeasureSpec
from sensors.registry import Sensor

_HOUR_S = 3600.0


def _intensity(spec: MeasureSpec, sensor: Sensor) -> Made | str:
    bucket_mm = sensor.design.get("bucket_mm")
    if bucket_mm is None:
        return "the site file gives no bucket_mm"
    amount, window_s = amount_of(sensor), spec.window_s
    bins_from = spec.bins_from or 0.0

    def wet_before(history: History, index: int, oldest_s: float) -> int | None:
        for place in range(index, -1, -1):
            if history.times[place] <= oldest_s:
                return None
            if amount(history, place) > 0.0:
                return place
        return None

    def compute(history: History, index: int) -> float | None:
        times, oldest_s = history.times, history.times[index] - window_s
        newest = wet_before(history, index, oldest_s)
        if newest is None:
            return 0.0
        if newest == 0:
            return None  # nothing before it says over which time it fell
        fallen = amount(history, newest)
        rate = fallen / (times[newest] - times[newest - 1]) * _HOUR_S
        if fallen < 2.0 * bucket_mm - 1e-9 or rate < bins_from:
            older = wet_before(history, newest - 1, times[newest] - window_s)
            since_s = times[older] if older is not None else times[newest] - window_s
            rate = fallen / (times[newest] - since_s) * _HOUR_S
        dry_s = times[index] - times[newest]
        return min(rate, bucket_mm / dry_s * _HOUR_S) if dry_s else rate

    # It looks back from the newest tip for the one before it.
    terms = f"bucket {bucket_mm} bins {bins_from}"
    return Made(compute, 2.0 * window_s, covered_s=window_s, terms=terms)


INTENSITY: dict[str, MeasureKind] = {
    "intensity": MeasureKind(
        make=_intensity, options=("window", "bins_from"), unit="mm/h", zh="雨强"
    ),
}
