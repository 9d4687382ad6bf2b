"""Nearest resources to a point, exact by geodesic distance, for up to a million of them.

Points are kept sorted by the cell of a latitude-longitude grid, so a box around the asked point is
a few slices of one array. Candidates are ordered by the straight chord through the earth, which
bounds the geodesic from below and, by the smallest radius of curvature, from above; only the few
whose bounds overlap the answer are measured on the ellipsoid (pyproj.Geod). The answer is the same
as measuring everything.

Measured choice: a shapely STRtree is as fast for small boxes (0.04 ms), but four times slower for
the wide ones that a rare capability needs and four times larger (290 MB against 77 MB for a
million points), and its distances are degrees.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from gis_link.model import Position

T = TypeVar("T")
_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]

GEOD: Final[Any] = Geod(ellps="WGS84")
MAX_ENTRIES: Final = 1_000_000
# WGS 84: semi-major axis, first eccentricity squared, smallest radius of curvature (meridian, 0 N).
_A, _E2, _R_MIN = 6378137.0, 0.0066943799901413165, 6335439.0
_PER_CELL = 4.0
_MIN_CELL_DEG = 1e-4
_MAX_SIDE = 4096
_FEW_ROWS = 32  # up to so many, joining slices is quicker than reckoning every offset
_HALF_TURN_M = 20_037_508.4


class Near(NamedTuple, Generic[T]):
    """One entry and its geodesic distance in metres from the asked point."""

    entry: T
    distance_m: float


def distances_m(origin: Position, to: Sequence[Position]) -> _Floats:
    """Give the geodesic distance in metres from `origin` to each position."""
    return measure_m(origin, np.array([p.lat for p in to]), np.array([p.lon for p in to]))


def measure_m(origin: Position, lat: _Floats, lon: _Floats) -> _Floats:
    """Give geodesic distances in metres to points given as arrays of degrees."""
    if not lat.size:
        return np.empty(0)
    from_lon, from_lat = np.full(lon.size, origin.lon), np.full(lat.size, origin.lat)
    return np.asarray(GEOD.inv(from_lon, from_lat, lon, lat)[2], dtype=np.float64)


def sighted(lat: _Floats, lon: _Floats, to: Position) -> tuple[_Floats, _Floats]:
    """Give the geodesic bearings (0 to 360 degrees) and distances (m) from points to one point."""
    if not lat.size:
        return np.empty(0), np.empty(0)
    to_lon, to_lat = np.full(lon.size, to.lon), np.full(lat.size, to.lat)
    azimuth, _, metres = GEOD.inv(lon, lat, to_lon, to_lat)
    return np.asarray(azimuth) % 360.0, np.asarray(metres)


def _ecef(lat: _Floats, lon: _Floats) -> _Floats:
    """Give earth-centred coordinates in metres, shape (n, 3), of points on the ellipsoid."""
    phi, lam = np.radians(lat), np.radians(lon)
    normal = _A / np.sqrt(1.0 - _E2 * np.sin(phi) ** 2)
    flat = normal * np.cos(phi)
    z = normal * (1.0 - _E2) * np.sin(phi)
    return np.column_stack((flat * np.cos(lam), flat * np.sin(lam), z))


def _ecef_of(at: Position) -> tuple[float, float, float]:
    """Give the same for one point, without the cost of arrays."""
    phi, lam = math.radians(at.lat), math.radians(at.lon)
    normal = _A / math.sqrt(1.0 - _E2 * math.sin(phi) ** 2)
    flat = normal * math.cos(phi)
    return flat * math.cos(lam), flat * math.sin(lam), normal * (1.0 - _E2) * math.sin(phi)


def _longest_m(chord_m: float) -> float:
    """Give an upper bound of the geodesic between points this far apart through the earth."""
    half = chord_m / (2.0 * _R_MIN)
    return 2.0 * _R_MIN * math.asin(half) * (1 + 1e-12) + 1e-6 if half < 1.0 else math.inf


class _Ground(NamedTuple):
    """The points themselves, shared by every grid over a part of them.

    They are kept in the order of a grid over all, because neighbours in memory are read several
    times faster; `number` gives the place of each among the entries.
    """

    number: _Ints
    lat: _Floats
    lon: _Floats
    xyz: _Floats

    @classmethod
    def of(cls, lat: _Floats, lon: _Floats) -> "_Ground":
        """Sort points given as arrays of degrees, shape (n,)."""
        number = np.arange(len(lat), dtype=np.int64)
        if len(lat):
            number = _Grid(cls(number, lat, lon, np.empty((0, 3))), number).ids
        lat, lon = lat[number], lon[number]
        return cls(number, lat, lon, _ecef(lat, lon))


class _Grid:
    """Some of the points, sorted by grid cell."""

    __slots__ = ("_cell", "_columns", "_east0", "_ground", "_keys", "_rows", "_south0", "ids")

    def __init__(self, ground: _Ground, ids: _Ints) -> None:
        lat, lon = ground.lat[ids], ground.lon[ids]
        self._ground = ground
        self._south0, self._east0 = float(lat.min()), float(lon.min())
        height, width = float(np.ptp(lat)), float(np.ptp(lon))
        even = float(np.sqrt(max(height * width, 1e-12) * _PER_CELL / len(ids)))
        self._cell = max(even, _MIN_CELL_DEG, height / _MAX_SIDE, width / _MAX_SIDE)
        self._rows = int(height / self._cell) + 1
        self._columns = int(width / self._cell) + 1
        keys = self._row(lat) * self._columns + self._column(lon)
        order = np.argsort(keys, kind="stable")
        self._keys, self.ids = keys[order], ids[order]

    def _row(self, lat: _Floats) -> _Ints:
        return ((lat - self._south0) / self._cell).astype(np.int64)

    def _column(self, lon: _Floats) -> _Ints:
        return ((lon - self._east0) / self._cell).astype(np.int64)

    def __len__(self) -> int:
        return len(self.ids)

    def first_radius_m(self, k: int) -> float:
        """Guess the radius of a circle with a few times `k` points in it."""
        cells = max(1.0, math.sqrt((2.0 * k + 8.0) / _PER_CELL))
        return cells * self._cell * 111_000.0

    def box(self, at: Position, radius_m: float) -> _Ints:
        """Give the ids of all points within the radius, and some beyond."""
        d_lat = math.degrees(radius_m / _R_MIN) * 1.001 + 1e-9
        d_lon = _lon_reach_deg(at.lat, radius_m)
        if d_lon >= 180.0:
            return self._slices(at.lat - d_lat, at.lat + d_lat, -180.0, 180.0)
        west, east = at.lon - d_lon, at.lon + d_lon
        parts = [self._slices(at.lat - d_lat, at.lat + d_lat, west, east)]
        if west < -180.0:
            parts.append(self._slices(at.lat - d_lat, at.lat + d_lat, west + 360.0, 180.0))
        if east > 180.0:
            parts.append(self._slices(at.lat - d_lat, at.lat + d_lat, -180.0, east - 360.0))
        return parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))

    def _slices(self, south: float, north: float, west: float, east: float) -> _Ints:
        first_row = max(0, math.floor((south - self._south0) / self._cell))
        last_row = min(self._rows - 1, math.floor((north - self._south0) / self._cell))
        first = max(0, math.floor((west - self._east0) / self._cell))
        last = min(self._columns - 1, math.floor((east - self._east0) / self._cell))
        if first_row > last_row or first > last:
            return self.ids[:0]
        base = np.arange(first_row, last_row + 1, dtype=np.int64) * self._columns
        start = self._keys.searchsorted(base + first, side="left")
        end = self._keys.searchsorted(base + last, side="right")
        if len(base) <= _FEW_ROWS:
            rows = zip(start.tolist(), end.tolist(), strict=True)
            return np.concatenate([self.ids[from_:to] for from_, to in rows])
        length = end - start
        ends = length.cumsum()
        offsets = np.arange(ends[-1], dtype=np.int64)
        found: _Ints = self.ids[offsets + np.repeat(start - (ends - length), length)]
        return found


def _lon_reach_deg(lat: float, radius_m: float) -> float:
    """Give how many degrees of longitude a circle can reach, 180 when it holds a pole."""
    angle = radius_m / _R_MIN * 1.01
    phi = abs(math.radians(lat))
    if angle + phi >= math.pi / 2 - 0.01:
        return 180.0
    return math.degrees(math.asin(math.sin(angle) / math.cos(phi))) * 1.01 + 1e-9


class Index(Generic[T]):
    """Entries by position, and by the words each is known under.

    Args:
        entries: at most a million.
        where: gives an entry's position.
        words: gives the words an entry can be asked for by (a capability, an item in stock); the
            word "" asks for all.

    Raises:
        ValueError: too many entries, or a position that is not on the globe.
    """

    def __init__(
        self,
        entries: Sequence[T],
        where: Callable[[T], Position],
        words: Callable[[T], Iterable[str]] = lambda _: (),
    ) -> None:
        """Sort the entries; takes about two seconds for a million."""
        if len(entries) > MAX_ENTRIES:
            raise ValueError(f"{len(entries)} entries are more than the {MAX_ENTRIES} held at once")
        self._entries = entries
        positions = [where(entry) for entry in entries]
        lat = np.array([p.lat for p in positions], dtype=np.float64)
        lon = np.array([p.lon for p in positions], dtype=np.float64)
        if not (np.all(np.abs(lat) <= 90.0) and np.all(np.abs(lon) <= 180.0)):
            raise ValueError("a position is not on the globe: lat -90 to 90, lon -180 to 180")
        self._ground = _Ground.of(lat, lon)
        at = np.empty(len(entries), dtype=np.int64)
        at[self._ground.number] = np.arange(len(entries))
        by_word: dict[str, list[int]] = {}
        for i, entry in enumerate(entries):
            for word in words(entry):
                by_word.setdefault(word, []).append(i)
        self._grids = {
            word: _Grid(self._ground, np.sort(at[numbers])) for word, numbers in by_word.items()
        }
        if entries:
            self._grids[""] = _Grid(self._ground, np.arange(len(entries), dtype=np.int64))

    def __len__(self) -> int:
        """Give how many entries there are."""
        return len(self._entries)

    def near(
        self,
        at: Position,
        k: int,
        radius_m: float = math.inf,
        word: str = "",
        accept: Callable[[T], bool] | None = None,
    ) -> list[Near[T]]:
        """Give the `k` nearest accepted entries within the radius, nearest first.

        Distances are geodesic on WGS 84; equal distances keep the order of the entries.
        """
        numbers, distances = self.ranked(at, k, radius_m, word, accept)
        entries = map(self._entries.__getitem__, numbers.tolist())
        return list(map(Near, entries, distances.tolist()))

    def ranked(
        self,
        at: Position,
        k: int,
        radius_m: float = math.inf,
        word: str = "",
        accept: Callable[[T], bool] | None = None,
    ) -> tuple[_Ints, _Floats]:
        """Give the same as `near` in numbers: places among the entries, and distances in metres."""
        grid = self._grids.get(word)
        if grid is None or k <= 0:
            return np.empty(0, dtype=np.int64), np.empty(0)
        search = _Search(self._ground, at, k, radius_m)
        reach_m = min(grid.first_radius_m(k), radius_m)
        while True:
            ids = grid.box(at, reach_m)
            is_last = reach_m >= min(radius_m, _HALF_TURN_M) or len(ids) == len(grid)
            if is_last or len(ids) >= k:
                found = search.among(ids, None if accept is None else self._accepted(accept))
                if is_last or (len(found[0]) == k and search.horizon_m <= reach_m):
                    return found
            reach_m = min(reach_m * 2.0, max(radius_m, 0.0))

    def within(self, at: Position, radius_m: float, word: str = "") -> list[Near[T]]:
        """Give every entry within the radius, nearest first."""
        return self.near(at, len(self._entries), radius_m, word)

    def around(self, at: Position, radius_m: float, word: str = "") -> tuple[_Ints, _Floats]:
        """Give every entry that may lie within the radius, and lower bounds of the distances (m).

        Shapes (n,) and (n,): places among the entries, and the way through the earth, which the
        way over the ground is never shorter than. Nothing is measured and nothing is sorted.
        """
        grid = self._grids.get(word)
        if grid is None:
            return np.empty(0, dtype=np.int64), np.empty(0)
        search = _Search(self._ground, at, len(grid), radius_m)
        ids, chord_m = search.inside(grid.box(at, radius_m))
        return self._ground.number[ids], chord_m

    def _accepted(self, accept: Callable[[T], bool]) -> Callable[[int], bool]:
        number = self._ground.number
        return lambda i: accept(self._entries[int(number[i])])


class _Search:
    """One question: what is known of its answer so far."""

    __slots__ = ("_at", "_from", "_ground", "_k", "_radius_m", "_verdicts", "horizon_m")

    def __init__(self, ground: _Ground, at: Position, k: int, radius_m: float) -> None:
        self._ground, self._at, self._k, self._radius_m = ground, at, k, radius_m
        self._from = _ecef_of(at)
        self._verdicts: dict[int, bool] = {}
        self.horizon_m = math.inf

    def among(self, ids: _Ints, accept: Callable[[int], bool] | None) -> tuple[_Ints, _Floats]:
        """Give the numbers of the nearest accepted of `ids`; sets how far the answer depends on."""
        ids, chord = self.inside(ids)
        chosen = self._nearest(ids, chord) if accept is None else self._judged(ids, chord, accept)
        lat, lon = self._ground.lat[chosen], self._ground.lon[chosen]
        exact = measure_m(self._at, lat, lon)
        number = self._ground.number[chosen]
        order = np.lexsort((number, exact))[: self._k]
        order = order[exact[order] <= self._radius_m]
        return number[order], exact[order]

    def inside(self, ids: _Ints) -> tuple[_Ints, _Floats]:
        """Give those of `ids` whose chord is within the radius, with their chords in metres."""
        gap = self._ground.xyz[ids] - self._from
        chord = np.sqrt(np.einsum("ij,ij->i", gap, gap))
        inside = chord <= self._radius_m
        return ids[inside], chord[inside]

    def _nearest(self, ids: _Ints, chord: _Floats) -> _Ints:
        if len(ids) <= self._k:
            self.horizon_m = math.inf
            return ids
        kth = float(np.partition(chord, self._k - 1)[self._k - 1])
        self.horizon_m = _longest_m(kth)
        return ids[chord <= self.horizon_m]

    def _judged(self, ids: _Ints, chord: _Floats, accept: Callable[[int], bool]) -> _Ints:
        """Ask about candidates in order of chord until none further can belong to the answer."""
        self.horizon_m, n = math.inf, 0
        chosen: list[int] = []
        order = np.argsort(chord, kind="stable")
        for i, away in zip(ids[order].tolist(), chord[order].tolist(), strict=True):
            if away > self.horizon_m:
                break
            verdict = self._verdicts.get(i)
            if verdict is None:
                verdict = self._verdicts[i] = accept(i)
            if verdict:
                chosen.append(i)
                n += 1
                if n == self._k:
                    self.horizon_m = _longest_m(away)
        return np.array(chosen, dtype=np.int64)
