"""Which cameras can see a point, best picture first.

A camera sees a point when it lies between its smallest and largest useful distance and within half
the field of view of the optical axis or, for one that can turn, within what turning can bring into
view. Buildings in between are not known here. Pictures are ranked by the pixels they put on a metre
at the point, in the classes of IEC 62676-4.
"""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gis_link import words
from gis_link.index import GEOD, Index, sighted
from gis_link.model import Camera, CameraStatus, Position

# IEC 62676-4 detail classes by pixels per metre, best first.
DETAIL: Final = (("identify", 250.0), ("recognise", 125.0), ("observe", 62.5), ("detect", 25.0))
GLIMPSE: Final = "glimpse"
_UNDERFOOT_M = 0.5
_SAME_DEG = 1e-9
_HAIR_DEG = 1e-6
# A lens wider than this is no longer rectilinear; its metres across then grow with the angle.
_WIDEST_FLAT_DEG = 120.0
# Cameras are asked by how far they see, so that one on a hill does not make all others be asked.
_BANDS_M = (100.0, 300.0, 1000.0, 3000.0)


class View(NamedTuple):
    """A camera that can show the point: from how far, how well, and why it was chosen."""

    camera: Camera
    distance_m: float
    px_per_m: float
    detail: str
    fresh: str
    why: str


class _Sight(NamedTuple):
    """A camera that can show the point, before it is put in words."""

    camera: Camera
    distance_m: float
    bearing_deg: float
    px_per_m: float


class Blocked(NamedTuple):
    """The nearest camera that cannot show the point, and why not."""

    camera: Camera
    distance_m: float
    why: str


def turn_deg(of: float, to: float) -> float:
    """Give the smallest turn between two headings, 0 to 180."""
    return abs((of - to + 180.0) % 360.0 - 180.0)


def bearing_deg(origin: Position, to: Position) -> float:
    """Give the geodesic bearing at `origin` towards `to`, 0 to 360 clockwise from true north."""
    return float(GEOD.inv(origin.lon, origin.lat, to.lon, to.lat)[0]) % 360.0


def why_not(camera: Camera, distance_m: float, bearing: float) -> str | None:
    """Say why a camera cannot show what lies at this distance and bearing; None when it can."""
    if distance_m > camera.range_m:
        return f"{words.distance(distance_m)} is beyond its range of {camera.range_m:g} m"
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
    """Give how far outside the view a bearing lies, 0 when inside."""
    half = camera.hfov_deg / 2.0
    if camera.ptz is None:
        return max(0.0, turn_deg(bearing, camera.heading_deg) - half)
    span = (camera.ptz.to_deg - camera.ptz.from_deg) % 360.0
    if span == 0.0 or (bearing - camera.ptz.from_deg) % 360.0 <= span + _SAME_DEG:
        return 0.0
    ends = turn_deg(bearing, camera.ptz.from_deg), turn_deg(bearing, camera.ptz.to_deg)
    return max(0.0, min(ends) - half)


def px_per_m(camera: Camera, distance_m: float) -> float:
    """Give the pixels on one metre across the view at this distance, zoomed in when it can."""
    hfov = camera.hfov_deg
    if camera.ptz is not None and camera.ptz.tele_hfov_deg is not None:
        hfov = camera.ptz.tele_hfov_deg
    flat = min(hfov, _WIDEST_FLAT_DEG)
    across = 2.0 * math.tan(math.radians(flat) / 2.0) * (hfov / flat)
    return camera.width_px / (across * max(math.hypot(distance_m, camera.height_m), 1.0))


def detail_of(pixels: float) -> str:
    """Give the detail class of so many pixels per metre."""
    return next((name for name, least in DETAIL if pixels >= least), GLIMPSE)


class Views:
    """All cameras, ready to be asked."""

    def __init__(self, cameras: Sequence[Camera]) -> None:
        """Sort the cameras by place."""
        self._index = Index(cameras, _position, lambda camera: (_band(camera),))
        self._cameras = cameras
        self._lat = np.array([camera.position.lat for camera in cameras], dtype=np.float64)
        self._lon = np.array([camera.position.lon for camera in cameras], dtype=np.float64)
        self._range_m = np.array([camera.range_m for camera in cameras], dtype=np.float64)
        self._heading_deg = np.array([camera.heading_deg for camera in cameras], dtype=np.float64)
        self._half_deg = np.array([_half_deg(camera) for camera in cameras], dtype=np.float64)
        self._farthest_m: dict[str, float] = {}
        for camera in cameras:
            band = _band(camera)
            self._farthest_m[band] = max(self._farthest_m.get(band, 0.0), camera.range_m)

    def __len__(self) -> int:
        """Give how many cameras there are."""
        return len(self._index)

    def seeing(self, at: Position, now: datetime, limit: int = 4) -> list[View]:
        """Give the cameras that can show the point: working ones first, best picture first."""
        ids, order = self._in_range(at)
        bearing, metres = sighted(self._lat[ids], self._lon[ids], at)
        turn = np.abs((bearing - self._heading_deg[ids] + 180.0) % 360.0 - 180.0)
        # Most are ruled out all at once, a hair generously; `why_not` has the last word.
        likely = (turn <= self._half_deg[ids]) | (metres < _UNDERFOOT_M)
        columns = (each[likely].tolist() for each in (order, metres, ids, bearing))
        sights = [
            _Sight(camera, distance_m, angle, px_per_m(camera, distance_m))
            for _, distance_m, i, angle in sorted(zip(*columns, strict=True))
            if why_not(camera := self._cameras[i], distance_m, angle) is None
        ]
        return [_view(sight, now) for sight in sorted(sights, key=_rank)[:limit]]

    def _in_range(self, at: Position) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Give the cameras the point may be in range of, and the place of each one's band."""
        found: list[NDArray[np.int64]] = [np.empty(0, dtype=np.int64)]
        for band, farthest_m in self._farthest_m.items():
            ids, chord_m = self._index.around(at, farthest_m, band)
            found.append(ids[chord_m <= self._range_m[ids]])
        return np.concatenate(found), np.repeat(np.arange(len(found)), [len(ids) for ids in found])

    def nearest_blocked(self, at: Position) -> Blocked | None:
        """Give the nearest camera and why it does not show the point; None without cameras."""
        for camera, distance_m in self._index.near(at, 1):
            reason = why_not(camera, distance_m, bearing_deg(camera.position, at))
            return Blocked(camera, distance_m, reason or "it can")
        return None


def _position(camera: Camera) -> Position:
    return camera.position


def _band(camera: Camera) -> str:
    return str(next((band for band in _BANDS_M if camera.range_m <= band), "beyond"))


def _half_deg(camera: Camera) -> float:
    """Give how far from its heading a camera may see, a hair more for safety; all for a turner."""
    return 360.0 if camera.ptz is not None else camera.hfov_deg / 2.0 + _HAIR_DEG


def _view(sight: _Sight, now: datetime) -> View:
    camera, distance_m, bearing, pixels = sight
    detail = detail_of(pixels)
    fresh = words.as_of(camera.last_seen, now)
    return View(camera, distance_m, pixels, detail, fresh, _why(camera, bearing, pixels, detail))


def _why(camera: Camera, bearing: float, pixels: float, detail: str) -> str:
    parts = [_aim(camera, bearing), f"{pixels:.0f} px/m ({detail})"]
    if camera.status is CameraStatus.OFFLINE:
        parts.insert(0, "OFFLINE: no picture now")
    elif camera.status is CameraStatus.UNKNOWN:
        parts.append("not known whether it works")
    return ", ".join(parts)


def _aim(camera: Camera, bearing: float) -> str:
    if camera.ptz is None:
        return f"looks that way (bearing {bearing:.0f} degrees)"
    for preset in camera.ptz.presets:
        if turn_deg(preset.heading_deg, bearing) <= camera.hfov_deg / 2.0:
            return f"preset {preset.name!r} shows it (bearing {bearing:.0f} degrees)"
    return f"turn it to {bearing:.0f} degrees"


def _rank(sight: _Sight) -> tuple[bool, int, float]:
    pixels = sight.px_per_m
    detail = sum(pixels < least for _, least in DETAIL)
    return sight.camera.status is CameraStatus.OFFLINE, detail, -pixels
