"""The working cycle of a crane: pick, slew, set down, return, and the pauses between.

A cycle is a list of corners joined by straight lines, made ahead as time goes on.
"""

from dataclasses import dataclass
from random import Random

IDLE, LIFTING, MOVING, LOWERING = 0.0, 1.0, 2.0, 3.0


@dataclass(frozen=True, slots=True)
class Corner:
    """Where the hook is at one instant, and what it does from here on."""

    t_s: float
    load_t: float
    radius_m: float
    slew_deg: float
    height_m: float
    state: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What the crane can do: radii and hook height in metres."""

    radius_min_m: float
    radius_max_m: float
    height_m: float


def cycle(random: Random, begin: Corner, reach: Reach, load_t: float) -> list[Corner]:
    """Give the corners of one lift that starts where `begin` stands and ends with an empty hook."""
    low, high = reach.radius_min_m, reach.radius_max_m
    pick_r = low + (high - low) * random.uniform(0.2, 0.9)
    set_r = low + (high - low) * random.uniform(0.2, 0.9)
    turn = random.uniform(40.0, 170.0) * random.choice((-1.0, 1.0))
    if abs(begin.slew_deg + turn) > 520.0:
        turn = -turn
    travel_m = reach.height_m * random.uniform(0.75, 0.95)
    floor_m = reach.height_m * random.uniform(0.05, 0.6)
    corners = [begin]

    def go(
        seconds: float, load: float, radius: float, slew: float, height: float, to: float
    ) -> None:
        last = corners[-1]
        corners[-1] = Corner(last.t_s, last.load_t, last.radius_m, last.slew_deg, last.height_m, to)
        corners.append(Corner(last.t_s + seconds, load, radius, slew, height, IDLE))

    slew0, slew1 = begin.slew_deg, begin.slew_deg + turn
    go(abs(pick_r - begin.radius_m) / 0.6 + 5.0, 0.0, pick_r, slew0, begin.height_m, MOVING)
    go(max(begin.height_m - 2.0, 1.0) / 1.0, 0.0, pick_r, slew0, 2.0, LOWERING)
    go(random.uniform(30.0, 90.0), 0.0, pick_r, slew0, 2.0, IDLE)
    go(4.0, load_t, pick_r, slew0, 2.5, LIFTING)
    go(travel_m / 0.8, load_t, pick_r, slew0, travel_m, LIFTING)
    go(abs(turn) / 3.0 + abs(set_r - pick_r) / 0.7, load_t, set_r, slew1, travel_m, MOVING)
    go((travel_m - floor_m) / 0.6, load_t, set_r, slew1, floor_m, LOWERING)
    go(6.0, 0.0, set_r, slew1, floor_m, LOWERING)
    go((travel_m - floor_m) / 1.0 + 1.0, 0.0, set_r, slew1, travel_m, LIFTING)
    return corners


def heaviest_radius(corners: list[Corner]) -> float:
    """Give the largest radius the hook reaches with a load on it."""
    return max((corner.radius_m for corner in corners if corner.load_t > 0.0), default=0.0)


def between(first: Corner, second: Corner, t_s: float) -> Corner:
    """Give the place of the hook at `t_s` on the straight line between two corners."""
    width = max(second.t_s - first.t_s, 1e-9)
    share = min(max((t_s - first.t_s) / width, 0.0), 1.0)

    def mix(a: float, b: float) -> float:
        return a + share * (b - a)

    return Corner(
        t_s,
        mix(first.load_t, second.load_t),
        mix(first.radius_m, second.radius_m),
        mix(first.slew_deg, second.slew_deg),
        mix(first.height_m, second.height_m),
        first.state,
    )
