"""Runs a scenario's devices against a broker: a task each, all on one simulated clock."""

import asyncio
import heapq
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from firmware_sim import decode, encode
from firmware_sim.clock import SimClock
from firmware_sim.device import (
    FIRMWARE,
    Birth,
    Connect,
    Device,
    Habits,
    HangUp,
    Order,
    Publish,
    State,
    Wait,
)
from firmware_sim.errors import LinkDown
from firmware_sim.events import Event
from firmware_sim.faults import clock_of
from firmware_sim.life import befall, life_of
from firmware_sim.link import Broker, Will
from firmware_sim.mishap import SMOOTH, Rough, Way
from firmware_sim.nature import Nature
from firmware_sim.physics.build import build
from firmware_sim.physics.world import World
from firmware_sim.site import DeviceSpec
from firmware_sim.uplink import OwnUplink, SharedUplink, Trunk, Uplink

MAX_OWN_LINES = 60
SHARED_LINES = 8
# After the scenario's end: wall seconds in which stored samples may still be delivered.
DRAIN_S = 10.0
_LONGEST_NAP_S = 3600.0
# Messages of one device that may be late at a time; more are lost on the way.
_MAX_LATE = 10_000
_COMMANDED_NAP_S = 1.0
_LOG = logging.getLogger("firmware_sim")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run: which devices of the fleet, what happens, for how many simulated seconds."""

    devices: Sequence[DeviceSpec]
    fleet: Sequence[DeviceSpec] = ()
    nature: Nature = field(default_factory=Nature)
    rough: Rough = SMOOTH
    events: Sequence[Event]
    seed: int
    duration_s: float
    broker: Broker


@dataclass(slots=True)
class Summary:
    """What a run did; messages `published` count every attempt, samples are counted once."""

    devices: int = 0
    published: int = 0
    acknowledged: int = 0
    samples: int = 0
    samples_acknowledged: int = 0
    dropped: int = 0
    undelivered: int = 0
    simulated_s: float = 0.0

    def as_json(self) -> dict[str, float]:
        """Give the counts as JSON values."""
        return asdict(self)


async def run(plan: Plan, clock: SimClock, stop: asyncio.Event, summary: Summary) -> None:
    """Run until the scenario is over and everything is delivered, or until `stop`.

    `summary` is filled as it goes: messages at once, samples at the end.

    Raises:
        Misuse: the broker refuses us (inside an exception group).
    """
    world = World(
        start=clock.start,
        seed=plan.seed,
        events=plan.events,
        devices=plan.fleet or plan.devices,
        nature=plan.nature,
    )
    habits = Habits(end_s=plan.duration_s)
    trunks = _trunks(plan)
    summary.devices = len(plan.devices)
    attendants = []
    for index, spec in enumerate(plan.devices):
        device = Device(
            spec,
            build(spec, world),
            start=clock.start,
            seed=plan.seed,
            habits=habits,
            clock=clock_of(spec, plan.events),
        )
        way = Way(spec, plan.events, plan.seed, plan.rough)
        uplink = _uplink(plan, spec, trunks, index)
        attendants.append(Attendant(device, uplink, clock, life_of(spec, plan.events), way))
    async with asyncio.TaskGroup() as group:
        closing = group.create_task(_close_at(plan.duration_s, clock, stop), name="sim-end")
        tasks = [
            group.create_task(a.run(stop, summary), name=f"device {a.device.spec.name}")
            for a in attendants
        ]
        await asyncio.wait(tasks)
        closing.cancel()
    for trunk in trunks:
        await trunk.close()
    for attendant in attendants:
        _add_up(summary, attendant.device)
    summary.simulated_s = round(max(min(clock.t_s(), plan.duration_s), 0.0), 3)


class Attendant:
    """Carries out one device's orders and tells it what became of them."""

    def __init__(
        self, device: Device, uplink: Uplink, clock: SimClock, events: Sequence[Event], way: Way
    ) -> None:
        self.device = device
        self._way = way
        self._late: list[tuple[float, int, bytes]] = []
        self._uplink = uplink
        self._clock = clock
        self._connected_s = 0.0
        self._born = asyncio.Event()
        self._events = deque(events)

    async def run(self, stop: asyncio.Event, summary: Summary) -> None:
        """Attend to the device until it is done or `stop` is set."""
        async with asyncio.TaskGroup() as group:
            self._listening = group.create_task(self._listen(), name="commands")
            await self._live(stop, summary)
            self._listening.cancel()

    async def _live(self, stop: asyncio.Event, summary: Summary) -> None:
        while not stop.is_set():
            now_s = self._clock.t_s()
            self._let_happen(now_s)
            order = self.device.step(now_s)
            is_done = self.device.is_done and not self._events and not self._late
            if is_done and not isinstance(order, HangUp):
                break
            await self._carry_out(order, stop, summary)
        await self._farewell()

    async def _listen(self) -> None:
        """Answer commands on every connection, one after the other."""
        while True:
            await self._born.wait()
            self._born.clear()
            try:
                await self._uplink.listen(self._topic("command"), self._obey)
            except LinkDown as error:
                _LOG.info("%s: hears no commands: %s", self.device.spec.name, error)

    async def _obey(self, payload: bytes) -> None:
        command = decode.command(payload)
        if isinstance(command, str):
            _LOG.warning("%s: a command that is none: %s", self.device.spec.name, command)
            return
        why_not = self.device.obey(command, self._clock.t_s())
        answer = encode.reply(command.id, is_done=not why_not, reason=why_not)
        await self._uplink.publish(self._topic("command/reply"), answer)

    def _let_happen(self, now_s: float) -> None:
        while self._events and self._events[0].at_s <= now_s:
            befall(self.device, self._events.popleft())

    async def _carry_out(self, order: Order, stop: asyncio.Event, summary: Summary) -> None:
        device = self.device
        try:
            await self._send_late(self._clock.t_s())
            match order:
                case Wait(until_s):
                    await self._nap(until_s, stop)
                case Connect():
                    self._connected_s = self._clock.t_s()
                    await self._uplink.open(self._will())
                    device.connected()
                case Birth():
                    await self._uplink.publish(
                        self._topic("status"), self._status(online=True), retain=True
                    )
                    device.born()
                    self._born.set()
                case Publish(samples):
                    summary.published += 1
                    await self._send(encode.telemetry(samples))
                    summary.acknowledged += 1
                    device.acknowledged()
                case HangUp():
                    await self._uplink.drop()
        except LinkDown as error:
            _LOG.info("%s: %s", device.spec.name, error)
            device.broken(self._clock.t_s())

    async def _send(self, payload: bytes) -> None:
        """Publish a message as its way allows: at once, late, twice, or not at all."""
        now_s = self._clock.t_s()
        for delay_s in self._way.delays_s(now_s):
            if delay_s <= 0.0:
                await self._uplink.publish(self._topic("telemetry"), payload)
            elif len(self._late) < _MAX_LATE:
                heapq.heappush(self._late, (now_s + delay_s, len(self._late), payload))

    async def _send_late(self, now_s: float) -> None:
        while self._late and self._late[0][0] <= now_s and self.device.state is State.LIVE:
            await self._uplink.publish(self._topic("telemetry"), self._late[0][2])
            heapq.heappop(self._late)

    async def _nap(self, until_s: float, stop: asyncio.Event) -> None:
        if self._events:
            until_s = min(until_s, self._events[0].at_s)
        if self._late and self.device.state is State.LIVE:
            until_s = min(until_s, self._late[0][0])
        # A command may want the next sample sooner; only devices on lines of their own hear any.
        longest_s = _LONGEST_NAP_S if isinstance(self._uplink, SharedUplink) else _COMMANDED_NAP_S
        seconds = min(self._clock.wait_s(until_s), longest_s)
        try:
            async with asyncio.timeout(seconds):
                await stop.wait()
        except TimeoutError:
            return

    async def _farewell(self) -> None:
        """Leave in order: say offline, then disconnect."""
        try:
            if self.device.state is State.LIVE:
                async with asyncio.timeout(5.0):
                    await self._uplink.publish(
                        self._topic("status"), self._status(online=False), retain=True
                    )
            await self._uplink.close()
        except (LinkDown, TimeoutError) as error:
            _LOG.info("%s: no farewell: %s", self.device.spec.name, error)

    def _topic(self, leaf: str) -> str:
        return encode.topic(self.device.spec.site, self.device.spec.id, leaf)

    def _status(self, *, online: bool) -> bytes:
        t_s = self._connected_s if online else self._clock.t_s()
        return encode.status(online=online, at=self._clock.at(t_s), firmware=FIRMWARE)

    def _will(self) -> Will:
        """Give the last will; it is written before the birth and must not look older than it."""
        at = self._clock.at(self._connected_s)
        payload = encode.status(online=False, at=at, firmware=FIRMWARE)
        return Will(topic=self._topic("status"), payload=payload)


def _trunks(plan: Plan) -> list[Trunk]:
    if len(plan.devices) <= MAX_OWN_LINES:
        return []
    return [Trunk(plan.broker, f"sim-trunk-{number}") for number in range(SHARED_LINES)]


def _uplink(plan: Plan, spec: DeviceSpec, trunks: list[Trunk], index: int) -> Uplink:
    if trunks:
        return SharedUplink(trunks[index % len(trunks)])
    return OwnUplink(plan.broker, f"sim-{spec.site}-{spec.id}")


async def _close_at(duration_s: float, clock: SimClock, stop: asyncio.Event) -> None:
    """Set `stop` when the scenario and the time to deliver what was stored are over."""
    await asyncio.sleep(clock.wait_s(duration_s) + DRAIN_S)
    stop.set()


def _add_up(summary: Summary, device: Device) -> None:
    summary.samples += device.sampled
    summary.samples_acknowledged += device.acknowledged_n
    summary.dropped += device.dropped
    summary.undelivered += device.n_waiting
