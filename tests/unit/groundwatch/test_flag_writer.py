"""Flags that became known late reach the store, whatever it says first."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from alerting.doubtful import Flags, Requalified
from alerting.screen import Found
from groundwatch.flag_writer import FlagWriter
from sensors.model import Qc, Report
from storage.embedded import EmbeddedConfig, EmbeddedStore
from storage.errors import StoreUnavailable
from storage.ports import Refused
from tests.builders import at, report, sensor

GAUGE = sensor("stage_m")


def late(seconds: float, value: float = 4.8) -> Requalified:
    found = Found(at(seconds).timestamp(), value, 1, int(Qc.FAIL), "spike", "it is back")
    return Requalified(GAUGE, found)


@asynccontextmanager
async def running(writer: FlagWriter) -> AsyncIterator[None]:
    task = asyncio.get_running_loop().create_task(writer.run())
    try:
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def until_written(writer: FlagWriter, count: int) -> None:
    async with asyncio.timeout(5):
        while writer.n_written + writer.n_refused < count:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.005)


async def test_a_flag_joins_the_value_that_was_stored_before(tmp_path: Path) -> None:
    store = EmbeddedStore(
        EmbeddedConfig(path=tmp_path / "telemetry.db", retention=timedelta(days=3650))
    )
    await store.open()
    await store.write([report(300.0, {"stage_m": 4.8}), report(600.0, {"stage_m": 1.0})])
    writer = FlagWriter(store=store)
    async with running(writer):
        writer.put([late(300.0)])
        await until_written(writer, 1)
    found = await store.history(GAUGE.key, "water_level", at(0), at(1000))
    await store.close()
    assert [(reading.value, int(reading.qc)) for reading in found] == [(4.8, 4), (1.0, 1)]


@dataclass
class BalkyStore:
    answers: list[object]
    written: list[Report] = field(default_factory=list)

    async def write(self, reports: Sequence[Report]) -> list[Refused]:
        answer = self.answers.pop(0) if self.answers else []
        if isinstance(answer, Exception):
            raise answer
        if answer == "refuse":
            return [Refused(entry, "no such kind") for entry in reports]
        self.written += reports
        return []


async def test_a_store_that_is_away_gets_the_flags_later_and_in_order() -> None:
    store = BalkyStore([StoreUnavailable("away"), StoreUnavailable("away")])
    writer = FlagWriter(store=store, retry_s=0.01)
    async with running(writer):
        writer.put([late(300.0), late(600.0)])
        await until_written(writer, 2)
    assert [entry.taken_at for entry in store.written] == [at(300.0), at(600.0)]


async def test_what_the_store_will_never_take_is_counted_and_left_out() -> None:
    store = BalkyStore(["refuse"])
    writer = FlagWriter(store=store, retry_s=0.01)
    async with running(writer):
        writer.put([late(300.0)])
        await until_written(writer, 1)
        writer.put([late(600.0)])
        await until_written(writer, 2)
    assert (writer.n_refused, writer.n_written) == (1, 1)


def test_the_queue_is_bounded_and_says_what_it_lost() -> None:
    flags = Flags()
    entry = late(300.0).found
    flags.put(GAUGE, [entry] * 10_001)
    assert flags.n_dropped == 1
    assert len(flags.take()) == 10_000
    assert flags.take() == []
