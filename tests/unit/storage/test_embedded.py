"""What only the embedded store does: retention, its file, and two connections at once."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sensors.model import Report, SensorKey
from storage.embedded import EmbeddedConfig, EmbeddedStore
from storage.errors import StoreRefused, StoreUnavailable
from storage.ports import SiteRow

T0 = datetime(2026, 6, 1, tzinfo=UTC)
H = timedelta(hours=1)


def report(at: datetime, device: str = "TC1", **values: float) -> Report:
    return Report("s1", device, "crane", "", at, at, values or {"load_t": 1.0}, {})


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[EmbeddedStore]:
    found = EmbeddedStore(EmbeddedConfig(path=tmp_path / "t.db", retention=24 * H))
    await found.open()
    yield found
    await found.close()


async def test_readings_older_than_the_retention_are_deleted(store: EmbeddedStore) -> None:
    step = timedelta(seconds=10)
    for device in ("TC1", "TC2"):
        await store.write([report(T0 + n * step, device) for n in range(12_000)])
    row = SiteRow(site="s1", name="", lat=0, lon=0, worst=0, n_firing=0, n_blind=0, at=T0)
    await store.write_sites([row])
    now = T0 + 48 * H
    assert await store.expire(now) == 2 * 24 * 360 + 1
    rows = await store.rows("crane", T0, now)
    assert {(r.device, r.taken_at >= T0 + 24 * H) for r in rows} == {("TC1", True), ("TC2", True)}
    assert len(rows) == 24_000 - 2 * 24 * 360
    assert await store.expire(now) == 0


async def test_without_a_retention_nothing_is_deleted(tmp_path: Path) -> None:
    store = EmbeddedStore(EmbeddedConfig(path=tmp_path / "t.db"))
    await store.write([report(T0)])
    assert await store.expire(T0 + 10_000 * H) == 0
    assert len(await store.latest()) == 1
    await store.close()


def test_a_retention_under_an_hour_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter than one hour"):
        EmbeddedConfig(path=Path("t.db"), retention=timedelta(minutes=5))


async def test_everything_is_there_after_opening_again(tmp_path: Path) -> None:
    for n in range(3):
        store = EmbeddedStore(EmbeddedConfig(path=tmp_path / "t.db"))
        await store.write([report(T0 + n * H, load_t=float(n))])
        found = await store.latest()
        assert [r.value for r in found] == [float(n)]
        await store.close()


async def test_a_quantity_that_is_new_in_the_catalogue_gets_its_column(tmp_path: Path) -> None:
    store = EmbeddedStore(EmbeddedConfig(path=tmp_path / "t.db"))
    await store.write([report(T0)])
    await store.close()
    connection = sqlite3.connect(tmp_path / "t.db")
    connection.execute("ALTER TABLE t_crane DROP COLUMN wind_ms")
    connection.close()
    await store.open()
    assert await store.write([report(T0, wind_ms=7.0)]) == []
    assert {r.sensor.quantity: r.value for r in await store.latest()} == {
        "load_t": 1.0,
        "wind_ms": 7.0,
    }
    await store.close()


async def test_a_long_query_delays_no_write(store: EmbeddedStore) -> None:
    for n in range(10):
        await store.write([report(T0 + timedelta(seconds=n * 5_000 + i)) for i in range(5_000)])
    order = []
    async with asyncio.TaskGroup() as group:

        async def ask() -> None:
            await store.rows("crane", T0, T0 + 100 * H)
            order.append("rows")

        group.create_task(ask())
        await asyncio.sleep(0)
        await store.write([report(T0, "TC9")])
        order.append("write")
    assert order == ["write", "rows"]


async def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = EmbeddedStore(EmbeddedConfig(path=tmp_path / "file" / "t.db"))
    with pytest.raises(StoreRefused, match="may write to"):
        await store.open()


async def test_a_file_that_is_no_database_or_too_new_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"something else entirely" * 100)
    with pytest.raises(StoreRefused, match="cannot be used"):
        await EmbeddedStore(EmbeddedConfig(path=tmp_path / "a.db")).open()
    connection = sqlite3.connect(tmp_path / "b.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreRefused, match="format 99"):
        await EmbeddedStore(EmbeddedConfig(path=tmp_path / "b.db")).open()


async def test_opened_while_the_file_is_held_it_works_later(tmp_path: Path) -> None:
    holder = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
    holder.execute("PRAGMA journal_mode = WAL")
    holder.execute("CREATE TABLE other (x)")
    holder.execute("BEGIN IMMEDIATE")
    store = EmbeddedStore(EmbeddedConfig(path=tmp_path / "t.db", busy=timedelta(milliseconds=20)))
    with pytest.raises(StoreUnavailable):
        await store.open()
    holder.execute("ROLLBACK")
    assert await store.write([report(T0)]) == []
    key = SensorKey("s1", "TC1", "", "load_t")
    assert len(await store.history(key, "crane", T0, T0 + H)) == 1
    holder.close()
    await store.close()


async def test_after_close_it_says_so(store: EmbeddedStore) -> None:
    await store.close()
    with pytest.raises(StoreUnavailable, match="closed"):
        await store.latest()
