"""Alert latency: from the socket write of a reading to the webhook's last byte, under load.

Both instants are taken in this process by the same monotonic clock. Every probe is a crane that
was never heard before and reports a clearance of one metre, which is extreme at the first reading.
"""

import asyncio
import json
import random
import re
import socket
import time
from dataclasses import dataclass, field

from bench import wire
from bench.district import Crane, probe_message
from bench.stage import PROGRAM_ROOT, BenchError, Stage

BACKGROUND_PER_S = 1_000.0
_MEAN_GAP_S = 0.08
_LEAD_S = 1.5
_STRAGGLERS_S = 30.0
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_TAKEN = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


@dataclass(slots=True)
class _Probes:
    """When each probe was published and when its first notice was here."""

    published: dict[tuple[str, str], float] = field(default_factory=dict)
    received: dict[tuple[str, str], float] = field(default_factory=dict)
    all_here: asyncio.Event = field(default_factory=asyncio.Event)
    n_wanted: int = 0

    def take(self, body: bytes, at_s: float) -> None:
        """Note a notice; only the first about a crane counts."""
        sensor = json.loads(body)["alert"]["sensor"]
        self.received.setdefault((sensor["site"], sensor["device"]), at_s)
        if len(self.received) == self.n_wanted:
            self.all_here.set()


def measure(stage: Stage, receiver: socket.socket) -> list[float]:
    """Publish all probes over a background of 1,000 messages a second; give latencies in ms.

    Raises:
        BenchError: a probe never arrived, or the program lost messages of the background.
    """
    n_probes = len(stage.cranes.probes)
    needed = (n_probes * _MEAN_GAP_S + 2 * _LEAD_S) * BACKGROUND_PER_S
    turns = round(needed / len(stage.cranes.load)) + 1
    before = stage.program.ask()["acknowledged"]
    count = stage.prepare(PROGRAM_ROOT, turns, BACKGROUND_PER_S)
    probes = asyncio.run(_run(stage, receiver))
    stage.publisher.answer()
    stage.n_sent += n_probes
    stage.wait_for_program("acknowledged", before + count + n_probes, _STRAGGLERS_S)
    lost = set(probes.published) - set(probes.received)
    if lost:
        raise BenchError(f"{len(lost)} of {n_probes} alerts never arrived, such as {min(lost)}")
    return sorted((probes.received[key] - at_s) * 1e3 for key, at_s in probes.published.items())


class _Receiver(asyncio.Protocol):
    """The least of an HTTP server: takes every request as soon as its last byte is here."""

    def __init__(self, probes: _Probes) -> None:
        self._probes = probes
        self._unread = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection, which serves many requests."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Take every whole request."""
        at_s = time.monotonic()
        assert self._transport is not None
        self._unread += data
        while (found := _request_end(self._unread)) is not None:
            start, end = found
            body, self._unread = self._unread[start:end], self._unread[end:]
            self._transport.write(_TAKEN)
            self._probes.take(body, at_s)


def _request_end(unread: bytes) -> tuple[int, int] | None:
    """Give where the body of the first request begins and ends, None when it is not whole."""
    start = unread.find(b"\r\n\r\n") + 4
    if start < 4:
        return None
    found = _LENGTH.search(unread, 0, start)
    end = start + (int(found[1]) if found else 0)
    return (start, end) if len(unread) >= end else None


async def _run(stage: Stage, receiver: socket.socket) -> _Probes:
    probes = _Probes(n_wanted=len(stage.cranes.probes))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Receiver(probes), sock=receiver)
    async with server:
        stage.publisher.tell()
        await asyncio.sleep(_LEAD_S)
        await _publish(stage, probes)
        try:
            async with asyncio.timeout(_STRAGGLERS_S):
                await probes.all_here.wait()
        except TimeoutError:
            return probes  # the caller says which are missing
    return probes


async def _publish(stage: Stage, probes: _Probes) -> None:
    """Publish one probe after the other at random distances, 80 ms in the middle."""
    sock = wire.connect(stage.broker_port, "bench-probes")
    dice = random.Random(1)
    for number, crane in enumerate(stage.cranes.probes):
        packet = _packet(crane, number)
        probes.published[crane.site, crane.device] = time.monotonic()
        sock.sendall(packet)
        await asyncio.sleep(dice.uniform(0.25, 1.75) * _MEAN_GAP_S)
    sock.close()


def _packet(crane: Crane, number: int) -> bytes:
    payload = probe_message(number, time.time_ns() // 1_000_000)
    before, behind = wire.publish_parts(crane.topic_under(PROGRAM_ROOT), payload)
    return before + (number + 1).to_bytes(2, "big") + behind
