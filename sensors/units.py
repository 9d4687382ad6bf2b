"""Base units by symbol, and the factors that turn common other units into them.

The table is closed on purpose: a site file that names a unit outside it is refused with the list
of what is allowed, because a silent factor of 9.81 between tonnes and kilonewtons can kill.
"""

from typing import NamedTuple


class Unit(NamedTuple):
    """A unit as `base = value * factor + offset`; `base` names the base unit's symbol."""

    symbol: str
    base: str
    factor: float = 1.0
    offset: float = 0.0


# Standard gravity 9.80665 m/s2 (CGPM 1901): 1 tf = 9.80665 kN.
_G = 9.80665
_PI = 3.141592653589793

UNITS: dict[str, Unit] = {
    unit.symbol: unit
    for unit in (
        Unit("t", "t"),
        Unit("kg", "t", 0.001),
        Unit("kN(t)", "t", 1 / _G),
        Unit("N(t)", "t", 0.001 / _G),
        Unit("%", "%"),
        Unit("ratio", "%", 100.0),
        Unit("m", "m"),
        Unit("cm", "m", 0.01),
        Unit("mm(m)", "m", 0.001),
        Unit("mm", "mm"),
        Unit("m(mm)", "mm", 1000.0),
        Unit("deg", "deg"),
        Unit("rad", "deg", 180.0 / _PI),
        Unit("deg/s", "deg/s"),
        Unit("permille", "permille"),
        Unit("mm/m", "permille"),
        Unit("m/s", "m/s"),
        Unit("km/h", "m/s", 1 / 3.6),
        Unit("mm/h", "mm/h"),
        Unit("m/h", "mm/h", 1000.0),
        Unit("kN", "kN"),
        Unit("N", "kN", 0.001),
        Unit("t(kN)", "kN", _G),
        Unit("kN·m", "kN·m"),
        Unit("kPa", "kPa"),
        Unit("Pa", "kPa", 0.001),
        Unit("hPa", "kPa", 0.1),
        Unit("degC", "degC"),
        Unit("K", "degC", 1.0, -273.15),
        Unit("V", "V"),
        Unit("mV", "V", 0.001),
        Unit("m3/s", "m3/s"),
        Unit("l/s", "m3/s", 0.001),
        Unit("s", "s"),
        Unit("d", "d"),
        Unit("count", "count"),
        Unit("bool", "bool"),
        Unit("code", "code"),
    )
}


# How a unit is shown to people where its symbol here is a word or plain text.
_SHOWN = {
    "degC": "°C",
    "deg": "°",
    "permille": "‰",
    "m3/s": "m³/s",
    "count": "",
    "bool": "",
    "code": "",
}


def shown_unit(symbol: str) -> str:
    """Give a unit as people read it in any language, also one per hour or day; "" for states.

    >>> shown_unit("permille/d"), shown_unit("mm")
    ('‰/d', 'mm')
    """
    base, slash, per = symbol.partition("/") if symbol not in _SHOWN else (symbol, "", "")
    return f"{_SHOWN.get(base, base)}{slash}{per}"


def to_base(value: float, unit: str) -> float:
    """Turn `value` in `unit` into its base unit.

    Raises:
        KeyError: `unit` is not in `UNITS`.

    >>> round(to_base(36.0, "km/h"), 6)
    10.0
    """
    entry = UNITS[unit]
    return value * entry.factor + entry.offset
