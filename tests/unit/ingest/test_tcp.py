"""The TCP listener: its bounds, back pressure, and that nothing is confirmed before it is owned."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import pytest

from ingest.errors import SourceError
from ingest.source import RawMessage
from ingest.tcp import TcpConfig, TcpSource
from tests.contract.test_source import Reader, until
from tests.tcp_station import NUMBER, NumberedDialect, frame

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


def made(**config: float) -> TcpSource:
    return TcpSource(
        TcpConfig(host="127.0.0.1", port=0, **config),  # type: ignore[arg-type]
        NumberedDialect(),
        now=lambda: NOW,
    )


@asynccontextmanager
async def listening(source: TcpSource) -> AsyncIterator[Reader]:
    await source.open()
    async with asyncio.TaskGroup() as group:
        reader = Reader(source)
        group.create_task(reader.run())
        try:
            yield reader
        finally:
            await source.close(0.1)


LINES: "list[Line]" = []


@pytest.fixture(autouse=True)
async def lines_are_closed() -> AsyncIterator[None]:
    yield
    for line in LINES:
        line.writer.close()
        with suppress(OSError):
            await line.writer.wait_closed()
    LINES.clear()


class Line:
    """A bare connection to a listener."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, source: TcpSource) -> "Line":
        line = cls(*await asyncio.open_connection("127.0.0.1", source.port))
        LINES.append(line)
        return line

    def send(self, payload: bytes, number: int) -> None:
        self.writer.write(frame("t", payload, number))

    async def confirmed(self) -> int:
        async with asyncio.timeout(5):
            (number,) = NUMBER.unpack(await self.reader.readexactly(NUMBER.size))
        return int(number)

    async def is_over(self) -> bool:
        try:
            async with asyncio.timeout(5):
                return await self.reader.read() == b""
        except ConnectionError:
            return True

    async def is_silent(self) -> bool:
        try:
            async with asyncio.timeout(0.1):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False


async def test_a_frame_is_confirmed_when_it_is_acknowledged_and_not_before() -> None:
    source = made()
    async with listening(source) as reader:
        line = await Line.to(source)
        line.send(b"a", 7)
        messages = await reader.got(1)
        assert await line.is_silent()
        await source.acknowledge(messages)
        assert await line.confirmed() == 7


async def test_a_frame_sent_again_while_under_way_is_given_once_and_its_newest_sender_told() -> (
    None
):
    source = made()
    async with listening(source) as reader:
        first, second = await Line.to(source), await Line.to(source)
        first.send(b"a", 1)
        messages = await reader.got(1)
        first.writer.close()
        second.send(b"a", 2)
        await until(lambda: source.counts.repeated == 1)
        await source.acknowledge(messages)
        assert await second.confirmed() == 2
        assert len(reader.messages) == 1
        assert source.n_unacknowledged == 0


async def test_what_a_station_sent_before_it_left_is_given_and_counts_until_acknowledged() -> None:
    source = made(max_in_flight=2)
    async with listening(source) as reader:
        for n in range(3):
            line = await Line.to(source)
            line.send(b"%d" % n, n)
            await line.writer.drain()
            line.writer.close()
        await reader.got(2)
        await asyncio.sleep(0.1)  # nothing may happen, which no event can tell
        assert source.n_unacknowledged == 2
        await source.acknowledge(reader.messages)
        await until(lambda: source.n_unacknowledged <= 1)


async def test_a_station_that_ends_its_half_is_still_confirmed_and_then_left() -> None:
    source = made()
    async with listening(source) as reader:
        line = await Line.to(source)
        line.send(b"a", 1)
        line.writer.write_eof()
        messages = await reader.got(1)
        await source.acknowledge(messages)
        assert await line.confirmed() == 1
        assert await line.is_over()
        await until(lambda: source.n_connections == 0)


async def test_nothing_that_was_read_is_lost_when_its_station_leaves_at_once() -> None:
    source = made(max_per_connection=2)
    async with listening(source) as reader:
        line = await Line.to(source)
        line.writer.write(b"".join(frame("t", b"%d" % n, n) for n in range(50)))
        await reader.got(2)
        line.writer.transport.abort()
        while source.n_connections:  # writing to who has gone tells that they have
            await source.acknowledge(reader.messages)
            await asyncio.sleep(0.01)
        await reader.got(50)
        assert reader.payloads == [b"%d" % n for n in range(50)]


async def test_one_station_cannot_fill_the_window_of_the_others() -> None:
    source = made(max_per_connection=3)
    async with listening(source) as reader:
        greedy, modest = await Line.to(source), await Line.to(source)
        for n in range(10):
            greedy.send(b"g%d" % n, n)
        await reader.got(3)
        modest.send(b"m", 1)
        await until(lambda: b"m" in reader.payloads)
        assert len(reader.messages) == 4
        while len(reader.messages) < 11:
            await source.acknowledge(reader.messages)
            await asyncio.sleep(0.01)
        assert [each for each in reader.payloads if each != b"m"] == [b"g%d" % n for n in range(10)]


async def test_more_connections_than_allowed_are_turned_away_and_room_is_made_when_one_goes() -> (
    None
):
    source = made(max_connections=2)
    async with listening(source) as reader:
        one, _two = await Line.to(source), await Line.to(source)
        await until(lambda: source.n_connections == 2)
        assert await (await Line.to(source)).is_over()
        assert source.counts.turned_away == 1
        one.writer.close()
        await until(lambda: source.n_connections == 1)
        three = await Line.to(source)
        three.send(b"3", 3)
        await reader.got(1)


async def test_a_station_that_never_sends_a_sound_frame_is_cut_off() -> None:
    source = made(frame_s=0.1)
    async with listening(source):
        assert await (await Line.to(source)).is_over()
        assert source.counts.timed_out == 1


async def test_a_frame_that_dribbles_in_is_cut_off_though_bytes_keep_coming() -> None:
    source = made(frame_s=0.2)
    async with listening(source) as reader:
        line = await Line.to(source)
        line.send(b"sound", 1)
        await reader.got(1)
        await source.acknowledge(reader.messages)
        await line.confirmed()
        whole = frame("t", b"x" * 1000, 2)
        cut = False
        for at in range(len(whole)):
            line.writer.write(whole[at : at + 1])
            await asyncio.sleep(0.01)
            if line.writer.is_closing() or line.reader.at_eof():
                cut = True
                break
        assert cut
        assert source.counts.timed_out == 1
        line.writer.close()


async def test_an_idle_station_is_cut_off_and_one_that_waits_for_us_is_not() -> None:
    source = made(idle_s=0.2)
    async with listening(source) as reader:
        line = await Line.to(source)
        line.send(b"a", 1)
        await reader.got(1)
        await asyncio.sleep(0.5)  # longer than it may be idle
        assert source.n_connections == 1
        await source.acknowledge(reader.messages)
        assert await line.confirmed() == 1
        assert await line.is_over()


async def test_who_sends_nothing_but_refused_frames_is_cut_off() -> None:
    source = made(max_refused=4)
    async with listening(source):
        line = await Line.to(source)
        line.writer.write(b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")
        assert await line.is_over()
        assert source.counts.refused >= 4
        assert source.counts.last_refusal == "no such topic"


async def test_a_station_that_does_not_read_its_confirmations_is_cut_off() -> None:
    config = TcpConfig(host="127.0.0.1", port=0, max_unsent_bytes=1000)
    source = TcpSource(config, NumberedDialect(b"x" * 100_000), now=lambda: NOW)
    async with listening(source) as reader:
        line = await Line.to(source)
        line.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for n in range(1000):
            line.send(b"%d" % n, n)
            await until(lambda: len(reader.messages) > n or not source.n_connections)  # noqa: B023
            await source.acknowledge(reader.messages)
            if not source.n_connections:
                break
        assert source.n_connections == 0
        assert "does not read" in source.counts.last_refusal


async def test_a_port_in_use_is_told_in_a_sentence() -> None:
    first = made()
    await first.open()
    second = TcpSource(
        TcpConfig(host="127.0.0.1", port=first.port), NumberedDialect(), now=lambda: NOW
    )
    with pytest.raises(SourceError) as caught:
        await second.open()
    assert f"sl651: cannot listen on 127.0.0.1:{first.port}: another program" in str(caught.value)
    assert "[sl651] listen" in str(caught.value)
    await first.close()


@pytest.mark.parametrize("fault", ["max_connections", "idle_s", "frame_s", "max_in_flight"])
def test_bounds_must_be_positive(fault: str) -> None:
    with pytest.raises(SourceError, match=f"`{fault}` is not positive"):
        made(**{fault: 0})


async def test_closing_gives_what_came_and_waits_for_it() -> None:
    source = made(max_batch=1)
    await source.open()
    given: list[RawMessage] = []

    async def consume() -> None:
        async for batch in source.batches():
            await own(batch)

    async def own(batch: Sequence[RawMessage]) -> None:
        given.extend(batch)
        await asyncio.sleep(0.02)
        await source.acknowledge(batch)

    async with asyncio.TaskGroup() as group:
        line = await Line.to(source)
        for n in range(5):
            line.send(b"%d" % n, n)
        await until(lambda: source.n_unacknowledged == 5)
        group.create_task(consume())
        await source.close()
    assert [each.payload for each in given] == [b"0", b"1", b"2", b"3", b"4"]
    assert [await line.confirmed() for _ in range(5)] == [0, 1, 2, 3, 4]
    assert await line.is_over()


@pytest.mark.parametrize(("max_bytes", "n_lost"), [(1_000_000, 0), (20, 4)])
async def test_what_stations_without_confirmation_leave_behind_is_kept_or_counted_as_lost(
    max_bytes: int, n_lost: int, caplog: pytest.LogCaptureFixture
) -> None:
    config = TcpConfig(host="127.0.0.1", port=0, max_in_flight=2, max_in_flight_bytes=max_bytes)
    source = TcpSource(config, NumberedDialect(confirms=False), now=lambda: NOW)
    await source.open()
    line = await Line.to(source)
    for number in range(6):
        line.send(b"ten bytes%d" % number, number)
    await line.writer.drain()
    await until(lambda: source.counts.messages == 2)
    await source.close(0.1)
    assert (source.counts.messages, source.counts.lost) == (6 - n_lost, n_lost)
    assert len([each for each in caplog.messages if "loses messages" in each]) == bool(n_lost)


async def test_what_is_sent_again_anyway_is_not_lost() -> None:
    source = made(max_in_flight=2)
    await source.open()
    line = await Line.to(source)
    for number in range(6):
        line.send(b"ten bytes%d" % number, number)
    await line.writer.drain()
    await until(lambda: source.counts.messages == 2)
    await source.close(0.1)
    assert (source.counts.messages, source.counts.lost) == (2, 0)
