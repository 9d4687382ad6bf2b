"""A small site of cranes, what publishes its readings, and what looks at where they went."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiomqtt
import httpx2

from tests.system.rig import Inbox, Running, until

MIB = 1024 * 1024
PLUGINS = sorted(Path("/usr/lib").glob("*/mosquitto_dynamic_security.so"))
CRANES = ("C-00", "C-01", "C-02")
# Values that no line of the program may show.
PASSWORD, TOKEN = "the-password-of-a-test", "the-token-of-a-test"


_started: list[Running] = []


async def end_all() -> None:
    """End what a failed test left running."""
    for running in _started:
        if running.process is not None and running.process.returncode is None:
            await running.kill()
    _started.clear()


async def started(config: Path) -> Running:
    running = Running(config)
    _started.append(running)
    return await running.start()


def crane(device: str) -> str:
    return (
        f"  - id: {device}\n    kind: crane\n    every: 1s\n    sensors:\n"
        "      - {quantity: moment_pct}\n      - {quantity: clearance_m}\n"
    )


def write_yard(sites: Path, devices: Sequence[str] = CRANES) -> None:
    (sites / "sites").mkdir(parents=True, exist_ok=True)
    (sites / "resources").mkdir(exist_ok=True)
    (sites / "sites" / "yard.yaml").write_text(
        "site:\n  id: yard\n  name: Test yard\n  position: {lat: 23.2, lon: 113.2}\n"
        "  kind: building\n  district: d\n  street: s\n  village: v\ndevices:\n"
        + "".join(map(crane, devices))
    )


def now_ms() -> int:
    return int(time.time() * 1000)


def telemetry(device: str) -> str:
    return f"gw/1/yard/{device}/telemetry"


@dataclass
class Publisher:
    """Publishes at QoS 1; `taken` holds (device, epoch ms) of each moment the broker took."""

    client: aiomqtt.Client
    taken: set[tuple[str, int]]
    last_ms: int = 0
    burst_ms: int = 0

    def next_ms(self) -> int:
        """Give an instant that no other reading of this publisher has."""
        self.last_ms = max(now_ms(), self.last_ms + 1)
        return self.last_ms

    async def moment(self, device: str, value: float, **more: Any) -> None:
        at = self.next_ms()
        body = {"at": at, "readings": {"moment_pct": value}, **more}
        await self.client.publish(telemetry(device), json.dumps(body), qos=1)
        self.taken.add((device, at))

    async def overload(self, device: str) -> None:
        """Send what raises an overload alert."""
        for _ in range(3):
            await self.moment(device, 150.0)
            await asyncio.sleep(0.005)

    async def burst(self, device: str, count: int) -> None:
        """Send one message of `count` calm readings of the last hour."""
        begin = self.burst_ms or now_ms() - 3_600_000
        self.burst_ms = begin + count
        instants = range(begin, begin + count)
        body = [{"at": at, "readings": {"moment_pct": 40.0}} for at in instants]
        await self.client.publish(telemetry(device), json.dumps(body), qos=1)
        self.taken |= {(device, at) for at in instants}


def client_of(port: int) -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", port, identifier="publisher", max_inflight_messages=200)


async def stored(influx: str, **more: str) -> set[tuple[str, int]]:
    query = {"db": "groundwatch", "epoch": "ms", **more}
    query["q"] = "SELECT moment_pct FROM crane GROUP BY device"
    async with httpx2.AsyncClient(timeout=30) as client:
        answer = (await client.get(f"{influx}/query", params=query)).json()
    return {
        (series["tags"]["device"], row[0])
        for series in answer["results"][0].get("series", [])
        for row in series["values"]
    }


async def all_stored(influx: str, taken: set[tuple[str, int]], **more: str) -> None:
    async def everything() -> bool:
        return taken <= await stored(influx, **more)

    await until(everything, within_s=30, what="everything that the broker took is stored")


async def connected(running: Running) -> None:
    async def is_connected() -> bool:
        return await running.metric("groundwatch_source_connected") == 1

    await until(is_connected, within_s=20, what="connected")


def told_about(inbox: Inbox, device: str) -> Callable[[], bool]:
    """Ask whether a notice about an alert of this crane has come."""
    return lambda: any(
        notice["alert"]["sensor"]["device"] == device for notice in inbox.notices.values()
    )


def system_notices(inbox: Inbox, word: str) -> list[dict[str, Any]]:
    return [
        notice
        for notice in inbox.notices.values()
        if notice["alert"]["kind"] == "system" and word in notice["alert"]["reason"]
    ]
