"""Foreign devices through a real broker into the program: each format, rebirths and commands."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import aiomqtt
import cbor2
import pytest

from tests import servers
from tests.system.rig import Inbox, Running, Settings, tell_by_webhook, until
from tests.system.yard import connected
from tests.unit.ingest.sparkplug_wire import Metric, payload

pytestmark = [pytest.mark.broker, pytest.mark.slow]

EUI = "70b3d57ed0000017"
PERSON = "110101199003070011"  # fictitious
SITE = """\
site:
  id: doors
  name: Doors
  position: {lat: 23.2, lon: 113.2}
  kind: building
  district: d
  street: s
  village: v
devices:
  - id: SENML
    kind: water_level
    every: 1m
    addresses: {senml: WL-7}
    sensors: [{quantity: stage_m, sent_as: stage}]
  - id: PLUG
    kind: crane
    every: 1m
    addresses: {sparkplug: north/gw-1/crane}
    sensors: [{quantity: load_t, sent_as: Load}]
  - id: STACK
    kind: pit
    every: 1m
    addresses: {chirpstack: "70b3d57ed0000017"}
    sensors: [{quantity: building_tilt_permille, sent_as: tilt.x, unit: mm/m}]
  - id: CAM
    kind: camera
    every: 1m
    addresses: {frigate: gate}
    sensors:
      - {quantity: persons, point: shaft, design: {persons_allowed: 0}}
      - {quantity: vehicles, point: lane}
  - id: UP
    kind: water_level
    every: 1m
    addresses: {senml: UP-7}
    sensors: [{quantity: ponding_depth_m, sent_as: depth}]
  - id: YUN
    kind: crane
    every: 1m
    addresses: {vendor: yunzhu/HX-0017}
    sensors: [{quantity: moment_pct, sent_as: momentPercent}, {quantity: limit_bits}]
underpasses:
  - {zone: CAM/lane, gauge: UP}
"""
DOORS = """\
[doors.senml]
[doors.sparkplug]
[doors.chirpstack]
[doors.frigate]
[doors.yunzhu]
"""
EXPECTED = {
    "doors/SENML/stage_m": 2.5,
    "doors/PLUG/load_t": 3.5,
    "doors/STACK/building_tilt_permille": 0.12,
    "doors/CAM/shaft/persons": 1.0,
    "doors/CAM/lane/vehicles": 1.0,
    "doors/CAM/lane/vehicle_depth_m": 0.31,
    "doors/UP/ponding_depth_m": 0.33,
    "doors/YUN/moment_pct": 77.5,
    "doors/YUN/limit_bits": 10.0,
}


def config(tmp_path: Path, port: int) -> Path:
    (tmp_path / "sites").mkdir()
    (tmp_path / "resources").mkdir()
    (tmp_path / "sites" / "doors.yaml").write_text(SITE)
    settings = Settings(state=tmp_path / "state", sites=tmp_path, mqtt_port=port)
    path = settings.write(tmp_path / "groundwatch.toml")
    path.write_text(path.read_text() + DOORS)
    return path


def seen(now_s: float, name: str, label: str, zone: str) -> bytes:
    """What Frigate says of one object in a zone."""
    event = {
        "type": "new",
        "before": {},
        "after": {
            "id": name,
            "camera": "gate",
            "label": label,
            "frame_time": now_s,
            "false_positive": False,
            "end_time": None,
            "current_zones": [zone],
        },
    }
    return json.dumps(event).encode()


def messages(now_s: float) -> list[tuple[str, bytes]]:
    """One message or more of each format but Sparkplug, which must be asked first."""
    local = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now_s + 8 * 3600))
    zulu = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now_s))
    live = {
        "deviceId": "HX-0017",
        "deviceTime": local,
        "warning": "0101" + "0" * 28,
        "momentPercent": 77.5,
        "driverId": PERSON,
    }
    uplink = {
        "time": zulu,
        "deviceInfo": {"devEui": EUI},
        "fCnt": 1,
        "object": {"tilt": {"x": 0.12}},
    }
    depths = [{"bn": "UP-7:", "bt": now_s - 60.0, "n": "depth", "u": "m", "v": 0.31}]
    depths.append({"n": "depth", "u": "m", "t": 60.0, "v": 0.33})
    return [
        ("senml/creek", cbor2.dumps([{-2: "WL-7:", -3: now_s, 0: "stage", 1: "cm", 2: 250}])),
        ("senml/road", json.dumps(depths).encode()),
        (f"application/a/device/{EUI}/event/up", json.dumps(uplink).encode()),
        ("frigate/events", seen(now_s, "a", "person", "shaft")),
        ("frigate/events", seen(now_s + 0.5, "b", "car", "lane")),
        ("yunzhu/live", json.dumps(live).encode()),
    ]


async def plug(client: aiomqtt.Client, kind: str, seq: int, metrics: list[Metric]) -> None:
    device = "/crane" if kind.startswith("D") else ""
    body = payload(metrics, seq=seq, at_ms=int(time.time() * 1000))
    await client.publish(f"spBv1.0/north/{kind}/gw-1{device}", body, qos=0)


async def newest(running: Running) -> dict[str, Any]:
    answer = await running.get("/readings/latest", site="doors")
    return {row["sensor"]: row["value"] for row in answer["items"]}


async def test_every_format_comes_in_and_a_node_without_births_is_asked_for_them(
    tmp_path: Path,
) -> None:
    port = await asyncio.to_thread(servers.start_mosquitto, tmp_path)
    field = aiomqtt.Client("127.0.0.1", port, identifier="field")
    async with field as client, Inbox() as inbox:
        tell_by_webhook(tmp_path, inbox.url)
        await client.subscribe("spBv1.0/+/NCMD/+", qos=1)
        running = await Running(config(tmp_path, port)).start()
        await connected(running)
        for topic, body in messages(time.time()):
            await client.publish(topic, body, qos=1)
        async with asyncio.timeout(20):
            asked = await anext(aiter(client.messages))
        assert str(asked.topic) == "spBv1.0/north/NCMD/gw-1"
        assert b"Node Control/Rebirth" in bytes(asked.payload)
        await plug(client, "NBIRTH", 0, [])
        load = Metric(name="Load", alias=1, datatype=9, value=1.0, unit="t")
        await plug(client, "DBIRTH", 1, [load])
        await asyncio.sleep(0.01)  # data of another millisecond than the birth's
        await plug(client, "DDATA", 2, [Metric(alias=1, datatype=9, value=3.5)])

        async def all_in() -> bool:
            found = await newest(running)
            return {key: found.get(key) for key in EXPECTED} == pytest.approx(EXPECTED)

        await until(all_in, within_s=30, what="a reading of each format")

        def told() -> set[tuple[str, str]]:
            alerts = [notice["alert"] for notice in inbox.notices.values()]
            return {(a["hazard"], a["sensor"]["device"]) for a in alerts}

        wanted = {("no_entry_zone", "CAM"), ("vehicle_in_water", "CAM")}
        await until(lambda: wanted <= told(), within_s=20, what="notices of both zones")
        await client.publish("yunzhu/live", json.dumps({"driverId": PERSON}), qos=1)
        await client.publish("senml/x", b'[{"n":"WL-8:stage","v":1}]', qos=1)

        async def refused() -> bool:
            return len((await running.get("/quarantine"))["items"]) == 2

        await until(refused, within_s=20, what="two refused messages")
        kept = json.dumps(await running.get("/quarantine"))
        assert PERSON not in kept
        assert "WL-7" in kept
        assert await running.metric("groundwatch_orders_total") >= 1
    assert await running.stop() == 0
    assert PERSON not in "\n".join(running.said)
    for file in (tmp_path / "state").iterdir():
        if file.is_file():
            assert PERSON.encode() not in file.read_bytes(), file.name
