"""What stands beside a reading and is said with its alert, without ever changing the judgement.

A strut's force with the share that heat explains; a borehole's point with the whole profile; what a
danger sign's code means; how many vehicles are in the water, and how old its depth is.
"""

from bisect import bisect_right
from collections.abc import Callable

from alerting.history import History
from alerting.joints.borehole import max_age_s, profile, profile_words
from alerting.joints.vehicle_water import fresh_s
from alerting.model import Remark
from sensors.danger import danger_words
from sensors.model import SensorKey
from sensors.registry import Registry, Sensor
from sensors.virtual.ground import DEEP, DEEPEST, boreholes, hole_and_depth
from sensors.virtual.water import SEEN, STANDS, inputs_of

HEAT = "temperature_degc"
HeatOf = Callable[[SensorKey], History | None]
Beside = Callable[[float], Remark | None]


def heat_key(sensor: Sensor, registry: Registry) -> SensorKey | None:
    """Find the thermometer beside a strut: at its own point, else at its device."""
    key = sensor.key
    for point in dict.fromkeys((key.point, "")):
        found = SensorKey(key.site, key.device, point, HEAT)
        if registry.sensor(found) is not None:
            return found
    return None


def heat_remark(sensor: Sensor, heat: SensorKey, history_of: HeatOf) -> Beside | None:
    """Make the sentence on heat; None where the site file does not say how a strut takes it."""
    per_degc = sensor.design.get("strut_kn_per_degc")
    reference = sensor.design.get("strut_reference_degc")
    if per_degc is None or reference is None:
        return None

    def remark(time_s: float) -> Remark:
        history = history_of(heat)
        place = -1 if history is None else bisect_right(history.times, time_s) - 1
        if history is None or place < 0 or time_s - history.times[place] > max_age_s(sensor):
            return Remark(
                "how much of it heat explains is not known: no recent temperature",
                "近期无温度数据，温度影响未知",
            )
        degc = history.values[place]
        part = f"{per_degc * (degc - reference):.0f} kN"
        return Remark(
            f"heat explains about {part} of it"
            f" ({degc:.1f} °C, {per_degc:g} kN/°C from {reference:g} °C on); judged on the whole",
            f"其中温度影响约{part}（{degc:.1f} °C，自{reference:g} °C起{per_degc:g} kN/°C），"
            "仍按总轴力判定",
        )

    return remark


def hole_remark(sensor: Sensor, registry: Registry, history_of: HeatOf) -> Beside | None:
    """Make the sentence on the profile of the borehole a sensor belongs to."""
    key = sensor.key
    device = registry.device(key.site, key.device)
    place = hole_and_depth(key.point)
    hole = place[0] if place is not None else key.point
    points = boreholes(device).get(hole) if device is not None else None
    if points is None:
        return None
    return lambda time_s: profile_words(hole, profile(points, history_of, time_s))


def danger_remark(history: History | None, time_s: float) -> Remark | None:
    """Say which danger sign was reported at an instant."""
    place = -1 if history is None else bisect_right(history.times, time_s) - 1
    if history is None or place < 0:
        return None
    return Remark(*danger_words(history.values[place]))


def water_remark(sensor: Sensor, registry: Registry, history_of: HeatOf) -> Beside | None:
    """Make the sentence on the vehicles of an underpass and on the age of its depth."""
    site = registry.sites[sensor.key.site]
    pairs = (inputs_of(site, underpass) for underpass in site.underpasses)
    here = (p for p in pairs if p and p[0].key == sensor.key._replace(quantity=SEEN))
    if (both := next(here, None)) is None:
        return None
    vehicles, depth = both

    def remark(time_s: float) -> Remark | None:
        seen, deep = (_newest(history_of(each.key), time_s) for each in (vehicles, depth))
        if seen is None or deep is None or seen[1] < 1.0:
            return None
        gauge, age_s = depth.key.device, time_s - deep[0]
        en, zh = f"{seen[1]:.0f} vehicles seen", f"看到车辆{seen[1]:.0f}辆"
        if seen[1] == 1.0:
            en = "1 vehicle seen"
        if age_s <= fresh_s(depth):
            return Remark(f"{en}; depth of {gauge}", f"{zh}，水深取自{gauge}")
        minutes = f"{age_s / 60.0:.0f}"
        return Remark(
            f"{en}; {gauge} is silent, its depth is {minutes} min old",
            f"{zh}；{gauge}已无数据，水深为{minutes}分钟前的值",
        )

    return remark


def _newest(history: History | None, time_s: float) -> tuple[float, float] | None:
    """Give when the newest reading up to an instant was taken, and its value."""
    place = -1 if history is None else bisect_right(history.times, time_s) - 1
    return None if history is None or place < 0 else (history.times[place], history.values[place])


def remark_for(
    sensor: Sensor, registry: Registry, history_of: HeatOf, keep: Callable[[SensorKey], None]
) -> Beside | None:
    """Make what is said with a sensor's alerts; `keep` is asked to keep a history it needs."""
    quantity = sensor.key.quantity
    if quantity == "danger_kind":
        return lambda time_s: danger_remark(history_of(sensor.key), time_s)
    if quantity == STANDS:
        return water_remark(sensor, registry, history_of)
    if quantity in (DEEP, DEEPEST):
        return hole_remark(sensor, registry, history_of)
    if quantity != "strut_force_kn" or (heat := heat_key(sensor, registry)) is None:
        return None
    remark = heat_remark(sensor, heat, history_of)
    if remark is not None:
        keep(heat)
    return remark
