"""The teams that can help at a point, and in words which are missing.

Every primary capability the hazard needs is covered before any is doubled; then come the support
ones. Ranking is primary before support, a known position before an old one, an open road before
none, on duty before off, then travel time, then freshness of the team's last position. Teams inside
the danger area are never sent.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import numpy as np

from gis_link import words
from gis_link.ground import Bools, Floats, Ints, distances_m
from gis_link.index import Belt, Found, Index, numbers_by_word
from gis_link.model import Position, Team
from gis_link.need import Need, NeedTable
from gis_link.reach import StraightLine, Travel, TravelTime, travels
from gis_link.scene import REACH, RING_M, WIDEST, WIDEST_M, Scene, parted, placed, ring
from gis_link.shelf import Packed, Shelf, columns

MAX_TEAMS: Final = 6
MIN_TEAMS: Final = 3
STALE_AFTER: Final = timedelta(hours=6)
_SEVERE = 3
# So many are measured at once; most capabilities are found among them.
_AT_ONCE = 96
# Where roads decide, so many times more are looked at: the nearest need not be the soonest.
_BY_ROAD = 3


class TeamPick(NamedTuple):
    """A team that can help, and why it was chosen."""

    team: Team
    distance_m: float
    travel: Travel
    is_primary: bool
    capabilities: tuple[str, ...]
    fresh: str
    why: str


class _Candidate(NamedTuple):
    """A team that was found: its rank, row, how far it is, and what it can do."""

    rank: tuple[bool, bool, bool, float, float, int]
    row: int
    distance_m: float
    travel: Travel
    capabilities: frozenset[str]


class _Columns(NamedTuple):
    """What teams are chosen by, one entry a row; equal sets of capabilities are stored once."""

    skills: Ints
    is_on_duty: Bools
    seen_s: Floats
    kinds: dict[frozenset[str], int]

    @classmethod
    def of(cls, teams: Iterable[Team], kinds: dict[frozenset[str], int]) -> "_Columns":
        dtype = [("skills", "i4"), ("is_on_duty", "?"), ("seen_s", "f8")]
        found = columns(teams, dtype, lambda team: _row(team, kinds))
        return cls(**found, kinds=kinds)

    def with_more(self, more: "_Columns") -> "_Columns":
        return _Columns(
            np.concatenate((self.skills, more.skills)),
            np.concatenate((self.is_on_duty, more.is_on_duty)),
            np.concatenate((self.seen_s, more.seen_s)),
            more.kinds,
        )

    def able(self, code: str) -> Bools:
        """Say of each set of capabilities whether it holds one."""
        return np.array([code in kind for kind in self.kinds], dtype=np.bool_)


class _Base(NamedTuple):
    """What was reckoned of the packed teams; kept while the shelf shares them."""

    packed: Packed[Team]
    columns: _Columns
    places: Index

    @classmethod
    def of(cls, packed: Packed[Team]) -> "_Base":
        known = _Columns.of(packed, {})
        at = columns(packed, [("lat", "f8"), ("lon", "f8")], _degrees)
        sets = list(known.kinds)
        words_ = {
            code: np.flatnonzero(known.able(code)[known.skills])
            for code in sorted(frozenset().union(*sets))
        }
        return cls(packed, known, Index.of(at["lat"], at["lon"], words_))


class _Pool(NamedTuple):
    """Teams around a scene, nearest first, and which of them may be sent."""

    found: Found
    skills: Ints
    is_ready: Bools
    is_old: Bools
    is_resting: Bools
    skills_in_danger: Ints
    is_all: bool


class TeamFinder:
    """Finds teams by what they can do."""

    def __init__(
        self,
        teams: Shelf[Team],
        table: NeedTable,
        reach: TravelTime,
        before: "TeamFinder | None" = None,
    ) -> None:
        """Sort the teams by place and capability; what `before` sorted already is taken over."""
        base = None if before is None or before.base.packed is not teams.packed else before.base
        self.base: _Base = base or _Base.of(teams.packed)
        self._teams, self._table, self._reach = teams, table, reach
        self._columns, self._index = self.base.columns, self.base.places
        if teams.loose or teams.gone:
            kinds = dict(self.base.columns.kinds)
            new = _Columns.of(teams.loose, kinds)
            self._columns = self._columns.with_more(new)
            self._index = self._index.changed(
                teams.gone,
                [team.position for team in teams.loose],
                numbers_by_word((team.capabilities for team in teams.loose), len(teams.packed)),
            )
        self._sets = list(self._columns.kinds)
        codes = frozenset().union(*self._sets)
        self._able = {code: self._columns.able(code) for code in codes}

    def changed(self, teams: Shelf[Team]) -> "TeamFinder":
        """Give a finder of a changed shelf."""
        return TeamFinder(teams, self._table, self._reach, self)

    def find(self, need: Need, scene: Scene) -> tuple[list[TeamPick], list[str]]:
        """Give the teams for a need, and the sentences about those that are missing."""
        if not (need.primary or need.support):
            return [], []
        wanted = max(need.teams_wanted(scene.severity), 1)
        near, reach_m = self._index.gather(scene.at, _AT_ONCE, RING_M)
        pool = self._pool(near, scene, is_all=reach_m >= RING_M)
        shortfall: list[str] = []
        hits: dict[int, float] = {}
        for code in need.primary:
            hits.update(self._look(code, wanted, pool, scene, shortfall))
        for code in need.support:
            heard = shortfall if scene.severity >= _SEVERE else []
            hits.update(self._look(code, 1, pool, scene, heard))
        chosen = _choose(need, wanted, self._rank(need, scene, hits))
        return [self._pick(need, scene, each) for each in chosen], shortfall

    def _pool(self, found: Found, scene: Scene, *, is_all: bool) -> _Pool:
        """Sort out what may be sent among teams that were found."""
        found, inside = parted(found, scene.danger, self._index)
        rows = found.rows
        duty, seen_s = self._columns.is_on_duty.take(rows), self._columns.seen_s.take(rows)
        is_old = seen_s < _old_s(scene.now)
        return _Pool(
            found,
            self._columns.skills.take(rows),
            duty & ~is_old,
            duty & is_old,
            ~duty,
            self._columns.skills.take(inside.rows),
            is_all,
        )

    def _in_danger(self, rows: Ints, metres: Floats, scene: Scene) -> Bools:
        lat, lon = self._index.degrees_of(rows)
        return scene.danger.covers(lat, lon, metres)

    def _look(
        self, code: str, wanted: int, pool: _Pool, scene: Scene, shortfall: list[str]
    ) -> dict[int, float]:
        """Give the nearest teams of one capability that may be sent, and say what is missing."""
        able = self._able.get(code)
        if able is None:
            shortfall.append(f"{self._needs(code, wanted, 0)}; none more within {WIDEST}")
            return {}
        n = max(wanted, MIN_TEAMS)
        n *= 1 if isinstance(self._reach, StraightLine) else _BY_ROAD
        ready = _first(pool.found, able.take(pool.skills) & pool.is_ready, n)
        if len(ready) < n and not pool.is_all:
            found = self._index.within(scene.at, RING_M, code)
            pool = self._pool(found, scene, is_all=True)
            ready = _first(pool.found, pool.is_ready, n)
        if len(ready) >= wanted:
            return ready
        return self._widened(code, wanted, pool, scene, shortfall)

    def _widened(
        self, code: str, wanted: int, pool: _Pool, scene: Scene, shortfall: list[str]
    ) -> dict[int, float]:
        """Give whom else to ask, with the sentence about the shortage."""
        able = self._able[code][pool.skills]
        ready = _first(pool.found, able & pool.is_ready, wanted)
        old = _first(pool.found, able & pool.is_old, wanted)
        resting = _first(pool.found, able & pool.is_resting, wanted)
        beyond = self._beyond(code, wanted - len(ready), scene, WIDEST_M)
        said = [self._needs(code, wanted, len(ready))]
        if old:
            said.append(f"position old, ask where they are: {self._name(old)}")
        if resting:
            said.append(f"off duty, to be called in: {self._name(resting)}")
        if n_in_danger := np.count_nonzero(self._able[code][pool.skills_in_danger]):
            said.append(f"left out inside the danger area: {n_in_danger}")
        if beyond:
            said.append(f"nearest next: {self._name(beyond)}")
        else:
            far = self._beyond(code, 1, scene, float("inf"))
            known = f", nearest known: {self._name(far)}" if far else ""
            said.append(f"none more within {WIDEST}{known}")
        shortfall.append("; ".join(said))
        return {**ready, **old, **resting, **beyond}

    def _needs(self, code: str, wanted: int, n_ready: int) -> str:
        name = self._table.capabilities[code].name
        teams = "team" if wanted == 1 else "teams"
        return f"needs {wanted} {name} {teams}, {n_ready} on duty within {REACH}"

    def _beyond(self, code: str, k: int, scene: Scene, radius_m: float) -> dict[int, float]:
        """Give the nearest teams on duty outside the rings."""

        def on_duty(found: Found) -> Bools:
            is_fit = self._columns.is_on_duty[found.rows]
            return is_fit & ~self._in_danger(*found, scene) if scene.danger else is_fit

        found = self._index.between(scene.at, k, Belt(RING_M, radius_m), code, on_duty)
        return dict(zip(found.rows.tolist(), found.metres.tolist(), strict=True))

    def _name(self, hits: dict[int, float]) -> str:
        row, metres = next(iter(hits.items()))
        return placed(self._teams.at_row(row), metres)

    def _rank(self, need: Need, scene: Scene, hits: dict[int, float]) -> list[_Candidate]:
        """Give every team found, the one to send first first, whatever it can do."""
        rows = np.fromiter(hits, dtype=np.int64)
        of = self._columns
        travel = travels(
            self._reach, scene.at, list(hits.values()), need.hazard, lambda: self._positions(rows)
        )
        old_s = _old_s(scene.now)
        lists = (each.take(rows).tolist() for each in (of.skills, of.is_on_duty, of.seen_s))
        found = [
            _Candidate(
                (
                    *(seen_s < old_s, not trip.is_open, not is_on_duty),
                    *(trip.seconds, _age_rank(seen_s), row),
                ),
                row,
                metres,
                trip,
                self._sets[skills],
            )
            for skills, is_on_duty, seen_s, trip, (row, metres) in zip(
                *lists, travel, hits.items(), strict=True
            )
        ]
        return sorted(found)

    def _positions(self, rows: Ints) -> list[Position]:
        lat, lon = self._index.degrees_of(rows)
        return list(map(Position, lat.tolist(), lon.tolist()))

    def _pick(self, need: Need, scene: Scene, chosen: _Candidate) -> TeamPick:
        team, distance_m = self._teams.at_row(chosen.row), chosen.distance_m
        able = team.capabilities
        primary = tuple([code for code in need.primary if code in able])
        matched = primary or tuple([code for code in need.support if code in able])
        names = words.joined([self._table.capabilities[code].name for code in matched])
        why = f"{'primary' if primary else 'support'}: {names}; {ring(distance_m)}; "
        why += f"on duty, {team.strength} people" if team.on_duty else "OFF DUTY: call in"
        if team.as_of is not None and scene.now - team.as_of > STALE_AFTER:
            why += f"; {_stale(team, scene)}"
        fresh = _fresh(team, scene.now)
        return TeamPick(team, distance_m, chosen.travel, bool(primary), matched, fresh, why)


def _old_s(now: datetime) -> float:
    """Give the moment before which a position is old, as `seen_s` counts."""
    return now.timestamp() - STALE_AFTER.total_seconds()


def _row(team: Team, kinds: dict[frozenset[str], int]) -> tuple[int, bool, float]:
    seen_s = team.as_of.timestamp() if team.as_of else math.nan
    return kinds.setdefault(team.capabilities, len(kinds)), team.on_duty, seen_s


def _degrees(team: Team) -> tuple[float, float]:
    return team.position.lat, team.position.lon


def _first(found: Found, is_wanted: Bools, k: int) -> dict[int, float]:
    """Give the nearest `k` of the wanted ones: rows with their distances."""
    at = is_wanted.nonzero()[0][:k]
    rows, metres = found.rows.take(at), found.metres.take(at)
    return dict(zip(rows.tolist(), metres.tolist(), strict=True))


def _age_rank(seen_s: float) -> float:
    """Give what sorts the newest first, and those never seen last."""
    return math.inf if math.isnan(seen_s) else -seen_s


def _fresh(team: Team, now: datetime) -> str:
    if team.as_of is None and team.base is not None:
        return "at base, no live position"
    return words.as_of(team.as_of, now)


def _stale(team: Team, scene: Scene) -> str:
    if team.base is None:
        return "last position is old: ask where they are"
    frombase = float(distances_m(scene.at, [team.base])[0])
    return f"last position is old: ask where they are (base {words.distance(frombase)} away)"


def _choose(need: Need, wanted: int, ranked: Sequence[_Candidate]) -> list[_Candidate]:
    """Cover every primary capability, then double it as wanted, then support, then spare."""
    first = [each for each in ranked if not each.capabilities.isdisjoint(need.primary)]
    in_order = first + [each for each in ranked if each.capabilities.isdisjoint(need.primary)]
    chosen: dict[int, None] = {}
    able = {
        code: [each.row for each in ranked if code in each.capabilities]
        for code in (*need.primary, *need.support)
    }
    for round_ in range(1, wanted + 1):
        for code in need.primary:
            chosen.update(dict.fromkeys(able[code][:round_]))
    for code in need.support:
        chosen.update(dict.fromkeys(able[code][:1]))
    for each in in_order:
        if len(chosen) >= MIN_TEAMS:
            break
        chosen.setdefault(each.row)
    kept = set(list(chosen)[:MAX_TEAMS])
    return [each for each in in_order if each.row in kept]
