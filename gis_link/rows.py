"""Files to rows: CSV lines and GeoJSON features become the same text fields, with their lines.

Every file of positions states its datum: a CSV in a first line `# datum: WGS-84` (or a column
`datum`), a GeoJSON in a member `datum` beside `features` or in its `crs`. A file that does not is
refused whole, because a guess would move its points by half a kilometre.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gis_link.datum import Datum, parse_datum
from gis_link.model import Fault

MAX_FILE_BYTES: Final = 256 * 1024 * 1024
MAX_ROWS: Final = 1_000_000
MAX_FAULTS_PER_FILE: Final = 200
_STATE_DATUM = (
    "write WGS-84, CGCS2000, GCJ-02 or BD-09 (web maps of mainland China use GCJ-02 or BD-09)"
)


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
        self._per_file: dict[str, int] = {}

    def add(self, file: str, line: int, what: str) -> None:
        """Note a fault; the last one taken of a file says that there are more."""
        n = self._per_file[file] = self._per_file.get(file, 0) + 1
        if n <= MAX_FAULTS_PER_FILE:
            self.append(Fault(file, line, what))
        elif n == MAX_FAULTS_PER_FILE + 1:
            self.append(Fault(file, line, "more faults follow: mend these first"))


def read_text(path: Path, faults: FaultList) -> str | None:
    """Give a file's text; a file that cannot be read is one fault."""
    name = str(path)
    try:
        if (size := path.stat().st_size) > MAX_FILE_BYTES:
            faults.add(name, 1, f"{size} bytes are more than {MAX_FILE_BYTES}: split the file")
            return None
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        faults.add(name, 1, f"cannot be read: {error.strerror}")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        faults.add(name, line, "not UTF-8: save it again as UTF-8 (in a spreadsheet, CSV UTF-8)")
    return None


def read_rows(path: Path, faults: FaultList, *, has_positions: bool = True) -> Iterator[Row]:
    """Give every readable row of a CSV or GeoJSON file."""
    text = read_text(path, faults)
    if text is None:
        return
    reader = _csv_rows if path.suffix == ".csv" else _geojson_rows
    for n, row in enumerate(reader(text, str(path), faults)):
        if n >= MAX_ROWS:
            faults.add(row.file, row.line, f"more than {MAX_ROWS} rows: split or thin the file")
            return
        if has_positions and row.datum is None:
            faults.add(row.file, row.line, f"no datum is stated for this row: {_STATE_DATUM}")
            continue
        yield row


def _csv_rows(text: str, file: str, faults: FaultList) -> Iterator[Row]:
    lines = list(io.StringIO(text, newline=""))
    is_comment = [line.lstrip('"')[:1] == "#" for line in lines]
    n_comments = is_comment.index(False) if False in is_comment else len(lines)
    reader = csv.reader(lines[n_comments:], strict=True)
    records = (
        (n_comments + reader.line_num, values)
        for values in reader
        if any(value.strip() for value in values)
    )
    try:
        datum = _csv_datum(lines[:n_comments])
        columns = _csv_columns(next(records, (1, []))[1], datum)
        for line, values in records:
            row = _csv_row(columns, values, datum)
            if isinstance(row, str):
                faults.add(file, line, row)
            else:
                fields, row_datum = row
                yield Row(file, line, fields, row_datum)
    except ValueError as error:
        faults.add(file, 1, str(error))
    except csv.Error as error:
        faults.add(file, n_comments + reader.line_num, f"not readable as CSV: {error}")


def _csv_datum(comments: Sequence[str]) -> Datum | None:
    for line in comments:
        words = line.strip().strip('",').lstrip("#").strip()
        if words.lower().startswith("datum:"):
            return parse_datum(words.partition(":")[2])
    return None


def _csv_columns(values: Sequence[str], datum: Datum | None) -> list[str]:
    columns = [value.strip().lower() for value in values]
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


def _geojson_rows(text: str, file: str, faults: FaultList) -> Iterator[Row]:
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
    datum = _geojson_datum(document, file, faults)
    if datum is None:
        return
    lines = _feature_lines(text)
    for i, feature in enumerate(features):
        line = lines[i] if i < len(lines) else 1
        if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
            faults.add(file, line, f"feature {i} has no geometry: add one or remove the feature")
            continue
        yield _feature_row(feature, file, line, datum)


def _geojson_datum(document: dict[str, Any], file: str, faults: FaultList) -> Datum | None:
    stated = document.get("datum")
    crs = document.get("crs")
    if stated is None and isinstance(crs, dict) and isinstance(crs.get("properties"), dict):
        stated = crs["properties"].get("name")
    if stated is None:
        faults.add(file, 1, f'no datum is stated: add "datum" beside "features" and {_STATE_DATUM}')
        return None
    try:
        return parse_datum(str(stated))
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
