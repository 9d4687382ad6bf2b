"""Which cameras can see a point, best picture first.

A camera sees a point when it lies between its smallest and largest useful distance and within half
the field of view of the optical axis or, for one that can turn, within what turning can bring into
view. Buildings in between are not known here. Pictures are ranked by the pixels they put on a metre
at the point, in the classes of IEC 62676-4. Where nobody has said which way a camera looks or how
wide, it is shown after all others and says so.
"""

import math
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np

from gis_link import words
from gis_link.ground import Floats, Ints, bearing_deg, bearings_deg
from gis_link.index import Index
from gis_link.model import Camera, CameraStatus, Position
from gis_link.shelf import Packed, Shelf, columns

# IEC 62676-4 detail classes by pixels per metre, best first.
DETAIL: Final = (("identify", 250.0), ("recognise", 125.0), ("observe", 62.5), ("detect", 25.0))
GLIMPSE: Final = "glimpse"
_UNDERFOOT_M = 0.5
_SAME_DEG = 1e-9
_HAIR_DEG = 1e-6
# A lens wider than this is no longer rectilinear; its metres across then grow with the angle.
_WIDEST_FLAT_DEG = 120.0
# A camera whose range nobody has said is shown up to here (the project's default, not a standard).
UNKNOWN_RANGE_M: Final = 100.0
UNKNOWN = "unknown"
# One whose heading alone is on file is left out when the point lies behind it.
_SURELY_BEHIND_DEG = 90.0
# Cameras are asked by how far they see, so that one on a hill does not make all others be asked.
_BANDS_M = (300.0, 3000.0)


class View(NamedTuple):
    """A camera that can show the point: from how far, how well, and why it was chosen.

    `px_per_m` is 0 and `detail` is "unknown" where its view is not on file. `preset` is the stored
    direction to call, "" for none; `turn_to_deg` the heading to turn to, None for one that cannot.
    """

    camera: Camera
    distance_m: float
    px_per_m: float
    detail: str
    fresh: str
    why: str
    preset: str = ""
    turn_to_deg: float | None = None


class Blocked(NamedTuple):
    """The nearest camera that cannot show the point, and why not."""

    camera: Camera
    distance_m: float
    why: str


def turn_deg(of: float, to: float) -> float:
    """Give the smallest turn between two headings, 0 to 180."""
    return abs((of - to + 180.0) % 360.0 - 180.0)


def is_known(camera: Camera) -> bool:
    """Say whether it is on file what a camera shows: range, field of view and direction."""
    has_aim = camera.heading_deg is not None or camera.ptz is not None
    return has_aim and camera.hfov_deg is not None and camera.range_m is not None


def why_not(camera: Camera, distance_m: float, bearing: float) -> str | None:
    """Say why a camera cannot show what lies at this distance and bearing; None when it can."""
    range_m = UNKNOWN_RANGE_M if camera.range_m is None else camera.range_m
    if distance_m > range_m:
        away = words.distance(distance_m)
        if camera.range_m is None:
            return f"{away} is beyond the {range_m:g} m looked at, no range on file"
        return f"{away} is beyond its range of {range_m:g} m"
    if distance_m < camera.min_range_m:
        return f"{distance_m:.0f} m is nearer than the {camera.min_range_m:g} m it can show"
    if distance_m < _UNDERFOOT_M:
        return None
    off = _off_view_deg(camera, bearing)
    if off <= _SAME_DEG:
        return None
    turned = "cannot turn that way" if camera.ptz else "looks another way"
    return f"it {turned}: {off:.0f} degrees outside its view"


def _off_view_deg(camera: Camera, bearing: float) -> float:
    """Give how far outside the view a bearing lies, 0 when inside or when nobody has said."""
    half = (camera.hfov_deg or 0.0) / 2.0
    if camera.ptz is None:
        if camera.heading_deg is None:
            return 0.0
        half = _SURELY_BEHIND_DEG if camera.hfov_deg is None else half
        return max(0.0, turn_deg(bearing, camera.heading_deg) - half)
    span = (camera.ptz.to_deg - camera.ptz.from_deg) % 360.0
    if span == 0.0 or (bearing - camera.ptz.from_deg) % 360.0 <= span + _SAME_DEG:
        return 0.0
    ends = turn_deg(bearing, camera.ptz.from_deg), turn_deg(bearing, camera.ptz.to_deg)
    return max(0.0, min(ends) - half)


def px_per_m(camera: Camera, distance_m: float) -> float:
    """Give the pixels on one metre across the view at this distance, zoomed in when it can.

    0 where the field of view is not on file.
    """
    return _gain(camera) / max(math.hypot(distance_m, camera.height_m), 1.0)


def _gain(camera: Camera) -> float:
    """Give the pixels on one metre across the view at one metre."""
    hfov = camera.hfov_deg
    if camera.ptz is not None and camera.ptz.tele_hfov_deg is not None:
        hfov = camera.ptz.tele_hfov_deg
    if hfov is None:
        return 0.0
    flat = min(hfov, _WIDEST_FLAT_DEG)
    return camera.width_px / (2.0 * math.tan(math.radians(flat) / 2.0) * (hfov / flat))


def detail_of(pixels: float) -> str:
    """Give the detail class of so many pixels per metre."""
    return next((name for name, least in DETAIL if pixels >= least), GLIMPSE)


class _Columns(NamedTuple):
    """What cameras are chosen by, one entry a row."""

    lat: Floats
    lon: Floats
    range_m: Floats
    heading_deg: Floats
    half_deg: Floats
    gain: Floats
    height_m: Floats
    rank: Ints

    def with_more(self, more: "_Columns") -> "_Columns":
        pairs = zip(self, more, strict=True)
        return _Columns(*(np.concatenate(pair) for pair in pairs))

    def bands(self) -> dict[str, Ints]:
        """Give the rows of each band of ranges."""
        band = np.searchsorted(_BANDS_M, self.range_m)
        found = ((str(n), np.flatnonzero(band == n)) for n in range(len(_BANDS_M) + 1))
        return {word: rows for word, rows in found if len(rows)}


_DTYPE: Final = [
    *(("lat", "f8"), ("lon", "f8"), ("range_m", "f4"), ("heading_deg", "f8")),
    *(("half_deg", "f4"), ("gain", "f4"), ("height_m", "f4"), ("rank", "i1")),
]


def _row(camera: Camera) -> tuple[Any, ...]:
    at, is_off = camera.position, camera.status is CameraStatus.OFFLINE
    range_m = UNKNOWN_RANGE_M if camera.range_m is None else camera.range_m
    heading = camera.heading_deg or 0.0
    rank = 2 * is_off + (not is_known(camera))
    gain = _gain(camera) if is_known(camera) else 0.0
    half = _half_deg(camera)
    return at.lat, at.lon, range_m * 1.000001, heading, half, gain, camera.height_m, rank


def _half_deg(camera: Camera) -> float:
    """Give how far from its heading a camera may see, a hair more for safety; all for a turner."""
    if camera.ptz is not None or camera.heading_deg is None:
        return 360.0
    half = _SURELY_BEHIND_DEG if camera.hfov_deg is None else camera.hfov_deg / 2.0
    return half + _HAIR_DEG


class _Base(NamedTuple):
    """What was reckoned of the packed cameras; kept while the shelf shares them."""

    packed: Packed[Camera]
    columns: _Columns
    places: Index

    @classmethod
    def of(cls, packed: Packed[Camera]) -> "_Base":
        known = _Columns(**columns(packed, _DTYPE, _row))
        return cls(packed, known, Index.of(known.lat, known.lon, known.bands()))


class Views:
    """All cameras, ready to be asked."""

    def __init__(self, cameras: Shelf[Camera], before: "Views | None" = None) -> None:
        """Sort the cameras by place; what `before` sorted already is taken over."""
        base = None if before is None or before.base.packed is not cameras.packed else before.base
        self.base: _Base = base or _Base.of(cameras.packed)
        self._cameras = cameras
        self._columns, self._index = self.base.columns, self.base.places
        if cameras.loose or cameras.gone:
            new = _Columns(**columns(cameras.loose, _DTYPE, _row))
            n = len(cameras.packed)
            bands = {word: rows + n for word, rows in new.bands().items()}
            at = [camera.position for camera in cameras.loose]
            self._columns = self._columns.with_more(new)
            self._index = self._index.changed(cameras.gone, at, bands)
        self._farthest_m = {
            word: float(self._columns.range_m[rows].max())
            for word, rows in self._columns.bands().items()
        }

    def __len__(self) -> int:
        """Give how many cameras there are."""
        return len(self._cameras)

    def seeing(self, at: Position, now: datetime, limit: int = 4) -> list[View]:
        """Give the cameras that can show the point: working ones first, best picture first."""
        rows, gaps, metres = self._in_range(at)
        of = self._columns
        bearing = bearings_deg(of.lat.take(rows), of.lon.take(rows), -gaps)
        turn = np.abs((bearing - of.heading_deg.take(rows) + 180.0) % 360.0 - 180.0)
        # Most are ruled out all at once, a hair generously; `why_not` has the last word.
        likely = ((turn <= of.half_deg.take(rows)) | (metres < _UNDERFOOT_M)).nonzero()[0]
        rows, metres, bearing = rows.take(likely), metres.take(likely), bearing.take(likely)
        pixels = of.gain.take(rows) / np.maximum(np.hypot(metres, of.height_m.take(rows)), 1.0)
        views: list[View] = []
        for n in np.lexsort((rows, metres, -pixels, of.rank.take(rows))).tolist():
            camera, distance_m = self._cameras.at_row(int(rows[n])), float(metres[n])
            if why_not(camera, distance_m, float(bearing[n])) is None:
                views.append(_view(camera, distance_m, float(bearing[n]), now))
            if len(views) == limit:
                break
        return views

    def _in_range(self, at: Position) -> tuple[Ints, Floats, Floats]:
        """Give the cameras the point is in range of, the way to each, and how far it is."""
        maybe = [
            self._index.maybe_within(at, farthest_m, band)
            for band, farthest_m in self._farthest_m.items()
        ]
        rows = np.concatenate(maybe) if maybe else np.empty(0, dtype=np.int64)
        gaps = self._index.gaps(at, rows)
        metres = self._index.along_m(at, rows, gaps)
        inside = (metres <= self._columns.range_m.take(rows)).nonzero()[0]
        return rows.take(inside), gaps.take(inside, axis=0), metres.take(inside)

    def nearest_blocked(self, at: Position) -> Blocked | None:
        """Give the nearest camera and why it does not show the point; None without cameras."""
        found = self._index.nearest(at, 1)
        for row, distance_m in zip(found.rows.tolist(), found.metres.tolist(), strict=True):
            camera = self._cameras.at_row(row)
            reason = why_not(camera, distance_m, bearing_deg(camera.position, at))
            return Blocked(camera, distance_m, reason or "it can")
        return None


def _view(camera: Camera, distance_m: float, bearing: float, now: datetime) -> View:
    pixels = px_per_m(camera, distance_m) if is_known(camera) else 0.0
    detail = detail_of(pixels) if is_known(camera) else UNKNOWN
    preset = _preset(camera, bearing)
    said = f"{pixels:.0f} px/m ({detail})" if is_known(camera) else "its view is not on file"
    parts = [_aim(camera, bearing, preset), said]
    if camera.status is CameraStatus.OFFLINE:
        parts.insert(0, "OFFLINE: no picture now")
    elif camera.status is CameraStatus.UNKNOWN:
        parts.append("not known whether it works")
    fresh = words.as_of(camera.last_seen, now)
    turn_to = None if camera.ptz is None else bearing
    return View(camera, distance_m, pixels, detail, fresh, ", ".join(parts), preset, turn_to)


def _aim(camera: Camera, bearing: float, preset: str) -> str:
    if preset:
        return f"preset {preset!r} shows it (bearing {_whole(bearing)} degrees)"
    if camera.ptz is not None:
        return f"turn it to {_whole(bearing)} degrees"
    if camera.heading_deg is None:
        return f"may show it (bearing {_whole(bearing)} degrees)"
    if camera.hfov_deg is None:
        heading = camera.heading_deg
        return f"may show it (looks to {_whole(heading)}, bearing {_whole(bearing)} degrees)"
    return f"looks that way (bearing {_whole(bearing)} degrees)"


def _whole(degrees: float) -> int:
    return round(degrees) % 360


def _preset(camera: Camera, bearing: float) -> str:
    """Give the stored direction that shows a bearing best, "" when none does."""
    if camera.ptz is None or camera.hfov_deg is None:
        return ""
    turns = [(turn_deg(each.heading_deg, bearing), each.name) for each in camera.ptz.presets]
    best = min(turns, key=lambda each: each[0], default=(math.inf, ""))
    return best[1] if best[0] <= camera.hfov_deg / 2.0 else ""
