"""A scenario written down as lines instead of sent: every message with the time of its arrival.

Runs as fast as the machine can, on simulated time alone: the same devices, encoder and mishaps as a
run against a broker. One line is `{"at": RFC 3339, "topic": …, "payload": …}` in order of arrival.
"""

import heapq
import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import NamedTuple, TextIO

from firmware_sim import encode
from firmware_sim.device import FIRMWARE, Birth, Connect, Device, Habits, HangUp, Publish, Wait
from firmware_sim.events import Event
from firmware_sim.faults import clock_of
from firmware_sim.life import befall, life_of
from firmware_sim.mishap import SMOOTH, Rough, Way
from firmware_sim.nature import Nature
from firmware_sim.physics.build import build
from firmware_sim.physics.world import World
from firmware_sim.site import DeviceSpec
from firmware_sim.span import after

# How long a message is under way when nothing goes wrong.
LATENCY_S = 0.2
# After the scenario's end: simulated seconds in which stored samples may still be delivered.
_DRAIN_S = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What to write down; `fleet` are all devices of the sites, of which `devices` take part."""

    devices: Sequence[DeviceSpec]
    fleet: Sequence[DeviceSpec]
    events: Sequence[Event]
    seed: int
    start: datetime
    duration_s: float
    nature: Nature
    rough: Rough = SMOOTH


class Letter(NamedTuple):
    """One message that arrives `at_s` seconds after the start."""

    at_s: float
    number: int
    topic: str
    payload: bytes


def letters(script: Script) -> Iterator[Letter]:
    """Give every message of a scenario in order of arrival."""
    world = World(
        start=script.start,
        seed=script.seed,
        events=script.events,
        devices=script.fleet,
        nature=script.nature,
    )
    writers = [_Writer(spec, world, script) for spec in script.devices]
    turns = [(0.0, index) for index in range(len(writers))]
    under_way: list[Letter] = []
    numbers = count()
    while turns:
        now_s, index = heapq.heappop(turns)
        while under_way and under_way[0].at_s <= now_s:
            yield heapq.heappop(under_way)
        for at_s, topic, payload in writers[index].write(now_s):
            heapq.heappush(under_way, Letter(at_s, next(numbers), topic, payload))
        next_s = writers[index].next_s
        if next_s <= script.duration_s + _DRAIN_S:
            heapq.heappush(turns, (next_s, index))
    while under_way:
        yield heapq.heappop(under_way)


def write(script: Script, out: TextIO) -> int:
    """Write a scenario's messages as lines; give how many."""
    number = 0
    for number, letter in enumerate(letters(script), 1):  # noqa: B007 - the last one is counted
        line = {
            "at": encode.rfc3339(after(script.start, letter.at_s)),
            "topic": letter.topic,
            "payload": letter.payload.decode(),
        }
        out.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    return number


class _Writer:
    """One device whose link is perfect but for its events; `next_s` is when it wants a turn."""

    def __init__(self, spec: DeviceSpec, world: World, script: Script) -> None:
        self._script = script
        self._spec = spec
        self._device = Device(
            spec,
            build(spec, world),
            start=script.start,
            seed=script.seed,
            habits=Habits(end_s=script.duration_s),
            clock=clock_of(spec, script.events),
        )
        self._life = deque(life_of(spec, script.events))
        self._way = Way(spec, script.events, script.seed, script.rough)
        self.next_s = 0.0

    def write(self, now_s: float) -> Iterator[tuple[float, str, bytes]]:
        """Carry out everything the device orders now: give arrival, topic and payload."""
        device = self._device
        while self._life and self._life[0].at_s <= now_s:
            befall(device, self._life.popleft())
        while not isinstance(order := device.step(now_s), Wait):
            match order:
                case Connect():
                    device.connected()
                case Birth():
                    device.born()
                    yield self._status(now_s, online=True)
                case HangUp():
                    yield self._status(now_s, online=False)
                case Publish(samples):
                    payload = encode.telemetry(samples)
                    for delay_s in self._way.delays_s(now_s):
                        yield now_s + LATENCY_S + delay_s, self._topic("telemetry"), payload
                    device.acknowledged()
        ahead = [self._life[0].at_s] if self._life else []
        self.next_s = min([order.until_s, *ahead])
        if device.is_done and not ahead:
            self.next_s = float("inf")

    def _status(self, now_s: float, *, online: bool) -> tuple[float, str, bytes]:
        at = after(self._script.start, now_s)
        payload = encode.status(online=online, at=at, firmware=FIRMWARE)
        return now_s + LATENCY_S, self._topic("status"), payload

    def _topic(self, leaf: str) -> str:
        return encode.topic(self._spec.site, self._spec.id, leaf)
