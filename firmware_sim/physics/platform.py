"""An unloading platform: goods come and go, the deck tilts a little under them."""

from firmware_sim.physics.world import World
from firmware_sim.site import DeviceSpec


class Platform:
    """The signal of one platform; ordinary loads are at most half of the rated 1 t."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        self._site, self._world = spec.site, world
        self._random = world.random(spec.name, "platform")
        self._rated_t = spec.design.get("rated_load_t", 1.0)
        self._load_t, self._until_s = 0.0, 0.0

    def at(self, t_s: float) -> dict[str, float]:
        """Give every quantity of a platform at `t_s`."""
        while t_s >= self._until_s:
            self._until_s += self._random.uniform(120.0, 1200.0)
            full = self._load_t == 0.0 and self._random.random() < 0.7
            self._load_t = self._rated_t * self._random.uniform(0.1, 0.5) if full else 0.0
        bend = 0.3 * self._load_t / self._rated_t
        return {
            "load_t": self._load_t,
            "tilt_x_deg": 0.05 + bend,
            "tilt_y_deg": 0.0,
            "battery_v": 3.6,
            "battery_pct": 90.0,
            "temperature_degc": self._world.air_degc(self._site, t_s),
        }
