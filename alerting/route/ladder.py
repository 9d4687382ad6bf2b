"""The ladder of people who are asked, rung by rung, until somebody acknowledges.

The first rung is the first notices: those whom the routes name. Each rung is waited on before the
next one is asked. After the last rung come rounds, in which everybody on the ladder is told again
together with the last resort; there is no end to them but an acknowledgement or the alert's own
end, only their pace slackens, so that nobody is ever left in silence and no telephone rings itself
to death.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from alerting.model import Recipient, Remark
from alerting.route.words import quoted

ROUNDS_AT_FULL_PACE = 30
SLOWEST = timedelta(hours=1)

FIRST_RUNG = "first notices"
REMINDER = "reminder"
ROUND = "round: everybody and the last resort"


_RUNGS_ZH = {
    FIRST_RUNG: "首次告知",
    REMINDER: "再次提醒",
    ROUND: "一轮：所有人和最后保底",
}


def rung_words(name: str) -> Remark:
    """Give the name of a step; those of a district's own ladder stand as they were written."""
    return Remark(name, _RUNGS_ZH.get(name) or quoted(name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """Whom one step asks, over which channels first, and how long it is waited for an answer.

    A rung that names nobody asks those whom the routes name now. Of a rota the person on duty is
    asked, or the one whose turn comes `turn` turns later. `is_round` asks everybody of the ladder
    and the last resort.
    """

    name: str
    wait: timedelta
    people: tuple[str, ...] = ()
    rotas: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    turn: int = 0
    over: tuple[str, ...] = ()
    is_round: bool = False

    @property
    def is_as_routed(self) -> bool:
        """Say whether those are asked whom the routes name."""
        return not (self.people or self.rotas or self.roles or self.is_round)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The rungs of one severity, first notices first, and how far apart the rounds after them."""

    name: str
    rungs: tuple[Rung, ...]
    every: timedelta

    def __post_init__(self) -> None:
        """Refuse what would ask nobody, or never wait."""
        if not self.rungs or self.every <= timedelta(0):
            raise ValueError("a ladder has at least one rung, and `every` is above zero")
        if any(rung.wait < timedelta(0) for rung in self.rungs):
            raise ValueError("a wait of a ladder is below zero")

    def rung(self, n: int) -> Rung:
        """Give the rung of step `n`, from 0; past the last one it is a round.

        >>> every = timedelta(minutes=5)
        >>> reminders(every).rung(0).name
        'first notices'
        >>> [reminders(every).rung(n).wait // every for n in (4, 33, 34, 35, 500)]
        [1, 1, 2, 4, 12]
        """
        if n < len(self.rungs):
            return self.rungs[n]
        slower = max(0, n - len(self.rungs) - ROUNDS_AT_FULL_PACE + 1)
        wait = self.every * 2 ** min(slower, 30)
        return Rung(name=ROUND, wait=min(wait, max(SLOWEST, self.every)), is_round=True)

    def later(self, n: int) -> Iterator[Rung]:
        """Give the rungs after step `n` that are no rounds."""
        yield from self.rungs[n + 1 :]


Roads = Sequence[Recipient]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom one rung asks now, each with their roads, and in sentences why these."""

    roads: tuple[Roads, ...]
    why: tuple[Remark, ...] = ()


def reminders(every: timedelta, name: str = "reminders") -> Ladder:
    """Give the ladder of who has none: the same people again, from the fourth time on everybody."""
    again = Rung(name=REMINDER, wait=every)
    first = replace(again, name=FIRST_RUNG)
    return Ladder(name=name, rungs=(first, again, again, again), every=every)
