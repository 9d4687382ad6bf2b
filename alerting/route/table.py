"""Which people are to be told about an alert now, and in words why these and not others.

Routes are asked in order. One that matches and has somebody on duty ends the search unless it says
`continue`; one that matches but has nobody to tell does not. When nobody at all is on duty,
everybody those routes name is told; when they name nobody, the last resort is. So the answer is
never empty.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerting.model import Alert, AlertKind, Recipient, Severity
from alerting.route.ladder import Asked, Ladder, Rung, reminders
from alerting.route.people import Person, Rota

MAX_ROADS = 8

# How soon a severity must be acknowledged before people are reminded (domain reference F4).
REPEAT_EVERY: Mapping[Severity, timedelta] = {
    Severity.MINOR: timedelta(minutes=30),
    Severity.MODERATE: timedelta(minutes=15),
    Severity.SEVERE: timedelta(minutes=10),
    Severity.EXTREME: timedelta(minutes=5),
}

LAST_RESORT = Recipient(
    id="last-resort", name="whoever watches the console", channel="console", address=""
)


@dataclass(frozen=True, slots=True)
class Matter:
    """What routes look at in an alert."""

    site: str
    hazard: str
    kind: AlertKind
    severity: Severity

    @classmethod
    def of(cls, alert: Alert) -> "Matter":
        """Give what routes look at."""
        return cls(alert.site, alert.hazard, alert.kind, alert.severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One entry of routes.yaml; an empty matcher matches everything.

    `repeat_every` holds None for a severity that is never repeated.
    """

    name: str
    sites: frozenset[str] = frozenset()
    hazards: frozenset[str] = frozenset()
    kinds: frozenset[AlertKind] = frozenset()
    min_severity: Severity = Severity.MINOR
    people: tuple[str, ...] = ()
    rotas: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    repeat_every: Mapping[Severity, timedelta | None] = field(default_factory=dict)
    is_continued: bool = False

    def why_not(self, matter: Matter) -> str | None:
        """Say why this route does not match; None when it does."""
        if self.sites and matter.site not in self.sites:
            return f"it is for {_either(self.sites)}, not {matter.site}"
        if self.hazards and matter.hazard not in self.hazards:
            return f"it is for {_either(self.hazards)}, not {matter.hazard}"
        if self.kinds and matter.kind not in self.kinds:
            return f"it is for {_either(self.kinds)} alerts, not {matter.kind}"
        if matter.severity < self.min_severity:
            return f"it begins at {self.min_severity.word}, this is {matter.severity.word}"
        return None

    def repeat(self, severity: Severity) -> timedelta | None:
        """Give after how long an unacknowledged notice is repeated; None for never."""
        return self.repeat_every.get(severity, REPEAT_EVERY[severity])


@dataclass(frozen=True, slots=True)
class Choice:
    """One person a route names: told because `why`, or not told because `why_not`."""

    person: Person
    why: str
    why_not: str = ""
    is_off_duty: bool = False
    then: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Visit:
    """One route as it was asked: why it does not match, or whom it names."""

    route: Route
    why_not: str | None
    choices: tuple[Choice, ...] = ()

    @property
    def told(self) -> list[Choice]:
        """Give those who are told through this route."""
        return [choice for choice in self.choices if not choice.why_not]


class RouteTable:
    """People, rotas and routes of one district; implements `alerting.ports.Router`."""

    def __init__(
        self,
        *,
        people: Sequence[Person] = (),
        rotas: Sequence[Rota] = (),
        routes: Sequence[Route] = (),
        last_resort: Recipient = LAST_RESORT,
    ) -> None:
        """Take checked values; ids that are named and do not exist are ignored."""
        self.people = {person.id: person for person in people}
        self.rotas = {rota.id: rota for rota in map(self._without_unknown, rotas) if rota.members}
        self.routes = tuple(routes)
        self._last_resort = last_resort

    def recipients(self, alert: Alert, now: datetime) -> Sequence[Sequence[Recipient]]:
        """Give one sequence per person to tell: the first road to try, then the fall-backs.

        After a person's own roads come those of the next on the rota or of their stand-in.
        """
        told = self._told(self._visits(Matter.of(alert), now))
        return [self._roads(choice) for choice in told.values()] or [(self._last_resort,)]

    def why(self, alert: Alert, now: datetime) -> list[str]:
        """Say in sentences which route matched and why each person is or is not told."""
        visits = self._visits(Matter.of(alert), now)
        lines: list[str] = []
        for visit in visits:
            lines += _visit_lines(visit)
        if len(visits) < len(self.routes):
            last = visits[-1].route.name
            rest = ", ".join(repr(route.name) for route in self.routes[len(visits) :])
            lines.append(f"route {last!r} does not continue, so {rest} was not asked")
        if not any(visit.told for visit in visits):
            lines.append(self._why_fallen_back(visits))
        return lines

    def ladder(self, alert: Alert, now: datetime) -> Ladder | None:
        """Give the ladder of an alert as it is; None when its routes say never to ask again.

        Where several routes tell somebody, the shortest of their intervals counts.
        """
        visits = [v for v in self._visits(Matter.of(alert), now) if v.why_not is None]
        visits = [visit for visit in visits if visit.told] or visits
        asked = [visit.route.repeat(alert.severity) for visit in visits]
        if not asked:
            return reminders(REPEAT_EVERY[alert.severity])
        every = min((every for every in asked if every is not None), default=None)
        return None if every is None else reminders(every)

    def asked(self, alert: Alert, ladder: Ladder, rung: Rung, now: datetime) -> Asked:
        """Say whom a rung asks; a round always asks the last resort too."""
        del ladder
        visits = self._visits(Matter.of(alert), now)
        again = [visit for visit in visits if visit.route.repeat(alert.severity) is not None]
        told = self._told(again) or self._told(visits)
        roads = [self._roads(choice) for choice in told.values()]
        if rung.is_round or not roads:
            roads.append((self._last_resort,))
        return Asked(roads=tuple(roads))

    def roads_of(self, people: Collection[str]) -> Sequence[Sequence[Recipient]]:
        """Give the roads of people by id; those who are no longer on file are left out."""
        found: list[Sequence[Recipient]] = [
            person.roads for person in self.people.values() if person.id in people
        ]
        if self._last_resort.id in people:
            found.append((self._last_resort,))
        return found

    def candidates(self, route: Route, site: str) -> Iterator[tuple[Person, bool]]:
        """Give everybody a route names who answers for a site, and whether it is by a rota."""
        for rota in self._rotas_of(route):
            yield from ((self.people[member], True) for member in rota.members)
        for person, _ in self._named(route):
            if person.why_not_for(site) is None:
                yield person, False
                if person.stand_in in self.people:
                    yield self.people[person.stand_in], False

    def _visits(self, matter: Matter, now: datetime) -> list[Visit]:
        visits: list[Visit] = []
        for route in self.routes:
            why_not = route.why_not(matter)
            choices = () if why_not else tuple(self._choices(route, matter.site, now))
            visit = Visit(route, why_not, choices)
            visits.append(visit)
            if visit.told and not route.is_continued:
                break
        return visits

    def _choices(self, route: Route, site: str, now: datetime) -> Iterator[Choice]:
        for rota in self._rotas_of(route):
            first, *later = rota.order(now)
            yield Choice(self.people[first], f"on duty in rota {rota.name}", then=tuple(later))
            for member in later:
                why_not = f"{self.people[first].name} is on duty in rota {rota.name}"
                yield Choice(self.people[member], "", why_not=why_not)
        for person, why in self._named(route):
            elsewhere = person.why_not_for(site)
            off_duty = person.why_off_duty(now)
            yield Choice(
                person,
                why,
                why_not=elsewhere or off_duty or "",
                is_off_duty=elsewhere is None and off_duty is not None,
                then=(person.stand_in,) if person.stand_in else (),
            )
            stand_in = self.people.get(person.stand_in)
            if elsewhere is None and off_duty is not None and stand_in is not None:
                why_not = stand_in.why_off_duty(now) or ""
                yield Choice(stand_in, f"stands in for {person.name}", why_not=why_not)

    def _named(self, route: Route) -> Iterator[tuple[Person, str]]:
        for person_id in route.people:
            if person_id in self.people:
                yield self.people[person_id], "named"
        for role in route.roles:
            for person in self.people.values():
                if person.role == role:
                    yield person, f"role {role}"

    def _without_unknown(self, rota: Rota) -> Rota:
        return replace(rota, members=tuple(m for m in rota.members if m in self.people))

    def _rotas_of(self, route: Route) -> Iterator[Rota]:
        for rota_id in route.rotas:
            rota = self.rotas.get(rota_id)
            if rota is not None:
                yield rota

    def _told(self, visits: Sequence[Visit]) -> dict[str, Choice]:
        """Give who is told by person id, once each; those off duty only when there is no other."""
        told: dict[str, Choice] = {}
        for visit in visits:
            for choice in visit.told:
                told.setdefault(choice.person.id, choice)
        if told:
            return told
        for visit in visits:
            for choice in visit.choices:
                if choice.is_off_duty:
                    told.setdefault(choice.person.id, choice)
        return told

    def _roads(self, choice: Choice) -> tuple[Recipient, ...]:
        roads = list(choice.person.roads)
        for person_id in choice.then:
            person = self.people.get(person_id)
            if person is not None and person.id != choice.person.id:
                roads += person.roads
        return tuple(dict.fromkeys(roads))[:MAX_ROADS]

    def _why_fallen_back(self, visits: Sequence[Visit]) -> str:
        told = self._told(visits)
        if told:
            names = ", ".join(choice.person.name for choice in told.values())
            return f"nobody on duty was found, so everybody named is told: {names}"
        resort = self._last_resort
        return f"no route names anybody, so the last resort is told: {resort.name}"


def _visit_lines(visit: Visit) -> list[str]:
    name = visit.route.name
    if visit.why_not is not None:
        return [f"route {name!r} does not match: {visit.why_not}"]
    lines = [f"route {name!r} matches"]
    for choice in visit.choices:
        if choice.why_not:
            lines.append(f"{choice.person.name} is not told by {name!r}: {choice.why_not}")
            continue
        road = choice.person.roads[0].channel
        lines.append(f"{choice.person.name} is told by {name!r} over {road}: {choice.why}")
    if not visit.choices:
        lines.append(f"route {name!r} names nobody")
    return lines


def _either(words: frozenset[str] | frozenset[AlertKind]) -> str:
    return " or ".join(sorted(str(word) for word in words))
