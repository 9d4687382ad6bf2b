"""Travel times over a district's own road graph, with flooded roads closed.

Times are those from each destination to the scene, found by one search backwards from the scene
over arrays (scipy, imported with the first graph). A closure that holds the scene itself closes
nothing for it: somebody has to get there. Where no open road leads, or a place is off the graph,
the straight line answers and says so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import shapely

from gis_link.closures import Closure, Closures
from gis_link.ground import Bools, Floats, Ints, measure_m
from gis_link.index import Index
from gis_link.model import Position
from gis_link.reach import NORMAL_KM_PER_H, StraightLine, Travel

MAX_NODES: Final = 2_000_000
MAX_SNAP_M: Final = 500.0
# The search ends at so many times the longest straight-line estimate, and some minutes.
_TIMES_LONGER, _AT_LEAST_S = 4.0, 900.0
_LEAST_S: Final = 1e-3
_KEPT: Final = 8

# Kilometres an hour by the class of OpenStreetMap; no standard gives them, all project defaults
# around the 30 km/h of town traffic (domain reference H2, D).
SPEEDS: Final = {
    "motorway": 80.0,
    "trunk": 60.0,
    "primary": 40.0,
    "secondary": 35.0,
    "tertiary": 30.0,
    "unclassified": 25.0,
    "residential": 25.0,
    "living_street": 10.0,
    "service": 15.0,
    "track": 10.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Nodes and directed edges as arrays; `edge_ids` names each edge, twins of one road alike."""

    node_ids: tuple[str, ...]
    lat: Floats
    lon: Floats
    tail: Ints
    head: Ints
    seconds: Floats
    edge_ids: tuple[str, ...]


class _Ways(NamedTuple):
    """A graph with some edges closed, ready to be searched backwards."""

    backwards: Any
    has_way: Bools
    n_closed: int


class RoadGraph:
    """A `TravelTime` over roads; implements `gis_link.reach.TravelTime`."""

    def __init__(self, graph: Graph, line: StraightLine, closures: Closures) -> None:
        """Sort nodes and edges; `line` answers where roads cannot."""
        self._graph, self._line, self._closures = graph, line, closures
        self._nodes = Index.of(graph.lat, graph.lon)
        ends = np.stack(
            (
                np.column_stack((graph.lon[graph.tail], graph.lat[graph.tail])),
                np.column_stack((graph.lon[graph.head], graph.lat[graph.head])),
            ),
            axis=1,
        )
        self._tree = shapely.STRtree(shapely.linestrings(ends))
        by_id: dict[str, list[int]] = {}
        for number, name in enumerate(graph.edge_ids):
            by_id.setdefault(name, []).append(number)
        self._by_id = by_id
        self._order = np.lexsort((graph.seconds, graph.tail, graph.head))
        self._edges_of: dict[str, tuple[Closure, Ints]] = {}
        self._ways: dict[tuple[int, ...], tuple[tuple[Closure, ...], _Ways]] = {}

    def between(
        self, origin: Position, destinations: Sequence[Position], hazard: str
    ) -> list[Travel]:
        """Give the time from each destination to `origin` while `hazard` is on."""
        line = self._line.between(origin, destinations, hazard)
        ways = self._ways_to(origin)
        slow = self._line.slowness(hazard)
        start = self._snap(origin, ways)
        if start is None or not destinations:
            return [_by_line(each, "the scene is off the road graph") for each in line]
        node, walk_s = start
        farthest_s = max(each.seconds for each in line)
        limit_s = (_AT_LEAST_S + _TIMES_LONGER * farthest_s) / slow
        found_s = self._search(ways, node, limit_s)
        return [
            self._one(found_s, self._snap(at, ways), walk_s, slow, each, ways.n_closed)
            for at, each in zip(destinations, line, strict=True)
        ]

    def _one(
        self,
        found_s: Floats,
        snapped: tuple[int, float] | None,
        walk_s: float,
        slow: float,
        line: Travel,
        n_closed: int,
    ) -> Travel:
        if snapped is None:
            return _by_line(line, "off the road graph")
        node, own_walk_s = snapped
        road_s = float(found_s[node])
        if not math.isfinite(road_s):
            return _by_line(line, "no open road leads there")._replace(is_open=False)
        how = f"road graph ({'flooded roads' if slow > 1.0 else 'town roads'})"
        how += f", {n_closed} closed" if n_closed else ""
        return Travel((road_s + walk_s + own_walk_s) * slow, how)

    def _snap(self, at: Position, ways: _Ways) -> tuple[int, float] | None:
        """Give the nearest node, one with an open road if any, and the seconds to it.

        None where there is none within reach.
        """
        found = self._nodes.nearest(at, 1, MAX_SNAP_M, keep=lambda found: ways.has_way[found.rows])
        found = found if len(found) else self._nodes.nearest(at, 1, MAX_SNAP_M)
        if not len(found):
            return None
        return int(found.rows[0]), float(found.metres[0]) * self._line.s_per_m

    def _search(self, ways: _Ways, node: int, limit_s: float) -> Floats:
        from scipy.sparse import csgraph  # 30 MB that only a road graph is worth

        found: Floats = csgraph.dijkstra(ways.backwards, indices=node, limit=limit_s)
        return found

    def _ways_to(self, scene: Position) -> _Ways:
        """Give the graph with what is closed for this scene; the last few are kept."""
        closed = self._closures.elsewhere(scene)
        key = tuple(map(id, closed))  # what is kept beside it keeps the ids alive
        known = self._ways.get(key)
        if known is None:
            known = closed, self._made(closed)
            self._ways = {**dict(list(self._ways.items())[1 - _KEPT :]), key: known}
        return known[1]

    def _made(self, closed: Sequence[Closure]) -> _Ways:
        from scipy.sparse import csr_array

        graph, n = self._graph, len(self._graph.node_ids)
        is_closed = self._closed_edges(closed)
        kept = self._order[~is_closed[self._order]]
        tail, head, seconds = graph.tail[kept], graph.head[kept], graph.seconds[kept]
        # Of several edges between two nodes the quickest counts; sparse arrays would add them up.
        is_first = np.ones(len(tail), dtype=np.bool_)
        is_first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        tail, head, seconds = tail[is_first], head[is_first], seconds[is_first]
        has_way = np.zeros(n, dtype=np.bool_)
        has_way[tail] = has_way[head] = True
        backwards = csr_array((seconds, (head, tail)), shape=(n, n))
        return _Ways(backwards, has_way, int(is_closed.sum()))

    def _closed_edges(self, closed: Sequence[Closure]) -> Bools:
        found = np.zeros(len(self._graph.tail), dtype=np.bool_)
        before, self._edges_of = self._edges_of, {}
        for closure in closed:
            known = before.get(closure.name)
            if known is None or known[0] is not closure:
                known = closure, self._edges(closure)
            self._edges_of[closure.name] = known
            found[known[1]] = True
        return found

    def _edges(self, closure: Closure) -> Ints:
        edges = [number for name in closure.edges for number in self._by_id.get(name, ())]
        if closure.outline is not None:
            edges += self._tree.query(closure.outline, predicate="intersects").tolist()
        return np.array(edges, dtype=np.int64)


def _by_line(line: Travel, why: str) -> Travel:
    return Travel(line.seconds, f"{why}: {line.how}")


def seconds_of(metres: Floats, kinds: Sequence[str], speeds: Sequence[float | None]) -> Floats:
    """Give the seconds of edges: by their own speed, that of their class, or the usual one."""
    km_per_h = np.array(
        [
            own if own is not None else SPEEDS.get(kind.removesuffix("_link"), NORMAL_KM_PER_H)
            for kind, own in zip(kinds, speeds, strict=True)
        ]
    )
    seconds: Floats = np.maximum(metres * 3.6 / km_per_h, _LEAST_S)
    return seconds


def lengths_m(lat: Floats, lon: Floats, tail: Ints, head: Ints) -> Floats:
    """Measure edges between their ends; for files that do not give lengths."""
    return np.array(
        [
            measure_m(Position(float(lat[t]), float(lon[t])), lat[[h]], lon[[h]])[0]
            for t, h in zip(tail.tolist(), head.tolist(), strict=True)
        ]
    )
