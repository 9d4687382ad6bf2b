"""`groundwatch resources import`: what somebody sent becomes a file of the district, offline."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gis_link.datum import parse_datum
from gis_link.importing import Beside, Imported, import_file, kind_named, rows_of_file
from gis_link.kinds import Kind
from gis_link.loaders import load_bounds
from gis_link.need import BUILT_IN, NeedTable
from gis_link.need_file import parse_needs
from gis_link.packed_rows import PackedRows
from gis_link.rows import Reading
from gis_link.unload import write_csv
from groundwatch.settings import SettingsError

_READ = (".csv", ".xlsx", ".geojson", ".json", ".xml")
_ENCODINGS = {"utf-8": "utf-8-sig", "gb18030": "gb18030", "gbk": "gb18030", "gb2312": "gb18030"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrder:
    """What to import, what it is, and where it goes; a place that is there is updated on demand."""

    file: Path
    kind: str
    sites: Path
    into: Path | None = None
    datum: str = ""
    encoding: str = "utf-8"
    update: bool = False
    replace: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an import did, and where it wrote; nowhere when nothing was good or it was dry."""

    imported: Imported
    into: Path
    is_written: bool


def import_resources(order: ImportOrder) -> Outcome:
    """Read the file, check every row against the district, and write the good ones.

    Raises:
        SettingsError: an option is not allowed; nothing was written.
    """
    kind = _kind(order)
    directory = order.sites / "resources"
    into = order.into or Path(f"{kind.word}-{order.file.stem}.csv")
    into = directory / into if into.parent == Path() else into
    _check_place(order, kind, into)
    needs = _needs(directory / "needs.yaml")
    old = _kept(into, kind, needs) if order.update and into.exists() else None
    beside = Beside(
        needs=needs,
        bounds=load_bounds(order.sites / "map"),
        taken=_taken(directory, kind, into, needs),
    )
    found = import_file(order.file, kind, _how(order, kind), beside, old)
    is_written = bool(found.n_new + found.n_updated) and not order.dry_run
    if is_written:
        _write(into, found.rows, has_positions=kind.has_positions)
    return Outcome(imported=found, into=into, is_written=is_written)


def _kind(order: ImportOrder) -> Kind:
    if order.file.suffix.lower() not in _READ:
        raise SettingsError(f"{order.file}: allowed are files ending in {', '.join(_READ)}")
    if not order.file.is_file():
        raise SettingsError(f"{order.file}: there is no such file")
    if order.file.suffix.lower() == ".xml" and order.kind != "cameras":
        raise SettingsError(f"{order.file}: a GB/T 28181 catalogue holds cameras: --kind cameras")
    try:
        return kind_named(order.kind)
    except ValueError as error:
        raise SettingsError(f"--kind: {error}") from error


def _check_place(order: ImportOrder, kind: Kind, into: Path) -> None:
    if not into.parent.is_dir():
        raise SettingsError(f"{into.parent}: there is no such folder; create it or correct --sites")
    if not into.name.startswith(kind.word) or into.suffix != ".csv":
        raise SettingsError(
            f"--into {into}: its name must begin with {kind.word} and end in .csv to be read"
        )
    if into.exists() and not (order.update or order.replace):
        raise SettingsError(
            f"{into} is there already: --update keeps its rows and what the import leaves empty,"
            " --replace writes it anew, --into names another file"
        )


def _how(order: ImportOrder, kind: Kind) -> Reading:
    encoding = _ENCODINGS.get(order.encoding.lower())
    if encoding is None:
        allowed = ", ".join(_ENCODINGS)
        raise SettingsError(f"--encoding {order.encoding!r}: allowed are {allowed}")
    try:
        datum = parse_datum(order.datum) if order.datum else None
    except ValueError as error:
        raise SettingsError(f"--datum: {error}") from error
    return Reading(datum=datum, encoding=encoding, has_positions=kind.has_positions)


def _kept(into: Path, kind: Kind, needs: NeedTable) -> PackedRows:
    """Give the rows of the file that is updated; a row that cannot be read would be lost."""
    how = Reading(has_positions=kind.has_positions)
    there = import_file(into, kind, how, Beside(needs=needs))
    if there.n_wrong:
        told = "\n".join(map(str, there.faults))
        raise SettingsError(f"{told}\n{into}: --update would lose these rows: mend it first")
    return there.rows


def _needs(path: Path) -> NeedTable:
    return (
        parse_needs(path.read_text(encoding="utf-8"), str(path))[0] if path.exists() else BUILT_IN
    )


def _taken(directory: Path, kind: Kind, into: Path, needs: NeedTable) -> dict[str, str]:
    """Give where ids of other files of the directory stand."""
    return {
        key: place
        for path in sorted(directory.glob(f"{kind.word}*"))
        if path.suffix in (".csv", ".geojson", ".xlsx") and path.resolve() != into.resolve()
        for place in (str(path),)
        for key in rows_of_file(path, kind, needs)
    }


def _write(path: Path, rows: PackedRows, *, has_positions: bool) -> None:
    """Write a file whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".import-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            write_csv(out, rows.table(), rows.filled, has_positions=has_positions)
            out.flush()
            os.fsync(out.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
