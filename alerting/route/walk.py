"""Asks the tree of routes about one alert, and says in sentences what each of them answered.

Routes of one level are asked in order. One that matches and tells somebody ends the search there
unless it says `continue`; one that matches but has nobody to tell does not. The routes inside a
route are asked before it, and where they tell anybody it does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerting.route.match import Matter, Route
from alerting.route.roster import Choice, Roster, those_told


@dataclass(frozen=True, slots=True)
class Visit:
    """One route as it was asked: why it does not match, whom it names, or what ended the search.

    `inner` says that routes inside it told somebody in its place.
    """

    route: Route
    why_not: str | None
    choices: tuple[Choice, ...] = ()
    inner: bool = False
    not_asked: tuple[str, ...] = ()

    @property
    def told(self) -> list[Choice]:
        """Give those who are told through this route."""
        return [choice for choice in self.choices if not choice.why_not]


def walk(
    routes: Sequence[Route], roster: Roster, matter: Matter, now: datetime
) -> tuple[list[Visit], bool]:
    """Ask routes of one level; gives every route that was asked, and whether anybody is told."""
    visits: list[Visit] = []
    is_told = False
    for index, route in enumerate(routes):
        found, tells = _ask(route, roster, matter, now)
        visits += found
        is_told |= tells
        if tells and not route.is_continued:
            rest = tuple(each.name for each in routes[index + 1 :])
            visits[-1] = replace(visits[-1], not_asked=(*visits[-1].not_asked, *rest))
            break
    return visits, is_told


def _ask(route: Route, roster: Roster, matter: Matter, now: datetime) -> tuple[list[Visit], bool]:
    why_not = route.why_not(matter)
    if why_not is not None:
        return [Visit(route, why_not)], False
    inner, is_told = walk(route.routes, roster, matter, now)
    if is_told:
        return [Visit(route, None, inner=True), *inner], True
    visit = Visit(route, None, tuple(roster.choices(route, matter, now)))
    return [*inner, visit], bool(visit.told)


def choices_of(visits: Sequence[Visit]) -> list[Choice]:
    """Give everybody these routes name, those who are told and those who are not."""
    return [choice for visit in visits for choice in visit.choices]


def lines_of(visits: Sequence[Visit], last_resort: str) -> list[str]:
    """Say in sentences which routes matched and why each person is or is not told."""
    lines: list[str] = []
    for visit in visits:
        lines += _visit_lines(visit)
        if visit.not_asked:
            rest = ", ".join(repr(name) for name in visit.not_asked)
            lines.append(f"route {visit.route.name!r} does not continue, so {rest} was not asked")
    choices = choices_of(visits)
    if any(not choice.why_not for choice in choices):
        return lines
    names = ", ".join(choice.person.name for choice in those_told(choices).values())
    if names:
        return [*lines, f"nobody on duty was found, so everybody named is told: {names}"]
    return [*lines, f"no route names anybody, so the last resort is told: {last_resort}"]


def choice_line(choice: Choice, by: str, over: Sequence[str] = ()) -> str:
    """Say why one person is or is not told."""
    if choice.why_not:
        return f"{choice.person.name} is not told by {by!r}: {choice.why_not}"
    channels = [road.channel for road in choice.person.roads]
    road = next((channel for channel in over if channel in channels), channels[0])
    return f"{choice.person.name} is told by {by!r} over {road}: {choice.why}"


def _visit_lines(visit: Visit) -> list[str]:
    name = visit.route.name
    if visit.why_not is not None:
        return [f"route {name!r} does not match: {visit.why_not}"]
    if visit.inner:
        return [f"route {name!r} matches; routes inside it tell people in its place"]
    lines = [f"route {name!r} matches"]
    lines += [choice_line(choice, name, visit.route.over) for choice in visit.choices]
    if not visit.choices:
        lines.append(f"route {name!r} names nobody")
    return lines
