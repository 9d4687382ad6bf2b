"""A ladder by hand and a router that knows it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alerting.model import Alert, Recipient
from alerting.route import LAST_RESORT, Asked, Ladder, Rung
from tests.unit.alerting_delivery.values import ANN, BOB

CAT = replace(ANN, id="cat", name="Cat Example", address="x:3")
PEOPLE = {person.id: person for person in (ANN, BOB, CAT)}
MINUTE = timedelta(minutes=1)


def rung(name: str, *people: str, wait: timedelta = 5 * MINUTE, **more: object) -> Rung:
    made = Rung(name=name, wait=wait, people=people)
    return replace(made, **more)  # type: ignore[arg-type]


LADDER = Ladder(
    name="test",
    rungs=(rung("first"), rung("voice", "ann", wait=2 * MINUTE), rung("deputy", "bob")),
    every=3 * MINUTE,
)


@dataclass
class LadderRouter:
    """Names Ann first, then whom the rungs name; a rung that names `nobody` has nobody."""

    steps: Ladder | None = LADDER
    routed: tuple[str, ...] = ("ann",)
    n_asked: list[str] = field(default_factory=list)

    def recipients(self, alert: Alert, now: datetime) -> Sequence[Sequence[Recipient]]:
        del alert, now
        return [(PEOPLE[name],) for name in self.routed]

    def ladder(self, alert: Alert, now: datetime) -> Ladder | None:
        del alert, now
        return self.steps

    def asked(self, alert: Alert, ladder: Ladder, rung: Rung, now: datetime) -> Asked:
        self.n_asked.append(rung.name)
        if rung.is_round:
            named = [*self.routed, *(p for each in ladder.rungs for p in each.people)]
            roads = self.roads_of([*named, LAST_RESORT.id])
            return Asked(roads=tuple(roads))
        if rung.people:
            return Asked(roads=tuple(self.roads_of(rung.people)))
        return Asked(roads=tuple(self.recipients(alert, now)))

    def roads_of(self, people: Collection[str]) -> Sequence[Sequence[Recipient]]:
        known = {**PEOPLE, LAST_RESORT.id: LAST_RESORT}
        return [(person,) for name, person in known.items() if name in people]
