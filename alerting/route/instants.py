"""The instants at which it can change who is on duty: enough to try to find every gap.

Between two of them nothing changes, so trying each one tries every hour of a week without holidays
and of every day the files name: holidays, worked weekends, leave and swaps.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from alerting.route.days import Calendar, Spell
from alerting.route.match import Route
from alerting.route.people import Person, Rota

MAX_SPELL_DAYS = 60
_MONDAY = date(2026, 1, 5)
_DAY = timedelta(days=1)


def all_routes(routes: Iterable[Route]) -> Iterator[Route]:
    """Give every route of a tree."""
    for route in routes:
        yield route
        yield from all_routes(route.routes)


def instants(
    people: Iterable[Person], rotas: Iterable[Rota], routes: Iterable[Route]
) -> list[datetime]:
    """Give the instants to try, in order."""
    people, rotas = list(people), list(rotas)
    hours = [each for person in people for each in person.hours]
    hours += [each for route in all_routes(routes) for each in route.times]
    spells = [spell for person in people for spell in person.leave]
    spells += [each.spell for rota in rotas for each in rota.instead]
    clocks = {(each.zone, at) for each in hours for at in (each.starts, each.ends)}
    clocks |= {(rota.zone, at) for rota in rotas for at in rota.changes_at}
    clocks |= {(zone, time(0)) for zone in {zone for zone, _ in clocks}}
    calendars = [each.calendar for each in hours]
    days = {*_plain_week(calendars), *(day for each in calendars for day in each.special)}
    days |= {day for spell in spells for day in _days_of(spell)}
    found = {_instant(day, at, zone) for day in days for zone, at in clocks}
    found |= {edge for spell in spells for edge in (spell.starts, spell.ends)}
    return sorted(each.astimezone(UTC) for each in found)


def _plain_week(calendars: Iterable[Calendar]) -> list[date]:
    """Give a week in which every day is what its weekday says."""
    special = {day for calendar in calendars for day in calendar.special}
    monday = _MONDAY
    while special & {monday + n * _DAY for n in range(-1, 8)}:
        monday -= 7 * _DAY
    return [monday + n * _DAY for n in range(7)]


def _days_of(spell: Spell) -> Iterator[date]:
    count = min((spell.ends - spell.starts).days + 2, MAX_SPELL_DAYS)
    return (spell.starts.date() + n * _DAY for n in range(count))


def _instant(day: date, at: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, at, zone)
