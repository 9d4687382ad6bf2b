"""What each point of each device reported last, so that a message that comes twice counts once.

QoS 1 delivers at least once, and devices send their store again after a cut. A point keeps its
newest instants to the microsecond, and their values to the seven digits of a single-precision
number, which is finer than any sensor: 8 bytes an instant and 4 a value, taken once and for good
when a point first reports, so that memory does not grow while the program runs.
"""

from array import array
from collections.abc import Iterable, Mapping
from itertools import repeat
from math import inf, isnan, nan

DEFAULT_WINDOW = 512


def as_kept(values: Iterable[float]) -> "array[float]":
    """Give values as a memory keeps them; two readings are the same when these are equal."""
    return array("f", values)


class PointMemory:
    """The last `window` instants of one point; what is older than all of them is not remembered.

    Instants are POSIX seconds as `datetime.timestamp` gives them, which keeps microseconds.
    """

    __slots__ = ("_columns", "_instants", "_next", "_values", "_window", "newest")

    def __init__(self, quantities: Iterable[str], window: int = DEFAULT_WINDOW) -> None:
        self._columns = {quantity: at for at, quantity in enumerate(quantities)}
        self._window = window
        self._instants = array("d")
        self._values = array("f")
        self._next = 0
        self.newest = -inf

    def at(self, instant: float) -> dict[str, float] | None:
        """Give the values owned for an instant, or None where there are none (or no longer).

        They are as kept: compare them with `as_kept` of others.
        """
        if instant > self.newest:
            return None
        row = self._row(instant)
        if row < 0:
            return None
        start = row * len(self._columns)
        cells = self._values[start : start + len(self._columns)]
        known = zip(self._columns, cells, strict=True)
        return {quantity: value for quantity, value in known if not isnan(value)}

    def remember(self, instant: float, values: Mapping[str, float]) -> None:
        """Keep values for an instant beside those it may have already."""
        row = self._row(instant) if instant <= self.newest else -1
        if row < 0:
            self._put_row(instant, as_kept(map(values.get, self._columns, repeat(nan))))
            return
        start = row * len(self._columns)
        for quantity, value in values.items():
            column = self._columns.get(quantity)
            if column is not None:
                self._values[start + column] = value

    def _row(self, instant: float) -> int:
        try:
            return self._instants.index(instant)
        except ValueError:
            return -1

    def _put_row(self, instant: float, cells: "array[float]") -> None:
        """Fill the next row: an empty one until the window is full, then the oldest arrival's."""
        if not self._instants:
            self._instants = array("d", [nan]) * self._window
            self._values = array("f", bytes(4)) * (self._window * len(cells))
        row, width = self._next, len(cells)
        self._next = row + 1 if row + 1 < self._window else 0
        self._instants[row] = instant
        self._values[row * width : (row + 1) * width] = cells
        if instant > self.newest:
            self.newest = instant
