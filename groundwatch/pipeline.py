"""The one road in: message, report, log, judgement, acknowledgement, in this order and no other.

Nothing is acknowledged before the log owns it (contract C1). When the log cannot take more (disk
full), readings are still judged so that a warning goes out, nothing is acknowledged, and the
messages wait here until the log can take them, in bounded number (`groundwatch.waiting`). What the
sender gives again after a reconnect takes the place of what waited.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from groundwatch.clock import Clock, EventClock
from groundwatch.waiting import Held, Waiting, split
from ingest.intake import Intake
from ingest.source import CommandReply, Decoded, DeviceStatus, Order, Owner, RawMessage, Source
from sensors.model import Report
from storage.errors import LogFull

_LOG = logging.getLogger(__name__)
_RETRY_S = 1.0
_MAX_HELD = 8_000


@dataclass(slots=True)
class PipelineCounts:
    """What went through since the start. `log_full` says why the log takes nothing, if so.

    `waiting` are messages judged that wait for the log now, `unkept` those that found no room to.
    """

    messages: int = 0
    reports: int = 0
    readings: int = 0
    rejects: int = 0
    acknowledged: int = 0
    log_full: str = ""
    waiting: int = 0
    unkept: int = 0


class Examiner(Protocol):
    """Judges reports (implemented by `alerting.engine.Engine`)."""

    async def take(self, seq: int, reports: Sequence[Report], /) -> object:
        """Judge what is owned, as block `seq`."""
        ...

    async def judge_unowned(self, reports: Sequence[Report], /) -> None:
        """Judge what is not owned yet and comes again."""
        ...


@dataclass(slots=True, kw_only=True)
class Pipeline:
    """Carries batches from one source to the engine until the source is closed.

    Pipelines of several sources share intake, log, engine, `counts` and the `carrying` lock: a
    block is judged before the next is owned, or the engine would pass it over as known, and what
    comes through two sources is owned before it is decoded again.
    At most `max_held` messages wait for a full log, or as many as the source lets be in flight if
    that is more.
    """

    source: Source
    intake: Intake
    log: Owner
    engine: Examiner
    clock: Clock
    max_held: int = _MAX_HELD
    on_status: Callable[[Sequence[DeviceStatus]], None] | None = None
    on_reports: Callable[[Sequence[Report]], None] | None = None
    on_orders: Callable[[Sequence[Order]], None] | None = None
    on_replies: Callable[[Sequence[CommandReply]], None] | None = None
    counts: PipelineCounts = field(default_factory=PipelineCounts)
    carrying: asyncio.Lock = field(default_factory=asyncio.Lock)
    _held: Waiting = field(init=False)
    _n_waiting: int = 0
    _n_unkept: int = 0

    def __post_init__(self) -> None:
        """Let batches wait for this source."""
        self._held = Waiting(source=self.source, max_messages=self.max_held)

    async def run(self) -> None:
        """Carry until the source ends; then own what still waits, if the log takes it.

        Raises:
            SourceError: a person must mend something at the source.
        """
        async with asyncio.TaskGroup() as group:
            retrying = group.create_task(self._retry(), name="log retry")
            async for batch in self.source.batches():
                await self._carry(batch)
            retrying.cancel()
        async with self.carrying:
            await self._own_held()

    async def own(self, decoded: Decoded) -> int:
        """Own and judge what did not come through the source (replayed from quarantine).

        It counts as received now, in the log too, so that it is judged the same after a crash: what
        lay in quarantine is late, and may raise but never clear. The quarantine knows when it came.

        Raises:
            LogFull: nothing of `decoded` is owned or judged.
        """
        decoded.reports = _received_now(decoded.reports, self.clock)
        async with self.carrying:
            seq = await self.log.own(decoded)
            if decoded.reports:
                self.intake.remember(decoded.reports)
                await self.engine.take(seq, decoded.reports)
            return seq

    async def _carry(self, batch: Sequence[RawMessage]) -> None:
        async with self.carrying:
            if self._held:
                await self._own_held()
            decoded = self._decoded(batch)
            self.counts.messages += len(batch)
            self.counts.rejects += len(decoded.rejects)
            self._pass_on(decoded)
            held = Held(batch, decoded)
            if self._held or not await self._own(held):
                await self.engine.judge_unowned(decoded.reports)
                self._hold(held)

    def _pass_on(self, decoded: Decoded) -> None:
        """Tell those who listen what is not owned: statuses, orders and replies."""
        if decoded.statuses and self.on_status is not None:
            self.on_status(decoded.statuses)
        if decoded.orders and self.on_orders is not None:
            self.on_orders(decoded.orders)
        if decoded.replies and self.on_replies is not None:
            self.on_replies(decoded.replies)

    def _decoded(self, batch: Sequence[RawMessage]) -> Decoded:
        decoded = self.intake.decode(batch)
        if isinstance(self.clock, EventClock):
            decoded.reports = _received_now(decoded.reports, self.clock)
        return decoded

    def _hold(self, held: Held) -> None:
        parts = split(held.batch)
        for part in parts:
            self._held.put(held if len(parts) == 1 else Held(part, self._decoded(part)))
        self._count_held()

    def _count_held(self) -> None:
        self.counts.waiting += self._held.n_messages - self._n_waiting
        self.counts.unkept += self._held.n_dropped - self._n_unkept
        self._n_waiting, self._n_unkept = self._held.n_messages, self._held.n_dropped

    async def _own(self, held: Held) -> bool:
        """Own one batch, judge it, acknowledge it; False when the log takes nothing now."""
        decoded = held.decoded
        try:
            seq = await self.log.own(decoded)
        except LogFull as error:
            if not self.counts.log_full:
                _LOG.error("the log is full; nothing is acknowledged", extra={"why": str(error)})
            self.counts.log_full = str(error)
            return False
        self.counts.log_full = ""
        if decoded.reports:
            self.intake.remember(decoded.reports)
            self.counts.reports += len(decoded.reports)
            self.counts.readings += sum(len(report.values) for report in decoded.reports)
            await self.engine.take(seq, decoded.reports)
            if self.on_reports is not None:
                self.on_reports(decoded.reports)
        await self.source.acknowledge(held.batch)
        self.counts.acknowledged += len(held.batch)
        return True

    async def _own_held(self) -> None:
        while self._held and await self._own(self._held.first):
            self._held.take()
            self._count_held()

    async def _retry(self) -> None:
        while True:
            await asyncio.sleep(_RETRY_S)
            if self._held:
                async with self.carrying:
                    await self._own_held()


def _received_now(reports: Sequence[Report], clock: Clock) -> list[Report]:
    """Let each report arrive now; on a replay's clock, when the newest one so far was taken."""
    if isinstance(clock, EventClock):
        arrivals = [clock.tell(report.taken_at) for report in reports]
    else:
        arrivals = [clock.now()] * len(reports)
    return [
        msgspec.structs.replace(report, received_at=at)
        for report, at in zip(reports, arrivals, strict=True)
    ]
