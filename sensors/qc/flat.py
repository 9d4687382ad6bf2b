"""Flat line: a sensor that repeats itself for so long, and so often, that it is likely stuck."""

from typing import NamedTuple

from sensors.model import Qc
from sensors.qc.checks import Flat
from sensors.qc.verdict import Verdict

NAME = "flat line"
_PASS = Verdict(Qc.PASS, NAME)


class Run(NamedTuple):
    """How often and for how long the value has been exactly the same, up to a reading."""

    value: float
    n_readings: int
    lasts_s: float


def flat(run: Run, limits: Flat) -> Verdict:
    """Judge one reading by the run of equal values it ends."""
    if run.n_readings < limits.readings or run.lasts_s < limits.duration_s:
        return _PASS
    if run.value == limits.but:
        return _PASS
    hours = run.lasts_s / 3600.0
    span = f"{hours:.1f} h" if hours >= 1 else f"{run.lasts_s / 60:.0f} min"
    return Verdict(Qc.SUSPECT, NAME, f"exactly {run.value:g} for {span}: the sensor may be stuck")
