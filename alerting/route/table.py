"""Which people are to be told about an alert now, and in words why these and not others.

The tree of routes says who (`walk`). When nobody at all is on duty, everybody those routes name is
told; when they name nobody, the last resort is. So the answer is never empty. The ladder of the
first route that tells somebody says who is asked next while nobody acknowledges.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from alerting.model import Alert, Recipient, Remark
from alerting.route.ladder import Asked, Ladder, Roads, Rung, reminders
from alerting.route.match import REPEAT_EVERY, Matter, Route
from alerting.route.people import Person, Rota
from alerting.route.roster import Choice, Roster, those_told
from alerting.route.walk import Visit, choice_line, choices_of, lines_of, walk

LAST_RESORT = Recipient(
    id="last-resort", name="whoever watches the console", channel="console", address=""
)

_LAST_RESORT_ZH = "看守控制台的人"

# The names of district, street and village in which an alert lies.
PlacesOf = Callable[[Alert], frozenset[str]]


class RouteTable:
    """People, rotas, routes and ladders of one district; implements `alerting.ports.Router`.

    `places_of` is given by whoever knows the map; without it no alert lies in a named place.
    `console_stands_in_for` are channels that people may name before anybody has set them up.
    """

    def __init__(
        self,
        *,
        people: Sequence[Person] = (),
        rotas: Sequence[Rota] = (),
        routes: Sequence[Route] = (),
        last_resort: Recipient = LAST_RESORT,
    ) -> None:
        """Take checked values; ids that are named and do not exist are ignored."""
        self.roster = Roster(people, rotas)
        self.routes = tuple(routes)
        self.last_resort = last_resort
        self.console_stands_in_for: tuple[str, ...] = ()
        self.places_of: PlacesOf = lambda _alert: frozenset()

    @property
    def people(self) -> dict[str, Person]:
        """Give everybody on file by id."""
        return self.roster.people

    @property
    def rotas(self) -> dict[str, Rota]:
        """Give the rotas by id."""
        return self.roster.rotas

    def recipients(self, alert: Alert, now: datetime) -> Sequence[Roads]:
        """Give one sequence per person to tell: the first road to try, then the fall-backs.

        After a person's own roads come those of the next on the rota or of their stand-in.
        """
        return self._roads(self._visits(alert, now)) or [(self.last_resort,)]

    def why(self, alert: Alert, now: datetime) -> list[Remark]:
        """Say in sentences which route matched and why each person is or is not told."""
        return lines_of(self._visits(alert, now), name_words(self.last_resort))

    def ladder(self, alert: Alert, now: datetime) -> Ladder | None:
        """Give the ladder of an alert as it is; None when its routes say never to ask again.

        The first route that tells somebody and has a ladder for the severity gives it; where none
        has, people are reminded at the shortest interval of the routes that tell them.
        """
        visits = _telling(self._visits(alert, now))
        if not visits:
            return reminders(REPEAT_EVERY[alert.severity])
        intervals = [visit.route.repeat(alert.severity) for visit in visits]
        asked = [every for every in intervals if every is not None]
        if not asked:
            return None
        for visit, every in zip(visits, intervals, strict=True):
            if every is not None and alert.severity in visit.route.ladders:
                return visit.route.ladders[alert.severity]
        return reminders(min(asked))

    def asked(self, alert: Alert, ladder: Ladder, rung: Rung, now: datetime) -> Asked:
        """Say whom a rung asks; a round asks everybody and the last resort."""
        if rung.is_round:
            return self._everybody(alert, ladder, now)
        if rung.is_as_routed:
            visits = self._visits(alert, now)
            again = [v for v in visits if v.route.repeat(alert.severity) is not None]
            roads = self._roads(again, rung.over) or self._roads(visits, rung.over)
            return Asked(roads=tuple(roads) or ((self.last_resort,),))
        matter = Matter.of(alert, now, self.places_of(alert))
        choices = list(self.roster.choices(rung, matter, now))
        told = those_told(choices).values()
        return Asked(
            roads=tuple(self.roster.roads(choice, rung.over) for choice in told),
            why=tuple(choice_line(choice, rung.name, rung.over) for choice in choices),
        )

    def roads_of(self, people: Collection[str]) -> Sequence[Roads]:
        """Give the roads of people by id; those who are no longer on file are left out."""
        found: list[Roads] = [
            person.roads for person in self.people.values() if person.id in people
        ]
        if self.last_resort.id in people:
            found.append((self.last_resort,))
        return found

    def _everybody(self, alert: Alert, ladder: Ladder, now: datetime) -> Asked:
        found = dict[str, Roads]()
        first, *rungs = ladder.rungs
        for rung in (first, *(each for each in rungs if not each.is_as_routed)):
            for roads in self.asked(alert, ladder, rung, now).roads:
                found.setdefault(roads[0].id, roads)
        found.setdefault(self.last_resort.id, (self.last_resort,))
        return Asked(roads=tuple(found.values()))

    def _visits(self, alert: Alert, now: datetime) -> list[Visit]:
        matter = Matter.of(alert, now, self.places_of(alert))
        return walk(self.routes, self.roster, matter, now)[0]

    def _roads(self, visits: Sequence[Visit], over: tuple[str, ...] = ()) -> list[Roads]:
        told = those_told(choices_of(visits))
        through = {
            choice.person.id: visit.route.over
            for visit in reversed(visits)
            for choice in _told_by(visit)
        }
        return [
            self.roster.roads(choice, over or through.get(choice.person.id, ()))
            for choice in told.values()
        ]


def name_words(recipient: Recipient) -> Remark:
    """Give the name of somebody; that of the last resort nobody chose is ours."""
    is_ours = recipient.name == LAST_RESORT.name
    return Remark(recipient.name, _LAST_RESORT_ZH if is_ours else recipient.name)


def _telling(visits: Sequence[Visit]) -> list[Visit]:
    """Give the routes that tell somebody; where none does, all that match."""
    asked = [visit for visit in visits if visit.why_not is None and not visit.inner]
    return [visit for visit in asked if visit.told] or asked


def _told_by(visit: Visit) -> list[Choice]:
    return visit.told or list(visit.choices)
