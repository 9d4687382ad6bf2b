"""Points sorted by the cells of a latitude-longitude grid: a box around a point is a few slices."""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis_link.ground import R_MIN_M, Floats, Ints
from gis_link.model import Position

_PER_CELL: Final = 6.0
_MIN_CELL_DEG: Final = 1e-4
_MAX_SIDE: Final = 4096
_M_PER_DEG: Final = 111_000.0

_Rows = NDArray[np.int32]


class _Box(NamedTuple):
    """Some rows of cells from a first to a last column, both included."""

    first_row: int
    last_row: int
    first: int
    last: int


class Grid:
    """Some rows of a table of points, sorted by grid cell.

    Args:
        rows: which rows of the table, at least one.
        lat: latitude of each of `rows`, in degrees.
        lon: longitude of each of `rows`, in degrees.
    """

    __slots__ = ("_cell", "_columns", "_east0", "_rows", "_south0", "_starts", "ids")

    def __init__(self, rows: Ints, lat: Floats, lon: Floats) -> None:
        """Sort the points."""
        self._south0, self._east0 = float(lat.min()), float(lon.min())
        height, width = float(np.ptp(lat)), float(np.ptp(lon))
        even = math.sqrt(max(height * width, 1e-12) * _PER_CELL / len(rows))
        self._cell = max(even, _MIN_CELL_DEG, height / _MAX_SIDE, width / _MAX_SIDE)
        self._cell = self._widened(height, width, len(rows))
        self._rows = int(height / self._cell) + 1
        self._columns = int(width / self._cell) + 1
        cells = ((lat - self._south0) / self._cell).astype(np.int64) * self._columns
        cells += ((lon - self._east0) / self._cell).astype(np.int64)
        order = np.argsort(cells, kind="stable")
        self.ids: _Rows = rows[order].astype(np.int32)
        counts = np.bincount(cells, minlength=self._rows * self._columns)
        starts = np.zeros(len(counts) + 1, dtype=np.int32)
        np.cumsum(counts, out=starts[1:])
        # Single numbers are read five times faster from a memory view than from an array.
        self._starts = starts.data

    def _widened(self, height: float, width: float, n: int) -> float:
        """Give a cell wide enough that there are no more cells than a few times the points."""
        cell = self._cell
        while (height / cell + 1.0) * (width / cell + 1.0) > 4.0 * n + 64.0:
            cell *= 1.5
        return cell

    def __len__(self) -> int:
        """Give how many points there are."""
        return len(self.ids)

    def gather(self, at: Position, k: int, farthest_m: float) -> tuple[Ints, float]:
        """Give the rows in a box that holds about `k`, and the radius of the circle inside it.

        The radius is the farthest one where there are fewer than `k`.
        """
        cells = max(1.0, math.sqrt((k + 4.0) / (_PER_CELL * 2.0)))
        smallest_m = self._cell * _M_PER_DEG
        reach_m = min(cells * smallest_m, farthest_m)
        spans, found = self._spans(at, reach_m)
        while found < k and reach_m < farthest_m:
            reach_m = min(reach_m * (2.0 if found * 3 < k else 1.4), farthest_m)
            spans, found = self._spans(at, reach_m)
        while found > 6 * k and reach_m > smallest_m:
            fewer, n_fewer = self._spans(at, reach_m / 2.0)
            if n_fewer < 2 * k:
                break
            reach_m, spans, found = reach_m / 2.0, fewer, n_fewer
        return self._joined(spans), reach_m

    def box(self, at: Position, radius_m: float) -> Ints:
        """Give the rows of all points within the radius, and of some beyond."""
        return self._joined(self._spans(at, radius_m)[0])

    def _spans(self, at: Position, radius_m: float) -> tuple[list[tuple[int, int]], int]:
        """Give where the rows of the circle's box begin and end, and how many there are."""
        starts, columns = self._starts, self._columns
        spans: list[tuple[int, int]] = []
        found = 0
        for first_row, last_row, first, last in self._boxes(at, radius_m):
            for row in range(first_row * columns, last_row * columns + 1, columns):
                begin, end = starts[row + first], starts[row + last + 1]
                if begin < end:
                    spans.append((begin, end))
                    found += end - begin
        return spans, found

    def _joined(self, spans: list[tuple[int, int]]) -> Ints:
        ids = self.ids
        if not spans:
            return ids[:0].astype(np.int64)
        joined = np.concatenate([ids[begin:end] for begin, end in spans], dtype=np.int64)
        return joined if _is_apart(spans) else np.unique(joined)

    def _boxes(self, at: Position, radius_m: float) -> list[_Box]:
        """Give the cells of the circle's box; two or three parts where the date line cuts it."""
        d_lat = math.degrees(radius_m / R_MIN_M) * 1.001 + 1e-9
        d_lon = _lon_reach_deg(at.lat, radius_m)
        south, north = at.lat - d_lat, at.lat + d_lat
        west, east = at.lon - d_lon, at.lon + d_lon
        spans = [(west, east)]
        if d_lon >= 180.0:
            spans = [(-180.0, 180.0)]
        else:
            if west < -180.0:
                spans.append((west + 360.0, 180.0))
            if east > 180.0:
                spans.append((-180.0, east - 360.0))
        boxes = [self._cut(south, north, west, east) for west, east in spans]
        return [box for box in boxes if box is not None]

    def _cut(self, south: float, north: float, west: float, east: float) -> _Box | None:
        cell = self._cell
        first_row = max(0, math.floor((south - self._south0) / cell))
        last_row = min(self._rows - 1, math.floor((north - self._south0) / cell))
        first = max(0, math.floor((west - self._east0) / cell))
        last = min(self._columns - 1, math.floor((east - self._east0) / cell))
        if first_row > last_row or first > last:
            return None
        return _Box(first_row, last_row, first, last)


def _is_apart(spans: list[tuple[int, int]]) -> bool:
    """Say whether no two spans overlap: they come in order, but where the date line cuts."""
    end = -1
    for begin, next_end in spans:
        if begin < end:
            return False
        end = next_end
    return True


def _lon_reach_deg(lat: float, radius_m: float) -> float:
    """Give how many degrees of longitude a circle can reach, 180 when it holds a pole."""
    angle = radius_m / R_MIN_M * 1.01
    phi = abs(math.radians(lat))
    if angle + phi >= math.pi / 2 - 0.01:
        return 180.0
    return math.degrees(math.asin(math.sin(angle) / math.cos(phi))) * 1.01 + 1e-9
