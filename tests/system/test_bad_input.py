"""Bad input gets a clear answer and loses nothing, in the whole program on real servers."""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiomqtt
import httpx2
import pytest

from tests.servers import free_port, pause, resume, start_influxd, start_mosquitto
from tests.system.rig import ROOT, SECRET, Inbox, Running, Settings, tell_by_webhook, until

pytestmark = [pytest.mark.broker, pytest.mark.influx, pytest.mark.slow]

MIB = 1024 * 1024
CRANES = ("C-00", "C-01", "C-02")
# Values that no line of the program may show.
PASSWORD, TOKEN = "the-password-of-a-test", "the-token-of-a-test"


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
        """Send one message of `count` calm readings."""
        instants = [self.next_ms() for _ in range(count)]
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
        notice["alert"]["sensor"].startswith(f"yard/{device}/") for notice in inbox.notices.values()
    )


def system_notices(inbox: Inbox, word: str) -> list[dict[str, Any]]:
    return [
        notice
        for notice in inbox.notices.values()
        if notice["alert"]["kind"] == "system" and word in notice["alert"]["reason"]
    ]


# Messages


@dataclass
class Bad:
    """A message that cannot be used whole, and what its reasons must say."""

    payload: bytes | str
    says: str
    topic: str = telemetry("C-00")
    n_bytes_kept: int | None = None


def one(readings: str, at: object = None, **more: object) -> str:
    """Write one object by hand, because no encoder writes what is wanted here."""
    fields = "".join(f', "{name}": {json.dumps(value)}' for name, value in more.items())
    when = json.dumps(now_ms() if at is None else at)
    return f'{{"at": {when}, "readings": {readings}{fields}}}'


def bad_messages() -> dict[str, Bad]:
    good = '{"moment_pct": 41}'
    return {
        "broken JSON": Bad('{"at": 1, "readings": {', "not JSON"),
        "a text": Bad('"hello"', "$ is the text 'hello'; an object with `at` and `readings`"),
        "not text": Bad(b"\xff\xfe\x00", "not UTF-8 text: byte 0 is wrong"),
        "nothing": Bad(b"", "not JSON"),
        "nested": Bad("[" * 100_000, "nested too deeply"),
        "readings in a list": Bad(one("[1, 2]"), "$.readings is an array; an object of quantity"),
        "NaN": Bad(one('{"moment_pct": NaN}'), "$.readings.moment_pct is not a finite number"),
        "Infinity": Bad(one('{"moment_pct": -Infinity}'), "is not a finite number"),
        "1e999": Bad(one('{"moment_pct": 1e999}'), "is not a finite number"),
        "a text as number": Bad(one('{"moment_pct": "41"}'), "is the text '41'; a number"),
        "true as number": Bad(one('{"moment_pct": true}'), "is true; a number is needed"),
        "null as number": Bad(one('{"moment_pct": null}'), "is null; a number is needed"),
        "no time": Bad('{"readings": {"moment_pct": 41}}', "$.at is missing"),
        "no zone": Bad(one(good, "2026-05-04T12:00:00"), "$.at has no zone"),
        "2099": Bad(one(good, "2099-01-01T00:00:00Z"), "2099"),
        "1970": Bad(one(good, 0), "1970"),
        "unknown field": Bad(one(good, valu=1), "unknown field `valu`"),
        "unknown site": Bad(
            one(good), "the site 'yart' is not in the site files", "gw/1/yart/C-00/telemetry"
        ),
        "unknown point": Bad(one(good, point="P9"), "device 'yard/C-00' has no point 'P9'"),
        "unknown quantity": Bad(
            one('{"moment_pc": 41}'), "no sensor for 'moment_pc'; did you mean 'moment_pct'"
        ),
        "no codec": Bad(one(good), "no codec is set for the topic", "gw/1/yard/C-00/event"),
        "300 KiB": Bad(b" " * 300 * 1024, f"{300 * 1024} bytes; at most {256 * 1024}"),
        "10 MB": Bad(b" " * 10_000_000, "10000000 bytes; at most", n_bytes_kept=MIB),
    }


async def test_bad_messages_are_kept_with_their_reasons_and_taken_in_when_mended(
    tmp_path: Path,
) -> None:
    port, influx = start_mosquitto(tmp_path), start_influxd(tmp_path)
    sites = tmp_path / "sites"
    write_yard(sites)
    async with Inbox() as inbox:
        tell_by_webhook(sites, inbox.url)
        settings = Settings(tmp_path / "state", sites, port, influx)
        running = await Running(settings.write(tmp_path / "groundwatch.toml")).start()
        await connected(running)
        async with client_of(port) as client:
            publisher = Publisher(client, set())
            cases = bad_messages()
            for bad in cases.values():
                await client.publish(bad.topic, bad.payload, qos=1)
                await publisher.moment("C-01", 40.0)
            await _publish_half_good(publisher)
            unknown = Publisher(client, set())
            await unknown.overload("C-99")
            await publisher.overload("C-02")
        await until(told_about(inbox, "C-02"), within_s=10, what="the good readings are judged")
        await all_stored(influx, publisher.taken)
        await _look_into_quarantine(running, cases)
        assert not await stored(influx) - publisher.taken
        assert await running.stop() == 0

        write_yard(sites, (*CRANES, "C-99"))
        await running.start()
        answer = json.loads(await cli("replay", "--url", running.url, "--json"))
        assert answer["replayed"] == len(unknown.taken)
        assert answer["reports"] == len(unknown.taken)
        assert answer["left"] >= len(cases)
        await until(told_about(inbox, "C-99"), within_s=10, what="what was replayed is judged")
        await all_stored(influx, publisher.taken | unknown.taken)
        again = json.loads(await cli("replay", "--url", running.url, "--json"))
        assert again["reports"] == 0
        assert await running.stop() == 0


async def _publish_half_good(publisher: Publisher) -> None:
    """Send an array with one bad element, and an object with one bad quantity."""
    first, second, third = (publisher.next_ms() for _ in range(3))
    body = (
        f'[{{"at": {first}, "readings": {{"moment_pct": 42}}}},'
        f' {{"at": {second}, "readings": {{"moment_pct": "x"}}}},'
        f' {{"at": {third}, "readings": {{"moment_pct": 43, "tilt": 1}}}}]'
    )
    await publisher.client.publish(telemetry("C-00"), body, qos=1)
    publisher.taken |= {("C-00", first), ("C-00", third)}


async def _look_into_quarantine(running: Running, cases: dict[str, Bad]) -> None:
    page = await running.get("/quarantine", limit=1000)
    entries = page["items"]
    half_good = [entry for entry in entries if '"x"' in (entry["text"] or "")]
    assert [entry["reason"] for entry in half_good] == [
        "$[1].readings.moment_pct is the text 'x'; a number is needed"
    ]
    assert not half_good[0]["text"].startswith("["), "only the bad element is kept"
    assert any("no sensor for 'tilt'" in entry["reason"] for entry in entries)
    for name, bad in cases.items():
        payload = bad.payload.encode() if isinstance(bad.payload, str) else bad.payload
        n_kept = len(payload) if bad.n_bytes_kept is None else bad.n_bytes_kept
        found = [e for e in entries if e["topic"] == bad.topic and bad.says in e["reason"]]
        assert any(entry["n_bytes"] == n_kept for entry in found), (name, found or entries)
    n_bad = len(cases) + 2 + 3
    assert page["counts"]["n_rows"] == len(entries) == n_bad
    assert await running.metric("groundwatch_rejects_total") == n_bad
    assert await running.metric("groundwatch_quarantine_entries") == n_bad


async def cli(*words: str, code: int = 0) -> str:
    """Run `groundwatch` to its end and give what it printed."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "groundwatch.cli", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    async with asyncio.timeout(60):
        out, said = await process.communicate()
    assert process.returncode == code, said.decode()
    assert b"Traceback" not in said, said.decode()
    return (out if code == 0 else said).decode()
