"""Where a crane's hook is: ordinary cycles, errands of a scenario, and the wind when work stops.

A crane keeps its jib out of the circle of any crane whose circle it could meet, as its operator is
taught to; a `near_miss` is the errand that breaks this. Two copies of a rig go the same way, so
that neighbours may each keep their own.
"""

import math
from dataclasses import dataclass, replace

from firmware_sim.events import Event
from firmware_sim.physics.apart import Stand, clearance_m, stand
from firmware_sim.physics.chart import rated_t, scaled
from firmware_sim.physics.cycle import (
    IDLE,
    MOVING,
    Corner,
    Reach,
    between,
    cycle,
    drives,
    heaviest_radius,
    leg,
)
from firmware_sim.physics.world import World
from firmware_sim.site import DeviceSpec

_MOST_TURN_DEG = 520.0
_FREE_TURN_S = 15.0
_FREE_TURN_DEG = 5.0
_TRIES = 12
_SIDE_DEG = 30.0
# Both set out so long before they are to be near: the visited one first, and it leaves last.
_VISITOR_BEFORE_S, _HOST_BEFORE_S, _HOST_AFTER_S = 180.0, 260.0, 120.0
_LOW_HOOK_M = 2.0
# Cranes whose circles come this near are neighbours; those written down at one spot are not.
_APART_M = 12.0
_SAME_SPOT_M = 5.0
_MAX_NEIGHBOURS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One near miss: when, and where this crane holds its hook meanwhile."""

    event: Event
    is_visitor: bool
    radius_m: float
    azimuth_deg: float
    beside_deg: float = 0.0

    def slew_from(self, slew_deg: float) -> float:
        """Give where to slew to: beside the other, on the side one comes from, the short way."""
        away = _turned(slew_deg - self.azimuth_deg)
        goal = self.azimuth_deg + math.copysign(self.beside_deg, away)
        return slew_deg + _turned(goal - slew_deg)

    @property
    def begins_s(self) -> float:
        """Give when the crane must be free for it."""
        return self.event.at_s - (_VISITOR_BEFORE_S if self.is_visitor else _HOST_BEFORE_S)

    @property
    def ends_s(self) -> float:
        """Give when the crane may leave."""
        late_s = 0.0 if self.is_visitor else _HOST_AFTER_S
        return self.event.at_s + self.event.params["lasting"] + late_s


class Rig:
    """The hook of one crane over time; asked with growing time."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        self._site, self._device, self._world = spec.site, spec.id, world
        nature = world.nature
        self._random = world.random(spec.name, "crane")
        self.chart = spec.load_chart or scaled(spec.design.get("max_load_t", 6.0))
        self.jib_m = spec.design.get("jib_length_m", self.chart[-1][0])
        height_m = max(spec.design.get("mast_height_m", 60.0) - 6.0, 15.0)
        self._reach = Reach(
            radius_min_m=3.5,
            radius_max_m=min(self.jib_m - 1.0, self.chart[-1][0]),
            height_m=height_m,
        )
        self._moves = drives(nature)
        self._stop_ms = nature("crane", "stop_wind_ms")
        self._shares = (nature("crane", "lift_share_low"), nature("crane", "lift_share_high"))
        self.stand = stand(spec, self.jib_m)
        self.neighbours = _neighbours(spec, self.stand, world)
        self._barred = _barred(self.stand, self.neighbours, nature("crane", "keep_clear_m"))
        self._meetings = sorted(_meetings(spec, world, self.neighbours), key=lambda m: m.begins_s)
        self._corners = [Corner(0.0, 0.0, self.jib_m / 3, self._first_slew(), height_m * 0.8, IDLE)]

    def at(self, t_s: float, mean_wind_ms: float) -> Corner:
        """Give where the hook is."""
        while self._corners[-1].t_s <= t_s:
            self._extend(mean_wind_ms)
        corners = self._corners
        while len(corners) > 2 and corners[1].t_s <= t_s:
            corners.pop(0)
        return between(corners[0], corners[1], t_s, self._moves)

    def _extend(self, mean_wind_ms: float) -> None:
        last = self._corners[-1]
        if self._meetings and last.t_s >= self._meetings[0].begins_s:
            self._meet(self._meetings.pop(0))
            return
        if mean_wind_ms >= self._stop_ms:
            self._corners.append(self._vaned(last))
            return
        route = self._lift(last)
        if self._meetings and route[-1].t_s > self._meetings[0].begins_s:
            wait_s = max(self._meetings[0].begins_s, last.t_s + 1.0)
            self._corners.append(replace(last, t_s=wait_s, state=IDLE))
            return
        self._corners += route

    def _lift(self, last: Corner) -> list[Corner]:
        quiet_hours = not 6.0 <= self._world.hour(last.t_s) < 22.0
        pause_s = self._random.expovariate(1.0 / (1200.0 if quiet_hours else 150.0))
        begin = replace(last, t_s=last.t_s + 20.0 + min(pause_s, 3600.0), state=IDLE)
        route = cycle(self._random, begin, self._reach, self._moves, self._turn(last.slew_deg))
        load_t = self._random.uniform(*self._shares) * rated_t(self.chart, heaviest_radius(route))
        return [replace(corner, load_t=corner.load_t * load_t) for corner in route]

    def _turn(self, slew_deg: float) -> float:
        """Choose a turn that crosses no barred sector; stay where there is none."""
        for _ in range(_TRIES):
            turn = self._random.uniform(40.0, 170.0) * self._random.choice((-1.0, 1.0))
            if abs(slew_deg + turn) > _MOST_TURN_DEG:
                turn = -turn
            if not self._crosses(slew_deg, turn):
                return turn
        return 0.0

    def _vaned(self, last: Corner) -> Corner:
        """Turn freely with the wind, the shorter way unless it leads over a neighbour."""
        downwind = (self._world.wind_from_deg(self._site, last.t_s) + 180.0) % 360.0
        drift = _turned(downwind - last.slew_deg)
        other = drift - math.copysign(360.0, drift)
        if self._crosses(last.slew_deg, drift) and not self._crosses(last.slew_deg, other):
            drift = other
        step = math.copysign(min(abs(drift), _FREE_TURN_DEG), drift)
        if abs(last.slew_deg + step) > _MOST_TURN_DEG:
            step = 0.0
        return replace(last, t_s=last.t_s + _FREE_TURN_S, slew_deg=last.slew_deg + step, state=IDLE)

    def _crosses(self, slew_deg: float, turn_deg: float) -> bool:
        steps = max(int(abs(turn_deg) / 4.0), 1)
        way = (slew_deg + turn_deg * step / steps for step in range(1, steps + 1))
        return any(
            abs(_turned(there - middle)) < half for there in way for middle, half in self._barred
        )

    def _first_slew(self) -> float:
        slew = 0.0
        for _ in range(60):
            slew = self._random.uniform(0.0, 360.0)
            if all(abs(_turned(slew - middle)) >= half for middle, half in self._barred):
                return slew
        return slew

    def _meet(self, meeting: Meeting) -> None:
        """Go to the meeting, stay, and come back to where work goes on."""
        last = self._corners[-1]
        radius_m, slew_deg = meeting.radius_m, meeting.slew_from(last.slew_deg)
        there = replace(
            last,
            radius_m=radius_m,
            slew_deg=slew_deg,
            height_m=_LOW_HOOK_M,
            state=MOVING,
        )
        turned_in = replace(last, radius_m=radius_m, height_m=_LOW_HOOK_M, state=MOVING)
        self._corners[-1:] = leg(last, turned_in, self._moves)
        self._corners[-1:] = leg(self._corners[-1], there, self._moves)
        arrived = self._corners[-1]
        leave_s = max(meeting.ends_s, arrived.t_s + 1.0)
        self._corners.append(replace(arrived, t_s=leave_s))
        home = replace(self._corners[-1], slew_deg=last.slew_deg, state=MOVING)
        self._corners[-1:] = leg(self._corners[-1], home, self._moves)


def _meeting(mine: Stand, other: Stand, event: Event, *, is_visitor: bool) -> Meeting:
    """Plan one meeting: the host points at the visitor's mast, the visitor comes near its rope."""
    visitor, host = (mine, other) if is_visitor else (other, mine)
    apart_m, towards_host = visitor.away(host)
    out_m = min(0.7 * visitor.jib_m, apart_m - 4.0)
    host_out_m = min(max(apart_m - out_m, 3.5), host.jib_m - 1.0)
    hosted = Corner(0.0, 0.0, host_out_m, towards_host + 180.0, _LOW_HOOK_M, IDLE)
    if not is_visitor:
        return Meeting(
            event=event, is_visitor=False, radius_m=host_out_m, azimuth_deg=hosted.slew_deg % 360.0
        )
    near, far = 0.0, _SIDE_DEG
    for _ in range(40):
        side = (near + far) / 2.0
        hook = Corner(0.0, 0.0, out_m, towards_host + side, _LOW_HOOK_M, IDLE)
        if clearance_m(visitor, hook, host, hosted) < event.params["clearance_m"]:
            near = side
        else:
            far = side
    return Meeting(
        event=event, is_visitor=True, radius_m=out_m, azimuth_deg=towards_host, beside_deg=far
    )


def _turned(angle_deg: float) -> float:
    """Bring an angle between -180 and 180 degrees."""
    return (angle_deg + 180.0) % 360.0 - 180.0


def _neighbours(
    spec: DeviceSpec, place: Stand | None, world: World
) -> list[tuple[DeviceSpec, Stand]]:
    found: list[tuple[DeviceSpec, Stand]] = []
    if place is None:
        return found
    for other in world.devices:
        if (other.site, other.kind) != (spec.site, "crane") or other.id == spec.id:
            continue
        theirs = stand(other, other.design.get("jib_length_m", 50.0))
        if theirs is None:
            continue
        apart_m = place.away(theirs)[0]
        if _SAME_SPOT_M < apart_m < place.jib_m + theirs.jib_m + _APART_M:
            found.append((other, theirs))
    return sorted(found, key=lambda entry: place.away(entry[1])[0])[:_MAX_NEIGHBOURS]


def _barred(
    mine: Stand | None, neighbours: list[tuple[DeviceSpec, Stand]], keep_clear_m: float
) -> list[tuple[float, float]]:
    """Give the middle and half width of every sector in which the jib would enter a circle."""
    found: list[tuple[float, float]] = []
    if mine is None:
        return found
    for _, place in neighbours:
        apart_m, azimuth = mine.away(place)
        widest_m = place.jib_m + keep_clear_m
        cosine = (apart_m**2 + mine.jib_m**2 - widest_m**2) / (2.0 * apart_m * mine.jib_m)
        found.append((azimuth, math.degrees(math.acos(min(max(cosine, -0.3), 1.0)))))
    return found


def _meetings(
    spec: DeviceSpec, world: World, neighbours: list[tuple[DeviceSpec, Stand]]
) -> list[Meeting]:
    """Give the near misses this crane takes part in: its own, and those of cranes beside it."""
    mine = stand(spec, spec.design.get("jib_length_m", 50.0))
    if mine is None or not neighbours or not any(e.deed == "near_miss" for e in world.events):
        return []
    nearest = min((place for _, place in neighbours), key=lambda place: mine.away(place)[0])
    found = [
        _meeting(mine, nearest, event, is_visitor=True)
        for event in world.acting("near_miss", spec.site, spec.id)
    ]
    for other, place in neighbours:
        if _nearest_of(other, place, world) == spec.name:
            found += [
                _meeting(mine, place, event, is_visitor=False)
                for event in world.acting("near_miss", other.site, other.id)
            ]
    return found


def _nearest_of(spec: DeviceSpec, place: Stand, world: World) -> str:
    around = _neighbours(spec, place, world)
    return min(around, key=lambda entry: place.away(entry[1])[0])[0].name if around else ""
