"""A device as a state machine without input or output: told what happened, it says what next.

    boot → connecting → birth → live ⇄ offline (store and forward) … → dead

Time is simulated seconds since the start, always an argument. Whoever drives it
(`firmware_sim.run`) carries out one order at a time and reports back. Nothing is lost silently: at
every moment `sampled == acknowledged + dropped + n_waiting`.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from random import Random
from typing import Protocol

from firmware_sim.encode import Sample
from firmware_sim.site import DeviceSpec
from firmware_sim.span import after

FIRMWARE = "gw-sim 1.0"
MIN_EVERY_S, MAX_EVERY_S = 0.5, 86_400.0
MAX_SIREN_S = 600.0


class Signal(Protocol):
    """What the world does to one device's sensors."""

    def at(self, t_s: float) -> dict[str, dict[str, float]]:
        """Give point → quantity → value at `t_s`; called with growing `t_s`."""
        ...


@dataclass(frozen=True, slots=True)
class Command:
    """What the server wants; nothing is done after `expires`."""

    id: str
    name: str
    args: dict[str, object]
    expires: datetime | None = None


class State(StrEnum):
    """Where a device is in its life."""

    BOOT = "boot"
    CONNECTING = "connecting"
    BIRTH = "birth"
    LIVE = "live"
    OFFLINE = "offline"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Connect:
    """Open a connection with the last will; answer with `connected` or `broken`."""


@dataclass(frozen=True, slots=True)
class Birth:
    """Publish the birth message; answer with `born` or `broken`."""


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish these samples as one message; answer with `acknowledged` or `broken`."""

    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class HangUp:
    """Drop the connection without a farewell, so that the broker sends the last will."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until_s` (simulated seconds; infinite for a dead device)."""

    until_s: float


Order = Connect | Birth | Publish | HangUp | Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """Bounds and pace of a device; durations in simulated seconds."""

    boot_s: float = 1.0
    max_waiting: int = 5000
    max_burst: int = 100
    backoff_s: float = 2.0
    max_backoff_s: float = 120.0
    end_s: float = float("inf")


class Device:
    """One device: samples, publishes what it can, keeps the rest, oldest out.

    `clock` gives what the device's own clock says at a simulated instant.
    """

    def __init__(
        self,
        spec: DeviceSpec,
        signal: Signal,
        *,
        start: datetime,
        seed: int,
        habits: Habits | None = None,
        clock: Callable[[float], float] = float,
    ) -> None:
        self.spec = spec
        self.state = State.BOOT
        self.sampled = 0
        self.acknowledged_n = 0
        self.dropped = 0
        self._every_s = spec.every_s
        self._signal = signal
        self._start = start
        self._clock = clock
        self._random = Random(f"{seed}|{spec.name}|device")
        self._habits = habits or Habits()
        self._waiting: deque[Sample] = deque()
        self._in_flight: tuple[Sample, ...] = ()
        self._hang_up = False
        self._reachable = True
        self.sounds_until_s = 0.0
        self._attempts = 0
        boot_s = self._habits.boot_s * (0.5 + self._random.random())
        self._retry_s = boot_s
        self._next_s = _first_sample(spec, boot_s, self._random)

    @property
    def n_waiting(self) -> int:
        """Count the samples taken and neither acknowledged nor dropped."""
        return len(self._waiting) + len(self._in_flight)

    @property
    def is_done(self) -> bool:
        """Say whether everything this device will ever send is acknowledged or dropped."""
        return self.state is State.DEAD or (
            self._next_s > self._habits.end_s and not self.n_waiting
        )

    def obey(self, command: Command, now_s: float) -> str:
        """Carry out a command; give why it was not, or nothing."""
        if command.expires is not None and after(self._start, now_s) > command.expires:
            return "it came too late"
        if command.name == "siren":
            return self._sound(command, now_s)
        if command.name != "set_interval":
            return "no such command; known: set_interval, siren"
        every_s = command.args.get("interval_s")
        if not isinstance(every_s, int | float) or isinstance(every_s, bool):
            return "interval_s must be a number"
        if not MIN_EVERY_S <= every_s <= MAX_EVERY_S:
            return f"interval_s must lie within {MIN_EVERY_S:g} and {MAX_EVERY_S:g}"
        self._sample_until(now_s)
        self._every_s = float(every_s)
        self._next_s = min(self._next_s, now_s + self._every_s)
        return ""

    def _sound(self, command: Command, now_s: float) -> str:
        """Let the siren sound until its time is over, or be silent."""
        is_on, seconds = command.args.get("on"), command.args.get("seconds")
        if not isinstance(is_on, bool):
            return "on must be true or false"
        if not isinstance(seconds, int | float) or not 0 < seconds <= MAX_SIREN_S:
            return f"seconds must be above 0 and at most {MAX_SIREN_S:g}"
        self.sounds_until_s = now_s + float(seconds) if is_on else now_s
        return ""

    def step(self, now_s: float) -> Order:
        """Take the samples that are due and give the next order."""
        self._sample_until(now_s)
        if self._hang_up:
            self._hang_up = False
            return HangUp()
        if self.state is State.DEAD:
            return Wait(float("inf"))
        if self.state is State.BIRTH:
            return Birth()
        if self.state is State.LIVE:
            return self._publish() if self._waiting or self._in_flight else Wait(self._next_s)
        return self._dial(now_s)

    def connected(self) -> None:
        """The broker took the connection."""
        if self.state is State.CONNECTING:
            self.state = State.BIRTH

    def born(self) -> None:
        """The birth message was acknowledged."""
        if self.state is State.BIRTH:
            self.state = State.LIVE
            self._attempts = 0

    def acknowledged(self) -> None:
        """The broker acknowledged the message in flight."""
        self.acknowledged_n += len(self._in_flight)
        self._in_flight = ()

    def broken(self, now_s: float) -> None:
        """The connection was refused or lost; what was in flight is kept and sent again."""
        if self.state is State.DEAD:
            return
        self._take_back()
        self.state = State.OFFLINE
        self._back_off(now_s)

    def cut(self, now_s: float) -> None:
        """Cut the link: the device goes on sampling and finds nobody to talk to."""
        self._sample_until(now_s)
        self._reachable = False
        if self.state in (State.CONNECTING, State.BIRTH, State.LIVE):
            self._hang_up = True
            self.broken(now_s)

    def restore(self, now_s: float) -> None:
        """Mend the link, or power a dead device up again; its counter goes on."""
        self._reachable = True
        if self.state is State.DEAD:
            self.state = State.BOOT
            self._attempts = 0
            self._retry_s = now_s + self._habits.boot_s
            while self._next_s <= now_s:
                self._next_s += self._every_s

    def die(self, now_s: float) -> None:
        """Stop entirely and for good; what was not acknowledged is lost and counted."""
        self._sample_until(now_s)
        self._hang_up = self.state in (State.CONNECTING, State.BIRTH, State.LIVE)
        self.dropped += self.n_waiting
        self._waiting.clear()
        self._in_flight = ()
        self.state = State.DEAD

    def _dial(self, now_s: float) -> Order:
        if now_s < self._retry_s:
            return Wait(min(self._retry_s, self._next_s))
        if not self._reachable:
            self.state = State.OFFLINE
            self._back_off(now_s)
            return Wait(min(self._retry_s, self._next_s))
        self.state = State.CONNECTING
        return Connect()

    def _publish(self) -> Publish:
        if not self._in_flight:
            burst = tuple(islice(self._waiting, self._habits.max_burst))
            for _ in burst:
                self._waiting.popleft()
            self._in_flight = burst
        return Publish(self._in_flight)

    def _sample_until(self, now_s: float) -> None:
        if self.state is State.DEAD:
            return
        while self._next_s <= min(now_s, self._habits.end_s):
            at = after(self._start, self._clock(self._next_s))
            for point, values in self._signal.at(self._next_s).items():
                self._keep(Sample(at, self.sampled, values, point))
            self._next_s += self._every_s

    def _keep(self, sample: Sample) -> None:
        self.sampled += 1
        self._waiting.append(sample)
        self._bound()

    def _take_back(self) -> None:
        self._waiting.extendleft(reversed(self._in_flight))
        self._in_flight = ()
        self._bound()

    def _bound(self) -> None:
        while self._waiting and self.n_waiting > self._habits.max_waiting:
            self._waiting.popleft()
            self.dropped += 1

    def _back_off(self, now_s: float) -> None:
        ceiling = min(self._habits.backoff_s * 2.0**self._attempts, self._habits.max_backoff_s)
        self._attempts = min(self._attempts + 1, 16)
        self._retry_s = now_s + ceiling * (0.5 + 0.5 * self._random.random())


def _first_sample(spec: DeviceSpec, boot_s: float, random: Random) -> float:
    """Loggers take their samples on the full interval; machines whenever they were switched on."""
    if spec.kind in ("rain", "water_level", "pit"):
        return spec.every_s * (1 + boot_s // spec.every_s)
    return boot_s + random.random() * spec.every_s
