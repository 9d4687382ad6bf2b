"""The contract of `ingest.source.Source`, on every broker and protocol version we speak to, and on
the listener for stations, where a station keeps what is not confirmed as a broker does.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import aiomqtt
import pytest
import trustme

from ingest.broker import local_broker
from ingest.mqtt import MqttConfig, MqttSource, TlsConfig
from ingest.source import RawMessage, Source, SourceStatus
from ingest.tcp import TcpConfig, TcpSource
from tests import servers
from tests.tcp_station import NumberedDialect, Station

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
TOPIC = "gw/1/site/dev/telemetry"
PATIENCE_S = 15.0

pytestmark = pytest.mark.broker


@dataclass(frozen=True)
class Door:
    """A running broker: how the source reaches it and how others publish to it.

    `is_strict` says that it sends unacknowledged messages again and leaves QoS 0 as it is.
    """

    config: MqttConfig
    publisher: Callable[[], aiomqtt.Client]
    is_strict: bool = True
    words: tuple[str, str] = ("not yet connected", "connected")

    def source(self, **changes: object) -> MqttSource:
        return MqttSource(replace(self.config, **changes), now=lambda: NOW)  # type: ignore[arg-type]

    async def publish(
        self, *payloads: bytes, topic: str = TOPIC, qos: int = 1, retain: bool = False
    ) -> None:
        async with self.publisher() as client:
            for payload in payloads:
                await client.publish(topic, payload, qos=qos, retain=retain, timeout=PATIENCE_S)


class AnySource(Source, Protocol):
    """A source as the program runs it."""

    @property
    def status(self) -> SourceStatus: ...

    async def close(self, timeout_s: float = 5.0) -> None: ...


@dataclass(frozen=True)
class StationDoor:
    """A listener of ours, and a station that connects to it and keeps what is not confirmed."""

    config: TcpConfig
    station: Station
    is_strict: bool = True
    words: tuple[str, str] = ("not yet listening", "listening")

    def source(self, **changes: object) -> TcpSource:
        config = replace(self.config, **changes)  # type: ignore[arg-type]
        return TcpSource(config, NumberedDialect(), now=lambda: NOW)

    async def publish(
        self, *payloads: bytes, topic: str = TOPIC, qos: int = 1, retain: bool = False
    ) -> None:
        if qos == 0 or retain:
            pytest.skip("a station has neither QoS 0 nor retained messages")
        for payload in payloads:
            self.station.send(topic, payload)

    def publisher(self) -> aiomqtt.Client:
        pytest.skip("a station has neither QoS 0 nor retained messages")


AnyDoor = Door | StationDoor


async def mosquitto_door(tmp_path: Path, version: int) -> Door:
    port = await asyncio.to_thread(servers.start_mosquitto, tmp_path)
    config = MqttConfig(host="127.0.0.1", port=port, version=version, first_pause_s=0.05)  # type: ignore[arg-type]
    return Door(config, lambda: aiomqtt.Client("127.0.0.1", port))


async def secured_door(tmp_path: Path) -> Door:
    """TLS with certificates of our own, the client's too, and a password."""
    ca = trustme.CA()
    paths = {name: tmp_path / f"{name}.pem" for name in ("ca", "server", "client")}
    ca.cert_pem.write_to_path(str(paths["ca"]))
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(paths["server"]))
    ca.issue_cert("client@groundwatch.test").private_key_and_cert_chain_pem.write_to_path(
        str(paths["client"])
    )
    port = await asyncio.to_thread(
        servers.start_mosquitto,
        tmp_path,
        users={"ground": "watch"},
        tls=(paths["ca"], paths["server"], paths["server"]),
        lines=["require_certificate true"],
    )
    config = MqttConfig(
        host="127.0.0.1",
        port=port,
        version=5,
        user="ground",
        password="watch",
        tls=TlsConfig(ca=paths["ca"], cert=paths["client"], key=paths["client"]),
        first_pause_s=0.05,
    )

    def publisher() -> aiomqtt.Client:
        context = ssl.create_default_context(cafile=str(paths["ca"]))
        context.load_cert_chain(paths["client"])
        return aiomqtt.Client(
            "127.0.0.1", port, username="ground", password="watch", tls_context=context
        )

    return Door(config, publisher)


@pytest.fixture(params=["mosquitto-5", "mosquitto-311", "mosquitto-tls-login", "amqtt", "stations"])
async def door(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyDoor]:
    async with AsyncExitStack() as stack:
        if request.param == "stations":
            port = servers.free_port()
            station = await stack.enter_async_context(Station(lambda: port))
            yield StationDoor(
                TcpConfig(host="127.0.0.1", port=port, max_per_connection=4000), station
            )
            return
        if request.param == "amqtt":
            broker = await stack.enter_async_context(local_broker(tmp_path, prefer="amqtt"))
            config = MqttConfig(host=broker.host, port=broker.port, first_pause_s=0.05)
            made = Door(config, lambda: aiomqtt.Client(broker.host, broker.port), is_strict=False)
        elif request.param == "mosquitto-tls-login":
            made = await secured_door(tmp_path)
        else:
            made = await mosquitto_door(tmp_path, int(request.param.removeprefix("mosquitto-")))
        stack.callback(servers.stop, made.config.port)
        yield made


@asynccontextmanager
async def opened(source: AnySource) -> AsyncIterator["Reader"]:
    """Iterate the source in the background, and close it at the end."""
    async with asyncio.TaskGroup() as group:
        reader = Reader(source)
        group.create_task(reader.run())
        try:
            await until(lambda: source.status.connected)
            yield reader
        finally:
            await source.close(timeout_s=0.2)


class Reader:
    """Collects batches without acknowledging them."""

    def __init__(self, source: AnySource) -> None:
        self.source = source
        self.batches: list[Sequence[RawMessage]] = []

    async def run(self) -> None:
        async for batch in self.source.batches():
            self.batches.append(batch)

    @property
    def messages(self) -> list[RawMessage]:
        return [message for batch in self.batches for message in batch]

    @property
    def payloads(self) -> list[bytes]:
        return [message.payload for message in self.messages]

    async def got(self, n: int) -> list[RawMessage]:
        await until(lambda: len(self.messages) >= n)
        return self.messages


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - the far end is another process
            await asyncio.sleep(0.005)


async def ping(door: AnyDoor, reader: Reader, n_before: int) -> None:
    """Send one more message and see it arrive: whatever was to come before it has come."""
    await door.publish(b"ping")
    await until(lambda: b"ping" in reader.payloads[n_before:])


async def test_messages_come_whole_and_in_order(door: AnyDoor) -> None:
    payloads = [b'{"n": %d}' % n for n in range(300)]
    async with opened(door.source()) as reader:
        await door.publish(*payloads)
        messages = await reader.got(300)
    assert [each.payload for each in messages] == payloads
    assert {each.topic for each in messages} == {TOPIC}
    assert {each.received_at for each in messages} == {NOW}
    assert all(batch for batch in reader.batches)


async def test_a_batch_is_never_longer_than_max_batch(door: AnyDoor) -> None:
    async with opened(door.source(max_batch=7)) as reader:
        await door.publish(*(b"%d" % n for n in range(40)))
        await reader.got(40)
    assert max(len(batch) for batch in reader.batches) <= 7


async def test_no_more_than_max_in_flight_are_given_before_some_are_acknowledged(
    door: AnyDoor,
) -> None:
    source = door.source(max_in_flight=10, max_batch=4)
    async with opened(source) as reader:
        await door.publish(*(b"%d" % n for n in range(35)))
        await reader.got(10)
        await asyncio.sleep(0.2)  # nothing may happen, which no event can tell
        assert len(reader.messages) == 10
        await source.acknowledge(reader.messages[:3])
        await reader.got(13)
        await asyncio.sleep(0.2)
        assert len(reader.messages) == 13
        n_acknowledged = 3
        while n_acknowledged < 35:
            more = reader.messages[n_acknowledged:]
            await source.acknowledge(more)
            n_acknowledged += len(more)
            await reader.got(min(35, n_acknowledged + 1))
    assert reader.payloads == [b"%d" % n for n in range(35)]


async def test_what_was_acknowledged_does_not_come_again_and_what_was_not_does(
    door: AnyDoor,
) -> None:
    if not door.is_strict:
        pytest.skip("this broker does not send unacknowledged messages again")
    source = door.source()
    async with opened(source) as reader:
        await door.publish(b"a", b"b", b"c", b"d")
        messages = await reader.got(4)
        await source.acknowledge([messages[0], messages[2]])
    async with opened(door.source()) as again:
        await again.got(2)
        await ping(door, again, 2)
    assert again.payloads == [b"b", b"d", b"ping"]


async def test_what_is_sent_while_we_are_away_is_kept_for_us(door: AnyDoor) -> None:
    async with opened(door.source()):
        pass
    await door.publish(b"while away")
    async with opened(door.source()) as reader:
        await reader.got(1)
    assert reader.payloads == [b"while away"]


async def test_a_message_without_qos_needs_no_acknowledgement(door: AnyDoor) -> None:
    if not door.is_strict:
        pytest.skip("this broker delivers QoS 0 as QoS 1")
    source = door.source(max_in_flight=2)
    async with opened(source) as reader:
        async with door.publisher() as client:
            for n in range(10):
                await client.publish(TOPIC, b"%d" % n, qos=0)
            await client.publish(TOPIC, b"end", qos=1)
        messages = await reader.got(11)
        assert {each.token for each in messages[:10]} == {None}
        await source.acknowledge(messages)
        await ping(door, reader, 11)


async def test_a_retained_message_comes_on_connecting_and_can_be_acknowledged(
    door: AnyDoor,
) -> None:
    await door.publish(b'{"online": true}', topic="gw/1/site/dev/status", retain=True)
    source = door.source(max_in_flight=1)
    async with opened(source) as reader:
        messages = await reader.got(1)
        assert messages[0].topic == "gw/1/site/dev/status"
        await source.acknowledge(messages)
        await ping(door, reader, 1)


async def test_ten_megabytes_pass_and_the_next_message_too(door: AnyDoor) -> None:
    large = b"x" * 10_000_000
    async with opened(door.source()) as reader:
        await door.publish(large, b"small")
        await reader.got(2)
    assert reader.payloads == [large, b"small"]


async def test_many_bytes_under_way_stop_the_reading_like_many_messages(door: AnyDoor) -> None:
    source = door.source(max_in_flight_bytes=100_000)
    async with opened(source) as reader:
        await door.publish(*(b"%d" % n * 40_000 for n in range(6)))
        messages = await reader.got(3)
        await asyncio.sleep(0.2)  # nothing may happen, which no event can tell
        assert len(reader.messages) == 3
        await source.acknowledge(messages)
        await reader.got(6)


async def test_closing_ends_the_batches_after_the_consumer_acknowledged_what_it_has(
    door: AnyDoor,
) -> None:
    source = door.source(max_batch=2)
    given: list[RawMessage] = []
    may_own = asyncio.Event()

    async def consume() -> None:
        async for batch in source.batches():
            given.extend(batch)
            await may_own.wait()
            await source.acknowledge(batch)

    async with asyncio.TaskGroup() as group:
        group.create_task(consume())
        await until(lambda: source.status.connected)
        await door.publish(b"1", b"2", b"3", b"4", b"5")
        await until(lambda: len(given) >= 1)
        closing = group.create_task(source.close())
        await asyncio.sleep(0.05)
        assert not closing.done()
        may_own.set()
        async with asyncio.timeout(3):  # it does not wait for what it never gave
            await closing
    assert source.status.reason == "closed"
    if door.is_strict:
        async with opened(door.source()) as rest:
            await rest.got(5 - len(given))
            await ping(door, rest, 5 - len(given))
        assert [each.payload for each in given] + rest.payloads[:-1] == [
            b"1",
            b"2",
            b"3",
            b"4",
            b"5",
        ]


async def test_a_source_gives_its_batches_to_one_consumer_only(door: AnyDoor) -> None:
    source = door.source()
    async with opened(source):
        with pytest.raises(RuntimeError, match="already"):
            await anext(aiter(source.batches()))


async def test_status_says_that_it_is_connected_and_then_that_it_was_closed(door: AnyDoor) -> None:
    source = door.source()
    seen = [source.status]
    async with opened(source):
        seen.append(source.status)
    seen.append(source.status)
    assert [each.connected for each in seen] == [False, True, False]
    waits, works = door.words
    assert [each.reason for each in seen] == [waits, works, "closed"]
    assert {each.since for each in seen} == {NOW}
