"""Quality control of one value by itself, and of the clock that stamped it.

The tests are QARTOD's gross range and climatology (IOOS manuals); tests that need the values before
it or its neighbours are not here. A value that passes costs two comparisons.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import inf, isfinite
from typing import NamedTuple

from sensors.catalogue import Quantity
from sensors.crane.rail import TRAVEL, believed_m
from sensors.model import Qc
from sensors.qc.gross_range import climatology, gross_range
from sensors.qc.verdict import worst
from sensors.registry import ClockRule, Sensor

MAX_AHEAD = timedelta(minutes=5)

_HOUR = timedelta(hours=1)
_LONGEST_GAP = timedelta(days=1)  # an amount of more than this at the record's rate is noise
_PLAUSIBLE = (Qc.PASS, "")


class Believable(NamedTuple):
    """Gross range (`low`, `high`) and, inside it, typical range of a sensor, in the base unit."""

    low: float
    high: float
    suspect_low: float
    suspect_high: float


def why_not_plausible(value: float, sensor: Sensor) -> tuple[Qc, str]:
    """Give the flag of a calibrated value and, unless it passes, the reason in a sentence."""
    if sensor.suspect_low <= value <= sensor.suspect_high:
        return _PLAUSIBLE
    return _why(value, sensor)


def _why(value: float, sensor: Sensor) -> tuple[Qc, str]:
    name, unit = sensor.key.quantity, sensor.unit
    gross = gross_range(value, sensor.low, sensor.high)
    verdict = worst((gross, climatology(value, sensor.suspect_low, sensor.suspect_high)))
    if not isfinite(value):
        return verdict.flag, f"{name} is {value}, which is {verdict.reason}"
    return verdict.flag, f"{name} {value:g} {unit} is {verdict.reason} {unit}"


def highest(quantity: Quantity, every: timedelta) -> float:
    """Give the largest value a quantity can have; an amount may have gathered over a gap."""
    hours = max(every, _LONGEST_GAP) / _HOUR
    return max(quantity.high, quantity.most_per_h * hours)


def believable(
    quantity: Quantity, kind: str, design: Mapping[str, float], every: timedelta
) -> Believable:
    """Give the ranges of a quantity on a device whose merged design values are `design`.

    An amount that is more than usual for its interval is suspect only: whether it fell in a gap is
    seen where the readings before it are known (`sensors.qc.total`), and it may raise until then.

    The catalogue's ranges, tightened by what the design knows: a stage more than 1 m above the
    record or below the bed is suspect, and so is a travel more than 5 m past an end stop of its
    rail: it is not where it says, or the rail is not what the site file says, or it is running
    away, which must warn. A crane's load above 1.5 times its largest load fails (project defaults
    after the QARTOD tests; no standard behind the numbers).
    """
    low, high = quantity.low, highest(quantity, every)
    suspect_low = -inf if quantity.suspect_low is None else quantity.suspect_low
    suspect_high = inf if quantity.suspect_high is None else quantity.suspect_high
    suspect_high = max(suspect_high, quantity.suspect_per_h * (every / _HOUR))
    if quantity.key == "stage_m":
        suspect_low = max(suspect_low, design.get("bed_level_m", -inf))
        suspect_high = min(suspect_high, design.get("record_stage_m", inf) + 1.0)
    if kind == "crane" and quantity.key == "load_t":
        high = min(high, 1.5 * design.get("max_load_t", inf))
    if kind == "crane" and quantity.key == TRAVEL:
        least, most = believed_m(design)
        suspect_low, suspect_high = max(suspect_low, least), min(suspect_high, most)
    return Believable(low, high, max(low, suspect_low), min(high, suspect_high))


def why_clock_refused(taken_at: datetime, received_at: datetime, rule: ClockRule) -> str | None:
    """Say why a reading's instant cannot be believed, or None when it can.

    Refused are instants more than 5 minutes after arrival and those before `rule.not_before`; all
    instants are aware.
    """
    if rule.not_before <= taken_at <= received_at + MAX_AHEAD:
        return None
    if taken_at < rule.not_before:
        return f"taken at {taken_at.isoformat()}, before {rule.not_before.date()}: a broken clock"
    ahead = (taken_at - received_at).total_seconds()
    return f"taken at {taken_at.isoformat()}, {ahead:.0f} s after it was received: a broken clock"
