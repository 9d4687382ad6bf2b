"""Timing and gaps: which readings are near enough in time to be compared at all.

A value after a gap is not worse for it; it only cannot be held against the one before. Silence
itself is judged by the clock (`alerting.blind`).
"""

from sensors.qc.verdict import Sample


def is_near(earlier: Sample, later: Sample, max_gap_s: float) -> bool:
    """Say whether two readings are near enough to be compared."""
    return later.time_s - earlier.time_s <= max_gap_s
