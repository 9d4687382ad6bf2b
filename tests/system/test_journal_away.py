"""The journal (PostgreSQL) goes away under a running program: warnings go on, and are recorded."""

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.servers import pause, resume, start_mosquitto, start_postgres, stop
from tests.system.rig import Inbox, Running, Settings, tell_by_webhook, until
from tests.system.yard import (
    CRANES,
    Publisher,
    client_of,
    connected,
    end_all,
    started,
    system_notices,
    told_about,
    write_yard,
)

pytestmark = [pytest.mark.broker, pytest.mark.slow]

SAID = {"actor": "Duty Officer (fictitious)"}


@pytest.fixture(autouse=True)
async def _nothing_left_running() -> AsyncIterator[None]:
    yield
    await end_all()


async def recorded(running: Running) -> dict[str, dict[str, Any]]:
    """Give the recorded alerts of cranes, by crane."""
    rows = (await running.get("/alerts"))["items"]
    return {row["sensor"].split("/")[1]: row for row in rows if row["kind"] != "system"}


async def is_all_recorded(running: Running, *cranes: str) -> bool:
    async with httpx2.AsyncClient(timeout=30) as client:
        answer = await client.get(f"{running.url}/api/v1/alerts")
    return answer.status_code == 200 and set(cranes) <= set(await recorded(running))


async def is_told(inbox: Inbox, publisher: Publisher, crane: str) -> list[str]:
    """Overload a crane, wait for its notice, and give the remarks on it."""
    await publisher.overload(crane)
    await until(told_about(inbox, crane), within_s=10, what=f"a warning of {crane}")
    remarks = [
        notice["remarks"]
        for notice in inbox.notices.values()
        if notice["alert"]["sensor"]["device"] == crane
    ]
    assert len(remarks) == 1
    return list(remarks[0])


async def acknowledge(running: Running, alert_ids: Iterable[str]) -> None:
    async with httpx2.AsyncClient(timeout=30) as client:
        for alert_id in alert_ids:
            path = f"{running.url}/api/v1/alerts/{alert_id}/ack"
            (await client.post(path, json=SAID)).raise_for_status()


def leave(dsn: str, how: str) -> None:
    if how == "stopped":
        stop(dsn)
    else:
        pause(dsn)


def come_back(dsn: str, how: str, tmp_path: Path) -> None:
    if how == "stopped":
        start_postgres(tmp_path, port=int(dsn.rpartition(":")[2].partition("/")[0]))
    else:
        resume(dsn)


@pytest.mark.parametrize("how", ["stopped", "hanging"])
async def test_a_journal_that_goes_away_delays_no_warning_and_misses_none(
    tmp_path: Path, how: str
) -> None:
    port, dsn = start_mosquitto(tmp_path), start_postgres(tmp_path)
    write_yard(tmp_path / "sites")
    async with Inbox() as inbox, client_of(port) as mqtt:
        tell_by_webhook(tmp_path / "sites", inbox.url)
        more = f'journal = "{dsn}"\n'
        settings = Settings(tmp_path / "state", tmp_path / "sites", port, more=more)
        running = await started(settings.write(tmp_path / "groundwatch.toml"))
        await connected(running)
        publisher = Publisher(mqtt, set())
        assert await is_told(inbox, publisher, "C-00") == []

        leave(dsn, how)
        assert "record" in str(await is_told(inbox, publisher, "C-01"))
        told = lambda: system_notices(inbox, "journal")  # noqa: E731 - asked again and again
        await until(told, within_s=20, what="the journal's absence told")
        await is_told(inbox, publisher, "C-02")

        come_back(dsn, how, tmp_path)
        kept = lambda: is_all_recorded(running, *CRANES)  # noqa: E731 - asked again and again
        await until(kept, within_s=30, what="every alert on record")
        ids = sorted(row["id"] for row in (await recorded(running)).values())
        await acknowledge(running, ids)
        assert await running.stop() == 0

        await connected(await running.start())
        rows = (await recorded(running)).values()
        assert sorted(row["id"] for row in rows) == ids
        assert all(row["acknowledged_at"] for row in rows)
        assert await running.stop() == 0
    about = [n["alert"]["id"] for n in inbox.notices.values() if n["alert"]["kind"] != "system"]
    assert sorted(about) == ids, "each was told once, and none again after the restart"
    assert set(inbox.times.values()) == {1}
