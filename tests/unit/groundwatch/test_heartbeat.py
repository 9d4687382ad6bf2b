"""The beats to a monitor outside, and the words to systemd: sent while it works, and only then."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from groundwatch.heartbeat import Heartbeat, why_silent
from groundwatch.heartbeat_settings import HeartbeatSettings
from groundwatch.readiness import Check
from groundwatch.service_manager import ServiceManager
from tests import servers
from tests.contract.receiver import Receiver, receiving
from tests.unit.groundwatch.http.running import running

GOOD = Check(name="broker", is_good=True, is_needed=True, text="connected")
AWAY = Check(name="broker", is_good=False, is_needed=True, text="refused")
SLOW = Check(name="store", is_good=False, is_needed=False, text="falling behind")


@pytest.mark.parametrize(
    ("checks", "ago_s", "why"),
    [
        ([GOOD], 0.0, ""),
        ([GOOD, SLOW], 30.0, ""),
        ([GOOD, AWAY], 0.0, "broker: refused"),
        ([GOOD], 31.0, "the timers have not turned for 31 s"),
    ],
)
def test_it_is_silent_where_the_program_cannot_warn(
    checks: list[Check], ago_s: float, why: str
) -> None:
    assert why_silent(checks, 100.0, 100.0 + ago_s) == why


class World:
    """What the heartbeat looks at, changed by hand."""

    def __init__(self) -> None:
        self.checks = [GOOD]
        self.turned_s = 0.0

    async def look(self) -> list[Check]:
        return self.checks


@asynccontextmanager
async def beating(world: World, url: str) -> AsyncIterator[None]:
    settings = HeartbeatSettings.model_construct(url=SecretStr(url), every_s=0.02)
    heartbeat = Heartbeat(
        settings=settings,
        look=world.look,
        turned_s=lambda: world.turned_s,
        now=lambda: datetime(2026, 7, 1, tzinfo=UTC),
        monotonic=lambda: 1.0,
    )
    task = asyncio.create_task(heartbeat.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def beats(receiver: Receiver, n: int) -> None:
    async with asyncio.timeout(10):
        while len(receiver.received) < n:  # noqa: ASYNC110 - the receiver has no event
            await asyncio.sleep(0.01)


async def test_a_beat_says_how_the_program_is() -> None:
    world = World()
    async with receiving() as receiver, beating(world, f"{receiver.url}/token-of-the-monitor"):
        await beats(receiver, 2)
        world.checks = [GOOD, SLOW]
        await beats(receiver, len(receiver.received) + 2)
        said = [json.loads(each.body) for each in receiver.received]
    at = "2026-07-01T00:00:00+00:00"
    assert said[0] == {"status": "ready", "reasons": [], "at": at}
    assert said[-1] == {"status": "degraded", "reasons": ["store: falling behind"], "at": at}


async def test_no_beat_is_sent_while_the_program_cannot_warn_and_the_log_says_why(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    world.checks = [AWAY]
    with caplog.at_level(logging.INFO):
        async with receiving() as receiver, beating(world, f"{receiver.url}/token-of-it"):
            await asyncio.sleep(0.2)
            assert receiver.received == []
            world.checks = [GOOD]
            await beats(receiver, 2)  # with the second, what became of the first is logged
    whys = [record.__dict__["why"] for record in caplog.records if "why" in record.__dict__]
    assert whys == ["broker: refused", ""]


async def test_a_monitor_that_does_not_take_it_is_logged_without_its_token(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with receiving() as receiver:
        receiver.script = ["404"] * 10
        async with beating(World(), f"{receiver.url}/token-of-the-monitor"):
            await beats(receiver, 2)
    assert "heartbeat" in caplog.text
    assert [r.__dict__["why"] for r in caplog.records if "404" in r.__dict__.get("why", "")]
    assert "token-of-the-monitor" not in str([r.__dict__ for r in caplog.records])


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(10)
        yield heard


@pytest.mark.broker
def test_systemd_hears_that_the_program_is_up_turns_and_stops(
    tmp_path: Path, manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = servers.start_mosquitto(tmp_path)  # before the variable: it would tell systemd, too
    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
    with running(tmp_path / "state", port):
        said = [manager.recv(100).decode() for _ in range(3)]
    assert said[0] == "READY=1"
    assert set(said[1:]) == {"WATCHDOG=1"}
    while (word := manager.recv(100).decode()) == "WATCHDOG=1":
        pass
    assert word == "STOPPING=1"
    servers.stop(port)


def test_a_manager_that_is_gone_stops_nothing_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    manager = ServiceManager(str(tmp_path / "nowhere"))
    manager.tell("WATCHDOG=1")
    manager.tell("WATCHDOG=1")
    assert len(caplog.records) == 1
    ServiceManager().tell("WATCHDOG=1")
    assert len(caplog.records) == 1
