"""A tipping-bucket rain gauge: tip by tip, what is lost while the bucket tips, and a counter."""

from firmware_sim.physics.world import World, lasting
from firmware_sim.site import DeviceSpec

_STEP_S = 10.0


class Rain:
    """The signal of one gauge; its counter rolls over at the site file's `x_counter_span_mm`."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        self._site, self._device, self._world = spec.site, spec.id, world
        random = world.random(spec.name, "rain")
        nature = world.nature
        error = nature("rain", "catch_error")
        self._catch = random.uniform(1.0 - error, 1.0 + error)
        self._tip_mm = spec.design.get("bucket_mm", nature("rain", "bucket_mm"))
        self._tip_s = nature("rain", "tip_s")
        self._span_mm = spec.design.get("x_counter_span_mm", 0.0)
        self._bucket_mm = random.uniform(0.0, self._tip_mm)
        self._tips = random.randint(0, 2000)
        self._t_s = 0.0
        self._blocked = world.acting("blocked", spec.site, spec.id)

    def at(self, t_s: float) -> dict[str, float]:
        """Give every quantity of a gauge; `rain_mm` is what fell since the call before."""
        span_s = t_s - self._t_s
        tips = self._catch_until(t_s)
        fallen_mm = tips * self._tip_mm
        intensity = fallen_mm * 3600.0 / span_s if span_s > 0.0 else 0.0
        counted_mm = self._tips * self._tip_mm
        return {
            "rain_mm": fallen_mm,
            "rain_total_mm": counted_mm % self._span_mm if self._span_mm else counted_mm,
            "intensity_mm_per_h": intensity,
            "battery_v": 12.7,
            "battery_pct": 96.0,
            "temperature_degc": self._world.air_degc(self._site, t_s),
        }

    def _catch_until(self, t_s: float) -> int:
        """Let it rain until `t_s`; give the tips. What falls during a tip goes with it."""
        tips = 0
        while self._t_s < t_s:
            step_s = min(_STEP_S, t_s - self._t_s)
            middle = self._t_s + step_s / 2.0
            falling = self._world.rain_mm_per_h(self._site, self._device, middle)
            falling *= self._open_share(middle)
            self._bucket_mm += falling * self._catch * step_s / 3600.0
            self._t_s += step_s
            while self._bucket_mm >= self._tip_mm - 1e-9:
                self._bucket_mm -= self._tip_mm + falling * self._tip_s / 3600.0 / 2.0
                tips += 1
        self._tips += tips
        return tips

    def _open_share(self, t_s: float) -> float:
        blocked = lasting(self._blocked, t_s) if self._blocked else None
        return 1.0 if blocked is None else blocked.params["catch"]
