"""Roads: the quickest open way, closures that shut it, and what is said when there is none."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from msgspec import structs

from gis_link.closures import Closures
from gis_link.datum import Datum
from gis_link.load_roads import EDGES, NODES, load_roads
from gis_link.match import Matcher
from gis_link.model import Depot, Position, Team
from gis_link.need import Need, NeedTable
from gis_link.reach import StraightLine
from gis_link.roads import SPEEDS, Graph, RoadGraph
from gis_link.rows import FaultList, Reading
from gis_link.scene import Scene
from gis_link.shelf import Shelf
from tests.unit.gis_link.builders import HERE, NOW, away, team

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("GROUNDWATCH_DATA", ROOT.parent / "shared" / "data"))
HELSINKI = DATA / "gis" / "helsinki_drive_edges.csv"

# A square of 1 km: A west of B, C south of A, D south of B; the scene is at A.
A, B = HERE, away(1000, 90)
C, D = away(1000, 180), away(1000, 180, away(1000, 90))
NODE_ROWS = "".join(
    f"{name},{at.lat!r},{at.lon!r}\n" for name, at in zip("ABCD", (A, B, C, D), strict=True)
)
Make = Callable[..., tuple[RoadGraph, Closures, FaultList]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def run(edges: str, nodes: str = NODE_ROWS) -> tuple[RoadGraph, Closures, FaultList]:
        (tmp_path / NODES).write_text(f"# datum: WGS-84\nid,lat,lon\n{nodes}")
        (tmp_path / EDGES).write_text(f"id,u,v,length,highway,speed_km_per_h,oneway\n{edges}")
        faults, closures = FaultList(), Closures()
        graph = load_roads(tmp_path, faults)
        assert graph is not None, faults
        line = StraightLine(lambda hazard: hazard == "wet")
        return RoadGraph(graph, line, closures), closures, faults

    return run


SQUARE = "ab,A,B,1000,,36,\nac,A,C,1000,,36,\nbd,B,D,1000,,36,\ncd,C,D,1000,,36,\n"


def test_the_quickest_way_counts(make: Make) -> None:
    roads, _, _ = make(SQUARE)
    travels = roads.between(A, [B, D, A], "dry")
    assert [each.seconds for each in travels] == pytest.approx([100.0, 200.0, 0.0])
    assert all(each.how == "road graph (town roads)" for each in travels)


def test_flooded_roads_are_slower(make: Make) -> None:
    roads, _, _ = make(SQUARE)
    [travel] = roads.between(A, [B], "wet")
    assert travel.seconds == pytest.approx(150.0)
    assert travel.how == "road graph (flooded roads)"


def test_a_one_way_road_is_driven_in_its_direction(make: Make) -> None:
    rest = SQUARE.partition("\n")[2]
    to_a, _, _ = make("ab,B,A,1000,,36,yes\n" + rest)
    assert to_a.between(A, [B], "dry")[0].seconds == pytest.approx(100.0)
    from_a, _, _ = make(
        "ab,A,B,1000,,36,yes\nac,A,C,1000,,36,\nbd,B,D,1000,,36,\ncd,C,D,1000,,36,\n"
    )
    assert from_a.between(A, [B], "dry")[0].seconds == pytest.approx(300.0)
    against, _, _ = make("ab,A,B,1000,,36,-1\nac,A,C,1000,,36,\n")
    assert against.between(A, [B], "dry")[0].seconds == pytest.approx(100.0)


def test_of_two_roads_between_two_places_the_quicker_counts(make: Make) -> None:
    roads, _, _ = make("slow,A,B,3000,,36,\nquick,A,B,1000,,36,\n")
    assert roads.between(A, [B], "dry")[0].seconds == pytest.approx(100.0)


def test_closed_roads_are_gone_round_and_open_again(make: Make) -> None:
    roads, closures, _ = make(SQUARE)
    flood = shapely.Point(away(500, 90).lon, away(500, 90).lat).buffer(0.001)
    closures.close("ponding", flood)
    [travel] = roads.between(A, [B], "dry")
    assert travel.seconds == pytest.approx(300.0)
    assert travel.how == "road graph (town roads), 2 closed"
    closures.close("works", edges=["cd"])
    [cut_off] = roads.between(A, [B], "dry")
    assert not cut_off.is_open
    assert cut_off.how.startswith("no open road leads there: straight line x 1.4 at 30 km/h")
    closures.open("ponding")
    assert roads.between(A, [B], "dry")[0].seconds == pytest.approx(100.0)
    closures.open("ponding")


def test_what_is_closed_around_the_scene_itself_does_not_keep_help_away(make: Make) -> None:
    roads, closures, _ = make(SQUARE)
    closures.close("ponding", shapely.Point(A.lon, A.lat).buffer(0.001))
    assert roads.between(A, [B], "dry")[0].seconds == pytest.approx(100.0)
    assert roads.between(D, [B], "dry")[0].seconds == pytest.approx(100.0)
    assert not roads.between(D, [A], "dry")[0].is_open


def test_a_closure_that_closes_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="closes nothing"):
        Closures().close("nothing")


def test_off_the_graph_the_straight_line_answers_and_says_so(make: Make) -> None:
    roads, _, _ = make(SQUARE)
    far = away(5_000)
    [travel] = roads.between(A, [far], "dry")
    assert travel.how.startswith("off the road graph: straight line")
    assert travel.is_open
    [travel] = roads.between(far, [A], "dry")
    assert travel.how.startswith("the scene is off the road graph: straight line")


def test_the_way_to_the_road_counts_too(make: Make) -> None:
    roads, _, _ = make(SQUARE)
    [travel] = roads.between(A, [away(1100, 90)], "dry")
    assert travel.seconds == pytest.approx(100.0 + 100.0 * 1.4 * 3.6 / 30.0, rel=1e-6)


@pytest.mark.parametrize(("kind", "km_per_h"), [*SPEEDS.items(), ("", 30.0), ("primary_link", 40)])
def test_speeds_by_class(make: Make, kind: str, km_per_h: float) -> None:
    roads, _, _ = make(f"ab,A,B,1000,{kind},,\n")
    assert roads.between(A, [B], "dry")[0].seconds == pytest.approx(3600.0 / km_per_h)


def test_without_a_length_an_edge_is_measured(make: Make) -> None:
    roads, _, _ = make("ab,A,B,,,36,\n")
    assert roads.between(A, [B], "dry")[0].seconds == pytest.approx(100.0, rel=1e-6)


def test_bad_rows_are_told_and_the_good_ones_taken(make: Make) -> None:
    roads, _, faults = make(SQUARE + "x,A,Z,1,,,\ny,A,B,-1,,,\nz,A,B,1,,,maybe\n")
    said = [(fault.line, fault.what) for fault in faults]
    assert said[0] == (6, "node 'Z' is not in roads-nodes.csv")
    assert said[1][0] == 7
    assert said[1][1].startswith("length -1 is out of range")
    assert said[2] == (8, "oneway 'maybe' is not understood: yes, no or -1")
    assert roads.between(A, [B], "dry")[0].seconds == pytest.approx(100.0)


def test_half_a_road_graph_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / NODES).write_text("# datum: WGS-84\nid,lat,lon\n")
    faults = FaultList()
    assert load_roads(tmp_path, faults) is None
    assert "a road graph needs roads-edges.csv too" in faults[0].what
    assert load_roads(tmp_path / "none", FaultList()) is None


def test_the_card_ranks_by_the_road_and_not_by_the_line(make: Make) -> None:
    """D is farther than B as the crow flies, and the only one with an open road."""
    roads, closures, _ = make(SQUARE)
    closures.close("bridge", edges=["ab", "bd"])
    needs = NeedTable(hazards={"dry": Need(hazard="dry", primary=("drainage",))})
    near = team("near", 1000, "drainage")
    far = structs.replace(team("far", 1000, "drainage"), position=D)
    look = Matcher.of(Shelf(Team, [near, far]), Shelf(Depot), needs, roads)
    found = look.match("dry", Scene(A, 4, NOW)).teams
    assert [pick.team.id for pick in found] == ["far", "near"]
    assert "no open road leads there" in found[1].travel.how


def grid(side: int) -> Graph:
    """Make a town of side x side crossings, 100 m apart."""
    step = 0.0009
    n = np.arange(side * side).reshape(side, side)
    lat, lon = np.divmod(np.arange(side * side), side)
    pairs = np.vstack(
        [
            np.column_stack((n[:, :-1].ravel(), n[:, 1:].ravel())),
            np.column_stack((n[:-1].ravel(), n[1:].ravel())),
        ]
    )
    both = np.vstack((pairs, pairs[:, ::-1]))
    return Graph(
        node_ids=tuple(map(str, range(side * side))),
        lat=23.0 + lat * step,
        lon=113.0 + lon * step,
        tail=both[:, 0],
        head=both[:, 1],
        seconds=np.full(len(both), 12.0),
        edge_ids=tuple(map(str, range(len(both)))),
    )


@pytest.mark.slow
def test_a_town_of_a_hundred_thousand_crossings_is_searched_quickly() -> None:
    """The limit is ten times what it takes, so that only a lost bound fails it."""
    roads = RoadGraph(grid(316), StraightLine(lambda _: False), Closures())
    at = Position(23.14, 113.14)
    places = [away(metres, 45.0, at) for metres in (500, 1500, 3000)]
    found = roads.between(at, places, "dry")
    began = time.process_time()
    for _ in range(3):
        found = roads.between(at, places, "dry")
    assert (time.process_time() - began) / 3 < 1.0
    assert all("road graph" in each.how for each in found)


@pytest.mark.slow
def test_a_storm_of_closures_is_reckoned_once_each() -> None:
    """The limit is ten times what it takes, so that only a lost memory fails it."""
    closures = Closures()
    roads = RoadGraph(grid(100), StraightLine(lambda _: False), closures)
    at = Position(23.045, 113.045)
    for n in range(1500):
        spot = shapely.Point(113.0 + (n % 40) * 0.0022, 23.0 + (n // 40) * 0.0022)
        closures.close(f"A-{n}", spot.buffer(0.0002))
    roads.between(at, [away(800, 45.0, at)], "dry")
    began = time.process_time()
    for n in range(5):
        closures.close(f"B-{n}", shapely.Point(113.08, 23.08).buffer(0.001))
        roads.between(at, [away(800, 45.0, at)], "dry")
        outlines = closures.outlines(at)
        assert outlines is not None
        assert outlines.cover(np.array([23.08]), np.array([113.08])).all()
    assert (time.process_time() - began) / 5 < 0.5


@pytest.mark.skipif(not HELSINKI.exists(), reason=f"the data folder is not there: {HELSINKI}")
def test_a_real_town_never_beats_the_crow(tmp_path: Path) -> None:
    for name, source in ((NODES, "helsinki_drive_nodes.csv"), (EDGES, "helsinki_drive_edges.csv")):
        (tmp_path / name).write_bytes((DATA / "gis" / source).read_bytes())
    faults = FaultList()
    graph = load_roads(tmp_path, faults, Reading(datum=Datum.WGS84))
    assert faults == []
    assert graph is not None
    assert len(graph.node_ids) == 1437
    crow = StraightLine(lambda _: False, detour=1.0, normal_km_per_h=80.0)
    roads = RoadGraph(graph, crow, Closures())
    places = [
        Position(float(lat), float(lon)) for lat, lon in zip(graph.lat, graph.lon, strict=True)
    ]
    scene = places[700]
    travels = roads.between(scene, places, "dry")
    reached = [each.how.startswith("road graph") for each in travels]
    assert sum(reached) > 0.9 * len(places)
    straight = crow.between(scene, places, "dry")
    for by_road, by_air in zip(travels, straight, strict=True):
        assert by_road.seconds >= by_air.seconds * 0.999 - 0.1
