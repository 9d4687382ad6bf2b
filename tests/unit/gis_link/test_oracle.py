"""The look-up answers exactly what measuring everything would, at many random points.

`GROUNDWATCH_ORACLE_POINTS` says at how many (10000 for a night; the default is for every day).
"""

import json
import os
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
import shapely

from gis_link.loaders import load_resources
from gis_link.match import Match, Matcher
from gis_link.model import Camera, Depot, Position, Team
from gis_link.need import BUILT_IN, CAPABILITIES, ITEMS, NeedTable
from gis_link.scene import Danger, Scene
from gis_link.shelf import Shelf
from gis_link.view import Views
from tests.unit.gis_link import oracle
from tests.unit.gis_link.builders import HAZARDS, NOW, camera, crowd, scattered, stock

ROOT = Path(__file__).parents[3]
N_POINTS = int(os.environ.get("GROUNDWATCH_ORACLE_POINTS", "200"))
DATA = Path(os.environ.get("GROUNDWATCH_DATA", ROOT.parent / "shared" / "data"))
HELSINKI = DATA / "gis" / "helsinki_resources.geojson"


class World:
    """Resources, as lists for the oracle and as a look-up."""

    def __init__(
        self,
        teams: Sequence[Team],
        depots: Sequence[Depot],
        cameras: Sequence[Camera],
        needs: NeedTable = BUILT_IN,
    ) -> None:
        self.teams, self.depots, self.cameras, self.needs = teams, depots, cameras, needs
        self.matcher = Matcher.of(Shelf(Team, teams), Shelf(Depot, depots), needs)
        self.views = Views(Shelf(Camera, cameras))

    def check(self, hazard: str, scene: Scene) -> None:
        need = self.needs.hazards[hazard]
        found = self.matcher.match(hazard, scene)
        expected = oracle.answer(need, scene, self.teams, self.depots)
        assert_same([(p.team.id, p.distance_m) for p in found.teams], expected.teams)
        assert_same([(p.depot.id, p.distance_m) for p in found.supplies], expected.depots)
        for code, n in expected.short_teams.items():
            says(found, f"{self.needs.capabilities[code].name} team", f", {n} on duty within")
        for code, total in expected.short_items.items():
            item = self.needs.items[code]
            says(found, f", {item.figure(total)} within 10 km")
        n_short = len(expected.short_teams) + len(expected.short_items)
        assert sum(said.startswith("needs ") for said in found.shortfall) == n_short

    def check_views(self, scene: Scene) -> None:
        seen = [view.camera.id for view in self.views.seeing(scene.at, NOW)]
        assert seen == oracle.seeing(scene, self.cameras)


def assert_same(found: list[tuple[str, float]], expected: list[tuple[str, float]]) -> None:
    assert [name for name, _ in found] == [name for name, _ in expected]
    assert [m for _, m in found] == pytest.approx([m for _, m in expected], abs=1e-6)


def says(found: Match, *parts: str) -> None:
    assert any(all(part in said for part in parts) for said in found.shortfall), parts


def scenes(n: int, seed: int, south: float, west: float, size: float) -> list[tuple[str, Scene]]:
    dice = random.Random(seed)
    found = []
    for i in range(n):
        at = Position(dice.uniform(south, south + size), dice.uniform(west, west + size))
        danger = Danger()
        if i % 3 == 0:
            near = shapely.Point(at.lon + dice.gauss(0, 0.01), at.lat + dice.gauss(0, 0.01))
            danger = Danger(dice.choice((0.0, 300.0)), near.buffer(dice.uniform(0.001, 0.02)))
        hazard = HAZARDS[i % len(HAZARDS)]
        found.append((hazard, Scene(at, 1 + dice.randrange(4), NOW, danger)))
    return found


def test_around_the_example_district() -> None:
    resources, _ = load_resources(ROOT / "examples" / "baiyun" / "resources")
    fixed = [each for each in resources.cameras if each.ptz is None]
    world = World(list(resources.teams), list(resources.depots), fixed, resources.needs)
    for hazard, scene in scenes(N_POINTS, 1, 23.0, 113.1, 0.5):
        world.check(hazard, scene)
        world.check_views(scene)


@pytest.mark.skipif(not HELSINKI.exists(), reason=f"the data folder is not there: {HELSINKI}")
def test_around_helsinki() -> None:
    world = helsinki()
    for hazard, scene in scenes(N_POINTS, 2, 60.1, 24.9, 0.1):
        world.check(hazard, scene)
        world.check_views(scene)


@cache
def helsinki() -> World:
    """Make of what a city has teams, depots and cameras; places are real, duties are not."""
    dice = random.Random(3)
    places = json.loads(HELSINKI.read_text(encoding="utf-8"))["features"]
    teams, depots, cameras = list[Team](), list[Depot](), list[Camera]()
    for place in places:
        at = Position(*reversed(place["geometry"]["coordinates"]))
        name = str(place["properties"]["id"])
        skills = frozenset(dice.sample(sorted(CAPABILITIES), 2))
        held = tuple(stock(item, dice.randint(1, 9)) for item in dice.sample(sorted(ITEMS), 6))
        teams.append(
            Team(
                id=name,
                name=name,
                capabilities=skills,
                strength=5,
                on_duty=dice.random() < 0.8,
                phone="",
                position=at,
                as_of=NOW - dice.choice((oracle.OLD * 2, oracle.OLD / 2)),
            )
        )
        depots.append(Depot(id=name, name=name, position=at, keeper="", phone="", stock=held))
        cameras.append(camera(at, dice.uniform(0, 360), 90.0, dice.choice((80.0, 400.0)), id=name))
    return World(teams, depots, cameras)


def test_in_a_crowd_with_heaps_and_twins() -> None:
    teams, depots, cameras = crowd(3_000, seed=21)
    named = [
        camera(each.position, each.heading_deg or 0.0, 60.0, 120.0, id=f"C{n}")
        for n, each in enumerate(cameras)
    ]
    world = World(teams, depots, named)
    for hazard, scene in scenes(min(N_POINTS, 400), 4, 23.1, 113.1, 0.4):
        world.check(hazard, scene)
        world.check_views(scene)


def test_after_changes_the_answer_is_that_of_the_changed_lists() -> None:
    teams, depots, _ = crowd(800, seed=22)
    shelf, store = Shelf(Team, teams), Shelf(Depot, depots)
    matcher = Matcher.of(shelf, store, BUILT_IN)
    dice = random.Random(5)
    for n, at in enumerate(scattered(60, seed=23)):
        moved = dice.choice(teams)
        shelf = shelf.without(moved.id) if n % 5 == 0 else shelf.put(_at(moved, at))
        store = store.put(
            Depot(id=f"N{n}", name="", position=at, keeper="", phone="", stock=depots[n].stock)
        )
        store = store.without(depots[2 * n].id)
        matcher = matcher.changed(shelf, store)
    world = World(list(shelf), list(store), ())
    world.matcher = matcher
    for hazard, scene in scenes(min(N_POINTS, 200), 6, 23.1, 113.1, 0.4):
        world.check(hazard, scene)


def _at(team: Team, position: Position) -> Team:
    return Team(
        id=team.id,
        name=team.name,
        capabilities=team.capabilities,
        strength=team.strength,
        on_duty=team.on_duty,
        phone=team.phone,
        position=position,
        as_of=NOW,
    )
