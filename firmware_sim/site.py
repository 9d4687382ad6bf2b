"""Reads from site files only what a device needs to know of itself: ids, pace, sensors, design.

The server's own check of these files is far stricter; here a key the simulator does not use is
passed over.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from firmware_sim import span
from firmware_sim.errors import Misuse
from firmware_sim.kinds import KINDS
from firmware_sim.marked import Block, Page, Rows
from firmware_sim.units import units_for

DEFAULT_EVERY_S = {
    "crane": 5.0,
    "hoist": 5.0,
    "pit": 600.0,
    "formwork": 15.0,
    "rain": 60.0,
    "water_level": 60.0,
    "platform": 5.0,
    "camera": 60.0,
}
_MIN_EVERY_S = 0.1


@dataclass(frozen=True, slots=True)
class SensorSpec:
    """One sensor a device carries, with the design numbers that hold for it.

    The instrument sends `(value - offset) / scale / unit`: `scale` and `offset` undo the
    calibration the server will apply, `unit` is the size of what it speaks in base units.
    """

    quantity: str
    point: str = ""
    design: dict[str, float] = field(default_factory=dict)
    scale: float = 1.0
    offset: float = 0.0
    unit: float = 1.0

    def raw(self, value: float) -> float:
        """Give what the instrument sends when the truth is `value`."""
        return (value - self.offset) / self.scale / self.unit


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSpec:
    """One device as its site file describes it: design numbers, a load chart, and lat and lon."""

    site: str
    id: str
    kind: str
    every_s: float
    sensors: tuple[SensorSpec, ...]
    design: dict[str, float] = field(default_factory=dict)
    load_chart: tuple[tuple[float, float], ...] = ()
    position: tuple[float, float] | None = None

    @property
    def name(self) -> str:
        """Give `site/device`."""
        return f"{self.site}/{self.id}"


def load_sites(directory: Path) -> list[DeviceSpec]:
    """Read every `*.yaml` under `directory`, or under its `sites` folder where it has one.

    Raises:
        Misuse: with every fault of every file as `file:line: …`.
    """
    folder = directory / "sites" if (directory / "sites").is_dir() else directory
    paths = sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]) if folder.is_dir() else []
    if not paths:
        raise Misuse([f"{directory}: no site file (*.yaml) here; give the directory with --sites"])
    faults: list[str] = []
    devices: list[DeviceSpec] = []
    for path in paths:
        try:
            devices.extend(load_site(path))
        except Misuse as error:
            faults.extend(error.faults)
    faults.extend(_twice(devices, directory))
    if faults:
        raise Misuse(faults)
    return devices


def load_site(path: Path) -> list[DeviceSpec]:
    """Read the devices of one site file; a file without `devices` has none.

    Raises:
        Misuse: with every fault of the file as `file:line: …`.
    """
    page = Page(path)
    site = page.root.get("site")
    site_id = str(site.get("id", "")) if isinstance(site, Block) else str(site or "")
    if not site_id:
        page.fault(page.root.line_of("site"), "`site: {id: …}` is missing")
    shared = _numbers(site.get("design")) if isinstance(site, Block) else {}
    rows = page.root.get("devices", Rows(1))
    devices: list[DeviceSpec] = []
    if not isinstance(rows, Rows):
        page.fault(page.root.line_of("devices"), "`devices` must be a list")
        rows = Rows(1)
    for row, line in zip(rows, rows.lines, strict=True):
        device = _device(page, site_id, shared, (row, line))
        if device is not None:
            devices.append(device)
    page.raise_faults()
    return devices


def _device(
    page: Page, site: str, shared: dict[str, float], entry: tuple[Any, int]
) -> DeviceSpec | None:
    row, line = entry
    if not isinstance(row, Block) or not row.get("id"):
        page.fault(line, "a device needs at least `id` and `kind`")
        return None
    kind = str(row.get("kind", ""))
    if kind not in KINDS:
        page.fault(row.line_of("kind"), f"unknown kind `{kind}`; allowed are {', '.join(KINDS)}")
        return None
    design = shared | _numbers(row.get("design"))
    return DeviceSpec(
        site=site,
        id=str(row["id"]),
        kind=kind,
        every_s=_every(page, row, kind),
        sensors=_sensors(page, row, kind, design),
        design=design,
        load_chart=_load_chart(row.get("design")),
        position=_position(row.get("position")),
    )


def _every(page: Page, row: Block, kind: str) -> float:
    try:
        every_s = span.seconds(row["every"]) if "every" in row else DEFAULT_EVERY_S[kind]
    except ValueError as error:
        page.fault(row.line_of("every"), f"every: {error}")
        return DEFAULT_EVERY_S[kind]
    if every_s < _MIN_EVERY_S:
        page.fault(row.line_of("every"), f"every: at least {_MIN_EVERY_S:g} s, not {every_s:g}")
    return max(every_s, _MIN_EVERY_S)


def _sensors(page: Page, row: Block, kind: str, design: dict[str, float]) -> tuple[SensorSpec, ...]:
    rows = row.get("sensors")
    if not isinstance(rows, Rows) or not rows:
        page.fault(row.line_of("sensors"), "a device needs a list of `sensors`")
        return ()
    found: list[SensorSpec] = []
    for entry, line in zip(rows, rows.lines, strict=True):
        quantity = str(entry.get("quantity", "") if isinstance(entry, Block) else entry)
        if quantity not in KINDS[kind]:
            allowed = ", ".join(sorted(KINDS[kind]))
            page.fault(line, f"a {kind} has no quantity `{quantity}`; allowed are {allowed}")
            continue
        plain = not isinstance(entry, Block)
        found.append(
            SensorSpec(quantity, "", design) if plain else _sensor(page, entry, quantity, design)
        )
    return tuple(found)


def _sensor(page: Page, entry: Block, quantity: str, design: dict[str, float]) -> SensorSpec:
    units = units_for(quantity)
    unit = str(entry.get("unit", "")).strip()
    if unit and unit not in units:
        allowed = ", ".join(units)
        page.fault(entry.line_of("unit"), f"{quantity} in `{unit}`? Allowed are {allowed}")
    calibration = _numbers(entry.get("calibration"))
    if calibration.get("scale", 1.0) == 0.0:
        page.fault(entry.line_of("calibration"), "a calibration's scale cannot be 0")
        calibration["scale"] = 1.0
    return SensorSpec(
        quantity,
        str(entry.get("point") or ""),
        design | _numbers(entry) | _numbers(entry.get("design")),
        calibration.get("scale", 1.0),
        calibration.get("offset", 0.0),
        units.get(unit, 1.0),
    )


def _numbers(block: Any) -> dict[str, float]:
    if not isinstance(block, Block):
        return {}
    return {
        key: float(value)
        for key, value in block.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _position(block: Any) -> tuple[float, float] | None:
    numbers = _numbers(block)
    return (numbers["lat"], numbers["lon"]) if {"lat", "lon"} <= numbers.keys() else None


def _load_chart(design: Any) -> tuple[tuple[float, float], ...]:
    rows = design.get("load_chart") if isinstance(design, Block) else None
    if not isinstance(rows, Rows):
        return ()
    pairs = [_pair(row) for row in rows]
    return tuple(sorted(pair for pair in pairs if pair is not None))


def _pair(row: Any) -> tuple[float, float] | None:
    values = list(row.values()) if isinstance(row, Block) else row
    if not isinstance(values, list) or len(values) != 2:
        return None
    return float(values[0]), float(values[1])


def _twice(devices: list[DeviceSpec], directory: Path) -> list[str]:
    seen: set[str] = set()
    faults: list[str] = []
    for device in devices:
        if device.name in seen:
            faults.append(f"{directory}: device `{device.name}` is described twice")
        seen.add(device.name)
    return faults
