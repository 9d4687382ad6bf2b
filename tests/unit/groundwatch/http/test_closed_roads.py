"""Roads closed by hand: travel times go round them, who and why is kept, a restart forgets none."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gis_link.need import BUILT_IN, DESIGN_DEFAULT
from groundwatch.cli import app
from groundwatch.district import load_district
from tests import servers
from tests.unit.groundwatch.http.running import EXAMPLE, Running, running

API = "/api/v1"
SCENE = (23.2448, 113.2313)
ME = {"actor": "Traffic officer"}


def with_roads(directory: Path) -> tuple[Path, str]:
    """Copy the example with two ways from a team to the scene; give its id as well."""
    district = directory / "baiyun"
    shutil.copytree(EXAMPLE, district)
    teams = load_district(EXAMPLE).resources.teams
    team = next(each for each in teams if each.name.startswith("Jianggao Crane Hire"))
    lat, lon = team.position.lat, team.position.lon
    middle = ((lat + SCENE[0]) / 2 + 0.01, (lon + SCENE[1]) / 2)
    nodes = f"id,lat,lon\nS,{SCENE[0]},{SCENE[1]}\nT,{lat},{lon}\nM,{middle[0]},{middle[1]}\n"
    edges = "u,v,id,length,speed_km_per_h\n"
    ways = (("S", "T", "quick", 500), ("S", "M", "r1", 1500), ("M", "T", "r2", 1500))
    for u, v, name, length in ways:
        edges += f"{u},{v},{name},{length},36\n{v},{u},{name},{length},36\n"
    stated = "# datum: WGS-84\n"
    (district / "resources" / "roads-nodes.csv").write_text(stated + nodes)
    (district / "resources" / "roads-edges.csv").write_text(edges)
    return district, team.id


def travel(live: Running, team: str) -> tuple[float, str]:
    query: dict[str, Any] = {"lat": SCENE[0], "lon": SCENE[1], "hazard": "crane_overload"}
    card = live.get(f"{API}/resources/near", **query, severity="severe")
    found = next(each for each in card["teams"] if each["id"] == team)
    return found["travel_s"], found["travel_how"]


@pytest.mark.broker
def test_a_closed_road_is_gone_round_until_it_is_opened(tmp_path: Path) -> None:
    district, team = with_roads(tmp_path)
    port = servers.start_mosquitto(tmp_path)
    closing = {**ME, "note": "a tree lies across", "name": "tree", "edges": ["quick"]}
    with running(tmp_path / "state", port, sites=district) as live:
        quick_s, how = travel(live, team)
        assert how.startswith("road graph")
        live.post(f"{API}/roads/closed", closing, status=201)
        assert travel(live, team)[0] > 4 * quick_s
    with running(tmp_path / "state", port, sites=district) as live:
        assert [road["name"] for road in live.get(f"{API}/roads/closed")["items"]] == ["tree"]
        assert travel(live, team)[0] > 4 * quick_s
        assert live.get(f"{API}/resources", kind="teams", limit=1)["unfit"] == []
        live.post(f"{API}/roads/closed/tree/open", {**ME, "note": "sawn up"})
        assert travel(live, team)[0] == quick_s
        history = live.get(f"{API}/roads/closed/tree/history")["items"]
        assert [(each["action"], each["actor"], each["note"]) for each in history] == [
            ("delete", "Traffic officer", "sawn up"),
            ("create", "Traffic officer", "a tree lies across"),
        ]
        again = live.post(f"{API}/roads/closed/tree/open", ME, status=409)
        assert "nothing is closed under this name" in again["detail"]
    servers.stop(port)


@pytest.mark.broker
def test_a_road_closed_for_a_while_opens_by_itself_and_that_is_on_record(tmp_path: Path) -> None:
    district, team = with_roads(tmp_path)
    port = servers.start_mosquitto(tmp_path)
    closing = {**ME, "note": "tree", "name": "tree", "edges": ["quick"], "minutes": 30}
    with running(tmp_path / "state", port, sites=district) as live:
        quick_s, _ = travel(live, team)
        made = live.post(f"{API}/roads/closed", closing, status=201)
        ahead = datetime.fromisoformat(made["until"]) - live.clock.now()
        assert timedelta(minutes=29) < ahead <= timedelta(minutes=30)
    with running(tmp_path / "state", port, sites=district) as live:
        assert travel(live, team)[0] > 4 * quick_s
        assert live.get(f"{API}/roads/closed")["items"][0]["until"] == made["until"]
        live.clock.ahead += timedelta(minutes=31)
        live.until(lambda: live.get(f"{API}/roads/closed")["items"] == [])
        assert travel(live, team)[0] == quick_s
        newest = live.get(f"{API}/roads/closed/tree/history")["items"][0]
        assert (newest["action"], newest["actor"]) == ("delete", "groundwatch")
        assert newest["note"] == "its time was over"
    servers.stop(port)


WRONG = {
    "no time at all": ({"edges": ["x"], "minutes": 0}, 422, "body.minutes"),
    "two times": (
        {"edges": ["x"], "minutes": 5, "until": "2099-01-01T00:00:00Z"},
        422,
        "give either minutes or until",
    ),
    "a time that is over": (
        {"edges": ["x"], "until": "2020-01-01T00:00:00Z"},
        409,
        "`until` is over",
    ),
    "nothing": ({}, 409, "give an outline, a circle or ids of edges"),
    "no datum": ({"circle": {"lat": 23.2, "lon": 113.2, "radius_m": 50}}, 422, "datum"),
    "edges without a graph": ({"edges": ["x"]}, 409, "there is no road graph"),
    "a line": (
        {"datum": "WGS-84", "outline": [{"lat": 23.2, "lon": 113.2}] * 4},
        409,
        "crosses itself or has fewer than three corners",
    ),
    "no name": ({"name": "a/b", "edges": ["x"]}, 422, "name"),
}


@pytest.mark.broker
@pytest.mark.parametrize(("fields", "status", "said"), WRONG.values(), ids=WRONG)
def test_what_closes_nothing_is_refused(
    live: Running, fields: dict[str, Any], status: int, said: str
) -> None:
    body = {**ME, "note": "why", "name": "n", **fields}
    assert said in str(live.post(f"{API}/roads/closed", body, status=status))
    assert live.get(f"{API}/roads/closed")["items"] == []


@pytest.mark.broker
def test_the_command_line_closes_lists_and_opens(live: Running) -> None:
    url = ["--url", str(live.client.base_url)]
    runner = CliRunner()
    spot = [
        "--lat",
        "23.2",
        "--lon",
        "113.2",
        "--radius-m",
        "80",
        "--datum",
        "GCJ-02",
        "--for",
        "2h",
    ]
    words = ["roads", "close", "bridge", *spot, "--why", "cracks", "--as", "Inspector", *url]
    made = runner.invoke(app, words)
    assert made.exit_code == 0, made.output
    listed = runner.invoke(app, ["roads", "list", *url]).output
    assert "bridge: an outline of 25 corners since" in listed
    assert " until 20" in listed
    assert "by Inspector: cracks" in listed
    road = live.get(f"{API}/roads/closed")["items"][0]
    assert road["outline"][0][0] == pytest.approx(23.2026, abs=2e-3)  # moved from GCJ-02
    assert runner.invoke(app, ["roads", "open", "bridge", "--as", "Inspector", *url]).exit_code == 0
    assert "nothing is closed by hand" in runner.invoke(app, ["roads", "list", *url]).output


# Typed out from docs/resources.md, not from the table.
DANGER = {
    "crane_overload": (0, 30, 60, 80),
    "crane_wind": (0, 30, 60, 80),
    "crane_collision": (0, 30, 60, 80),
    "crane_jib_held": (0, 30, 60, 80),
    "crane_tilt": (0, 30, 60, 80),
    "crane_zone": (0, 30, 60, 80),
    "crane_travel": (0, 30, 60, 80),
    "pit_deformation": (0, 10, 20, 40),
    "pit_support": (0, 10, 20, 40),
    "pit_groundwater": (0, 10, 20, 40),
    "pit_surroundings": (0, 10, 20, 40),
    "formwork_collapse": (0, 15, 30, 50),
    "hoist_overload": (0, 10, 15, 20),
    "hoist_wind": (0, 10, 15, 20),
    "hoist_operation": (0, 10, 15, 20),
    "platform_overload": (0, 10, 20, 30),
    "platform_tilt": (0, 10, 20, 30),
    "river_flood": (0, 0, 50, 200),
    "ponding": (0, 0, 50, 100),
    "vehicle_in_water": (0, 0, 20, 30),
}


def test_every_hazard_has_its_danger_area_and_says_where_it_is_from() -> None:
    for name, need in BUILT_IN.hazards.items():
        assert list(need.danger_m) == list(DANGER.get(name, (0, 0, 0, 0))), name
        assert need.source == DESIGN_DEFAULT
        assert list(need.danger_m) == sorted(need.danger_m)
    own = load_district(EXAMPLE).resources.needs.hazards["ponding"]
    assert (list(own.danger_m), own.source) == ([0, 0, 50, 100], "example only")
