"""How CAP writes instants, identifiers and places, both ways; plain functions.

Instants carry an offset, no fraction and no `Z`; identifiers hold no space, comma, `<` or `&`;
places are latitude first; circles have kilometres.
"""

import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from alerting.cap.values import Circle, Reference
from sensors.model import Position

ZONE = timezone(timedelta(hours=8))

FORBIDDEN = re.compile(r"[\s,<&]")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
_WORD = re.compile(r'"([^"]*)"|(\S+)')
_UNFIT = re.compile(r"[^A-Za-z0-9._:@-]")


def instant_text(at: datetime) -> str:
    """Give an instant as CAP writes it, in the time of China; a fraction of a second is cut."""
    return at.astimezone(ZONE).replace(microsecond=0).isoformat()


def instant_of(text: str) -> datetime:
    """Read an instant as CAP writes it; ValueError says what is allowed."""
    if not _INSTANT.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no instant; allowed: 2026-06-01T14:03:22+08:00")
    return datetime.fromisoformat(text)


def clean_identifier(text: str) -> str:
    """Give an identifier in which whatever CAP or a web address could stumble over is written out.

    Different texts stay different: every other character becomes `~` and its number.
    """
    return _UNFIT.sub(lambda found: f"~{ord(found[0]):x}", text)


def polygon_text(points: Sequence[Position]) -> str:
    """Give a polygon, latitude first."""
    return " ".join(_pair(point) for point in points)


def polygon_of(text: str) -> tuple[Position, ...]:
    """Read a polygon; ValueError where it is open, too short or off the earth."""
    points = tuple(_position(pair) for pair in text.split())
    if len(points) < 4:
        raise ValueError(f"a polygon has {len(points)} points; allowed: 4 or more")
    if points[0] != points[-1]:
        raise ValueError("a polygon is open; its last point must be its first")
    return points


def closed(points: Sequence[Position]) -> tuple[Position, ...]:
    """Give a ring whose last point is its first."""
    ring = tuple(points)
    return ring if ring and ring[0] == ring[-1] else (*ring, *ring[:1])


def circle_text(circle: Circle) -> str:
    """Give a circle: its middle, latitude first, and its radius in kilometres."""
    return f"{_pair(circle.centre)} {number_text(circle.radius_km)}"


def circle_of(text: str) -> Circle:
    """Read a circle; ValueError where it cannot be one."""
    parts = text.split()
    if len(parts) != 2:
        raise ValueError(f"{text[:60]!r} is no circle; allowed: latitude,longitude kilometres")
    radius_km = number_of(parts[1])
    if radius_km < 0.0:
        raise ValueError(f"a circle of {radius_km:g} km; allowed: 0 or more")
    return Circle(_position(parts[0]), radius_km)


def reference_text(references: Sequence[Reference]) -> str:
    """Give references as triples between spaces."""
    return " ".join(",".join(each) for each in references)


def references_of(text: str) -> tuple[Reference, ...]:
    """Read references; ValueError where one is no triple."""
    found = []
    for triple in text.split():
        parts = triple.split(",")
        if len(parts) != 3 or not all(parts):
            raise ValueError(f"{triple[:80]!r} is no reference; allowed: sender,identifier,sent")
        found.append(Reference(*parts))
    return tuple(found)


def is_place(position: Position) -> bool:
    """Say whether a position is on the earth."""
    lat, lon = position.lat, position.lon
    return math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90.0 and abs(lon) <= 180.0


def _pair(position: Position) -> str:
    return f"{number_text(position.lat)},{number_text(position.lon)}"


def number_text(value: float) -> str:
    """Give a number without an exponent, to the sixth decimal."""
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _position(text: str) -> Position:
    parts = text.split(",")
    if len(parts) != 2:
        raise ValueError(f"{text[:40]!r} is no point; allowed: latitude,longitude")
    position = Position(number_of(parts[0]), number_of(parts[1]))
    if not is_place(position):
        raise ValueError(f"{text[:40]!r} is not on the earth; latitude comes first")
    return position


def words_of(text: str) -> tuple[str, ...]:
    """Read words between spaces; one in quotation marks may hold spaces itself."""
    words = (quoted or plain for quoted, plain in _WORD.findall(text))
    return tuple(word for word in words if word)


def number_of(text: str) -> float:
    """Read a number; ValueError where it is none."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no number") from None
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]!r} is no number")
    return value
