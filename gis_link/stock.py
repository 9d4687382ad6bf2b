"""The lines of stock of all depots as arrays: what is left of an item, for many depots at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis_link.ground import Floats, Ints
from gis_link.model import Depot, Stock
from gis_link.reserve import Reservations
from gis_link.shelf import Shelf

_NEVER: Final = date.max.toordinal()
# Up to so many amounts, 8 MB, a table of every item of every depot is kept for the day.
_MOST_IN_TABLE: Final = 1 << 20
_LINE: Final = np.dtype([("item", "i2"), ("left", "f8"), ("expires", "i4")])


class Spread(NamedTuple):
    """How an item is spread: what a holder usually has, and one in how many depots holds it."""

    usual: float
    one_in: float


class Lines(NamedTuple):
    """Lines of stock, those of one depot after those of the depot before it.

    `starts` has one entry more than there are depots; `left` is what reservations in the files
    leave; `expires` is the last good day as an ordinal.
    """

    starts: Ints
    item: NDArray[np.int16]
    left: Floats
    expires: NDArray[np.int32]
    codes: dict[str, int]

    @classmethod
    def of(cls, depots: Iterable[Depot], codes: dict[str, int]) -> "Lines":
        """Take the lines of depots; numbers for new items are added to `codes`."""
        starts = [0]

        def each() -> Iterable[tuple[int, float, int]]:
            for depot in depots:
                starts.append(starts[-1] + len(depot.stock))
                for stock in depot.stock:
                    yield _line(stock, codes)

        table = np.fromiter(each(), dtype=_LINE)
        item, left, expires = (np.ascontiguousarray(table[name]) for name in _LINE.names or ())
        return cls(np.array(starts, dtype=np.int64), item, left, expires, codes)

    def with_more(self, more: "Lines") -> "Lines":
        """Give the lines of these depots and then of those."""
        starts = np.concatenate((self.starts, more.starts[1:] + self.starts[-1]))
        return Lines(
            starts,
            np.concatenate((self.item, more.item)),
            np.concatenate((self.left, more.left)),
            np.concatenate((self.expires, more.expires)),
            more.codes,
        )

    def holders(self) -> dict[str, Ints]:
        """Give for each item the depots that have some."""
        depot = np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), np.diff(self.starts))
        has_some = self.left > 0.0
        return {
            code: np.unique(depot[has_some & (self.item == number)]).astype(np.int64)
            for code, number in self.codes.items()
        }

    def spread(self, holders: Mapping[str, Ints]) -> dict[str, Spread]:
        """Give for each item how much its holders have, and one in how many depots holds it."""
        sums = np.bincount(self.item, weights=self.left, minlength=len(self.codes)).tolist()
        n_depots = len(self.starts) - 1
        return {
            code: Spread(sums[self.codes[code]] / len(rows), n_depots / len(rows))
            for code, rows in holders.items()
            if len(rows)
        }

    def held(self, rows: Ints, items: Sequence[str], today: date) -> Floats:
        """Give what each depot has of each item on a day, shape (items, rows)."""
        n = len(rows)
        begins = self.starts.take(rows)
        length = self.starts.take(rows + 1) - begins
        ends = length.cumsum()
        total = int(ends[-1]) if n else 0
        at = np.arange(total) + (begins - (ends - length)).repeat(length)
        slots = np.full(len(self.codes) + 1, -1, dtype=np.int64)
        for slot, item in enumerate(items):
            slots[self.codes.get(item, -1)] = slot * n
        slots[-1] = -1
        slot_of = slots.take(self.item.take(at))
        wanted = (slot_of >= 0).nonzero()[0]
        place = (slot_of + np.arange(n).repeat(length)).take(wanted)
        at = at.take(wanted)
        left = self.left.take(at) * (self.expires.take(at) >= today.toordinal())
        sums = np.bincount(place, weights=left, minlength=len(items) * n)
        return sums.astype(np.float64, copy=False).reshape(len(items), n)


class Holdings:
    """What depots have on a day: read from one table where that is small, else from the lines."""

    def __init__(self, lines: Lines) -> None:
        """Make no table yet."""
        self.lines = lines
        self._n_depots = len(lines.starts) - 1
        self._is_small = self._n_depots * (len(lines.codes) + 1) <= _MOST_IN_TABLE
        self._of_day: tuple[date, Floats] | None = None

    def held(self, rows: Ints, items: Sequence[str], today: date) -> Floats:
        """Give what each depot has of each item on a day, shape (items, rows)."""
        if not self._is_small:
            return self.lines.held(rows, items, today)
        codes, n = self.lines.codes, self._n_depots
        begins = np.array([[codes.get(item, len(codes)) * n] for item in items])
        return self._table(today).take(begins + rows)

    def _table(self, today: date) -> Floats:
        """Give every item of every depot, item after item, and at the end one that nobody has."""
        known = self._of_day
        if known is None or known[0] != today:
            rows, items = np.arange(self._n_depots), [*self.lines.codes, ""]
            known = self._of_day = today, self.lines.held(rows, items, today).ravel()
        return known[1]


def _line(stock: Stock, codes: dict[str, int]) -> tuple[int, float, int]:
    number = codes.setdefault(stock.item, len(codes))
    expires = _NEVER if stock.expires is None else stock.expires.toordinal()
    return number, max(0.0, stock.quantity - stock.reserved), expires


class Promised:
    """What orders have reserved, by the row of the depot; read again when it changed."""

    def __init__(self, depots: Shelf[Depot], reservations: Reservations | None) -> None:
        """Read nothing yet."""
        self._depots, self._reservations = depots, reservations
        self._version: int | None = None
        self._by_row: dict[int, list[tuple[str, str, float]]] = {}

    def at(self, row: int, item: str, holder: str) -> float:
        """Give how much of an item of a depot is promised to others than `holder`."""
        lines = self.by_row().get(row, ())
        return sum(
            quantity for code, owner, quantity in lines if code == item and owner != (holder or "")
        )

    def by_row(self) -> dict[int, list[tuple[str, str, float]]]:
        """Give item, holder and quantity of every reservation, by the row of the depot."""
        if self._reservations is None:
            return self._by_row
        version = self._reservations.version
        if version != self._version:
            by_row: dict[int, list[tuple[str, str, float]]] = {}
            for each in self._reservations.reserved():
                row = self._depots.row_of(each.depot)
                if row is not None:
                    by_row.setdefault(row, []).append((each.item, each.holder, each.quantity))
            self._by_row, self._version = by_row, version
        return self._by_row

    def taken_from(self, held: Floats, rows: Ints, items: Sequence[str], holder: str) -> Floats:
        """Give `held`, shape (items, rows), less what is promised to others."""
        promised = self.by_row()
        if not promised:
            return held
        for place, row in enumerate(rows.tolist()):
            if row in promised:
                for slot, item in enumerate(items):
                    held[slot, place] -= self.at(row, item, holder)
        return np.maximum(held, 0.0)
