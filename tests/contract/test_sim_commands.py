"""Commands from the server's door to a simulated device and back, through a real broker."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ingest.command import Command, Commander, Fate
from ingest.errors import NotPublished
from ingest.intake import Intake
from ingest.mqtt import MqttConfig, MqttSource
from sensors.registry import Registry
from tests.contract.test_sim_wire import BAIYUN, START, begun, ended, listening, scenario
from tests.servers import free_port, start_mosquitto

pytestmark = pytest.mark.broker

SCENARIO = """\
name: commanded
duration: 1h
speed: 1
devices: [baihe-creek/WL-01]
"""


def now() -> datetime:
    return datetime.now(UTC)


def asked(name: str, within_s: float = 10.0, **args: float) -> Command:
    within = timedelta(seconds=within_s)
    return Command(site="baihe-creek", device="WL-01", name=name, args=args, within=within)


@asynccontextmanager
async def commanding(port: int, version: int = 311) -> AsyncIterator[Commander]:
    """Open the server's door, and let its intake give replies to a commander."""
    config = MqttConfig(host="127.0.0.1", port=port, version=version)  # type: ignore[arg-type]
    source = MqttSource(config, now=now)
    commander = Commander(source, now)
    intake = Intake(Registry())

    async def run() -> None:
        async for batch in source.batches():
            commander.take_replies(intake.decode(batch).replies)
            await source.acknowledge(batch)

    async with asyncio.TaskGroup() as group:
        group.create_task(run())
        async with asyncio.timeout(10):
            while not source.status.connected:  # noqa: ASYNC110 - the far end is another process
                await asyncio.sleep(0.01)
        try:
            yield commander
        finally:
            await source.close(timeout_s=0.1)


@pytest.mark.parametrize("version", [311, 5])
async def test_a_device_obeys_refuses_and_may_not_answer(tmp_path: Path, version: int) -> None:
    port = start_mosquitto(tmp_path)
    async with listening(port) as heard, commanding(port, version) as commander:
        path = scenario(tmp_path, SCENARIO)
        process = await begun("run", path, "--sites", BAIYUN, *START, "--json", port=port)
        async with asyncio.timeout(20):
            await heard.reach(1)  # its birth
        await asyncio.sleep(0.5)  # until it listens
        done = await commander.send(asked("set_interval", interval_s=0.5))
        assert (done.fate, done.reason) == (Fate.DONE, "")
        async with asyncio.timeout(10):
            while len(heard.samples("WL-01")) < 4:  # every 5 minutes before
                await heard.reach(len(heard.messages) + 1)
        refused = await commander.send(asked("set_interval", interval_s=0.01))
        assert refused.fate is Fate.REFUSED
        assert "interval_s must lie within 0.5" in refused.reason
        unknown = await commander.send(asked("dance"))
        assert "no such command" in unknown.reason
        process.send_signal(signal.SIGINT)
        await ended(process)
        silent = await commander.send(asked("set_interval", within_s=0.2, interval_s=5))
        assert silent.fate is Fate.UNANSWERED
    counts = commander.counts
    assert (counts.sent, counts.done, counts.refused, counts.unanswered) == (4, 1, 2, 1)


async def test_without_a_connection_nothing_is_sent() -> None:
    source = MqttSource(MqttConfig(host="127.0.0.1", port=free_port()), now=now)
    with pytest.raises(NotPublished, match="not yet connected"):
        await source.publish("gw/1/s/d/command", b"{}")


async def test_a_topic_that_cannot_be_published_on_is_said(tmp_path: Path) -> None:
    async with commanding(start_mosquitto(tmp_path)) as commander:
        with pytest.raises(NotPublished, match="cannot be published"):
            await commander.publisher.publish("gw/+/x", b"{}")
