"""Water: a river's stage with tide, rain, routed floods and flood waves; ponding in an underpass.

A gauge with `x_catchment_km2` in its site file has a catchment: rain runs off through a cascade of
reservoirs, is routed down `x_reaches` reaches, and stands at the stage its rating curve gives. One
without it answers rain as a single reservoir. `x_tide_m` is the amplitude of the delta's tide.
"""

import math

from firmware_sim.events import Event
from firmware_sim.physics.catchment import Cascade, Reach
from firmware_sim.physics.world import World, lasting
from firmware_sim.site import DeviceSpec

_STEP_S = 30.0
_ROUTE_S = 300.0
_KM2_MM_PER_H = 1000.0 / 3600.0


class WaterLevel:
    """The signal of one gauge; a river rests well under every stage its site file names."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        self._site, self._device, self._world = spec.site, spec.id, world
        self._warning_m = spec.design.get("warning_stage_m", 4.0)
        self._rest_m = _rest_m(spec.design, self._warning_m)
        self._bed_m = min(spec.design.get("bed_level_m", self._rest_m - 2.0), self._rest_m - 0.3)
        self._delta_tide_m = spec.design.get("x_tide_m", 0.0)
        self._waves = world.acting("river_rise", spec.site, spec.id)
        self._ponds = world.acting("pond", spec.site, spec.id)
        self._catchment = Catchment(spec, world) if "x_catchment_km2" in spec.design else None
        self._t_s, self._runoff_m, self._depth_m = 0.0, 0.0, 0.0

    def at(self, t_s: float) -> dict[str, float]:
        """Give every quantity of a gauge at `t_s`."""
        self._flow_until(t_s)
        stage_m = self._stage(t_s)
        head_m = max(stage_m - self._bed_m, 0.05)
        flow_m3s = _rated_m3s(head_m, self._world)
        pumping = lasting(self._ponds, t_s) is None and self._depth_m > 0.02
        barrier_m = self._world.nature("water", "barrier_m")
        return {
            "stage_m": stage_m,
            "ponding_depth_m": self._depth_m,
            "flow_m3s": flow_m3s,
            "velocity_ms": flow_m3s / (30.0 * head_m),
            "pump_running": float(pumping),
            "barrier_closed": float(self._depth_m >= barrier_m),
            "battery_v": 12.5,
            "battery_pct": 91.0,
            "temperature_degc": self._world.air_degc(self._site, t_s) - 3.0,
        }

    def _stage(self, t_s: float) -> float:
        world = self._world
        if self._catchment is not None:
            stage_m = self._bed_m + self._catchment.head_m(self._rest_m - self._bed_m, t_s)
        else:
            stage_m = self._rest_m + self._runoff_m
        if self._delta_tide_m:
            stage_m += self._delta_tide_m * world.delta_tide(t_s)
        else:
            stage_m += world.nature("water", "tide_m") * world.tide(t_s)
        for wave in self._waves:
            crest_m = self._warning_m + wave.params["over_warning_m"] - self._rest_m
            stage_m += crest_m * flood_wave(wave, t_s)
        return stage_m

    def _flow_until(self, t_s: float) -> None:
        nature = self._world.nature
        response, kept_s = nature("water", "response_m_per_mm_h"), nature("water", "reservoir_s")
        while self._t_s < t_s:
            step_s = min(_STEP_S, t_s - self._t_s)
            self._t_s += step_s
            falling = self._world.rain_mm_per_h(self._site, self._device, self._t_s)
            if falling == 0.0 and self._runoff_m < 1e-9 and self._depth_m == 0.0:
                continue
            target_m = falling * response
            self._runoff_m += (target_m - self._runoff_m) * (1.0 - math.exp(-step_s / kept_s))
            self._pond(falling, step_s)

    def _pond(self, falling_mm_per_h: float, step_s: float) -> None:
        nature = self._world.nature
        pond = lasting(self._ponds, self._t_s)
        drain = pond.params["drain_mm_per_h"] if pond else nature("water", "pumps_mm_per_h")
        surplus_m_per_s = (falling_mm_per_h - drain) / 3.6e6
        spread = 1.0 + max(self._depth_m, 0.0) / nature("water", "spread_m")
        gathered_m = nature("water", "gathering") * surplus_m_per_s * step_s
        self._depth_m = max(self._depth_m + gathered_m / spread, 0.0)


class Catchment:
    """What a catchment's rain brings to one gauge: a cascade, reaches, and the rating curve."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        nature = world.nature
        self._world, self._site, self._device = world, spec.site, spec.id
        self._area_km2 = spec.design["x_catchment_km2"]
        hour_s = 3600.0
        self._cascade = Cascade(
            n=int(nature("water", "cascade_n")), keeps_s=hour_s * nature("water", "cascade_h")
        )
        travel_s, wedge = hour_s * nature("water", "route_h"), nature("water", "route_x")
        self._reaches = [
            Reach(travel_s=travel_s, x=wedge) for _ in range(int(spec.design.get("x_reaches", 0)))
        ]
        self._t_s, self._flood_m3s = 0.0, 0.0

    def head_m(self, rest_m: float, t_s: float) -> float:
        """Give the water's height over the bed, with the flood on top of the resting flow."""
        while self._t_s + _ROUTE_S <= t_s:
            self._step()
        nature = self._world.nature
        c, b = nature("water", "rating_c"), nature("water", "rating_b")
        return math.pow(math.pow(rest_m, b) + max(self._flood_m3s, 0.0) / c, 1.0 / b)

    def _step(self) -> None:
        self._t_s += _ROUTE_S
        falling = self._world.rain_mm_per_h(self._site, self._device, self._t_s)
        share = self._world.nature("water", "runoff_share")
        flow = self._cascade.step(falling * self._area_km2 * share * _KM2_MM_PER_H, _ROUTE_S)
        for reach in self._reaches:
            flow = reach.step(flow, _ROUTE_S)
        self._flood_m3s = flow


def _rated_m3s(head_m: float, world: World) -> float:
    return float(world.nature("water", "rating_c") * head_m ** world.nature("water", "rating_b"))


def _rest_m(design: dict[str, float], warning_m: float) -> float:
    if "x_rest_stage_m" in design:
        return design["x_rest_stage_m"]
    named = [design[key] for key in ("patrol_stage_m", "flood_limit_stage_m") if key in design]
    return min([warning_m - 1.3, *(stage_m - 0.8 for stage_m in named)])


def flood_wave(wave: Event, t_s: float) -> float:
    """Give the wave's height as a share of its crest: a gamma shape, steep up and slow down."""
    x = (t_s - wave.at_s) / wave.params["rise"]
    return (x * math.exp(1.0 - x)) ** 2 if x > 0.0 else 0.0
