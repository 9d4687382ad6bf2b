"""A tower crane: what its rig, load and mast really do; the instruments' errors come later."""

import math
from dataclasses import replace

from firmware_sim.physics.apart import clearance_m
from firmware_sim.physics.chart import rated_t
from firmware_sim.physics.cycle import IDLE, LIFTING, Corner
from firmware_sim.physics.gust import gust_for
from firmware_sim.physics.pendulum import Rope, Swing, swung
from firmware_sim.physics.rig import Rig
from firmware_sim.physics.world import World, lasting
from firmware_sim.site import DeviceSpec

_RISE_S = 10.0
_STEP_S = 1.0
_SHORTEST_ROPE_M = 3.0
_MOST_TILT_DEG = 20.0


class Crane:
    """The signal of one crane; ordinary lifts use 12 to 50 % of the rated moment."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        self._site, self._device, self._world = spec.site, spec.id, world
        random = world.random(spec.name, "mast")
        self._rig = Rig(spec, world)
        self._reeving = 2.0 if self._rig.chart[0][1] <= 3.0 else 4.0
        self._gust = gust_for(spec, world)
        most = world.nature("crane", "lean_deg")
        self._lean = (random.uniform(0.25, 1.0) * most, random.uniform(-1.0, -0.25) * most)
        self._radial, self._tangential = Swing(), Swing()
        self._swung_s = 0.0
        self._overloads = world.acting("overload", spec.site, spec.id)
        self._leans = world.acting("lean", spec.site, spec.id)
        self._overturns = world.acting("overturn", spec.site, spec.id)
        self._reports_clearance = any(s.quantity == "clearance_m" for s in spec.sensors)
        beside = self._rig.neighbours if self._reports_clearance else []
        self._others = [(Rig(other, world), place, other.id) for other, place in beside]

    def at(self, t_s: float) -> dict[str, float]:
        """Give every quantity of a crane at `t_s`."""
        mean, turbulence = self._world.wind(self._site, self._device, t_s)
        wind = self._gust.at(t_s, mean, turbulence)
        hook = self._loaded(self._rig.at(t_s, mean), t_s)
        swing = self._swing(hook, t_s)
        rated = rated_t(self._rig.chart, hook.radius_m)
        outreach = hook.radius_m + self._rope_m(hook) * math.sin(swing)
        share = hook.load_t * outreach / hook.radius_m / max(rated, 0.1)
        tilt_x, tilt_y = self._tilt(t_s, hook, share, wind)
        return {
            "load_t": hook.load_t * math.cos(swing),
            "rated_load_t": rated,
            "moment_pct": 100.0 * share,
            "radius_m": hook.radius_m,
            "hook_height_m": hook.height_m,
            "slew_deg": hook.slew_deg,
            "wind_ms": wind,
            "tilt_x_deg": tilt_x,
            "tilt_y_deg": tilt_y,
            "reeving": self._reeving,
            "travel_m": hook.travel_m,
            "jib_angle_deg": 0.0,
            "clearance_m": self._clearance(t_s, hook) if self._reports_clearance else 0.0,
            "operator_code": 7.0 if hook.state != IDLE else 255.0,
            "lift_state": hook.state,
            "limit_bits": 0.0,
            "battery_v": 24.0,
            "battery_pct": 100.0,
            "temperature_degc": self._world.air_degc(self._site, t_s) + 2.0,
        }

    def _loaded(self, hook: Corner, t_s: float) -> Corner:
        overload = lasting(self._overloads, t_s)
        if overload is None:
            return hook
        share = overload.params["pct"] / 100.0 * min((t_s - overload.at_s) / _RISE_S, 1.0)
        load_t = share * rated_t(self._rig.chart, hook.radius_m)
        return replace(hook, load_t=load_t, state=LIFTING if hook.state == IDLE else hook.state)

    def _rope_m(self, hook: Corner) -> float:
        stand = self._rig.stand
        jib_m = stand.jib_height_m - stand.base_m if stand is not None else 60.0
        return max(jib_m - hook.height_m, _SHORTEST_ROPE_M)

    def _swing(self, hook: Corner, t_s: float) -> float:
        """Carry the load's swing on to `t_s`; give its angle along the jib."""
        nature = self._world.nature
        rope = Rope(
            length_m=self._rope_m(hook),
            gravity_ms2=nature("crane", "gravity_ms2"),
            damping=nature("crane", "swing_damping"),
        )
        if hook.load_t <= 0.05:
            self._radial, self._tangential, self._swung_s = Swing(), Swing(), t_s
            return 0.0
        pull = math.radians(hook.slew_deg_per_s2) * hook.radius_m
        while self._swung_s < t_s:
            step_s = min(_STEP_S, t_s - self._swung_s)
            self._radial = swung(self._radial, rope, hook.trolley_ms2, step_s)
            self._tangential = swung(self._tangential, rope, pull, step_s)
            self._swung_s += step_s
        return self._radial.angle

    def _tilt(self, t_s: float, hook: Corner, share: float, wind: float) -> tuple[float, float]:
        """Add rest lean, bending by the unbalanced moment along the jib, and drag downwind."""
        nature = self._world.nature
        along = math.radians(hook.slew_deg)
        downwind = math.radians(self._world.wind_from_deg(self._site, t_s) + 180.0)
        bend = nature("crane", "bend_deg") * (share - nature("crane", "balance_share"))
        bend += self._falling(t_s)
        drag = nature("crane", "drag_deg_per_ms2") * wind * wind
        lean = lasting(self._leans, t_s)
        extra = 0.0
        if lean is not None:
            extra = lean.params["tilt_deg"] * min((t_s - lean.at_s) / lean.params["over"], 1.0)
        x = self._lean[0] + bend * math.cos(along) + drag * math.cos(downwind) + extra
        y = self._lean[1] + bend * math.sin(along) + drag * math.sin(downwind)
        return x, y

    def _falling(self, t_s: float) -> float:
        """Give how far the mast has gone over along the jib."""
        rate = self._world.nature("crane", "overturn_deg_per_s")
        gone = [rate * (t_s - event.at_s) for event in self._overturns if t_s > event.at_s]
        return min(max(gone, default=0.0), _MOST_TILT_DEG)

    def _clearance(self, t_s: float, hook: Corner) -> float:
        """Give the distance to the nearest crane beside it."""
        nearest = self._world.nature("crane", "far_m")
        mine = self._rig.stand
        if mine is None:
            return nearest
        for rig, place, name in self._others:
            mean, _ = self._world.wind(self._site, name, t_s)
            nearest = min(nearest, clearance_m(mine, hook, place, rig.at(t_s, mean)))
        return nearest
