"""How the columns of a recorded CSV become readings: a small YAML, checked with file and line.

site: hubeau
delimiter: ","           # default
skip_lines: 0            # lines before the header
time: {column: time_utc, format: iso, zone: UTC}     # iso, epoch_s, epoch_ms or strptime's
device: {column: station}                            # or {name: WL-01}
point: {column: probe}                               # optional
quantities:
  stage_m: {column: stage_mm, scale: 0.001}          # or unit: mm; offset: …
missing: ["", "-9999"]
where: {method: Mesure}                              # keep only rows with these values
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from firmware_sim.errors import Misuse
from firmware_sim.kinds import KINDS
from firmware_sim.marked import Block, Page
from firmware_sim.units import units_for

_SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_QUANTITIES = frozenset().union(*KINDS.values())
_KEYS = (
    "site",
    "delimiter",
    "skip_lines",
    "time",
    "device",
    "point",
    "quantities",
    "missing",
    "where",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement of a file: values by quantity, in base units."""

    at: datetime
    device: str
    point: str
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class Column:
    """Where one quantity stands, and how its number becomes the base unit."""

    name: str
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A checked mapping; `device` and `point` hold a column's name or a fixed word."""

    path: Path
    site: str
    time_column: str
    parse_time: Callable[[str], datetime]
    device_column: str = ""
    device_name: str = ""
    point_column: str = ""
    point_name: str = ""
    quantities: dict[str, Column] = field(default_factory=dict)
    missing: frozenset[str] = frozenset({""})
    where: dict[str, str] = field(default_factory=dict)
    delimiter: str = ","
    skip_lines: int = 0

    def columns(self) -> list[str]:
        """Give every column the file must have."""
        named = [self.time_column, self.device_column, self.point_column, *self.where]
        return [name for name in (*named, *(c.name for c in self.quantities.values())) if name]

    def reader(self, header: Sequence[str]) -> Callable[[Sequence[str]], Row | None]:
        """Give the function that turns one record under `header` into a row, or None to skip it.

        It raises ValueError for a time or number that cannot be read.
        """
        place = {name: index for index, name in enumerate(header)}
        quantities = [(q, place[c.name], c) for q, c in self.quantities.items()]
        keep = [(place[name], value) for name, value in self.where.items()]
        time_at = place[self.time_column]
        device_at = place[self.device_column] if self.device_column else -1
        point_at = place[self.point_column] if self.point_column else -1

        def read(record: Sequence[str]) -> Row | None:
            if any(record[index] != value for index, value in keep):
                return None
            values = dict(self._values(record, quantities))
            if not values:
                return None
            return Row(
                self.parse_time(record[time_at]),
                _id(record[device_at]) if device_at >= 0 else self.device_name,
                record[point_at] if point_at >= 0 else self.point_name,
                values,
            )

        return read

    def _values(
        self, record: Sequence[str], quantities: list[tuple[str, int, Column]]
    ) -> Iterator[tuple[str, float]]:
        for quantity, index, column in quantities:
            text = record[index].strip()
            if text in self.missing:
                continue
            value = float(text)
            if math.isfinite(value):
                yield quantity, round(value * column.scale + column.offset, 9)


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping file.

    Raises:
        Misuse: with every fault as `file:line: …`.
    """
    page = Page(path)
    root = page.root
    page.unknown_keys(root, _KEYS)
    device = _choice(page, root, "device", required=True)
    point = _choice(page, root, "point", required=False)
    mapping = Mapping(
        path=path,
        site=_site(page, root),
        time_column=_text(page, root, "time", "column"),
        parse_time=_time(page, root),
        device_column=device[0],
        device_name=device[1],
        point_column=point[0],
        point_name=point[1],
        quantities=_quantities(page, root),
        missing=frozenset({"", *(str(word) for word in root.get("missing") or ())}),
        where={key: str(value) for key, value in (root.get("where") or {}).items()},
        delimiter=str(root.get("delimiter", ",")),
        skip_lines=int(root.get("skip_lines", 0)),
    )
    if len(mapping.delimiter) != 1:
        page.fault(root.line_of("delimiter"), "`delimiter` must be one character")
    page.raise_faults()
    return mapping


def _site(page: Page, root: Block) -> str:
    site = str(root.get("site", ""))
    if not _SAFE_ID.fullmatch(site):
        page.fault(root.line_of("site"), "`site` must be an id of letters, digits, `.`, `_`, `-`")
    return site


def _text(page: Page, root: Block, block: str, key: str) -> str:
    inner = root.get(block)
    if isinstance(inner, Block) and inner.get(key):
        return str(inner[key])
    page.fault(root.line_of(block), f"`{block}: {{{key}: …}}` is missing")
    return ""


def _choice(page: Page, root: Block, key: str, *, required: bool) -> tuple[str, str]:
    inner = root.get(key)
    if inner is None and not required:
        return "", ""
    if not isinstance(inner, Block) or len(inner) != 1 or not {"column", "name"} & set(inner):
        page.fault(root.line_of(key), f"`{key}` must be {{column: …}} or {{name: …}}")
        return "", ""
    return str(inner.get("column", "")), str(inner.get("name", ""))


def _quantities(page: Page, root: Block) -> dict[str, Column]:
    block = root.get("quantities")
    if not isinstance(block, Block) or not block:
        page.fault(root.line_of("quantities"), "`quantities` must map quantities to columns")
        return {}
    found: dict[str, Column] = {}
    for quantity, entry in block.items():
        line = block.line_of(quantity)
        if quantity not in _QUANTITIES:
            page.fault(line, f"unknown quantity `{quantity}`")
        elif not isinstance(entry, Block) or not entry.get("column"):
            page.fault(line, f"`{quantity}` needs {{column: …}}")
        else:
            page.unknown_keys(entry, ("column", "scale", "offset", "unit"))
            found[quantity] = Column(
                str(entry["column"]),
                _scale(page, entry, quantity),
                float(entry.get("offset", 0.0)),
            )
    return found


def _scale(page: Page, entry: Block, quantity: str) -> float:
    unit = str(entry.get("unit", ""))
    if "scale" in entry and unit:
        page.fault(entry.line_of("unit"), "give `scale` or `unit`, not both")
    if not unit:
        return float(entry.get("scale", 1.0))
    units = units_for(quantity)
    if unit not in units:
        allowed = ", ".join(units)
        page.fault(
            entry.line_of("unit"), f"{quantity} in `{unit}`? Allowed are {allowed}; or use `scale`"
        )
    return units.get(unit, 1.0)


def _time(page: Page, root: Block) -> Callable[[str], datetime]:
    found = root.get("time")
    block = found if isinstance(found, Block) else Block(root.line)
    layout = str(block.get("format", "iso"))
    zone = _zone(page, block)
    if layout == "iso":
        return lambda text: _with_zone(datetime.fromisoformat(text.strip()), zone)
    if layout in ("epoch_s", "epoch_ms"):
        unit = 1.0 if layout == "epoch_s" else 0.001
        return lambda text: datetime.fromtimestamp(float(text) * unit, UTC)
    if "%" not in layout:
        page.fault(
            block.line_of("format"), "`format` must be iso, epoch_s, epoch_ms or like %Y-%m-%d"
        )
    return lambda text: _with_zone(
        datetime.strptime(text.strip(), layout),  # noqa: DTZ007 - the zone is put on next
        zone,
    )


def _zone(page: Page, block: Block) -> tzinfo:
    text = str(block.get("zone", "UTC"))
    fixed = re.fullmatch(r"([+-])(\d\d):(\d\d)", text)
    if fixed:
        sign = -1 if fixed[1] == "-" else 1
        return timezone(sign * timedelta(hours=int(fixed[2]), minutes=int(fixed[3])))
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError):
        page.fault(block.line_of("zone"), f"unknown zone `{text}`; write it like +08:00 or UTC")
        return UTC


def _with_zone(moment: datetime, zone: tzinfo) -> datetime:
    local = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return local.astimezone(UTC)


def _id(text: str) -> str:
    """Give a device id that is safe in a topic.

    Raises:
        ValueError: it holds anything else than letters, digits, `.`, `_` and `-`.
    """
    if not _SAFE_ID.fullmatch(text):
        raise ValueError(f"`{text}` cannot be a device id (letters, digits, `.`, `_`, `-`)")
    return text


def fault_of(error: Exception, path: Path, line: int) -> Misuse:
    """Turn an error at one line of a recorded file into a sentence for a person."""
    return Misuse([f"{path}:{line}: {error}"])
