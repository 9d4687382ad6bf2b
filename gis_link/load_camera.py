"""One row of a cameras file to a camera."""

from typing import Final

from gis_link.fields import Fields
from gis_link.model import Camera, CameraStatus, Preset, Ptz

CAMERA_COLUMNS: Final = (
    *("id", "name", "lat", "lon", "heading_deg", "hfov_deg", "range_m", "min_range_m"),
    *("height_m", "width_px", "pan_from_deg", "pan_to_deg", "presets", "tele_hfov_deg"),
    *("status", "last_seen", "stream", "snapshot"),
)
MAX_RANGE_M: Final = 20_000.0
MAX_PRESETS: Final = 256


def camera_of(fields: Fields) -> Camera:
    """Build a camera; only id, name and position are required.

    Without heading, field of view or range it is not known what the camera shows.
    """
    range_m = fields.maybe("range_m", 1.0, MAX_RANGE_M)
    min_range_m = fields.number("min_range_m", 0.0, MAX_RANGE_M, 0.0)
    if range_m is not None and min_range_m >= range_m:
        fields.wrong(f"min_range_m {min_range_m:g} must be less than range_m {range_m:g}")
    return Camera(
        id=fields.text("id"),
        name=fields.text("name"),
        position=fields.position(),
        heading_deg=fields.maybe("heading_deg", 0.0, 360.0),
        hfov_deg=fields.maybe("hfov_deg", 1.0, 360.0),
        range_m=range_m,
        min_range_m=min_range_m,
        height_m=fields.number("height_m", -50.0, 1000.0, 0.0),
        width_px=fields.whole("width_px", 160, 20_000, 1920),
        ptz=_ptz(fields),
        status=CameraStatus(fields.choice("status", list(CameraStatus), CameraStatus.UNKNOWN)),
        last_seen=fields.instant("last_seen"),
        stream=_link(fields, "stream"),
        snapshot=_link(fields, "snapshot"),
    )


def _ptz(fields: Fields) -> Ptz | None:
    if not (fields.has("pan_from_deg") or fields.has("pan_to_deg") or fields.has("presets")):
        return None
    tele = fields.number("tele_hfov_deg", 0.5, 180.0) if fields.has("tele_hfov_deg") else None
    return Ptz(
        from_deg=fields.number("pan_from_deg", 0.0, 360.0, 0.0),
        to_deg=fields.number("pan_to_deg", 0.0, 360.0, 360.0),
        presets=_presets(fields),
        tele_hfov_deg=tele,
    )


def _presets(fields: Fields) -> tuple[Preset, ...]:
    presets: list[Preset] = []
    for part in filter(None, fields.text("presets", "", MAX_PRESETS * 80).split(";")):
        name, _, heading = part.rpartition(":")
        try:
            degrees = float(heading)
        except ValueError:
            degrees = -1.0
        if not name.strip() or not 0.0 <= degrees <= 360.0:
            fields.wrong(f"preset {part!r} is not `name:heading` with a heading of 0 to 360")
        presets.append(Preset(name.strip(), degrees))
    if len(presets) > MAX_PRESETS:
        fields.wrong(f"more than {MAX_PRESETS} presets")
    return tuple(presets)


def _link(fields: Fields, name: str) -> str:
    """Give an address; one with a password in it is refused, because cards are sent to people."""
    link = fields.text(name, "")
    authority = link.partition("://")[2].partition("/")[0]
    if link and "://" not in link and not link.startswith("/"):
        fields.wrong(f"{name} {link!r} is not an address: write rtsp://… or https://…")
    if "@" in authority:
        fields.wrong(f"{name} has a user or password in it: leave them out, cards go to people")
    return link
