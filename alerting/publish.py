"""What one step changed, made to last and told: cards, notices, the record, delivery, listeners.

changes ─ response ─ teller ─ card (with a deadline) ─ notices ─ journal ─ delivery ─ listeners
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from alerting.book import Change, Moment, step_alert
from alerting.gather.gatherer import Gatherer, merged
from alerting.look_up import StepCards, look_up
from alerting.model import (
    Alert,
    AlertState,
    Card,
    Mark,
    NoticeState,
    NotifyReason,
    OutboxEntry,
    Transition,
    TransitionKind,
)
from alerting.mute import Muted
from alerting.parts import EngineConfig, Parts, Present
from alerting.ports import Action, Effects, EscalationStep
from alerting.recorder import Recorder
from alerting.render import CARD_FOLLOWS
from alerting.response.desk import Done, ResponseDesk
from alerting.response.model import Deed, Response
from alerting.route import TOLD_AS_AT_PEAK, Occasion, make_notices
from alerting.sentence import turned
from alerting.tell.teller import Teller, Turnabout, Verdict
from sensors.local_time import shown_time

_WORSE = (NotifyReason.SEVERITY_ROSE, NotifyReason.RECURRED)
_WITH_CARD = (NotifyReason.FIRST, *_WORSE, NotifyReason.RETURNED)
_RECENT = 5_000
_LATE_CARDS_A_TICK = 5
# A card follows its notice within seconds; so many alerts may have come in the last of them.
_NEWEST = 200
_EVER = timedelta(days=365)
_CARDS_OF_STEPS_S = 0.5


@dataclass(slots=True)
class _Told:
    """What one step tells: notices, first steps of asking, alerts that are held from now on."""

    notices: list[OutboxEntry] = field(default_factory=list)
    steps: list[EscalationStep] = field(default_factory=list)
    held: dict[str, Muted] = field(default_factory=dict)


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
        self.teller = Teller(rules=config.telling, desk=desk)
        self.gatherer = Gatherer(config.gathering)
        self.desk = desk
        self._late_cards: dict[str, Change] = {}
        parts.escalator.why_muted = self._why_muted

    async def publish(
        self, changes: Sequence[Change], seq: int | None, actions: tuple[Action, ...] = ()
    ) -> None:
        """Make one step last and tell of it; nothing happens where nothing changed."""
        if not changes:
            return
        now = self._parts.clock.now()
        changes = self._woken(changes)
        for change in changes:
            self.teller.follow(change.alert)
            self.gatherer.follow(change.alert)
        acts, responses = self._followed(changes, now)
        told = await self._told(changes)
        changes += self._held_from_now_on(changes, told.held, now)
        effects = Effects(
            seq=seq,
            alerts=tuple({change.alert.id: change.alert for change in changes}.values()),
            transitions=tuple(change.transition for change in changes),
            notices=tuple(told.notices),
            settled=self._dropped(changes),
            cancelled=tuple(_out_of_date(changes)),
            actions=(*actions, *acts),
            responses=responses,
            steps=tuple(told.steps),
        )
        await self._take(effects)
        self.tell(changes)

    async def gather(self) -> None:
        """Let go what waited for company long enough, and the summaries whose time has come."""
        await self._take(Effects())

    async def look(self) -> None:
        """Hold what has to be held from now on, and tell again of what nobody holds any more."""
        now = self._parts.clock.now()
        turned = self.teller.look(now, self.present.of)
        await self.publish([self._turned(each, now) for each in turned], None)

    async def restore(self, alert: Alert, transitions: Sequence[Transition]) -> None:
        """Take up an alert that stood before a restart, held if it was.

        Raises:
            JournalError: the journal cannot be read.
        """
        was_told = True
        if any(step.kind is TransitionKind.MUTED for step in transitions):
            entries = await self._parts.journal.outbox(alert.id)
            was_told = any(entry.state is not NoticeState.MUTED for entry in entries)
        now = self._parts.clock.now()
        self.teller.restore(alert, transitions, was_told=was_told, now=now)

    async def restore_past(self) -> None:
        """Take up what people said before a restart, and how often alerts came lately.

        Raises:
            JournalError: the journal cannot be read.
        """
        now = self._parts.clock.now()
        for silence in await self._parts.journal.silences(now):
            self.teller.silences[silence.id] = silence
        since = now - self._config.telling.flapping.within
        recent = await self._parts.journal.alerts(since=since, limit=_RECENT)
        self.teller.restore_flaps(recent[::-1])
        storm = self._config.gathering.storm
        since = now - storm.within if storm is not None else now
        lately = await self._parts.journal.told_lately(since)
        released = self.gatherer.restore(lately, await self._parts.journal.held(), now)
        if released:
            await self.recorder.take(Effects(settled=tuple(released)))
        pending = [e for e in await self._parts.journal.due(now + _EVER, _RECENT) if e.notice.batch]
        if pending:
            standing = await self._parts.journal.alerts(firing_only=True, limit=_RECENT)
            unanswered = {alert.id for alert in standing if alert.acknowledged_at is None}
            self.gatherer.restore_open(pending, unanswered)
        await self._restore_late_cards()

    async def _restore_late_cards(self) -> None:
        """Take up the cards that were to follow; only the newest alerts can still lack theirs."""
        journal = self._parts.journal
        for alert in await journal.alerts(firing_only=True, limit=_NEWEST):
            if alert.acknowledged_at is None and lacks_card(await journal.outbox(alert.id)):
                steps = await journal.transitions(alert.id)
                if steps:
                    self._late_cards[alert.id] = Change(alert, steps[-1], None)

    async def send_late_cards(self) -> None:
        """Send some cards that missed their deadline, unless nobody needs them any more."""
        for alert_id in list(islice(self._late_cards, _LATE_CARDS_A_TICK)):
            change = self._late_cards.pop(alert_id)
            alert = self.present.of(change.alert)
            if alert.state is not AlertState.FIRING or alert.acknowledged_at is not None:
                continue
            card = await look_up(self._parts.cards, alert, self._config.late_card_deadline_s)
            if card is None:
                card = Card(missing="the look-up did not answer in time")
            card = self._with_orders(alert, card)
            occasion = Occasion(
                alert=alert, transition=change.transition, reason=NotifyReason.CARD, card=card
            )
            entries = make_notices(occasion, self._parts.router, self._parts.clock.now())
            await self._take(Effects(notices=entries))

    async def escalate(self) -> None:
        """Take the steps of escalations that are due, and make them last like anything else."""
        escalator = self._parts.escalator
        cards = self._step_cards(_CARDS_OF_STEPS_S)
        steps: list[EscalationStep] = []
        entries: list[OutboxEntry] = []
        for due in escalator.due():
            alert = self.present.of(due.alert)
            escalator.follow(alert)
            taken = escalator.take(due, self._with_orders(alert, await cards.card(alert)))
            if taken is not None:
                steps.append(taken.step)
                entries += taken.notices
        if steps:
            await self._take(Effects(notices=tuple(entries), steps=tuple(steps)))

    def tell(self, changes: Sequence[Change]) -> None:
        """Let those who listen know of what is real; exercises are no business of theirs."""
        real = [change for change in changes if change.alert.mark is Mark.ACTUAL]
        for listener in self.listeners if real else ():
            listener(real)

    async def _take(self, effects: Effects) -> None:
        """Record and send, alone or in company; nothing happens where there is nothing."""
        now = self._parts.clock.now()
        notices = self.gatherer.take(effects.notices, now)
        made, settled = merged(notices, self.gatherer.due(now, self._as_it_is))
        effects = replace(effects, notices=made, settled=(*effects.settled, *settled))
        if effects != Effects():
            await self.recorder.take(effects)

    def _as_it_is(self, alert: Alert) -> Alert:
        """Give an alert as it is now, also when it is over."""
        if self.teller.standing(alert.id) is not None:
            return self.present.of(alert)
        is_known_over = alert.state is not AlertState.FIRING
        return alert if is_known_over else replace(alert, state=AlertState.RESOLVED)

    def _dropped(self, changes: Sequence[Change]) -> tuple[OutboxEntry, ...]:
        """Give up what is held for company about alerts that are kept back from now on."""
        return tuple(
            entry
            for change in changes
            if change.transition.kind is TransitionKind.MUTED
            for entry in self.gatherer.drop(
                change.alert.id, NoticeState.MUTED, change.transition.reason
            )
        )

    def _woken(self, changes: Sequence[Change]) -> list[Change]:
        """Take back the acknowledgement of an alert that got worse: it must be seen again.

        What else becomes of it in the same step does not bring it back.
        """
        worse = {change.alert.id for change in changes if change.notify in _WORSE}
        return [self._wake(each) if each.alert.id in worse else each for each in changes]

    def _wake(self, change: Change) -> Change:
        if change.alert.acknowledged_at is None:
            return change
        alert = replace(change.alert, acknowledged_at=None, acknowledged_by="")
        self.present.keep(alert)
        return replace(change, alert=alert)

    def _followed(
        self, changes: Sequence[Change], now: datetime
    ) -> tuple[list[Action], tuple[Response, ...]]:
        """Let responses follow; what that made of them is recorded where it is news."""
        acts: list[Action] = []
        responses: dict[str, Response] = {}
        for change in changes:
            before = self.desk.of(change.alert)
            done = self.desk.follow(change.alert, change.transition.kind, now)
            if done.response != before and done.said.deed is not Deed.EASE:
                acts.append(act_of(done))
            responses[done.response.alert_id] = done.response
        return acts, tuple(responses.values())

    def _held_from_now_on(
        self, changes: Sequence[Change], held: Mapping[str, Muted], now: datetime
    ) -> list[Change]:
        """Write down that alerts are held, as the last step of each."""
        newest = {change.alert.id: change.alert for change in changes}
        return [
            self._turned(Turnabout(newest[alert_id], muted=muted), now)
            for alert_id, muted in held.items()
            if newest[alert_id].state is AlertState.FIRING
        ]

    def _turned(self, turn: Turnabout, now: datetime) -> Change:
        """Make the step of an alert that is held from now on, or told again."""
        alert = turn.alert
        kind = TransitionKind.RETURNED if turn.muted is None else TransitionKind.MUTED
        why = turn.why if turn.muted is None else turn.muted.text
        said = turned(why, turn.zh)
        moment = Moment(now, 0, alert.position)
        alert, transition = step_alert(alert, kind, now, moment, said=said)
        if alert.state is AlertState.FIRING:
            self.present.keep(alert)
        actor = turn.muted.by if turn.muted is not None else ""
        return Change(alert, replace(transition, actor=actor), turn.reason)

    async def _told(self, changes: Sequence[Change]) -> "_Told":
        """Give the notices of a step, kept back or not, and where asking begins."""
        told = _Told()
        cards = self._step_cards(self._config.cards_deadline_s)
        for change in changes:
            self._parts.escalator.follow(change.alert)
            if change.notify is not None:
                await self._tell_one(change, change.notify, told, cards)
            if change.alert.state is not AlertState.FIRING:
                self._parts.escalator.forget(change.alert.id)
        return told

    async def _tell_one(
        self, change: Change, reason: NotifyReason, told: "_Told", cards: StepCards
    ) -> None:
        """Add what one change tells, or why it tells nothing."""
        verdict = self.teller.judge(change.alert, reason, self._parts.clock.now())
        notices = await self._notices(change, reason, verdict, cards)
        told.notices += notices
        if verdict.muted is None and reason in _WITH_CARD:
            told.steps += self._parts.escalator.begin(change.alert, change.transition, notices)
        elif verdict.muted is not None and verdict.begins:
            told.held[change.alert.id] = verdict.muted

    def _step_cards(self, most_s: float) -> StepCards:
        return StepCards(self._parts.cards, deadline_s=self._config.card_deadline_s, most_s=most_s)

    def _with_orders(self, alert: Alert, card: Card | None) -> Card | None:
        """Give a card with how far those are who were sent; alerts of one place share the rest."""
        return None if card is None else replace(card, orders=self._parts.orders(alert.id))

    def _why_muted(self, alert: Alert, now: datetime) -> str:
        """Say why nobody is asked about an alert for the time being; "" when they are."""
        muted = self.teller.why_muted(alert, now)
        return muted.text if muted is not None else ""

    async def _notices(
        self, change: Change, reason: NotifyReason, verdict: Verdict, cards: StepCards
    ) -> Sequence[OutboxEntry]:
        """Make the notices of one change, kept back or not; a card that is late follows."""
        now = self._parts.clock.now()
        occasion = Occasion(alert=change.alert, transition=change.transition, reason=reason)
        if verdict.muted is not None:
            text = verdict.muted.text
            return [
                replace(entry, state=NoticeState.MUTED, last_error=text)
                for entry in make_notices(occasion, self._parts.router, now)
            ]
        remarks = (verdict.remark,) if verdict.remark else ()
        if reason in _WITH_CARD:
            card = await cards.card(change.alert)
            if card is None:
                remarks = (*remarks, CARD_FOLLOWS)
                self._late_cards[change.alert.id] = change
            occasion = replace(occasion, card=self._with_orders(change.alert, card))
        told = self._parts.escalator.told(change.alert.id) if reason in TOLD_AS_AT_PEAK else ()
        occasion = replace(occasion, remarks=remarks)
        return make_notices(occasion, self._parts.router, now, told)


def lacks_card(entries: Sequence[OutboxEntry]) -> bool:
    """Say whether people were told of an alert without its card, and it never followed."""
    told = [e.notice for e in entries if e.state is not NoticeState.MUTED and not e.notice.task]
    wanted = [notice for notice in told if notice.reason in _WITH_CARD]
    has_any = any(notice.card is not None for notice in told)
    return bool(wanted) and not has_any


def act_of(done: Done) -> Action:
    """Give the evidence of one deed."""
    said = done.said
    detail = said.detail or (shown_time(said.until) if said.until is not None else "")
    return Action(
        alert_id=done.response.alert_id,
        at=done.at,
        actor=said.actor,
        action=said.deed.value,
        note=said.note,
        phase=done.response.phase.value,
        detail=detail,
    )


def _out_of_date(changes: Iterable[Change]) -> list[str]:
    """Name the alerts whose waiting notices are out of date: it ended, or it is held."""
    return [
        change.alert.id
        for change in changes
        if change.alert.state is not AlertState.FIRING
        or change.transition.kind is TransitionKind.MUTED
    ]
