"""Files to rows: CSV lines, sheet rows, GeoJSON features, catalogue items become the same fields.

Every file of positions states its datum: a CSV or a sheet in a first line `# datum: WGS-84` (or a
column `datum`), a GeoJSON in a member `datum` beside `features` or in its `crs`. A GB/T 28181
catalogue cannot, so who imports it says it. A file whose datum nobody states is refused whole,
because a guess would move its points by half a kilometre.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Final

from gis_link import gb28181
from gis_link.datum import Datum, parse_datum
from gis_link.model import Fault
from gis_link.sheet import SheetError, sheet_rows

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
MAX_ROWS: Final = 1_000_000
MAX_FAULTS_PER_FILE: Final = 200
_STATE_DATUM = (
    "write WGS-84, CGCS2000, GCJ-02 or BD-09 (web maps of mainland China use GCJ-02 or BD-09)"
)


# What columns are called in Chinese sheets.
_COLUMN_WORDS: Final = {
    "编号": "id",
    "编码": "id",
    "名称": "name",
    "纬度": "lat",
    "经度": "lon",
    "坐标系": "datum",
    "电话": "phone",
    "联系电话": "phone",
    "能力": "capabilities",
    "人数": "strength",
    "在岗": "on_duty",
    "更新时间": "as_of",
    "保管人": "keeper",
    "负责人": "contact",
    "仓库": "depot",
    "仓库编号": "depot",
    "物资": "item",
    "数量": "quantity",
    "单位": "unit",
    "预留": "reserved",
    "有效期": "expires",
    "盘点时间": "checked_at",
    "容量": "capacity",
    "已用": "in_use",
    "开放": "open",
    "类别": "kind",
    "朝向": "heading_deg",
    "状态": "status",
    "视场角": "hfov_deg",
    "视距": "range_m",
    "高度": "height_m",
    "视频地址": "stream",
    "截图地址": "snapshot",
    "预置位": "presets",
}
_SPACE: Final = re.compile(r"[\s,]*")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a CSV or one feature of a GeoJSON file, all fields as text.

    `geometry` is the GeoJSON geometry where there is one; a point also fills `lat` and `lon`.
    """

    file: str
    line: int
    fields: dict[str, str]
    datum: Datum | None
    geometry: dict[str, Any] | None = None


class FaultList(list[Fault]):
    """Faults of all files, at most so many of each file."""

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self._per_file: dict[tuple[str, bool], int] = {}

    def add(self, file: str, line: int, what: str) -> None:
        """Note a fault."""
        self.note(Fault(file, line, what))

    def has_room(self, file: str, *, is_warning: bool) -> bool:
        """Say whether one more of a file would be taken with its words, not only counted."""
        return self._per_file.get((file, is_warning), 0) < MAX_FAULTS_PER_FILE

    def note(self, fault: Fault) -> None:
        """Note a fault or warning; the last one taken of a file says that there are more.

        Warnings are counted by themselves: however many there are, they hide no fault.
        """
        kind = fault.file, fault.is_warning
        n = self._per_file[kind] = self._per_file.get(kind, 0) + 1
        if n <= MAX_FAULTS_PER_FILE:
            self.append(fault)
        elif n == MAX_FAULTS_PER_FILE + 1:
            word = "warnings" if fault.is_warning else "faults"
            self.append(fault._replace(what=f"more {word} follow: mend these first"))


def read_bytes(path: Path, faults: FaultList) -> bytes | None:
    """Give what a file holds; a file that cannot be read is one fault."""
    try:
        return None if _is_too_large(path, faults) else path.read_bytes()
    except OSError as error:
        faults.add(str(path), 1, f"cannot be read: {error.strerror}")
    return None


def read_text(path: Path, faults: FaultList, encoding: str = "utf-8-sig") -> str | None:
    """Give a file's text; a file that cannot be read is one fault."""
    data = read_bytes(path, faults)
    try:
        return None if data is None else data.decode(encoding)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        faults.add(str(path), line, _not_in(encoding))
    return None


def _is_too_large(path: Path, faults: FaultList) -> bool:
    if (size := path.stat().st_size) > MAX_FILE_BYTES:
        faults.add(str(path), 1, f"{size} bytes are more than {MAX_FILE_BYTES}: split the file")
        return True
    return False


def _not_in(encoding: str) -> str:
    if encoding != "utf-8-sig":
        return f"not {encoding}: correct the encoding that was given"
    return (
        "not UTF-8: save it again as UTF-8 (in a spreadsheet, CSV UTF-8), or take it in with"
        " `groundwatch resources import --encoding gb18030`"
    )


def _is_text(path: Path, faults: FaultList, encoding: str) -> bool:
    """Say whether a whole file can be read as text, before a row of it is taken."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                faults.add(str(path), number, _not_in(encoding))
                return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How to read a file where it does not say itself."""

    datum: Datum | None = None
    encoding: str = "utf-8-sig"
    has_positions: bool = True


AS_IT_SAYS: Final = Reading()


def read_rows(path: Path, faults: FaultList, how: Reading = AS_IT_SAYS) -> Iterator[Row]:
    """Give every readable row of a CSV, Excel, GeoJSON or catalogue file."""
    for n, row in enumerate(_rows_of(path, faults, how)):
        if n >= MAX_ROWS:
            faults.add(row.file, row.line, f"more than {MAX_ROWS} rows: split or thin the file")
            return
        if how.has_positions and row.datum is None:
            faults.add(row.file, row.line, f"no datum is stated for this row: {_STATE_DATUM}")
            continue
        yield row


def _rows_of(path: Path, faults: FaultList, how: Reading) -> Iterator[Row]:
    file = str(path)
    if path.suffix.lower() == ".xlsx":
        yield from _sheet_rows(path, faults, how)
    elif path.suffix.lower() == ".xml":
        data = read_bytes(path, faults)
        yield from () if data is None else _catalogue_rows(data, file, faults, how)
    elif path.suffix.lower() == ".csv":
        yield from _csv_file_rows(path, faults, how)
    elif (text := read_text(path, faults, how.encoding)) is not None:
        yield from _geojson_rows(text, file, faults, how)


def _sheet_rows(path: Path, faults: FaultList, how: Reading) -> Iterator[Row]:
    file, comments = str(path), list[str]()
    columns: list[str] | None = None
    datum = how.datum
    try:
        for line, values in sheet_rows(path):
            if columns is None and values[0].startswith("#"):
                comments.append(values[0])
            elif columns is None:
                datum = _stated(_csv_datum(comments), how)
                columns = _csv_columns(_trimmed(values), datum)
            else:
                yield from _row_or_fault(columns, _trimmed(values), datum, (file, line), faults)
    except (SheetError, ValueError) as error:
        faults.add(file, 1, str(error))


def _trimmed(values: Sequence[str]) -> list[str]:
    """Give the cells without the empty ones at the end that sheets have."""
    n = len(values)
    while n and not values[n - 1]:
        n -= 1
    return list(values[:n])


def _catalogue_rows(data: bytes, file: str, faults: FaultList, how: Reading) -> Iterator[Row]:
    if how.datum is None:
        faults.add(file, 1, f"GB/T 28181 states no datum: ask the platform and {_STATE_DATUM}")
        return
    try:
        text, odd = gb28181.decoded(data)
        if odd:
            faults.add(file, 1, odd)
        for line, fields, wrong in gb28181.cameras(text):
            if wrong:
                faults.add(file, line, wrong)
            else:
                yield Row(file, line, fields, how.datum)
    except gb28181.CatalogueError as error:
        faults.add(file, error.line, error.what)


def _stated(stated: Datum | None, how: Reading) -> Datum | None:
    """Give the datum a file states, or the one that was said for it; both must agree."""
    if stated is not None and how.datum is not None and stated is not how.datum:
        raise ValueError(
            f"the file states {stated.value} and {how.datum.value} was given: correct one"
        )
    return stated or how.datum


def _csv_file_rows(path: Path, faults: FaultList, how: Reading) -> Iterator[Row]:
    """Give the rows of a CSV line by line: one of a million is never in memory whole."""
    try:
        if not _is_too_large(path, faults) and _is_text(path, faults, how.encoding):
            with path.open(encoding=how.encoding, newline="") as lines:
                yield from _csv_rows(lines, str(path), faults, how)
    except OSError as error:
        faults.add(str(path), 1, f"cannot be read: {error.strerror}")


def _csv_rows(lines: Iterable[str], file: str, faults: FaultList, how: Reading) -> Iterator[Row]:
    comments, rest = _comments(iter(lines))
    reader = csv.reader(rest, strict=True)
    records = (
        (len(comments) + reader.line_num, values)
        for values in reader
        if any(value.strip() for value in values)
    )
    try:
        datum = _stated(_csv_datum(comments), how)
        columns = _csv_columns(next(records, (1, []))[1], datum)
        for line, values in records:
            yield from _row_or_fault(columns, values, datum, (file, line), faults)
    except ValueError as error:
        faults.add(file, 1, str(error))
    except csv.Error as error:
        faults.add(file, len(comments) + reader.line_num, f"not readable as CSV: {error}")


def _comments(lines: Iterator[str]) -> tuple[list[str], Iterator[str]]:
    """Give the lines of comment at the beginning, and all that follow."""
    comments: list[str] = []
    for line in lines:
        if line.lstrip('"')[:1] != "#":
            return comments, chain((line,), lines)
        comments.append(line)
    return comments, lines


def _row_or_fault(
    columns: Sequence[str],
    values: Sequence[str],
    datum: Datum | None,
    where: tuple[str, int],
    faults: FaultList,
) -> Iterator[Row]:
    row = _csv_row(columns, values, datum)
    if isinstance(row, str):
        faults.add(*where, row)
    else:
        yield Row(*where, *row)


def _csv_datum(comments: Sequence[str]) -> Datum | None:
    for line in comments:
        words = line.strip().strip('",').lstrip("#").strip()
        if words.lower().startswith("datum:"):
            return parse_datum(words.partition(":")[2])
    return None


def _csv_columns(values: Sequence[str], datum: Datum | None) -> list[str]:
    if len(values) == 1 and any(sign in values[0] for sign in ";\t"):
        raise ValueError(
            "columns stand apart by ; or tabs: save it as CSV with commas between them"
        )
    columns = [_COLUMN_WORDS.get(name := value.strip().lower(), name) for value in values]
    if repeated := {name for name in columns if name and columns.count(name) > 1}:
        raise ValueError(f"column {', '.join(sorted(repeated))} stands twice: keep one")
    if datum is None and "datum" not in columns and "lat" in columns:
        raise ValueError(f"no datum is stated: add a first line `# datum: …` and {_STATE_DATUM}")
    return columns


def _csv_row(
    columns: Sequence[str], values: Sequence[str], datum: Datum | None
) -> tuple[dict[str, str], Datum | None] | str:
    """Give the fields and datum of one line, or what is wrong with it."""
    if len(values) > len(columns):
        return f"{len(values)} values for {len(columns)} columns: quote a value with commas"
    pairs = zip(columns, values, strict=False)
    fields = {name: text for name, value in pairs if (text := value.strip())}
    if own := fields.pop("datum", ""):
        try:
            datum = parse_datum(own)
        except ValueError as error:
            return str(error)
    return fields, datum


def _geojson_rows(text: str, file: str, faults: FaultList, how: Reading) -> Iterator[Row]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        faults.add(file, error.lineno, f"not readable as JSON: {error.msg}")
        return
    except RecursionError:
        faults.add(file, 1, "nested too deep to be GeoJSON")
        return
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        faults.add(file, 1, 'not a GeoJSON FeatureCollection: expected {"features": [...]}')
        return
    datum = _geojson_datum(document, file, faults, how)
    if datum is None:
        return
    lines = _feature_lines(text)
    for i, feature in enumerate(features):
        line = lines[i] if i < len(lines) else 1
        if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
            faults.add(file, line, f"feature {i} has no geometry: add one or remove the feature")
            continue
        yield _feature_row(feature, file, line, datum)


def _geojson_datum(
    document: dict[str, Any], file: str, faults: FaultList, how: Reading
) -> Datum | None:
    stated = document.get("datum")
    crs = document.get("crs")
    if stated is None and isinstance(crs, dict) and isinstance(crs.get("properties"), dict):
        stated = crs["properties"].get("name")
    if stated is None and how.datum is None:
        faults.add(file, 1, f'no datum is stated: add "datum" beside "features" and {_STATE_DATUM}')
        return None
    try:
        return _stated(None if stated is None else parse_datum(str(stated)), how)
    except ValueError as error:
        faults.add(file, 1, str(error))
        return None


def _feature_row(feature: dict[str, Any], file: str, line: int, datum: Datum) -> Row:
    properties = feature.get("properties")
    fields: dict[str, str] = {}
    for name, value in properties.items() if isinstance(properties, dict) else ():
        if text := _as_text(value):
            fields[str(name).strip().lower()] = text
    if "id" not in fields and feature.get("id") is not None:
        fields["id"] = str(feature["id"])
    geometry = feature["geometry"]
    at = geometry.get("coordinates")
    if geometry.get("type") == "Point" and isinstance(at, list) and len(at) >= 2:
        fields["lon"], fields["lat"] = str(at[0]), str(at[1])
    return Row(file, line, fields, datum, geometry)


def _as_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ";".join(_as_text(part) for part in value)
    return str(value).strip()


def _feature_lines(text: str) -> list[int]:
    """Give the line on which each feature begins."""
    decoder = json.JSONDecoder()
    at = text.find("[", text.find('"features"')) + 1
    lines: list[int] = []
    line, counted = 1, 0
    while (at := _after_space(text, at)) < len(text) and text[at] != "]":
        line += text.count("\n", counted, at)
        counted = at
        lines.append(line)
        try:
            _, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            return []
    return lines


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
