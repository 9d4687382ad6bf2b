"""The MQTT door when something is wrong: refusals, cuts, and brokers that misbehave."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import aiomqtt
import pytest
import trustme

from ingest.errors import BrokerAway, SourceError
from ingest.mqtt import MqttConfig, MqttSource, TlsConfig, try_broker
from ingest.source import RawMessage
from tests import servers
from tests.unit.ingest.tiny_broker import TinyBroker, packet, publish, running

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
PATIENCE_S = 15.0


def now() -> datetime:
    return NOW


def quick(port: int, **changes: object) -> MqttConfig:
    config = MqttConfig(host="127.0.0.1", port=port, first_pause_s=0.02, longest_pause_s=0.1)
    return replace(config, **changes)  # type: ignore[arg-type]


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - the far end is another process
            await asyncio.sleep(0.005)


@asynccontextmanager
async def collected(source: MqttSource) -> AsyncIterator[list[RawMessage]]:
    """Iterate in the background, without acknowledging, until the end of the context."""
    got: list[RawMessage] = []

    async def run() -> None:
        async for batch in source.batches():
            got.extend(batch)

    async with asyncio.TaskGroup() as group:
        group.create_task(run())
        try:
            yield got
        finally:
            await source.close(timeout_s=0.1)


async def first_batch(config: MqttConfig) -> Sequence[RawMessage]:
    source = MqttSource(config, now=now)
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await anext(aiter(source.batches()))
    finally:
        await source.close(timeout_s=0.1)


# Refusals at the start: a person must mend something


@pytest.mark.broker
@pytest.mark.parametrize("version", [5, 311])
async def test_a_wrong_password_is_told_with_the_user_and_without_the_password(
    tmp_path: Path, version: int
) -> None:
    port = await asyncio.to_thread(servers.start_mosquitto, tmp_path, users={"ground": "watch"})
    config = quick(port, version=version, user="ground", password="sesame")
    with pytest.raises(SourceError, match=f"127.0.0.1:{port}.*`ground`.*check `user`") as caught:
        await first_batch(config)
    assert "sesame" not in str(caught.value)
    assert "sesame" not in repr(config)
    servers.stop(port)


@pytest.mark.parametrize(("version", "code"), [(5, 0x87), (5, 0x80), (311, 0x80)])
async def test_a_refused_subscription_names_the_filters(version: int, code: int) -> None:
    async with running(TinyBroker(version=version, suback_code=code)) as broker:
        with pytest.raises(
            SourceError, match=r"refused the subscription to `gw/1/\+/\+/telemetry`"
        ):
            await first_batch(quick(broker.port, version=version))


async def test_a_subscription_refused_after_old_messages_came_is_still_an_error() -> None:
    async with running(TinyBroker(suback_code=0x87, early=publish(1, b"old"))) as broker:
        source = MqttSource(quick(broker.port, version=5), now=now)
        batches = aiter(source.batches())
        async with asyncio.timeout(PATIENCE_S):
            batch = await anext(batches)
            assert [each.payload for each in batch] == [b"old"]
            await source.acknowledge(batch)
            with pytest.raises(SourceError, match="refused the subscription"):
                await anext(batches)
        await source.close()


@pytest.mark.parametrize(
    ("code", "words"),
    [(0x84, "set `version`"), (0x85, "choose another `client_id`"), (0x8A, "check `user`")],
)
async def test_a_refused_connection_says_what_to_mend(code: int, words: str) -> None:
    async with running(TinyBroker(connack_code=code)) as broker:
        with pytest.raises(SourceError, match=words):
            await first_batch(quick(broker.port, version=5))


def certificates(tmp_path: Path) -> tuple[Path, Path]:
    ca = trustme.CA()
    ca_path, server_path = tmp_path / "ca.pem", tmp_path / "server.pem"
    ca.cert_pem.write_to_path(str(ca_path))
    ca.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(server_path))
    return ca_path, server_path


@pytest.mark.broker
async def test_a_certificate_of_a_stranger_is_refused(tmp_path: Path) -> None:
    ca, server = certificates(tmp_path)
    (tmp_path / "other").mkdir()
    stranger, _ = certificates(tmp_path / "other")
    port = await asyncio.to_thread(servers.start_mosquitto, tmp_path, tls=(ca, server, server))
    with pytest.raises(SourceError, match=r"not trusted.*`tls.ca`"):
        await first_batch(quick(port, tls=TlsConfig(ca=stranger)))
    with pytest.raises(SourceError, match=r"not trusted.*`host`"):
        await first_batch(quick(port, host="localhost", tls=TlsConfig(ca=ca)))
    servers.stop(port)


@pytest.mark.broker
async def test_a_missing_client_certificate_is_told(tmp_path: Path) -> None:
    ca, server = certificates(tmp_path)
    port = await asyncio.to_thread(
        servers.start_mosquitto,
        tmp_path,
        tls=(ca, server, server),
        lines=["require_certificate true"],
    )
    with pytest.raises(SourceError, match="client certificate"):
        await first_batch(quick(port, tls=TlsConfig(ca=ca)))
    servers.stop(port)


@pytest.mark.broker
async def test_a_port_without_tls_is_told(tmp_path: Path) -> None:
    ca, _ = certificates(tmp_path)
    port = await asyncio.to_thread(servers.start_mosquitto, tmp_path)
    config = quick(port, tls=TlsConfig(ca=ca))
    with pytest.raises((SourceError, BrokerAway), match=r"TLS|ended|reached"):
        await try_broker(config, now=now)
    servers.stop(port)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"port": 0}, "`port` 0"),
        ({"host": ""}, "`host` is empty"),
        ({"password": "x"}, "`password` without `user`"),
        ({"filters": ()}, "`filters` is empty"),
        ({"max_in_flight": 70_000}, "`max_in_flight` 70000"),
        ({"version": 4}, "`version` 4"),
        ({"client_id": ""}, "`client_id` is empty"),
        ({"first_pause_s": 9.0, "longest_pause_s": 1.0}, "`first_pause_s`"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(SourceError, match=words):
        replace(quick(1883), **changes)  # type: ignore[arg-type]


def test_all_faults_of_the_settings_are_told_at_once() -> None:
    with pytest.raises(SourceError, match=r"`port`.*`keepalive_s`"):
        MqttConfig(host="broker", port=0, keepalive_s=1)


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(SourceError, match="both `cert` and `key`"):
        TlsConfig(cert=Path("a.pem"))


def test_a_missing_tls_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nothing\.pem"):
        TlsConfig(ca=tmp_path / "nothing.pem").context()


# Cuts: tried again for ever


@pytest.mark.broker
@pytest.mark.parametrize("version", [5, 311])
async def test_a_broker_that_dies_and_comes_back_is_found_again_and_nothing_is_lost(
    tmp_path: Path, version: int
) -> None:
    port = await asyncio.to_thread(servers.start_mosquitto, tmp_path)
    source = MqttSource(quick(port, version=version), now=now)
    async with collected(source) as got:
        await until(lambda: source.status.connected)
        await send(port, b"before")
        await until(lambda: len(got) == 1)
        await asyncio.to_thread(servers.save_mosquitto, port)
        servers.kill(port)
        await until(lambda: not source.status.connected)
        assert "closed" in source.status.reason or "broke" in source.status.reason
        await asyncio.to_thread(servers.start_mosquitto, tmp_path, port=port)
        await until(lambda: source.status.connected)
        await send(port, b"after")
        await until(lambda: len(got) == 3)
        assert [each.payload for each in got] == [b"before", b"before", b"after"]
        assert [source.gives_again(each) for each in got] == [True, False, False]
        assert source.status.n_reconnects == 1
    servers.stop(port)


@pytest.mark.broker
async def test_what_a_broker_forgot_with_our_session_is_not_expected_again(tmp_path: Path) -> None:
    for each in ("one", "two"):
        (tmp_path / each).mkdir()
    port = await asyncio.to_thread(servers.start_mosquitto, tmp_path / "one")
    source = MqttSource(quick(port), now=now)
    async with collected(source) as got:
        await until(lambda: source.status.connected)
        await send(port, b"before")
        await until(lambda: len(got) == 1)
        servers.kill(port)
        await until(lambda: not source.status.connected)
        await asyncio.to_thread(servers.start_mosquitto, tmp_path / "two", port=port)
        await until(lambda: source.status.connected)
        await send(port, b"after")
        await until(lambda: len(got) == 2)
        assert [source.gives_again(each) for each in got] == [False, False]
    servers.stop(port)


async def send(port: int, *payloads: bytes) -> None:
    async with aiomqtt.Client("127.0.0.1", port) as client:
        for payload in payloads:
            await client.publish("gw/1/s/d/telemetry", payload, qos=1)


@pytest.mark.broker
async def test_an_acknowledgement_kept_over_a_cut_is_ignored(tmp_path: Path) -> None:
    port = await asyncio.to_thread(servers.start_mosquitto, tmp_path)
    source = MqttSource(quick(port), now=now)
    async with collected(source) as got:
        await until(lambda: source.status.connected)
        await send(port, b"one", b"two")
        await until(lambda: len(got) == 2)
        await asyncio.to_thread(servers.save_mosquitto, port)
        servers.kill(port)
        await until(lambda: not source.status.connected)
        await source.acknowledge(got[:1])  # no connection: nothing happens
        await asyncio.to_thread(servers.start_mosquitto, tmp_path, port=port)
        await until(lambda: len(got) == 4)
        await source.acknowledge(got[:2])  # ids of the old connection: ignored
        assert source.n_unacknowledged == 2
        await source.acknowledge(got[2:])
        assert source.n_unacknowledged == 0
    servers.stop(port)


async def test_a_broker_that_is_not_there_yet_is_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broker = TinyBroker(greeting=[publish(7, b"hello")])
    source = MqttSource(quick(broker.port, version=5), now=now)
    with caplog.at_level(logging.WARNING):
        async with collected(source) as got:
            await until(lambda: len(caplog.records) >= 3)
            assert "cannot be reached" in source.status.reason
            async with running(broker):
                await until(lambda: len(got) == 1)
    attempts = [record.args[0] for record in caplog.records if record.args]  # type: ignore[index]
    assert attempts[:3] == [1, 2, 4], "logged at growing intervals only"


async def test_a_broker_that_says_nothing_is_given_up_and_tried_again() -> None:
    async with running(TinyBroker(is_silent=True)) as broker:
        source = MqttSource(quick(broker.port, connect_timeout_s=0.05), now=now)
        async with collected(source):
            await until(lambda: broker.n_connections >= 3)
            assert "did not answer in time" in source.status.reason


async def test_a_busy_broker_is_tried_again() -> None:
    async with running(TinyBroker(connack_code=0x89)) as broker:
        source = MqttSource(quick(broker.port, version=5), now=now)
        async with collected(source):
            await until(lambda: broker.n_connections >= 2)
            assert "cannot take us now" in source.status.reason


async def test_a_refusal_after_a_first_success_is_retried_and_told_in_the_status() -> None:
    broker = TinyBroker()
    source = MqttSource(quick(broker.port, version=5), now=now)
    async with collected(source):
        async with running(broker):
            await until(lambda: source.status.connected)
        broker.connack_code = 0x86
        async with running(broker):
            await until(lambda: "refused" in source.status.reason)
            broker.connack_code = 0
            await until(lambda: source.status.connected)


@pytest.mark.parametrize(
    "rubbish",
    [
        packet(0x32, b"\xff\xff"),  # a topic longer than its packet
        packet(0x32, b""),
        packet(0x30, b"\0\4gw/1" + b"\x80\x80\x80\x80\x80"),  # property length without an end
        b"\x30\xff\xff\xff\xff\xff",  # remaining length of five bytes
        b"\xf0\x00",
        packet(0x36, b"\0\4gw/1\0\1\0"),  # QoS 3
    ],
)
async def test_a_malformed_packet_ends_the_connection_and_not_the_source(rubbish: bytes) -> None:
    broker = TinyBroker(greeting=[rubbish, publish(3, b"fine")])
    async with running(broker):
        source = MqttSource(quick(broker.port, version=5), now=now)
        async with collected(source) as got:
            await until(lambda: any(each.payload == b"fine" for each in got))
            assert broker.n_connections == 2


async def test_a_topic_that_is_not_utf8_is_delivered_under_a_name_that_says_so() -> None:
    broker = TinyBroker(greeting=[publish(3, b"fine", topic=b"gw/1/\xff/d/event")])
    async with running(broker):
        source = MqttSource(quick(broker.port, version=5), now=now)
        async with collected(source) as got:
            await until(lambda: bool(got))
            assert got[0].topic == "(topic is not UTF-8)"
            assert got[0].payload == b"fine"


async def test_the_session_is_asked_to_last_and_the_window_is_told_to_the_broker() -> None:
    async with running(TinyBroker()) as broker:
        config = quick(broker.port, version=5, max_in_flight=1234, session_expiry_s=3600)
        source = MqttSource(config, now=now)
        async with collected(source):
            await until(lambda: source.status.connected)
    connect = broker.packets[0]
    flags = connect[8]
    assert flags & 0x02 == 0, "clean start is not asked for"
    assert b"\x21" + (1234).to_bytes(2, "big") in connect
    assert b"\x11" + (3600).to_bytes(4, "big") in connect
    assert broker.packets[-1][0] == 0xE0, "it says goodbye"


async def test_what_arrived_in_one_piece_is_read_to_its_end_though_nothing_more_comes() -> None:
    greeting = b"".join(publish(mid, b"%d" % mid) for mid in range(1, 1001))
    async with running(TinyBroker(greeting=[greeting])) as broker:
        source = MqttSource(quick(broker.port, version=5), now=now)
        async with collected(source) as got:
            await until(lambda: len(got) == 1000)
    assert [each.payload for each in got] == [b"%d" % mid for mid in range(1, 1001)]


async def test_reading_goes_on_from_the_buffer_when_the_window_opens_again() -> None:
    greeting = b"".join(publish(mid, b"%d" % mid) for mid in range(1, 101))
    async with running(TinyBroker(greeting=[greeting])) as broker:
        source = MqttSource(quick(broker.port, version=5, max_in_flight=10), now=now)
        async with collected(source) as got:
            for n in range(10, 101, 10):
                await until(lambda n=n: len(got) == n)  # type: ignore[misc]
                assert source.n_unacknowledged == 10
                await source.acknowledge(got[-10:])


async def test_acknowledgements_of_a_batch_leave_in_order() -> None:
    greeting = b"".join(publish(mid, b"x") for mid in range(1, 60))
    async with running(TinyBroker(greeting=[greeting])) as broker:
        source = MqttSource(quick(broker.port, version=5), now=now)
        async with collected(source) as got:
            await until(lambda: len(got) == 59)
            await source.acknowledge(got)
            await until(lambda: len(broker.packets) >= 2 + 59)
    acknowledged = [int.from_bytes(each[1:3], "big") for each in broker.packets if each[0] == 0x40]
    assert acknowledged == list(range(1, 60))


@pytest.mark.slow
async def test_a_quiet_connection_is_kept_alive() -> None:
    async with running(TinyBroker()) as broker:
        source = MqttSource(quick(broker.port, version=5, keepalive_s=5), now=now)
        async with collected(source):
            await until(lambda: any(each[0] == 0xC0 for each in broker.packets))
            assert source.status.connected


@pytest.mark.broker
async def test_trying_a_broker_leaves_the_running_program_alone(tmp_path: Path) -> None:
    port = await asyncio.to_thread(servers.start_mosquitto, tmp_path)
    source = MqttSource(quick(port), now=now)
    async with collected(source):
        await until(lambda: source.status.connected)
        await try_broker(quick(port), now=now)
        await send(port, b"still here")
        assert source.status.n_reconnects == 0
    servers.stop(port)
    with pytest.raises(BrokerAway, match="cannot be reached"):
        await try_broker(quick(port), now=now)


async def test_closing_while_waiting_for_a_broker_ends_the_batches_at_once() -> None:
    config = quick(servers.free_port(), first_pause_s=600.0, longest_pause_s=600.0)
    source = MqttSource(config, now=now)
    async with asyncio.timeout(5), collected(source):
        await until(lambda: "cannot be reached" in source.status.reason)
