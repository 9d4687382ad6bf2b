"""What each point of each device reported last, so that a message that comes twice counts once.

QoS 1 delivers at least once, and devices send their store again after a cut. A point keeps its
newest instants with their values in two arrays of doubles: 8 bytes a value, whatever the rate.
"""

from array import array
from collections.abc import Iterable, Mapping
from itertools import repeat
from math import inf, isnan, nan

DEFAULT_WINDOW = 512


class PointMemory:
    """The last `window` instants of one point; what is older than all of them is not remembered.

    Instants are POSIX seconds as `datetime.timestamp` gives them, which keeps microseconds.
    """

    __slots__ = ("_columns", "_instants", "_next", "_values", "_window", "newest")

    def __init__(self, quantities: Iterable[str], window: int = DEFAULT_WINDOW) -> None:
        self._columns = {quantity: at for at, quantity in enumerate(quantities)}
        self._window = window
        self._instants = array("d")
        self._values = array("d")
        self._next = 0
        self.newest = -inf

    def at(self, instant: float) -> dict[str, float] | None:
        """Give the values owned for an instant, or None where there are none (or no longer)."""
        if instant > self.newest:
            return None
        row = self._row(instant)
        if row < 0:
            return None
        start = row * len(self._columns)
        cells = self._values[start : start + len(self._columns)]
        return {
            quantity: cells[column]
            for quantity, column in self._columns.items()
            if not isnan(cells[column])
        }

    def remember(self, instant: float, values: Mapping[str, float]) -> None:
        """Keep values for an instant beside those it may have already."""
        row = self._row(instant) if instant <= self.newest else -1
        if row < 0:
            self._add_row(instant, array("d", map(values.get, self._columns, repeat(nan))))
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

    def _add_row(self, instant: float, cells: "array[float]") -> None:
        """Fill the next row: a new one until the window is full, then the oldest arrival's."""
        if len(self._instants) < self._window:
            self._instants.append(instant)
            self._values.extend(cells)
        else:
            row, width = self._next, len(cells)
            self._next = (row + 1) % self._window
            self._instants[row] = instant
            self._values[row * width : (row + 1) * width] = cells
        self.newest = max(self.newest, instant)
