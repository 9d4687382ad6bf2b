"""Units a device or a recording may speak, by the ending of the quantity's name.

Written by hand like the quantities: a mistake in the server's table must not hide here.
"""

# Ending of the quantity → its base unit. Longer endings first.
_BASES = (
    ("_mm_per_h", "mm/h"),
    ("_kn_m", "kN·m"),
    ("_permille", "permille"),
    ("_degc", "degC"),
    ("_m3s", "m3/s"),
    ("_kpa", "kPa"),
    ("_deg", "deg"),
    ("_pct", "%"),
    ("_mm", "mm"),
    ("_ms", "m/s"),
    ("_kn", "kN"),
    ("_m", "m"),
    ("_t", "t"),
    ("_v", "V"),
)
_STANDARD_GRAVITY = 9.80665
# base unit → unit → how many base units one of it is.
_FACTORS: dict[str, dict[str, float]] = {
    "m": {"cm": 0.01, "mm": 0.001},
    "mm": {"cm": 10.0, "m": 1000.0},
    "t": {"kg": 0.001, "kN": 1.0 / _STANDARD_GRAVITY},
    "kN": {"t": _STANDARD_GRAVITY},
    "deg": {"rad": 57.29577951308232},
    "permille": {"mm/m": 1.0},
    "m/s": {"km/h": 1.0 / 3.6},
    "kPa": {"hPa": 0.1},
}


def base_of(quantity: str) -> str:
    """Give the base unit of a quantity; "" for counts, codes and switches."""
    return next((base for ending, base in _BASES if quantity.endswith(ending)), "")


def units_for(quantity: str) -> dict[str, float]:
    """Give the units a quantity may come in, with their size in base units.

    >>> units_for("stage_m")
    {'m': 1.0, 'cm': 0.01, 'mm': 0.001}
    """
    base = base_of(quantity)
    return (
        {base: 1.0, **_FACTORS.get(base, {})} if base else {"count": 1.0, "bool": 1.0, "code": 1.0}
    )
