"""Water: a river's stage with tide, rain and flood waves; the depth of ponding in an underpass."""

import math

from firmware_sim.events import Event
from firmware_sim.physics.world import World, lasting
from firmware_sim.site import DeviceSpec

_STEP_S = 30.0
_TIDE_M = 0.12
# The catchment as a linear reservoir: 60 mm/h for ever would raise the river by 0.15 m.
_RESPONSE_M_PER_MM_H = 0.0025
_RESERVOIR_S = 7200.0
# Street water gathers from twelve times the underpass's own area; its pumps manage 95 mm/h.
_GATHERING = 12.0
_PUMPS_MM_PER_H = 95.0
_CLOSE_AT_M = 0.27


class WaterLevel:
    """The signal of one gauge; a river rests well under every stage its site file names."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        self._site, self._device, self._world = spec.site, spec.id, world
        self._random = world.random(spec.name, "water")
        self._warning_m = spec.design.get("warning_stage_m", 4.0)
        self._rest_m = _rest_m(spec.design, self._warning_m)
        self._bed_m = min(spec.design.get("bed_level_m", self._rest_m - 2.0), self._rest_m - 0.3)
        self._waves = world.acting("river_rise", spec.site, spec.id)
        self._ponds = world.acting("pond", spec.site, spec.id)
        self._t_s, self._runoff_m, self._depth_m = 0.0, 0.0, 0.0

    def at(self, t_s: float) -> dict[str, float]:
        """Give every quantity of a gauge at `t_s`."""
        self._flow_until(t_s)
        stage_m = self._stage(t_s) + self._random.gauss(0.0, 0.004)
        head_m = max(stage_m - self._bed_m, 0.05)
        flow_m3s = 18.0 * head_m**1.8
        pumping = lasting(self._ponds, t_s) is None and self._depth_m > 0.02
        depth_m = self._depth_m + abs(self._random.gauss(0.0, 0.002))
        return {
            "stage_m": stage_m,
            "ponding_depth_m": depth_m,
            "flow_m3s": flow_m3s,
            "velocity_ms": flow_m3s / (30.0 * head_m),
            "pump_running": float(pumping),
            "barrier_closed": float(self._depth_m >= _CLOSE_AT_M),
            "battery_v": 12.5 + self._random.gauss(0.0, 0.02),
            "battery_pct": 91.0,
            "temperature_degc": self._world.air_degc(self._site, t_s) - 3.0,
        }

    def _stage(self, t_s: float) -> float:
        stage_m = self._rest_m + _TIDE_M * self._world.tide(t_s) + self._runoff_m
        for wave in self._waves:
            crest_m = self._warning_m + wave.params["over_warning_m"] - self._rest_m
            stage_m += crest_m * flood_wave(wave, t_s)
        return stage_m

    def _flow_until(self, t_s: float) -> None:
        while self._t_s < t_s:
            step_s = min(_STEP_S, t_s - self._t_s)
            self._t_s += step_s
            falling = self._world.rain_mm_per_h(self._site, self._device, self._t_s)
            target_m = falling * _RESPONSE_M_PER_MM_H
            self._runoff_m += (target_m - self._runoff_m) * (1.0 - math.exp(-step_s / _RESERVOIR_S))
            self._pond(falling, step_s)

    def _pond(self, falling_mm_per_h: float, step_s: float) -> None:
        pond = lasting(self._ponds, self._t_s)
        drain = pond.params["drain_mm_per_h"] if pond else _PUMPS_MM_PER_H
        surplus_m_per_s = (falling_mm_per_h - drain) / 3.6e6
        spread = 1.0 + max(self._depth_m, 0.0) / 0.5
        self._depth_m = max(self._depth_m + _GATHERING * surplus_m_per_s * step_s / spread, 0.0)


def _rest_m(design: dict[str, float], warning_m: float) -> float:
    named = [design[key] for key in ("patrol_stage_m", "flood_limit_stage_m") if key in design]
    return min([warning_m - 1.3, *(stage_m - 0.8 for stage_m in named)])


def flood_wave(wave: Event, t_s: float) -> float:
    """Give the wave's height as a share of its crest: a gamma shape, steep up and slow down."""
    x = (t_s - wave.at_s) / wave.params["rise"]
    return (x * math.exp(1.0 - x)) ** 2 if x > 0.0 else 0.0
