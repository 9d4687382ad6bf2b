"""Turns checked entries of the files into people, rotas, ladders and the tree of routes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo

from alerting.model import AlertKind, Recipient, Severity
from alerting.route.days import DAYS, Calendar, Hours, Spell
from alerting.route.files import (
    ContactEntry,
    HolidaysFile,
    HoursEntry,
    LadderEntry,
    LeaveEntry,
    PeopleFile,
    PersonEntry,
    RotaEntry,
    RouteEntry,
    RoutesFile,
    StepsEntry,
    zone_named,
)
from alerting.route.ladder import FIRST_RUNG, Ladder, Rung
from alerting.route.match import Route
from alerting.route.people import Instead, Person, Rota
from alerting.route.table import LAST_RESORT

MAX_HOLIDAY_DAYS = 60
# Roads whose messages can tell of one alert only.
_ONE_BY_ONE = frozenset({"cap"})
_TURN_DAYS = {"day": 1, "week": 7, "shift": 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What all entries of a file share."""

    zone: tzinfo
    language: str
    calendar: Calendar


def calendar_of(file: HolidaysFile) -> Calendar:
    """Give the calendar of a file, day by day."""
    holidays: dict[date, str] = {}
    for entry in file.holidays:
        count = min((entry.until - entry.starts).days + 1, MAX_HOLIDAY_DAYS)
        holidays |= {entry.starts + timedelta(days=n): entry.name for n in range(count)}
    return Calendar(holidays=holidays, working=frozenset(file.working_days))


def people_of(file: PeopleFile, calendar: Calendar, language: str) -> tuple[Person, ...]:
    """Give the people of a file."""
    common = Common(
        zone=zone_named(file.timezone), language=file.language or language, calendar=calendar
    )
    return tuple(_person(entry, common) for entry in file.people)


def _person(entry: PersonEntry, common: Common) -> Person:
    zone = zone_named(entry.timezone) if entry.timezone else common.zone
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
                language=entry.language or common.language,
                is_system=entry.system or contact.channel in _ONE_BY_ONE,
            )
            for contact in entry.contacts
        ),
        sites=frozenset(entry.sites),
        places=frozenset(entry.places),
        hours=hours_of(entry.on_duty, zone, common.calendar),
        leave=tuple(_spell(each, zone) for each in entry.leave),
        stand_in=entry.stand_in or "",
    )


def hours_of(entries: Iterable[HoursEntry], zone: tzinfo, calendar: Calendar) -> tuple[Hours, ...]:
    """Give hours of a zone and calendar."""
    return tuple(
        Hours(
            days=frozenset(DAYS.index(day) for day in entry.days),
            starts=entry.starts,
            ends=entry.until,
            zone=zone,
            calendar=calendar,
        )
        for entry in entries
    )


def _spell(entry: LeaveEntry, zone: tzinfo) -> Spell:
    return Spell(
        starts=entry.starts.replace(tzinfo=zone),
        ends=entry.until.replace(tzinfo=zone),
        note=entry.note,
    )


def rotas_of(file: PeopleFile) -> tuple[Rota, ...]:
    """Give the rotas of a file."""
    return tuple(_rota(entry, zone_named(entry.timezone or file.timezone)) for entry in file.rotas)


def _rota(entry: RotaEntry, zone: tzinfo) -> Rota:
    given = entry.handover
    handovers = given if isinstance(given, tuple) else (given,)
    return Rota(
        id=entry.id,
        name=entry.name,
        members=tuple(entry.members),
        turn_days=_TURN_DAYS[entry.rotate],
        anchor=entry.anchor,
        handover=handovers[0],
        handovers=handovers if entry.rotate == "shift" else handovers[:1],
        zone=zone,
        instead=tuple(Instead(spell=_spell(e, zone), person=e.person) for e in entry.instead),
    )


def routes_of(file: RoutesFile, calendar: Calendar) -> tuple[Route, ...]:
    """Give the tree of routes; what a route does not say itself it has from the one around it."""
    zone = zone_named(file.timezone)
    times = {entry.id: hours_of(entry.hours, zone, calendar) for entry in file.times}
    ladders = {entry.id: _ladders(entry) for entry in file.ladders}
    root = Route(name="", ladders=ladders.get(file.ladder or "", {}))
    return tuple(_route(entry, root, times, ladders) for entry in file.routes)


def _route(
    entry: RouteEntry,
    around: Route,
    times: Mapping[str, tuple[Hours, ...]],
    ladders: Mapping[str, Mapping[Severity, Ladder]],
) -> Route:
    told, match = entry.recipients, entry.match
    names_somebody = bool(told.people or told.rotas or told.roles)
    whom = told if names_somebody else around
    repeats = {
        Severity.of(word): None if every == "never" else every
        for word, every in entry.repeat_every.items()
    }
    route = Route(
        name=entry.name,
        sites=frozenset(match.sites),
        places=frozenset(match.places),
        hazards=frozenset(match.hazards),
        kinds=_with_doubtful(match.kinds),
        min_severity=Severity.of(match.min_severity),
        max_severity=Severity.of(match.max_severity),
        times=tuple(hours for name in match.times for hours in times.get(name, ())),
        people=tuple(whom.people),
        rotas=tuple(whom.rotas),
        roles=tuple(whom.roles),
        over=entry.over or around.over,
        ladders=ladders.get(entry.ladder, {}) if entry.ladder else around.ladders,
        repeat_every={**around.repeat_every, **repeats},
        is_continued=entry.is_continued,
    )
    inner = tuple(_route(each, route, times, ladders) for each in entry.routes)
    return replace(route, routes=inner)


def _ladders(entry: LadderEntry) -> dict[Severity, Ladder]:
    given = (entry.minor, entry.moderate, entry.severe, entry.extreme)
    return {
        severity: _ladder(entry.id, steps)
        for severity, steps in zip(Severity, given, strict=True)
        if steps is not None
    }


def _ladder(name: str, steps: StepsEntry) -> Ladder:
    first = Rung(name=FIRST_RUNG, wait=steps.wait, over=tuple(steps.over))
    later = tuple(
        Rung(
            name=rung.name or f"step {n}",
            wait=rung.wait,
            people=tuple(rung.ask.people),
            rotas=tuple(rung.ask.rotas),
            roles=tuple(rung.ask.roles),
            turn=rung.turn,
            over=tuple(rung.over),
        )
        for n, rung in enumerate(steps.then, start=1)
    )
    return Ladder(name=name, rungs=(first, *later), every=steps.every)


def last_resort_of(contact: ContactEntry) -> Recipient:
    """Give the last resort of a file."""
    return replace(LAST_RESORT, channel=contact.channel, address=contact.address)


def _with_doubtful(kinds: Iterable[AlertKind]) -> frozenset[AlertKind]:
    """Let whoever hears of sensors that are silent hear of those that cannot be believed."""
    named = frozenset(kinds)
    return named | {AlertKind.DOUBTFUL} if AlertKind.BLIND in named else named
