"""The life of an alert in one screen: judged, given its card, recorded, handed to delivery.

    block of the log ─ judge ─ changes ─ card (with a deadline) ─ notices ─ journal ─ delivery

Each step for one block, one tick of the timer or one person's action is recorded in the journal in
a single transaction before anything of it is sent; only when the journal is away the warning goes
out at once, says that it could not be recorded, and is recorded when the journal is back. What
becomes of the changes is in `alerting.publish`, what people do about alerts in `alerting.people`.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from alerting.book import Change, Moment, open_alert, step_alert
from alerting.drill import Drills
from alerting.errors import JournalError, UnknownAlert
from alerting.escalate import by_alert
from alerting.follow_up import FollowUp
from alerting.judge import Judge
from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Finding,
    Form,
    Mark,
    NotifyReason,
    Provenance,
    Sentence,
    Severity,
    TransitionKind,
)
from alerting.parts import Clock, EngineConfig, Parts, Present, Turn
from alerting.people import People
from alerting.points import PointKey
from alerting.ports import Effects, EscalationStep, RuleState, StageRecord
from alerting.publish import Listener, Publisher
from alerting.renew import Renewals
from alerting.response.desk import ResponseDesk
from alerting.response.model import Deed, Response, Said
from alerting.sentence import plain
from alerting.silencing import Silencing
from alerting.unusual import Examined
from alerting.warning import OfficialRecord
from alerting.zero import refuse_forgotten
from sensors.lifecycle import StageChange
from sensors.model import Report, SensorKey

__all__ = ["Clock", "Engine", "EngineConfig", "Parts", "UnknownAlert"]

_LOG = logging.getLogger(__name__)
_READ_ON_REPORTS = 5_000
_SAVED_AT_ONCE = 8
_OFFICIALS_MATTER = timedelta(days=60)

FOLLOWER = "engine"
_SYSTEM_SOURCE = Provenance(source="this program's own supervision", confidence="D")


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
        self._journal = parts.journal
        self._escalator = parts.escalator
        self._clock = parts.clock
        self._config = config or EngineConfig()
        self._turn = Turn()
        self._lock = self._turn.lock
        self._present = Present(judge)
        self._system = self._present.system
        self._desk = ResponseDesk(self._config.response)
        self._publisher = Publisher(
            parts=parts, config=self._config, present=self._present, desk=self._desk
        )
        self._recorder = self._publisher.recorder
        self._publish = self._publisher.publish
        self.people = People(
            judge=judge,
            parts=parts,
            publisher=self._publisher,
            desk=self._desk,
            turn=self._turn,
        )
        self.silencing = Silencing(
            parts=parts,
            publisher=self._publisher,
            turn=self._turn,
            rules=self._config.telling.silences,
        )
        self.drills = Drills(
            parts=parts,
            publisher=self._publisher,
            present=self._present,
            turn=self._turn,
            rules=self._config.drills,
        )
        self.follow_up = FollowUp(
            parts=parts, publisher=self._publisher, present=self._present, turn=self._turn
        )
        self.renewals = Renewals(
            parts=parts, publisher=self._publisher, present=self._present, turn=self._turn
        )
        parts.deliverer.on_receipt = self.people.note_receipt
        self._stages: deque[StageRecord] = deque()
        self._officials: deque[OfficialRecord] = deque()

    @property
    def last_seq(self) -> int:
        """Give the number of the newest block that was judged."""
        return self._turn.last_seq

    @property
    def listeners(self) -> list[Listener]:
        """Give who is told of every change; add to it before the first block."""
        return self._publisher.listeners

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
            known = await self._journal.officials(self._clock.now() - _OFFICIALS_MATTER)
            self._officials = deque(sorted(known, key=lambda each: each.seq))
            self.judge.take_surroundings()
            await self.people.restore()
            await self._publisher.restore_past()
            steps = by_alert(await self._journal.steps())
            for alert in await self._journal.alerts(firing_only=True, limit=100_000):
                await self._restore_alert(alert, steps.get(alert.id, []))
            for drill in await self._journal.exercises():  # ended at the first tick
                await self._restore_alert(drill, steps.get(drill.id, []))
            return await self._read_on(log, max((state.seq for state in states), default=0))

    async def declare_stage(self, site: str, device: str, change: StageChange) -> None:
        """Take a person's word on the stage of a device, or of a site (`device` empty).

        It is recorded first, and counts from its own instant on.

        Raises:
            JournalError: it could not be recorded, so it does not count.
            ValueError: too much was told already, or a zeroing too long ago.
        """
        await self.people.catch_up()
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

    async def warn(self, record: OfficialRecord) -> OfficialRecord:
        """Take an official message in: recorded first, then what it tightens is judged again.

        Raises:
            JournalError: it could not be recorded, so it does not count.
        """
        await self.people.catch_up()
        async with self._lock:
            record = replace(record, seq=self.last_seq)
            await self._journal.record(Effects(officials=(record,)))
            changes = self.judge.warn(record.warning, self._clock.now(), self.last_seq)
            await self._publish(changes, None)
            return record

    def _declare_again(self, upto: int) -> list[Change]:
        """Take up what people and officials said before the block behind `upto` was judged."""
        changes: list[Change] = []
        while self._officials and self._officials[0].seq <= upto:
            warning = self._officials.popleft().warning
            changes += self.judge.warn(warning, self._clock.now(), upto)
        while self._stages and self._stages[0].seq <= upto:
            record = self._stages.popleft()
            if self.judge.governor.lives.knows(record.site, record.device):
                changes += self.judge.declare(
                    record.site, record.device, record.change, self._clock.now(), upto
                )
        return changes

    async def _restore_alert(self, alert: Alert, steps: Sequence[EscalationStep]) -> None:
        transitions = await self._journal.transitions(alert.id)
        self._escalator.restore(alert, transitions, steps)
        await self._publisher.restore(alert, transitions)
        if alert.mark is not Mark.ACTUAL:
            self._present.drills[alert.id] = alert
            return
        if alert.kind is AlertKind.SYSTEM:
            self._system[alert.sensor.device] = alert
            return
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
        self._turn.last_seq = log.cursor(FOLLOWER)
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
        self._turn.last_seq = seq
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
            await self._publisher.send_late_cards()
            await self._publisher.escalate()
            await self._tick_people(now)
            await self.drills.tick(now)
            await self._publisher.look()
            await self._publisher.gather()
            loud = self.silencing.tick(now)
        for name, text in loud.items():
            if text is None:
                await self.clear_problem(name)
            else:
                await self.raise_problem(name, text, Severity.MODERATE)
        await self._recorder.catch_up()

    async def _tick_people(self, now: datetime) -> None:
        try:
            await self.people.tick(now)
        except JournalError as error:
            _LOG.warning("receipts and shelves wait for the journal", extra={"why": str(error)})

    async def acknowledge(self, alert_id: str, actor: str, note: str = "") -> Alert:
        """Stop everything for an alert at once; see `People.acknowledge`."""
        return await self.people.acknowledge(alert_id, actor, note)

    async def sign_off(self, alert_id: str, actor: str, note: str) -> Alert:
        """Close an alert whose rule asks for a person's word; see `People.sign_off`."""
        return await self.people.sign_off(alert_id, actor, note)

    async def respond(self, alert_id: str, deed: Deed, actor: str, note: str = "") -> Response:
        """Take a step of the response (`Deed.DISPATCH`, …); see `People.respond`."""
        return await self.people.respond(alert_id, Said(deed=deed, actor=actor, note=note))

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

    async def tell_more(self, name: str, problem: str, news: str) -> None:
        """Tell people again of one of this program's own alerts, if it stands: there is more."""
        async with self._lock:
            standing = self._system.get(name)
            if standing is None:
                return
            now = self._clock.now()
            moment = Moment(now, self.last_seq, self._config.home)
            said = Sentence(form=Form.SYSTEM, title=name, text=problem)
            alert = replace(standing, reason=problem, said=said, severity_at=now)
            kind, said = TransitionKind.UPGRADED, replace(said, text=news)
            alert, transition = step_alert(alert, kind, now, moment, said=said)
            self._system[name] = alert
            await self._publish([Change(alert, transition, NotifyReason.SEVERITY_ROSE)], None)

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
