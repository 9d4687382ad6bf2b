"""Where a crane's hook is: ordinary cycles, errands of a scenario, and the wind when work stops.

A crane keeps its jib out of the circle of any crane whose circle it could meet, as its operator is
taught to; a `near_miss` is the errand that breaks this. Two copies of a rig go the same way, so
that neighbours may each keep their own.
"""

import math
from dataclasses import replace

from firmware_sim.physics.apart import stand, stretch
from firmware_sim.physics.chart import rated_t, scaled
from firmware_sim.physics.cycle import (
    IDLE,
    Corner,
    Reach,
    between,
    cycle,
    drives,
    heaviest_radius,
)
from firmware_sim.physics.errand import Errand, errands
from firmware_sim.physics.world import World, lasting
from firmware_sim.physics.yard import barred, neighbours, turned
from firmware_sim.site import DeviceSpec

_MOST_TURN_DEG = 520.0
_FREE_TURN_S = 15.0
_FREE_TURN_DEG = 5.0
_TRIES = 12


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
            stretch_m=stretch(spec),
        )
        self._moves = drives(nature)
        self._stop_ms = nature("crane", "stop_wind_ms")
        self._shares = (nature("crane", "lift_share_low"), nature("crane", "lift_share_high"))
        self.stand = stand(spec, self.jib_m)
        self.neighbours = neighbours(spec, self.stand, world)
        self._barred = barred(spec, self.stand, self.neighbours, nature("crane", "keep_clear_m"))
        self._yaw = world.random(spec.name, "vane")
        self._yaw_deg = nature("crane", "vane_deg")
        self._brakes = world.acting("brake", spec.site, spec.id)
        self._errands = errands(spec, world, self.neighbours)
        home_m = sum(self._reach.stretch_m) / 2.0
        slew_deg, up_m = self._first_slew(), height_m * 0.8
        self._corners = [Corner(0.0, 0.0, self.jib_m / 3, slew_deg, up_m, IDLE, home_m)]

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
        if self._errands and last.t_s >= self._errands[0].begins_s:
            self._run(self._errands.pop(0))
            return
        if mean_wind_ms >= self._stop_ms:
            self._corners.append(self._vaned(last))
            return
        route = self._lift(last)
        if self._errands and route[-1].t_s > self._errands[0].begins_s:
            wait_s = max(self._errands[0].begins_s, last.t_s + 1.0)
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
        """Turn freely with the wind, the shorter way unless it leads over a neighbour.

        A free jib follows the eddies and is never at rest; one whose brake is on stays.
        """
        if lasting(self._brakes, last.t_s) is not None:
            return replace(last, t_s=last.t_s + _FREE_TURN_S, state=IDLE)
        downwind = (self._world.wind_from_deg(self._site, last.t_s) + 180.0) % 360.0
        drift = turned(downwind + self._yaw.gauss(0.0, self._yaw_deg) - last.slew_deg)
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
            abs(turned(there - middle)) < half for there in way for middle, half in self._barred
        )

    def _first_slew(self) -> float:
        slew = 0.0
        for _ in range(60):
            slew = self._random.uniform(0.0, 360.0)
            if all(abs(turned(slew - middle)) >= half for middle, half in self._barred):
                return slew
        return slew

    def _run(self, errand: Errand) -> None:
        """Go on an errand, stay, and come back to where work goes on."""
        for step in errand.steps(self._corners[-1], self._moves):
            self._corners[-1:] = step
