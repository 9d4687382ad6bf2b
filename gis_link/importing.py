"""One file of resources to records: the good rows are taken, each bad one is a fault.

Unlike the loaders, which read the files a district keeps, this reads what somebody else sent: an
Excel sheet, a platform's catalogue, a CSV in another encoding or datum.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gis_link.datum import Datum
from gis_link.fields import Bounds, Fields
from gis_link.kinds import KINDS, Kind
from gis_link.model import Fault
from gis_link.need import NeedTable
from gis_link.packed_rows import PackedRows
from gis_link.rows import FaultList, Reading, Row, read_rows
from gis_link.unload import Text, fields_of, stock_fields

# Filled by what a row gives in another datum or geometry.
_ALWAYS = frozenset({"lat", "lon"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a file gave: rows as fields in WGS-84 by key, and every fault and warning.

    The key is the id, for stock the depot and the item.
    """

    kind: Kind
    rows: PackedRows
    n_new: int
    n_updated: int
    faults: tuple[Fault, ...]

    @property
    def n_wrong(self) -> int:
        """Count the faults that are no warnings."""
        return sum(not fault.is_warning for fault in self.faults)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What a row is checked against: the table of needs, the map, and where ids stand already."""

    needs: NeedTable
    bounds: Bounds | None = None
    taken: Mapping[str, str] | None = None


def key_of(kind: Kind, fields: Mapping[str, str]) -> str:
    """Give what tells two entries of a kind apart."""
    if kind.word == "stock":
        return f"{fields.get('depot', '')}/{fields.get('item', '')}"
    return fields.get("id", "")


def import_file(
    path: Path, kind: Kind, how: Reading, beside: Beside, old: PackedRows | None = None
) -> Imported:
    """Read a file into `old`; its rows keep what the file leaves empty where it names them."""
    faults = FaultList()
    rows = PackedRows(kind.columns) if old is None else old
    rows.begin_file()
    n_before, n_updated = len(rows), 0
    for row in read_rows(path, faults, how):
        fields = _fields(row, kind, faults, beside)
        if fields is None:
            continue
        key = key_of(kind, fields)
        if why := _why_twice(key, rows.line_of(key), beside.taken):
            faults.add(row.file, row.line, f"{kind.one} {key!r} {why}")
            continue
        if key in rows:
            fields = _merged(rows[key], fields, row)
            if not _is_good(fields, row, kind, faults, beside):
                continue
            n_updated += 1
        rows.put(key, fields, row.line)
    n_new = len(rows) - n_before
    if not n_new + n_updated and not faults:
        faults.add(str(path), 1, "there is nothing in it: a line of columns and rows are needed")
    return Imported(kind=kind, rows=rows, n_new=n_new, n_updated=n_updated, faults=tuple(faults))


def rows_of_file(path: Path, kind: Kind, needs: NeedTable) -> PackedRows:
    """Give the good rows of a file the district keeps, by key."""
    how = Reading(has_positions=kind.has_positions)
    return import_file(path, kind, how, Beside(needs=needs)).rows


def _fields(row: Row, kind: Kind, faults: FaultList, beside: Beside) -> Text | None:
    """Give the fields of the record a row becomes; None when it becomes none."""
    fields = Fields(row, faults, beside.bounds)
    record: Any = kind.build(fields, beside.needs)
    if not fields.is_good:
        return None
    return stock_fields(*record) if kind.word == "stock" else fields_of(record)


def _why_twice(key: str, line: int, taken: Mapping[str, str] | None) -> str:
    if line:
        return f"stands already in line {line}: give it an id of its own"
    if taken is not None and key in taken:
        return f"stands already at {taken[key]}: correct it there, or give it an id of its own"
    return ""


def _merged(old: Text, new: Text, row: Row) -> Text:
    """Give the old fields with those that the row itself fills."""
    said = {name: value for name, value in new.items() if name in row.fields or name in _ALWAYS}
    return {**old, **said}


def _is_good(fields: Text, row: Row, kind: Kind, faults: FaultList, beside: Beside) -> bool:
    """Say whether old and new fields together make a record; notes why not."""
    together = Row(row.file, row.line, dict(fields), Datum.WGS84)
    # The position was looked for on the map already.
    return _fields(together, kind, faults, replace(beside, bounds=None)) is not None


def kind_named(word: str) -> Kind:
    """Give a kind by its word.

    Raises:
        ValueError: there is none; says what there is.
    """
    if word not in KINDS:
        raise ValueError(f"kind {word!r} is not known; allowed: {', '.join(KINDS)}")
    return KINDS[word]
