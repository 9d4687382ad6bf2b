"""The shipper loses nothing, keeps the order, and says why it waits."""
# ruff: noqa: ARG002 - a scripted store takes every argument of its protocol

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerting.model import Alert, Transition
from ingest.source import Decoded
from sensors.model import Reading, Report, SensorKey
from storage.embedded import EmbeddedConfig, EmbeddedStore
from storage.errors import StorageError, StoreRefused, StoreUnavailable
from storage.log import Log, LogConfig
from storage.ports import Place, Refused, Row, SiteRow, TelemetryStore
from storage.ship import ShipConfig, Shipper
from tests.contract.telemetry_stores import Influxd, influx1

T0 = datetime(2026, 6, 1, 8, tzinfo=UTC)
S = timedelta(seconds=1)


def reports(start: int, n: int) -> list[Report]:
    return [
        Report("s1", f"TC{i % 3}", "crane", "", T0 + i * S, T0 + i * S, {"load_t": float(i)}, {}, i)
        for i in range(start, start + n)
    ]


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    def now(self) -> datetime:
        return T0 + timedelta(seconds=sum(self.slept))

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


class ScriptedStore:
    """A TelemetryStore that answers as the test says: each error of `trouble` once, then yes.

    From attempt `holds_from` on, writes wait for `gate`.
    """

    def __init__(self) -> None:
        self.trouble: list[StorageError] = []
        self.refuses: set[float] = set()
        self.batches: list[list[Report]] = []
        self.n_attempts = 0
        self.holds_from = 1_000_000
        self.gate = asyncio.Event()

    @property
    def order(self) -> list[int]:
        return [report.seq or 0 for batch in self.batches for report in batch]

    async def open(self) -> None: ...

    async def close(self) -> None: ...

    async def write(self, reports: Sequence[Report]) -> list[Refused]:
        self.n_attempts += 1
        if self.n_attempts >= self.holds_from:
            await self.gate.wait()
        if self.trouble:
            raise self.trouble.pop(0)
        self.batches.append(list(reports))
        bad = [report for report in reports if report.values["load_t"] in self.refuses]
        return [Refused(report, "field type conflict") for report in bad]

    async def write_transition(self, alert: Alert, transition: Transition) -> None: ...

    async def write_sites(self, rows: Sequence[SiteRow]) -> None: ...

    async def latest(self, site: str | None = None) -> list[Reading]:
        return []

    async def history(
        self, key: SensorKey, kind: str, since: datetime, until: datetime, limit: int = 10_000
    ) -> list[Reading]:
        return []

    async def rows(
        self, kind: str, since: datetime, until: datetime, limit: int = 1_000_000
    ) -> list[Row]:
        return []

    async def rows_of_each(
        self, kind: str, most: Mapping[Place, int], since: datetime, until: datetime
    ) -> list[Row]:
        return []


class Running:
    """A shipper at work, with its parts."""

    def __init__(self, log: Log, store: TelemetryStore, time: Time, **config: object) -> None:
        self.time = time
        self.shipper = Shipper(
            log,
            store,
            ShipConfig(**config),  # type: ignore[arg-type]
            clock=time,
            sleep=time.sleep,
            jitter=lambda: 1.0,
        )
        self._group = asyncio.TaskGroup()

    async def __aenter__(self) -> Shipper:
        await self._group.__aenter__()
        self.task = self._group.create_task(self.shipper.run())
        return self.shipper

    async def __aexit__(self, *error: object) -> None:
        self.shipper.stop()
        await self._group.__aexit__(None, None, None)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - watches from outside
            await asyncio.sleep(0.0005)


async def until_shipped(shipper: Shipper) -> None:
    await until(lambda: shipper.status().behind_blocks == 0 and shipper.status().n_shipped > 0)


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    found = Log(tmp_path / "log.db", LogConfig(followers=("shipper",)))
    await found.open()
    yield found
    await found.close()


@pytest.fixture
def store() -> ScriptedStore:
    return ScriptedStore()


@pytest.fixture
def time() -> Time:
    return Time()


async def own(log: Log, start: int, n: int, size: int = 10) -> None:
    for i in range(n):
        await log.own(Decoded(reports(start + i * size, size), []))


async def test_blocks_are_written_in_order_and_forgotten(
    log: Log, store: ScriptedStore, time: Time
) -> None:
    await own(log, 0, 20)
    async with Running(log, store, time, forget_every=timedelta(0)) as shipper:
        await until_shipped(shipper)
        await own(log, 200, 20)
        await until_shipped(shipper)
    assert store.order == list(range(400))
    status = shipper.status()
    assert (status.behind_blocks, status.behind_reports, status.n_shipped) == (0, 0, 400)
    assert (status.is_writing, status.last_error) == (True, "")
    assert log.cursor("shipper") == 40
    assert (await log.status()).n_blocks == 0


async def test_batches_are_bounded_by_size_and_wait_for_company(
    log: Log, store: ScriptedStore, time: Time
) -> None:
    await own(log, 0, 26)
    async with Running(log, store, time, max_reports=100) as shipper:
        await until_shipped(shipper)
    assert [len(batch) for batch in store.batches] == [100, 100, 60]
    # Only the last batch was short of reports, so only before it was there anything to wait for.
    assert time.slept == [0.3]


async def test_a_block_larger_than_a_batch_is_shipped_whole(
    log: Log, store: ScriptedStore, time: Time
) -> None:
    await own(log, 0, 2, size=250)
    async with Running(log, store, time, max_reports=100) as shipper:
        await until_shipped(shipper)
    assert [len(batch) for batch in store.batches] == [250, 250]


async def test_while_the_database_is_away_it_waits_longer_and_longer(
    log: Log, store: ScriptedStore, time: Time
) -> None:
    store.trouble = [StoreUnavailable("connection refused") for _ in range(9)]
    await own(log, 0, 3)
    async with Running(log, store, time) as shipper:
        await until_shipped(shipper)
    assert time.slept == [0.3, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0]
    assert store.order == list(range(30))
    assert store.n_attempts == 10


async def test_the_delay_is_spread_and_heeds_what_the_server_asks(
    log: Log, store: ScriptedStore, time: Time
) -> None:
    store.trouble = [
        StoreUnavailable("busy"),
        StoreUnavailable("busy", retry_after_s=7.0),
        StoreUnavailable("busy", retry_after_s=9_999.0),
    ]
    await own(log, 0, 1)
    running = Running(log, store, time)
    running.shipper = Shipper(log, store, clock=time, sleep=time.sleep, jitter=lambda: 0.0)
    async with running as shipper:
        await until_shipped(shipper)
    assert time.slept == [0.3, 0.125, 7.0, 15.0]


async def test_status_says_how_far_behind_it_is_and_why(
    log: Log, store: ScriptedStore, time: Time
) -> None:
    await own(log, 0, 4)
    store.holds_from = 2
    store.trouble = [StoreUnavailable("connection refused")]
    async with Running(log, store, time) as shipper:
        await own(log, 40, 2)
        await until(lambda: bool(shipper.status().last_error) and store.n_attempts == 2)
        status = shipper.status()
        assert (status.behind_blocks, status.behind_reports) == (6, 60)
        assert (status.is_writing, status.needs_a_person) == (False, False)
        assert status.last_error == "connection refused"
        assert status.last_ok_at is None
        store.gate.set()
        await until_shipped(shipper)
        assert shipper.status().last_error == ""
        assert shipper.status().last_ok_at == time.now()


async def test_a_wrong_password_is_said_aloud_and_tried_again_slowly(
    log: Log, store: ScriptedStore, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    store.trouble = [StoreRefused("wrong password") for _ in range(3)]
    await own(log, 0, 1)
    async with Running(log, store, time) as shipper:
        await until(lambda: bool(shipper.status().needs_a_person))
        await until_shipped(shipper)
        assert not shipper.status().needs_a_person
    assert time.slept == [0.3, 30.0, 30.0, 30.0]
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [record.getMessage().count("wrong password") for record in errors] == [1]


async def test_what_the_database_refuses_goes_to_quarantine_and_the_rest_goes_on(
    log: Log, store: ScriptedStore, time: Time
) -> None:
    store.refuses = {3.0, 17.0}
    await own(log, 0, 3)
    async with Running(log, store, time) as shipper:
        await until_shipped(shipper)
    assert (shipper.status().n_shipped, shipper.status().n_refused) == (28, 2)
    kept = await log.quarantined()
    assert [(q.topic, q.reason) for q in kept] == [
        ("s1/TC0", "field type conflict"),
        ("s1/TC2", "field type conflict"),
    ]


async def test_a_restart_goes_on_where_the_cursor_was(
    log: Log, store: ScriptedStore, time: Time
) -> None:
    await own(log, 0, 10)
    async with Running(log, store, time) as shipper:
        await until_shipped(shipper)
    await own(log, 100, 5)
    async with Running(log, store, Time()) as shipper:
        assert shipper.status().behind_blocks == 5
        await until_shipped(shipper)
    assert store.order == list(range(150))


async def test_stop_ships_what_is_left(log: Log, store: ScriptedStore, time: Time) -> None:
    await own(log, 0, 10)
    async with Running(log, store, time, max_reports=20) as shipper:
        shipper.stop()
    assert store.order == list(range(100))


async def test_stop_does_not_wait_for_a_database_that_is_away(
    log: Log, store: ScriptedStore, time: Time
) -> None:
    store.trouble = [StoreUnavailable("connection refused") for _ in range(1_000)]
    await own(log, 0, 10)
    async with asyncio.timeout(5):
        async with Running(log, store, time) as shipper:
            shipper.stop()
    assert shipper.status().behind_reports == 100
    assert len(await log.blocks(0, 1000)) == 10


async def test_stop_keeps_its_deadline_when_a_write_hangs(
    log: Log, store: ScriptedStore, time: Time
) -> None:
    await own(log, 0, 1)
    store.holds_from = 1
    async with asyncio.timeout(5):
        async with Running(log, store, time, drain_within=timedelta(seconds=0.05)) as shipper:
            shipper.stop()
    assert shipper.status().behind_blocks == 1
    assert "stopped before" in shipper.status().last_error


async def test_a_stop_wakes_a_shipper_that_waits(log: Log, store: ScriptedStore) -> None:
    shipper = Shipper(log, store, clock=Time())
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        task = group.create_task(shipper.run())
        await asyncio.sleep(0.01)
        assert not task.done()
        shipper.stop()


async def test_into_the_embedded_store_nothing_is_lost_while_its_file_is_held(
    log: Log, tmp_path: Path, time: Time
) -> None:
    path = tmp_path / "telemetry.db"
    store = EmbeddedStore(EmbeddedConfig(path=path, busy=timedelta(milliseconds=20)))
    await store.open()
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    await own(log, 0, 30)
    async with Running(log, store, time, max_reports=50) as shipper:
        await until(lambda: not shipper.status().is_writing)
        assert shipper.status().behind_reports == 300
        holder.execute("ROLLBACK")
        await until_shipped(shipper)
    rows = await store.rows("crane", T0, T0 + timedelta(days=1))
    assert [row.values["load_t"] for row in rows] == [float(n) for n in range(300)]
    holder.close()
    await store.close()


class Watched:
    """Passes everything on to a real store and notes what it took, in order."""

    def __init__(self, store: TelemetryStore) -> None:
        self._store = store
        self.taken: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def write(self, reports: Sequence[Report]) -> list[Refused]:
        refused = await self._store.write(reports)
        self.taken += [report.seq or 0 for report in reports]
        return refused


@pytest.mark.influx
async def test_influxdb_stopped_under_load_loses_nothing_and_keeps_the_order(
    log: Log, tmp_path: Path
) -> None:
    influxd = Influxd(tmp_path)
    subject = influx1(influxd, f"gw{uuid.uuid4().hex[:8]}")
    store = Watched(subject.store)
    config = ShipConfig(
        max_reports=500,
        max_age=timedelta(milliseconds=20),
        first_retry=timedelta(milliseconds=20),
        max_retry=timedelta(milliseconds=100),
    )
    shipper = Shipper(log, store, config, clock=Time())  # type: ignore[arg-type]
    outages = []
    async with asyncio.TaskGroup() as group:
        group.create_task(shipper.run())
        for n in range(120):
            await log.own(Decoded(reports(n * 50, 50), []))
            await asyncio.sleep(0.005)
            if n in (20, 70):
                await asyncio.to_thread(influxd.stop)
            if n in (50, 100):
                outages.append(shipper.status())
                await asyncio.to_thread(influxd.start)
        await until_shipped(shipper)
        shipper.stop()
    assert all(not status.is_writing and status.behind_reports > 500 for status in outages)
    # In order, and nothing was answered for twice: each write that was taken moved the cursor.
    assert store.taken == list(range(6_000))
    rows = await subject.store.rows("crane", T0, T0 + timedelta(days=1))
    assert [row.values["load_t"] for row in rows] == [float(n) for n in range(6_000)]
    assert (await log.status()).quarantine.n_rows == 0
    await subject.store.close()
    influxd.close()
