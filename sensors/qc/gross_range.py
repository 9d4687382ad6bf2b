"""Gross range (outside it a value fails) and climatology (outside it a value is suspect).

QARTOD's first two tests; both look at one value alone and are made where a value comes in.
"""

from math import isfinite

from sensors.model import Qc
from sensors.qc.verdict import Verdict


def gross_range(value: float, low: float, high: float) -> Verdict:
    """Fail what cannot be measured at all."""
    if not isfinite(value):
        return Verdict(Qc.FAIL, "gross range", "not a number that can be measured")
    if low <= value <= high:
        return Verdict(Qc.PASS, "gross range")
    return Verdict(Qc.FAIL, "gross range", f"outside the gross range {low:g} to {high:g}")


def climatology(value: float, low: float, high: float) -> Verdict:
    """Suspect what is possible and not usual at this place."""
    if low <= value <= high:
        return Verdict(Qc.PASS, "climatology")
    return Verdict(Qc.SUSPECT, "climatology", f"outside the typical range {low:g} to {high:g}")
