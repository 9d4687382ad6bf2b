"""Stations over TCP on the whole program: owned, confirmed, judged, and killed in between."""

import asyncio
import os
import random
import struct
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.servers import free_port, start_mosquitto
from tests.system.rig import Inbox, Running, Settings, simulate, tell_by_webhook, until
from tests.unit.ingest.sl651_station import STATION, Uplink, element, head

N_KILLS = int(os.environ.get("GROUNDWATCH_TEST_KILLS", "4"))
PASSWORD = "1234"
CREEK = f"""
site:
  id: creek
  name: Test creek
  position: {{lat: 23.2, lon: 113.2}}
  kind: river
  district: d
  street: s
  village: v
devices:
  - id: WL-1
    kind: water_level
    every: 5m
    addresses: {{sl651: "{STATION}"}}
    design: {{datum: 0.0, gauge_zero_m: 0.0, warning_stage_m: 4.8, guaranteed_stage_m: 6.0}}
    sensors: [{{quantity: stage_m}}, {{quantity: battery_v}}]
  - id: RG-1
    kind: rain
    every: 5m
    addresses: {{sl651: "{STATION}/rain"}}
    sensors: [{{quantity: rain_mm}}, {{quantity: rain_total_mm}}]
  - id: TC-1
    kind: crane
    every: 5m
    addresses: {{hj212: SIM00000000000000001}}
    sensors: [{{quantity: wind_ms}}, {{quantity: temperature_degc}}]
"""

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(600)]


def write_sites(sites: Path, webhook: str) -> None:
    (sites / "sites").mkdir(parents=True)
    (sites / "sites" / "creek.yaml").write_text(CREEK)
    tell_by_webhook(sites, webhook)
    (sites / "resources").mkdir()


async def started(tmp_path: Path, inbox: Inbox) -> tuple[Running, int, int]:
    write_sites(tmp_path / "sites", inbox.url)
    sl651, hj212 = free_port(), free_port()
    settings = Settings(
        state=tmp_path / "state",
        sites=tmp_path / "sites",
        mqtt_port=start_mosquitto(tmp_path),
        more=f'[sl651]\nlisten = "127.0.0.1:{sl651}"\npassword = "{PASSWORD}"\n'
        f'[hj212]\nlisten = "127.0.0.1:{hj212}"\n',
    )
    running = await Running(settings.write(tmp_path / "groundwatch.toml")).start()
    return running, sl651, hj212


class Gauge:
    """A station that keeps what is not confirmed, and sends it again when it connects."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.made: dict[datetime, float] = {}
        self._waiting: dict[int, bytes] = {}

    def report(self, at: datetime, stage: float, *, function: int = 0x32) -> None:
        self.made[at] = stage
        number = len(self.made)
        body = head(at + timedelta(seconds=1), at, serial=number)
        body += element(0x22, 0.2, 2, 1) + element(0x26, number * 0.2, 3, 1)
        body += element(0x39, stage, 4, 3) + element(0x38, 12.36, 2, 2)
        self._waiting[number] = Uplink(function=function).frame(body)

    async def deliver(self, within_s: float) -> bool:
        """Send all that waits and take confirmations for so long; say whether nothing waits."""
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            async with asyncio.timeout(within_s):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                try:
                    for frame in list(self._waiting.values()):
                        writer.write(frame)
                    while self._waiting:
                        answer = await reader.readexactly(25)
                        (number,) = struct.unpack_from("!H", answer, 14)
                        self._waiting.pop(number, None)
                finally:
                    writer.close()
        return not self._waiting

    async def delivered(self) -> None:
        await until(lambda: self.deliver(5.0), within_s=60, what="every report is confirmed")


async def stored_of(running: Running, sensor: str) -> list[dict[str, Any]]:
    since = (datetime.now(UTC) - timedelta(days=7)).isoformat()
    page = await running.get("/readings", sensor=f"creek/{sensor}", since=since, limit=5000)
    items: list[dict[str, Any]] = page["items"]
    return items


async def stages(running: Running) -> list[tuple[datetime, float]]:
    found = await stored_of(running, "WL-1/stage_m")
    return [(datetime.fromisoformat(each["taken_at"]), each["value"]) for each in found]


def five_minutes_ago(n: int) -> datetime:
    now = datetime.now(UTC)
    return now.replace(second=0, microsecond=0) - timedelta(minutes=now.minute % 5 + 5 * n)


async def test_an_extra_report_raises_an_alert_and_is_stored_once(tmp_path: Path) -> None:
    async with Inbox() as inbox:
        running, port, _ = await started(tmp_path, inbox)
        gauge = Gauge(port)
        gauge.report(five_minutes_ago(3), 4.1)
        gauge.report(five_minutes_ago(2), 4.85)
        await gauge.delivered()
        assert not [n for n in inbox.notices.values() if n["alert"]["hazard"] == "river_flood"]
        gauge.report(five_minutes_ago(1), 4.873, function=0x33)
        await gauge.delivered()

        def is_told() -> bool:
            return any(n["alert"]["rule_id"] == "stage" for n in inbox.notices.values())

        await until(is_told, within_s=20, what="the stage above the warning stage is told")
        await until(lambda: stored(running, gauge), within_s=20, what="stored")
        ready = await running.ready()
        said = {check["name"]: check["text"] for check in ready["checks"]}
        assert f"127.0.0.1:{port}: listening" in said["sl651"]
        assert await running.metric("groundwatch_door_confirmed_total") == 3
        assert await running.stop() == 0


async def stored(running: Running, gauge: Gauge) -> bool:
    try:
        found = await stages(running)
    except httpx2.HTTPStatusError as error:
        if error.response.status_code == httpx2.codes.SERVICE_UNAVAILABLE:
            return False  # just started: the store is not open yet
        raise
    return len(found) == len(gauge.made) and dict(found) == pytest.approx(gauge.made)


async def test_killed_before_it_confirms_the_station_sends_again_and_nothing_is_lost_or_doubled(
    tmp_path: Path,
) -> None:
    async with Inbox() as inbox:
        running, port, _ = await started(tmp_path, inbox)
        gauge = Gauge(port)
        n = 21 * N_KILLS
        for _ in range(N_KILLS):
            for _ in range(20):
                n -= 1
                gauge.report(five_minutes_ago(n), 3.0 + n / 1000)
            async with asyncio.TaskGroup() as group:
                group.create_task(gauge.deliver(3.0))
                await asyncio.sleep(random.uniform(0.0, 0.03))
                await running.kill()
            running = await Running(running.config).start()
        await gauge.delivered()
        await until(lambda: stored(running, gauge), within_s=30, what="each stored once")
        assert len(await stored_of(running, "RG-1/rain_mm")) == 20 * N_KILLS
        assert (await running.get("/quarantine"))["items"] == []
        assert await running.stop() == 0


async def test_the_pretend_stations_report_to_the_program(tmp_path: Path) -> None:
    async with Inbox() as inbox:
        running, sl651, hj212 = await started(tmp_path, inbox)
        tally = await simulate(["station", "--sl651", f"127.0.0.1:{sl651}", "--json"])
        assert (tally["confirmed"], tally["waiting"]) == (12, 0)
        tally = await simulate(["station", "--hj212", f"127.0.0.1:{hj212}", "--json"])
        assert (tally["confirmed"], tally["waiting"]) == (12, 0)

        async def wind_is_stored() -> bool:
            return len(await stored_of(running, "TC-1/wind_ms")) == 12

        await until(wind_is_stored, within_s=20, what="wind of the HJ 212 station stored")
        assert len(await stages(running)) == 12
        assert await running.stop() == 0


async def test_a_port_in_use_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    async with Inbox() as inbox:
        running, port, _ = await started(tmp_path, inbox)
        other = tmp_path / "other.toml"
        text = running.config.read_text().replace(str(tmp_path / "state"), str(tmp_path / "two"))
        other.write_text(text)
        second = await asyncio.create_subprocess_exec(
            *running.words(other),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await second.communicate()
        assert second.returncode == 2
        assert f"sl651: cannot listen on 127.0.0.1:{port}: another program" in said.decode()
        assert PASSWORD not in said.decode()
        assert await running.stop() == 0
