"""Travel times from a routing server: OSRM or Valhalla, within a deadline, else the straight line.

A card must not wait for a routing server, so the deadline is short; after a failure the server is
left alone for a while, and every answer says by which way it was found.
"""

import json
import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import httpx2
import shapely

from gis_link.closures import Closure, Closures
from gis_link.model import Position
from gis_link.reach import StraightLine, Travel

MAX_PLACES: Final = 100
DEADLINE_S: Final = 0.2
REST_S: Final = 10.0
_MAX_BYTES = 1024 * 1024
_MAX_CORNERS = 200


class RouterError(Exception):
    """The server did not give times; the text says why, without its address."""


class Router(Protocol):
    """One kind of routing server."""

    @property
    def name(self) -> str:
        """Give what people call it."""
        ...

    def question(
        self, scene: Position, places: Sequence[Position], closed: Sequence[Closure]
    ) -> dict[str, Any]:
        """Give method, path and body or parameters of the request."""
        ...

    def times(self, answer: Any, n_places: int) -> list[float | None]:
        """Read the seconds from each place to the scene, None where no road leads.

        Raises:
            RouterError: it is not the answer of such a server.
        """
        ...


class Osrm:
    """The table service of OSRM; it knows no closures."""

    name = "OSRM"

    def question(
        self, scene: Position, places: Sequence[Position], closed: Sequence[Closure]
    ) -> dict[str, Any]:
        """Ask for the times from every place to the scene, which is the first coordinate."""
        del closed
        spots = ";".join(f"{at.lon:.6f},{at.lat:.6f}" for at in (scene, *places))
        sources = ";".join(str(n) for n in range(1, len(places) + 1))
        params = {"sources": sources, "destinations": "0", "annotations": "duration"}
        return {"method": "GET", "path": f"/table/v1/driving/{spots}", "params": params}

    def times(self, answer: Any, n_places: int) -> list[float | None]:
        """Read `durations`, one row of one number for each place."""
        if not isinstance(answer, dict) or answer.get("code") != "Ok":
            code = answer.get("code") if isinstance(answer, dict) else None
            raise RouterError(f"it answered {str(code)[:40]!r}")
        rows = answer.get("durations")
        if not isinstance(rows, list) or len(rows) != n_places:
            raise RouterError("its answer has no times for every place")
        return [_seconds(row[0] if isinstance(row, list) and row else None) for row in rows]


class Valhalla:
    """The matrix service of Valhalla; closed outlines are left out of its roads."""

    name = "Valhalla"

    def question(
        self, scene: Position, places: Sequence[Position], closed: Sequence[Closure]
    ) -> dict[str, Any]:
        """Ask for the times from every place to the scene."""
        body: dict[str, Any] = {
            "sources": [{"lat": at.lat, "lon": at.lon} for at in places],
            "targets": [{"lat": scene.lat, "lon": scene.lon}],
            "costing": "auto",
            "units": "kilometers",
        }
        if rings := [ring for each in closed for ring in _rings(each.outline)]:
            body["exclude_polygons"] = rings
        return {"method": "POST", "path": "/sources_to_targets", "json": body}

    def times(self, answer: Any, n_places: int) -> list[float | None]:
        """Read `sources_to_targets`, one row of one entry for each place."""
        rows = answer.get("sources_to_targets") if isinstance(answer, dict) else None
        if not isinstance(rows, list) or len(rows) != n_places:
            raise RouterError("its answer has no times for every place")
        firsts = [row[0] if isinstance(row, list) and row else None for row in rows]
        return [_seconds(each.get("time") if isinstance(each, dict) else None) for each in firsts]


ROUTERS: Final[dict[str, Callable[[], Router]]] = {"osrm": Osrm, "valhalla": Valhalla}


class RoutedTravel:
    """A `TravelTime` that asks a server; implements `gis_link.reach.TravelTime`."""

    def __init__(
        self,
        router: Router,
        client: httpx2.Client,
        line: StraightLine,
        closures: Closures,
        *,
        deadline_s: float = DEADLINE_S,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Ask with a client that has the server's address."""
        client.timeout = httpx2.Timeout(deadline_s)
        self._router, self._client, self._deadline_s = router, client, deadline_s
        self._line, self._closures = line, closures
        self._monotonic = monotonic
        self._rests_until = -1.0
        self._last_fault = ""

    def between(
        self, origin: Position, destinations: Sequence[Position], hazard: str
    ) -> list[Travel]:
        """Give the time from each destination to `origin` while `hazard` is on."""
        line = self._line.between(origin, destinations, hazard)
        if not destinations:
            return line
        if self._monotonic() < self._rests_until:
            return _by_line(line, f"{self._router.name} rests, {self._last_fault}")
        places = destinations[:MAX_PLACES]
        try:
            times = self._ask(origin, places)
        except RouterError as error:
            self._rests_until = self._monotonic() + REST_S
            self._last_fault = str(error)
            return _by_line(line, f"{self._router.name} gave no times, {error}")
        slow = self._line.slowness(hazard)
        how = f"{self._router.name} ({'flooded roads' if slow > 1.0 else 'town roads'})"
        found = [
            _no_road(each, self._router.name) if seconds is None else Travel(seconds * slow, how)
            for seconds, each in zip(times, line, strict=False)
        ]
        return found + _by_line(line[len(places) :], "not asked for, too many places")

    def _ask(self, origin: Position, places: Sequence[Position]) -> list[float | None]:
        closed = [each for each in self._closures.elsewhere(origin) if each.outline is not None]
        asked = self._router.question(origin, places, closed)
        try:
            return self._router.times(json.loads(self._answer(asked)), len(places))
        except httpx2.TimeoutException as error:
            raise RouterError("no answer in time") from error
        except httpx2.HTTPError as error:
            raise RouterError("it cannot be reached") from error
        except ValueError as error:
            raise RouterError("its answer is not JSON") from error

    def _answer(self, asked: dict[str, Any]) -> bytes:
        """Read the answer whole, within the deadline and a size."""
        until = self._monotonic() + self._deadline_s
        body = bytearray()
        with self._client.stream(asked.pop("method"), asked.pop("path"), **asked) as answer:
            if answer.status_code != 200:
                raise RouterError(f"it answered with status {answer.status_code}")
            for piece in answer.iter_bytes():
                body += piece
                if self._monotonic() > until:
                    raise RouterError("no answer in time")
                if len(body) > _MAX_BYTES:
                    raise RouterError("its answer is too large")
        return bytes(body)


def _by_line(line: Sequence[Travel], why: str) -> list[Travel]:
    return [each._replace(how=f"{why}: {each.how}") for each in line]


def _no_road(line: Travel, name: str) -> Travel:
    return line._replace(how=f"{name} knows no road there: {line.how}", is_open=False)


def _seconds(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value is None:
        return None
    if not is_number or not 0.0 <= value < 1e7:
        raise RouterError(f"it gave {str(value)[:40]!r} for a time")
    return float(value)


def _rings(outline: Any) -> list[list[list[float]]]:
    """Give the outer rings of a shape, of at most so many corners each."""
    rings = []
    for part in shapely.get_parts(outline):
        if part.geom_type == "Polygon":
            ring = list(part.exterior.coords)
            if len(ring) > _MAX_CORNERS:
                ring = list(part.convex_hull.exterior.coords)
            rings.append([[lon, lat] for lon, lat, *_ in ring])
    return rings
