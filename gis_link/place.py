"""The shelters, hospitals, pumps and sensitive places nearest to a point."""

from typing import Final, NamedTuple

from gis_link import words
from gis_link.index import Index, numbers_by_word
from gis_link.model import SENSITIVE, Facility, FacilityKind, Position
from gis_link.shelf import Packed, Shelf, columns

# How many of each kind a card names, and how far away at most (project defaults, no standard).
HELPING: Final = {FacilityKind.SHELTER: 2, FacilityKind.HOSPITAL: 1, FacilityKind.PUMP: 2}
HELPING_WITHIN_M: Final = 10_000.0
MAX_SENSITIVE: Final = 4
SENSITIVE_WITHIN_M: Final = 500.0
_SENSITIVE = "sensitive"


class Nearby(NamedTuple):
    """A facility, how far it is, and why it is named."""

    facility: Facility
    distance_m: float
    why: str


class _Base(NamedTuple):
    """What was reckoned of the packed facilities; kept while the shelf shares them."""

    packed: Packed[Facility]
    places: Index

    @classmethod
    def of(cls, packed: Packed[Facility]) -> "_Base":
        at = columns(packed, [("lat", "f8"), ("lon", "f8")], _degrees)
        words_ = numbers_by_word(map(_words, packed))
        return cls(packed, Index.of(at["lat"], at["lon"], words_))


class Facilities:
    """All facilities, ready to be asked."""

    def __init__(self, facilities: Shelf[Facility], before: "Facilities | None" = None) -> None:
        """Sort them by place and kind; what `before` sorted already is taken over."""
        is_known = before is not None and before.base.packed is facilities.packed
        base = before.base if before is not None and is_known else None
        self.base: _Base = base or _Base.of(facilities.packed)
        self._facilities, self._places = facilities, self.base.places
        if facilities.loose or facilities.gone:
            self._places = self._places.changed(
                facilities.gone,
                [each.position for each in facilities.loose],
                numbers_by_word(map(_words, facilities.loose), len(facilities.packed)),
            )

    def near(self, at: Position) -> list[Nearby]:
        """Give the nearest of each helping kind that is not closed, and what is threatened."""
        found: list[Nearby] = []
        if not len(self._facilities):
            return found
        for kind, most in HELPING.items():
            found += self._nearest(at, most, HELPING_WITHIN_M, kind.value)
        return found + self._nearest(at, MAX_SENSITIVE, SENSITIVE_WITHIN_M, _SENSITIVE)

    def _nearest(self, at: Position, most: int, within_m: float, word: str) -> list[Nearby]:
        found = self._places.nearest(at, most, within_m, word)
        pairs = zip(found.rows.tolist(), found.metres.tolist(), strict=True)
        return [_nearby(self._facilities.at_row(row), metres) for row, metres in pairs]


def _degrees(facility: Facility) -> tuple[float, float]:
    return facility.position.lat, facility.position.lon


def _words(facility: Facility) -> tuple[str, ...]:
    """Give what a facility is asked for by; a closed one helps nobody."""
    if facility.kind in SENSITIVE:
        return (_SENSITIVE,)
    return () if facility.is_open is False else (facility.kind.value,)


def _nearby(facility: Facility, metres: float) -> Nearby:
    said = ["may be in danger"] if facility.kind in SENSITIVE else []
    said += [] if facility.is_open is None else ["open" if facility.is_open else "closed"]
    if facility.capacity is not None:
        left = facility.capacity - (facility.in_use or 0.0)
        said.append(f"{left:g} of {facility.capacity:g} {facility.unit} free")
    return Nearby(facility, metres, ", ".join([words.distance(metres), *said]))
