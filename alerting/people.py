"""What people do about alerts: acknowledged, signed off, and every step of the response.

Each deed is recorded before it counts: with the journal away nothing is promised to anybody.
"""

from dataclasses import replace
from datetime import UTC, datetime

from alerting.book import Change, Moment, step_alert
from alerting.errors import DeedRefused, JournalError, UnknownAlert
from alerting.judge import Judge
from alerting.model import (
    Alert,
    AlertState,
    Form,
    NoticeState,
    NotifyReason,
    OutboxEntry,
    Remark,
    TransitionKind,
)
from alerting.parts import Parts, Turn
from alerting.ports import Action, Effects, RuleState
from alerting.publish import Publisher, act_of
from alerting.response.desk import Done, ResponseDesk
from alerting.response.model import Deed, Phase, Response, Said
from alerting.response.step import WhyNot
from alerting.sentence import by_person, turned
from sensors.units import shown_unit

_MEANS_SEEN = frozenset({Deed.ACKNOWLEDGE, Deed.ARRIVE, Deed.CONTAIN, Deed.FALSE})
_CALLS_AGAIN = frozenset({Deed.REOPEN, Deed.UNSHELVE, Deed.RETURN})
_NOT_CALM = Remark("the readings were not calm", "当时测值尚未平稳")
_MAX_RECEIPTS = 20_000
_RECEIPTS_A_TICK = 2_000


class People:
    """Takes people's deeds in turn with the engine's own steps."""

    def __init__(
        self, *, judge: Judge, parts: Parts, publisher: Publisher, desk: ResponseDesk, turn: Turn
    ) -> None:
        """Hold the parts."""
        self.desk = desk
        self._judge = judge
        self._parts = parts
        self._publisher = publisher
        self._present = publisher.present
        self._turn = turn
        self._receipts: dict[str, tuple[str, datetime]] = {}

    async def respond(self, alert_id: str, said: Said) -> Response:
        """Take a person's deed; what it changes is recorded with who, when and why.

        Raises:
            UnknownAlert: no such alert.
            DeedRefused: it is not allowed now; the text says why and what is.
            JournalError: it could not be recorded, so it was not done.
        """
        known = await self.known(alert_id)
        async with self._turn.lock:
            alert = self._present.of(known)
            await self._recall(alert)
            now = self._parts.clock.now()
            done = self.desk.take(alert, said, now)
            if isinstance(done, WhyNot):
                raise DeedRefused(f"alert {alert.id}: {done.text}")
            return await self._take(alert, done, now)

    async def response(self, alert_id: str) -> Response:
        """Give how far the response to an alert is.

        Raises:
            UnknownAlert: no such alert.
            JournalError: the journal cannot be asked.
        """
        alert = await self._parts.journal.alert(alert_id)
        if alert is None:
            raise UnknownAlert(alert_id)
        await self._recall(alert)
        return self.desk.of(alert)

    async def acknowledge(self, alert_id: str, actor: str, note: str = "") -> Alert:
        """Stop everything for an alert at once; a later rise in severity notifies again.

        Raises:
            UnknownAlert: no such alert.
            JournalError: it could not be recorded, so it is not acknowledged.
        """
        known = await self.known(alert_id)
        async with self._turn.lock:
            alert = self._present.of(known)
            if alert.acknowledged_at is not None or alert.state is not AlertState.FIRING:
                return alert
            await self._recall(alert)
            now = self._parts.clock.now()
            done = self.desk.take(alert, Said(deed=Deed.ACKNOWLEDGE, actor=actor, note=note), now)
            if isinstance(done, WhyNot):
                raise DeedRefused(f"alert {alert.id}: {done.text}")
            await self._take(alert, done, now)
            return self._present.of(alert)

    async def sign_off(self, alert_id: str, actor: str, note: str) -> Alert:
        """Close an alert whose rule asks for a person's word, and what it tells of in its place.

        Raises:
            UnknownAlert: no such alert.
            DeedRefused: its readings are not calm, and no reason is given.
            JournalError: the journal is away; nothing was changed.
        """
        known = await self.known(alert_id)
        async with self._turn.lock:
            alert = self._present.of(known)
            if alert.state is not AlertState.FIRING:
                return alert
            if not alert.awaiting_sign_off and not note.strip():
                why = "its readings are not calm yet; say why it may end all the same"
                raise DeedRefused(f"alert {alert.id}: {why}")
            same = [self._present.of(each) for each in self._publisher.teller.told_with(alert)]
            for each in same:  # first: they would be told anew once this one is over
                if each.awaiting_sign_off or note.strip():
                    await self._signed_off(each, actor, note)
            return await self._signed_off(alert, actor, note)

    async def _signed_off(self, alert: Alert, actor: str, note: str) -> Alert:
        await self._recall(alert)
        now = self._parts.clock.now()
        said = by_person(Form.SIGNED_OFF, actor, note)
        if not alert.awaiting_sign_off:
            said = replace(said, remark=_NOT_CALM.en, remark_zh=_NOT_CALM.zh)
        changes = self._judge.sign_off(alert, now, self._turn.last_seq, said)
        action = Action(
            alert_id=alert.id,
            at=now,
            actor=actor,
            action="sign_off",
            note=note,
            detail=self._last_reading(alert),
        )
        await self._publisher.publish(changes, None, (action,))
        await self._save_point(alert)
        ended = next((c.alert for c in reversed(changes) if c.alert.id == alert.id), alert)
        closed = self.desk.take(ended, Said(deed=Deed.CLOSE, actor=actor, note=note), now)
        if isinstance(closed, Done):
            await self._take(ended, closed, now)
        return ended

    def _last_reading(self, alert: Alert) -> str:
        """Give the newest reading of an alert's sensor as evidence; "" where there is none."""
        watch = self._judge.find(alert.sensor)
        if watch is None or not watch.history.times:
            return ""
        at = datetime.fromtimestamp(watch.history.times[-1], UTC)
        value = f"{watch.history.values[-1]:.4g} {shown_unit(watch.sensor.unit)}".strip()
        return f"{value} at {at.isoformat(timespec='seconds')}"

    def note_receipt(self, entry: OutboxEntry) -> None:
        """Take delivery's word that a notice was taken; it is recorded at the next tick."""
        at = entry.sent_at
        self._publisher.gatherer.note_receipt(entry)
        for alert_id in entry.notice.about:
            if at is not None and len(self._receipts) < _MAX_RECEIPTS:
                self._receipts.setdefault(alert_id, (entry.notice.recipient.name, at))

    async def tick(self, now: datetime) -> None:
        """Bring back what was set aside and whose time has come, and record receipts.

        Alerts that stand come first, and need no journal.
        """
        standing = self._publisher.teller.standing
        for alert_id in sorted(self.desk.set_aside(), key=lambda each: standing(each) is None):
            known = standing(alert_id) or await self._parts.journal.alert(alert_id)
            if known is not None:
                await self._bring_back(self._present.of(known), now)
        await self._record_receipts()

    async def _bring_back(self, alert: Alert, now: datetime) -> None:
        said = self.desk.due(alert, now)
        done = self.desk.take(alert, said, now) if said is not None else None
        if not isinstance(done, Done):
            return
        self.desk.keep(done.response, alert)
        if alert.state is AlertState.FIRING:
            await self._call_again(alert, done, (act_of(done),))
        else:
            effects = Effects(actions=(act_of(done),), responses=(done.response,))
            await self._publisher.recorder.take(effects)

    async def restore(self) -> None:
        """Load the responses, and the receipts that a crash kept from being recorded.

        Raises:
            JournalError: the journal cannot be read.
        """
        self.desk.load(await self._parts.journal.standing_responses())
        for alert_id, name, at in await self._parts.journal.receipts():
            self._receipts.setdefault(alert_id, (name, at))

    async def known(self, alert_id: str) -> Alert:
        """Read an alert, after everything that waited for the journal has been recorded.

        Raises:
            UnknownAlert: no such alert.
            JournalError: the journal is away.
        """
        await self.catch_up()
        alert = await self._parts.journal.alert(alert_id)
        if alert is None:
            raise UnknownAlert(alert_id)
        return alert

    async def record_own(self, effects: Effects) -> None:
        """Record what the program did by itself; its notices go out also with the journal away."""
        await self._publisher.recorder.take(effects)

    async def catch_up(self) -> None:
        """Write what the journal missed; raises JournalError when it is still away."""
        recorder = self._publisher.recorder
        await recorder.catch_up()
        if recorder.n_waiting:
            raise JournalError("the journal is away, and older steps wait for it")

    async def _recall(self, alert: Alert) -> None:
        """Have the response of an alert in memory, also of one that is long over."""
        if not self.desk.knows(alert.id):
            kept = await self._parts.journal.response(alert.id)
            if kept is not None:
                self.desk.keep(kept, alert)

    async def _take(self, alert: Alert, done: Done, now: datetime) -> Response:
        """Record a deed, then let it count."""
        changes: list[Change] = []
        if done.said.deed in _MEANS_SEEN and alert.acknowledged_at is None:
            changes = [self._acknowledged(alert, done, now)]
        after = changes[0].alert if changes else _seen_by_nobody(alert, done)
        is_quiet = done.response.phase.is_over or done.response.shelf is not None
        # Of what is over only its end still waits, and everybody who was told hears that.
        stops = (bool(changes) or is_quiet) and alert.state is AlertState.FIRING
        effects = Effects(
            alerts=(after,) if after is not alert else (),
            transitions=tuple(change.transition for change in changes),
            cancelled=self._out_of_date(alert.id) if stops else (),
            settled=self._given_up(alert.id, done) if stops else (),
            actions=(act_of(done),),
            responses=(done.response,),
        )
        await self._parts.journal.record(effects)
        self.desk.keep(done.response, after)
        if stops:
            self._publisher.gatherer.note_answered(alert.id)
        if after is not alert:
            self._present.keep(after)
            self._parts.escalator.follow(after)
        for subject in effects.cancelled:
            self._parts.deliverer.cancel(subject)
        self._publisher.tell(changes)
        await self._call_again(after, done)
        return done.response

    def _out_of_date(self, alert_id: str) -> tuple[str, ...]:
        """Name what is not to be sent any more: of this alert, and of several all answered."""
        return (alert_id, *self._publisher.gatherer.answered(alert_id))

    def _given_up(self, alert_id: str, done: Done) -> tuple[OutboxEntry, ...]:
        """Say what becomes of what is held for company about the alert once this is recorded."""
        why = f"not sent, {done.said.deed.value} by {done.said.actor}"
        return tuple(
            replace(entry, state=NoticeState.CANCELLED, last_error=why)
            for entry in self._publisher.gatherer.held_about(alert_id)
        )

    def _acknowledged(self, alert: Alert, done: Done, now: datetime) -> Change:
        """Say that somebody has seen it."""
        actor, note = done.said.actor, done.said.note
        if alert.state is AlertState.FIRING:
            alert = replace(alert, acknowledged_at=now, acknowledged_by=actor)
        moment = Moment(now, self._turn.last_seq, alert.position)
        said = by_person(Form.ACKNOWLEDGED, actor, note)
        after, transition = step_alert(alert, TransitionKind.ACKNOWLEDGED, now, moment, said=said)
        return Change(after, replace(transition, actor=actor), None)

    async def _call_again(self, alert: Alert, done: Done, actions: tuple[Action, ...] = ()) -> None:
        """Tell people again of a condition that stands and is set aside no more."""
        if done.said.deed not in _CALLS_AGAIN or alert.state is not AlertState.FIRING:
            return
        after = _seen_by_nobody(self._present.of(alert), done)
        moment = Moment(done.at, self._turn.last_seq, alert.position)
        said = turned(done.said.note or done.said.deed.value)
        kind = TransitionKind.RETURNED
        after, transition = step_alert(after, kind, done.at, moment, said=said)
        self._present.keep(after)
        transition = replace(transition, actor=done.said.actor)
        change = Change(after, transition, NotifyReason.RETURNED)
        await self._publisher.publish([change], None, actions)

    async def _record_receipts(self) -> None:
        """Record in one step which alerts were told for the first time."""
        done: list[Done] = []
        try:
            for alert_id in list(self._receipts)[:_RECEIPTS_A_TICK]:
                alert = await self._told_of(alert_id)
                name, at = self._receipts.pop(alert_id)
                if alert is None or self.desk.of(alert).reached(Phase.NOTIFIED) is not None:
                    continue
                one = self.desk.take(alert, Said(deed=Deed.NOTIFIED, actor=name), at)
                if isinstance(one, Done):
                    self.desk.keep(one.response, alert)
                    done.append(one)
        finally:  # also those before one that waits for the journal
            if done:
                effects = Effects(
                    actions=tuple(act_of(one) for one in done),
                    responses=tuple(one.response for one in done),
                )
                await self._publisher.recorder.take(effects)

    async def _told_of(self, alert_id: str) -> Alert | None:
        """Give an alert that was told, with its response in memory; raises JournalError."""
        alert = self._publisher.teller.standing(alert_id)
        if alert is None:
            alert = await self._parts.journal.alert(alert_id)
            if alert is not None:
                await self._recall(alert)
        return alert

    async def _save_point(self, alert: Alert) -> None:
        """Save the memory behind a signed-off alert now, so that a crash cannot raise it again."""
        key = (alert.sensor.site, alert.sensor.device, alert.sensor.point)
        if key not in self._judge.points or self._publisher.recorder.n_waiting:
            return
        blob = self._judge.points.dump(key)
        state = RuleState(key="|".join(key), seq=self._turn.last_seq, blob=blob)
        await self._parts.journal.save_states([state])


def _seen_by_nobody(alert: Alert, done: Done) -> Alert:
    """Give an alert without its acknowledgement where a deed calls people again."""
    is_called = done.said.deed in _CALLS_AGAIN and alert.state is AlertState.FIRING
    if not is_called or alert.acknowledged_at is None:
        return alert
    return replace(alert, acknowledged_at=None, acknowledged_by="")
