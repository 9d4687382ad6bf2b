"""Timing and gaps: which readings are near enough in time to be compared at all.

A value after a gap is not worse for it; it only cannot be held against the one before. Silence
itself is judged by the clock (`alerting.blind`).
"""

from sensors.model import Qc
from sensors.qc.verdict import Sample, Verdict


def is_near(earlier: Sample, later: Sample, max_gap_s: float) -> bool:
    """Say whether two readings are near enough to be compared."""
    return later.time_s - earlier.time_s <= max_gap_s


def gap(before: Sample | None, sample: Sample, max_gap_s: float) -> Verdict:
    """Say whether there is a reading to compare this one with."""
    if before is None:
        return Verdict(Qc.NOT_EVALUATED, "gap", "no reading before it is known")
    if is_near(before, sample, max_gap_s):
        return Verdict(Qc.PASS, "gap")
    missing_s = sample.time_s - before.time_s
    return Verdict(Qc.NOT_EVALUATED, "gap", f"nothing came for {missing_s:.0f} s before it")
