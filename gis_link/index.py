"""Nearest rows of a table to a point, exact by geodesic distance, for up to a million of them.

Rows are sorted by the cells of a grid (`gis_link.grid`), one over all and one for each word that
rows can be asked by. Candidates of a box are measured all at once; the answer is the same as
measuring everything. A few rows that came later are kept beside the grids and always measured,
rows that went are passed over: a change costs no sorting, and the index before it stays as it was.

Measured choice: a shapely STRtree is as fast for small boxes, but four times slower for the wide
ones that a rare capability needs and four times larger, and its distances are degrees. scipy's
KD-tree is as fast and costs 29 MB of the process for its import.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from gis_link.grid import Grid
from gis_link.ground import (
    HALF_TURN_M,
    NEAR_M,
    Bools,
    Floats,
    Ints,
    arcs_m,
    ecef,
    stand,
    with_far,
)
from gis_link.model import Position

MAX_ENTRIES: Final = 1_000_000
_NONE: Final = np.empty(0, dtype=np.int64)

# A belt is first searched so many times as far as what it goes around.
_FIRST_BEYOND: Final = 1.25


class Belt(NamedTuple):
    """Everything farther than the inner radius, none when 0, up to the outer one."""

    inner_m: float
    outer_m: float


class Found(NamedTuple):
    """Rows and their geodesic distances in metres, nearest first, equal ones by row."""

    rows: Ints
    metres: Floats

    def __len__(self) -> int:
        """Give how many rows were found."""
        return len(self.rows)


Keep = Callable[[Found], Bools]


class _Points(NamedTuple):
    """Where every row is: degrees, and metres from the centre of the earth."""

    lat: Floats
    lon: Floats
    xyz: Floats

    @classmethod
    def of(cls, lat: Floats, lon: Floats) -> "_Points":
        if not (np.all(np.abs(lat) <= 90.0) and np.all(np.abs(lon) <= 180.0)):
            raise ValueError("a position is not on the globe: lat -90 to 90, lon -180 to 180")
        return cls(lat, lon, ecef(lat, lon))

    def with_more(self, more: "_Points") -> "_Points":
        pairs = zip(self, more, strict=True)
        return _Points(*(np.concatenate(pair) for pair in pairs))


class _Later(NamedTuple):
    """What changed since the grids were made: rows that came, by word, and rows that went."""

    rows: Mapping[str, Ints]
    is_gone: Bools | None


class Index:
    """Rows by position, and by the words each is known under; made by `of`."""

    def __init__(self, points: _Points, grids: Mapping[str, Grid], later: _Later) -> None:
        """Take what is sorted already."""
        self._points, self._grids, self._later = points, grids, later

    @classmethod
    def of(cls, lat: Floats, lon: Floats, words: Mapping[str, Ints] | None = None) -> "Index":
        """Sort rows by their degrees; takes about two seconds for a million.

        `words` gives the rows that can be asked for by a word (a capability, an item in stock);
        the word "" asks for all and need not be given.

        Raises:
            ValueError: more than a million rows, or a position that is not on the globe.
        """
        if len(lat) > MAX_ENTRIES:
            raise ValueError(f"{len(lat)} entries are more than the {MAX_ENTRIES} held at once")
        points = _Points.of(lat, lon)
        everything = {"": np.arange(len(lat), dtype=np.int64)}
        grids = {
            word: Grid(rows, lat[rows], lon[rows])
            for word, rows in {**(words or {}), **everything}.items()
            if len(rows)
        }
        return cls(points, grids, _Later({}, None))

    @classmethod
    def at(cls, positions: Sequence[Position], words: Mapping[str, Ints] | None = None) -> "Index":
        """Sort rows by their positions."""
        return cls.of(*degrees(positions), words)

    def changed(
        self, gone: Iterable[int], positions: Sequence[Position], words: Mapping[str, Ints]
    ) -> "Index":
        """Give an index of this one's sorted rows without `gone`, and with rows at its end.

        `words` names the new rows by their final numbers, which go on after the sorted ones.
        """
        n_sorted = len(self._grids[""]) if "" in self._grids else 0
        base = _Points(*(each[:n_sorted] for each in self._points))
        points = base.with_more(_Points.of(*degrees(positions)))
        is_gone = np.zeros(len(points.lat), dtype=np.bool_)
        is_gone[list(gone)] = True
        new = np.arange(n_sorted, len(points.lat), dtype=np.int64)
        later = _Later({**words, "": new}, is_gone if is_gone.any() else None)
        return Index(points, self._grids, later)

    def __len__(self) -> int:
        """Give how many rows there are, those that went included."""
        return len(self._points.lat)

    def gather(
        self, at: Position, k: int, farthest_m: float, word: str = ""
    ) -> tuple[Found, float]:
        """Give every row within a radius that holds about `k` of them, and that radius.

        The radius is the farthest one where there are fewer. The word "" asks for all rows.
        """
        rows, reach_m = self._gathered(at, k, farthest_m, word)
        return _sorted(*self._within(at, rows, reach_m)), reach_m

    def within(self, at: Position, radius_m: float, word: str = "") -> Found:
        """Give every row within the radius."""
        return _sorted(*self._within(at, self.maybe_within(at, radius_m, word), radius_m))

    def nearest(
        self,
        at: Position,
        k: int,
        radius_m: float = math.inf,
        word: str = "",
        keep: Keep | None = None,
    ) -> Found:
        """Give the `k` nearest rows within the radius; `keep` says which rows count."""
        return self.between(at, k, Belt(0.0, radius_m), word, keep)

    def between(
        self, at: Position, k: int, belt: Belt, word: str = "", keep: Keep | None = None
    ) -> Found:
        """Give the `k` nearest rows of a belt; what it goes around is not searched bit by bit."""
        if k <= 0 or (word not in self._grids and word not in self._later.rows):
            return Found(_NONE, np.empty(0))
        farthest_m = min(belt.outer_m, HALF_TURN_M)
        rows, reach_m = self._gathered(at, k, farthest_m, word)
        if reach_m <= belt.inner_m:
            reach_m = min(belt.inner_m * _FIRST_BEYOND, farthest_m)
            rows = self.maybe_within(at, reach_m, word)
        while True:
            is_last = reach_m >= farthest_m
            found = self._of_belt(
                at, rows, Belt(belt.inner_m, reach_m if not is_last else belt.outer_m)
            )
            if keep is not None and len(found):
                kept = keep(found)
                found = Found(found.rows[kept], found.metres[kept])
            if is_last or len(found) >= k:
                found = _sorted(*found)
                return Found(found.rows[:k], found.metres[:k])
            reach_m = min(reach_m * 2.0, farthest_m)
            rows = self.maybe_within(at, reach_m, word)

    def maybe_within(self, at: Position, radius_m: float, word: str = "") -> Ints:
        """Give every row that may lie within the radius, unsorted and not measured."""
        grid = self._grids.get(word)
        return self._with_later(_NONE if grid is None else grid.box(at, radius_m), word)

    def degrees_of(self, rows: Ints) -> tuple[Floats, Floats]:
        """Give the latitudes and longitudes of rows."""
        return self._points.lat.take(rows), self._points.lon.take(rows)

    def gaps(self, at: Position, rows: Ints) -> Floats:
        """Give the way through the earth from `at` to rows, earth-centred, in metres: (n, 3)."""
        gaps: Floats = self._points.xyz.take(rows, axis=0)
        gaps -= stand(at).xyz
        return gaps

    def distances_m(self, at: Position, rows: Ints) -> Floats:
        """Give the distances of rows."""
        return self.along_m(at, rows, self.gaps(at, rows))

    def along_m(self, at: Position, rows: Ints, gaps: Floats) -> Floats:
        """Give the distances of rows to which the way is known."""
        metres = arcs_m(at, gaps)
        if len(metres) and metres.max() > NEAR_M:
            return with_far(at, *self.degrees_of(rows), metres)
        return metres

    def _gathered(self, at: Position, k: int, farthest_m: float, word: str) -> tuple[Ints, float]:
        grid = self._grids.get(word)
        rows, reach_m = (_NONE, farthest_m) if grid is None else grid.gather(at, k, farthest_m)
        return self._with_later(rows, word), reach_m

    def _with_later(self, rows: Ints, word: str) -> Ints:
        """Give the rows without those that went and with those that came."""
        if self._later.is_gone is not None:
            rows = rows[~self._later.is_gone[rows]]
        new = self._later.rows.get(word)
        return rows if new is None else np.concatenate((rows, new))

    def _within(self, at: Position, rows: Ints, radius_m: float) -> tuple[Ints, Floats]:
        metres = self.distances_m(at, rows)
        inside = metres <= radius_m
        return rows[inside], metres[inside]

    def _of_belt(self, at: Position, rows: Ints, belt: Belt) -> Found:
        rows, metres = self._within(at, rows, belt.outer_m)
        if belt.inner_m <= 0.0:
            return Found(rows, metres)
        is_out = metres > belt.inner_m
        return Found(rows[is_out], metres[is_out])


def _sorted(rows: Ints, metres: Floats) -> Found:
    order = np.lexsort((rows, metres))
    return Found(rows.take(order), metres.take(order))


def degrees(positions: Sequence[Position]) -> tuple[Floats, Floats]:
    """Give the latitudes and longitudes of positions."""
    both = np.array([(each.lat, each.lon) for each in positions], dtype=np.float64).reshape(-1, 2)
    return np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])


def numbers_by_word(words: Iterable[Iterable[str]], first: int = 0) -> dict[str, Ints]:
    """Give for each word the rows that have it; rows are numbered from `first`."""
    found: dict[str, list[int]] = {}
    for row, of_row in enumerate(words, first):
        for word in of_row:
            found.setdefault(word, []).append(row)
    return {word: np.array(rows, dtype=np.int64) for word, rows in found.items()}
