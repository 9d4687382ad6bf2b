"""Finds the alerts nobody would be told about, before there are any.

Every combination of site, hazard, kind, severity and time that routes can tell apart is tried, with
one name that no file mentions standing for "any other". The program's own alerts belong to no site
of the district, so they are tried by themselves.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, tzinfo
from itertools import product

from alerting.model import AlertKind, Severity
from alerting.route.instants import all_routes, instants
from alerting.route.known import Known
from alerting.route.match import Matter, Route
from alerting.route.people import Person
from alerting.route.table import RouteTable

MAX_GAPS = 20

_OTHER = "*"
_KINDS = tuple(kind for kind in AlertKind if kind is not AlertKind.SYSTEM)

_Cell = tuple[str, str, AlertKind, Severity]
_Cells = Collection[_Cell]
_Times = list[list[datetime]]


def unrouted(table: RouteTable, known: Known) -> list[str]:
    """Say in phrases which alerts no route tells anybody about."""
    every_site, every_hazard = _told_apart(table, known)
    times, naming = _times(table), _Naming(table)
    bare = [
        cell
        for cell in product(every_site, every_hazard, _KINDS, Severity)
        if any(not naming.of(_matter(cell, at, known)) for at, *_ in times)
    ]
    boxes = _boxes(bare)
    shown = [_phrase(box, len(every_site), len(every_hazard)) for box in boxes[:MAX_GAPS]]
    if len(boxes) > MAX_GAPS:
        shown.append(f"{len(boxes) - MAX_GAPS} more combinations")
    own = tuple(
        severity.word
        for severity in Severity
        if any(not naming.of(_own(severity, at)) for at, *_ in times)
    )
    if own:
        shown.append(f"this program's own faults {_which(own)}")
    return shown


def unattended(table: RouteTable, known: Known) -> list[tuple[Route, str]]:
    """Say for which routes' alerts there are times with nobody on duty, and when the first is."""
    found: dict[frozenset[str], tuple[Route, str]] = {}
    checked: set[tuple[int, frozenset[str]]] = set()
    naming = _Naming(table)
    for number, span in enumerate(_times(table)):
        for matter in _matters(table, known, span[0]):
            named = naming.of(matter)
            group = frozenset(person.id for person, _ in named)
            if not named or (number, group) in checked or group in found:
                continue
            checked.add((number, group))
            gap = _first_gap(named, span)
            if gap is not None:
                route = next(route for route in table.routes if route.why_not(matter) is None)
                found[group] = (route, gap)
    return list(found.values())


def _matters(table: RouteTable, known: Known, at: datetime) -> Iterator[Matter]:
    yield from (_own(severity, at) for severity in Severity)
    every_site, every_hazard = _told_apart(table, known)
    for cell in product(every_site, every_hazard, _KINDS, Severity):
        yield _matter(cell, at, known)


def _matter(cell: _Cell, at: datetime, known: Known) -> Matter:
    site, hazard, kind, severity = cell
    return Matter(site, hazard, kind, severity, at, known.places_of.get(site, frozenset()))


def _own(severity: Severity, at: datetime) -> Matter:
    return Matter("system", "system", AlertKind.SYSTEM, severity, at)


def _times(table: RouteTable) -> _Times:
    """Sort all instants by which hours of routes hold: within a group routes are the same."""
    hours = [each for route in all_routes(table.routes) for each in route.times]
    groups: dict[tuple[bool, ...], list[datetime]] = {}
    for at in _instants(table):
        groups.setdefault(tuple(each.covers(at) for each in hours), []).append(at)
    return list(groups.values())


def _instants(table: RouteTable) -> list[datetime]:
    return instants(table.people.values(), table.rotas.values(), table.routes)


def _told_apart(table: RouteTable, known: Known) -> tuple[list[str], list[str]]:
    """Give the sites and hazards to try; where not all are known, those named and one other."""
    routes = list(all_routes(table.routes))
    sites, hazards = known.sites, known.hazards
    if sites is None:
        named = {site for route in routes for site in route.sites}
        named |= {site for person in table.people.values() for site in person.sites}
        sites = [*named, _OTHER]
    if hazards is None:
        hazards = [*{hazard for route in routes for hazard in route.hazards}, _OTHER]
    return sorted(sites), sorted(hazards)


class _Naming:
    """Everybody who could be told, on duty or not, and whether it is by a rota.

    A route names the same people for every matter of one site, so they are looked up once.
    """

    def __init__(self, table: RouteTable) -> None:
        self._table = table
        self._known: dict[tuple[int, str], list[tuple[Person, bool]]] = {}

    def of(self, matter: Matter) -> list[tuple[Person, bool]]:
        return [
            candidate
            for route in _matching(self._table.routes, matter)
            for candidate in self._by_route(route, matter)
        ]

    def _by_route(self, route: Route, matter: Matter) -> list[tuple[Person, bool]]:
        key = id(route), matter.site
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = list(self._table.roster.candidates(route, matter))
        return known


def _matching(routes: Sequence[Route], matter: Matter) -> Iterator[Route]:
    for route in routes:
        if route.why_not(matter) is None:
            yield route
            yield from _matching(route.routes, matter)


def _first_gap(named: Sequence[tuple[Person, bool]], times: Sequence[datetime]) -> str | None:
    """Give the first instant with none of them on duty."""
    if any(not person.leave and (by_rota or not person.hours) for person, by_rota in named):
        return None
    for instant in times:
        if not any(_is_on_duty(person, instant, by_rota=by_rota) for person, by_rota in named):
            people = list({person.id: person for person, _ in named}.values())
            zones: list[tzinfo | None] = [hours.zone for person in people for hours in person.hours]
            zones += [spell.ends.tzinfo for person in people for spell in person.leave]
            local = instant.astimezone(zones[0] if zones else None)
            names = ", ".join(person.name for person in people)
            return f"{local:%A %Y-%m-%d %H:%M} nobody of {names} is on duty"
    return None


def _is_on_duty(person: Person, now: datetime, *, by_rota: bool) -> bool:
    if by_rota:
        return person.why_away(now) is None
    return person.why_off_duty(now) is None


def _boxes(cells: _Cells) -> list[list[tuple[str, ...]]]:
    """Group cells into boxes: lists of values per dimension whose every combination is bare."""
    boxes: list[list[tuple[str, ...]]] = [
        [(site,), (hazard,), (kind.value,), (severity.word,)]
        for site, hazard, kind, severity in cells
    ]
    for dimension in (3, 2, 1, 0):
        grouped: dict[tuple[tuple[str, ...], ...], list[str]] = {}
        for box in boxes:
            rest = tuple(part for index, part in enumerate(box) if index != dimension)
            grouped.setdefault(rest, []).extend(box[dimension])
        boxes = [
            [*rest[:dimension], tuple(values), *rest[dimension:]]
            for rest, values in grouped.items()
        ]
    return boxes


def _phrase(box: Sequence[tuple[str, ...]], n_sites: int, n_hazards: int) -> str:
    sites, hazards, kinds, severities = box
    what = "any hazard" if len(hazards) == n_hazards else _some(hazards, "any other hazard")
    which = _which(severities)
    kind = "" if len(kinds) == len(_KINDS) else f", {' and '.join(kinds)} alerts,"
    where = "any site" if len(sites) == n_sites else _some(sites, "any other site")
    return f"{what} {which}{kind} at {where}"


def _which(severities: Sequence[str]) -> str:
    return "of any severity" if len(severities) == len(Severity) else "/".join(severities)


def _some(words: Sequence[str], other: str) -> str:
    return ", ".join(other if word == _OTHER else word for word in sorted(words, reverse=True))
