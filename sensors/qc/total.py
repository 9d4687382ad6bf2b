"""Amounts that add up to more than has ever fallen: the range test of a rain gauge's windows."""

from math import inf

from sensors.model import Qc
from sensors.qc.checks import Total
from sensors.qc.verdict import Verdict

NAME = "amount in a window"
_PASS = Verdict(Qc.PASS, NAME)


def total(amount: float, limits: Total, span_s: float = 0.0) -> Verdict:
    """Judge one reading by the sum of the window it ends.

    `span_s` is how long the amount took to gather, infinite where nobody knows: over a gap more can
    fall than within the window, and an amount of unknown span does not fail.
    """
    share = max(1.0, span_s / limits.window_s)
    known = share if share < inf else 1.0
    suspect, fail = limits.suspect * known, limits.fail * share
    if amount <= suspect:
        return _PASS
    flag, least = (Qc.FAIL, fail) if amount > fail else (Qc.SUSPECT, suspect)
    minutes = limits.window_s * known / 60
    return Verdict(flag, NAME, f"{amount:.4g} within {minutes:.0f} min, more than {least:.4g}")
