"""What one step changed, made to last and told: cards, notices, the record, delivery, listeners.

changes ─ response ─ card (with a deadline) ─ notices ─ journal ─ delivery ─ listeners
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from alerting.book import Change
from alerting.look_up import StepCards, look_up
from alerting.model import Alert, AlertState, Card, NotifyReason, OutboxEntry
from alerting.parts import EngineConfig, Parts, Present
from alerting.ports import Action, Effects, EscalationStep
from alerting.recorder import Recorder
from alerting.render import CARD_FOLLOWS
from alerting.response.desk import Done, ResponseDesk, is_set_aside
from alerting.response.model import Deed, Response
from alerting.route import TOLD_AS_AT_PEAK, Occasion, make_notices

_WITH_CARD = (NotifyReason.FIRST, NotifyReason.SEVERITY_ROSE)
_BEGINS_ASKING = (*_WITH_CARD, NotifyReason.RETURNED)
_LATE_CARDS_A_TICK = 5
_CARDS_OF_STEPS_S = 0.5

Listener = Callable[[Sequence[Change]], None]


class Publisher:
    """Gives changes their cards and notices, records them, hands them to delivery."""

    def __init__(
        self, *, parts: Parts, config: EngineConfig, present: Present, desk: ResponseDesk
    ) -> None:
        """Hold the parts; nothing waits."""
        self.listeners: list[Listener] = []
        self.recorder = Recorder(
            journal=parts.journal, deliverer=parts.deliverer, aside=parts.aside
        )
        self._parts = parts
        self._config = config
        self.present = present
        self._desk = desk
        self._late_cards: deque[Change] = deque(maxlen=1000)
        parts.escalator.why_muted = self._why_muted

    async def publish(
        self, changes: Sequence[Change], seq: int | None, actions: tuple[Action, ...] = ()
    ) -> None:
        """Make one step last and tell of it; nothing happens where nothing changed."""
        if not changes:
            return
        now = self._parts.clock.now()
        changes = [self._wake(change) for change in changes]
        followed = [self._followed(change, now) for change in changes]
        entries: list[OutboxEntry] = []
        steps: list[EscalationStep] = []
        cards = self._step_cards(self._config.cards_deadline_s)
        for change in changes:
            notices: Sequence[OutboxEntry] = ()
            if change.notify is not None:
                notices = await self._notices(change, change.notify, cards)
            steps += self._asked(change, notices)
            entries += notices
        effects = Effects(
            seq=seq,
            alerts=tuple({change.alert.id: change.alert for change in changes}.values()),
            transitions=tuple(change.transition for change in changes),
            notices=tuple(entries),
            cancelled=tuple(_over(changes)),
            actions=(*actions, *(act for act, _ in followed if act is not None)),
            responses=tuple({each.alert_id: each for _, each in followed}.values()),
            steps=tuple(steps),
        )
        await self.recorder.take(effects)
        self.tell(changes)

    async def send_late_cards(self) -> None:
        """Send some cards that missed their deadline, unless nobody needs them any more."""
        for _ in range(min(len(self._late_cards), _LATE_CARDS_A_TICK)):
            change = self._late_cards.popleft()
            alert = self.present.of(change.alert)
            if alert.state is not AlertState.FIRING or alert.acknowledged_at is not None:
                continue
            card = await look_up(self._parts.cards, alert, self._config.late_card_deadline_s)
            if card is None:
                card = Card(missing="the look-up did not answer in time")
            occasion = Occasion(
                alert=alert, transition=change.transition, reason=NotifyReason.CARD, card=card
            )
            entries = make_notices(occasion, self._parts.router, self._parts.clock.now())
            await self.recorder.take(Effects(notices=entries))

    async def escalate(self) -> None:
        """Take the steps of escalations that are due, and make them last like anything else."""
        escalator = self._parts.escalator
        cards = self._step_cards(_CARDS_OF_STEPS_S)
        steps: list[EscalationStep] = []
        entries: list[OutboxEntry] = []
        for due in escalator.due():
            alert = self.present.of(due.alert)
            escalator.follow(alert)
            taken = escalator.take(due, await cards.card(alert))
            if taken is not None:
                steps.append(taken.step)
                entries += taken.notices
        if steps:
            await self.recorder.take(Effects(notices=tuple(entries), steps=tuple(steps)))

    def tell(self, changes: Sequence[Change]) -> None:
        """Let those who listen know."""
        for listener in self.listeners:
            listener(changes)

    def _wake(self, change: Change) -> Change:
        """Take back the acknowledgement of an alert that got worse: it must be seen again."""
        if change.notify is not NotifyReason.SEVERITY_ROSE or not change.alert.acknowledged_at:
            return change
        alert = replace(change.alert, acknowledged_at=None, acknowledged_by="")
        self.present.keep(alert)
        return replace(change, alert=alert)

    def _followed(self, change: Change, now: datetime) -> tuple[Action | None, Response]:
        """Let the response follow; what it made of it is recorded where that is news."""
        before = self._desk.of(change.alert)
        done = self._desk.follow(change.alert, change.transition.kind, now)
        is_news = done.response != before and done.said.deed is not Deed.EASE
        return (act_of(done) if is_news else None), done.response

    def _step_cards(self, most_s: float) -> StepCards:
        return StepCards(self._parts.cards, deadline_s=self._config.card_deadline_s, most_s=most_s)

    def _asked(self, change: Change, notices: Sequence[OutboxEntry]) -> Sequence[EscalationStep]:
        """Let the escalation follow a change; give its first step where asking begins."""
        escalator, alert = self._parts.escalator, change.alert
        escalator.follow(alert)
        if alert.state is not AlertState.FIRING:
            escalator.forget(alert.id)
        if change.notify not in _BEGINS_ASKING:
            return ()
        return escalator.begin(alert, change.transition, notices)

    def _why_muted(self, alert: Alert, now: datetime) -> str:
        """Say why nobody is asked about an alert for the time being; "" when they are."""
        del now
        response = self._desk.of(alert)
        if not is_set_aside(response):
            return ""
        return "a person has set it aside: " + ("shelved" if response.shelf else "said to be false")

    async def _notices(
        self, change: Change, reason: NotifyReason, cards: StepCards
    ) -> Sequence[OutboxEntry]:
        """Make the notices of one change; a card that is late follows."""
        card: Card | None = None
        remarks: tuple[str, ...] = ()
        if reason in _WITH_CARD:
            card = await cards.card(change.alert)
            if card is None:
                remarks = (CARD_FOLLOWS,)
                self._late_cards.append(change)
        occasion = Occasion(
            alert=change.alert,
            transition=change.transition,
            reason=reason,
            card=card,
            remarks=remarks,
        )
        told = self._parts.escalator.told(change.alert.id) if reason in TOLD_AS_AT_PEAK else ()
        return make_notices(occasion, self._parts.router, self._parts.clock.now(), told)


def act_of(done: Done) -> Action:
    """Give the evidence of one deed."""
    said = done.said
    detail = said.detail or (said.until.isoformat() if said.until is not None else "")
    return Action(
        alert_id=done.response.alert_id,
        at=done.at,
        actor=said.actor,
        action=said.deed.value,
        note=said.note,
        phase=done.response.phase.value,
        detail=detail,
    )


def _over(changes: Iterable[Change]) -> list[str]:
    """Name the alerts that ended: their waiting notices are out of date."""
    return [change.alert.id for change in changes if change.alert.state is not AlertState.FIRING]
