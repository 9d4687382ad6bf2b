"""Who and what can help at a point for one hazard, and in words what cannot be had.

Nearest first in rings of 1, 3, 5 and 10 km; what is not there is looked for within 50 km. Nothing
comes back empty silently: an empty list always has its sentence.
"""

from typing import NamedTuple

from gis_link.match_supply import SupplyFinder, SupplyPick
from gis_link.match_team import TeamFinder, TeamPick
from gis_link.model import Depot, Team
from gis_link.need import UNKNOWN, Need, NeedTable
from gis_link.reach import StraightLine, TravelTime
from gis_link.reserve import Reservations
from gis_link.scene import Scene
from gis_link.shelf import Shelf


class Match(NamedTuple):
    """The answer: who, what, the sentences about what is missing, and the need it answers."""

    teams: tuple[TeamPick, ...]
    supplies: tuple[SupplyPick, ...]
    shortfall: tuple[str, ...]
    need: Need


class Matcher:
    """Teams and depots of one district, ready to be asked."""

    def __init__(self, teams: TeamFinder, supplies: SupplyFinder, table: NeedTable) -> None:
        """Take finders that are ready."""
        self._teams, self._supplies, self._table = teams, supplies, table

    @classmethod
    def of(
        cls,
        teams: Shelf[Team],
        depots: Shelf[Depot],
        table: NeedTable,
        reach: TravelTime | None = None,
        reservations: Reservations | None = None,
    ) -> "Matcher":
        """Sort everything; `reach` defaults to the straight line with a detour."""
        reach = reach or StraightLine(table.is_flooded)
        supplies = SupplyFinder(depots, table, reach, reservations)
        return cls(TeamFinder(teams, table, reach), supplies, table)

    def changed(self, teams: Shelf[Team], depots: Shelf[Depot]) -> "Matcher":
        """Give a matcher of changed shelves; what is sorted already is taken over."""
        return Matcher(self._teams.changed(teams), self._supplies.changed(depots), self._table)

    def match(self, hazard: str, scene: Scene) -> Match:
        """Look up what a hazard needs around a point.

        Raises:
            ValueError: the severity is not 1 to 4.
        """
        if not 1 <= scene.severity <= 4:
            raise ValueError(f"severity {scene.severity} is not one of 1 (minor) to 4 (extreme)")
        need = self._table.need(hazard)
        remarks: list[str] = []
        if need is None:
            need = UNKNOWN
            named = hazard.replace("_", " ")
            remarks.append(f"what {named} needs is not described: general help is shown")
        scene = _with_danger(scene, need)
        teams, no_teams = self._teams.find(need, scene)
        supplies, no_supplies = self._supplies.find(need, scene)
        if not need.primary and not need.supplies:
            remarks.append("no team and no supplies are called for: look, and call the chain")
        shortfall = (*remarks, *no_teams, *no_supplies)
        return Match(tuple(teams), tuple(supplies), shortfall, need)


def _with_danger(scene: Scene, need: Need) -> Scene:
    """Widen the danger area to what the hazard keeps clear around its point."""
    radius_m = need.danger_m[scene.severity - 1]
    if radius_m <= scene.danger.radius_m:
        return scene
    return scene._replace(danger=scene.danger._replace(radius_m=radius_m))
