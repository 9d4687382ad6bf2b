"""Location: a device that reports its position and is no longer where the site file puts it."""

from math import cos, hypot, radians

from sensors.model import Position, Qc
from sensors.qc.verdict import Verdict

NAME = "location"
_METRES_PER_DEGREE = 111_200.0


def metres_between(one: Position, other: Position) -> float:
    """Give the distance in metres on a plane, good to 1 % within some kilometres."""
    east = (one.lon - other.lon) * cos(radians((one.lat + other.lat) / 2))
    return _METRES_PER_DEGREE * hypot(one.lat - other.lat, east)


def location(reported: Position | None, home: Position, moved_m: float) -> Verdict:
    """Suspect everything a device says that has moved by more than `moved_m`."""
    if reported is None:
        return Verdict(Qc.NOT_EVALUATED, NAME, "the device reports no position")
    distance_m = metres_between(reported, home)
    if distance_m <= moved_m:
        return Verdict(Qc.PASS, NAME)
    reason = f"the device is {distance_m:.0f} m from its place, more than {moved_m:g} m"
    return Verdict(Qc.SUSPECT, NAME, reason)
