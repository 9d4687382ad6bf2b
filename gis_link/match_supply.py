"""The depots that hold what is needed, and in words how much is missing.

For each item the depots are taken by travel time, then by quantity, until together they hold what
the severity calls for, counting only what is left after reservations and has not expired. Depots
serve in turns: the first of every item before the second of any, so that a short card still has
some of everything.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice, zip_longest
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis_link import words
from gis_link.index import Index, Near
from gis_link.model import Depot
from gis_link.need import Item, Need, NeedTable
from gis_link.reach import StraightLine, Travel, TravelTime, travels
from gis_link.scene import REACH, RINGS_M, WIDEST, WIDEST_M, Scene, placed, ring

MAX_DEPOTS: Final = 6
# How many depots are asked for an item: as many as needed, in steps, so that few are for a little.
_LOOKS: Final = (8, 32, 128, 512)
# Depots are looked for as if each held the usual amount, and some more; depots on one spot, within
# a millimetre, are equally soon, and then quantity decides.
_SPARE = 1.25
_EQUAL_M = 1e-3


class SupplyLine(NamedTuple):
    """What a depot has of one needed item after reservations."""

    item: Item
    available: float
    unit: str


class SupplyPick(NamedTuple):
    """A depot that holds something needed, and why it was chosen."""

    depot: Depot
    distance_m: float
    travel: Travel
    lines: tuple[SupplyLine, ...]
    fresh: str
    why: str


class _Wanted(NamedTuple):
    """One item, how much of it, and the hazard whose roads it comes by."""

    item: Item
    quantity: float
    hazard: str


class _Source(NamedTuple):
    """A depot near the point, and how much of the wanted item it can hand out.

    There are hundreds for an item that depots have little of, and few get on a card.
    """

    depot: Depot
    distance_m: float
    held: float


class SupplyFinder:
    """Finds depots by what they have."""

    def __init__(self, depots: Sequence[Depot], table: NeedTable, reach: TravelTime) -> None:
        """Sort the depots by place and item."""
        self._index = Index(depots, lambda depot: depot.position, _items_held)
        self._expiring = {
            stock.item for depot in depots for stock in depot.stock if stock.expires is not None
        }
        self._lots = _lots(depots)
        self._depots = depots
        self._table, self._reach = table, reach

    def find(self, need: Need, scene: Scene) -> tuple[list[SupplyPick], list[str]]:
        """Give the depots for a need, and the sentences about what they cannot cover.

        Where this severity asks for nothing yet, the depots are those it would begin with, and
        nothing counts as missing.
        """
        asked = need.items_wanted(scene.severity)
        codes = asked or next(filter(None, map(need.items_wanted, (2, 3, 4))), [])
        shortfall: list[str] = []
        sources: list[list[_Source]] = []
        for code, quantity in codes:
            wanted = _Wanted(self._table.items[code], quantity, need.hazard)
            taken, missing = self._gather(wanted, scene)
            sources.append(taken)
            shortfall += [missing] if missing and asked else []
        n_depots = len({source.depot.id for taken in sources for source in taken})
        if n_depots > MAX_DEPOTS:
            shortfall.append(f"shown are {MAX_DEPOTS} of {n_depots} depots that hold a part")
        chosen = list(islice(_in_turns(sources), MAX_DEPOTS))
        picks = self._picks(chosen, [code for code, _ in codes], need, scene)
        if codes and not picks and not shortfall:
            shortfall.append(f"no depot within {WIDEST} holds supplies for {need.hazard}")
        return picks, shortfall

    def _gather(self, wanted: _Wanted, scene: Scene) -> tuple[list[_Source], str]:
        """Give the depots that together cover one item, and what is missing ("" for nothing)."""
        near = self._within_reach(wanted, scene)
        total = sum(source.held for source in near)
        taken = _until(self._soonest(near, wanted, scene), wanted.quantity)
        if total >= wanted.quantity:
            return taken, ""
        beyond = self._holders(wanted, scene, len(near) + 2, float("inf"))[len(near) :]
        reachable = [source for source in beyond if source.distance_m <= WIDEST_M]
        said = f"needs {wanted.item.amount(wanted.quantity)}, {wanted.item.figure(total)} "
        there = (
            f"within {REACH}" if len(near) < _LOOKS[-1] else f"in the nearest {len(near)} depots"
        )
        said += f"{there}; {_next(beyond, wanted.item)}"
        return [*taken, *_until(reachable, wanted.quantity - total)], said

    def _within_reach(self, wanted: _Wanted, scene: Scene) -> list[_Source]:
        """Give depots with the item inside the outer ring, in as few steps as are enough.

        The search begins at the step that depots of usual size would need; of what it finds, the
        steps before that are tried first, so that the answer does not depend on where it began.
        """
        lots = self._lots.get(wanted.item.code)
        if lots is None:
            return []
        n_likely = int(wanted.quantity * _SPARE / lots.usual)
        if isinstance(self._reach, StraightLine) and n_likely < _LOOKS[-1]:
            near = self._nearest_enough(wanted, scene, n_likely + _LOOKS[0])
            if near:
                return near
        likely = sum(look < n_likely for look in _LOOKS[:-1])
        near = []
        looked = 0
        for step, look in enumerate(_LOOKS):
            if look > looked:
                looked = _LOOKS[max(step, likely)]
                near = self._holders(wanted, scene, looked, RINGS_M[-1])
            enough = sum(source.held for source in near[:look]) >= wanted.quantity
            if enough or len(near) < look:
                return near[:look]
        return near

    def _nearest_enough(self, wanted: _Wanted, scene: Scene, k: int) -> list[_Source]:
        """Give the nearest depots if they are enough, else none; for roads straight as a line.

        Then who is farther is later too. The last ones may have an equal beyond them: left out.
        """
        near = self._holders(wanted, scene, k, RINGS_M[-1])
        if len(near) == k:
            edge_m = near[-1].distance_m - _EQUAL_M
            near = [source for source in near if source.distance_m < edge_m]
        return near if sum(source.held for source in near) >= wanted.quantity else []

    def _soonest(self, near: Sequence[_Source], wanted: _Wanted, scene: Scene) -> list[_Source]:
        """Give depots by travel time, then by quantity."""
        hits = [source[:2] for source in near]
        by_road = travels(self._reach, scene.at, hits, wanted.hazard)
        ranks = [
            (travel.seconds, -source.held, i)
            for i, (source, travel) in enumerate(zip(near, by_road, strict=True))
        ]
        return [near[i] for _, _, i in sorted(ranks)]

    def _holders(self, wanted: _Wanted, scene: Scene, k: int, radius_m: float) -> list[_Source]:
        """Give the nearest depots that can hand out some of the item today."""
        code = wanted.item.code
        if code not in self._lots:
            return []
        if code in self._expiring:
            today = scene.now.date()

            def has_some(depot: Depot) -> bool:
                return _held(depot, code, today) > 0.0

            near = self._index.near(scene.at, k, radius_m, code, has_some)
            return [_Source(depot, away, _held(depot, code, today)) for depot, away in near]
        numbers, distances = self._index.ranked(scene.at, k, radius_m, code)
        held = self._lots[code].held(numbers)
        depots = map(self._depots.__getitem__, numbers.tolist())
        return list(map(_Source, depots, distances.tolist(), held.tolist()))

    def _picks(
        self, chosen: Sequence[Near[Depot]], codes: Sequence[str], need: Need, scene: Scene
    ) -> list[SupplyPick]:
        by_road = travels(self._reach, scene.at, chosen, need.hazard)
        items = [self._table.items[code] for code in codes]
        picks = [
            _pick(hit, travel, items, scene) for hit, travel in zip(chosen, by_road, strict=True)
        ]
        return sorted(picks, key=lambda pick: (pick.travel.seconds, pick.depot.id))


def _pick(hit: Near[Depot], travel: Travel, items: Sequence[Item], scene: Scene) -> SupplyPick:
    depot, distance_m = hit
    today = scene.now.date()
    held = [(item, _held(depot, item.code, today)) for item in items]
    lines = tuple(SupplyLine(item, amount, item.unit) for item, amount in held if amount > 0.0)
    names = words.joined(line.item.plural for line in lines)
    why = f"has {len(lines)} of the {len(items)} items needed: {names}; {ring(distance_m)}"
    codes = {line.item.code for line in lines}
    checks = [stock.checked_at for stock in depot.stock if stock.item in codes]
    known = [at for at in checks if at is not None]
    oldest = min(known) if known and len(known) == len(checks) else None
    return SupplyPick(depot, distance_m, travel, lines, words.as_of(oldest, scene.now), why)


def _items_held(depot: Depot) -> set[str]:
    return {stock.item for stock in depot.stock if stock.quantity > stock.reserved}


class _Lots:
    """How much every depot has of one item while nothing expires, by the depot's number."""

    __slots__ = ("_held", "_numbers", "usual")

    def __init__(self, lots: Sequence[tuple[int, float]]) -> None:
        numbers, held = zip(*lots, strict=True)
        self._numbers = np.array(numbers, dtype=np.int64)
        self._held = np.array(held, dtype=np.float64)
        self.usual = float(self._held.mean())

    def held(self, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """Give what depots have, shape (n,); all of `numbers` must be among those that do."""
        found: NDArray[np.float64] = self._held[self._numbers.searchsorted(numbers)]
        return found


def _lots(depots: Sequence[Depot]) -> dict[str, _Lots]:
    by_item: dict[str, list[tuple[int, float]]] = {}
    for number, depot in enumerate(depots):
        for item in _items_held(depot):
            by_item.setdefault(item, []).append((number, _held(depot, item, date.min)))
    return {item: _Lots(lots) for item, lots in by_item.items()}


def _held(depot: Depot, code: str, today: date) -> float:
    """Give how much of an item a depot can hand out today."""
    held = 0.0
    for stock in depot.stock:
        if stock.item == code:
            held += stock.available(today)
    return held


def _until(sources: Sequence[_Source], quantity: float) -> list[_Source]:
    """Take depots in order until they hold the quantity."""
    taken: list[_Source] = []
    for source in sources:
        if quantity <= 0.0:
            break
        taken.append(source)
        quantity -= source.held
    return taken


def _next(beyond: Sequence[_Source], item: Item) -> str:
    if not beyond:
        return "none known anywhere else"
    depot, distance_m, held = beyond[0]
    said = f"{placed(Near(depot, distance_m))} ({item.figure(held)})"
    if distance_m <= WIDEST_M:
        return f"nearest next: {said}"
    return f"none more within {WIDEST}, nearest known: {said}"


def _in_turns(sources: Sequence[Sequence[_Source]]) -> Iterator[Near[Depot]]:
    """Give each depot once: the first of every item, then the second, and so on."""
    seen: set[str] = set()
    for turn in zip_longest(*sources):
        for source in turn:
            if source is not None and source.depot.id not in seen:
                seen.add(source.depot.id)
                yield Near(source.depot, source.distance_m)
