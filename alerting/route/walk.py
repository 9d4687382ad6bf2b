"""Asks the tree of routes about one alert, and says in sentences what each of them answered.

Routes of one level are asked in order. One that matches and tells somebody ends the search there
unless it says `continue`; one that matches but has nobody to tell does not. The routes inside a
route are asked before it, and where they tell anybody it does not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerting.model import Remark
from alerting.route.match import Matter, Route
from alerting.route.roster import Choice, Roster, those_told
from alerting.route.words import quoted


@dataclass(frozen=True, slots=True)
class Visit:
    """One route as it was asked: why it does not match, whom it names, or what ended the search.

    `inner` says that routes inside it told somebody in its place.
    """

    route: Route
    why_not: Remark | None
    choices: tuple[Choice, ...] = ()
    inner: bool = False
    not_asked: tuple[str, ...] = ()

    @property
    def told(self) -> list[Choice]:
        """Give those who are told through this route."""
        return [choice for choice in self.choices if choice.why_not is None]


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


def lines_of(visits: Sequence[Visit], last_resort: Remark) -> list[Remark]:
    """Say in sentences which routes matched and why each person is or is not told."""
    lines: list[Remark] = []
    for visit in visits:
        lines += _visit_lines(visit)
        if visit.not_asked:
            lines.append(_not_asked_line(visit))
    choices = choices_of(visits)
    if any(choice.why_not is None for choice in choices):
        return lines
    names = ", ".join(choice.person.name for choice in those_told(choices).values())
    if names:
        everybody = Remark(
            f"nobody on duty was found, so everybody named is told: {names}",
            f"无人在班，故告知所有被指定的人：{names}",
        )
        return [*lines, everybody]
    nobody = Remark(
        f"no route names anybody, so the last resort is told: {last_resort.en}",
        f"没有路由指定任何人，故告知最后保底：{last_resort.zh}",
    )
    return [*lines, nobody]


def choice_line(choice: Choice, by: str, over: Sequence[str] = ()) -> Remark:
    """Say why one person is or is not told."""
    name, why_not = choice.person.name, choice.why_not
    if why_not is not None:
        return Remark(
            f"{name} is not told by {by!r}: {why_not.en}",
            f"{quoted(by)}不告知{name}：{why_not.zh}",
        )
    channels = [road.channel for road in choice.person.roads]
    road = next((channel for channel in over if channel in channels), channels[0])
    return Remark(
        f"{name} is told by {by!r} over {road}: {choice.why.en}",
        f"{quoted(by)}告知{name}（{road}）：{choice.why.zh}",
    )


def _visit_lines(visit: Visit) -> list[Remark]:
    name, zh = visit.route.name, f"路由{quoted(visit.route.name)}"
    why_not = visit.why_not
    if why_not is not None:
        return [Remark(f"route {name!r} does not match: {why_not.en}", f"{zh}不符合：{why_not.zh}")]
    if visit.inner:
        return [
            Remark(
                f"route {name!r} matches; routes inside it tell people in its place",
                f"{zh}符合；由其内的路由告知",
            )
        ]
    lines = [Remark(f"route {name!r} matches", f"{zh}符合")]
    lines += [choice_line(choice, name, visit.route.over) for choice in visit.choices]
    if not visit.choices:
        lines.append(Remark(f"route {name!r} names nobody", f"{zh}未指定任何人"))
    return lines


def _not_asked_line(visit: Visit) -> Remark:
    rest = ", ".join(repr(name) for name in visit.not_asked)
    zh = "、".join(map(quoted, visit.not_asked))
    return Remark(
        f"route {visit.route.name!r} does not continue, so {rest} was not asked",
        f"路由{quoted(visit.route.name)}不再往下，未询问{zh}",
    )
