"""What a look-up must answer, reckoned by measuring everything with pyproj one by one.

Nothing of the look-up is used in here but the values of `gis_link.model`, the table of needs and
the rule of travel by straight line; it is as slow as it is plain.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple, TypeVar

import shapely
from pyproj import Geod

from gis_link.model import Camera, CameraStatus, Depot, Team
from gis_link.need import Need
from gis_link.scene import Scene
from gis_link.view import px_per_m  # the formula has its own tests

_GEOD = Geod(ellps="WGS84")
RING_M, WIDEST_M = 10_000.0, 50_000.0
OLD = timedelta(hours=6)
E = TypeVar("E", Team, Depot, Camera)


class Answer(NamedTuple):
    """Ids in order with distances, and how much of every capability and item is within reach."""

    teams: list[tuple[str, float]]
    depots: list[tuple[str, float]]
    short_teams: dict[str, int]
    short_items: dict[str, float]


def measured(scene: Scene, entries: Sequence[E]) -> list[tuple[float, int, E]]:
    """Measure everything, nearest first; what is inside the danger area is left out."""
    n = len(entries)
    if not n:
        return []
    lon, lat = [e.position.lon for e in entries], [e.position.lat for e in entries]
    metres = _GEOD.inv([scene.at.lon] * n, [scene.at.lat] * n, lon, lat)[2]
    found = [(float(m), i, e) for i, (m, e) in enumerate(zip(metres, entries, strict=True))]
    return sorted((each for each in found if not _is_out(scene, each)), key=lambda e: e[:2])


def _is_out(scene: Scene, each: tuple[float, int, E]) -> bool:
    metres, _, entry = each
    outline = scene.danger.outline
    at = shapely.Point(entry.position.lon, entry.position.lat)
    return metres < scene.danger.radius_m or (outline is not None and outline.intersects(at))


def answer(need: Need, scene: Scene, teams: Sequence[Team], depots: Sequence[Depot]) -> Answer:
    """Give the whole answer for teams and supplies."""
    short_teams: dict[str, int] = {}
    short_items: dict[str, float] = {}
    radius_m = max(scene.danger.radius_m, need.danger_m[scene.severity - 1])
    scene = scene._replace(danger=scene.danger._replace(radius_m=radius_m))
    chosen = _teams(need, scene, measured(scene, teams), short_teams)
    return Answer(
        chosen, _depots(need, scene, measured(scene, depots), short_items), short_teams, short_items
    )


Known = list[tuple[float, int, Team]]


def _teams(need: Need, scene: Scene, near: Known, short: dict[str, int]) -> list[tuple[str, float]]:
    wanted = max(1, need.n_teams[scene.severity - 1])
    hits: dict[int, tuple[float, int, Team]] = {}
    for code in (*need.primary, *need.support):
        n = wanted if code in need.primary else 1
        able = [each for each in near if code in each[2].capabilities]
        inside = [each for each in able if each[0] <= RING_M]
        ready = [e for e in inside if e[2].on_duty and not _is_old(e[2], scene)]
        found = ready[: max(n, 3)]
        if len(ready) < n:
            if code in need.primary or scene.severity >= 3:
                short[code] = len(ready)
            old = [e for e in inside if e[2].on_duty and _is_old(e[2], scene)]
            resting = [e for e in inside if not e[2].on_duty]
            beyond = [e for e in able if e[2].on_duty and RING_M < e[0] <= WIDEST_M]
            found = ready + old[:n] + resting[:n] + beyond[: n - len(ready)]
        hits.update({each[1]: each for each in found})
    ranked = sorted(hits.values(), key=lambda each: _rank(each, scene))
    return _chosen(need, wanted, ranked)


def _is_old(team: Team, scene: Scene) -> bool:
    return team.as_of is not None and scene.now - team.as_of > OLD


def _rank(each: tuple[float, int, Team], scene: Scene) -> tuple[bool, bool, float, float, int]:
    metres, place, team = each
    age = (scene.now - team.as_of).total_seconds() if team.as_of else float("inf")
    return _is_old(team, scene), not team.on_duty, metres, age, place


def _chosen(need: Need, wanted: int, ranked: Known) -> list[tuple[str, float]]:
    in_order = [e for e in ranked if e[2].capabilities & set(need.primary)]
    in_order += [e for e in ranked if not e[2].capabilities & set(need.primary)]
    chosen: list[str] = []
    for n in range(wanted):
        for code in need.primary:
            chosen += [e[2].id for e in ranked if code in e[2].capabilities][: n + 1]
    for code in need.support:
        chosen += [e[2].id for e in ranked if code in e[2].capabilities][:1]
    chosen = list(dict.fromkeys(chosen))
    for each in in_order:
        if len(chosen) < 3 and each[2].id not in chosen:
            chosen.append(each[2].id)
    return [(e[2].id, e[0]) for e in in_order if e[2].id in chosen[:6]]


def _depots(
    need: Need, scene: Scene, near: list[tuple[float, int, Depot]], short: dict[str, float]
) -> list[tuple[str, float]]:
    asked = need.items_wanted(scene.severity)
    wanted = asked or next(filter(None, map(need.items_wanted, (2, 3, 4))), [])
    queues: list[list[tuple[str, float]]] = []
    for item, quantity in wanted:
        holders = [(m, -_held(e, item, scene), i, e) for m, i, e in near]
        holders = sorted(each for each in holders if each[1] < 0.0)
        inside = [each for each in holders if each[0] <= RING_M]
        taken, total = _until(inside, quantity)
        if total < quantity:
            if asked:
                short[item] = total
            beyond = [each for each in holders if each[0] > RING_M][:2]
            reachable = [each for each in beyond if each[0] <= WIDEST_M]
            taken = taken + _until(reachable, quantity - total)[0]
        queues.append([(each[3].id, each[0]) for each in taken])
    chosen: list[tuple[str, float]] = []
    for turn in range(max(map(len, queues), default=0)):
        for queue in queues:
            if turn < len(queue) and queue[turn] not in chosen and len(chosen) < 6:
                chosen.append(queue[turn])
    return sorted(chosen, key=lambda each: (each[1], each[0]))


def _held(depot: Depot, item: str, scene: Scene) -> float:
    return sum(stock.available(scene.now.date()) for stock in depot.stock if stock.item == item)


Holder = tuple[float, float, int, Depot]


def _until(holders: list[Holder], quantity: float) -> tuple[list[Holder], float]:
    taken: list[Holder] = []
    total = 0.0
    for each in holders:
        if total >= quantity:
            break
        taken.append(each)
        total -= each[1]
    return taken, total


def seeing(scene: Scene, cameras: Sequence[Camera]) -> list[str]:
    """Give the best four cameras that see the point, by the geometry alone."""
    found = []
    for metres, place, camera in measured(scene._replace(danger=type(scene.danger)()), cameras):
        assert camera.heading_deg is not None
        assert camera.hfov_deg is not None
        assert camera.range_m is not None
        at = camera.position
        bearing = _GEOD.inv(at.lon, at.lat, scene.at.lon, scene.at.lat)[0]
        turn = abs((bearing - camera.heading_deg + 180.0) % 360.0 - 180.0)
        if camera.min_range_m <= metres <= camera.range_m and turn <= camera.hfov_deg / 2.0:
            is_off = camera.status is CameraStatus.OFFLINE
            found.append((is_off, -px_per_m(camera, metres), metres, place, camera.id))
    return [each[4] for each in sorted(found)[:4]]
