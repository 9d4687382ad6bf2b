"""Card look-ups over made-up resources: what an alert waits for before it is sent.

`python -m bench.near N LOOKUPS` measures in a process of its own and prints the figures as JSON.
"""

import gc
import json
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import NamedTuple

from alerting.model import Severity
from bench import machine
from bench.figures import percentile
from gis_link.loaders import Resources
from gis_link.model import Camera, CameraStatus, Depot, Position, Stock, Team
from gis_link.need import BUILT_IN, CAPABILITIES, ITEMS
from gis_link.shelf import Shelf
from groundwatch.cards import CardDesk
from groundwatch.clock import SystemClock
from sensors.model import Position as SensorPosition

_AREA = (23.15, 23.43, 113.15, 113.42)
_NOW = datetime(2026, 5, 1, tzinfo=UTC)
_N_PASSES = 3
_PER_METRE = ("m", "m²")


class Figures(NamedTuple):
    """What look-ups took in ms, by the clock the first time and of processor time, and the memory.

    Processor time is the least of three passes over all points, long enough apart that nothing of a
    point is still at hand: where cores are shared, a neighbour's turn counts as processor time too.
    """

    p99_ms: float
    cpu_p50_ms: float
    cpu_p99_ms: float
    rss_mb: float


def measure(n_resources: int, n_lookups: int) -> Figures:
    """Look up cards at random points among made-up resources."""
    desk = CardDesk(_resources(n_resources), SystemClock())
    gc.collect()
    gc.freeze()  # as the program does once everything is loaded
    try:
        passes = [_timed(desk, n_lookups) for _ in range(_N_PASSES)]
        rss_mb = machine.rss_mb(os.getpid())  # everything loaded
    finally:
        gc.unfreeze()
    by_clock = sorted(took_ms for took_ms, _ in passes[0])
    least = sorted(
        min(spent_ms for _, spent_ms in of_point) for of_point in zip(*passes, strict=True)
    )
    return Figures(percentile(by_clock, 99), percentile(least, 50), percentile(least, 99), rss_mb)


def measure_apart(n_resources: int, n_lookups: int) -> Figures:
    """Measure in a process that does nothing else."""
    command = [sys.executable, "-m", "bench.near", str(n_resources), str(n_lookups)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return Figures(**found)


def main() -> None:
    """Measure and print."""
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))._asdict()))


def _timed(desk: CardDesk, n_lookups: int) -> list[tuple[float, float]]:
    dice = random.Random(2)
    hazards = sorted(BUILT_IN.hazards)
    found: list[tuple[float, float]] = []
    for number in range(n_lookups):
        point = SensorPosition(dice.uniform(*_AREA[:2]), dice.uniform(*_AREA[2:]))
        severity = Severity(1 + number % 4)
        began, began_cpu = time.perf_counter(), time.thread_time()
        desk.near(point, hazards[number % len(hazards)], severity, _NOW)
        took_s, spent_s = time.perf_counter() - began, time.thread_time() - began_cpu
        found.append((took_s * 1e3, spent_s * 1e3))
    return found


def _resources(count: int) -> Resources:
    """Scatter a quarter teams, a quarter depots and half cameras over a district."""
    dice = random.Random(1)
    return Resources(
        teams=Shelf(Team, (_team(dice, number) for number in range(count // 4))),
        depots=Shelf(Depot, (_depot(dice, number) for number in range(count // 4))),
        cameras=Shelf(Camera, (_camera(dice, number) for number in range(count // 2))),
    )


def _place(dice: random.Random) -> Position:
    return Position(dice.uniform(*_AREA[:2]), dice.uniform(*_AREA[2:]))


def _team(dice: random.Random, number: int) -> Team:
    return Team(
        id=f"T-{number}",
        name=f"Team {number}",
        capabilities=frozenset(dice.sample(sorted(CAPABILITIES), 2)),
        strength=dice.randint(4, 20),
        on_duty=dice.random() < 0.9,
        phone="+86 000 0000 0000",
        position=_place(dice),
    )


def _depot(dice: random.Random, number: int) -> Depot:
    stock = tuple(_stock(dice, item) for item in dice.sample(sorted(ITEMS), 6))
    return Depot(
        id=f"D-{number}",
        name=f"Depot {number}",
        position=_place(dice),
        keeper="",
        phone="",
        stock=stock,
    )


def _stock(dice: random.Random, item: str) -> Stock:
    unit = ITEMS[item].unit
    each = 800 if item == "woven_bag" else 80 if unit in _PER_METRE else 2
    return Stock(item=item, quantity=dice.randint(1, 3) * each, unit=unit)


def _camera(dice: random.Random, number: int) -> Camera:
    return Camera(
        id=f"C-{number}",
        name=f"Camera {number}",
        position=_place(dice),
        heading_deg=dice.uniform(0, 360),
        hfov_deg=dice.choice([60.0, 90.0]),
        range_m=2500.0 if dice.random() < 0.05 else dice.choice([60.0, 120.0, 300.0]),
        status=CameraStatus.ONLINE,
    )


if __name__ == "__main__":
    main()
