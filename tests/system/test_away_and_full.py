"""Parts that are away, refuse or are full: told at once, waited for, and nothing is lost."""

import json
import resource
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.servers import free_port, pause, resume, start_influxd, start_mosquitto
from tests.system.rig import Inbox, Running, Settings, tell_by_webhook, until
from tests.system.yard import (
    MIB,
    PASSWORD,
    TOKEN,
    Publisher,
    all_stored,
    client_of,
    connected,
    end_all,
    started,
    system_notices,
    told_about,
    write_yard,
)

pytestmark = [pytest.mark.broker, pytest.mark.influx, pytest.mark.slow]


@pytest.fixture(autouse=True)
async def _nothing_left_running() -> AsyncIterator[None]:
    yield
    await end_all()


async def begun(
    tmp_path: Path, inbox: Inbox, port: int, influx: str, *, more: str = "", influx_login: str = ""
) -> Running:
    write_yard(tmp_path / "sites")
    tell_by_webhook(tmp_path / "sites", inbox.url)
    settings = Settings(tmp_path / "state", tmp_path / "sites", port, influx, more=more)
    config = settings.write(tmp_path / "groundwatch.toml")
    with config.open("a") as file:  # its last section is that of the database
        file.write(influx_login)
    return await started(config)


async def test_broker_and_database_that_come_later_are_told_and_waited_for(tmp_path: Path) -> None:
    port, influx_port = free_port(), free_port()
    influx = f"http://127.0.0.1:{influx_port}"
    async with Inbox() as inbox:
        running = await begun(tmp_path, inbox, port, influx)
        await until(
            lambda: system_notices(inbox, "the broker is away"), within_s=20, what="broker told"
        )
        await until(
            lambda: system_notices(inbox, "the database is away"), within_s=20, what="store told"
        )
        told = system_notices(inbox, "the database is away")[0]["alert"]
        assert influx in told["reason"]
        start_mosquitto(tmp_path, port=port)
        start_influxd(tmp_path, port=influx_port)
        await connected(running)
        async with client_of(port) as client:
            publisher = Publisher(client, set())
            await publisher.overload("C-00")
        await until(told_about(inbox, "C-00"), within_s=10, what="a warning at once")
        await all_stored(influx, publisher.taken)

        async def all_clear() -> bool:
            rows = (await running.get("/alerts", state="firing"))["items"]
            return not [row for row in rows if row["kind"] == "system"]

        await until(all_clear, within_s=10, what="both system alerts have ended")
        assert await running.stop() == 0


async def test_a_wrong_password_of_the_database_is_told_and_loses_nothing(tmp_path: Path) -> None:
    port, influx = start_mosquitto(tmp_path), start_influxd(tmp_path, needs_password=True)
    owner = {"u": "owner", "p": PASSWORD}
    async with Inbox() as inbox, httpx2.AsyncClient() as client:
        await _ask_influx(
            client, influx, f"CREATE USER owner WITH PASSWORD '{PASSWORD}' WITH ALL PRIVILEGES"
        )
        login = f'user = "gw"\npassword = "{TOKEN}"\n'
        running = await begun(tmp_path, inbox, port, influx, influx_login=login)
        await connected(running)
        async with client_of(port) as mqtt:
            publisher = Publisher(mqtt, set())
            await publisher.overload("C-00")
        await until(told_about(inbox, "C-00"), within_s=10, what="a warning without a database")
        await until(
            lambda: system_notices(inbox, "the database refuses"), within_s=10, what="refusal told"
        )
        refusal = json.dumps(system_notices(inbox, "the database refuses"))
        assert "password" in refusal
        await running.stop()
        assert not [line for line in running.said if TOKEN in line or PASSWORD in line]
        assert TOKEN not in refusal
        await _ask_influx(client, influx, f"CREATE USER gw WITH PASSWORD '{TOKEN}'", **owner)
        await _ask_influx(client, influx, "CREATE DATABASE groundwatch", **owner)
        await _ask_influx(client, influx, "GRANT ALL ON groundwatch TO gw", **owner)
        await running.start()
        await all_stored(influx, publisher.taken, **owner)
        assert await running.stop() == 0


async def _ask_influx(client: httpx2.AsyncClient, influx: str, query: str, **login: str) -> None:
    answer = await client.post(f"{influx}/query", params={"q": query, **login})
    assert answer.status_code == 200, answer.text


async def test_a_log_at_its_cap_acknowledges_nothing_warns_on_and_drains(tmp_path: Path) -> None:
    port, influx = start_mosquitto(tmp_path), start_influxd(tmp_path)
    async with Inbox() as inbox:
        running = await begun(tmp_path, inbox, port, influx, more=f"log_max_bytes = {MIB}")
        await connected(running)
        pause(influx)
        await _full_and_back(running, inbox, port, influx, lambda: resume(influx))


async def test_a_full_disk_acknowledges_nothing_warns_on_and_drains(tmp_path: Path) -> None:
    """A limit on the size of files stands in for a full disk: every write beyond it fails."""
    port, influx = start_mosquitto(tmp_path), start_influxd(tmp_path)
    async with Inbox() as inbox:
        running = await begun(tmp_path, inbox, port, influx)
        await connected(running)
        assert running.process is not None
        pid = running.process.pid
        biggest = max(path.stat().st_size for path in (tmp_path / "state").rglob("*.db*"))
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (biggest + MIB // 2, hard))

        def free() -> None:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))

        await _full_and_back(running, inbox, port, influx, free)


async def _full_and_back(
    running: Running, inbox: Inbox, port: int, influx: str, free: Callable[[], None]
) -> None:
    """Fill the log, warn while it is full, make room, and compare what was taken with what is."""

    async def is_full() -> bool:
        await publisher.burst("C-01", 2000)
        return not await _is_log_good(running)

    async with client_of(port) as client:
        publisher = Publisher(client, set())
        await until(is_full, within_s=30, what="the log is full")
        n_acknowledged = await running.metric("groundwatch_acknowledged_total")
        await publisher.overload("C-02")
        await until(told_about(inbox, "C-02"), within_s=10, what="a warning with a full log")
        await until(
            lambda: system_notices(inbox, "readings cannot be kept"), within_s=10, what="log told"
        )
        told = system_notices(inbox, "readings cannot be kept")[0]["alert"]
        assert told["severity"] == "extreme"
        assert await running.metric("groundwatch_acknowledged_total") == n_acknowledged
        assert not await _is_log_good(running)
        free()
        await publisher.moment("C-00", 40.0)
    await all_stored(influx, publisher.taken)

    async def nothing_waits() -> bool:
        return await running.metric("groundwatch_unacknowledged") == 0

    await until(nothing_waits, within_s=10, what="everything is acknowledged")
    raised = [n for n in inbox.notices.values() if told_about_one(n, "C-02")]
    assert len(raised) == len({n["alert"]["id"] for n in raised}) == 1
    assert await running.stop() == 0


def told_about_one(notice: dict[str, Any], device: str) -> bool:
    return bool(notice["alert"]["sensor"]["device"] == device)


async def _is_log_good(running: Running) -> bool:
    async with httpx2.AsyncClient(timeout=10) as client:
        checks = (await client.get(f"{running.url}/readyz")).json()["checks"]
    return next(bool(check["is_good"]) for check in checks if check["name"] == "log")
