"""What one row of each kind of file becomes: the columns it may have, and how it is built.

The loaders, the import and the interface for edits build records here and nowhere else, so that a
fault is the same sentence wherever a row comes from.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from gis_link.fields import Fields
from gis_link.load_camera import CAMERA_COLUMNS, camera_of
from gis_link.model import Camera, Depot, Facility, FacilityKind, Stock, Team
from gis_link.need import NeedTable

MAX_QUANTITY: Final = 1e9
TEAM_COLUMNS: Final = (
    *("id", "name", "capabilities", "strength", "on_duty", "phone"),
    *("lat", "lon", "as_of", "base_lat", "base_lon"),
)
DEPOT_COLUMNS: Final = ("id", "name", "lat", "lon", "keeper", "phone")
STOCK_COLUMNS: Final = (
    *("depot", "item", "quantity", "unit", "reserved", "expires", "checked_at"),
)
FACILITY_COLUMNS: Final = (
    *("id", "name", "lat", "lon", "contact", "phone"),
    *("capacity", "in_use", "unit", "open", "as_of"),
)
SENSITIVE_COLUMNS: Final = ("kind", *FACILITY_COLUMNS)
_UNITS: Final = {
    FacilityKind.SHELTER: "people",
    FacilityKind.HOSPITAL: "beds",
    FacilityKind.PUMP: "m3/h",
}
_SENSITIVE: Final = tuple(kind.value for kind in FacilityKind if kind not in _UNITS)


class Kind(NamedTuple):
    """A kind of file: what its name begins with, what one entry is called, and its columns."""

    word: str
    one: str
    columns: tuple[str, ...]
    build: Callable[[Fields, NeedTable], Any]
    has_positions: bool = True


def team_of(fields: Fields, needs: NeedTable) -> Team:
    """Build a team; without a position of its own it stands at its base."""
    has_base = fields.has("base_lat") or fields.has("base_lon")
    base = fields.position("base_") if has_base else None
    has_own = fields.has("lat") or fields.has("lon") or base is None
    return Team(
        id=fields.text("id"),
        name=fields.text("name"),
        capabilities=fields.codes("capabilities", needs.capabilities, "capability"),
        strength=fields.whole("strength", 0, 100_000, 0),
        on_duty=fields.flag("on_duty", default=True),
        phone=fields.text("phone", ""),
        position=fields.position() if has_own or base is None else base,
        as_of=fields.instant("as_of"),
        base=base,
    )


def depot_of(fields: Fields, _: NeedTable) -> Depot:
    """Build a depot, its stock comes from other rows."""
    return Depot(
        id=fields.text("id"),
        name=fields.text("name"),
        position=fields.position(),
        keeper=fields.text("keeper", ""),
        phone=fields.text("phone", ""),
    )


def stock_of(fields: Fields, needs: NeedTable) -> tuple[str, Stock]:
    """Build a line of stock, with the id of the depot it lies in."""
    item = fields.code("item", needs.items, "item")
    unit = fields.text("unit", "")
    known = needs.items.get(item)
    if known is not None and unit not in ("", known.unit):
        fields.wrong(f"unit {unit!r} is not the one {item} is counted in: write {known.unit}")
    quantity = fields.number("quantity", 0.0, MAX_QUANTITY)
    reserved = fields.number("reserved", 0.0, MAX_QUANTITY, 0.0)
    if reserved > quantity:
        fields.wrong(f"reserved {reserved:g} is more than the quantity of {quantity:g}")
    stock = Stock(
        item=item,
        quantity=quantity,
        unit=known.unit if known else unit,
        reserved=reserved,
        expires=fields.day("expires"),
        checked_at=fields.instant("checked_at"),
    )
    return fields.text("depot"), stock


def _facility(kind: FacilityKind | None) -> Callable[[Fields, NeedTable], Facility]:
    def build(fields: Fields, _: NeedTable) -> Facility:
        what = kind or FacilityKind(fields.choice("kind", _SENSITIVE, FacilityKind.OTHER.value))
        capacity = fields.maybe("capacity", 0.0, MAX_QUANTITY)
        in_use = fields.maybe("in_use", 0.0, MAX_QUANTITY)
        if capacity is not None and in_use is not None and in_use > capacity:
            fields.wrong(f"in_use {in_use:g} is more than the capacity of {capacity:g}")
        return Facility(
            id=fields.text("id"),
            name=fields.text("name"),
            kind=what,
            position=fields.position(),
            phone=fields.text("phone", ""),
            contact=fields.text("contact", ""),
            capacity=capacity,
            in_use=in_use,
            unit=fields.text("unit", _UNITS.get(what, "people")),
            is_open=fields.flag("open", default=True) if fields.has("open") else None,
            as_of=fields.instant("as_of"),
        )

    return build


def _camera(fields: Fields, _: NeedTable) -> Camera:
    return camera_of(fields)


KINDS: Final = {
    kind.word: kind
    for kind in (
        Kind("teams", "team", TEAM_COLUMNS, team_of),
        Kind("depots", "depot", DEPOT_COLUMNS, depot_of),
        Kind("stock", "line of stock", STOCK_COLUMNS, stock_of, has_positions=False),
        Kind("cameras", "camera", CAMERA_COLUMNS, _camera),
        Kind("shelters", "shelter", FACILITY_COLUMNS, _facility(FacilityKind.SHELTER)),
        Kind("hospitals", "hospital", FACILITY_COLUMNS, _facility(FacilityKind.HOSPITAL)),
        Kind("pumps", "pump", FACILITY_COLUMNS, _facility(FacilityKind.PUMP)),
        Kind("sensitive", "sensitive place", SENSITIVE_COLUMNS, _facility(None)),
    )
}
FACILITY_KINDS: Final = ("shelters", "hospitals", "pumps", "sensitive")


def kind_of(record: object) -> str:
    """Give the word of the kind a record is of.

    Raises:
        TypeError: it is of none.
    """
    match record:
        case Team():
            return "teams"
        case Depot():
            return "depots"
        case Camera():
            return "cameras"
        case Facility():
            return {
                FacilityKind.SHELTER: "shelters",
                FacilityKind.HOSPITAL: "hospitals",
                FacilityKind.PUMP: "pumps",
            }.get(record.kind, "sensitive")
        case _:
            raise TypeError(f"{type(record).__name__} is no resource")
