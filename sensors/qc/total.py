"""Amounts that add up to more than has ever fallen: the range test of a rain gauge's windows."""

from sensors.model import Qc
from sensors.qc.checks import Total
from sensors.qc.verdict import Verdict

NAME = "amount in a window"
_PASS = Verdict(Qc.PASS, NAME)


def total(amount: float, limits: Total) -> Verdict:
    """Judge one reading by the sum of the window it ends."""
    if amount <= limits.suspect:
        return _PASS
    flag = Qc.FAIL if amount > limits.fail else Qc.SUSPECT
    least = limits.fail if flag is Qc.FAIL else limits.suspect
    reason = f"{amount:.4g} within {limits.window_s / 60:.0f} min, more than {least:g}"
    return Verdict(flag, NAME, reason)
