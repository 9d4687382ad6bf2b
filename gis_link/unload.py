"""Records back to the text fields of a row: for files that are written, and for edits.

Building a record from the fields it gives, stated as WGS-84, gives the record again.
"""

import csv
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from gis_link.model import Camera, Depot, Facility, Position, Stock, Team

Text = dict[str, str]


def fields_of(record: Team | Depot | Camera | Facility) -> Text:
    """Give the fields of a record that are filled, positions in WGS 84 degrees."""
    match record:
        case Team():
            found = _team(record)
        case Depot():
            found = {"keeper": record.keeper, "phone": record.phone, **_placed(record.position)}
        case Camera():
            found = _camera(record)
        case Facility():
            found = _facility(record)
    found = {"id": record.id, "name": record.name, **found}
    return {name: value for name, value in found.items() if value}


def stock_fields(depot: str, stock: Stock) -> Text:
    """Give the fields of a line of stock that are filled."""
    found = {
        "depot": depot,
        "item": stock.item,
        "quantity": number(stock.quantity),
        "unit": stock.unit,
        "reserved": number(stock.reserved) if stock.reserved else "",
        "expires": stock.expires.isoformat() if stock.expires else "",
        "checked_at": _instant(stock.checked_at),
    }
    return {name: value for name, value in found.items() if value}


def number(value: float | None) -> str:
    """Write a number so that reading it gives the same: `3`, `0.25`; "" for None."""
    if value is None:
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def write_csv(
    out: TextIO, rows: Iterable[Sequence[str]], columns: Iterable[str], *, has_positions: bool
) -> None:
    """Write rows, a value per column, as a file for the loaders; line one states the datum."""
    if has_positions:
        out.write("# datum: WGS-84\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)


def _placed(at: Position, prefix: str = "") -> Text:
    return {f"{prefix}lat": repr(at.lat), f"{prefix}lon": repr(at.lon)}


def _team(team: Team) -> Text:
    return {
        "capabilities": ";".join(sorted(team.capabilities)),
        "strength": str(team.strength),
        "on_duty": _flag(team.on_duty),
        "phone": team.phone,
        **_placed(team.position),
        "as_of": _instant(team.as_of),
        **(_placed(team.base, "base_") if team.base is not None else {}),
    }


def _camera(camera: Camera) -> Text:
    found = {
        **_placed(camera.position),
        "heading_deg": number(camera.heading_deg),
        "hfov_deg": number(camera.hfov_deg),
        "range_m": number(camera.range_m),
        "min_range_m": number(camera.min_range_m),
        "height_m": number(camera.height_m),
        "width_px": str(camera.width_px),
        "status": camera.status.value,
        "last_seen": _instant(camera.last_seen),
        "stream": camera.stream,
        "snapshot": camera.snapshot,
    }
    if camera.ptz is not None:
        presets = (f"{each.name}:{number(each.heading_deg)}" for each in camera.ptz.presets)
        found |= {
            "pan_from_deg": number(camera.ptz.from_deg),
            "pan_to_deg": number(camera.ptz.to_deg),
            "presets": ";".join(presets),
            "tele_hfov_deg": number(camera.ptz.tele_hfov_deg),
        }
    return found


def _facility(facility: Facility) -> Text:
    return {
        "kind": facility.kind.value,
        **_placed(facility.position),
        "contact": facility.contact,
        "phone": facility.phone,
        "capacity": number(facility.capacity),
        "in_use": number(facility.in_use),
        "unit": facility.unit,
        "open": "" if facility.is_open is None else _flag(facility.is_open),
        "as_of": _instant(facility.as_of),
    }


def _flag(value: bool) -> str:  # noqa: FBT001 - one word of a row
    return "true" if value else "false"


def _instant(at: Any) -> str:
    return at.isoformat() if at is not None else ""
