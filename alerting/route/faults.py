"""Mistakes in files of people and routes that their types cannot say, each with its line."""

from collections.abc import Collection, Iterator

from alerting.model import Severity
from alerting.route.build import MAX_HOLIDAY_DAYS
from alerting.route.cover import unattended, unrouted
from alerting.route.files import (
    ContactEntry,
    HolidaysFile,
    LadderEntry,
    LeaveEntry,
    MatchEntry,
    PeopleFile,
    RecipientsEntry,
    RotaEntry,
    RouteEntry,
    RoutesFile,
    StepsEntry,
)
from alerting.route.known import Known
from alerting.route.table import RouteTable
from sensors.document import Document, Fault, Location, did_you_mean, listed


def people_faults(document: Document, file: PeopleFile, known: Known) -> list[Fault]:
    """Find what is wrong with people and rotas."""
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
        faults += _unknown(document, (*here, "places"), "place", person.places, known.places)
        faults += _spell_faults(document, (*here, "leave"), person.leave)
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
    if isinstance(rota.handover, tuple) and rota.rotate != "shift" and len(rota.handover) > 1:
        what = f"rota {rota.id!r} changes by the {rota.rotate} and has several handovers"
        fix = "one handover, or `rotate: shift`, where each of them begins a turn"
        faults.append(document.fault((*here, "handover"), what, fix=fix))
    for index, each in enumerate(rota.instead):
        place: Location = (*here, "instead", index, "person")
        faults += _unknown(document, place, "person", [each.person], ids)
    faults += _spell_faults(document, (*here, "instead"), rota.instead)
    return faults


def _spell_faults(
    document: Document, here: Location, entries: Collection[LeaveEntry]
) -> list[Fault]:
    return [
        document.fault((*here, index, "until"), "it ends before it begins", fix="swap the two")
        for index, entry in enumerate(entries)
        if entry.until <= entry.starts
    ]


def holiday_faults(document: Document, file: HolidaysFile) -> list[Fault]:
    """Find what is wrong with the calendar."""
    faults = []
    for index, entry in enumerate(file.holidays):
        here: Location = ("holidays", index, "until")
        if entry.until < entry.starts:
            faults.append(document.fault(here, "it ends before it begins", fix="swap the two"))
        if (entry.until - entry.starts).days >= MAX_HOLIDAY_DAYS:
            what, allowed = "it is too long", f"at most {MAX_HOLIDAY_DAYS} days"
            faults.append(document.fault(here, what, allowed=allowed))
    for index, day in enumerate(file.working_days):
        if day.weekday() < 5:
            what = f"{day:%Y-%m-%d} is a {day:%A}, worked anyway"
            fix = "only weekends that are worked belong here"
            faults.append(document.fault(("working_days", index), what, fix=fix))
    return faults


def routes_faults(
    document: Document, file: RoutesFile, table: RouteTable | None, known: Known
) -> list[Fault]:
    """Find what is wrong with routes and ladders; without a table people are not looked up."""
    faults = _contact_faults(document, ("last_resort",), file.last_resort, known)
    found = list(_entries(file.routes, ("routes",)))
    first: dict[str, Location] = {}
    for here, entry in found:
        if entry.name in first:
            line = document.line((*first[entry.name], "name"))
            what = f"name {entry.name!r} is used twice, first on line {line}"
            faults.append(document.fault((*here, "name"), what, fix="choose another"))
        first.setdefault(entry.name, here)
    faults += _twice(document, "ladders", "id", [entry.id for entry in file.ladders])
    faults += _twice(document, "times", "id", [entry.id for entry in file.times])
    ladders, times = [e.id for e in file.ladders], [e.id for e in file.times]
    if file.ladder is not None:
        faults += _unknown(document, ("ladder",), "ladder", [file.ladder], ladders)
    for here, entry in found:
        named = [entry.ladder] if entry.ladder else []
        faults += _unknown(document, (*here, "ladder"), "ladder", named, ladders)
        faults += _match_faults(document, (*here, "match"), entry.match, known, times)
        faults += _over_faults(document, (*here, "over"), entry.over, known)
        faults += _told_faults(document, here, entry, table)
    for index, ladder in enumerate(file.ladders):
        faults += _ladder_faults(document, ("ladders", index), ladder, table, known)
    return faults


def _entries(
    entries: Collection[RouteEntry], here: Location
) -> Iterator[tuple[Location, RouteEntry]]:
    """Give every route of the tree with where it stands."""
    for index, entry in enumerate(entries):
        yield (*here, index), entry
        yield from _entries(entry.routes, (*here, index, "routes"))


def _match_faults(
    document: Document, here: Location, match: MatchEntry, known: Known, times: Collection[str]
) -> list[Fault]:
    faults = _unknown(document, (*here, "sites"), "site", match.sites, known.sites)
    faults += _unknown(document, (*here, "places"), "place", match.places, known.places)
    faults += _unknown(document, (*here, "hazards"), "hazard", match.hazards, known.hazards)
    faults += _unknown(document, (*here, "times"), "hours", match.times, times)
    if Severity.of(match.max_severity) < Severity.of(match.min_severity):
        what = f"it ends at {match.max_severity} before it begins at {match.min_severity}"
        faults.append(document.fault((*here, "max_severity"), what, fix="swap the two"))
    return faults


def _told_faults(
    document: Document, here: Location, entry: RouteEntry, table: RouteTable | None
) -> list[Fault]:
    told, to = entry.recipients, (*here, "recipients")
    is_inside = len(here) > 2
    if not (told.people or told.rotas or told.roles or is_inside):
        what = f"route {entry.name!r} names no recipient"
        return [document.fault(to, what, allowed="people, rotas, roles")]
    return _names_faults(document, to, told, table)


def _names_faults(
    document: Document, to: Location, told: RecipientsEntry, table: RouteTable | None
) -> list[Fault]:
    if table is None:
        return []
    roles = {person.role for person in table.people.values()}
    faults = _unknown(document, (*to, "people"), "person", told.people, table.people)
    faults += _unknown(document, (*to, "rotas"), "rota", told.rotas, table.rotas)
    return faults + _unknown(document, (*to, "roles"), "role", told.roles, roles)


def _ladder_faults(
    document: Document,
    here: Location,
    ladder: LadderEntry,
    table: RouteTable | None,
    known: Known,
) -> list[Fault]:
    faults = []
    for severity in Severity:
        steps: StepsEntry | None = getattr(ladder, severity.word)
        if steps is None:
            continue
        at: Location = (*here, severity.word)
        faults += _over_faults(document, (*at, "over"), steps.over, known)
        for index, rung in enumerate(steps.then):
            place: Location = (*at, "then", index)
            faults += _names_faults(document, (*place, "ask"), rung.ask, table)
            faults += _over_faults(document, (*place, "over"), rung.over, known)
            if rung.turn and not rung.ask.rotas:
                what = "`turn` counts turns of a rota, and none is asked"
                faults.append(document.fault((*place, "turn"), what, fix="name a rota, or none"))
    return faults


def _over_faults(
    document: Document, here: Location, over: Collection[str], known: Known
) -> list[Fault]:
    return _unknown(document, here, "channel", over, known.channels)


def _contact_faults(
    document: Document, here: Location, contact: ContactEntry, known: Known
) -> list[Fault]:
    if known.channels is not None and contact.channel not in known.channels:
        what = f"channel {contact.channel!r} is not known"
        fix = did_you_mean(contact.channel, known.channels)
        allowed = listed(sorted(known.channels))
        return [document.fault((*here, "channel"), what, allowed=allowed, fix=fix)]
    if known.why_refused is None:
        return []
    refused = known.why_refused(contact.channel, contact.address)
    return [] if refused is None else [document.fault((*here, "address"), refused)]


def cover_faults(document: Document, table: RouteTable, known: Known) -> list[Fault]:
    """Find the alerts that no route would tell anybody about, and the hours with nobody on duty."""
    fix = "add a last route without `match` that tells somebody"
    faults = [
        document.fault(("routes",), f"nobody would be told about {alerts}", fix=fix)
        for alerts in unrouted(table, known)
    ]
    names = [route.name for route in table.routes]
    for route, gap in unattended(table, known):
        what = f"route {route.name!r}: on {gap}; all of them would be told all the same"
        fix = "a rota, a stand-in with other hours, or somebody without hours"
        place: Location = ("routes", names.index(route.name))
        faults.append(document.fault(place, what, fix=fix))
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


_WHERE_FROM = {"place": "places are the outlines in map/; draw it there"}


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
            allowed=listed(sorted(known)) or f"no {what} is on file",
            fix=did_you_mean(name, known) or _WHERE_FROM.get(what, ""),
        )
        for index, name in enumerate(named)
        if name not in known
    ]
