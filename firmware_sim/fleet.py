"""Load on demand: many cranes, one total rate, few connections. For measuring, not for believing.

Values are seeded and ordinary (no limit is near); for signals with physics behind them use `run`.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from firmware_sim import encode
from firmware_sim.encode import Sample
from firmware_sim.errors import Misuse
from firmware_sim.link import Broker
from firmware_sim.pump import Parcel, Pumped, pump
from firmware_sim.uplink import Trunk

QUANTITIES = (
    "load_t",
    "moment_pct",
    "radius_m",
    "hook_height_m",
    "slew_deg",
    "wind_ms",
    "tilt_x_deg",
    "tilt_y_deg",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """How much: `rate` messages a second in total, over so many devices and connections."""

    devices: int = 100
    rate: float = 100.0
    seconds: float = 10.0
    lines: int = 4
    in_flight: int = 25
    site: str = "fleet"
    seed: int = 1

    def __post_init__(self) -> None:
        bounds = {
            "devices": (self.devices, 1, 1_000_000),
            "rate": (self.rate, 0.001, 1_000_000),
            "seconds": (self.seconds, 0.001, 30 * 86400),
            "connections": (self.lines, 1, 200),
            "in-flight": (self.in_flight, 1, 1000),
        }
        faults = [
            f"--{name} {value:g}: from {low:g} to {high:g}"
            for name, (value, low, high) in bounds.items()
            if not low <= value <= high
        ]
        if faults:
            raise Misuse(faults)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was put on the broker."""

    devices: int
    published: int
    acknowledged: int
    seconds: float
    rate: float

    def as_json(self) -> dict[str, float]:
        """Give the counts as JSON values."""
        return asdict(self)


def device_id(index: int) -> str:
    """Give the id of one device of a fleet, from FL-00000 on."""
    return f"FL-{index:05d}"


async def put_load(load: Load, broker: Broker, start: datetime, stop: asyncio.Event) -> Loaded:
    """Publish `rate * seconds` messages, stamped from `start` on, and wait for every answer.

    Raises:
        Misuse: the broker refuses us (inside an exception group).
        LinkDown: the broker stays away (inside an exception group).
    """
    pumped = Pumped()
    lines = min(load.lines, load.devices)
    async with asyncio.TaskGroup() as group:
        for number in range(lines):
            trunk = Trunk(broker, f"sim-fleet-{load.site}-{number}", in_flight=load.in_flight)
            parcels = share(load, start, number, lines)
            group.create_task(pump(trunk, parcels, pumped, stop), name=f"fleet line {number}")
    rate = round(pumped.acknowledged / pumped.seconds, 1)
    return Loaded(
        load.devices, pumped.published, pumped.acknowledged, round(pumped.seconds, 3), rate
    )


def share(load: Load, start: datetime, number: int, lines: int) -> Iterator[Parcel]:
    """Give the parcels of one line: those of the devices whose index leaves `number` over."""
    random = Random(f"{load.seed}|{load.site}|{number}")
    total = round(load.rate * load.seconds)
    # Two samples of one device must differ by a millisecond at least.
    step_ms = max(round(1000.0 * load.devices / load.rate), 1)
    for index in range(total):
        device = index % load.devices
        if device % lines != number:
            continue
        turn, due_s = index // load.devices, index / load.rate
        at = start + timedelta(milliseconds=turn * step_ms + (device * step_ms) // load.devices)
        sample = Sample(at, turn, _values(random))
        topic = encode.topic(load.site, device_id(device), "telemetry")
        yield Parcel(due_s, topic, encode.telemetry((sample,), epoch_ms=True))


def write_site(load: Load, directory: Path) -> Path:
    """Write the site file of a fleet, so that a server knows its devices; give its path."""
    lines = [
        "# A fleet of pretend cranes for load tests, written by groundwatch-sim.",
        "site:",
        f"  id: {load.site}",
        "  name: Load-test fleet",
        "  kind: other",
        "  position: {lat: 23.2, lon: 113.3}",
        "  district: load test",
        "  street: load test",
        "  village: load test",
        "devices:",
    ]
    sensors = ", ".join(f"{{quantity: {quantity}}}" for quantity in QUANTITIES)
    every = f"{max(load.devices / load.rate, 1.0):.0f}s"
    for index in range(load.devices):
        lat, lon = 23.1 + (index % 300) * 0.001, 113.2 + (index // 300 % 300) * 0.001
        lines += [
            f"  - id: {device_id(index)}",
            "    kind: crane",
            f"    every: {every}",
            f"    position: {{lat: {lat:.4f}, lon: {lon:.4f}}}",
            f"    sensors: [{sensors}]",
        ]
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{load.site}.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _values(random: Random) -> dict[str, float]:
    draw = random.random
    radius_m = round(5.0 + 45.0 * draw(), 2)
    return {
        "load_t": round(2.0 * draw(), 3),
        "moment_pct": round(10.0 + 40.0 * draw(), 1),
        "radius_m": radius_m,
        "hook_height_m": round(5.0 + 80.0 * draw(), 2),
        "slew_deg": round(360.0 * draw(), 1),
        "wind_ms": round(1.0 + 4.0 * draw(), 2),
        "tilt_x_deg": round(0.05 * draw(), 3),
        "tilt_y_deg": round(0.05 * draw(), 3),
    }
