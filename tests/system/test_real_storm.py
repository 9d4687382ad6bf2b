"""Real readings of storm Gloria through broker, program and InfluxDB: stored once, alerted alike.

The excerpt in tests/fixtures is used (Hub'Eau, open licence). GROUNDWATCH_TEST_STORM names a larger
file of the same form, for example the whole of January 2020.
"""

import asyncio
import os
import shutil
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.servers import start_influxd, start_mosquitto
from tests.system.rig import ROOT, Inbox, Running, Settings, simulate, tell_by_webhook, until

STORM = Path(
    os.environ.get("GROUNDWATCH_TEST_STORM", ROOT / "tests/fixtures/hubeau_gloria_excerpt.csv.gz")
)
PATIENCE_S = 60 if STORM.stat().st_size < 500_000 else 600

pytestmark = [pytest.mark.broker, pytest.mark.influx, pytest.mark.slow, pytest.mark.timeout(1800)]


async def count_stored(influx_url: str) -> int:
    async with httpx2.AsyncClient(timeout=60) as client:
        query = {"db": "groundwatch", "q": "SELECT count(stage_m) FROM water_level"}
        answer = (await client.get(f"{influx_url}/query", params=query)).json()
    series = answer["results"][0].get("series")
    return int(series[0]["values"][0][1]) if series else 0


async def replay(port: int, *words: str) -> dict[str, Any]:
    return await simulate(
        [
            *("replay", str(STORM), "--map", str(ROOT / "examples/replay/hubeau.yaml")),
            *("--broker", f"127.0.0.1:{port}", *words),
        ]
    )


def placed(tmp_path: Path, inbox: Inbox) -> Path:
    sites = tmp_path / "hubeau"
    shutil.copytree(ROOT / "examples/hubeau", sites, dirs_exist_ok=True)
    for name in ("resources", "map"):
        shutil.copytree(ROOT / "examples/baiyun" / name, sites / name, dirs_exist_ok=True)
    tell_by_webhook(sites, inbox.url)
    return sites


async def history_of(running: Running) -> list[Any]:
    rows = (await running.get("/history", limit=10000))["items"]
    assert rows
    return [
        (row["sensor"], row["rule_id"], row["kind"], row["severity"], row["taken_at"])
        for row in rows
    ]


async def test_the_same_storm_in_order_and_torn_apart(tmp_path: Path) -> None:
    async with Inbox() as inbox:
        (tmp_path / "straight").mkdir()
        straight, n_straight = await _in_order(tmp_path / "straight", inbox)
        n_notices = len(inbox.notices)
        assert _first(inbox)
        assert [notice["alert"] for notice in _first(inbox) if notice["card"] is None] == []
        assert n_notices >= len({row[0] for row in straight})
        (tmp_path / "torn").mkdir()
        torn, n_torn = await _torn_apart(tmp_path / "torn", inbox)
    assert n_torn == n_straight
    assert torn == straight


def _first(inbox: Inbox) -> list[dict[str, Any]]:
    return [notice for notice in inbox.notices.values() if notice["reason"] == "first"]


async def _in_order(tmp_path: Path, inbox: Inbox) -> tuple[list[Any], int]:
    port, influx = start_mosquitto(tmp_path), start_influxd(tmp_path)
    running = await _started(tmp_path, port, influx, inbox)
    summary = await replay(port)
    await _stored(running, influx, summary["distinct"])
    history = await history_of(running)
    assert await running.stop() == 0
    return history, summary["distinct"]


async def _torn_apart(tmp_path: Path, inbox: Inbox) -> tuple[list[Any], int]:
    """Shuffled within half an hour, a twentieth twice, and the program killed in the middle."""
    port, influx = start_mosquitto(tmp_path), start_influxd(tmp_path)
    running = await _started(tmp_path, port, influx, inbox)
    async with asyncio.TaskGroup() as group:
        replaying = group.create_task(
            replay(port, "--shuffle", "30m", "--duplicate", "0.05", "--seed", "7")
        )
        await until(lambda: _some_stored(influx), within_s=PATIENCE_S, what="some stored")
        await running.kill()
        running = await Running(running.config).start()
    summary = replaying.result()
    await _stored(running, influx, summary["distinct"])
    history = await history_of(running)
    assert await running.stop() == 0
    return history, summary["distinct"]


async def _some_stored(influx: str) -> bool:
    return await count_stored(influx) > 1000


async def _started(tmp_path: Path, port: int, influx: str, inbox: Inbox) -> Running:
    sites = placed(tmp_path, inbox)
    settings = Settings(
        state=tmp_path / "state", sites=sites, mqtt_port=port, influx_url=influx, clock="event"
    )
    running = await Running(settings.write(tmp_path / "groundwatch.toml")).start()
    await until(
        lambda: _is_connected(running), within_s=20, what="the program is connected to the broker"
    )
    return running


async def _is_connected(running: Running) -> bool:
    return await running.metric("groundwatch_source_connected") == 1


async def _stored(running: Running, influx: str, expected: int) -> None:
    async def everything() -> bool:
        return await count_stored(influx) >= expected

    await until(everything, within_s=PATIENCE_S, what=f"{expected} readings stored")
    assert await count_stored(influx) == expected
    assert await running.metric("groundwatch_rejects_total") == 0
