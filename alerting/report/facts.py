"""What only people know of an incident: casualties, cause, loss, needs; entered, never guessed.

Entries are actions of the record, only ever added to; the newest word on each fact counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from enum import StrEnum

import msgspec

from alerting.ports import Action

ENTERED = "report_facts"
MADE = "report"


class Stage(StrEnum):
    """Which report it is."""

    FIRST = "first"
    FOLLOW = "follow"
    FINAL = "final"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was entered; None and "" where nobody said anything."""

    dead: int | None = None
    injured: int | None = None
    missing: int | None = None
    loss_cny: float | None = None
    cause: str = ""
    needs: str = ""

    @property
    def is_anything(self) -> bool:
        """Say whether anything was entered."""
        return self != Facts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The facts together, who reported last, and which reports were made and when."""

    facts: Facts = Facts()
    reporter: str = ""
    made: tuple[tuple[Stage, Action], ...] = ()

    def last(self) -> Action | None:
        """Give the newest report that was made."""
        return self.made[-1][1] if self.made else None

    def number(self, stage: Stage) -> int:
        """Count the reports of a stage that were made."""
        return sum(each is stage for each, _ in self.made)


def detail_of(facts: Facts) -> str:
    """Give facts as the detail of an action."""
    return msgspec.json.encode(facts).decode()


def known_from(actions: Iterable[Action]) -> Known:
    """Put together what was entered and made; an entry that cannot be read is passed over."""
    known = Known()
    for action in sorted(actions, key=lambda each: each.at):
        if action.action == ENTERED:
            known = replace(known, facts=_over(known.facts, action.detail), reporter=action.actor)
        elif action.action == MADE and action.detail in set(Stage):
            made = (*known.made, (Stage(action.detail), action))
            known = replace(known, made=made, reporter=action.actor)
    return known


def why_not(known: Known, stage: Stage, *, is_over: bool) -> str | None:
    """Say why a report may not be made now; None when it may."""
    made = {each for each, _ in known.made}
    if Stage.FINAL in made:
        return "the final report was made; enter what changes as facts, it stays on record"
    if stage is Stage.FIRST and Stage.FIRST in made:
        return "the first report was made already; make a follow-up"
    if stage is not Stage.FIRST and Stage.FIRST not in made:
        return "there is no first report yet; make that first"
    if stage is Stage.FINAL and not is_over:
        return "the alert still stands or its response is open; make a follow-up, or close it"
    return None


def _over(facts: Facts, detail: str) -> Facts:
    """Lay what was entered over what is known."""
    try:
        entered = msgspec.json.decode(detail, type=Facts)
    except msgspec.MsgspecError:
        return facts
    given = {each.name: getattr(entered, each.name) for each in fields(Facts)}
    return replace(
        facts, **{name: value for name, value in given.items() if value not in (None, "")}
    )
