"""The working cycle of a crane: pick, slew, set down, return, and the pauses between.

A cycle is a list of corners; between two of them each drive of the crane makes its own journey from
rest to rest, with its own greatest speed and acceleration.
"""

from dataclasses import dataclass, replace
from random import Random

from firmware_sim.nature import Nature
from firmware_sim.physics.motion import Drive

IDLE, LIFTING, MOVING, LOWERING = 0.0, 1.0, 2.0, 3.0


@dataclass(frozen=True, slots=True)
class Corner:
    """Where the hook is at one instant, and what it does from here on.

    `trolley_ms2` and `slew_deg_per_s2` are how the point it hangs from is being accelerated.
    """

    t_s: float
    load_t: float
    radius_m: float
    slew_deg: float
    height_m: float
    state: float
    travel_m: float = 0.0
    trolley_ms2: float = 0.0
    slew_deg_per_s2: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What the crane can do: radii and hook height in metres, and where on its rail it works."""

    radius_min_m: float
    radius_max_m: float
    height_m: float
    stretch_m: tuple[float, float] = (0.0, 0.0)

    @property
    def is_rolling(self) -> bool:
        """Say whether the crane travels in its work."""
        return self.stretch_m[0] < self.stretch_m[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drives:
    """The drives of a tower crane; only one on a rail uses the last."""

    slew: Drive
    trolley: Drive
    hoist: Drive
    travel: Drive

    def takes_s(self, first: Corner, second: Corner) -> float:
        """Give how long the slowest drive needs from one corner to another."""
        return max(
            self.slew.takes_s(second.slew_deg - first.slew_deg),
            self.trolley.takes_s(second.radius_m - first.radius_m),
            self.hoist.takes_s(second.height_m - first.height_m),
            self.travel.takes_s(second.travel_m - first.travel_m),
        )


def drives(nature: Nature) -> Drives:
    """Give the drives of an ordinary crane."""
    return Drives(
        slew=Drive(nature("crane", "slew_deg_per_s"), nature("crane", "slew_deg_per_s2")),
        trolley=Drive(nature("crane", "trolley_ms"), nature("crane", "trolley_ms2")),
        hoist=Drive(nature("crane", "hoist_ms"), nature("crane", "hoist_ms2")),
        travel=Drive(nature("crane", "travel_ms"), nature("crane", "travel_ms2")),
    )


def leg(last: Corner, to: Corner, moves: Drives, pause_s: float = 0.0) -> list[Corner]:
    """Give the corner left in `to.state` and the one reached after it, `pause_s` later at rest."""
    arrive_s = last.t_s + moves.takes_s(last, to) + pause_s
    return [replace(last, state=to.state), replace(to, t_s=arrive_s, state=IDLE)]


def cycle(
    random: Random, begin: Corner, reach: Reach, moves: Drives, turn_deg: float
) -> list[Corner]:
    """Give the corners of one lift of load 1 that starts at `begin` and ends with an empty hook."""
    low, high = reach.radius_min_m, reach.radius_max_m
    pick_r = low + (high - low) * random.uniform(0.2, 0.9)
    set_r = low + (high - low) * random.uniform(0.2, 0.9)
    clear_m = reach.height_m * random.uniform(0.75, 0.95)
    floor_m = reach.height_m * random.uniform(0.05, 0.6)
    slung_s = random.uniform(30.0, 90.0)
    corners = [begin]

    def go(state: float, pause_s: float = 0.0, **changed: float) -> None:
        to = replace(corners[-1], state=state, **changed)
        corners[-1:] = leg(corners[-1], to, moves, pause_s)

    go(MOVING, 5.0, radius_m=pick_r)
    go(LOWERING, 0.0, height_m=2.0)
    go(IDLE, slung_s)
    go(LIFTING, 4.0, load_t=1.0, height_m=2.5)
    go(LIFTING, 0.0, height_m=clear_m)
    if reach.is_rolling:
        go(MOVING, 3.0, travel_m=random.uniform(*reach.stretch_m))
    go(MOVING, 6.0, radius_m=set_r, slew_deg=begin.slew_deg + turn_deg)
    go(LOWERING, 0.0, height_m=floor_m)
    go(LOWERING, 6.0, load_t=0.0)
    go(LIFTING, 1.0, height_m=clear_m)
    return corners


def heaviest_radius(corners: list[Corner]) -> float:
    """Give the largest radius the hook reaches with a load on it."""
    return max((corner.radius_m for corner in corners if corner.load_t > 0.0), default=0.0)


def between(first: Corner, second: Corner, t_s: float, moves: Drives) -> Corner:
    """Give the hook at `t_s` on its way from one corner to the next; a load comes on evenly."""
    since_s = t_s - first.t_s
    share = min(max(since_s / max(second.t_s - first.t_s, 1e-9), 0.0), 1.0)
    turned, turning = moves.slew.after(second.slew_deg - first.slew_deg, since_s)
    out, going = moves.trolley.after(second.radius_m - first.radius_m, since_s)
    up, _ = moves.hoist.after(second.height_m - first.height_m, since_s)
    along, _ = moves.travel.after(second.travel_m - first.travel_m, since_s)
    return Corner(
        t_s,
        first.load_t + share * (second.load_t - first.load_t),
        first.radius_m + out,
        first.slew_deg + turned,
        first.height_m + up,
        first.state,
        first.travel_m + along,
        going,
        turning,
    )
