"""Reads people, routes and holidays into a `RouteTable`, and reports every mistake at once."""

from dataclasses import replace
from pathlib import Path

from alerting.route.build import calendar_of, last_resort_of, people_of, rotas_of, routes_of
from alerting.route.days import PLAIN, Calendar
from alerting.route.faults import cover_faults, holiday_faults, people_faults, routes_faults
from alerting.route.files import HolidaysFile, PeopleFile, RoutesFile
from alerting.route.known import NOTHING_KNOWN, Known
from alerting.route.people import Person, Rota
from alerting.route.table import RouteTable
from sensors.document import Fault, check_model, load_yaml

PEOPLE_FILE = "people.yaml"
ROUTES_FILE = "routes.yaml"
HOLIDAYS_FILE = "holidays.yaml"


def load_routes(directory: Path, known: Known = NOTHING_KNOWN) -> tuple[RouteTable, list[Fault]]:
    """Load people and routes from a directory; what could not be used is left out of the table.

    Even with faults the table answers: alerts that no route takes go to the console.
    """
    people_document = load_yaml(directory / PEOPLE_FILE)
    routes_document = load_yaml(directory / ROUTES_FILE)
    calendar, faults = _calendar(directory / HOLIDAYS_FILE)
    people_file, more = check_model(people_document, PeopleFile)
    routes_file, route_faults = check_model(routes_document, RoutesFile)
    faults += [*more, *route_faults]
    people: tuple[Person, ...] = ()
    rotas: tuple[Rota, ...] = ()
    stand_ins: tuple[str, ...] = ()
    if people_file is not None:
        stand_ins = people_file.console_stands_in_for
        if known.channels is not None:
            known = replace(known, channels=(*known.channels, *stand_ins))
        faults += people_faults(people_document, people_file, known)
        people, rotas = people_of(people_file, calendar, known.language), rotas_of(people_file)
    if routes_file is None:
        table = RouteTable(people=people, rotas=rotas)
        table.console_stands_in_for = stand_ins
        return table, sorted(faults)
    table = RouteTable(
        people=people,
        rotas=rotas,
        routes=routes_of(routes_file, calendar),
        last_resort=last_resort_of(routes_file.last_resort),
    )
    table.console_stands_in_for = stand_ins
    faults += routes_faults(
        routes_document, routes_file, table if people_file is not None else None, known
    )
    if not any(not fault.is_warning for fault in faults):
        faults += cover_faults(routes_document, table, known)
    return table, sorted(faults)


def _calendar(path: Path) -> tuple[Calendar, list[Fault]]:
    """Read the calendar; a district without one has only its weekends."""
    if not path.exists():
        return PLAIN, []
    document = load_yaml(path)
    file, faults = check_model(document, HolidaysFile)
    if file is None:
        return PLAIN, faults
    return calendar_of(file), [*faults, *holiday_faults(document, file)]
