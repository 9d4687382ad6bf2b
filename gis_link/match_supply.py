"""The depots that hold what is needed, and in words how much is missing.

For each item the depots are taken by travel time, then by quantity, until together they hold what
the severity calls for, counting only what is left after reservations and has not expired. Depots
serve in turns: the first of every item before the second of any, so that a short card still has
some of everything. Depots inside the danger area are left out.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice, zip_longest
from typing import Final, NamedTuple

import numpy as np

from gis_link import words
from gis_link.ground import Bools, Floats, Ints
from gis_link.index import Belt, Found, Index
from gis_link.model import Depot, Position
from gis_link.need import Item, Need, NeedTable
from gis_link.reach import StraightLine, Travel, TravelTime, travels
from gis_link.reserve import Reservations
from gis_link.scene import REACH, RING_M, WIDEST, WIDEST_M, Scene, parted, placed, ring
from gis_link.shelf import Packed, Shelf, columns
from gis_link.stock import Holdings, Lines, Promised, Spread

MAX_DEPOTS: Final = 6
# At least and at most so many are measured at once for several items: most are found among them,
# and one wide search costs less than one for each item.
_LEAST_TOGETHER, _MOST_TOGETHER = 32, 360
# Of an item that takes more, so many holders are measured at first, and some to spare.
_MOST_HOLDERS, _SPARE = 512.0, 4.0
# Where roads decide, at least and at most so many depots of an item are timed.
_LEAST_BY_ROAD, _MOST_BY_ROAD, _SPARE_BY_ROAD = 8, 64, 128
_NEXT: Final = 2


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
    """One item, and how much of it."""

    item: Item
    quantity: float


class _Plan(NamedTuple):
    """What one severity of a need asks for, and how it is looked for.

    Items that few depots are likely to cover are looked for `together`, among the nearest
    `n_together`; one that takes many depots among so many of its own holders, so that the others
    need not measure so many.
    """

    need: Need
    wanted: list[_Wanted]
    is_asked: bool
    together: list[_Wanted]
    n_together: int
    apart: list[tuple[_Wanted, int]]


# A depot near the point: its row, how far it is, and how much of the wanted item it can hand out.
# Plain tuples, because there are hundreds for an item that depots have little of.
_Source = tuple[int, float, float]


class _Hit(NamedTuple):
    """A depot that was chosen: its row, how far it is, and how long the way takes."""

    row: int
    distance_m: float
    travel: Travel


class _Sought(NamedTuple):
    """What was found of one item: depots within the rings nearest first, and those beyond.

    `n_enough` of those within are enough; all of them, where they are not. `n_in_danger` have some
    but are left out.
    """

    wanted: _Wanted
    n_in_danger: int
    within: list[_Source]
    n_enough: int
    total: float
    beyond: list[_Source]

    @property
    def is_short(self) -> bool:
        """Say whether the rings do not hold what is wanted."""
        return self.total < self.wanted.quantity


class _Base(NamedTuple):
    """What was reckoned of the packed depots; kept while the shelf shares them."""

    packed: Packed[Depot]
    holdings: Holdings
    places: Index
    spread: dict[str, Spread]

    @classmethod
    def of(cls, packed: Packed[Depot]) -> "_Base":
        lines = Lines.of(packed, {})
        at = columns(packed, [("lat", "f8"), ("lon", "f8")], _degrees)
        holders = lines.holders()
        index = Index.of(at["lat"], at["lon"], holders)
        return cls(packed, Holdings(lines), index, lines.spread(holders))


class SupplyFinder:
    """Finds depots by what they have."""

    def __init__(
        self,
        depots: Shelf[Depot],
        table: NeedTable,
        reach: TravelTime,
        reservations: Reservations | None = None,
        before: "SupplyFinder | None" = None,
    ) -> None:
        """Sort the depots by place and item; what `before` sorted already is taken over."""
        base = None if before is None or before.base.packed is not depots.packed else before.base
        self.base: _Base = base or _Base.of(depots.packed)
        self._depots, self._table, self._reach = depots, table, reach
        self._reservations = reservations
        self._holdings, self._index = self.base.holdings, self.base.places
        self._spread = self.base.spread
        self._n_spare = 0 if isinstance(reach, StraightLine) else _SPARE_BY_ROAD
        self._promised = Promised(depots, reservations)
        self._plans: dict[tuple[str, int], _Plan] = {}
        if depots.loose or depots.gone:
            lines = self._holdings.lines
            new = Lines.of(depots.loose, dict(lines.codes))
            n = len(depots.packed)
            self._holdings = Holdings(lines.with_more(new))
            at = [depot.position for depot in depots.loose]
            holders = {item: rows + n for item, rows in new.holders().items()}
            self._index = self._index.changed(depots.gone, at, holders)

    def changed(self, depots: Shelf[Depot]) -> "SupplyFinder":
        """Give a finder of a changed shelf."""
        return SupplyFinder(depots, self._table, self._reach, self._reservations, self)

    def find(self, need: Need, scene: Scene) -> tuple[list[SupplyPick], list[str]]:
        """Give the depots for a need, and the sentences about what they cannot cover.

        Where this severity asks for nothing yet, the depots are those it would begin with, and
        nothing counts as missing.
        """
        plan = self._plan(need, scene.severity)
        if not plan.wanted:
            return [], []
        found = self._seek(plan, scene)
        shortfall = [self._missing(each) for each in found if each.is_short and plan.is_asked]
        sources = self._soonest(found, need.hazard, scene)
        n_depots = len({row for taken in sources for row, _, _ in taken})
        if n_depots > MAX_DEPOTS:
            shortfall.append(f"shown are {MAX_DEPOTS} of {n_depots} depots that hold a part")
        chosen = dict(islice(_in_turns(sources), MAX_DEPOTS))
        picks = self._picks(chosen, [each.item for each in plan.wanted], need, scene)
        if not picks and not shortfall:
            shortfall.append(f"no depot within {WIDEST} holds the supplies that are called for")
        return picks, shortfall

    def _plan(self, need: Need, severity: int) -> _Plan:
        """Give what a severity asks for; reckoned once for each need and severity."""
        known = self._plans.get((need.hazard, severity))
        if known is not None and known.need is need:
            return known
        asked = need.items_wanted(severity)
        codes = asked or next(filter(None, map(need.items_wanted, (2, 3, 4))), [])
        wanted = [_Wanted(self._table.items[code], quantity) for code, quantity in codes]
        likely = {each: self._n_likely(each) for each in wanted}
        together = [each for each in wanted if likely[each][1] <= _MOST_TOGETHER]
        n_together = max((likely[each][1] for each in together), default=0)
        apart = [(each, likely[each][0]) for each in wanted if each not in together]
        plan = _Plan(need, wanted, bool(asked), together, n_together, apart)
        self._plans[need.hazard, severity] = plan
        return plan

    def _seek(self, plan: _Plan, scene: Scene) -> list[_Sought]:
        """Look for every item among the nearest depots, and farther for what they lack."""
        found: dict[_Wanted, _Sought] = {}
        if plan.together:
            near, reach_m = self._index.gather(scene.at, plan.n_together, RING_M)
            for sought in self._counted(plan.together, near, scene):
                found[sought.wanted] = self._completed(sought, reach_m, scene)
        for each, n_holders in plan.apart:
            near, reach_m = self._index.gather(scene.at, n_holders, RING_M, each.item.code)
            [sought] = self._counted([each], near, scene)
            found[each] = self._completed(sought, reach_m, scene)
        return [found[each] for each in plan.wanted]

    def _completed(self, sought: _Sought, reach_m: float, scene: Scene) -> _Sought:
        """Look in all rings, and then beyond, for what is short."""
        if sought.is_short and reach_m < RING_M:
            sought = self._farther(sought.wanted, scene)
        return self._with_beyond(sought, scene) if sought.is_short else sought

    def _farther(self, wanted: _Wanted, scene: Scene) -> _Sought:
        """Look among twice as many holders as are likely enough, and only then in all rings.

        Where roads decide, nearest is not soonest: all are looked at then.
        """
        code = wanted.item.code
        if not self._n_spare:
            n_holders, _ = self._n_likely(wanted)
            near, _ = self._index.gather(scene.at, 2 * n_holders, RING_M, code)
            [sought] = self._counted([wanted], near, scene)
            if not sought.is_short:
                return sought
        near = self._index.within(scene.at, RING_M, code)
        [sought] = self._counted([wanted], near, scene)
        return sought

    def _n_likely(self, wanted: _Wanted) -> tuple[int, int]:
        """Guess how many holders, and how many depots around, hold enough, were they all alike."""
        spread = self._spread.get(wanted.item.code)
        if spread is None:
            return 0, _LEAST_TOGETHER
        n_holders = min(wanted.quantity / spread.usual + _SPARE, _MOST_HOLDERS)
        return int(n_holders), max(int(n_holders * spread.one_in), _LEAST_TOGETHER)

    def _counted(self, wanted: Sequence[_Wanted], near: Found, scene: Scene) -> list[_Sought]:
        """Count for each item from the nearest depot on until there is enough."""
        codes = [each.item.code for each in wanted]
        near, inside = parted(near, scene.danger, self._index)
        n_out = [0] * len(wanted)
        if len(inside):
            n_out = np.count_nonzero(self._held(inside.rows, codes, scene), axis=1).tolist()
        if not len(near):
            return [_Sought(*each, [], 0, 0.0, []) for each in zip(wanted, n_out, strict=True)]
        held = self._held(near.rows, codes, scene)
        sums = held.cumsum(axis=1)
        ends = (sums < np.array([[each.quantity] for each in wanted])).sum(axis=1)
        is_one_spot = bool((near.metres[1:] == near.metres[:-1]).any())
        if is_one_spot:
            last = near.metres.take(np.minimum(ends, len(near) - 1))
            ends = near.metres.searchsorted(last, side="right") - 1
        found: list[_Sought] = []
        by_item = _sources(near, held, ends + 1 + self._n_spare)
        for each, n, within, total in zip(
            wanted, n_out, by_item, sums[:, -1].tolist(), strict=True
        ):
            if is_one_spot:
                within.sort(key=_nearest_then_fullest)
            found.append(_Sought(each, n, within, _n_taken(within, each.quantity), total, []))
        return found

    def _with_beyond(self, sought: _Sought, scene: Scene) -> _Sought:
        """Add the next depots that have some, however far."""
        code = sought.wanted.item.code

        def has_some(found: Found) -> Bools:
            some: Bools = self._held(found.rows, [code], scene)[0] > 0.0
            return some & ~self._in_danger(found, scene) if scene.danger else some

        found = self._index.between(scene.at, _NEXT, Belt(RING_M, math.inf), code, has_some)
        held = self._held(found.rows, [code], scene)[0]
        columns_ = (each.tolist() for each in (*found, held))
        return sought._replace(beyond=list(zip(*columns_, strict=True)))

    def _held(self, rows: Ints, codes: Sequence[str], scene: Scene) -> Floats:
        """Give what may be handed out, shape (items, depots)."""
        held = self._holdings.held(rows, codes, scene.now.date())
        return self._promised.taken_from(held, rows, codes, scene.holder)

    def _in_danger(self, found: Found, scene: Scene) -> Bools:
        lat, lon = self._index.degrees_of(found.rows)
        return scene.danger.covers(lat, lon, found.metres)

    def _missing(self, sought: _Sought) -> str:
        item, quantity = sought.wanted
        said = f"needs {item.amount(quantity)}, {item.figure(sought.total)} within {REACH}; "
        if sought.n_in_danger:
            said += f"left out inside the danger area: {sought.n_in_danger}; "
        if not sought.beyond:
            return said + "none known anywhere else"
        row, metres, held = sought.beyond[0]
        there = f"{placed(self._depots.at_row(row), metres)} ({item.figure(held)})"
        if metres <= WIDEST_M:
            return said + f"nearest next: {there}"
        return said + f"none more within {WIDEST}, nearest known: {there}"

    def _soonest(self, found: Sequence[_Sought], hazard: str, scene: Scene) -> list[list[_Source]]:
        """Give for each item the depots to take, the soonest first, as many as are enough."""
        if isinstance(self._reach, StraightLine):
            return [each.within[: each.n_enough] + _next(each) for each in found]
        pools = [each.within[: _n_by_road(each)] for each in found]
        rows = list({source[0]: source for pool in pools for source in pool}.values())
        timed = self._times(rows, hazard, scene)
        by_time = [
            sorted(pool, key=lambda source: (timed[source[0]], -source[2])) for pool in pools
        ]
        return [_taken(each, pool) for each, pool in zip(found, by_time, strict=True)]

    def _times(
        self, sources: Sequence[_Source], hazard: str, scene: Scene
    ) -> dict[int, tuple[bool, float]]:
        by_road = self._travels({row: metres for row, metres, _ in sources}, hazard, scene)
        pairs = zip(sources, by_road, strict=True)
        return {source[0]: (not each.is_open, each.seconds) for source, each in pairs}

    def _travels(self, hits: dict[int, float], hazard: str, scene: Scene) -> list[Travel]:
        def positions() -> list[Position]:
            lat, lon = self._index.degrees_of(np.fromiter(hits, dtype=np.int64))
            return list(map(Position, lat.tolist(), lon.tolist()))

        return travels(self._reach, scene.at, list(hits.values()), hazard, positions)

    def _picks(
        self, chosen: dict[int, float], items: Sequence[Item], need: Need, scene: Scene
    ) -> list[SupplyPick]:
        by_road = self._travels(chosen, need.hazard, scene)
        by_code = {item.code: item for item in items}
        today = scene.now.date()
        picks = [
            self._pick(_Hit(row, metres, travel), by_code, scene, today)
            for (row, metres), travel in zip(chosen.items(), by_road, strict=True)
        ]
        return sorted(
            picks, key=lambda pick: (not pick.travel.is_open, pick.travel.seconds, pick.depot.id)
        )

    def _pick(self, hit: _Hit, items: dict[str, Item], scene: Scene, today: date) -> SupplyPick:
        depot = self._depots.at_row(hit.row)
        stock = [line for line in depot.stock if line.item in items]
        held = dict.fromkeys(items, 0.0)
        for line in stock:
            held[line.item] += line.available(today)
        if hit.row in self._promised.by_row():
            for code in held:
                held[code] -= self._promised.at(hit.row, code, scene.holder)
        lines = [
            SupplyLine(items[code], left, items[code].unit)
            for code, left in held.items()
            if left > 0.0
        ]
        names = words.joined([line.item.plural for line in lines])
        why = f"has {len(lines)} of the {len(items)} items needed: {names}; {ring(hit.distance_m)}"
        checks = [line.checked_at for line in stock if held[line.item] > 0.0]
        known = [at for at in checks if at is not None]
        oldest = min(known) if known and len(known) == len(checks) else None
        fresh = words.as_of(oldest, scene.now)
        return SupplyPick(depot, hit.distance_m, hit.travel, tuple(lines), fresh, why)


def _degrees(depot: Depot) -> tuple[float, float]:
    return depot.position.lat, depot.position.lon


def _sources(near: Found, held: Floats, ends: Ints) -> list[list[_Source]]:
    """Give for each item, a row of `held`, the depots before its end that have some."""
    n = held.shape[1]
    has_some = (held > 0.0) & (np.arange(n) < ends[:, None])
    flat = has_some.ravel().nonzero()[0]
    at = flat % n
    columns_ = (near.rows.take(at), near.metres.take(at), held.take(flat))
    every = zip(*(each.tolist() for each in columns_), strict=True)
    return [list(islice(every, n)) for n in has_some.sum(axis=1).tolist()]


def _nearest_then_fullest(source: _Source) -> tuple[float, float, int]:
    row, distance_m, held = source
    return distance_m, -held, row


def _n_taken(sources: Sequence[_Source], quantity: float) -> int:
    """Give how many depots in order hold the quantity, all where they do not."""
    for n, source in enumerate(sources, 1):
        quantity -= source[2]
        if quantity <= 0.0:
            return n
    return len(sources)


def _n_by_road(sought: _Sought) -> int:
    return min(max(_LEAST_BY_ROAD, 2 * sought.n_enough), _MOST_BY_ROAD)


def _taken(sought: _Sought, in_order: Sequence[_Source]) -> list[_Source]:
    """Take depots in order until they hold the quantity; then, if short, those beyond."""
    return [*in_order[: _n_taken(in_order, sought.wanted.quantity)], *_next(sought)]


def _next(sought: _Sought) -> list[_Source]:
    """Take depots beyond the rings for what is short."""
    if not sought.is_short:
        return []
    reachable = [source for source in sought.beyond if source[1] <= WIDEST_M]
    return reachable[: _n_taken(reachable, sought.wanted.quantity - sought.total)]


def _in_turns(sources: Sequence[Sequence[_Source]]) -> Iterator[tuple[int, float]]:
    """Give each depot once: the first of every item, then the second, and so on."""
    seen: set[int] = set()
    for turn in zip_longest(*sources):
        for source in turn:
            if source is not None and source[0] not in seen:
                seen.add(source[0])
                yield source[0], source[1]
