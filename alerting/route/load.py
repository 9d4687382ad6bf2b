"""Reads people.yaml and routes.yaml into a `RouteTable` and reports every mistake at once."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path

from alerting.model import AlertKind, Recipient, Severity
from alerting.route.cover import unattended, unrouted
from alerting.route.files import (
    ContactEntry,
    PeopleFile,
    PersonEntry,
    RotaEntry,
    RouteEntry,
    RoutesFile,
    zone_named,
)
from alerting.route.people import DAYS, Hours, Person, Rota
from alerting.route.table import LAST_RESORT, Route, RouteTable
from sensors.document import Document, Fault, Location, check_model, did_you_mean, listed, load_yaml

PEOPLE_FILE = "people.yaml"
ROUTES_FILE = "routes.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the files may name; None where the caller does not know, and then it is not checked.

    `language` is that of people who name none. `why_refused` is asked about each address: channel
    and address, answer a reason or None.
    """

    sites: Collection[str] | None = None
    hazards: Collection[str] | None = None
    channels: Collection[str] = ("cap", "console", "webhook")
    why_refused: Callable[[str, str], str | None] | None = None
    language: str = "en"


NOTHING_KNOWN = Known()


def load_routes(directory: Path, known: Known = NOTHING_KNOWN) -> tuple[RouteTable, list[Fault]]:
    """Load people and routes from a directory; what could not be used is left out of the table.

    Even with faults the table answers: alerts that no route takes go to the console.
    """
    people_document = load_yaml(directory / PEOPLE_FILE)
    routes_document = load_yaml(directory / ROUTES_FILE)
    people_file, faults = check_model(people_document, PeopleFile)
    routes_file, route_faults = check_model(routes_document, RoutesFile)
    faults += route_faults
    people: tuple[Person, ...] = ()
    rotas: tuple[Rota, ...] = ()
    if people_file is not None:
        faults += _people_faults(people_document, people_file, known)
        people, rotas = _people(people_file, known), _rotas(people_file)
    if routes_file is None:
        return RouteTable(people=people, rotas=rotas), sorted(faults)
    faults += _contact_faults(routes_document, ("last_resort",), routes_file.last_resort, known)
    table = RouteTable(
        people=people,
        rotas=rotas,
        routes=[_route(entry) for entry in routes_file.routes],
        last_resort=_last_resort(routes_file.last_resort),
    )
    if people_file is not None:
        faults += _route_faults(routes_document, routes_file, table, known)
    if not faults:
        faults += _cover_faults(routes_document, table, known)
    return table, sorted(faults)


def _people(file: PeopleFile, known: Known) -> tuple[Person, ...]:
    language = file.language or known.language
    return tuple(_person(entry, file.timezone, language) for entry in file.people)


def _person(entry: PersonEntry, default_zone: str, language: str) -> Person:
    zone = zone_named(entry.timezone or default_zone)
    return Person(
        id=entry.id,
        name=entry.name,
        role=entry.role,
        roads=tuple(
            Recipient(
                id=entry.id,
                name=entry.name,
                channel=contact.channel,
                address=contact.address,
                language=entry.language or language,
            )
            for contact in entry.contacts
        ),
        sites=frozenset(entry.sites),
        hours=tuple(_hours(entry, zone)),
        stand_in=entry.stand_in or "",
    )


def _hours(entry: PersonEntry, zone: tzinfo) -> Iterable[Hours]:
    for hours in entry.on_duty:
        days = frozenset(DAYS.index(day) for day in hours.days)
        yield Hours(days=days, starts=hours.starts, ends=hours.until, zone=zone)


def _rotas(file: PeopleFile) -> tuple[Rota, ...]:
    return tuple(
        Rota(
            id=entry.id,
            name=entry.name,
            members=tuple(entry.members),
            turn_days=7 if entry.rotate == "week" else 1,
            anchor=entry.anchor,
            handover=entry.handover,
            zone=zone_named(entry.timezone or file.timezone),
        )
        for entry in file.rotas
    )


def _route(entry: RouteEntry) -> Route:
    return Route(
        name=entry.name,
        sites=frozenset(entry.match.sites),
        hazards=frozenset(entry.match.hazards),
        kinds=_with_doubtful(entry.match.kinds),
        min_severity=Severity.of(entry.match.min_severity),
        people=tuple(entry.recipients.people),
        rotas=tuple(entry.recipients.rotas),
        roles=tuple(entry.recipients.roles),
        repeat_every={
            Severity.of(word): None if every == "never" else every
            for word, every in entry.repeat_every.items()
        },
        is_continued=entry.is_continued,
    )


def _last_resort(contact: ContactEntry) -> Recipient:
    return Recipient(
        id=LAST_RESORT.id,
        name=LAST_RESORT.name,
        channel=contact.channel,
        address=contact.address,
    )


# --- what the types of the files cannot say ---


def _people_faults(document: Document, file: PeopleFile, known: Known) -> list[Fault]:
    ids = [person.id for person in file.people]
    faults = _twice(document, "people", "id", ids)
    faults += _twice(document, "rotas", "id", [rota.id for rota in file.rotas])
    for index, person in enumerate(file.people):
        here: Location = ("people", index)
        for place, contact in enumerate(person.contacts):
            faults += _contact_faults(document, (*here, "contacts", place), contact, known)
        if person.stand_in is not None:
            others = [person_id for person_id in ids if person_id != person.id]
            faults += _unknown(document, (*here, "stand_in"), "person", [person.stand_in], others)
        faults += _unknown(document, (*here, "sites"), "site", person.sites, known.sites)
    for index, rota in enumerate(file.rotas):
        faults += _rota_faults(document, ("rotas", index), rota, ids)
    return faults


def _rota_faults(
    document: Document, here: Location, rota: RotaEntry, ids: Collection[str]
) -> list[Fault]:
    faults = _unknown(document, (*here, "members"), "person", rota.members, ids)
    for index, member in enumerate(rota.members):
        if member in rota.members[:index]:
            what = f"rota {rota.id!r} names {member!r} twice"
            faults.append(document.fault((*here, "members", index), what, fix="keep one"))
    return faults


def _contact_faults(
    document: Document, here: Location, contact: ContactEntry, known: Known
) -> list[Fault]:
    if contact.channel not in known.channels:
        what = f"channel {contact.channel!r} is not known"
        fix = did_you_mean(contact.channel, known.channels)
        allowed = listed(sorted(known.channels))
        return [document.fault((*here, "channel"), what, allowed=allowed, fix=fix)]
    if known.why_refused is None:
        return []
    refused = known.why_refused(contact.channel, contact.address)
    return [] if refused is None else [document.fault((*here, "address"), refused)]


def _route_faults(
    document: Document, file: RoutesFile, table: RouteTable, known: Known
) -> list[Fault]:
    roles = {person.role for person in table.people.values()}
    faults = _twice(document, "routes", "name", [entry.name for entry in file.routes])
    for index, entry in enumerate(file.routes):
        here: Location = ("routes", index)
        to: Location = (*here, "recipients")
        told = entry.recipients
        faults += _unknown(document, (*to, "people"), "person", told.people, table.people)
        faults += _unknown(document, (*to, "rotas"), "rota", told.rotas, table.rotas)
        faults += _unknown(document, (*to, "roles"), "role", told.roles, roles)
        match: Location = (*here, "match")
        faults += _unknown(document, (*match, "sites"), "site", entry.match.sites, known.sites)
        faults += _unknown(
            document, (*match, "hazards"), "hazard", entry.match.hazards, known.hazards
        )
        if not (told.people or told.rotas or told.roles):
            what = f"route {entry.name!r} names no recipient"
            faults.append(document.fault(to, what, allowed="people, rotas, roles"))
    return faults


def _cover_faults(document: Document, table: RouteTable, known: Known) -> list[Fault]:
    fix = "add a last route without `match` that tells somebody"
    faults = [
        document.fault(("routes",), f"nobody would be told about {alerts}", fix=fix)
        for alerts in unrouted(table, known.sites, known.hazards)
    ]
    names = [route.name for route in table.routes]
    for route, gap in unattended(table, known.sites, known.hazards):
        line = document.line(("routes", names.index(route.name)))
        what = f"route {route.name!r}: on {gap}; they would all be told all the same"
        faults.append(Fault(document.path, line, what, is_warning=True))
    return faults


def _twice(document: Document, key: str, part: str, values: list[str]) -> list[Fault]:
    first: dict[str, int] = {}
    faults = []
    for index, value in enumerate(values):
        if value in first:
            line = document.line((key, first[value], part))
            what = f"{part} {value!r} is used twice, first on line {line}"
            faults.append(document.fault((key, index, part), what, fix="choose another"))
        first.setdefault(value, index)
    return faults


def _unknown(
    document: Document,
    here: Location,
    what: str,
    named: Collection[str],
    known: Collection[str] | None,
) -> list[Fault]:
    if known is None:
        return []
    return [
        document.fault(
            (*here, index),
            f"there is no {what} {name!r}",
            allowed=listed(sorted(known)),
            fix=did_you_mean(name, known),
        )
        for index, name in enumerate(named)
        if name not in known
    ]


def _with_doubtful(kinds: Iterable[AlertKind]) -> frozenset[AlertKind]:
    """Let whoever hears of sensors that are silent hear of those that cannot be believed."""
    named = frozenset(kinds)
    return named | {AlertKind.DOUBTFUL} if AlertKind.BLIND in named else named
