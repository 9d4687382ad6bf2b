"""What waits for a full log is bounded, comes back in order, and is not owned twice."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from groundwatch.clock import EventClock
from groundwatch.pipeline import Pipeline, PipelineCounts
from ingest.intake import Intake
from ingest.quarantine import replay
from ingest.source import Decoded, RawMessage
from sensors.model import Report
from storage.errors import LogFull
from storage.log import Log
from tests import builders
from tests.unit.ingest.messages import RECEIVED_AT, message, sample

NOW = RECEIVED_AT + timedelta(hours=6)


@dataclass
class HandClock:
    time: datetime = NOW

    def now(self) -> datetime:
        return self.time


@dataclass
class ListSource:
    """Gives its batches; those of connections before `connection` come again from the sender."""

    given: list[Sequence[RawMessage]] = field(default_factory=list)
    connection: int = 1
    keeps_session: bool = True
    acknowledged: list[RawMessage] = field(default_factory=list)
    longest_line: int = 0
    pipeline: Pipeline | None = None

    async def batches(self) -> AsyncIterator[Sequence[RawMessage]]:
        for batch in self.given:
            self.connection = max(each.token[0] if each.token else 0 for each in batch) or 1
            yield batch
            if self.pipeline is not None:
                self.longest_line = max(self.longest_line, self.pipeline.counts.waiting)

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        self.acknowledged += messages

    def gives_again(self, message: RawMessage) -> bool:
        token = message.token
        return self.keeps_session and token is not None and token[0] < self.connection


@dataclass
class FillableLog:
    """An owner with room for so many batches, then full for so many attempts, then with room."""

    room: int = 0
    refusals: int = 10**9
    owned: list[Report] = field(default_factory=list)

    async def own(self, decoded: Decoded) -> int:
        if self.room <= 0 and self.refusals > 0:
            self.refusals -= 1
            raise LogFull("the log is at its cap")
        self.room -= 1
        self.owned += decoded.reports
        return len(self.owned)


@dataclass
class ListEngine:
    judged: list[Report] = field(default_factory=list)
    unowned: list[Report] = field(default_factory=list)

    async def take(self, seq: int, reports: Sequence[Report], /) -> None:
        assert seq > 0
        self.judged += reports

    async def judge_unowned(self, reports: Sequence[Report], /) -> None:
        self.unowned += reports


def intake() -> Intake:
    return Intake(builders.registry(builders.sensor("wind_ms", "crane", device="TC-1")))


def sent(n: int, connection: int | None = 1) -> RawMessage:
    """Message `n`, over a connection, or with QoS 0."""
    made = message(sample(RECEIVED_AT - timedelta(seconds=n), wind_ms=float(n)))
    token = (connection, n + 1) if connection is not None else None
    return RawMessage(made.topic, made.payload, made.received_at, token)


def pipeline(source: ListSource, log: FillableLog, *, max_held: int = 20) -> Pipeline:
    made = Pipeline(
        source=source,
        intake=intake(),
        log=log,
        engine=ListEngine(),
        clock=HandClock(),
        max_held=max_held,
    )
    source.pipeline = made
    return made


def winds(reports: Sequence[Report]) -> list[float]:
    return [report.values["wind_ms"] for report in reports]


async def test_what_waited_is_owned_in_order_and_acknowledged_when_there_is_room() -> None:
    source = ListSource([[sent(1), sent(2)], [sent(3)], [sent(4)]])
    log = FillableLog(refusals=2)
    carrying = pipeline(source, log)
    await carrying.run()
    assert source.longest_line == 3
    assert winds(log.owned) == [1, 2, 3, 4]
    assert [each.token for each in source.acknowledged] == [(1, 2), (1, 3), (1, 4), (1, 5)]
    assert (carrying.counts.waiting, carrying.counts.unkept) == (0, 0)


async def test_what_comes_again_after_a_reconnect_takes_the_place_of_what_waited() -> None:
    given = [[sent(n, connection) for n in range(10)] for connection in range(1, 31)]
    source = ListSource(list(given))
    log = FillableLog(refusals=30)
    carrying = pipeline(source, log, max_held=1000)
    await carrying.run()
    assert source.longest_line == 10
    assert winds(log.owned) == list(range(10))
    assert {each.token[0] for each in source.acknowledged if each.token} == {30}
    assert (carrying.counts.waiting, carrying.counts.unkept) == (0, 0)


async def test_what_a_lost_session_will_not_give_again_is_kept_as_far_as_there_is_room() -> None:
    given = [[sent(10 * connection + n, connection) for n in range(10)] for connection in (1, 2, 3)]
    source = ListSource(list(given), keeps_session=False)
    log = FillableLog(refusals=3)
    carrying = pipeline(source, log)
    await carrying.run()
    assert winds(log.owned) == list(range(20, 40))
    assert carrying.counts.unkept == 10


async def test_without_room_messages_of_qos_0_leave_first_and_are_counted() -> None:
    mixed = [[sent(2 * n, None), sent(2 * n + 1, 1)] for n in range(20)]
    source = ListSource(list(mixed))
    log = FillableLog(refusals=20)
    carrying = pipeline(source, log)
    await carrying.run()
    assert source.longest_line == 20
    assert winds(log.owned) == [2.0 * n + 1 for n in range(20)]
    assert carrying.counts.unkept == 20
    assert isinstance(carrying.engine, ListEngine)
    assert winds(carrying.engine.unowned) == list(range(40))


async def test_what_can_still_be_acknowledged_stays_beyond_the_cap() -> None:
    source = ListSource([[sent(n)] for n in range(30)])
    log = FillableLog(refusals=30)
    await pipeline(source, log).run()
    assert source.longest_line == 30
    assert len(source.acknowledged) == 30


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Log]:
    log = Log(tmp_path / "log.db")
    await log.open()
    yield log
    await log.close()


async def test_what_lay_in_quarantine_is_judged_as_received_now_also_after_a_crash(
    shelf: Log,
) -> None:
    refused = Intake(builders.registry(builders.sensor("wind_ms", "crane", device="TC-9")))
    await shelf.own(refused.decode([sent(1)]))
    engine = ListEngine()
    mended = Pipeline(
        source=ListSource(), intake=intake(), log=shelf, engine=engine, clock=HandClock()
    )
    await replay(shelf, mended.intake, mended, at=NOW)
    (block,) = await shelf.blocks(0, 10)
    assert engine.judged == block.reports
    assert [(each.values, each.received_at) for each in engine.judged] == [({"wind_ms": 1.0}, NOW)]
    assert engine.judged[0].taken_at == RECEIVED_AT - timedelta(seconds=1)
    (kept,) = await shelf.quarantined(with_replayed=True)
    assert kept.received_at == RECEIVED_AT


async def test_on_the_clock_of_a_replay_it_is_received_when_the_newest_reading_was_taken() -> None:
    clock = EventClock(RECEIVED_AT)
    clock.tell(NOW)
    log = FillableLog(room=1)
    carrying = Pipeline(
        source=ListSource(), intake=intake(), log=log, engine=ListEngine(), clock=clock
    )
    await carrying.own(carrying.intake.decode([sent(1)]))
    assert log.owned[0].received_at == NOW


@dataclass
class SlowLog:
    """An owner that takes a while, a different one each time."""

    n_owned: int = 0

    async def own(self, decoded: Decoded) -> int:
        if not decoded.reports:
            return self.n_owned
        self.n_owned += 1
        seq = self.n_owned
        for _ in range(seq * 7 % 5):
            await asyncio.sleep(0)
        return seq


@dataclass
class OrderedEngine(ListEngine):
    seqs: list[int] = field(default_factory=list)

    async def take(self, seq: int, reports: Sequence[Report], /) -> None:
        self.seqs.append(seq)
        self.judged += reports


async def test_blocks_of_several_sources_are_judged_in_the_order_they_are_owned() -> None:
    log, engine, counts, carrying = SlowLog(), OrderedEngine(), PipelineCounts(), asyncio.Lock()
    shared = intake()
    pipelines = [
        Pipeline(
            source=ListSource([[sent(n)] for n in range(first, first + 40)]),
            intake=shared,
            log=log,
            engine=engine,
            clock=HandClock(),
            counts=counts,
            carrying=carrying,
        )
        for first in (0, 20)  # half of what one brings the other brings too
    ]
    async with asyncio.TaskGroup() as group:
        for each in pipelines:
            group.create_task(each.run())
    assert engine.seqs == sorted(engine.seqs)
    assert sorted(winds(engine.judged)) == list(range(60))
    assert (counts.messages, counts.acknowledged, counts.reports) == (80, 80, 60)
