"""Whether an area of a message holds a site: by outline, by circle, by code or by name; pure.

Outlines and circles decide where there are any. Codes are those of GB/T 2260 and its longer kin (6,
9 or 12 digits, a province or city ending in zeros); codes of other schemes say nothing here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from alerting.cap.values import Area, Circle
from sensors.model import Position

EARTH_KM = 6371.0088
_LEVELS = (2, 4, 6, 9, 12)
_FOREIGN = ("SAME", "FIPS", "UGC", "EMMA_ID", "NUTS", "WARNCELLID")
DOUBTFUL = "it names no outline, code or place that is known here: taken to be for every site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A site as messages may name it: position, codes of its places, and their names."""

    site: str
    position: Position
    codes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Why(NamedTuple):
    """How it was found out that a message is for a site."""

    text: str
    is_doubtful: bool = False


def why_over(areas: Sequence[Area], spot: Spot) -> Why | None:
    """Say why a message is for a site; None where it is not."""
    if not areas:
        return Why(DOUBTFUL, is_doubtful=True)
    answers = [_why_in(area, spot) for area in areas]
    told = [each for each in answers if each is not None]
    return next((each for each in told if not each.is_doubtful), told[0] if told else None)


def _why_in(area: Area, spot: Spot) -> Why | None:
    if area.polygons or area.circles:
        if any(holds(polygon, spot.position) for polygon in area.polygons):
            return Why("it lies within the outline")
        if any(reaches(circle, spot.position) for circle in area.circles):
            return Why("it lies within the circle")
        return None
    known = [each.value for each in area.geocodes if _is_code(each.name, each.value)]
    if known and spot.codes:
        found = next((code for code in known if covers(code, spot.codes)), None)
        return None if found is None else Why(f"it lies within {found}")
    name = next((each for each in spot.names if each in area.description), None)
    return Why(DOUBTFUL, is_doubtful=True) if name is None else Why(f"it lies within {name}")


def holds(polygon: Sequence[Position], at: Position) -> bool:
    """Say whether a closed polygon holds a point; its border counts as inside or outside."""
    is_in = False
    for one, other in pairwise(polygon):
        if (one.lat > at.lat) != (other.lat > at.lat):
            share = (at.lat - one.lat) / (other.lat - one.lat)
            is_in ^= at.lon < one.lon + share * (other.lon - one.lon)
    return is_in


def reaches(circle: Circle, at: Position) -> bool:
    """Say whether a circle holds a point; one without a radius is a point nobody lies within."""
    return distance_km(circle.centre, at) <= circle.radius_km


def distance_km(one: Position, other: Position) -> float:
    """Give the distance of two points on a sphere."""
    lat, lat2 = math.radians(one.lat), math.radians(other.lat)
    half = math.sin((lat2 - lat) / 2) ** 2
    half += math.cos(lat) * math.cos(lat2) * math.sin(math.radians(other.lon - one.lon) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def covers(code: str, codes: Sequence[str]) -> bool:
    """Say whether a code is that of one of the places, or of one they lie in.

    >>> covers("440100", ["440111", "440111002"]), covers("440111003000", ["440111002"])
    (True, False)
    """
    stem = _stem(code)
    return any(each.startswith(stem) for each in codes)


def _stem(code: str) -> str:
    """Leave out the zeros that say that a code stops at a province, city, district or street."""
    for length in _LEVELS:
        if length < len(code) and not code[length:].strip("0"):
            return code[:length]
    return code


def _is_code(name: str, value: str) -> bool:
    return value.isdigit() and len(value) in (6, 9, 12) and name.upper() not in _FOREIGN
