"""Which district, street and village a point lies in, and who answers there.

The command chain runs from the district over the street (or town) and the village down to the
site. Outlines come from GeoJSON files; where two of one tier overlap or leave ground of the
district uncovered, `check_areas` says so, because an alert there would call the wrong people or
nobody.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

import shapely

from gis_link.model import Fault, Person, Place, Position, Tier

AREA_TIERS: Final = (Tier.DISTRICT, Tier.STREET, Tier.VILLAGE)
MAX_PEOPLE_PER_TIER: Final = 2
# Slivers up to this size come from rounding of drawn borders and are not reported.
MIN_FAULT_M2: Final = 10_000.0


class Link(NamedTuple):
    """One tier of the chain with one person; no person when nobody is on file."""

    place: Place
    person: Person | None


class Chain(NamedTuple):
    """The chain of a point, widest first, and in words what is missing from it."""

    links: tuple[Link, ...]
    remarks: tuple[str, ...]


class Areas:
    """All places, ready to be asked."""

    def __init__(self, places: Iterable[Place]) -> None:
        """Sort the places by tier."""
        self._by_tier: dict[Tier, list[Place]] = {tier: [] for tier in Tier}
        for place in sorted(places, key=lambda place: place.code):
            self._by_tier[place.tier].append(place)
        self._sites = {place.code: place for place in self._by_tier[Tier.SITE]}
        self._trees = {
            tier: shapely.STRtree([place.outline for place in self._by_tier[tier]])
            for tier in AREA_TIERS
        }

    def at(self, position: Position) -> dict[Tier, Place]:
        """Give the place of each tier the point lies in; a tier it is outside of is left out.

        A point on a border, or in an overlap, belongs to the place with the smaller code.
        """
        drawn = [tier for tier in AREA_TIERS if self._by_tier[tier]]
        point = shapely.Point(position.lon, position.lat) if drawn else None
        hits = {tier: self._trees[tier].query(point, "intersects") for tier in drawn}
        return {
            tier: self._by_tier[tier][int(min(found))] for tier, found in hits.items() if len(found)
        }

    def chain(self, position: Position, duty: str = "any", site: str = "") -> Chain:
        """Give the command chain of a point for a duty (`flood`, `construction` or `any`)."""
        found = self.at(position)
        links: list[Link] = []
        remarks: list[str] = []
        for tier in AREA_TIERS:
            if tier in found:
                links += _links(found[tier], duty, remarks)
            elif self._by_tier[tier]:
                remarks.append(f"the point is outside every {tier.value} on file")
        if site in self._sites:
            links += _links(self._sites[site], duty, remarks)
        elif site:
            remarks.append(f"nobody is on file for site {site}")
        return Chain(tuple(links), tuple(remarks))


def _links(place: Place, duty: str, remarks: list[str]) -> list[Link]:
    """Give the people of a place who have this duty, first called first."""
    people = [person for person in place.people if duty in (person.duty, "any")]
    people += [person for person in place.people if duty != "any" and person.duty == "any"]
    if not people:
        remarks.append(f"nobody is on file for {place.name} ({place.tier.value})")
        return [Link(place, None)]
    people.sort(key=lambda person: person.rank)
    return [Link(place, person) for person in people[:MAX_PEOPLE_PER_TIER]]


def check_areas(places: Sequence[Place]) -> list[Fault]:
    """Report outlines of one tier that overlap, those outside the tier above, and its gaps."""
    tiers = {tier: [place for place in places if place.tier is tier] for tier in AREA_TIERS}
    faults: list[Fault] = []
    for of_tier in tiers.values():
        faults += _overlaps(of_tier)
    for upper, lower in pairwise(AREA_TIERS):
        if tiers[upper] and tiers[lower]:
            faults += _strays(tiers[upper], tiers[lower])
            faults += _gaps(tiers[upper], tiers[lower])
    return faults


def _overlaps(places: Sequence[Place]) -> list[Fault]:
    if not places:
        return []
    outlines = [place.outline for place in places]
    pairs = shapely.STRtree(outlines).query(outlines, predicate="intersects").T.tolist()
    faults: list[Fault] = []
    for first, second in sorted(pairs):
        if first >= second:
            continue
        area_m2 = _area_m2(shapely.intersection(outlines[first], outlines[second]))
        if area_m2 > MIN_FAULT_M2:
            one, other = places[first], places[second]
            what = (
                f"{one.tier.value} {one.name!r} overlaps {other.name!r} ({other.file}:{other.line})"
                f" by {area_m2 / 1e4:.1f} ha: an alert there calls only the people of one; "
                "draw the border once and use it for both"
            )
            faults.append(Fault(one.file, one.line, what))
    return faults


def _gaps(uppers: Sequence[Place], lowers: Sequence[Place]) -> list[Fault]:
    """Report ground of a place that none of the tier below covers, where that tier is drawn."""
    tree = shapely.STRtree([place.outline for place in lowers])
    faults: list[Fault] = []
    for upper in uppers:
        inside = [lowers[i].outline for i in tree.query(upper.outline, "intersects").tolist()]
        inside = [each for each in inside if _shared_m2(each, upper.outline) > MIN_FAULT_M2]
        if not inside:
            continue
        bare = shapely.difference(upper.outline, shapely.union_all(inside))
        for piece in shapely.get_parts(bare):
            if (area_m2 := _area_m2(piece)) > MIN_FAULT_M2:
                faults.append(_gap(upper, lowers[0].tier.value, piece, area_m2))
    return faults


def _gap(upper: Place, missing: str, piece: Any, area_m2: float) -> Fault:
    spot = shapely.point_on_surface(piece)
    what = (
        f"{area_m2 / 1e4:.1f} ha of the {upper.tier.value} near lat {spot.y:.4f}, lon {spot.x:.4f} "
        f"belong to no {missing}: an alert there has no {missing} in its chain; "
        f"extend the {missing} that answers there"
    )
    return Fault(upper.file, upper.line, what)


def _strays(uppers: Sequence[Place], lowers: Sequence[Place]) -> list[Fault]:
    """Report places that lie partly outside every place of the tier above."""
    ground = shapely.union_all([place.outline for place in uppers])
    above = uppers[0].tier.value
    faults: list[Fault] = []
    for lower in lowers:
        area_m2 = _area_m2(shapely.difference(lower.outline, ground))
        if area_m2 > MIN_FAULT_M2:
            what = (
                f"{area_m2 / 1e4:.1f} ha of {lower.tier.value} {lower.name!r} lie outside the "
                f"{above}: correct its border or the {above}'s"
            )
            faults.append(Fault(lower.file, lower.line, what))
    return faults


def _shared_m2(one: Any, other: Any) -> float:
    return _area_m2(shapely.intersection(one, other))


def _area_m2(outline: Any) -> float:
    """Give the area of a shape in (lon, lat) degrees, exact to a few per mille."""
    if shapely.is_empty(outline):
        return 0.0
    _, south, _, north = shapely.bounds(outline)
    cosine = math.cos(math.radians((south + north) / 2.0))
    return float(shapely.area(outline)) * cosine * 111_320.0 * 111_000.0
