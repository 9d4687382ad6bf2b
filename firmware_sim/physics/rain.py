"""A tipping-bucket rain gauge: 0.2 mm a tip, one bin per report."""

from firmware_sim.physics.world import World
from firmware_sim.site import DeviceSpec

TIP_MM = 0.2  # unless the site file says `bucket_mm`
_STEP_S = 10.0


class Rain:
    """The signal of one gauge; its catch errs by up to 3 %, its counter never runs backwards."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        self._site, self._device, self._world = spec.site, spec.id, world
        random = world.random(spec.name, "rain")
        self._random = random
        self._catch = random.uniform(0.97, 1.03)
        self._tip_mm = spec.design.get("bucket_mm", TIP_MM)
        self._bucket_mm = random.uniform(0.0, self._tip_mm)
        self._tips = random.randint(0, 2000)
        self._t_s = 0.0

    def at(self, t_s: float) -> dict[str, float]:
        """Give every quantity of a gauge; `rain_mm` is what fell since the call before."""
        span_s = t_s - self._t_s
        tips = self._catch_until(t_s)
        fallen_mm = tips * self._tip_mm
        intensity = fallen_mm * 3600.0 / span_s if span_s > 0.0 else 0.0
        return {
            "rain_mm": fallen_mm,
            "rain_total_mm": self._tips * self._tip_mm,
            "intensity_mm_per_h": intensity,
            "battery_v": 12.7 + self._random.gauss(0.0, 0.02),
            "battery_pct": 96.0,
            "temperature_degc": self._world.air_degc(self._site, t_s),
        }

    def _catch_until(self, t_s: float) -> int:
        while self._t_s < t_s:
            step_s = min(_STEP_S, t_s - self._t_s)
            middle = self._t_s + step_s / 2.0
            falling = self._world.rain_mm_per_h(self._site, self._device, middle)
            self._bucket_mm += falling * self._catch * step_s / 3600.0
            self._t_s += step_s
        tips = int(self._bucket_mm / self._tip_mm + 1e-9)
        self._bucket_mm -= tips * self._tip_mm
        self._tips += tips
        return tips
