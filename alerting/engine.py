"""The life of an alert in one screen: judged, given its card, recorded, handed to delivery.

    block of the log ─ judge ─ changes ─ card (with a deadline) ─ notices ─ journal ─ delivery

Each step for one block, one tick of the timer or one person's action is recorded in the journal in
a single transaction before anything of it is sent; only when the journal is away the warning goes
out at once, says that it could not be recorded, and is recorded when the journal is back.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from alerting.book import Change, Moment, open_alert, step_alert
from alerting.deliver import Deliverer
from alerting.errors import JournalError
from alerting.judge import Judge
from alerting.look_up import StepCards, look_up
from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Card,
    Finding,
    Form,
    NotifyReason,
    OutboxEntry,
    Provenance,
    Sentence,
    Severity,
    TransitionKind,
)
from alerting.points import PointKey
from alerting.ports import (
    Action,
    Aside,
    CardLookup,
    Effects,
    Journal,
    Router,
    RuleState,
    StageRecord,
)
from alerting.recorder import Recorder
from alerting.render import CARD_FOLLOWS
from alerting.route import Occasion, make_notices
from alerting.sentence import by_person, plain
from alerting.unusual import Examined
from alerting.zero import refuse_forgotten
from sensors.lifecycle import StageChange
from sensors.model import Position, Report, SensorKey

_LOG = logging.getLogger(__name__)
_WITH_CARD = (NotifyReason.FIRST, NotifyReason.SEVERITY_ROSE)
_READ_ON_REPORTS = 5_000
_LATE_CARDS_A_TICK = 5
_SAVED_AT_ONCE = 8

FOLLOWER = "engine"
_SYSTEM_SOURCE = Provenance(source="this program's own supervision", confidence="D")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Give the present instant, aware and in UTC."""
        ...


class Block(Protocol):
    """One block of the log."""

    @property
    def seq(self) -> int:
        """Give its number."""
        ...

    @property
    def reports(self) -> Sequence[Report]:
        """Give what it holds."""
        ...


class BlockLog(Protocol):
    """What the engine asks of the log: to read on from where it was, and to remember how far."""

    def cursor(self, follower: str) -> int:
        """Give how far a follower has come."""
        ...

    async def set_cursor(self, follower: str, seq: int) -> None:
        """Remember how far a follower has come."""
        ...

    async def blocks(self, after: int, max_reports: int) -> Sequence[Block]:
        """Give the next blocks after a number, in order; none when there are no more."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConfig:
    """Deadlines and sizes. `home` is where this program's own alerts are put on the map.

    `card_deadline_s` is for one look-up, `cards_deadline_s` for all of one step.
    """

    card_deadline_s: float = 0.3
    cards_deadline_s: float = 3.0
    late_card_deadline_s: float = 2.0
    home: Position = field(default_factory=lambda: Position(0.0, 0.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the engine works with."""

    journal: Journal
    cards: CardLookup
    router: Router
    deliverer: Deliverer
    clock: Clock
    aside: Aside


class UnknownAlert(LookupError):
    """There is no alert with this id."""


class Engine:
    """Takes blocks, ticks and people's actions one at a time, and makes them last."""

    def __init__(
        self,
        *,
        judge: Judge,
        parts: Parts,
        config: EngineConfig | None = None,
    ) -> None:
        """Hold the parts; `restore` must be awaited before anything else."""
        self.judge = judge
        self.last_seq = 0
        self.listeners: list[Callable[[Sequence[Change]], None]] = []
        self._journal = parts.journal
        self._cards = parts.cards
        self._router = parts.router
        self._deliverer = parts.deliverer
        self._clock = parts.clock
        self._config = config or EngineConfig()
        self._lock = asyncio.Lock()
        self._recorder = Recorder(
            journal=parts.journal, deliverer=parts.deliverer, aside=parts.aside
        )
        self._late_cards: deque[Change] = deque(maxlen=1000)
        self._system: dict[str, Alert] = {}
        self._stages: deque[StageRecord] = deque()

    @property
    def n_unrecorded(self) -> int:
        """Count the steps that wait for the journal to come back."""
        return self._recorder.n_waiting

    @property
    def n_refused(self) -> int:
        """Count what the journal will never take and was put aside."""
        return self._recorder.n_refused

    async def restore(self, log: BlockLog) -> int:
        """Load what was known, read the log on from there, and give the number of blocks read.

        Raises:
            JournalError: the journal cannot be read; nothing may be judged without it.
        """
        async with self._lock:
            states = await self._journal.load_states()
            self.judge.hold_joints()
            for state in states:
                site, device, point = state.key.split("|")
                why_not = self.judge.points.load((site, device, point), state.seq, state.blob)
                if why_not is not None:
                    _LOG.warning("rule state not used", extra={"key": state.key, "why": why_not})
            self._stages = deque(sorted(await self._journal.stages(), key=lambda each: each.seq))
            self.judge.take_surroundings()
            for alert in await self._journal.alerts(firing_only=True, limit=100_000):
                await self._restore_alert(alert)
            return await self._read_on(log, max((state.seq for state in states), default=0))

    async def declare_stage(self, site: str, device: str, change: StageChange) -> None:
        """Take a person's word on the stage of a device, or of a site (`device` empty).

        It is recorded first, and counts from its own instant on.

        Raises:
            JournalError: it could not be recorded, so it does not count.
            ValueError: too much was told already, or a zeroing too long ago.
        """
        await self._catch_up()
        async with self._lock:
            now = self._clock.now()
            refuse_forgotten(change, now)
            record = StageRecord(
                site=site, device=device, change=change, recorded_at=now, seq=self.last_seq
            )
            self.judge.governor.lives.refuse_too_many(site, device)
            await self._journal.record(Effects(stages=(record,)))
            changes = self.judge.declare(site, device, change, now, self.last_seq)
            await self._publish(changes, None)

    def _declare_again(self, upto: int) -> list[Change]:
        """Take up people's words that were known before the block behind `upto` was judged."""
        changes: list[Change] = []
        while self._stages and self._stages[0].seq <= upto:
            record = self._stages.popleft()
            if self.judge.governor.lives.knows(record.site, record.device):
                changes += self.judge.declare(
                    record.site, record.device, record.change, self._clock.now(), upto
                )
        return changes

    async def _restore_alert(self, alert: Alert) -> None:
        if alert.kind is AlertKind.SYSTEM:
            self._system[alert.sensor.device] = alert
            return
        transitions = await self._journal.transitions(alert.id)
        if self.judge.roll.restore(alert, transitions):
            return
        if alert.awaiting_sign_off:
            self.judge.roll.keep_orphan(alert)
            return
        orphan = replace(alert, awaiting_sign_off=True)
        moment = Moment(self._clock.now(), self.last_seq, alert.position)
        said = plain(Form.ORPHAN)
        kind = TransitionKind.AWAITS_SIGN_OFF
        orphan, transition = step_alert(orphan, kind, moment.now, moment, said=said)
        self.judge.roll.keep_orphan(orphan)
        await self._publish([Change(orphan, transition, None)], None)

    async def _read_on(self, log: BlockLog, newest_state: int) -> int:
        """Read on from where the oldest memory was; every effect of the newest one is recorded."""
        recorded = max(await self._journal.recorded_seq(), newest_state)
        self.last_seq = log.cursor(FOLLOWER)
        is_joined = False
        self.judge.is_quiet = True
        count = 0
        while blocks := await log.blocks(self.last_seq, _READ_ON_REPORTS):
            for block in blocks:
                if not is_joined and block.seq > newest_state:
                    self.judge.compute_joints()
                    is_joined = True
                if self.judge.is_quiet and block.seq > recorded:
                    await self._publish(self.judge.end_quiet(self._clock.now(), recorded), recorded)
                await self._publish(self._declare_again(block.seq - 1), None)
                await self._take(block.seq, block.reports)
            count += len(blocks)
        if not is_joined:
            self.judge.compute_joints()
        await self._publish(self._declare_again(self.last_seq), None)
        if self.judge.is_quiet:
            seq = self.last_seq
            await self._publish(self.judge.end_quiet(self._clock.now(), seq), seq)
        return count

    async def take(self, seq: int, reports: Sequence[Report]) -> None:
        """Judge one owned block and make its effects last."""
        async with self._lock:
            await self._take(seq, reports)

    async def _take(self, seq: int, reports: Sequence[Report]) -> None:
        changes = self.judge.take(reports, seq, self._clock.now())
        self.last_seq = seq
        if changes:
            await self._publish(changes, seq)

    async def judge_unowned(self, reports: Sequence[Report]) -> None:
        """Warn from readings that the log could not take (disk full); they will come again."""
        async with self._lock:
            now, seq = self._clock.now(), self.last_seq + 1
            changes = self.judge.take(reports, seq, now, is_owned=False)
            if changes:
                await self._publish(changes, None)

    async def take_answers(self, examined: Sequence[Examined]) -> None:
        """Take what models said of whole devices."""
        async with self._lock:
            changes = self.judge.take_answers(examined, self._clock.now(), self.last_seq)
            await self._publish(changes, None)

    async def tick(self, *, is_listening: bool = True) -> None:
        """Ask the silence timers, send cards that were late, record what could not be."""
        async with self._lock:
            now = self._clock.now()
            if is_listening:
                changes = self.judge.tick(now, self.last_seq)
                if changes:
                    await self._publish(changes, None)
            await self._send_late_cards()
        await self._recorder.catch_up()

    async def acknowledge(self, alert_id: str, actor: str, note: str = "") -> Alert:
        """Stop everything for an alert at once; a later rise in severity notifies again.

        Raises:
            UnknownAlert: no such alert.
            JournalError: it could not be recorded, so it is not acknowledged.
        """
        known = await self._known(alert_id)
        async with self._lock:
            alert = self._present(known)
            if alert.acknowledged_at is not None or alert.state is not AlertState.FIRING:
                return alert
            now = self._clock.now()
            alert = replace(alert, acknowledged_at=now, acknowledged_by=actor)
            moment = Moment(now, self.last_seq, alert.position)
            kind = TransitionKind.ACKNOWLEDGED
            said = by_person(Form.ACKNOWLEDGED, actor, note)
            alert, transition = step_alert(alert, kind, now, moment, said=said)
            transition = replace(transition, actor=actor)
            action = Action(alert_id=alert_id, at=now, actor=actor, action="ack", note=note)
            effects = Effects(
                alerts=(alert,),
                transitions=(transition,),
                cancelled=(alert_id,),
                actions=(action,),
            )
            await self._journal.record(effects)
            self._keep(alert)
            self._deliverer.cancel(alert_id)
            self._tell([Change(alert, transition, None)])
            return alert

    async def sign_off(self, alert_id: str, actor: str, note: str) -> Alert:
        """Close an alert whose rule asks for a person's word.

        Raises:
            UnknownAlert: no such alert.
            JournalError: the journal is away; nothing was changed.
        """
        known = await self._known(alert_id)
        async with self._lock:
            alert = self._present(known)
            if alert.state is not AlertState.FIRING:
                return alert
            now = self._clock.now()
            said = by_person(Form.SIGNED_OFF, actor, note)
            changes = self.judge.sign_off(alert, now, self.last_seq, said)
            action = Action(alert_id=alert_id, at=now, actor=actor, action="sign_off", note=note)
            await self._publish(changes, None, (action,))
            await self._save_point(alert)
            return next((c.alert for c in reversed(changes) if c.alert.id == alert_id), alert)

    async def raise_problem(self, name: str, problem: str, severity: Severity) -> None:
        """Raise one of this program's own alerts (broker away, disk full, …) unless it stands."""
        async with self._lock:
            if name in self._system:
                return
            now = self._clock.now()
            moment = Moment(now, self.last_seq, self._config.home)
            finding = _system_finding(name, problem, severity, now)
            alert = open_alert(finding, "system", AlertKind.SYSTEM, now, moment)
            kind = TransitionKind.RAISED
            alert, transition = step_alert(
                alert, kind, now, moment, said=finding.said or plain(Form.SYSTEM, problem)
            )
            self._system[name] = alert
            await self._publish([Change(alert, transition, NotifyReason.FIRST)], None)

    async def clear_problem(self, name: str) -> None:
        """Clear one of this program's own alerts if it stands."""
        async with self._lock:
            alert = self._system.pop(name, None)
            if alert is None:
                return
            now = self._clock.now()
            moment = Moment(now, self.last_seq, self._config.home)
            alert = replace(alert, state=AlertState.RESOLVED, ended_at=now)
            kind = TransitionKind.CLEARED
            alert, transition = step_alert(alert, kind, now, moment, said=plain(Form.OVER))
            await self._publish([Change(alert, transition, NotifyReason.CLEARED)], None)

    async def save_states(self, log: BlockLog, *, everything: bool = False) -> None:
        """Save the memory of some changed points, oldest first, and move the log's cursor.

        The journal is written to without holding the engine up; what could not be saved counts as
        changed again, so the cursor never passes a block whose effect on memory is unsaved.

        Raises:
            JournalError: nothing or only a part was saved; the cursor has not moved.
        """
        dirty = self.judge.points.unsaved()
        share = len(dirty) if everything else max(20, len(dirty) // 15)
        oldest = sorted(dirty.items(), key=lambda entry: entry[1])[:share]
        states: list[RuleState] = []
        try:
            for first in range(0, len(oldest), _SAVED_AT_ONCE):
                async with self._lock:  # let go between slices: a warning waits for one at most
                    if self._recorder.n_waiting:
                        break  # memory must not run ahead of what is recorded
                    states += self._dumped(oldest[first : first + _SAVED_AT_ONCE])
                await asyncio.sleep(0)
            if states:
                await self._journal.save_states(states)
        except BaseException:  # also when stopped: what is not saved must count as changed
            self.judge.points.count_as_changed(oldest)
            raise
        left = min(self.judge.points.unsaved().values(), default=self.last_seq + 1)
        await log.set_cursor(FOLLOWER, left - 1)

    def _dumped(self, points: Sequence[tuple[PointKey, int]]) -> list[RuleState]:
        """Write the memory of some points down as of the last block, and count them as saved."""
        states = [
            RuleState(key="|".join(key), seq=self.last_seq, blob=self.judge.points.dump(key))
            for key, _ in points
        ]
        self.judge.points.count_as_saved(key for key, _ in points)
        return states

    async def _save_point(self, alert: Alert) -> None:
        """Save the memory behind a signed-off alert now, so that a crash cannot raise it again."""
        key = (alert.sensor.site, alert.sensor.device, alert.sensor.point)
        if key not in self.judge.points or self._recorder.n_waiting:
            return
        blob = self.judge.points.dump(key)
        state = RuleState(key="|".join(key), seq=self.last_seq, blob=blob)
        await self._journal.save_states([state])

    async def _known(self, alert_id: str) -> Alert:
        """Read an alert, after everything that waited for the journal has been recorded."""
        await self._catch_up()
        alert = await self._journal.alert(alert_id)
        if alert is None:
            raise UnknownAlert(alert_id)
        return alert

    async def _catch_up(self) -> None:
        await self._recorder.catch_up()
        if self._recorder.n_waiting:
            raise JournalError("the journal is away, and older steps wait for it")

    def _present(self, alert: Alert) -> Alert:
        """Give the engine's own copy of an alert that stands."""
        if alert.kind is AlertKind.SYSTEM:
            return self._system.get(alert.sensor.device, alert)
        return self.judge.roll.standing(alert) or alert

    def _keep(self, alert: Alert) -> None:
        if alert.kind is AlertKind.SYSTEM:
            self._system[alert.sensor.device] = alert
        else:
            self.judge.roll.keep(alert)

    async def _publish(
        self, changes: Sequence[Change], seq: int | None, actions: tuple[Action, ...] = ()
    ) -> None:
        """Give changes their cards and notices, record them, hand them to delivery."""
        if not changes:
            return
        changes = [self._wake(change) for change in changes]
        entries: list[OutboxEntry] = []
        cards = StepCards(
            self._cards,
            deadline_s=self._config.card_deadline_s,
            most_s=self._config.cards_deadline_s,
        )
        for change in changes:
            if change.notify is not None:
                entries += await self._notices(change, change.notify, cards)
        effects = Effects(
            seq=seq,
            alerts=tuple({change.alert.id: change.alert for change in changes}.values()),
            transitions=tuple(change.transition for change in changes),
            notices=tuple(entries),
            cancelled=tuple(_over(changes)),
            actions=actions,
        )
        await self._recorder.take(effects)
        self._tell(changes)

    def _wake(self, change: Change) -> Change:
        """Take back the acknowledgement of an alert that got worse: it must be seen again."""
        if change.notify is not NotifyReason.SEVERITY_ROSE or not change.alert.acknowledged_at:
            return change
        alert = replace(change.alert, acknowledged_at=None, acknowledged_by="")
        self._keep(alert)
        return replace(change, alert=alert)

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
        return make_notices(occasion, self._router, self._clock.now())

    async def _send_late_cards(self) -> None:
        """Send some cards that missed their deadline, unless nobody needs them any more."""
        for _ in range(min(len(self._late_cards), _LATE_CARDS_A_TICK)):
            change = self._late_cards.popleft()
            alert = self._present(change.alert)
            if alert.state is not AlertState.FIRING or alert.acknowledged_at is not None:
                continue
            card = await look_up(self._cards, alert, self._config.late_card_deadline_s)
            if card is None:
                card = Card(missing="the look-up did not answer in time")
            occasion = Occasion(
                alert=alert, transition=change.transition, reason=NotifyReason.CARD, card=card
            )
            entries = make_notices(occasion, self._router, self._clock.now())
            await self._recorder.take(Effects(notices=entries))

    def _tell(self, changes: Sequence[Change]) -> None:
        for listener in self.listeners:
            listener(changes)


def _over(changes: Iterable[Change]) -> list[str]:
    """Name the alerts that ended: their waiting notices are out of date."""
    return [change.alert.id for change in changes if change.alert.state is not AlertState.FIRING]


def _system_finding(name: str, problem: str, severity: Severity, now: datetime) -> Finding:
    return Finding(
        rule_id=f"system_{name}",
        pack="supervision",
        sensor=SensorKey("system", name, "", ""),
        severity=severity,
        taken_at=now,
        value=1.0,
        limit=None,
        unit="",
        reason=problem,
        provenance=_SYSTEM_SOURCE,
        said=Sentence(form=Form.SYSTEM, title=name, text=problem),
    )
