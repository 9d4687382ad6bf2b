"""Every recipe for what is derived from one report, by kind of device; a new one is a line here."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sensors.catalogue import KINDS
from sensors.derive import Derivation, Found, Ready, Recipe, Source, found, per_cent
from sensors.model import SensorKey
from sensors.recipes.crane import CRANE, alarms_of, tilt
from sensors.recipes.water_level import WATER_LEVEL
from sensors.registry import Device, Sensor

# Moving, for a cage: faster than its speed sensor's noise (confidence D).
_MOVING_MS = 0.1
_PLATFORM_ALARMS = 0b1010  # bits 1 weight alarm, 3 tilt alarm; 0 and 2 only warn (A10, S8)


def _load_pct(source: Source) -> Derivation | str | None:
    if "load_t" not in source.measured:
        return None
    rated = source.design.get("rated_load_t")
    if rated is None:
        return "the site file gives no rated_load_t"
    return per_cent("load_t", "rated_load_t", rated, "load_pct")


def _door_moving(source: Source) -> Derivation | None:
    if not {"door_open", "speed_ms"} <= source.measured:
        return None

    def moving(door_open: float, speed_ms: float) -> float:
        return 1.0 if door_open > 0.5 and abs(speed_ms) > _MOVING_MS else 0.0

    says = f"1 while the door is open and the cage moves faster than {_MOVING_MS:g} m/s"
    inputs = ("door_open", "speed_ms")
    return Derivation(output="door_moving", inputs=inputs, compute=moving, says=says)


RECIPES: dict[str, tuple[Recipe, ...]] = {
    "crane": CRANE,
    "hoist": (
        Recipe("load_pct", _load_pct),
        Recipe("tilt_deg", tilt),
        Recipe("door_moving", _door_moving),
        Recipe("device_alarms", alarms_of("warning_bits", 0xFFFFFFFF)),
    ),
    "platform": (
        Recipe("load_pct", _load_pct),
        Recipe("tilt_deg", tilt),
        Recipe("device_alarms", alarms_of("warning_bits", _PLATFORM_ALARMS)),
    ),
    "water_level": WATER_LEVEL,
}


def derived_on(source: Source) -> Found:
    """Work out what can be derived on one point of a device."""
    return found(source, RECIPES.get(source.kind, ()))


def with_derived(device: Device) -> Device:
    """Give a device with the sensors that are derived from its own reports, and what is missing."""
    added: list[Sensor] = []
    missing: dict[str, str] = {}
    for point, sensors in device.points.items():
        first = next(iter(sensors.values()))
        answer = derived_on(_source(device, first.design, frozenset(sensors)))
        added += [_sensor(device, point, first, each) for each in answer.derivations]
        prefix = f"{point}/" if point else ""
        missing |= {f"{prefix}{name}": why for name, why in answer.missing.items()}
    if not added and not missing:
        return device
    return replace(device, sensors=(*device.sensors, *added), missing=missing)


def _source(device: Device, design: Mapping[str, float], measured: frozenset[str]) -> Source:
    return Source(
        kind=device.kind,
        design=design,
        measured=measured,
        chart=device.chart,
        rating=device.rating,
    )


def _sensor(device: Device, point: str, beside: Sensor, derivation: Derivation) -> Sensor:
    entry = KINDS[device.kind].quantities[derivation.output]
    design = {**beside.design, **derivation.design} if derivation.design else beside.design
    usual = entry.high if entry.suspect_high is None else entry.suspect_high
    if derivation.suspect_above is not None:
        usual = min(usual, derivation.suspect_above)
    return Sensor(
        key=SensorKey(device.site, device.id, point, entry.key),
        kind=device.kind,
        unit=entry.unit,
        sent_unit=entry.unit,
        scale=1.0,
        offset=0.0,
        low=entry.low,
        high=entry.high,
        suspect_low=entry.low if entry.suspect_low is None else entry.suspect_low,
        suspect_high=usual,
        every=device.every,
        position=beside.position,
        design=design,
        derived=derivation.says,
        is_steady=derivation.is_steady,
    )


def ready_for(device: Device, sensors: Iterable[Sensor]) -> tuple[Ready, ...]:
    """Lay out for the path of every message what is derived on one point of a device."""
    known = {sensor.key.quantity: sensor for sensor in sensors}
    if not (derived := [sensor for sensor in known.values() if sensor.derived]):
        return ()
    measured = frozenset(name for name, sensor in known.items() if not sensor.derived)
    source = _source(device, derived[0].design, measured)
    return tuple(
        Ready(
            each.output,
            each.inputs,
            each.compute,
            *(known[each.output].low, known[each.output].high),
            *(known[each.output].suspect_low, known[each.output].suspect_high),
            each.valid_s,
        )
        for each in derived_on(source).derivations
        if each.output in known
    )
