"""One feature of a map file to a place, one row of a people file to a person."""

from typing import Any, Final

import shapely
from shapely.geometry import shape
from shapely.validation import explain_validity

from gis_link.datum import Datum, to_wgs84
from gis_link.fields import Fields
from gis_link.model import Person, Place, Position, Tier
from gis_link.need import DUTIES

PLACE_COLUMNS: Final = ("tier", "code", "name")
PEOPLE_COLUMNS: Final = ("tier", "place", "place_name", "name", "role", "phone", "duty", "rank")
MAX_VERTICES: Final = 200_000


def place_of(fields: Fields) -> Place:
    """Build a place with its outline; a file position of the outline is kept for later faults."""
    tiers = [tier.value for tier in Tier if tier is not Tier.SITE]
    tier = fields.choice("tier", tiers, "")
    return Place(
        tier=Tier(tier) if tier else Tier.DISTRICT,
        code=fields.text("code"),
        name=fields.text("name"),
        outline=_outline(fields),
        file=fields.file,
        line=fields.line,
    )


def person_of(fields: Fields) -> tuple[Place, Person]:
    """Build a person, and the bare place they answer for."""
    tier = fields.choice("tier", list(Tier), "")
    code = fields.text("place")
    place = Place(
        tier=Tier(tier) if tier else Tier.SITE, code=code, name=fields.text("place_name", code)
    )
    person = Person(
        name=fields.text("name"),
        role=fields.text("role", ""),
        phone=fields.text("phone"),
        duty=fields.choice("duty", DUTIES, "any"),
        rank=fields.whole("rank", 1, 99, 1),
    )
    return place, person


def _outline(fields: Fields) -> Any:
    """Give the outline as a valid shapely shape in WGS 84 (lon, lat); notes what is wrong."""
    geometry = fields.geometry
    if geometry is None or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        fields.wrong("geometry must be a Polygon or a MultiPolygon")
        return None
    try:
        outline = shapely.force_2d(shape(geometry))
    except (ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
        fields.wrong(f"coordinates are not rings of [lon, lat] with 4 or more points: {error}")
        return None
    if outline.is_empty or shapely.get_num_coordinates(outline) > MAX_VERTICES:
        fields.wrong(f"an outline has 4 to {MAX_VERTICES} points")
    elif not _is_on_globe(outline, fields):
        fields.is_good = False
    elif not outline.is_valid:
        fields.wrong(f"the outline crosses itself or is open: {explain_validity(outline)}")
    else:
        return _in_wgs84(outline, fields.datum)
    return None


def _is_on_globe(outline: Any, fields: Fields) -> bool:
    west, south, east, north = outline.bounds
    if -90.0 <= south <= north <= 90.0 and -180.0 <= west <= east <= 180.0:
        return True
    if -90.0 <= west <= east <= 90.0:
        fields.wrong("lat and lon look swapped: GeoJSON writes [lon, lat]")
    else:
        fields.wrong("points are outside lat -90 to 90, lon -180 to 180 degrees")
    return False


def _in_wgs84(outline: Any, datum: Datum) -> Any:
    if datum is Datum.WGS84:
        return outline

    def shifted(points: Any) -> list[tuple[float, float]]:
        moved = (to_wgs84(Position(lat, lon), datum) for lon, lat in points.tolist())
        return [(position.lon, position.lat) for position in moved]

    return shapely.transform(outline, shifted)
