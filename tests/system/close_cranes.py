"""A yard of cranes that come too close to one another, told to a receiver that behaves badly."""

import json
import time
from pathlib import Path

import aiomqtt
import httpx2

from tests.servers import start_mosquitto
from tests.system.bad_receiver import TIMEOUT_S, BadReceiver
from tests.system.rig import Running, Settings, until

TOKEN = "tok3n-of-the-bad-receiver"
SECRET = "s3cret-of-the-bad-receiver"
EXTREME_M, MODERATE_M = 1.0, 3.0  # clearances within the limits of GB 5144 and of slowing down
CREW = "crew"

# What is told of each alert by itself, also in a storm.
A_SYSTEM = (
    "people:\n  - id: office\n    name: Example Office (fictitious)\n    role: duty\n"
    "    system: true\n"
    '    contacts: [{channel: duty, address: ""}]\n'
)
# A person, who is told of several at once, and a crew that takes orders.
PEOPLE = (
    "people:\n  - id: office\n    name: Example Officer (fictitious)\n    role: duty\n"
    '    contacts: [{channel: duty, address: ""}]\n'
    f"  - id: {CREW}\n    name: Example Crew (fictitious)\n    role: responder\n"
    '    contacts: [{channel: duty, address: ""}]\n'
)
# Groups wait, and a storm has its next notice, within the seconds of a test.
SHORT_TIMES = (
    "response:\n  company: {minor: 2s, moderate: 2s, severe: 1s}\n"
    "  storm: {first_after: 2s, every: 10s, red_every: 2s}\n"
)
TEAMS = (
    "# datum: WGS-84\nid,name,capabilities,strength,on_duty,phone,lat,lon,as_of\n"
    f"{CREW},Example Crew (fictitious),heavy_lifting,5,true,,23.2,113.2,2026-01-01T00:00:00Z\n"
)


def write_yard(sites: Path, n_cranes: int, people: str) -> None:
    (sites / "sites").mkdir(parents=True)
    (sites / "resources").mkdir()
    blocks = "".join(
        f"  - id: C-{number:03d}\n    kind: crane\n    every: 1h\n    sensors:\n"
        "      - {quantity: clearance_m}\n"
        for number in range(n_cranes)
    )
    (sites / "sites" / "yard.yaml").write_text(
        "site:\n  id: yard\n  name: Test yard\n  position: {lat: 23.2, lon: 113.2}\n"
        f"  kind: building\n  district: d\n  street: s\n  village: v\ndevices:\n{blocks}"
    )
    (sites / "people.yaml").write_text(people)
    words = ", ".join(f"{word}: never" for word in ("minor", "moderate", "severe", "extreme"))
    (sites / "routes.yaml").write_text(
        "routes:\n  - name: everything\n    recipients: {people: [office]}\n"
        f"    repeat_every: {{{words}}}\n"
    )
    if people == PEOPLE:
        (sites / "response.yaml").write_text(SHORT_TIMES)
        (sites / "resources" / "teams.csv").write_text(TEAMS)


async def begun(
    tmp_path: Path, receiver: BadReceiver, *, n_cranes: int, people: str = A_SYSTEM
) -> tuple[Running, int]:
    port = start_mosquitto(tmp_path)
    write_yard(tmp_path / "sites", n_cranes, people)
    url = f"{receiver.url}/{TOKEN}?key={TOKEN}"
    channel = f'[channels.duty]\nkind = "webhook"\nurl = "{url}"\nsecret = "{SECRET}"\n'
    channel += f"timeout_s = {TIMEOUT_S}\n"
    settings = Settings(state=tmp_path / "state", sites=tmp_path / "sites", mqtt_port=port)
    config = settings.write(tmp_path / "groundwatch.toml")
    config.write_text(config.read_text() + channel)
    running = await Running(config).start()

    async def connected() -> bool:
        return await running.metric("groundwatch_source_connected") == 1

    await until(connected, within_s=30, what="connected")
    return running, port


async def come_too_close(port: int, number: int, clearance_m: float = EXTREME_M) -> None:
    """Let one crane come too close to another, which is one alert."""
    async with aiomqtt.Client("127.0.0.1", port, identifier="crane") as client:
        at_ms = int(time.time() * 1000)
        body = json.dumps({"at": at_ms, "seq": 1, "readings": {"clearance_m": clearance_m}})
        await client.publish(f"gw/1/yard/C-{number:03d}/telemetry", body, qos=1)


async def collisions(running: Running) -> dict[str, str]:
    """Give the alerts of cranes that came too close: id by crane."""
    rows = (await running.get("/alerts", limit=500))["items"]
    return {
        row["sensor"].split("/")[1]: row["id"] for row in rows if row["hazard"] == "crane_collision"
    }


async def nothing_waits(running: Running) -> bool:
    async with httpx2.AsyncClient() as client:
        text = (await client.get(f"{running.url}/metrics")).text
    rows = [row for row in text.splitlines() if row.startswith("groundwatch_notices_waiting")]
    return bool(rows) and all(float(row.rsplit(" ", 1)[1]) == 0 for row in rows)
