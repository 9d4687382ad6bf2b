"""The depots that hold what is needed, and in words how much is missing.

For each item the depots are taken by travel time, then by quantity, until together they hold what
the severity calls for, counting only what is left after reservations and has not expired. Depots
serve in turns: the first of every item before the second of any, so that a short card still has
some of everything.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from gis_link import words
from gis_link.index import Index, Near
from gis_link.model import Depot
from gis_link.need import Item, Need, NeedTable
from gis_link.reach import Travel, TravelTime
from gis_link.scene import REACH, RINGS_M, WIDEST, WIDEST_M, Scene, placed, ring

MAX_DEPOTS: Final = 6
_FIRST_LOOK, _LAST_LOOK = 8, 512


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
    """A depot near the point, and how much of the wanted item it can hand out."""

    hit: Near[Depot]
    held: float


class SupplyFinder:
    """Finds depots by what they have."""

    def __init__(self, depots: Sequence[Depot], table: NeedTable, reach: TravelTime) -> None:
        """Sort the depots by place and item."""
        self._index = Index(depots, lambda depot: depot.position, _items_held)
        self._expiring = {
            stock.item for depot in depots for stock in depot.stock if stock.expires is not None
        }
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
        chosen = list(_in_turns(sources))
        if len(chosen) > MAX_DEPOTS:
            shortfall.append(f"shown are {MAX_DEPOTS} of {len(chosen)} depots that hold a part")
        picks = self._picks(chosen[:MAX_DEPOTS], [code for code, _ in codes], need, scene)
        if codes and not picks and not shortfall:
            shortfall.append(f"no depot within {WIDEST} holds supplies for {need.hazard}")
        return picks, shortfall

    def _gather(self, wanted: _Wanted, scene: Scene) -> tuple[list[_Source], str]:
        """Give the depots that together cover one item, and what is missing ("" for nothing)."""
        near = self._within_reach(wanted, scene)
        total = sum(source.held for source in near)
        taken = _until(near, wanted.quantity)
        if total >= wanted.quantity:
            return taken, ""
        beyond = self._holders(wanted, scene, len(near) + 2, float("inf"))[len(near) :]
        reachable = [source for source in beyond if source.hit.distance_m <= WIDEST_M]
        said = f"needs {wanted.item.amount(wanted.quantity)}, {wanted.item.figure(total)} "
        there = (
            f"within {REACH}" if len(near) < _LAST_LOOK else f"in the nearest {len(near)} depots"
        )
        said += f"{there}; {_next(beyond, wanted.item)}"
        return [*taken, *_until(reachable, wanted.quantity - total)], said

    def _within_reach(self, wanted: _Wanted, scene: Scene) -> list[_Source]:
        """Give depots with the item inside the outer ring, as many as needed, soonest first."""
        look = _FIRST_LOOK
        while True:
            near = self._holders(wanted, scene, look, RINGS_M[-1])
            is_enough = sum(source.held for source in near) >= wanted.quantity
            if is_enough or len(near) < look or look >= _LAST_LOOK:
                break
            look *= 4
        positions = [source.hit.entry.position for source in near]
        travels = self._reach.between(scene.at, positions, wanted.hazard)
        ranks = [
            (travel.seconds, -source.held, i)
            for i, (source, travel) in enumerate(zip(near, travels, strict=True))
        ]
        return [near[i] for _, _, i in sorted(ranks)]

    def _holders(self, wanted: _Wanted, scene: Scene, k: int, radius_m: float) -> list[_Source]:
        """Give the nearest depots that can hand out some of the item today."""
        code = wanted.item.code

        def has_some(depot: Depot) -> bool:
            return _held(depot, code, scene) > 0.0

        accept = has_some if code in self._expiring else None
        near = self._index.near(scene.at, k, radius_m, code, accept)
        return [_Source(hit, _held(hit.entry, code, scene)) for hit in near]

    def _picks(
        self, chosen: Sequence[Near[Depot]], codes: Sequence[str], need: Need, scene: Scene
    ) -> list[SupplyPick]:
        positions = [hit.entry.position for hit in chosen]
        travels = self._reach.between(scene.at, positions, need.hazard)
        items = [self._table.items[code] for code in codes]
        picks = [
            _pick(hit, travel, items, scene) for hit, travel in zip(chosen, travels, strict=True)
        ]
        return sorted(picks, key=lambda pick: (pick.travel.seconds, pick.depot.id))


def _pick(hit: Near[Depot], travel: Travel, items: Sequence[Item], scene: Scene) -> SupplyPick:
    depot, distance_m = hit
    held = [(item, _held(depot, item.code, scene)) for item in items]
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


def _held(depot: Depot, code: str, scene: Scene) -> float:
    """Give how much of an item a depot can hand out today."""
    held = 0.0
    for stock in depot.stock:
        if stock.item == code:
            held += stock.available(scene.now.date())
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
    hit, held = beyond[0]
    said = f"{placed(hit)} ({item.figure(held)})"
    if hit.distance_m <= WIDEST_M:
        return f"nearest next: {said}"
    return f"none more within {WIDEST}, nearest known: {said}"


def _in_turns(sources: Sequence[Sequence[_Source]]) -> Iterator[Near[Depot]]:
    """Give each depot once: the first of every item, then the second, and so on."""
    seen: set[str] = set()
    for turn in range(max((len(taken) for taken in sources), default=0)):
        for taken in sources:
            if turn < len(taken) and taken[turn].hit.entry.id not in seen:
                seen.add(taken[turn].hit.entry.id)
                yield taken[turn].hit
