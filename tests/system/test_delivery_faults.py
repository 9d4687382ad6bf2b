"""Delivery to a receiver that behaves badly, through `kill -9` anywhere in the path.

Every notice arrives; a second copy only after a crash (or an answer that came too late), under the
same key; nothing after an acknowledgement. The receiver is real HTTP on loopback.
"""

import asyncio
import hashlib
import json
import os
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiomqtt
import httpx2
import pytest

from tests.servers import start_mosquitto
from tests.system.rig import Running, Settings, until

N_KILLS = int(os.environ.get("GROUNDWATCH_TEST_DELIVERY_KILLS", "4"))
TIMEOUT_S = 1.5
TOKEN = "tok3n-of-the-bad-receiver"
SECRET = "s3cret-of-the-bad-receiver"
FAULTS = ("hang", "429", "500", "503", "reset", "cut_early", "garbage")
KINDS_OF_OK = ("200", "slow", "cut_late", "twice")

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(1500)]


@dataclass(frozen=True)
class Taken:
    """A notice that the receiver answered with 2xx while its sender was still there."""

    key: str
    alert: str
    at_s: float
    body: dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """A notice that reached the receiver, whatever became of it."""

    alert: str
    reason: str
    at_s: float


@dataclass
class BadReceiver:
    """Fails each key up to three times in ways of its own, then takes it, in ways of its own too.

    What is done to a key follows from the key, so that it is the same after a restart. `on_request`
    and `on_answer` are told of each, for kills at that very moment.
    """

    is_away: bool = False
    tries: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seen: list[Seen] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    on_request: Callable[[], None] = lambda: None
    on_answer: Callable[[], None] = lambda: None
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                rows = (row.partition(":") for row in head.decode().split("\r\n")[1:] if row)
                headers = {name.lower(): value.strip() for name, _, value in rows}
                body = await reader.readexactly(int(headers["content-length"]))
                if not await self._answer(headers["idempotency-key"], body, reader, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the sender is gone, as in a kill
        finally:
            writer.close()

    async def _answer(
        self, key: str, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        notice = json.loads(body)
        self.seen.append(Seen(notice["alert"]["id"], notice["reason"], time.monotonic()))
        self.on_request()
        trick = self._trick(key)
        if trick in ("hang", "reset"):
            if trick == "hang":
                await reader.read()
            return False
        if trick in ("500", "503", "429"):
            writer.write(
                f"HTTP/1.1 {trick} No\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n".encode()
            )
            await writer.drain()
            return True
        if trick in ("garbage", "cut_early"):
            writer.write(b"not HTTP\r\n\r\n" if trick == "garbage" else b"HTTP/1.1 20")
            await writer.drain()
            return False
        return await self._take(trick, key, body, (reader, writer))

    def _trick(self, key: str) -> str:
        digest = hashlib.sha256(key.encode()).digest()
        turn = self.tries[key]
        n_faults = turn + 1 if self.is_away else digest[0] % 4
        self.tries[key] += 1
        if turn < n_faults:
            return FAULTS[digest[1 + turn % 8] % len(FAULTS)]
        return KINDS_OF_OK[digest[9] % len(KINDS_OF_OK)]

    async def _take(
        self,
        trick: str,
        key: str,
        body: bytes,
        talk: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> bool:
        reader, writer = talk
        if trick == "slow":
            await asyncio.sleep(TIMEOUT_S * 0.2)
            if reader.at_eof():
                return False  # the sender has given up, and knows that it has to come again
        plain = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        cut = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nonly this"
        answer = {"twice": plain * 2, "cut_late": cut}.get(trick, plain)
        notice = json.loads(body)
        self.taken.append(Taken(key, notice["alert"]["id"], time.monotonic(), notice))
        writer.write(answer)
        await writer.drain()
        self.on_answer()
        return trick != "cut_late"


@asynccontextmanager
async def receiving(receiver: BadReceiver) -> AsyncIterator[BadReceiver]:
    talks: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = asyncio.current_task()
        assert talk is not None
        talks.add(talk)
        try:
            await receiver.serve(reader, writer)
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            talks.discard(talk)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/notices"
    try:
        yield receiver
    finally:
        server.close()
        for talk in list(talks):
            talk.cancel()
        if talks:
            await asyncio.wait(talks)


def write_yard(sites: Path, n_cranes: int) -> None:
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
    (sites / "people.yaml").write_text(
        "people:\n  - id: office\n    name: Example Office (fictitious)\n    role: duty\n"
        "    system: true\n"  # told of each alert by itself, also in a storm
        '    contacts: [{channel: duty, address: ""}]\n'
    )
    words = ", ".join(f"{word}: never" for word in ("minor", "moderate", "severe", "extreme"))
    (sites / "routes.yaml").write_text(
        "routes:\n  - name: everything\n    recipients: {people: [office]}\n"
        f"    repeat_every: {{{words}}}\n"
    )


async def begun(tmp_path: Path, receiver: BadReceiver, *, n_cranes: int) -> tuple[Running, int]:
    port = start_mosquitto(tmp_path)
    write_yard(tmp_path / "sites", n_cranes)
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


async def come_too_close(port: int, number: int) -> None:
    """Let one crane come too close to another, which is one alert."""
    async with aiomqtt.Client("127.0.0.1", port, identifier="crane") as client:
        at_ms = int(time.time() * 1000)
        body = json.dumps({"at": at_ms, "seq": 1, "readings": {"clearance_m": 1.0}})
        await client.publish(f"gw/1/yard/C-{number:03d}/telemetry", body, qos=1)


async def collisions(running: Running) -> dict[str, str]:
    """Give the alerts of cranes that came too close: id by crane."""
    rows = (await running.get("/alerts", limit=500))["items"]
    return {
        row["sensor"].split("/")[1]: row["id"] for row in rows if row["hazard"] == "crane_collision"
    }


async def at_a_moment(receiver: BadReceiver, how: str) -> None:
    """Wait for a moment to kill at: some time or other, on a request, or right after an answer."""
    come = asyncio.Event()
    receiver.on_request = come.set if how == "request" else lambda: None
    receiver.on_answer = come.set if how == "answer" else lambda: None
    try:
        async with asyncio.timeout(random.uniform(0.0, 1.5) if how == "whenever" else 8.0):
            await come.wait()
    except TimeoutError:
        pass  # nothing to deliver just then: any moment will do
    finally:
        receiver.on_request = receiver.on_answer = lambda: None


async def test_every_notice_arrives_and_twice_only_after_a_crash(tmp_path: Path) -> None:
    n_cranes = 2 * N_KILLS + 4
    kills: list[float] = []
    async with receiving(BadReceiver()) as receiver:
        running, port = await begun(tmp_path, receiver, n_cranes=n_cranes)
        for number in range(N_KILLS):
            await come_too_close(port, 2 * number)
            await come_too_close(port, 2 * number + 1)
            await at_a_moment(receiver, ("whenever", "request", "answer")[number % 3])
            await running.kill()
            kills.append(time.monotonic())
            running = await Running(running.config).start()
        for number in range(2 * N_KILLS, n_cranes):
            await come_too_close(port, number)

        async def all_told() -> bool:
            raised = await collisions(running)
            told = {taken.alert for taken in receiver.taken}
            return len(raised) == n_cranes and set(raised.values()) <= told

        await until(all_told, within_s=120, what="every alert raised and told")
        await until(lambda: nothing_waits(running), within_s=60, what="nothing waits any more")
        failed = await running.metric("groundwatch_notices_failed_total")
        assert await running.stop() == 0
    assert failed == 0
    by_key: dict[str, list[Taken]] = defaultdict(list)
    for taken in receiver.taken:
        by_key[taken.key].append(taken)
    for copies in by_key.values():
        for one, next_one in pairwise(copies):
            between = [at_s for at_s in kills if one.at_s <= at_s <= next_one.at_s]
            assert between, f"told twice without a crash between: {one.key}"
            assert one.body["alert"]["id"] == next_one.body["alert"]["id"]
    firsts = [c[0].alert for c in by_key.values() if c[0].body["reason"] == "first"]
    assert len(firsts) == len(set(firsts)), "one alert was first told under two keys"


async def nothing_waits(running: Running) -> bool:
    async with httpx2.AsyncClient() as client:
        text = (await client.get(f"{running.url}/metrics")).text
    rows = [row for row in text.splitlines() if row.startswith("groundwatch_notices_waiting")]
    return bool(rows) and all(float(row.rsplit(" ", 1)[1]) == 0 for row in rows)


async def test_nothing_comes_after_an_acknowledgement_even_through_a_crash(tmp_path: Path) -> None:
    """The receiver fails whatever comes, so that every notice waits to be tried again."""
    n_cranes = 6
    async with receiving(BadReceiver(is_away=True)) as receiver:
        running, port = await begun(tmp_path, receiver, n_cranes=n_cranes)
        for number in range(n_cranes):
            await come_too_close(port, number)

        async def all_tried() -> bool:
            raised = (await collisions(running)).values()
            return len(raised) == n_cranes and set(raised) <= {one.alert for one in receiver.seen}

        await until(all_tried, within_s=60, what="every alert raised and tried")
        alerts = (await collisions(running)).values()
        await until(lambda: have_failed(running, alerts), within_s=60, what="failures told")
        async with httpx2.AsyncClient(timeout=30) as client:
            said = {"actor": "Duty Officer (fictitious)"}
            for alert_id in alerts:
                path = f"{running.url}/api/v1/alerts/{alert_id}/ack"
                (await client.post(path, json=said)).raise_for_status()
        acknowledged_s = time.monotonic()
        shown = await everything_shown(running, alert_id)
        await running.kill()
        shown += running.said
        running = await Running(running.config).start()
        await asyncio.sleep(6)  # longer than the waits of several attempts
        assert await running.stop() == 0
    shown += running.said
    kept = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    for secret in (TOKEN, SECRET):
        assert not [text for text in shown if secret in text]
        assert not [path for path in kept if secret.encode() in path.read_bytes()]
    # What is told of the program itself (its notices fail) was acknowledged by nobody.
    late = [one for one in receiver.seen if one.at_s > acknowledged_s + TIMEOUT_S]
    assert [one for one in late if one.alert in alerts] == []


async def have_failed(running: Running, alert_ids: Iterable[str]) -> bool:
    """Say whether the program tells of each alert why its notice failed."""
    async with httpx2.AsyncClient(timeout=30) as client:
        urls = [f"{running.url}/api/v1/alerts/{alert_id}/explain" for alert_id in alert_ids]
        told = [(await client.get(url)).text for url in urls]
    return all("answered" in text or "connection" in text for text in told)


async def everything_shown(running: Running, alert_id: str) -> list[str]:
    """Give what the program shows of an alert whose notice failed, and of itself."""
    api = f"{running.url}/api/v1"
    paths = [f"{api}/alerts/{alert_id}{part}" for part in ("", "/explain", "/card")]
    paths += [f"{api}/alerts", f"{running.url}/metrics", f"{running.url}/readyz"]
    async with httpx2.AsyncClient(timeout=30) as client:
        answers = [await client.get(path) for path in paths]
    return [answer.text for answer in answers]
