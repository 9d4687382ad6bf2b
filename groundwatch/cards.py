"""Looks up the card of an alert: the answers of `gis_link` in the words of `alerting`.

Pure computation on loaded resources, a few milliseconds at 100 000 of them, so it runs on the loop.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from alerting.model import Alert, AlertKind, Card, ChainLink, Responder, Severity
from gis_link import model as gis
from gis_link import words
from gis_link.area import Areas, Link
from gis_link.closures import Closures
from gis_link.loaders import Resources
from gis_link.match import Matcher
from gis_link.match_supply import SupplyPick
from gis_link.match_team import TeamPick
from gis_link.place import Facilities, Nearby
from gis_link.reach import TravelTime
from gis_link.reserve import Reservations
from gis_link.scene import Danger, Scene
from gis_link.view import View, Views
from groundwatch.clock import Clock
from sensors.model import Position

_ABSENT = {
    "teams": "no teams are on file",
    "depots": "no depots are on file",
    "stock": "no stock is on file",
    "cameras": "no cameras are on file",
    "people": "nobody of the command chain is on file",
    "map": "no map of the district is on file",
}
_UNCONFIGURED = "no resources are configured: name a resources directory"
# Alerts about the watching itself: their hazard says what is not watched, not what happened.
_OF_KIND = {
    AlertKind.BLIND: "sensor_silent",
    AlertKind.ANOMALY: "anomaly",
    AlertKind.DOUBTFUL: "sensor_silent",
    AlertKind.SYSTEM: "system",
}


class _Known(NamedTuple):
    """What is looked in, all of one moment; a change replaces it whole."""

    resources: Resources
    matcher: Matcher
    views: Views
    areas: Areas
    facilities: Facilities
    missing: str


class Around(NamedTuple):
    """What else a look-up is told.

    `site` adds the people of a site; stock put aside for the alert `holder` counts for it; nobody
    is sent from within `danger_m` of the point.
    """

    site: str = ""
    holder: str = ""
    danger_m: float = 0.0


_ONLY_THE_POINT = Around()


class CardDesk:
    """Answers for every alert who and what is near; implements `alerting.ports.CardLookup`."""

    def __init__(
        self,
        resources: Resources | None,
        clock: Clock,
        reach: TravelTime | None = None,
        reservations: Reservations | None = None,
        closures: Closures | None = None,
        site_names: Mapping[str, str] | None = None,
    ) -> None:
        """Index the resources; None means that none are configured, and every card says so.

        Nobody is sent from inside an outline of `closures` either. `site_names` is what people call
        each site, by its id, where the people on file do not say.
        """
        self._site_names = site_names or {}
        self._clock, self._closures = clock, closures or Closures()
        missing = "" if resources is not None else _UNCONFIGURED
        resources = resources or Resources()
        self._known = _Known(
            resources,
            Matcher.of(resources.teams, resources.depots, resources.needs, reach, reservations),
            Views(resources.cameras),
            Areas(resources.places),
            Facilities(resources.facilities),
            missing or _missing(resources),
        )
        self._names = tuple(
            entry for entry in resources.needs.names() if all(entry[:2]) and entry[0] != entry[1]
        )

    @property
    def resources(self) -> Resources:
        """Give what is looked in now."""
        return self._known.resources

    def change(self, resources: Resources) -> None:
        """Look in changed resources from now on; what is sorted already is taken over.

        Cards that are being looked up meanwhile are of before. The table of needs and the map stay.
        """
        known = self._known
        self._known = _Known(
            resources,
            known.matcher.changed(resources.teams, resources.depots),
            Views(resources.cameras, known.views),
            known.areas,
            Facilities(resources.facilities, known.facilities),
            _missing(resources),
        )

    async def card(self, alert: Alert) -> Card:
        """Look up the card of an alert at its position; does not raise for any alert.

        In a thread, so that the caller's deadline can pass and readings are judged meanwhile.
        """
        hazard, now = _OF_KIND.get(alert.kind, alert.hazard), self._clock.now()
        return await asyncio.to_thread(
            self.near,
            *(alert.position, hazard, alert.severity, now),
            Around(site=alert.site, holder=alert.id),
        )

    def near(
        self,
        position: Position,
        hazard: str,
        severity: Severity,
        now: datetime,
        around: Around = _ONLY_THE_POINT,
    ) -> Card:
        """Look up who and what can help at a point."""
        known = self._known
        if not _is_place(position):
            said = f"no place to look around: lat {position.lat}, lon {position.lon}"
            return Card(looked_up_at=now, missing="; ".join(filter(None, (said, known.missing))))
        at = gis.Position(position.lat, position.lon)
        danger = Danger(around.danger_m, outlines=self._closures.outlines(at))
        scene = Scene(at, int(severity), now, danger, around.holder)
        match = known.matcher.match(hazard, scene)
        chain = known.areas.chain(at, match.need.duty, around.site)
        views = known.views.seeing(at, now)
        supplies = tuple(_supply(pick) for pick in match.supplies)
        shortfall = (*match.shortfall, *_unseen(known.views, at, views), *chain.remarks)
        return Card(
            teams=tuple(_team(pick) for pick in match.teams),
            supplies=supplies,
            cameras=tuple(_camera(view) for view in views),
            places=tuple(_place(nearby) for nearby in known.facilities.near(at)),
            chain=_chain(chain.links, around.site, self._site_names.get(around.site, "")),
            shortfall=shortfall,
            looked_up_at=now,
            missing=known.missing,
            glossary=self._glossary_of(supplies, shortfall),
        )

    def _glossary_of(
        self, supplies: Sequence[Responder], shortfall: Sequence[str]
    ) -> tuple[tuple[str, ...], ...]:
        """Give the Chinese of the supplies and capabilities that a card speaks of."""
        items = {name for depot in supplies for name, _, _ in depot.items}
        if not (items or shortfall):
            return ()
        said = "; ".join(shortfall)
        return tuple([entry for entry in self._names if entry[0] in items or entry[0] in said])


def _missing(resources: Resources) -> str:
    return "; ".join(_ABSENT[kind] for kind in resources.absent if kind in _ABSENT)


def _unseen(cameras: Views, at: gis.Position, views: list[View]) -> list[str]:
    """Say so when no camera, or no working one, shows the point."""
    if any(view.camera.status is not gis.CameraStatus.OFFLINE for view in views):
        return []
    if views:
        return ["every camera that could show the point is offline"]
    blocked = cameras.nearest_blocked(at)
    if blocked is None:
        return ["no camera is on file, so none shows the point"]
    away = words.distance(blocked.distance_m)
    return [f"no camera shows the point; nearest: {blocked.camera.name} {away}, {blocked.why}"]


def _is_place(position: Position) -> bool:
    lat, lon = position.lat, position.lon
    return math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90.0 and abs(lon) <= 180.0


def _position(position: gis.Position) -> Position:
    return Position(position.lat, position.lon)


def _team(pick: TeamPick) -> Responder:
    team = pick.team
    return Responder(
        id=team.id,
        name=team.name,
        what=_skills(team.capabilities),
        position=_position(team.position),
        distance_m=pick.distance_m,
        travel_s=pick.travel.seconds,
        travel_how=pick.travel.how,
        phone=team.phone,
        as_of=pick.fresh,
        why=pick.why,
    )


@lru_cache(maxsize=4096)
def _skills(capabilities: frozenset[str]) -> str:
    return f"team: {words.joined(code.replace('_', ' ') for code in sorted(capabilities))}"


def _supply(pick: SupplyPick) -> Responder:
    depot = pick.depot
    return Responder(
        id=depot.id,
        name=depot.name,
        what=f"depot, ask for {depot.keeper}" if depot.keeper else "depot",
        position=_position(depot.position),
        distance_m=pick.distance_m,
        travel_s=pick.travel.seconds,
        travel_how=pick.travel.how,
        phone=depot.phone,
        as_of=pick.fresh,
        why=pick.why,
        items=tuple((line.item.name, line.available, line.unit) for line in pick.lines),
    )


def _camera(view: View) -> Responder:
    camera = view.camera
    return Responder(
        id=camera.id,
        name=camera.name,
        what=f"camera: {view.detail}",
        position=_position(camera.position),
        distance_m=view.distance_m,
        travel_s=None,
        travel_how="",
        as_of=view.fresh,
        why=view.why,
        link=camera.snapshot or camera.stream,
    )


def _place(nearby: Nearby) -> Responder:
    facility = nearby.facility
    return Responder(
        id=facility.id,
        name=facility.name,
        what=facility.kind.value.replace("_", " "),
        position=_position(facility.position),
        distance_m=nearby.distance_m,
        travel_s=None,
        travel_how="",
        phone=facility.phone,
        as_of="" if facility.as_of is None else facility.as_of.isoformat(),
        why=nearby.why,
    )


def _chain(links: Sequence[Link], site: str, site_name: str) -> tuple[ChainLink, ...]:
    """Give the command chain, its site under the name that people call it."""
    found = tuple(map(_link, links))
    if not site_name:
        return found
    of_site = ChainLink(tier=gis.Tier.SITE.value, place=site_name)
    if not any(link.tier == of_site.tier for link in found):
        return (*found, of_site)
    is_bare = (of_site.tier, site)
    return tuple(
        replace(link, place=site_name) if (link.tier, link.place) == is_bare else link
        for link in found
    )


def _link(link: Link) -> ChainLink:
    place, person = link
    if person is None:
        return ChainLink(tier=place.tier.value, place=place.name)
    who = f"{person.name}, {person.role}" if person.role else person.name
    return ChainLink(tier=place.tier.value, place=place.name, person=who, phone=person.phone)
