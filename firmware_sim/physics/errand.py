"""What a scenario sends a crane to do besides its ordinary work: come near another, carry a load.

A near miss is two errands: the host points its jib at the visitor's mast and lets its hook down,
the visitor brings its jib near the host's rope. Both set out early enough to be there in time.
A crane on a rail may be sent along it, with its jib held to one side.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from firmware_sim.events import Event
from firmware_sim.physics.apart import Stand, clearance_m, stand
from firmware_sim.physics.cycle import IDLE, LIFTING, LOWERING, MOVING, Corner, Drives, leg
from firmware_sim.physics.world import World
from firmware_sim.physics.yard import Neighbours, neighbours, turned
from firmware_sim.site import DeviceSpec

_SIDE_DEG = 30.0
# The visited crane sets out first and leaves last.
_VISITOR_BEFORE_S, _HOST_BEFORE_S, _HOST_AFTER_S = 180.0, 260.0, 120.0
_CARRY_BEFORE_S, _ROLL_BEFORE_S = 240.0, 480.0
_LOW_HOOK_M = 2.0
_CARRY_HOOK_M = 15.0
_TAKING_S = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Where to hold the hook, from when to when, with what load; `beside_deg` off the azimuth.

    A crane on a rail goes to `travel_m` once its jib is held so, and back before it lets go.
    """

    begins_s: float
    ends_s: float
    radius_m: float
    azimuth_deg: float
    beside_deg: float = 0.0
    load_t: float = 0.0
    travel_m: float | None = None

    def slew_from(self, slew_deg: float) -> float:
        """Give where to slew to: beside the azimuth, on the side one comes from, the short way."""
        away = turned(slew_deg - self.azimuth_deg)
        goal = self.azimuth_deg + math.copysign(self.beside_deg, away)
        return slew_deg + turned(goal - slew_deg)

    def steps(self, begin: Corner, moves: Drives) -> Iterator[list[Corner]]:
        """Give the corners that take the place of the last one, step by step."""
        last = begin

        def go(state: float, pause_s: float = 0.0, **changed: float) -> list[Corner]:
            nonlocal last
            step = leg(last, replace(last, state=state, **changed), moves, pause_s)
            last = step[-1]
            return step

        yield go(MOVING, 0.0, radius_m=self.radius_m, height_m=_LOW_HOOK_M)
        if self.load_t:
            yield go(LIFTING, _TAKING_S, load_t=self.load_t)
            yield go(LIFTING, 0.0, height_m=_CARRY_HOOK_M)
        yield go(MOVING, 0.0, slew_deg=self.slew_from(begin.slew_deg))
        if self.travel_m is not None:
            yield go(MOVING, 0.0, travel_m=self.travel_m)
        yield go(MOVING if self.load_t else IDLE, max(self.ends_s - last.t_s, 1.0))
        if self.travel_m is not None:
            yield go(MOVING, 0.0, travel_m=begin.travel_m)
        yield go(MOVING, 0.0, slew_deg=begin.slew_deg)
        if self.load_t:
            yield go(LOWERING, 0.0, height_m=_LOW_HOOK_M)
            yield go(LOWERING, _TAKING_S, load_t=0.0)


def errands(spec: DeviceSpec, world: World, beside: Neighbours) -> list[Errand]:
    """Give the errands of one crane in order of time."""
    found = [_carry(event) for event in world.acting("carry", spec.site, spec.id)]
    found += [_roll(event) for event in world.acting("travel", spec.site, spec.id)]
    mine = stand(spec, spec.design.get("jib_length_m", 50.0))
    if mine is not None and beside and any(e.deed == "near_miss" for e in world.events):
        found += _meetings(spec, mine, world, beside)
    return sorted(found, key=lambda errand: errand.begins_s)


def _carry(event: Event) -> Errand:
    params = event.params
    return Errand(
        begins_s=event.at_s - _CARRY_BEFORE_S,
        ends_s=event.at_s + params["lasting"],
        radius_m=params["radius_m"],
        azimuth_deg=params["azimuth_deg"],
        load_t=params["load_t"],
    )


def _roll(event: Event) -> Errand:
    params = event.params
    return Errand(
        begins_s=event.at_s - _ROLL_BEFORE_S,
        ends_s=event.at_s + params["lasting"],
        radius_m=params["radius_m"],
        azimuth_deg=params["azimuth_deg"],
        travel_m=params["to_m"],
    )


def _meetings(spec: DeviceSpec, mine: Stand, world: World, beside: Neighbours) -> list[Errand]:
    """Give the near misses this crane takes part in: its own, and those of cranes beside it."""
    nearest = beside[0][1]
    found = [
        _visit(mine, nearest, event) for event in world.acting("near_miss", spec.site, spec.id)
    ]
    for other, place in beside:
        theirs = neighbours(other, place, world)
        if theirs and theirs[0][0].name == spec.name:
            found += [
                _host(place, mine, event)
                for event in world.acting("near_miss", other.site, other.id)
            ]
    return found


def _places(visitor: Stand, host: Stand) -> tuple[float, float, Corner]:
    """Give the visitor's radius, the azimuth towards the host, and where the host's hook hangs."""
    apart_m, azimuth = visitor.away(host)
    out_m = min(0.7 * visitor.jib_m, apart_m - 4.0)
    host_out_m = min(max(apart_m - out_m, 3.5), host.jib_m - 1.0)
    hook = Corner(0.0, 0.0, host_out_m, azimuth + 180.0, _LOW_HOOK_M, IDLE, host.home_m)
    return out_m, azimuth, hook


def _host(visitor: Stand, host: Stand, event: Event) -> Errand:
    _, _, hook = _places(visitor, host)
    return Errand(
        begins_s=event.at_s - _HOST_BEFORE_S,
        ends_s=event.at_s + event.params["lasting"] + _HOST_AFTER_S,
        radius_m=hook.radius_m,
        azimuth_deg=hook.slew_deg % 360.0,
        travel_m=host.work_m,
    )


def _visit(visitor: Stand, host: Stand, event: Event) -> Errand:
    """Find how far beside the line to the host the visitor is as near as it is to be."""
    out_m, azimuth, hosted = _places(visitor, host)
    near, far = 0.0, _SIDE_DEG
    for _ in range(40):
        side = (near + far) / 2.0
        hook = Corner(0.0, 0.0, out_m, azimuth + side, _LOW_HOOK_M, IDLE, visitor.home_m)
        if clearance_m(visitor, hook, host, hosted) < event.params["clearance_m"]:
            near = side
        else:
            far = side
    return Errand(
        begins_s=event.at_s - _VISITOR_BEFORE_S,
        ends_s=event.at_s + event.params["lasting"],
        radius_m=out_m,
        azimuth_deg=azimuth,
        beside_deg=far,
        travel_m=visitor.work_m,
    )
