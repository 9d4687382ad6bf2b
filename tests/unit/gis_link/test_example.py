"""The example district is complete, clean, and its cameras really see its sites."""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml

from gis_link.area import Areas
from gis_link.ground import distances_m
from gis_link.loaders import Resources, load_resources
from gis_link.model import CameraStatus, Position, Tier
from gis_link.need import CAPABILITIES, ITEMS
from gis_link.view import Views
from tests.unit.gis_link.builders import NOW

EXAMPLE = Path(__file__).parents[3] / "examples" / "baiyun"
SITES = sorted((EXAMPLE / "sites").glob("*.yaml"))


@cache
def resources() -> Resources:
    found, faults = load_resources(EXAMPLE / "resources")
    assert [str(fault) for fault in faults] == []
    return found


def position_of(entry: dict[str, dict[str, float]]) -> Position:
    return Position(entry["position"]["lat"], entry["position"]["lon"])


def test_there_is_enough_of_everything() -> None:
    found = resources()
    assert len(found.teams) >= 60
    assert len(found.depots) >= 40
    assert len(found.cameras) >= 200
    assert all(len(depot.stock) >= 3 for depot in found.depots)
    tiers = [place.tier for place in found.places]
    assert tiers.count(Tier.DISTRICT) == 1
    assert tiers.count(Tier.STREET) >= 12
    assert tiers.count(Tier.VILLAGE) >= 20
    assert all(place.people for place in found.places)
    assert found.absent == ()


def test_nothing_is_perfect_on_purpose() -> None:
    found = resources()
    statuses = {camera.status for camera in found.cameras}
    assert statuses == set(CameraStatus)
    assert not all(team.on_duty for team in found.teams)
    stock = [stock for depot in found.depots for stock in depot.stock]
    assert any(entry.reserved for entry in stock)
    assert any(entry.expires and entry.expires < NOW.date() for entry in stock)


def test_every_capability_and_item_can_be_had() -> None:
    found = resources()
    assert {code for team in found.teams for code in team.capabilities} == CAPABILITIES.keys()
    held = {stock.item for depot in found.depots for stock in depot.stock}
    wanted = {row.item for need in found.needs.hazards.values() for row in need.supplies}
    assert wanted <= held
    assert held <= ITEMS.keys() | found.needs.items.keys()


@pytest.mark.parametrize("path", SITES, ids=lambda path: path.stem)
def test_every_site_lies_in_its_street_and_is_seen(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    site, views, areas = document["site"], Views(resources().cameras), Areas(resources().places)
    found = areas.at(position_of(site))
    assert site["street"] in found[Tier.STREET].name
    assert site["village"] in found[Tier.VILLAGE].name
    assert areas.chain(position_of(site), "any", site["id"]).remarks == ()
    seen = views.seeing(position_of(site), NOW)
    working = [view for view in seen if view.camera.status is CameraStatus.ONLINE]
    assert len(working) >= 2
    for device in document["devices"]:
        assert views.seeing(position_of(device), NOW), device["id"]


def test_people_and_numbers_are_plainly_made_up() -> None:
    found = resources()
    people = [person for place in found.places for person in place.people]
    phones = [person.phone for person in people]
    phones += [team.phone for team in found.teams] + [depot.phone for depot in found.depots]
    assert all(re.fullmatch(r"\+86 000 \d{4} \d{4}", phone) for phone in phones)
    assert len(set(phones)) == len(phones)
    made_up = re.compile(r"Example|Fiction|Pretend|Sample|Mock")
    names = [person.name for person in people] + [depot.keeper for depot in found.depots]
    assert all(made_up.search(name) for name in names)
    assert all("(fictitious)" in team.name for team in found.teams)
    assert all("(fictitious)" in depot.name for depot in found.depots)
    assert all("cameras.baiyun.example/" in camera.snapshot for camera in found.cameras)


@pytest.mark.parametrize("path", sorted((EXAMPLE / "map").glob("*.geojson")), ids=lambda p: p.stem)
def test_the_map_says_that_it_is_approximate(path: Path) -> None:
    head = path.read_text(encoding="utf-8").partition('"features"')[0]
    assert "Approximate, drawn by hand for this project" in head
    assert '"datum": "WGS-84"' in head


def test_teams_stand_inside_the_district() -> None:
    areas = Areas(resources().places)
    bases = [team.base for team in resources().teams if team.base is not None]
    assert all(Tier.DISTRICT in areas.at(base) for base in bases)
    strayed = [
        distances_m(team.base, [team.position])[0] for team in resources().teams if team.base
    ]
    assert 0.0 < max(strayed) < 2_000.0
