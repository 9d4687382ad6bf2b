"""The elements of SL 651-2014 that may stand in a report: guide byte, meaning, size and decimals.

From the project's domain reference (table G6, its sources S1 to S5). The size is the one the
standard prints; stations send others, so that a value is read by its own definition byte, and the
table's only serves to find out where a run of values ends. Wind (33 to 35) is order-derived in the
reference and therefore has no definition here.
"""

from typing import NamedTuple


class Element(NamedTuple):
    """One element. `definition` is its usual definition byte: 5 bits of size, 3 of decimals."""

    code: int
    what: str
    definition: int


def definition(size: int, decimals: int) -> int:
    """Make a definition byte."""
    return size << 3 | decimals


def size_of(defined: int) -> int:
    """Give how many bytes a definition byte announces."""
    return defined >> 3


def decimals_of(defined: int) -> int:
    """Give how many of the digits are decimals."""
    return defined & 0x07


_D = definition
ELEMENTS: dict[int, Element] = {
    code: Element(code, what, defined)
    for code, what, defined in (
        (0x02, "air temperature", _D(2, 1)),
        (0x03, "water temperature", _D(2, 1)),
        (0x08, "air pressure", _D(3, 0)),
        (0x0E, "groundwater depth", _D(3, 2)),
        *((0x10 + n, f"soil moisture {10 + 10 * n} cm", _D(2, 1)) for n in range(8)),
        (0x1A, "rain of 1 h", _D(3, 1)),
        (0x1B, "rain of 2 h", _D(3, 1)),
        (0x1C, "rain of 3 h", _D(3, 1)),
        (0x1D, "rain of 6 h", _D(3, 1)),
        (0x1E, "rain of 12 h", _D(3, 1)),
        (0x1F, "daily rain", _D(3, 1)),
        (0x20, "current rain", _D(3, 1)),
        (0x21, "rain of 1 min", _D(2, 1)),
        (0x22, "rain of 5 min", _D(2, 1)),
        (0x23, "rain of 10 min", _D(2, 1)),
        (0x24, "rain of 30 min", _D(2, 1)),
        (0x25, "storm rain", _D(3, 1)),
        (0x26, "rain counter", _D(3, 1)),
        (0x27, "flow", _D(5, 3)),
        *((0x28 + n, f"flow of outlet {n + 1}", _D(5, 3)) for n in range(8)),
        (0x33, "wind direction", 0),
        (0x34, "wind force", 0),
        (0x35, "wind speed", 0),
        (0x37, "velocity", _D(3, 3)),
        (0x38, "supply voltage", _D(2, 2)),
        (0x39, "stage", _D(4, 3)),
        (0x3A, "lower stage", _D(4, 3)),
        (0x3B, "upper stage", _D(4, 3)),
        *((0x3C + n, f"stage of outlet {n + 1}", _D(4, 3)) for n in range(8)),
    )
}

TIME_STEP = 0x04
STATUS = 0x45
OBSERVED_AT = 0xF0
STATION = 0xF1
MANUAL = 0xF2
PICTURE = 0xF3
RAIN_12 = 0xF4
STAGES_12 = range(0xF5, 0xFD)
VENDOR = 0xFF

# Sizes that hold whatever the definition byte says: 0x5C instead of C0 was seen behind F5.
FIXED_SIZES: dict[int, int] = {RAIN_12: 12, STATUS: 4} | dict.fromkeys(STAGES_12, 24)

# What a bit of the status word says when it is 1, from the lowest.
STATUS_BITS: tuple[str, ...] = (
    "mains off",
    "battery low",
    "stage over limit",
    "flow over limit",
    "quality over limit",
    "flow meter fault",
    "level meter fault",
    "door open",
    "storage fault",
    "IC card",
    "pump",
    "water quota",
)


def code_name(code: int) -> str:
    """Give an element's code as people write it: two hexadecimal digits."""
    return f"{code:02X}"
