"""The publishing end, a process of its own: all messages made before, QoS 1, a window of PUBACKs.

Reads one job per line on standard input and answers with one line when every message of it is
acknowledged by the broker:
`{"root": "gw", "turns": 60, "first_turn": 0, "first_ms": 1764000000000, "rate": null}`.
"""

import argparse
import json
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench import wire
from bench.district import Cranes, cranes_named, message

_WINDOW = 2_000
_PER_SEND = 64
_LARGEST_ID = 65_000
TURN_MS = 1_000


@dataclass(frozen=True, slots=True)
class Job:
    """What to publish: `turns` messages of every crane, one second of event time apart.

    `root` is the first level of the topics, which decides who receives; `rate` is in messages a
    second, None for as fast as the window lets.
    """

    root: str
    turns: int
    first_turn: int
    first_ms: int
    rate: float | None


def prepared(cranes: Cranes, job: Job) -> list[bytes]:
    """Encode every message of every crane, second by second of event time."""
    packets: list[bytes] = []
    count = len(cranes.load)
    for turn in range(job.turns):
        turn_ms = job.first_ms + turn * TURN_MS
        for number, crane in enumerate(cranes.load):
            at_ms = turn_ms + number * TURN_MS // count
            payload = message(number, job.first_turn + turn, at_ms)
            before, behind = wire.publish_parts(crane.topic_under(job.root), payload)
            packet_id = len(packets) % _LARGEST_ID + 1
            packets.append(before + packet_id.to_bytes(2, "big") + behind)
    return packets


class Publisher:
    """One connection with at most `_WINDOW` messages that the broker has not acknowledged."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self._sock = wire.connect(port, "bench-publisher")
        self._sock.settimeout(0.0)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._sock, selectors.EVENT_READ)
        self._cutter = wire.Cutter()

    def publish(self, packets: Sequence[bytes], rate: float | None) -> None:
        """Send all, at `rate` a second or as fast as the window lets."""
        count, n_sent, n_acked = len(packets), 0, 0
        unsent = b""
        began = time.monotonic()
        while n_acked < count:
            room = min(count, n_acked + _WINDOW) - n_sent
            if rate is not None:
                room = min(room, int((time.monotonic() - began) * rate) + 1 - n_sent)
            if not unsent and room > 0:
                n_next = n_sent + min(room, _PER_SEND)
                unsent = b"".join(packets[n_sent:n_next])
                n_sent = n_next
            unsent = self._send(unsent)
            n_acked += self._acknowledged(wait_s=self._pause(unsent, room, rate))

    def _pause(self, unsent: bytes, room: int, rate: float | None) -> float:
        if unsent or (rate is None and room > _PER_SEND):
            return 0.0
        return 0.001 if rate is not None else 0.05

    def _send(self, unsent: bytes) -> bytes:
        if not unsent:
            return unsent
        try:
            return unsent[self._sock.send(unsent) :]
        except BlockingIOError:
            self._await_room()
            return unsent

    def _await_room(self) -> None:
        both = selectors.EVENT_READ | selectors.EVENT_WRITE
        self._selector.modify(self._sock, both)
        self._selector.select(1.0)
        self._selector.modify(self._sock, selectors.EVENT_READ)

    def _acknowledged(self, wait_s: float) -> int:
        if not self._selector.select(wait_s):
            return 0
        packets = self._cutter.cut(wire.receive(self._sock))
        return sum(1 for head, _, _ in packets if head == wire.PUBACK)

    def close(self) -> None:
        """Hang up."""
        self._selector.close()
        self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()


def main() -> None:
    """Work through jobs until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--cranes", type=int, required=True)
    asked = parser.parse_args()
    cranes = cranes_named(asked.cranes, 0)
    publisher = Publisher(asked.port)
    for line in sys.stdin:
        job = Job(**json.loads(line))
        packets = prepared(cranes, job)
        print(json.dumps({"ready": len(packets)}), flush=True)
        sys.stdin.readline()
        began_s = time.monotonic()
        publisher.publish(packets, job.rate)
        print(json.dumps({"sent": len(packets), "began_s": began_s}), flush=True)
    publisher.close()


if __name__ == "__main__":
    main()
