"""Finds the alerts nobody would be told about, before there are any.

Every combination of site, hazard, kind and severity that routes can tell apart is tried, with one
name that no file mentions standing for "any other". The program's own alerts belong to no site of
the district, so they are tried by themselves.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product

from alerting.model import AlertKind, Severity
from alerting.route.people import Person
from alerting.route.table import Matter, Route, RouteTable

MAX_GAPS = 20

_OTHER = "*"
_KINDS = tuple(kind for kind in AlertKind if kind is not AlertKind.SYSTEM)
_OWN = tuple(Matter("system", "system", AlertKind.SYSTEM, severity) for severity in Severity)
_MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
_STEP = timedelta(minutes=15)
_INSTANTS = tuple(_MONDAY + _STEP * n for n in range(7 * 24 * 4))

_Cell = tuple[str, str, AlertKind, Severity]
_Cells = Collection[_Cell]


def unrouted(
    table: RouteTable, sites: Collection[str] | None, hazards: Collection[str] | None
) -> list[str]:
    """Say in phrases which alerts no route tells anybody about.

    `sites` and `hazards` are all there are; None when that is not known.
    """
    every_site, every_hazard = _told_apart(table, sites, hazards)
    bare = [
        (site, hazard, kind, severity)
        for site, hazard, kind, severity in product(every_site, every_hazard, _KINDS, Severity)
        if not _named(table, Matter(site, hazard, kind, severity))
    ]
    boxes = _boxes(bare)
    shown = [_phrase(box, len(every_site), len(every_hazard)) for box in boxes[:MAX_GAPS]]
    if len(boxes) > MAX_GAPS:
        shown.append(f"{len(boxes) - MAX_GAPS} more combinations")
    own = tuple(matter.severity.word for matter in _OWN if not _named(table, matter))
    if own:
        shown.append(f"this program's own faults {_which(own)}")
    return shown


def unattended(
    table: RouteTable, sites: Collection[str] | None, hazards: Collection[str] | None
) -> list[tuple[Route, str]]:
    """Say for which routes' alerts there are hours of the week with nobody on duty, and when."""
    found: dict[frozenset[str], tuple[Route, str]] = {}
    checked: set[frozenset[str]] = set()
    every_site, every_hazard = _told_apart(table, sites, hazards)
    cells = product(every_site, every_hazard, _KINDS, Severity)
    for matter in (*_OWN, *(Matter(*cell) for cell in cells)):
        named = _named(table, matter)
        group = frozenset(person.id for person, _ in named)
        if not named or group in checked or any(is_rota for _, is_rota in named):
            continue
        checked.add(group)
        gap = _first_gap([person for person, _ in named])
        if gap is not None:
            route = next(route for route in table.routes if route.why_not(matter) is None)
            found[group] = (route, gap)
    return list(found.values())


def _told_apart(
    table: RouteTable, sites: Collection[str] | None, hazards: Collection[str] | None
) -> tuple[list[str], list[str]]:
    """Give the sites and hazards to try; where not all are known, those named and one other."""
    if sites is None:
        named = {site for route in table.routes for site in route.sites}
        named |= {site for person in table.people.values() for site in person.sites}
        sites = [*named, _OTHER]
    if hazards is None:
        hazards = [*{hazard for route in table.routes for hazard in route.hazards}, _OTHER]
    return sorted(sites), sorted(hazards)


def _named(table: RouteTable, matter: Matter) -> list[tuple[Person, bool]]:
    return [
        candidate
        for route in table.routes
        if route.why_not(matter) is None
        for candidate in table.candidates(route, matter.site)
    ]


def _first_gap(people: Sequence[Person]) -> str | None:
    """Give the first instant of a week, to a quarter of an hour, with none of them on duty."""
    if any(not person.hours for person in people):
        return None
    for instant in _INSTANTS:
        if all(person.why_off_duty(instant) for person in people):
            local = instant.astimezone(people[0].hours[0].zone)
            names = ", ".join(person.name for person in people)
            return f"{local:%A %H:%M} nobody of {names} is on duty"
    return None


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
