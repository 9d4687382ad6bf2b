"""A vehicle in water: how deep it is at a camera's zone in an underpass while a vehicle is there.

Zero where no vehicle is seen. The depth is the smaller one of the gauge's last two, so that one
wild value is no water. A gauge that fell silent has not drained the underpass: its last word counts
on, for as long as the site file allows (`depth_holds_h`), and makes the value doubtful, so that it
raises, says so, and clears nothing. Without any word of it, and with a vehicle there, there is no
value: nothing is raised or cleared, and the silence is told.
"""

from collections.abc import Iterator, Sequence

from alerting.joint import Compute, Input, Joint, Seen
from sensors.registry import Registry, Sensor
from sensors.virtual.water import STANDS, inputs_of

SILENT_INTERVALS = 3
MIN_AGE_S = 60.0
# Where a site file says nothing (confidence D): water stands for a day behind a silent gauge.
HOLDS_H = 24.0


def water_joints(registry: Registry) -> Iterator[Joint]:
    """Make the virtual sensor of every underpass that a camera sees."""
    for site in registry.sites.values():
        for underpass in site.underpasses:
            if (both := inputs_of(site, underpass)) is not None:
                vehicles, depth = both
                output = registry.sensor(vehicles.key._replace(quantity=STANDS))
                if output is not None:
                    yield _joint(output, vehicles, depth)


def _joint(output: Sensor, vehicles: Sensor, depth: Sensor) -> Joint:
    holds_s = 3600.0 * depth.design.get("depth_holds_h", HOLDS_H)
    seen = Input(key=vehicles.key, max_age_s=fresh_s(vehicles))
    within_s = 2.0 * fresh_s(depth)
    deep = Input(key=depth.key, max_age_s=holds_s, fresh_s=fresh_s(depth), window_s=within_s)
    return Joint(output=output, inputs=(seen, deep), compute=standing(within_s), is_watched=True)


def fresh_s(sensor: Sensor) -> float:
    """Give how long a reading counts before its sensor is silent."""
    return max(MIN_AGE_S, SILENT_INTERVALS * sensor.every.total_seconds())


def standing(within_s: float) -> Compute:
    """Make the function that gives the depth where vehicles are.

    The gauge's last but one reading counts with its last while it is younger than `within_s`.
    """

    def compute(time_s: float, seen: Sequence[Seen | None]) -> float | None:
        vehicles, depth = seen
        if vehicles is None:
            return None
        if vehicles.value < 1.0:
            return 0.0
        if depth is None:
            return None
        history, before = depth.history, depth.place - 1
        is_known = before >= 0 and time_s - history.times[before] < within_s
        believed_m = min(depth.value, history.values[before]) if is_known else depth.value
        return max(0.0, believed_m)

    return compute
