"""The teams that can help at a point, and in words which are missing.

Every primary capability the hazard needs is covered before any is doubled; then come the support
ones. Ranking is primary before support, on duty before off, then travel time, then freshness of
the team's last position.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from gis_link import words
from gis_link.index import Index, Near, distances_m
from gis_link.model import Team
from gis_link.need import Need, NeedTable
from gis_link.reach import Travel, TravelTime, travels
from gis_link.scene import REACH, RINGS_M, WIDEST, WIDEST_M, Scene, placed, ring

MAX_TEAMS: Final = 6
MIN_TEAMS: Final = 3
STALE_AFTER: Final = timedelta(hours=6)
_SEVERE = 3
_ON_DUTY = " on duty"


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
    """A team that was found, with what it is ranked by."""

    hit: Near[Team]
    travel: Travel
    is_primary: bool


class TeamFinder:
    """Finds teams by what they can do."""

    def __init__(self, teams: Sequence[Team], table: NeedTable, reach: TravelTime) -> None:
        """Sort the teams by place and capability."""
        self._index = Index(teams, lambda team: team.position, _team_words)
        self._table, self._reach = table, reach

    def find(self, need: Need, scene: Scene) -> tuple[list[TeamPick], list[str]]:
        """Give the teams for a need, and the sentences about those that are missing."""
        wanted = need.teams_wanted(scene.severity)
        shortfall: list[str] = []
        hits: dict[str, list[Near[Team]]] = {}
        for code in need.primary:
            hits[code] = self._look(code, max(wanted, 1), scene, shortfall)
        for code in need.support:
            heard = shortfall if scene.severity >= _SEVERE else []
            hits[code] = self._look(code, 1, scene, heard)
        chosen = _choose(need, max(wanted, 1), self._rank(need, scene, hits))
        return [self._pick(need, scene, each) for each in chosen], shortfall

    def _look(self, code: str, wanted: int, scene: Scene, shortfall: list[str]) -> list[Near[Team]]:
        """Give the nearest teams of one capability, on duty if any; says what is missing."""
        on_duty = code + _ON_DUTY
        near = self._index.near(scene.at, max(wanted, MIN_TEAMS), RINGS_M[-1], on_duty)
        if len(near) >= wanted:
            return near
        farther = self._index.near(scene.at, wanted, WIDEST_M, on_duty)
        beyond = farther[len(near) :]
        anyone = self._index.near(scene.at, wanted, RINGS_M[-1], code)
        resting = [hit for hit in anyone if not hit.entry.on_duty]
        name = self._table.capabilities[code].name
        said = f"needs {wanted} {name} {'team' if wanted == 1 else 'teams'}, "
        said += f"{len(near)} on duty within {REACH}"
        if resting:
            said += f"; off duty, to be called in: {placed(resting[0])}"
        shortfall.append(f"{said}; {self._next(beyond, scene, on_duty)}")
        return [*near, *resting, *beyond]

    def _next(self, beyond: Sequence[Near[Team]], scene: Scene, word: str) -> str:
        if beyond:
            return f"nearest next: {placed(beyond[0])}"
        far = [hit for hit in self._index.near(scene.at, 1, word=word) if hit.distance_m > WIDEST_M]
        known = f", nearest known: {placed(far[0])}" if far else ""
        return f"none more within {WIDEST}{known}"

    def _rank(
        self, need: Need, scene: Scene, hits: dict[str, list[Near[Team]]]
    ) -> list[_Candidate]:
        """Give every team found once, best first."""
        near = list({hit.entry.id: hit for near in hits.values() for hit in near}.values())
        primary = frozenset(need.primary)
        candidates = [
            _Candidate(hit, travel, not primary.isdisjoint(hit.entry.capabilities))
            for hit, travel in zip(
                near, travels(self._reach, scene.at, near, need.hazard), strict=True
            )
        ]
        return sorted(candidates, key=lambda each: _team_rank(each, scene.now))

    def _pick(self, need: Need, scene: Scene, chosen: _Candidate) -> TeamPick:
        (team, distance_m), travel, _ = chosen
        primary = tuple(code for code in need.primary if code in team.capabilities)
        matched = primary or tuple(code for code in need.support if code in team.capabilities)
        names = words.joined(self._table.capabilities[code].name for code in matched)
        why = [f"{'primary' if primary else 'support'}: {names}", ring(distance_m)]
        why.append(f"on duty, {team.strength} people" if team.on_duty else "OFF DUTY: call in")
        if team.as_of is not None and scene.now - team.as_of > STALE_AFTER:
            why.append(_stale(team, scene))
        fresh = _fresh(team, scene.now)
        return TeamPick(team, distance_m, travel, bool(primary), matched, fresh, "; ".join(why))


def _team_words(team: Team) -> Iterable[str]:
    yield from team.capabilities
    if team.on_duty:
        yield from (code + _ON_DUTY for code in team.capabilities)


def _fresh(team: Team, now: datetime) -> str:
    if team.as_of is None and team.base is not None:
        return "at base, no live position"
    return words.as_of(team.as_of, now)


def _stale(team: Team, scene: Scene) -> str:
    if team.base is None:
        return "last position is old: ask where they are"
    from_base = float(distances_m(scene.at, [team.base])[0])
    return f"last position is old: ask where they are (base {words.distance(from_base)} away)"


def _team_rank(each: _Candidate, now: datetime) -> tuple[bool, bool, float, float, str]:
    team = each.hit.entry
    age = (now - team.as_of).total_seconds() if team.as_of else float("inf")
    return not each.is_primary, not team.on_duty, each.travel.seconds, age, team.id


def _choose(need: Need, wanted: int, ranked: Sequence[_Candidate]) -> list[_Candidate]:
    """Cover every primary capability, then double it as wanted, then support, then spare."""
    chosen: dict[str, None] = {}
    able = {
        code: [each.hit.entry.id for each in ranked if code in each.hit.entry.capabilities]
        for code in (*need.primary, *need.support)
    }
    for round_ in range(1, wanted + 1):
        for code in need.primary:
            chosen.update(dict.fromkeys(able[code][:round_]))
    for code in need.support:
        chosen.update(dict.fromkeys(able[code][:1]))
    for each in ranked:
        if len(chosen) >= MIN_TEAMS:
            break
        chosen.setdefault(each.hit.entry.id)
    kept = set(list(chosen)[:MAX_TEAMS])
    return [each for each in ranked if each.hit.entry.id in kept]
