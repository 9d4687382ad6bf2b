"""kill -9 under load, and a database that goes away: nothing acknowledged is lost, nobody is told
twice.
"""

import asyncio
import json
import os
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiomqtt
import httpx2
import pytest

from tests.servers import pause, resume, start_influxd, start_mosquitto
from tests.system.rig import Inbox, Running, Settings, tell_by_webhook, until

N_KILLS = int(os.environ.get("GROUNDWATCH_TEST_KILLS", "4"))
AWAY_S = int(os.environ.get("GROUNDWATCH_TEST_AWAY_S", "8"))
RATE = 1000
N_CRANES = 40
PROBES = tuple(f"P-{number:02d}" for number in range(8))  # cranes that the load leaves alone

pytestmark = [pytest.mark.broker, pytest.mark.influx, pytest.mark.slow, pytest.mark.timeout(1200)]


def write_sites(sites: Path, webhook: str, probes: Sequence[str]) -> None:
    (sites / "sites").mkdir(parents=True)
    devices = [f"C-{number:02d}" for number in range(N_CRANES)] + list(probes)
    blocks = "".join(
        f"  - id: {device}\n    kind: crane\n    every: 1s\n    sensors:\n"
        "      - {quantity: moment_pct}\n      - {quantity: clearance_m}\n"
        for device in devices
    )
    (sites / "sites" / "yard.yaml").write_text(
        "site:\n  id: yard\n  name: Test yard\n  position: {lat: 23.2, lon: 113.2}\n"
        f"  kind: building\n  district: d\n  street: s\n  village: v\ndevices:\n{blocks}"
    )
    tell_by_webhook(sites, webhook)
    (sites / "resources").mkdir()


class Load:
    """Publishes moment readings at a rate, and now and then a crane coming too close to another.

    `acknowledged` holds what the broker took: (device, epoch ms) of every reading.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.acknowledged: list[tuple[str, int]] = []
        self.raised: list[str] = []
        self.stopping = asyncio.Event()

    async def run(self) -> None:
        async with aiomqtt.Client(
            "127.0.0.1", self.port, identifier="load", max_inflight_messages=500
        ) as client:
            started_s, sent = time.monotonic(), 0
            while not self.stopping.is_set():
                due = int((time.monotonic() - started_s) * RATE)
                async with asyncio.TaskGroup() as group:
                    for number in range(sent, min(due, sent + 200)):
                        group.create_task(self._publish(client, number))
                sent = min(due, sent + 200)
                await asyncio.sleep(0.01)

    async def _publish(self, client: aiomqtt.Client, number: int) -> None:
        device = f"C-{number % N_CRANES:02d}"
        at_ms = int(time.time() * 1000)
        readings: dict[str, float] = {"moment_pct": 40.0 + number % 7}
        if device not in self.raised and number > 500 and random.random() < 0.002:
            readings["clearance_m"] = 1.0
            self.raised.append(device)
        else:
            readings["clearance_m"] = 1.0 if device in self.raised else 80.0
        body = json.dumps({"at": at_ms, "seq": number, "readings": readings})
        await client.publish(f"gw/1/yard/{device}/telemetry", body, qos=1)
        self.acknowledged.append((device, at_ms))


async def stored_points(influx: str) -> set[tuple[str, int]]:
    async with httpx2.AsyncClient(timeout=60) as client:
        query = {
            "db": "groundwatch",
            "q": "SELECT moment_pct FROM crane GROUP BY device",
            "epoch": "ms",
        }
        answer = (await client.get(f"{influx}/query", params=query)).json()
    return {
        (series["tags"]["device"], row[0])
        for series in answer["results"][0].get("series", [])
        for row in series["values"]
    }


async def begun(
    tmp_path: Path, inbox: Inbox, probes: Sequence[str] = ()
) -> tuple[Running, int, str]:
    port, influx = start_mosquitto(tmp_path), start_influxd(tmp_path)
    write_sites(tmp_path / "sites", inbox.url, probes)
    settings = Settings(
        state=tmp_path / "state", sites=tmp_path / "sites", mqtt_port=port, influx_url=influx
    )
    running = await Running(settings.write(tmp_path / "groundwatch.toml")).start()

    async def connected() -> bool:
        return await running.metric("groundwatch_source_connected") == 1

    await until(connected, within_s=20, what="connected")
    return running, port, influx


async def everything_stored(load: Load, influx: str) -> bool:
    return set(load.acknowledged) <= await stored_points(influx)


async def test_killed_again_and_again_under_load(tmp_path: Path) -> None:
    async with Inbox() as inbox:
        running, port, influx = await begun(tmp_path, inbox)
        load = Load(port)
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run())
            for _ in range(N_KILLS):
                await asyncio.sleep(random.uniform(1.0, 2.5))
                await running.kill()
                running = await Running(running.config).start()
            await asyncio.sleep(2)
            load.stopping.set()
        await until(
            lambda: everything_stored(load, influx), within_s=60, what="all readings stored"
        )
        alerts = await _limit_alerts(running)
        assert {alert["sensor"].split("/")[1] for alert in alerts} == set(load.raised)
        assert len(alerts) == len(load.raised)

        def all_told() -> bool:
            return {n["alert"]["id"] for n in inbox.notices.values()} >= {a["id"] for a in alerts}

        await until(all_told, within_s=20, what="every alert told")
        assert await running.stop() == 0
        told = [(n["alert"]["id"], n["reason"]) for n in inbox.notices.values()]
        assert len(told) == len(set(told)), "a notice was made twice for what had not changed"
        assert max(inbox.times.values()) <= 1 + N_KILLS


async def _limit_alerts(running: Running) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (await running.get("/alerts", limit=500))["items"]
    return [row for row in rows if row["hazard"] == "crane_collision"]


async def test_the_database_away_for_a_while_delays_no_warning_and_loses_nothing(
    tmp_path: Path,
) -> None:
    async with Inbox() as inbox:
        running, port, influx = await begun(tmp_path, inbox, PROBES)
        load = Load(port)
        latencies: list[float] = []
        async with asyncio.TaskGroup() as group:
            group.create_task(load.run())
            await asyncio.sleep(2)
            pause(influx)
            async with aiomqtt.Client("127.0.0.1", port, identifier="probe") as client:
                until_s = time.monotonic() + AWAY_S
                for device in PROBES:
                    latencies.append(await _probe(client, inbox, device, load))
                    await asyncio.sleep(AWAY_S / len(PROBES))
                await asyncio.sleep(max(0.0, until_s - time.monotonic()))
            resume(influx)
            await asyncio.sleep(1)
            load.stopping.set()
        await until(lambda: everything_stored(load, influx), within_s=60, what="drained")
        assert await running.stop() == 0
    assert sorted(latencies)[len(latencies) // 2] < 1.0, latencies


async def _probe(client: aiomqtt.Client, inbox: Inbox, device: str, load: Load) -> float:
    """Raise one alert by a moment of 150 % and give the seconds until its notice is here."""
    seen = asyncio.Event()

    def look(notice: dict[str, Any]) -> None:
        sensor = notice["alert"]["sensor"]
        if (sensor["device"], sensor["quantity"]) == (device, "moment_pct"):
            seen.set()

    inbox.on_notice = look
    started_s = time.monotonic()
    for _ in range(3):
        at_ms = int(time.time() * 1000)
        body = json.dumps({"at": at_ms, "readings": {"moment_pct": 150.0}})
        await client.publish(f"gw/1/yard/{device}/telemetry", body, qos=1)
        load.acknowledged.append((device, at_ms))
        await asyncio.sleep(0.002)
    async with asyncio.timeout(20):
        await seen.wait()
    inbox.on_notice = None
    return time.monotonic() - started_s
