"""The log owns what it says it owns, whatever happens to the process, the disk or its bounds."""

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.source import Decoded, Undecodable
from sensors.model import Qc, Report
from storage.errors import LogFull, LogUnusable
from storage.log import Log, LogConfig
from storage.log_file import Block
from storage.ports import Refused
from storage.quarantine import QuarantineCaps
from storage.quarantine_list import QuarantineQuery

T0 = datetime(2026, 6, 1, 8, 0, 0, 123456, tzinfo=UTC)
S = timedelta(seconds=1)


def reports(start: int, n: int) -> list[Report]:
    return [
        Report(
            "baiyun-01", f"TC{i % 5}", "crane", "", T0 + i * S, T0 + i * S + S,
            {"load_t": float(i), "wind_ms": 0.1}, {"wind_ms": Qc.SUSPECT} if i % 2 else {}, i,
        )
        for i in range(start, start + n)
    ]  # fmt: skip


def reject(n: int, size: int = 10) -> Undecodable:
    return Undecodable(f"gw/1/s/d{n}/telemetry", bytes([n % 256]) * size, T0 + n * S, f"no. {n}")


def batch(start: int, n: int = 10) -> Decoded:
    return Decoded(reports(start, n), [])


async def opened(path: Path, **config: object) -> Log:
    log = Log(path, LogConfig(**config))  # type: ignore[arg-type]
    await log.open()
    return log


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    found = await opened(tmp_path / "deep" / "down" / "log.db")
    yield found
    await found.close()


async def all_blocks(log: Log, after: int = 0, max_reports: int = 25) -> list[Block]:
    found: list[Block] = []
    while some := await log.blocks(found[-1].seq if found else after, max_reports):
        found += some
    return found


# -- owning and following --------------------------------------------------------------------------


async def test_blocks_are_numbered_and_read_back_as_they_were(log: Log) -> None:
    assert [await log.own(batch(n * 10)) for n in range(5)] == [1, 2, 3, 4, 5]
    assert await all_blocks(log) == [Block(n + 1, reports(n * 10, 10)) for n in range(5)]
    assert (await log.blocks(5, 100), log.last_seq, log.n_owned) == ([], 5, 50)


async def test_what_is_owned_is_there_after_opening_again(tmp_path: Path) -> None:
    log = await opened(tmp_path / "log.db")
    for n in range(4):
        await log.own(batch(n * 10))
    await log.set_cursor("shipper", 3)
    await log.close()
    log = await opened(tmp_path / "log.db")
    assert (log.last_seq, log.cursor("shipper"), log.cursor("engine")) == (4, 3, 0)
    assert await all_blocks(log) == [Block(n + 1, reports(n * 10, 10)) for n in range(4)]
    assert await log.own(batch(40)) == 5
    assert [block.seq for block in await all_blocks(log)] == [1, 2, 3, 4, 5]
    await log.close()


@pytest.mark.parametrize(
    "tail", [{}, {"tail_reports": 35}, {"tail_blocks": 3}, {"tail_reports": 0}]
)
async def test_memory_and_disk_give_the_same_blocks(tmp_path: Path, tail: dict[str, int]) -> None:
    log = await opened(tmp_path / "log.db", **tail)
    owned = [
        Block(await log.own(batch(n * 7, n % 9 + 1)), reports(n * 7, n % 9 + 1)) for n in range(40)
    ]
    for after in range(42):
        for most in (1, 10, 1000):
            expected: list[Block] = []
            for block in owned[after:]:
                if expected and sum(len(b.reports) for b in [*expected, block]) > most:
                    break
                expected.append(block)
            assert await log.blocks(after, most) == expected
    await log.close()


async def test_a_batch_without_reports_makes_no_block(log: Log) -> None:
    assert await log.own(Decoded([], [])) == 0
    await log.own(batch(0))
    assert await log.own(Decoded([], [reject(1)])) == 1
    status = await log.status()
    assert (status.n_blocks, status.quarantine.n_rows) == (1, 1)


async def test_a_follower_is_woken_and_misses_nothing(tmp_path: Path) -> None:
    log = await opened(tmp_path / "log.db", tail_reports=30)
    seen: list[Block] = []

    async def follow() -> None:
        while len(seen) < 200:
            after = seen[-1].seq if seen else 0
            await log.wait_beyond(after)
            seen.extend(await log.blocks(after, 50))

    async with asyncio.TaskGroup() as group:
        group.create_task(follow())
        for n in range(200):
            await log.own(batch(n * 10))
    assert seen == [Block(n + 1, reports(n * 10, 10)) for n in range(200)]
    await log.close()


async def test_batches_handed_over_at_once_get_a_number_each(log: Log) -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(log.own(batch(n * 10))) for n in range(20)]
    assert [task.result() for task in tasks] == list(range(1, 21))
    assert [block.reports[0].seq for block in await all_blocks(log)] == [n * 10 for n in range(20)]


async def test_an_owner_who_is_cancelled_leaves_the_log_whole(log: Log) -> None:
    for n in range(30):
        task = asyncio.get_running_loop().create_task(log.own(batch(n * 10)))
        for _ in range(random.Random(n).randrange(4)):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    await log.status()  # the thread is done with all that was begun
    assert log.last_seq == (await log.status()).n_blocks > 0
    last = await log.own(batch(1000))
    blocks = await all_blocks(log)
    assert [block.seq for block in blocks] == list(range(1, last + 1))
    assert blocks[-1].reports == reports(1000, 10)


# -- cursors and forgetting ------------------------------------------------------------------------


async def test_only_what_every_follower_has_passed_is_forgotten(log: Log) -> None:
    for n in range(10):
        await log.own(batch(n * 10))
    await log.set_cursor("shipper", 8)
    assert await log.forget() == 0
    await log.set_cursor("engine", 6)
    assert await log.forget() == 6
    assert (await log.status()).oldest_seq == 7
    assert [block.seq for block in await all_blocks(log, after=6)] == [7, 8, 9, 10]


async def test_a_cursor_never_goes_back_and_belongs_to_a_follower(log: Log) -> None:
    await log.own(batch(0))
    await log.set_cursor("shipper", 1)
    await log.set_cursor("shipper", 0)
    assert log.cursor("shipper") == 1
    with pytest.raises(KeyError):
        await log.set_cursor("stranger", 1)


async def test_numbers_are_not_given_twice_after_forgetting_all(tmp_path: Path) -> None:
    log = await opened(tmp_path / "log.db", followers=("shipper",))
    await log.own(batch(0))
    await log.set_cursor("shipper", 1)
    assert await log.forget() == 1
    await log.close()
    log = await opened(tmp_path / "log.db", followers=("shipper",))
    assert (log.last_seq, await log.own(batch(0))) == (1, 2)
    await log.close()


async def test_the_floor_can_be_raised_for_those_who_remember_more(log: Log) -> None:
    await log.own(batch(0))
    await log.raise_floor(500)
    await log.raise_floor(3)
    assert await log.own(batch(10)) == 501
    assert [block.seq for block in await all_blocks(log)] == [1, 501]
    assert [block.seq for block in await all_blocks(log, after=1)] == [501]


async def test_the_file_does_not_grow_in_steady_use_and_shrinks_after_a_backlog(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.db"
    log = await opened(path, followers=("shipper",))
    for n in range(60):  # about 18 MB held back, as while a database is away
        await log.own(batch(n, 4_000))
    assert path.stat().st_size > 8_000_000
    await log.set_cursor("shipper", log.last_seq)
    assert await log.forget() == 60
    for n in range(40):
        seq = await log.own(batch(n, 1_000))
        await log.set_cursor("shipper", seq)
        await log.forget()
    assert (await log.status()).n_bytes < 1_000_000
    await log.close()
    assert path.stat().st_size < 12_000_000


# -- no more room ----------------------------------------------------------------------------------


async def test_at_its_cap_it_owns_nothing_more_until_blocks_are_forgotten(tmp_path: Path) -> None:
    log = await opened(tmp_path / "log.db", max_bytes=1024 * 1024, followers=("shipper",))
    with pytest.raises(LogFull, match=r"log\.db.*free space"):
        await own_many(log, 1_000)
    last, before = log.last_seq, await log.status()
    assert last > 50
    assert before.quarantine.n_rows == last
    for _ in range(3):
        with pytest.raises(LogFull):
            await log.own(Decoded(reports(0, 500), [reject(0)]))
    assert await log.status() == before
    await log.set_cursor("shipper", last)
    await log.forget()
    assert await log.own(batch(0)) == last + 1
    await log.close()


async def own_many(log: Log, n_blocks: int) -> None:
    for n in range(n_blocks):
        await log.own(Decoded(reports(n * 100, 100), [reject(n)]))


_FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from storage.errors import LogFull
from storage.log import Log, LogConfig
from ingest.source import Decoded
from tests.contract.test_log import batch, reject

def allow(n_bytes):
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))

async def main():
    log = Log(Path(sys.argv[1]), LogConfig(followers=("shipper",)))
    await log.open()
    allow(600_000)
    owned = 0
    try:
        for n in range(1000):
            owned = await log.own(Decoded(batch(n * 100, 100).reports, [reject(n)]))
    except LogFull:
        pass
    else:
        raise SystemExit("it never was full")
    for _ in range(3):
        try:
            await log.own(Decoded(batch(n * 100, 100).reports, [reject(n)]))
        except LogFull as error:
            assert "free space" in str(error), error
        else:
            raise SystemExit("it owned a block without room")
    assert log.last_seq == owned
    allow(resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    assert await log.own(batch(7, 100)) == owned + 1
    seqs = [block.seq for block in await log.blocks(0, 10**9)]
    assert seqs == list(range(1, owned + 2)), seqs
    assert (await log.status()).quarantine.n_rows == owned
    await log.close()
    print("fine", owned)

asyncio.run(main())
"""


def test_on_a_full_disk_it_owns_nothing_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FULL_DISK, str(tmp_path / "log.db")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.startswith("fine"), done.stdout + done.stderr
    assert int(done.stdout.split()[1]) > 5


async def test_a_block_and_its_rejects_are_owned_together_or_not_at_all(
    log: Log, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "deep" / "down" / "log.db", isolation_level=None)
    other.execute(
        "CREATE TRIGGER broken BEFORE INSERT ON quarantine WHEN new.reason = 'no. 2'"
        " BEGIN SELECT RAISE(ABORT, 'broken'); END"
    )
    with pytest.raises(LogUnusable, match="broken"):
        await log.own(Decoded(reports(0, 5), [reject(1), reject(2)]))
    status = await log.status()
    assert (status.n_blocks, status.quarantine.n_rows, status.last_seq) == (0, 0, 0)
    other.execute("DROP TRIGGER broken")
    other.close()
    assert await log.own(Decoded(reports(0, 5), [reject(2)])) == 1


async def test_text_that_is_no_text_is_kept_all_the_same(log: Log) -> None:
    odd = Undecodable("gw/\ud800", b"\xff\x00", T0, "cannot decode \udcff")
    await log.own(Decoded([], [odd]))
    (kept,) = await log.quarantined()
    assert (kept.topic, kept.payload, kept.reason) == ("gw/?", b"\xff\x00", "cannot decode ?")


# -- what a person must mend -----------------------------------------------------------------------


async def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    for path in (tmp_path / "file" / "log.db", Path("/proc/groundwatch/log.db")):
        with pytest.raises(LogUnusable, match="may write to") as caught:
            await Log(path).open()
        assert str(path) in str(caught.value)


async def test_a_second_process_is_refused_with_the_holders_id(log: Log, tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "log.db"
    with pytest.raises(LogUnusable, match=rf"log\.db is in use.*{os.getpid()}"):
        await Log(path).open()
    await log.own(batch(0))
    await log.close()
    again = await opened(path)
    assert again.last_seq == 1
    await again.close()


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    path.write_bytes(b"this is not what you think it is" * 100)
    with pytest.raises(LogUnusable, match="move it aside"):
        await Log(path).open()


async def test_a_file_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    await (await opened(path)).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LogUnusable, match="format 99"):
        await Log(path).open()


async def test_a_damaged_block_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    log = await opened(path)
    await log.own(batch(0))
    await log.close()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE block SET reports = x'00'")
    connection.commit()
    connection.close()
    log = await opened(path)
    with pytest.raises(LogUnusable, match="block 1"):
        await log.blocks(0, 10)
    await log.close()


@pytest.mark.parametrize("config", [{"max_bytes": 10}, {"followers": ()}])
def test_bounds_that_cannot_work_are_refused(config: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"max_bytes|nobody"):
        LogConfig(**config)  # type: ignore[arg-type]


# -- quarantine ------------------------------------------------------------------------------------


async def test_rejects_are_kept_whole_and_can_be_marked_replayed(log: Log) -> None:
    await log.own(Decoded(reports(0, 1), [reject(1), reject(2)]))
    await log.own(Decoded([], [reject(3)]))
    found = await log.quarantined()
    assert [(q.topic, q.payload, q.reason, q.origin) for q in found] == [
        (r.topic, r.payload, r.reason, "ingest") for r in (reject(1), reject(2), reject(3))
    ]
    assert found[0].received_at == T0 + S
    assert await log.mark_replayed([found[0].id, found[2].id, 999], T0 + 60 * S) == 2
    assert [q.reason for q in await log.quarantined()] == ["no. 2"]
    assert len(await log.quarantined(with_replayed=True)) == 3
    assert [q.id for q in await log.quarantined(after_id=1, limit=1)] == [2]
    one = await log.quarantined_one(found[0].id)
    assert one is not None
    assert one.replayed_at == T0 + 60 * S
    assert await log.quarantined_one(999) is None


async def test_alike_entries_are_one_group_and_are_found_by_reason_and_topic(log: Log) -> None:
    late = [
        Undecodable("gw/1/s/d1/telemetry", b"x", T0 + n * S, f"taken at {T0 + n * S}, {n} s after")
        for n in range(4)
    ]
    await log.own(Decoded([], [*late, Undecodable("gw/1/s/d2/event", b"y", T0, "no Device 'd2'")]))
    found = await log.quarantine_groups(QuarantineQuery())
    assert (found.n_groups, found.n_entries) == (2, 5)
    assert [(group.topic, group.n_entries) for group in found.groups] == [
        ("gw/1/s/d2/event", 1),
        ("gw/1/s/d1/telemetry", 4),
    ]
    assert (found.groups[1].first_at, found.groups[1].last_at) == (T0, T0 + 3 * S)
    assert found.groups[1].reason == late[3].reason
    assert (await log.quarantine_groups(QuarantineQuery(), limit=1)).n_groups == 2
    await log.mark_replayed([found.groups[1].newest_id], T0)
    one = QuarantineQuery(reason="TAKEN at", topic="/d1/")
    assert (await log.quarantine_groups(one)).n_entries == 3
    assert [q.id for q in await log.quarantined_where(one, limit=2)] == [3, 2]
    assert [q.id for q in await log.quarantined_where(one, after_id=1)] == [2, 3]
    every = QuarantineQuery(with_replayed=True)
    assert len(await log.quarantined_where(every)) == 5
    assert (await log.quarantine_groups(QuarantineQuery(reason="100%_"))).groups == ()


async def test_what_a_database_refuses_is_kept_as_json_with_the_cursors_move(log: Log) -> None:
    await log.own(batch(0))
    (report,) = reports(5, 1)
    await log.set_cursor("shipper", 1, refused=[Refused(report, "field type conflict")])
    (kept,) = await log.quarantined()
    assert (kept.origin, kept.topic, kept.reason) == (
        "store",
        "baiyun-01/TC0",
        "field type conflict",
    )
    assert b'"load_t":5.0' in kept.payload
    assert log.cursor("shipper") == 1


async def test_a_full_quarantine_lets_the_replayed_go_first_then_the_oldest(tmp_path: Path) -> None:
    log = await opened(tmp_path / "log.db", quarantine=QuarantineCaps(max_rows=5))
    await log.own(Decoded([], [reject(n) for n in range(5)]))
    await log.mark_replayed([3], T0 + S)
    await log.mark_replayed([2], T0 + 2 * S)
    await log.own(Decoded([], [reject(5), reject(6), reject(7)]))
    left = await log.quarantined(with_replayed=True)
    assert [q.reason for q in left] == ["no. 3", "no. 4", "no. 5", "no. 6", "no. 7"]
    counts = (await log.status()).quarantine
    assert (counts.n_rows, counts.n_total) == (5, 8)
    assert (counts.n_dropped_replayed, counts.n_dropped_unseen) == (2, 1)
    await log.close()


@pytest.mark.parametrize("caps", [QuarantineCaps(max_rows=20), QuarantineCaps(max_bytes=20_000)])
async def test_one_wrong_device_does_not_drive_out_what_others_sent(
    tmp_path: Path, caps: QuarantineCaps
) -> None:
    log = await opened(tmp_path / "log.db", quarantine=caps)
    others = [reject(n) for n in range(5)]
    await log.own(Decoded([], others))
    flood = [Undecodable("gw/1/s/wrong/telemetry", b"x" * 900, T0, f"f{n}") for n in range(200)]
    for start in range(0, 200, 7):
        await log.own(Decoded([], flood[start : start + 7]))
    left = await log.quarantined()
    assert [q.reason for q in left[:5]] == [each.reason for each in others]
    assert [q.reason for q in left[5:]] == [f"f{n}" for n in range(200 - len(left) + 5, 200)]
    await log.close()


async def test_a_quarantine_filled_before_shares_were_counted_is_shared_out_on_opening(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.db"
    log = await opened(path)
    await log.own(Decoded([], [reject(1), *(reject(7) for _ in range(8))]))
    await log.close()
    with closing(sqlite3.connect(path)) as older:
        older.executescript(
            "DROP TRIGGER quarantine_grown; DROP TRIGGER quarantine_shrunk;"
            " DROP TABLE quarantine_share; DROP INDEX quarantine_by_topic;"
        )
    log = await opened(path, quarantine=QuarantineCaps(max_rows=5))
    await log.own(Decoded([], [reject(2)]))
    assert [q.reason for q in await log.quarantined()] == ["no. 1", "no. 7", "no. 7", "no. 7",
        "no. 2"]  # fmt: skip
    await log.close()


async def test_the_quarantine_is_bounded_in_bytes_and_says_what_it_cut(tmp_path: Path) -> None:
    caps = QuarantineCaps(max_bytes=50_000, max_payload_bytes=1_000)
    log = await opened(tmp_path / "log.db", quarantine=caps)
    await log.own(Decoded([], [reject(0, size=10_000_000)]))
    (kept,) = await log.quarantined()
    assert len(kept.payload) == 1_000
    assert "first 1000 of 10000000 bytes" in kept.reason
    await log.own(Decoded([], [reject(n, size=900) for n in range(200)]))
    counts = (await log.status()).quarantine
    assert 40_000 < counts.n_bytes <= 50_000
    assert counts.n_dropped_unseen == 201 - counts.n_rows
    await log.close()


# -- kill -9 ---------------------------------------------------------------------------------------

_WRITER = """
import asyncio, os, sys
from pathlib import Path
from storage.log import Log, LogConfig
from tests.contract.test_log import batch, reject
from ingest.source import Decoded

async def main():
    log = Log(Path(sys.argv[1]), LogConfig(followers=("shipper",)))
    await log.open()
    start = log.last_seq
    for n in range(start, start + 100_000):
        decoded = batch(n * 50, 50)
        seq = await log.own(Decoded(decoded.reports, [reject(n)]))
        os.write(1, f"{seq}\\n".encode())
        if seq % 7 == 0:
            await log.set_cursor("shipper", seq - 5)

asyncio.run(main())
"""


def test_what_was_said_to_be_owned_survives_kill_9_every_time(tmp_path: Path) -> None:
    path, dice, owned = tmp_path / "log.db", random.Random(9), 0
    for _ in range(12):
        writer = subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE
        )
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(dice.randrange(1, 60))]
        writer.send_signal(signal.SIGKILL)
        lines += writer.stdout.readlines()
        writer.wait()
        writer.stdout.close()
        # A last line without its end was still being written.
        owned = [int(line) for line in lines if line.endswith(b"\n")][-1]
        blocks, quarantined = asyncio.run(_contents(path))
        assert [block.seq for block in blocks] == list(range(1, len(blocks) + 1))
        assert len(blocks) >= owned
        assert quarantined == len(blocks)
        for block in blocks:
            assert block.reports == reports((block.seq - 1) * 50, 50)
    assert owned > 100


async def _contents(path: Path) -> tuple[list[Block], int]:
    log = await opened(path, followers=("shipper",))
    blocks = await log.blocks(0, 10**9)
    rows = (await log.status()).quarantine.n_rows
    await log.close()
    return blocks, rows
