"""Rate of change: a value that moves faster than the thing it measures can."""

from sensors.model import Qc
from sensors.qc.checks import Rate
from sensors.qc.gap import is_near
from sensors.qc.verdict import Sample, Verdict

NAME = "rate of change"
_PASS = Verdict(Qc.PASS, NAME)
_UNITS = ((86400.0, "day"), (3600.0, "hour"), (60.0, "minute"), (1.0, "second"))


def rate(before: Sample | None, sample: Sample, limits: Rate, max_gap_s: float) -> Verdict:
    """Judge one reading by the one before it.

    Readings nearer than the limit's own span may differ by the whole limit: scaled down to a second
    it would be less than the noise of the instrument.
    """
    if before is None or not is_near(before, sample, max_gap_s):
        return Verdict(Qc.NOT_EVALUATED, NAME, "there is no reading just before it")
    elapsed_s = max(sample.time_s - before.time_s, limits.per_s)
    change = sample.value - before.value
    if limits.wraps:
        change = (change + limits.wraps / 2) % limits.wraps - limits.wraps / 2
    if abs(change) <= limits.limit * elapsed_s / limits.per_s:
        return _PASS
    allowed = f"{limits.limit:g} in {_span(limits.per_s)}"
    span = _span(sample.time_s - before.time_s)
    reason = f"it changed by {change:+.4g} in {span}, more than {allowed}"
    return Verdict(Qc.SUSPECT, NAME, reason)


def _span(seconds: float) -> str:
    for size, name in _UNITS:
        if seconds >= size:
            count = seconds / size
            return f"{count:.3g} {name}{'' if count == 1 else 's'}"
    return f"{seconds:.3g} seconds"
