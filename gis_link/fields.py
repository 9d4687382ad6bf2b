"""Text fields of one row to values, with a fault for each that is wrong.

A fault says what is wrong, what is allowed and, where it can be told, what was probably meant.
Every getter notes its fault and gives a stand-in, so that one row reports all its faults at once;
`is_good` then says whether anything may be built from it.
"""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from gis_link.datum import Datum, to_wgs84
from gis_link.ground import distances_m
from gis_link.model import Fault, Position
from gis_link.named import Named, closest, code_of, sayable
from gis_link.rows import FaultList, Row

MAX_TEXT: Final = 200
MAX_WORDS: Final = 64
_SEPARATORS: Final = re.compile(r"[;；、]")
_TRUE, _FALSE = ("true", "yes", "1", "on", "是"), ("false", "no", "0", "off", "否")
NOWHERE: Final = Position(0.0, 0.0)


class Bounds(NamedTuple):
    """A box of degrees around the district and its neighbours."""

    south: float
    west: float
    north: float
    east: float

    def has(self, at: Position) -> bool:
        """Say whether a position lies inside."""
        return self.south <= at.lat <= self.north and self.west <= at.lon <= self.east


class Fields:
    """The fields of one row."""

    def __init__(self, row: Row, faults: FaultList, bounds: Bounds | None = None) -> None:
        """Start with a row not yet found wrong."""
        self._row, self._faults, self._bounds = row, faults, bounds
        self.is_good = True

    @property
    def file(self) -> str:
        """Give the file of the row."""
        return self._row.file

    @property
    def line(self) -> int:
        """Give the line of the row in its file."""
        return self._row.line

    @property
    def datum(self) -> Datum:
        """Give the datum the row states (rows of files without positions state none)."""
        return self._row.datum or Datum.WGS84

    @property
    def geometry(self) -> dict[str, Any] | None:
        """Give the GeoJSON geometry, None for a line of a CSV file."""
        return self._row.geometry

    def wrong(self, what: str) -> None:
        """Note a fault of this row."""
        self.is_good = False
        self._faults.add(self._row.file, self._row.line, what)

    def has(self, name: str) -> bool:
        """Say whether the field is there and not empty."""
        return name in self._row.fields

    def text(self, name: str, default: str | None = None, most: int = MAX_TEXT) -> str:
        """Give a text of one line; without a default it is required."""
        value = self._row.fields.get(name)
        if value is None:
            if default is None:
                self.wrong(f"{name} is missing: fill it in")
            return default or ""
        if len(value) > most or not value.isprintable():
            self.wrong(f"{name} has to be one line of at most {most} letters")
        return value

    def number(self, name: str, low: float, high: float, default: float | None = None) -> float:
        """Give a finite number within bounds, both included."""
        value = self._row.fields.get(name)
        if value is None:
            if default is None:
                self.wrong(f"{name} is missing: give a number from {low:g} to {high:g}")
            return low if default is None else default
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.wrong(f"{name} {value!r} is not a number: allowed are {low:g} to {high:g}")
            return low
        if not low <= number <= high:
            self.wrong(f"{name} {value} is out of range: allowed are {low:g} to {high:g}")
            return low
        return number

    def maybe(self, name: str, low: float, high: float) -> float | None:
        """Give a finite number within bounds, None when the field is empty."""
        return self.number(name, low, high) if self.has(name) else None

    def whole(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """Give a whole number within bounds, both included."""
        number = self.number(name, low, high, default)
        if number != int(number):
            self.wrong(f"{name} {number:g} is not a whole number")
        return int(number)

    def flag(self, name: str, *, default: bool) -> bool:
        """Give a yes or no."""
        value = self._row.fields.get(name, "").lower()
        if value and value not in _TRUE + _FALSE:
            self.wrong(f"{name} {value!r} is not understood: write true or false")
        return value in _TRUE if value else default

    def choice(self, name: str, allowed: Iterable[str], default: str) -> str:
        """Give one of some words."""
        value = self._row.fields.get(name, default).lower()
        if value not in allowed:
            self.wrong(f"{name} {value!r} is not known; {closest(value, allowed)}")
            return default
        return value

    def code(self, name: str, known: Mapping[str, Named], kind: str) -> str:
        """Give one code; what people call it, in either language, means it too."""
        word = self.text(name)
        code = code_of(word, known)
        if self.has(name) and code not in known:
            self.wrong(f"{kind} {word!r} is not known; {closest(word, sayable(word, known))}")
        return code

    def codes(self, name: str, known: Mapping[str, Named], kind: str) -> frozenset[str]:
        """Give a `;`-separated list of codes or names, at least one, all of them known."""
        parts = _SEPARATORS.split(self.text(name))
        codes = [code_of(word, known) for part in parts if (word := part.strip())]
        if self.has(name) and not 0 < len(codes) <= MAX_WORDS:
            self.wrong(f"{name} must list 1 to {MAX_WORDS} {kind} codes, separated by ;")
        for code in codes:
            if code not in known:
                self.wrong(f"{kind} {code!r} is not known; {closest(code, sayable(code, known))}")
        return frozenset(codes)

    def instant(self, name: str) -> datetime | None:
        """Give an instant with its time zone, None when the field is empty."""
        value = self._row.fields.get(name)
        if value is None:
            return None
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.wrong(f"{name} {value!r} is not an instant: write 2026-06-12T08:00:00+08:00")
            return None
        if at.tzinfo is None:
            self.wrong(f"{name} {value!r} has no time zone: add +08:00 or Z")
            return None
        return at

    def day(self, name: str) -> date | None:
        """Give a date, None when the field is empty."""
        value = self._row.fields.get(name)
        if value is None:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.wrong(f"{name} {value!r} is not a date: write 2026-06-12")
            return None

    def position(self, prefix: str = "") -> Position:
        """Give the WGS 84 position in the fields `lat` and `lon`."""
        said = self._row.fields.get
        texts = [said(f"{prefix}lat"), said(f"{prefix}lon")]
        lat, lon = _degrees(texts[0]), _degrees(texts[1])
        if None in texts:
            self.wrong(f"{prefix}lat and {prefix}lon are needed: fill in both, in degrees")
        elif lat == lon == 0.0:
            self.wrong(
                f"{prefix}lat 0 and {prefix}lon 0 are what is written where no position is known,"
                " and a place in the ocean: fill in where it is"
            )
        elif abs(lat) <= 90.0 and abs(lon) <= 180.0:
            position = to_wgs84(Position(lat, lon), self.datum)
            box = self._bounds
            if box is None or box.has(position):
                return position
            if not box.has(Position(position.lon, position.lat)):
                self._warn_of_far(prefix, position, box)
                return position
            self._say_swapped(prefix, texts, "exchanged they would lie inside the district")
        elif abs(lat) <= 180.0 and abs(lon) <= 90.0:
            self._say_swapped(prefix, texts, "lat is within -90 to 90 degrees")
        else:
            self.wrong(
                f"{prefix}lat {texts[0]!r}, {prefix}lon {texts[1]!r} are not a place: "
                "lat is within -90 to 90 degrees, lon within -180 to 180"
            )
        return NOWHERE

    def _warn_of_far(self, prefix: str, at: Position, box: Bounds) -> None:
        """Warn of a position outside of it, more likely a slip than a neighbour's."""
        has_room = self._faults.has_room(self.file, is_warning=True)
        what = _how_far(prefix, at, box) if has_room else ""  # measuring costs more than the row
        self._faults.note(Fault(self.file, self.line, what, is_warning=True))

    def _say_swapped(self, prefix: str, texts: list[str | None], because: str) -> None:
        order = "GeoJSON writes [lon, lat]" if self._row.geometry else "exchange them"
        lat, lon = texts
        self.wrong(f"{prefix}lat {lat} and {prefix}lon {lon} look swapped: {because}; {order}")


def _how_far(prefix: str, at: Position, box: Bounds) -> str:
    edge = Position(_within(at.lat, box.south, box.north), _within(at.lon, box.west, box.east))
    km = float(distances_m(edge, [at])[0]) / 1000.0
    return (
        f"{prefix}lat {at.lat:g}, {prefix}lon {at.lon:g} lies {km:.0f} km outside the map and"
        f" its surroundings (lat {box.south:.1f} to {box.north:.1f}, lon {box.west:.1f} to"
        f" {box.east:.1f}): correct it, or nobody near the sites is offered it"
    )


def _within(degrees: float, least: float, most: float) -> float:
    return min(max(degrees, least), most)


def _degrees(text: str | None) -> float:
    try:
        return float(text) if text is not None else math.nan
    except ValueError:
        return math.nan
