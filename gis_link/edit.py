"""Changes of single resources, laid over what the files say.

Plain functions from resources to resources: nothing here knows where edits are kept. A line of
stock goes by the id `depot/item`, the second one of the same item by `depot/item/2`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from msgspec import structs

from gis_link.datum import Datum
from gis_link.fields import Fields
from gis_link.kinds import FACILITY_KINDS, KINDS, kind_of
from gis_link.loaders import Resources
from gis_link.model import Depot, Stock
from gis_link.rows import FaultList, Row
from gis_link.shelf import Shelf
from gis_link.unload import Text, fields_of, stock_fields

_SHELVES: Final = {
    "teams": "teams",
    "depots": "depots",
    "cameras": "cameras",
    **dict.fromkeys(FACILITY_KINDS, "facilities"),
}
EDIT: Final = "edit"
_STATE_DATUM: Final = "positions need a datum: WGS-84, CGCS2000, GCJ-02 or BD-09"


class EditRefused(Exception):
    """An edit cannot be made; every reason is in `why`."""

    def __init__(self, *why: str) -> None:
        """Say every reason."""
        super().__init__("; ".join(why))
        self.why = why


def fields_at(resources: Resources, kind: str, resource: str) -> Text | None:
    """Give the fields of a resource in WGS-84, None when there is none of this kind and id."""
    if kind == "stock":
        found = _lines(resources, resource.partition("/")[0]).get(resource)
        return None if found is None else stock_fields(resource.partition("/")[0], found)
    record: Any = _shelf(resources, kind).get(resource)
    return None if record is None or kind_of(record) != kind else fields_of(record)


def record_of(
    resources: Resources, kind: str, fields: Mapping[str, str], datum: Datum | None
) -> Any:
    """Build what the fields say; a line of stock comes with the id of its depot.

    Raises:
        EditRefused: they make none; every reason is told.
    """
    faults = FaultList()
    strange = [name for name in fields if name not in KINDS[kind].columns]
    row = Row(EDIT, 1, {name: text for name, text in fields.items() if text}, datum)
    built = Fields(row, faults)
    for name in strange:
        built.wrong(f"{name!r} is not a field of {kind}: {', '.join(KINDS[kind].columns)}")
    if datum is None and any(name.endswith(("lat", "lon")) for name in row.fields):
        built.wrong(_STATE_DATUM)
    record = KINDS[kind].build(built, resources.needs)
    if not built.is_good:
        raise EditRefused(*(fault.what for fault in faults))
    return record


def in_wgs84(fields: Mapping[str, str], datum: Datum | None) -> Text:
    """Give changed fields with the positions among them in WGS-84.

    Raises:
        EditRefused: a position is none, is half of one, or its datum is not stated.
    """
    changed = {name: text.strip() for name, text in fields.items()}
    faults = FaultList()
    row = Fields(Row(EDIT, 1, {n: text for n, text in changed.items() if text}, datum), faults)
    for prefix in ("", "base_"):
        names = f"{prefix}lat", f"{prefix}lon"
        if row.has(names[0]) or row.has(names[1]):
            if datum is None:
                row.wrong(_STATE_DATUM)
            at = row.position(prefix)
            changed |= {names[0]: repr(at.lat), names[1]: repr(at.lon)}
    if not row.is_good:
        raise EditRefused(*(fault.what for fault in faults))
    return changed


def put(resources: Resources, kind: str, resource: str, fields: Mapping[str, str]) -> Resources:
    """Give the resources with what these fields say, in WGS-84, in the place of `resource`.

    Raises:
        EditRefused: the fields make no such resource.
    """
    record = record_of(resources, kind, fields, Datum.WGS84)
    if kind == "stock":
        return _with_line(resources, resource, *record)
    if record.id != resource:
        raise EditRefused(f"the id {resource!r} cannot be changed: delete it and create another")
    if kind == "depots":
        known = resources.depots.get(resource)
        record = structs.replace(record, stock=known.stock if known is not None else ())
    return _with_shelf(resources, kind, _shelf(resources, kind).put(record))


def take(resources: Resources, kind: str, resource: str) -> Resources:
    """Give the resources without one."""
    if kind != "stock":
        return _with_shelf(resources, kind, _shelf(resources, kind).without(resource))
    lines = _lines(resources, depot := resource.partition("/")[0])
    lines.pop(resource, None)
    return _with_lines(resources, depot, lines)


def stock_ids(depot: Depot) -> dict[str, Stock]:
    """Give the lines of a depot by their ids."""
    found: dict[str, Stock] = {}
    for line in depot.stock:
        name, n = f"{depot.id}/{line.item}", 1
        while (key := name if n == 1 else f"{name}/{n}") in found:
            n += 1
        found[key] = line
    return found


def _shelf(resources: Resources, kind: str) -> Shelf[Any]:
    shelf: Shelf[Any] = getattr(resources, _SHELVES[kind])
    return shelf


def _with_shelf(resources: Resources, kind: str, shelf: Shelf[Any]) -> Resources:
    tidy = shelf.tidied() if shelf.is_untidy() else shelf
    changed: dict[str, Any] = {_SHELVES[kind]: tidy}
    absent = tuple(word for word in resources.absent if word != _SHELVES[kind])
    return replace(resources, absent=absent, **changed)


def _lines(resources: Resources, depot_id: str) -> dict[str, Stock]:
    depot = resources.depots.get(depot_id)
    return {} if depot is None else stock_ids(depot)


def _with_line(resources: Resources, resource: str, depot_id: str, line: Stock) -> Resources:
    if resources.depots.get(depot_id) is None:
        raise EditRefused(f"there is no depot {depot_id!r}: create it first")
    if f"{depot_id}/{line.item}" != "/".join(resource.split("/")[:2]):
        raise EditRefused(f"{resource!r} is not the id of {line.item} in {depot_id}")
    return _with_lines(resources, depot_id, {**_lines(resources, depot_id), resource: line})


def _with_lines(resources: Resources, depot_id: str, lines: Mapping[str, Stock]) -> Resources:
    depot = resources.depots.get(depot_id)
    if depot is None:
        return resources
    changed = structs.replace(depot, stock=tuple(lines.values()))
    absent = replace(resources, absent=tuple(w for w in resources.absent if w != "stock"))
    return _with_shelf(absent, "depots", resources.depots.put(changed))
