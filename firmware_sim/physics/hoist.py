"""A construction hoist: trips between floors with people and goods, wind at the mast's top."""

from firmware_sim.physics.gust import gust_for
from firmware_sim.physics.world import World, lasting
from firmware_sim.site import DeviceSpec


class Hoist:
    """The signal of one cage; ordinary trips carry 5 to 50 % of the rated load."""

    def __init__(self, spec: DeviceSpec, world: World) -> None:
        self._site, self._device, self._world = spec.site, spec.id, world
        self._random = world.random(spec.name, "hoist")
        self._gust = gust_for(spec, world)
        self._speed_ms = world.nature("hoist", "speed_ms")
        self._floor_m = world.nature("hoist", "floor_m")
        self._person_t = world.nature("hoist", "person_t")
        self._rated_t = spec.design.get("rated_load_t", 2.0)
        self._floors = max(int(spec.design.get("max_floor", 24.0)), 2)
        self._overloads = world.acting("overload", spec.site, spec.id)
        self._lean = (self._random.uniform(-0.03, 0.03), self._random.uniform(-0.03, 0.03))
        self._from, self._to = 1, 1
        self._leave_s, self._arrive_s, self._end_s = 0.0, 0.0, 0.0
        self._persons, self._goods_t = 0, 0.0

    def at(self, t_s: float) -> dict[str, float]:
        """Give every quantity of a hoist at `t_s`."""
        while t_s >= self._end_s:
            self._next_trip()
        mean, turbulence = self._world.wind(self._site, self._device, t_s)
        moving = self._leave_s <= t_s < self._arrive_s
        height_m = self._height(t_s)
        load_t, persons = self._load(t_s)
        direction = 1.0 if self._to > self._from else -1.0
        return {
            "load_t": load_t,
            "load_pct": 100.0 * load_t / self._rated_t,
            "persons": persons,
            "floor": float(1 + round(height_m / self._floor_m)),
            "speed_ms": direction * self._speed_ms if moving else 0.0,
            "height_m": height_m,
            "wind_ms": self._gust.at(t_s, mean, turbulence),
            "tilt_x_deg": self._lean[0],
            "tilt_y_deg": self._lean[1],
            "door_open": 0.0 if moving else 1.0,
            "operator_code": 12.0,
            "warning_bits": 0.0,
            "battery_v": 24.0,
            "battery_pct": 100.0,
            "temperature_degc": self._world.air_degc(self._site, t_s) + 1.0,
        }

    def _load(self, t_s: float) -> tuple[float, float]:
        overload = lasting(self._overloads, t_s)
        if overload is not None:
            return self._rated_t * overload.params["pct"] / 100.0, 14.0
        return self._persons * self._person_t + self._goods_t, float(self._persons)

    def _height(self, t_s: float) -> float:
        span_s = max(self._arrive_s - self._leave_s, 1e-9)
        share = min(max((t_s - self._leave_s) / span_s, 0.0), 1.0)
        return (self._from - 1 + share * (self._to - self._from)) * self._floor_m

    def _next_trip(self) -> None:
        self._from = self._to
        self._to = self._random.randint(1, self._floors)
        wait_s = self._random.uniform(20.0, 240.0)
        self._leave_s = self._end_s + wait_s
        climb_m = abs(self._to - self._from) * self._floor_m
        self._arrive_s = self._leave_s + climb_m / self._speed_ms + 1e-6
        self._end_s = self._arrive_s + self._random.uniform(15.0, 60.0)
        share = self._random.uniform(0.05, 0.50)
        self._persons = min(self._random.randint(0, 9), int(share * self._rated_t / self._person_t))
        self._goods_t = max(share * self._rated_t - self._persons * self._person_t, 0.0)
