"""A tower crane: lift cycles, moment from the load chart, wind with gusts, mast tilt, clearance."""

import math
from dataclasses import replace

from firmware_sim.physics.chart import rated_t, scaled
from firmware_sim.physics.cycle import (
    IDLE,
    LIFTING,
    Corner,
    Reach,
    between,
    cycle,
    heaviest_radius,
)
from firmware_sim.physics.world import Gusts, World, lasting
from firmware_sim.site import DeviceSpec

# Lifting stops at Beaufort 6 (10.8 m/s); the driver looks at the mean.
_STOP_WIND_MS = 10.8
_ORDINARY_SHARE = (0.12, 0.50)


class Crane:
    """The signal of one crane; ordinary lifts use 12 to 50 % of the rated moment."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        self._site, self._device, self._world = spec.site, spec.id, world
        self._random = world.random(spec.name, "crane")
        self._chart = spec.load_chart or scaled(spec.design.get("max_load_t", 6.0))
        self._jib_m = spec.design.get("jib_length_m", self._chart[-1][0])
        height_m = max(spec.design.get("mast_height_m", 60.0) - 6.0, 15.0)
        reach_m = min(self._jib_m - 1.0, self._chart[-1][0])
        self._reach = Reach(radius_min_m=3.5, radius_max_m=reach_m, height_m=height_m)
        self._reeving = 2.0 if self._chart[0][1] <= 3.0 else 4.0
        self._gust = Gusts(world.random(spec.name, "gust"), 8.0)
        self._lean = (self._random.uniform(0.01, 0.04), self._random.uniform(-0.04, -0.01))
        self._neighbour_deg = self._random.uniform(0.0, 360.0)
        self._neighbour_m = self._jib_m + self._random.uniform(25.0, 40.0)
        slew = self._random.uniform(0.0, 360.0)
        self._corners = [Corner(0.0, 0.0, self._jib_m / 3, slew, height_m * 0.8, IDLE)]
        self._overloads = world.acting("overload", spec.site, spec.id)
        self._near_misses = world.acting("near_miss", spec.site, spec.id)
        self._leans = world.acting("lean", spec.site, spec.id)

    def at(self, t_s: float) -> dict[str, float]:
        """Give every quantity of a crane at `t_s`."""
        mean, turbulence = self._world.wind(self._site, self._device, t_s)
        wind = max(mean * (1.0 + turbulence * self._gust(t_s)), 0.0)
        hook = self._hook(t_s, mean)
        rated = rated_t(self._chart, hook.radius_m)
        tilt_x, tilt_y = self._tilt(t_s, hook, hook.load_t / max(rated, 0.1), wind)
        busy = hook.state != IDLE
        return {
            "load_t": hook.load_t + self._random.gauss(0.0, 0.01),
            "rated_load_t": rated,
            "moment_pct": 100.0 * hook.load_t / max(rated, 0.1) + self._random.gauss(0.0, 0.3),
            "radius_m": hook.radius_m,
            "hook_height_m": hook.height_m,
            "slew_deg": hook.slew_deg,
            "wind_ms": wind,
            "tilt_x_deg": tilt_x,
            "tilt_y_deg": tilt_y,
            "reeving": self._reeving,
            "travel_m": 0.0,
            "jib_angle_deg": math.degrees(math.acos(min(hook.radius_m / self._jib_m, 1.0))),
            "clearance_m": self._clearance(t_s, hook),
            "operator_code": 7.0 if busy else 255.0,
            "lift_state": hook.state,
            "limit_bits": 0.0,
            "battery_v": 24.0 + self._random.gauss(0.0, 0.05),
            "battery_pct": 100.0,
            "temperature_degc": self._world.air_degc(self._site, t_s) + 2.0,
        }

    def _hook(self, t_s: float, mean_wind: float) -> Corner:
        while self._corners[-1].t_s <= t_s:
            self._extend(mean_wind)
        corners = self._corners
        while len(corners) > 2 and corners[1].t_s <= t_s:
            corners.pop(0)
        hook = between(corners[0], corners[1], t_s)
        overload = lasting(self._overloads, t_s)
        if overload is None:
            return hook
        share = overload.params["pct"] / 100.0 * min((t_s - overload.at_s) / 10.0, 1.0)
        load_t = share * rated_t(self._chart, hook.radius_m)
        return replace(hook, load_t=load_t, state=LIFTING if hook.state == IDLE else hook.state)

    def _extend(self, mean_wind: float) -> None:
        """Add the next cycle, or drift with the wind when it blows too hard to lift."""
        last = self._corners[-1]
        if mean_wind >= _STOP_WIND_MS:
            downwind = (self._world.wind_from_deg(self._site, last.t_s) + 180.0) % 360.0
            drift = (downwind - last.slew_deg + 180.0) % 360.0 - 180.0
            turn = max(-20.0, min(20.0, drift))
            self._corners.append(replace(last, t_s=last.t_s + 60.0, slew_deg=last.slew_deg + turn))
            return
        quiet_hours = not 6.0 <= self._world.hour(last.t_s) < 22.0
        pause_s = self._random.expovariate(1.0 / (1200.0 if quiet_hours else 150.0))
        begin = replace(last, t_s=last.t_s + 20.0 + min(pause_s, 3600.0), state=IDLE)
        route = cycle(self._random, begin, self._reach, 1.0)
        share = self._random.uniform(*_ORDINARY_SHARE)
        load = share * rated_t(self._chart, heaviest_radius(route))
        self._corners += [replace(c, load_t=c.load_t * load) for c in route]

    def _tilt(self, t_s: float, hook: Corner, share: float, wind: float) -> tuple[float, float]:
        """Add rest lean, bending under load along the jib, and drag downwind."""
        along = math.radians(hook.slew_deg)
        downwind = math.radians(self._world.wind_from_deg(self._site, t_s) + 180.0)
        bend, drag = 0.05 * share, 0.00015 * wind * wind
        lean = lasting(self._leans, t_s)
        extra = 0.0
        if lean is not None:
            extra = lean.params["tilt_deg"] * min((t_s - lean.at_s) / 60.0, 1.0)
        x = self._lean[0] + bend * math.cos(along) + drag * math.cos(downwind) + extra
        y = self._lean[1] + bend * math.sin(along) + drag * math.sin(downwind)
        return x + self._random.gauss(0.0, 0.002), y + self._random.gauss(0.0, 0.002)

    def _clearance(self, t_s: float, hook: Corner) -> float:
        """Give the distance from the jib's tip to the neighbour's mast (cosine rule)."""
        angle = math.radians(hook.slew_deg - self._neighbour_deg)
        jib, apart = self._jib_m, self._neighbour_m
        clear = math.sqrt(jib**2 + apart**2 - 2.0 * jib * apart * math.cos(angle))
        near = lasting(self._near_misses, t_s)
        if near is None:
            return clear
        half = near.params["lasting"] / 2.0
        away = abs(t_s - near.at_s - half) / half
        return min(clear, near.params["clearance_m"] + max(away - 0.3, 0.0) * 30.0)
