"""Which travel times the settings make, and the roads that alerts close."""

from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import shapely
from pydantic import ValidationError

from alerting.book import Change
from alerting.model import AlertKind, AlertState, Severity, TransitionKind
from alerting.render.phrases import card_words
from gis_link.closures import Closures
from gis_link.loaders import Resources, load_resources
from gis_link.model import Position
from gis_link.need import BUILT_IN
from gis_link.reach import StraightLine
from gis_link.roads import RoadGraph
from groundwatch.flooded_roads import FloodedRoads, circle_around
from groundwatch.settings import SettingsError
from groundwatch.travel import open_travel
from groundwatch.travel_http import RoutedTravel
from groundwatch.travel_settings import TravelSettings
from tests.contract.journal_values import a_transition, an_alert
from tests.unit.gis_link.builders import brute_force_m

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def made(settings: TravelSettings, resources: Resources) -> object:
    with ExitStack() as stack:
        return open_travel(settings, resources, Closures(), stack)


@pytest.fixture
def with_roads(tmp_path: Path) -> Resources:
    (tmp_path / "roads-nodes.csv").write_text(
        "# datum: WGS-84\nid,lat,lon\nA,23,113\nB,23.01,113\n"
    )
    (tmp_path / "roads-edges.csv").write_text("u,v\nA,B\n")
    resources, faults = load_resources(tmp_path)
    assert faults == []
    return resources


def test_the_road_graph_of_the_resources_is_taken_unless_another_is_asked_for(
    with_roads: Resources,
) -> None:
    assert isinstance(made(TravelSettings(), Resources()), StraightLine)
    assert isinstance(made(TravelSettings(), with_roads), RoadGraph)
    assert isinstance(made(TravelSettings(by="line"), with_roads), StraightLine)
    osrm = TravelSettings(by="osrm", url="http://127.0.0.1:5000")
    assert isinstance(made(osrm, with_roads), RoutedTravel)
    with pytest.raises(SettingsError, match=r"add roads-nodes\.csv and roads-edges"):
        made(TravelSettings(by="roads"), Resources())


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": "osrm"},
        {"by": "line", "url": "http://x"},
        {"by": "horse"},
        {"by": "osrm", "url": "ftp://x"},
        {"detour": 0.9},
        {"flooded_km_per_h": 0},
        {"deadline_ms": 5},
    ],
)
def test_impossible_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TravelSettings(**wrong)


def test_speeds_are_settings() -> None:
    line = made(TravelSettings(detour=2.0, flooded_km_per_h=10.0), Resources())
    assert isinstance(line, StraightLine)
    [travel] = line.over([1000.0], "ponding")
    assert travel.seconds == pytest.approx(1000 * 2.0 * 3.6 / 10.0)


def change(**fields: Any) -> Change:
    alert = an_alert(**{"hazard": "ponding", "severity": Severity.SEVERE, **fields})
    kind = TransitionKind.RAISED
    return Change(alert=alert, transition=replace(a_transition(), kind=kind), notify=None)


def test_a_flooded_place_closes_roads_until_its_alert_is_over() -> None:
    closures = Closures()
    roads = FloodedRoads(closures, BUILT_IN)
    roads.note([change()])
    [closure] = closures.now
    at = change().alert.position
    west, south, east, north = shapely.bounds(closure.outline)
    assert west < at.lon < east
    assert brute_force_m(Position(south, at.lon), Position(north, at.lon)) == pytest.approx(
        200, 0.01
    )
    roads.note([change(severity=Severity.EXTREME)])
    [wider] = closures.now
    assert wider.outline.area > closure.outline.area * 3
    roads.note([change(state=AlertState.RESOLVED, ended_at=NOW)])
    assert closures.now == ()


def test_who_listens_hears_of_roads_closed_and_opened_and_of_nothing_else() -> None:
    roads, heard = FloodedRoads(Closures(), BUILT_IN), list[int]()
    changes = (
        change(),
        change(),  # the same again
        change(hazard="crane_wind", id="other"),
        change(severity=Severity.EXTREME),  # wider
        change(state=AlertState.RESOLVED, ended_at=NOW),
        change(state=AlertState.RESOLVED, ended_at=NOW),
    )
    for number, changed in enumerate(changes):
        roads.listeners[:] = [partial(heard.append, number)]
        roads.note([changed])
    assert heard == [0, 3, 4]


def test_what_floods_no_road_closes_none_and_a_restart_closes_again() -> None:
    closures = Closures()
    roads = FloodedRoads(closures, BUILT_IN)
    roads.note([change(hazard="crane_wind"), change(kind=AlertKind.BLIND)])
    roads.note([change(severity=Severity.MINOR), change(hazard="meteorite")])
    assert closures.now == ()
    roads.begin([change().alert])
    assert len(closures.now) == 1


def test_a_circle_is_round() -> None:
    circle = circle_around(60.0, 24.9, 500.0)
    for lon, lat in circle.exterior.coords:
        assert brute_force_m(Position(60.0, 24.9), Position(lat, lon)) == pytest.approx(
            500, abs=0.01
        )


LINE = "straight line x 1.4 at 30 km/h (town roads)"


@pytest.mark.parametrize(
    ("said", "zh"),
    [
        ("road graph (town roads)", "按路网"),
        ("road graph (flooded roads), 12 closed", "按路网，积水慢行，封闭12段"),
        ("OSRM (town roads)", "OSRM测算"),
        (f"no open road leads there: {LINE}", "道路不通，直线距离×1.4，按30 km/h估算"),
        (f"the scene is off the road graph: {LINE}", "路网外，直线距离×1.4，按30 km/h估算"),
        (
            f"OSRM gave no times, no answer in time: {LINE}",
            "OSRM无应答，直线距离×1.4，按30 km/h估算",
        ),
        (f"Valhalla knows no road there: {LINE}", "Valhalla无通路，直线距离×1.4，按30 km/h估算"),
    ],
)
def test_how_a_time_was_found_is_said_in_chinese(said: str, zh: str) -> None:
    assert card_words(said, "zh") == zh
