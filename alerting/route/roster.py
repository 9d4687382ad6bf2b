"""People and rotas, and whom of them a route or a rung names now."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from alerting.model import Recipient, Remark
from alerting.route.match import Matter
from alerting.route.people import Person, Rota
from alerting.route.words import noted, quoted

MAX_ROADS = 8


class Names(Protocol):
    """Whom a route or a rung names: people by id, whoever has a turn in a rota, roles."""

    @property
    def people(self) -> tuple[str, ...]:
        """Give ids of people."""
        ...

    @property
    def rotas(self) -> tuple[str, ...]:
        """Give ids of rotas."""
        ...

    @property
    def roles(self) -> tuple[str, ...]:
        """Give roles."""
        ...

    @property
    def turn(self) -> int:
        """Give how many turns after the one on duty."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """One person who is named: told because `why`, or not told because `why_not`."""

    person: Person
    why: Remark
    why_not: Remark | None = None
    is_off_duty: bool = False
    then: tuple[str, ...] = ()


class Roster:
    """Everybody on file; ids that are named and do not exist are ignored."""

    def __init__(self, people: Sequence[Person], rotas: Sequence[Rota]) -> None:
        """Take checked values."""
        self.people = {person.id: person for person in people}
        self.rotas = {rota.id: rota for rota in map(self._without_unknown, rotas) if rota.members}

    def candidates(self, names: Names, matter: Matter) -> Iterator[tuple[Person, bool]]:
        """Give everybody a route names who answers for a place, and whether it is by a rota."""
        for rota in self._rotas_of(names):
            taken = (each.person for each in rota.instead)
            yield from ((self.people[member], True) for member in (*rota.members, *taken))
        for person, _ in self._named(names):
            if person.why_not_for(matter.site, matter.places) is None:
                yield person, False
                if person.stand_in in self.people:
                    yield self.people[person.stand_in], False

    def choices(self, names: Names, matter: Matter, now: datetime) -> Iterator[Choice]:
        """Give everybody who is named, and why each of them is or is not told now."""
        for rota in self._rotas_of(names):
            yield from self._of_rota(rota, names.turn, now)
        for person, why in self._named(names):
            yield from self._of_person(person, why, matter, now)

    def roads(self, choice: Choice, over: Sequence[str] = ()) -> tuple[Recipient, ...]:
        """Give the roads to a person, those `over` some channels first, then to who is next."""
        roads = _ordered(choice.person, over)
        for person_id in choice.then:
            person = self.people.get(person_id)
            if person is not None and person.id != choice.person.id:
                roads += _ordered(person, over)
        return tuple(dict.fromkeys(roads))[:MAX_ROADS]

    def _of_rota(self, rota: Rota, turn: int, now: datetime) -> Iterator[Choice]:
        """Give the members of a rota in the order of their turns, without those on leave."""
        order = [self.people[member] for member in rota.order(now)]
        called = quoted(rota.name)
        why = Remark(f"on duty in rota {rota.name}", f"在{called}当班")
        taken = rota.instead_now(now)
        if taken is not None and taken.person in self.people:
            order = [self.people[taken.person], *(p for p in order if p.id != taken.person)]
            swap = Remark(f"has taken the duty in rota {rota.name}", f"在{called}替班")
            why = noted(swap, taken.spell.note)
        away = {person.id: person.why_away(now) for person in order}
        here = [person for person in order if away[person.id] is None]
        for person in order:
            if away[person.id] is not None:
                yield Choice(person, why, why_not=away[person.id], is_off_duty=not here)
        if turn:
            why = Remark(
                f"turn {turn} after the one on duty in rota {rota.name}",
                f"在{called}当班者之后第{turn}位",
            )
        if turn >= len(here):
            return
        first, later = here[turn], (*here[turn + 1 :], *here[:turn])
        yield Choice(first, why, then=tuple(person.id for person in later))
        instead = Remark(f"{first.name} is {why.en}", f"{why.zh}的是{first.name}")
        for person in later:
            yield Choice(person, why, why_not=instead)

    def _of_person(
        self, person: Person, why: Remark, matter: Matter, now: datetime
    ) -> Iterator[Choice]:
        elsewhere = person.why_not_for(matter.site, matter.places)
        off_duty = person.why_off_duty(now)
        yield Choice(
            person,
            why,
            why_not=elsewhere or off_duty,
            is_off_duty=elsewhere is None and off_duty is not None,
            then=(person.stand_in,) if person.stand_in else (),
        )
        stand_in = self.people.get(person.stand_in)
        if elsewhere is None and off_duty is not None and stand_in is not None:
            stands_in = Remark(f"stands in for {person.name}", f"代替{person.name}")
            yield Choice(stand_in, stands_in, why_not=stand_in.why_off_duty(now))

    def _named(self, names: Names) -> Iterator[tuple[Person, Remark]]:
        for person_id in names.people:
            if person_id in self.people:
                yield self.people[person_id], Remark("named", "被点名")
        for role in names.roles:
            for person in self.people.values():
                if person.role == role:
                    yield person, Remark(f"role {role.replace('_', ' ')}", f"职务为{quoted(role)}")

    def _without_unknown(self, rota: Rota) -> Rota:
        members = tuple(member for member in rota.members if member in self.people)
        instead = tuple(each for each in rota.instead if each.person in self.people)
        return replace(rota, members=members, instead=instead)

    def _rotas_of(self, names: Names) -> Iterator[Rota]:
        for rota_id in names.rotas:
            rota = self.rotas.get(rota_id)
            if rota is not None:
                yield rota


def those_told(choices: Sequence[Choice]) -> dict[str, Choice]:
    """Give who is told by person id, once each; those off duty only when there is no other."""
    told: dict[str, Choice] = {}
    for choice in choices:
        if choice.why_not is None:
            told.setdefault(choice.person.id, choice)
    if told:
        return told
    for choice in choices:
        if choice.is_off_duty:
            told.setdefault(choice.person.id, choice)
    return told


def _ordered(person: Person, over: Sequence[str]) -> list[Recipient]:
    """Give a person's roads, those of the wanted channels first and in that order."""
    ranks = {channel: rank for rank, channel in enumerate(over)}
    return sorted(person.roads, key=lambda road: ranks.get(road.channel, len(ranks)))
