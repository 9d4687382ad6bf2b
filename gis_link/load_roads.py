"""`roads-nodes.csv` and `roads-edges.csv` to a road graph, with every bad row told.

Nodes: `id, lat, lon` and the datum as in every file. Edges: `u, v` and as far as known `id, length`
(metres), `highway` (class of OpenStreetMap), `speed_km_per_h`, `oneway` (yes, no, -1).
"""

from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from gis_link.fields import Fields
from gis_link.model import Position
from gis_link.roads import MAX_NODES, Graph, lengths_m, seconds_of
from gis_link.rows import AS_IT_SAYS, FaultList, Reading, read_rows

NODES: Final = "roads-nodes.csv"
EDGES: Final = "roads-edges.csv"
_MAX_LENGTH_M: Final = 500_000.0
_ONEWAY: Final = {"yes": 1, "true": 1, "1": 1, "": 0, "no": 0, "false": 0, "0": 0, "-1": -1}


class _Edge(NamedTuple):
    """One road between two nodes, in the direction of its row."""

    id: str
    tail: int
    head: int
    length_m: float | None
    kind: str
    speed_km_per_h: float | None


def load_roads(directory: Path, faults: FaultList, how: Reading = AS_IT_SAYS) -> Graph | None:
    """Give the road graph of a directory; None where it has none, or only one of the files."""
    nodes, edges = directory / NODES, directory / EDGES
    if nodes.exists() != edges.exists():
        have, lack = (nodes, edges) if nodes.exists() else (edges, nodes)
        faults.add(str(have), 1, f"a road graph needs {lack.name} too: add it, or remove this")
        return None
    return _graph(nodes, edges, faults, how) if nodes.exists() else None


def _graph(nodes: Path, edges: Path, faults: FaultList, how: Reading) -> Graph | None:
    places = _nodes(nodes, faults, how)
    numbers = {name: number for number, name in enumerate(places)}
    roads = _edges(edges, numbers, faults)
    if not roads:
        faults.add(str(edges), 1, "no road can be used: the straight line is taken instead")
        return None
    lat = np.array([at.lat for at in places.values()])
    lon = np.array([at.lon for at in places.values()])
    tail = np.array([road.tail for road in roads], dtype=np.int64)
    head = np.array([road.head for road in roads], dtype=np.int64)
    metres = np.array([np.nan if r.length_m is None else r.length_m for r in roads])
    unsaid = np.isnan(metres)
    metres[unsaid] = lengths_m(lat, lon, tail[unsaid], head[unsaid])
    speeds = [road.speed_km_per_h for road in roads]
    return Graph(
        node_ids=tuple(places),
        lat=lat,
        lon=lon,
        tail=tail,
        head=head,
        seconds=seconds_of(metres, [road.kind for road in roads], speeds),
        edge_ids=tuple(road.id for road in roads),
    )


def _nodes(path: Path, faults: FaultList, how: Reading) -> dict[str, Position]:
    found: dict[str, Position] = {}
    for row in read_rows(path, faults, how):
        fields = Fields(row, faults)
        name, at = fields.text("id"), fields.position()
        if name in found:
            fields.wrong(f"node {name!r} stands twice: keep one")
        if len(found) >= MAX_NODES:
            fields.wrong(f"more than {MAX_NODES} nodes: cut the graph to the district")
            break
        if fields.is_good:
            found[name] = at
    return found


def _edges(path: Path, numbers: dict[str, int], faults: FaultList) -> list[_Edge]:
    found: list[_Edge] = []
    for row in read_rows(path, faults, Reading(has_positions=False)):
        fields = Fields(row, faults)
        ends = fields.text("u"), fields.text("v")
        for end in ends:
            if end and end not in numbers:
                fields.wrong(f"node {end!r} is not in {NODES}")
        direction = _ONEWAY.get(row.fields.get("oneway", "").lower())
        if direction is None:
            fields.wrong(f"oneway {row.fields['oneway']!r} is not understood: yes, no or -1")
        name = fields.text("id", f"{ends[0]}-{ends[1]}")
        length_m = fields.maybe("length", 0.0, _MAX_LENGTH_M)
        kind = fields.text("highway", "")
        speed = fields.maybe("speed_km_per_h", 1.0, 200.0)
        if fields.is_good:
            u, v = numbers[ends[0]], numbers[ends[1]]
            if direction in (0, 1):
                found.append(_Edge(name, u, v, length_m, kind, speed))
            if direction in (0, -1):
                found.append(_Edge(name, v, u, length_m, kind, speed))
    return found
