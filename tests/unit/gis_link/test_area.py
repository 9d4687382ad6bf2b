"""Which place a point lies in, who answers there, and what is wrong with a map."""

import pytest
import shapely

from gis_link.area import Areas, check_areas
from gis_link.model import Person, Place, Position, Tier
from tests.unit.gis_link.builders import place


def square(west: float, south: float, side: float) -> object:
    return shapely.box(west, south, west + side, south + side)


def person(name: str, duty: str = "any", rank: int = 1) -> Person:
    return Person(name=name, role="", phone="+86 000 0000 0000", duty=duty, rank=rank)


COMMANDER = person("flood commander", "flood")
BUREAU = person("housing bureau", "construction")
DISTRICT = place(Tier.DISTRICT, "district", square(113.0, 23.0, 0.2), people=(COMMANDER, BUREAU))
WEST = place(Tier.STREET, "a west", shapely.box(113.0, 23.0, 113.1, 23.2), people=(person("W"),))
EAST = place(Tier.STREET, "b east", shapely.box(113.1, 23.0, 113.2, 23.2))
VILLAGE = place(
    Tier.VILLAGE,
    "village",
    square(113.01, 23.01, 0.02),
    people=(person("second", rank=2), person("head")),
)
SITE = place(Tier.SITE, "pit-1", None, people=(person("safety officer"),))
ALL = [DISTRICT, WEST, EAST, VILLAGE, SITE]
IN_VILLAGE = Position(23.02, 113.02)


def called(position: Position, duty: str = "any", site: str = "") -> list[str]:
    links = Areas(ALL).chain(position, duty, site).links
    return [link.person.name if link.person else f"nobody in {link.place.code}" for link in links]


def test_the_chain_runs_from_the_district_down_to_the_site() -> None:
    assert called(IN_VILLAGE, "flood", "pit-1") == [
        "flood commander",
        "W",
        "head",
        "second",
        "safety officer",
    ]


def test_the_duty_picks_the_people() -> None:
    assert called(IN_VILLAGE, "construction")[0] == "housing bureau"
    assert called(IN_VILLAGE)[:2] == ["flood commander", "housing bureau"]


def test_a_place_without_people_says_so() -> None:
    chain = Areas(ALL).chain(Position(23.1, 113.15), "flood")
    assert [link.person for link in chain.links] == [COMMANDER, None]
    assert chain.remarks == (
        "nobody is on file for B East (street)",
        "the point is outside every village on file",
    )


def test_outside_everything_says_so() -> None:
    chain = Areas(ALL).chain(Position(24.0, 114.0), "flood", "unheard-of")
    assert chain.links == ()
    assert chain.remarks == (
        "the point is outside every district on file",
        "the point is outside every street on file",
        "the point is outside every village on file",
        "nobody is on file for site unheard-of",
    )


def test_a_map_without_villages_does_not_complain_of_them() -> None:
    assert Areas([DISTRICT, WEST]).chain(IN_VILLAGE).remarks == ()


@pytest.mark.parametrize("order", [[WEST, EAST], [EAST, WEST]])
def test_a_point_on_a_border_belongs_to_the_smaller_code(order: list[Place]) -> None:
    assert Areas(order).at(Position(23.1, 113.1))[Tier.STREET] is WEST


def test_a_clean_map_has_no_faults() -> None:
    whole = place(Tier.VILLAGE, "v", WEST.outline)
    assert check_areas([DISTRICT, WEST, EAST, whole]) == []
    assert check_areas([DISTRICT, WEST, EAST]) == []


def test_villages_are_checked_against_their_street() -> None:
    half = place(Tier.VILLAGE, "half", shapely.box(113.0, 23.0, 113.1, 23.1))
    [fault] = check_areas([DISTRICT, WEST, EAST, half])
    assert "ha of the street near lat 23.1500, lon 113.0500 belong to no village" in fault.what
    rest = place(Tier.VILLAGE, "rest", shapely.box(113.0, 23.1, 113.1, 23.25))
    [fault] = check_areas([DISTRICT, WEST, EAST, half, rest])
    assert "of village 'Rest' lie outside the street" in fault.what
    twice = place(Tier.VILLAGE, "twice", shapely.box(113.0, 23.05, 113.1, 23.2))
    faults = check_areas([DISTRICT, WEST, EAST, half, twice])
    assert ["overlaps" in each.what for each in faults] == [True]


def test_an_overlap_is_reported_with_both_files() -> None:
    wide = place(Tier.STREET, "c wide", shapely.box(113.09, 23.0, 113.2, 23.2))
    [fault] = check_areas([DISTRICT, WEST, wide])
    assert fault.file == "map.geojson"
    assert "street 'A West' overlaps 'C Wide' (map.geojson:1) by 22" in fault.what


def test_a_gap_is_reported_with_where_it_is() -> None:
    short = place(Tier.STREET, "c short", shapely.box(113.1, 23.0, 113.2, 23.1))
    [fault] = check_areas([DISTRICT, WEST, short])
    assert "near lat 23.1500, lon 113.1500 belong to no street" in fault.what


def test_a_street_that_leaves_the_district_is_reported() -> None:
    far = place(Tier.STREET, "c far", shapely.box(113.1, 23.0, 113.3, 23.2))
    [fault] = check_areas([DISTRICT, WEST, far])
    assert "of street 'C Far' lie outside the district" in fault.what


def test_slivers_from_drawing_are_not_faults() -> None:
    close = place(Tier.STREET, "c close", shapely.box(113.1 - 1e-7, 23.0, 113.2, 23.2))
    assert check_areas([DISTRICT, WEST, close]) == []
