"""Which messages an alert has given rise to, and which earlier ones each of them replaces.

A plain function of the record: asked again after a restart it names the same messages with the
same identifiers, so that nothing is said twice under two names and nothing must be remembered.

An alert's first step is an Alert, what follows an Update, its end a Cancel. A message that would
expire while its alert stands is followed by another Update in time: an alert that lasts must never
end at a receiver because nobody spoke.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alerting.cap.form import clean_identifier
from alerting.model import Alert, AlertState, Card, Mark, Notice, NotifyReason, Transition
from alerting.model import TransitionKind as Step

MAX_REFERENCES = 20

_UPDATES = frozenset(
    {Step.RAISED, Step.UPGRADED, Step.DOWNGRADED, Step.AWAITS_SIGN_OFF, Step.RECURRED}
)
_ENDS = frozenset({Step.CLEARED, Step.WITHDRAWN, Step.SIGNED_OFF})


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One message to be made: `key` tells it from others of its alert."""

    key: str
    kind: str
    step: Transition
    sent: datetime
    card: Card | None = None
    replaces: tuple["Issue", ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """The cards people were sent: with the notice of a step, and those that followed it later."""

    at_once: Mapping[int, Card] = field(default_factory=dict)
    late: Mapping[int, tuple[datetime, Card]] = field(default_factory=dict)


def identifier_of(alert: Alert, issue: Issue, mark: Mark = Mark.ACTUAL) -> str:
    """Give the identifier of a message: the same on every machine and after every restart."""
    tail = "" if mark is Mark.ACTUAL else f".{mark.value}"
    return f"gw.{clean_identifier(alert.id)}.{issue.key}{tail}"


def cards_of(notices: Iterable[Notice]) -> Cards:
    """Gather the cards from the notices of an alert, the first of each step."""
    at_once: dict[int, Card] = {}
    late: dict[int, tuple[datetime, Card]] = {}
    for notice in notices:
        if notice.card is None:
            continue
        ordinal = notice.transition.ordinal
        if notice.reason is NotifyReason.CARD:
            late.setdefault(ordinal, (notice.created_at, notice.card))
        else:
            at_once.setdefault(ordinal, notice.card)
    return Cards(at_once=at_once, late=late)


def issues_of(
    alert: Alert,
    steps: Sequence[Transition],
    now: datetime,
    *,
    cards: Cards | None = None,
    renew_every: timedelta | None = None,
) -> tuple[Issue, ...]:
    """Name the messages of an alert up to now, oldest first; a step may change nothing."""
    told = _told(steps)
    found: list[Issue] = []
    for place, step in enumerate(told):
        until = told[place + 1].detected_at if place + 1 < len(told) else _until(alert, step, now)
        found += _of_step(step, found, cards or Cards(), renew_every, until)
    return tuple(found)


def _told(steps: Sequence[Transition]) -> list[Transition]:
    """Leave out steps that change nothing, and an end before any beginning."""
    told: list[Transition] = []
    for step in sorted(steps, key=lambda each: each.ordinal):
        is_open = bool(told) and told[-1].kind not in _ENDS
        if step.kind in _UPDATES or (step.kind in _ENDS and is_open):
            told.append(step)
    return told


def _until(alert: Alert, step: Transition, now: datetime) -> datetime:
    stands = alert.state is AlertState.FIRING and step.kind not in _ENDS
    return now if stands else step.detected_at


def _of_step(
    step: Transition,
    before: Sequence[Issue],
    cards: Cards,
    renew_every: timedelta | None,
    until: datetime,
) -> list[Issue]:
    replaced = _replaceable(before)
    kind = "Cancel" if step.kind in _ENDS else "Update" if replaced else "Alert"
    card = cards.at_once.get(step.ordinal)
    first = Issue(
        key=str(step.ordinal), kind=kind, step=step, sent=step.detected_at, card=card,
        replaces=replaced,
    )  # fmt: skip
    found = [first]
    if kind == "Cancel":
        return found
    if step.ordinal in cards.late and card is None:
        at, card = cards.late[step.ordinal]
        if at <= until:  # a card that came after the next step is no news any more
            found.append(_update(f"{step.ordinal}.card", found, step, max(at, first.sent), card))
    return found + _renewals(found, renew_every, until)


def _renewals(
    found: Sequence[Issue], renew_every: timedelta | None, until: datetime
) -> list[Issue]:
    """Give the newest two of the Updates that keep a message from expiring."""
    newest = found[-1]
    if renew_every is None or (count := (until - newest.sent) // renew_every) < 1:
        return []
    renewed: list[Issue] = []
    for n in range(max(1, count - 1), count + 1):
        key, sent = f"{newest.step.ordinal}.r{n}", newest.sent + n * renew_every
        renewed.append(_update(key, [*found, *renewed], newest.step, sent, newest.card))
    return renewed


def _update(
    key: str, before: Sequence[Issue], step: Transition, sent: datetime, card: Card | None
) -> Issue:
    replaces = (*before[0].replaces, *before)[-MAX_REFERENCES:]
    return Issue(key=key, kind="Update", step=step, sent=sent, card=card, replaces=replaces)


def _replaceable(before: Sequence[Issue]) -> tuple[Issue, ...]:
    """Give the messages since the alert last began: the first, and the newest of the others."""
    since = next((n for n in range(len(before), 0, -1) if before[n - 1].kind == "Cancel"), 0)
    standing = before[since:]
    return (*standing[:1], *standing[1:][1 - MAX_REFERENCES :])
