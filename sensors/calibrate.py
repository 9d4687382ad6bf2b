"""From what a device sends to a calibrated value in the quantity's base unit.

Unit conversion and calibration are both straight lines; `resolved` folds them into one when the
site files are loaded, and `calibrated` is one multiplication and one addition per value.
"""

from typing import NamedTuple

from sensors.registry import Sensor
from sensors.units import UNITS, Unit


class Line(NamedTuple):
    """A straight line `value * scale + offset`."""

    scale: float = 1.0
    offset: float = 0.0


def sent_unit(symbol: str, base: str) -> Unit | None:
    """Find the unit a device sends for a quantity whose base unit is `base`, or None.

    A symbol that is itself a base unit of something else is found by its qualified name: `mm` of a
    quantity in metres is `mm(m)`, `kN` of one in tonnes is `kN(t)`.

    >>> sent_unit("mm", "m").factor
    0.001
    """
    unit = UNITS.get(symbol)
    if unit is not None and unit.base == base:
        return unit
    return UNITS.get(f"{symbol}({base})")


def units_of(base: str) -> list[str]:
    """Give the symbols a site file may write for a quantity in `base`.

    >>> units_of("m")
    ['m', 'cm', 'mm']
    """
    return [unit.symbol.removesuffix(f"({base})") for unit in UNITS.values() if unit.base == base]


def resolved(unit: Unit, calibration: Line) -> Line:
    """Fold the conversion to the base unit and the calibration, given in the base unit, into one.

    >>> resolved(UNITS["kg"], Line(2.0, 0.5))
    Line(scale=0.002, offset=0.5)
    """
    return Line(
        unit.factor * calibration.scale, unit.offset * calibration.scale + calibration.offset
    )


def calibrated(raw: float, sensor: Sensor) -> float:
    """Turn a value as sent (in `sensor.sent_unit`) into a calibrated one in `sensor.unit`."""
    return raw * sensor.scale + sensor.offset


def in_sent_unit(value: float, symbol: str, sensor: Sensor) -> float | None:
    """Give a value in the unit its sender states as if it came in `sensor.sent_unit`.

    None where `symbol` cannot be turned into the sensor's base unit.
    """
    stated = sent_unit(symbol, sensor.unit)
    if stated is None:
        return None
    if stated.symbol == sensor.sent_unit:
        return value
    expected = UNITS[sensor.sent_unit]
    return (value * stated.factor + stated.offset - expected.offset) / expected.factor


def as_sent(value: float, sensor: Sensor) -> float:
    """Turn a calibrated value back into what the device sent; the inverse of `calibrated`."""
    return (value - sensor.offset) / sensor.scale
