"""OSRM and Valhalla: their documented JSON over a real socket, and what is said when they fail."""

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest
import shapely
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from gis_link.closures import Closures
from gis_link.model import Position
from gis_link.reach import StraightLine, Travel, TravelTime
from groundwatch.travel_http import MAX_PLACES, ROUTERS, RoutedTravel, Router

SCENE = Position(23.2, 113.3)
PLACES = [Position(23.21, 113.31), Position(23.22, 113.32)]
LINE = StraightLine(lambda hazard: hazard == "wet")
Make = Callable[..., RoutedTravel]


class Ticking:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer() as running:
        yield running


@pytest.fixture
def make(server: HTTPServer) -> Iterator[Make]:
    clients: list[httpx2.Client] = []

    def run(
        router: Router, url: str = "", closures: Closures | None = None, **more: Any
    ) -> RoutedTravel:
        client = httpx2.Client(base_url=url or server.url_for(""))
        clients.append(client)
        return RoutedTravel(router, client, LINE, closures or Closures(), **more)

    yield run
    for client in clients:
        client.close()


def osrm(*seconds: float | None) -> dict[str, Any]:
    return {
        "code": "Ok",
        "durations": [[each] for each in seconds],
        "sources": [{"hint": "", "location": [113.31, 23.21], "name": "a", "distance": 4.2}],
        "destinations": [{"hint": "", "location": [113.3, 23.2], "name": "b", "distance": 1.0}],
    }


def valhalla(*seconds: float | None) -> dict[str, Any]:
    rows = [
        [{"distance": 1.2, "time": each, "to_index": 0, "from_index": n}]
        for n, each in enumerate(seconds)
    ]
    return {"sources_to_targets": rows, "units": "kilometers", "algorithm": "costmatrix"}


ANSWERS = {"osrm": osrm, "valhalla": valhalla}
each_router = pytest.mark.parametrize("name", ROUTERS)


def test_osrm_is_asked_for_the_way_from_every_place_to_the_scene(
    server: HTTPServer, make: Make
) -> None:
    asked: list[Request] = []

    def answer(request: Request) -> Response:
        asked.append(request)
        return Response(json.dumps(osrm(61.5, 122.0)), content_type="application/json")

    spots = "113.300000,23.200000;113.310000,23.210000;113.320000,23.220000"
    server.expect_request(f"/table/v1/driving/{spots}").respond_with_handler(answer)
    travels = make(ROUTERS["osrm"]()).between(SCENE, PLACES, "dry")
    assert [each.seconds for each in travels] == [61.5, 122.0]
    assert {each.how for each in travels} == {"OSRM (town roads)"}
    query = parse_qs(asked[0].query_string.decode())
    assert query["sources"] == ["1;2"]
    assert query["destinations"] == ["0"]


def test_valhalla_is_asked_with_what_is_closed_but_for_the_scene_itself(
    server: HTTPServer, make: Make
) -> None:
    asked: list[dict[str, Any]] = []

    def answer(request: Request) -> Response:
        asked.append(request.get_json())
        return Response(json.dumps(valhalla(60, 120)), content_type="application/json")

    server.expect_request("/sources_to_targets", method="POST").respond_with_handler(answer)
    closures = Closures()
    closures.close("here", shapely.Point(SCENE.lon, SCENE.lat).buffer(0.001))
    closures.close("there", shapely.box(113.305, 23.205, 113.306, 23.206))
    closures.close("edge", edges=["a"])
    travels = make(ROUTERS["valhalla"](), closures=closures).between(SCENE, PLACES, "wet")
    assert [each.seconds for each in travels] == [90.0, 180.0]
    assert travels[0].how == "Valhalla (flooded roads)"
    [body] = asked
    assert body["targets"] == [{"lat": 23.2, "lon": 113.3}]
    assert len(body["sources"]) == 2
    assert body["costing"] == "auto"
    [ring] = body["exclude_polygons"]
    assert [113.305, 23.205] in ring


@each_router
def test_where_no_road_leads_the_line_answers_and_the_place_comes_last(
    server: HTTPServer, make: Make, name: str
) -> None:
    server.expect_request(r_any()).respond_with_json(ANSWERS[name](None, 60.0))
    first, second = make(ROUTERS[name]()).between(SCENE, PLACES, "dry")
    assert not first.is_open
    assert "knows no road there: straight line x 1.4" in first.how
    assert second.seconds == 60.0


def r_any() -> re.Pattern[str]:

    return re.compile("/.*")


WRONG = [
    ("busy", {"status": 503}, "it answered with status 503"),
    ("not JSON", {"response_data": "<html>"}, "its answer is not JSON"),
    ("another shape", {"response_data": "[]"}, "it answered"),
    ("too few", {"response_data": json.dumps(osrm(1.0))}, "has no times for every place"),
    ("text for a time", {"response_data": json.dumps(osrm("x", 1))}, "it gave 'x' for a time"),  # type: ignore[arg-type]
    ("below zero", {"response_data": json.dumps(osrm(-1, 1))}, "it gave '-1' for a time"),
    ("no number", {"response_data": json.dumps(osrm(float("nan"), 1))}, "it gave 'nan'"),
    ("an error", {"response_data": '{"code": "InvalidValue"}'}, "it answered 'InvalidValue'"),
    ("a flood", {"response_data": " " * 2_000_000}, "its answer is too large"),
]


@pytest.mark.parametrize(("case", "answer", "said"), WRONG, ids=[case for case, _, _ in WRONG])
def test_an_answer_that_is_none_falls_back_to_the_line_and_says_so(
    server: HTTPServer, make: Make, case: str, answer: dict[str, Any], said: str
) -> None:
    server.expect_request(r_any()).respond_with_data(**answer)
    travels = make(ROUTERS["osrm"](), deadline_s=5.0).between(SCENE, PLACES, "dry")
    assert [each.seconds for each in travels] == [
        each.seconds for each in LINE.between(SCENE, PLACES, "dry")
    ], case
    assert all(each.how.startswith("OSRM gave no times, ") for each in travels)
    assert said in travels[0].how
    assert travels[0].how.endswith("straight line x 1.4 at 30 km/h (town roads)")


@each_router
def test_a_silent_server_costs_the_deadline_and_no_more(make: Make, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        travel = make(ROUTERS[name](), url, deadline_s=0.2)
        began = time.monotonic()
        [first, _] = travel.between(SCENE, PLACES, "dry")
        assert time.monotonic() - began < 2.0
    assert "no answer in time: straight line" in first.how


def test_a_server_that_drips_is_cut_off(server: HTTPServer, make: Make) -> None:
    def drip(_: Request) -> Response:
        def pieces() -> Iterator[bytes]:
            for _ in range(40):
                time.sleep(0.05)
                yield b" "

        return Response(pieces())

    server.expect_request(r_any()).respond_with_handler(drip)
    began = time.monotonic()
    [first, _] = make(ROUTERS["osrm"](), deadline_s=0.3).between(SCENE, PLACES, "dry")
    assert time.monotonic() - began < 1.5
    assert "no answer in time" in first.how


def test_after_a_failure_the_server_rests_and_is_asked_again_later(
    server: HTTPServer, make: Make
) -> None:
    clock = Ticking()
    server.expect_ordered_request(r_any()).respond_with_data(status=500)
    server.expect_ordered_request(r_any()).respond_with_json(osrm(1.0, 2.0))
    travel = make(ROUTERS["osrm"](), monotonic=clock)
    assert "OSRM gave no times" in travel.between(SCENE, PLACES, "dry")[0].how
    clock.now_s = 9.0
    said = travel.between(SCENE, PLACES, "dry")[0].how
    assert said.startswith("OSRM rests, it answered with status 500: straight line")
    clock.now_s = 11.0
    assert travel.between(SCENE, PLACES, "dry")[0].how == "OSRM (town roads)"


def test_nobody_there_is_said_without_the_address(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    [first, _] = make(ROUTERS["osrm"](), url).between(SCENE, PLACES, "dry")
    assert "OSRM gave no times, it cannot be reached" in first.how
    assert "127.0.0.1" not in first.how


def test_more_places_than_are_asked_for_go_by_line(server: HTTPServer, make: Make) -> None:
    server.expect_request(r_any()).respond_with_json(osrm(*[1.0] * MAX_PLACES))
    many = PLACES * (MAX_PLACES // 2) + PLACES
    travels = make(ROUTERS["osrm"]()).between(SCENE, many, "dry")
    assert len(travels) == MAX_PLACES + 2
    assert "not asked for" in travels[-1].how
    assert make(ROUTERS["osrm"]()).between(SCENE, [], "dry") == []


def test_each_is_a_travel_time(make: Make) -> None:
    for name in ROUTERS:
        reach: TravelTime = make(ROUTERS[name]())
        assert isinstance(reach.between(SCENE, [], "dry"), list)
    assert Travel(1.0, "x").is_open
