"""A scenario: what happens when to whom, and what a good warning system must then say.

    name, description, sites?, seed, start?, duration, speed
    devices: all | [targets]
    nature:  {part.name: number}                                    instead of those in nature.yaml
    events:  [{at, do, target, params…}]
    labels:  [{hazard, target, kind?, severity, from, by, until}]   alerts that must be raised
    allowed: [{hazard, target, kind?}]                              alerts that may be raised
    quiet:   [{hazard?, target, kind?}]                             alerts that must not be raised

A target is `site`, `site/device` or `site/device/point` with `*` and `?`; `kind` narrows it to one
kind of device. Every alert that is neither labelled nor allowed is a false one.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from firmware_sim import span
from firmware_sim.errors import Misuse
from firmware_sim.events import DEEDS, SPANS, VALUE_DEEDS, Event, matches
from firmware_sim.kinds import KINDS
from firmware_sim.marked import Block, Page, Rows
from firmware_sim.nature import numbers
from firmware_sim.site import DeviceSpec

SEVERITIES = ("minor", "moderate", "severe", "extreme")
HAZARDS = (
    "crane_overload",
    "crane_wind",
    "crane_collision",
    "crane_tilt",
    "crane_zone",
    "crane_travel",
    "crane_jib_held",
    "hoist_overload",
    "hoist_wind",
    "pit_deformation",
    "pit_support",
    "pit_groundwater",
    "pit_surroundings",
    "formwork_collapse",
    "rainstorm",
    "river_flood",
    "ponding",
    "no_entry_zone",
    "vehicle_in_water",
    "sensor_silent",
    "sensor_doubtful",
    "anomaly",
)
_KEYS = (
    "name",
    "description",
    "sites",
    "seed",
    "start",
    "duration",
    "speed",
    "devices",
    "nature",
    "events",
    "labels",
    "allowed",
    "quiet",
)
_LABEL_KEYS = ("hazard", "target", "kind", "severity", "from", "by", "until", "because")
_DEFAULT_GRACE_S = 900.0
DEFAULT_SITES = "examples/baiyun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One alert that must be raised at `severity` or above, between `from_s` and `by_s`.

    The truth holds until `until_s`: cleared before that is a mistake. Seconds since the start.
    """

    hazard: str
    target: str
    kind: str = ""
    severity: str
    from_s: float
    by_s: float
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Hazards of places: which may alert (`allowed`) or must not (`quiet`); "" is every hazard."""

    hazard: str
    target: str
    kind: str = ""

    def covers(self, hazard: str, device: DeviceSpec) -> bool:
        """Say whether an alert of `hazard` on `device` falls under this scope."""
        return self.hazard in ("", hazard) and _fits(self.target, self.kind, device)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario as loaded; durations in simulated seconds."""

    name: str
    description: str
    seed: int
    duration_s: float
    speed: float
    start: datetime | None = None
    sites: str = DEFAULT_SITES
    nature: dict[str, float] = field(default_factory=dict[str, float])
    devices: tuple[str, ...] = ("*",)
    events: tuple[Event, ...] = ()
    labels: tuple[Label, ...] = ()
    allowed: tuple[Scope, ...] = ()
    quiet: tuple[Scope, ...] = ()
    path: Path = field(default=Path())

    def choose(self, fleet: list[DeviceSpec]) -> list[DeviceSpec]:
        """Give the devices of the fleet that take part.

        Raises:
            Misuse: an event, label or the list of devices names something the sites do not have.
        """
        chosen = [d for d in fleet if any(_fits(target, "", d) for target in self.devices)]
        faults = [
            f"{self.path}: {what} `{target}` matches no device of the sites"
            for what, target, kinds in self._targets()
            if not any(_fits(target, "", d) and (not kinds or d.kind in kinds) for d in chosen)
        ]
        if faults:
            raise Misuse(faults)
        return chosen

    def expand(self, fleet: list[DeviceSpec]) -> list[tuple[Label, DeviceSpec]]:
        """Give every label once for each device it is about."""
        return [
            (label, device)
            for label in self.labels
            for device in fleet
            if _fits(label.target, label.kind, device)
        ]

    def _targets(self) -> list[tuple[str, str, tuple[str, ...]]]:
        events = [(f"event `{e.deed}` on", e.target, DEEDS[e.deed].kinds) for e in self.events]
        labels = [("label on", x.target, (x.kind,) if x.kind else ()) for x in self.labels]
        return [*events, *labels, *(("devices:", target, ()) for target in self.devices)]


def load_scenario(path: Path) -> Scenario:
    """Read and check a scenario file.

    Raises:
        Misuse: with every fault as `file:line: what is wrong, what is allowed`.
    """
    page = Page(path)
    root = page.root
    page.unknown_keys(root, _KEYS)
    duration_s = _span(page, root, "duration", None)
    scenario = Scenario(
        name=str(root.get("name", path.stem)),
        description=" ".join(str(root.get("description", "")).split()),
        seed=int(_number(page, root, "seed", 1.0, (0.0, 2.0**53))),
        duration_s=duration_s,
        speed=_number(page, root, "speed", 1.0, (0.01, 100000.0)),
        start=_start(page, root),
        sites=str(root.get("sites", DEFAULT_SITES)),
        nature=_nature(page, root),
        devices=_devices(page, root),
        events=tuple(_each(page, root, "events", _event)),
        labels=tuple(_each(page, root, "labels", lambda p, b: _label(p, b, duration_s))),
        allowed=tuple(_each(page, root, "allowed", _scope)),
        quiet=tuple(_each(page, root, "quiet", _scope)),
        path=path,
    )
    page.raise_faults()
    return scenario


def _each(page: Page, root: Block, key: str, read: Any) -> list[Any]:
    rows = root.get(key) or Rows(root.line)
    if not isinstance(rows, Rows):
        page.fault(root.line_of(key), f"`{key}` must be a list")
        return []
    found = []
    for row, line in zip(rows, rows.lines, strict=True):
        if not isinstance(row, Block):
            page.fault(line, f"every entry of `{key}` must be a mapping of keys to values")
            continue
        found.append(read(page, row))
    return [entry for entry in found if entry is not None]


def _event(page: Page, block: Block) -> Event | None:
    deed = str(block.get("do", ""))
    if deed not in DEEDS:
        page.fault(block.line_of("do"), f"unknown event `{deed}`; allowed are {', '.join(DEEDS)}")
        return None
    wanted = DEEDS[deed].params
    keys = ("at", "do", "target", *(("quantity",) if deed in VALUE_DEEDS else ()), *wanted)
    page.unknown_keys(block, keys)
    weather = ("rain_storm", "design_storm", "wind", "heat")
    target = str(block.get("target", "*" if deed in weather else ""))
    if not target:
        page.fault(block.line, f"`{deed}` needs a target: site/device or site/device/point")
    params = {}
    for name, param in wanted.items():
        bounds = (param.low, param.high)
        if name in SPANS:
            params[name] = _bounded(
                page, block, name, _span(page, block, name, param.default), bounds
            )
        else:
            params[name] = _number(page, block, name, param.default, bounds)
    return Event(
        deed=deed,
        at_s=_span(page, block, "at", None),
        target=target,
        quantity=str(block.get("quantity", "")),
        params=params,
    )


def _label(page: Page, block: Block, duration_s: float) -> Label | None:
    page.unknown_keys(block, _LABEL_KEYS)
    scope = _scope(page, block)
    severity = str(block.get("severity", "minor"))
    if severity not in SEVERITIES:
        names = ", ".join(SEVERITIES)
        page.fault(block.line_of("severity"), f"unknown severity `{severity}`; allowed are {names}")
    from_s = _span(page, block, "from", None)
    until_s = _span(page, block, "until", duration_s)
    by_s = _span(page, block, "by", min(from_s + _DEFAULT_GRACE_S, until_s))
    if not from_s <= by_s <= until_s:
        page.fault(block.line, "`from`, `by` and `until` must follow each other in time")
    if until_s > duration_s:
        page.fault(
            block.line_of("until"), "`until` lies after the end of the scenario (`duration`)"
        )
    if scope is None or not scope.hazard:
        page.fault(block.line, f"a label needs a hazard; allowed are {', '.join(HAZARDS)}")
        return None
    return Label(
        hazard=scope.hazard,
        target=scope.target,
        kind=scope.kind,
        severity=severity,
        from_s=from_s,
        by_s=by_s,
        until_s=until_s,
    )


def _scope(page: Page, block: Block) -> Scope | None:
    page.unknown_keys(block, _LABEL_KEYS)
    hazard, kind = str(block.get("hazard", "")), str(block.get("kind", ""))
    if hazard and hazard not in HAZARDS:
        names = ", ".join(HAZARDS)
        page.fault(block.line_of("hazard"), f"unknown hazard `{hazard}`; allowed are {names}")
        return None
    if kind and kind not in KINDS:
        page.fault(block.line_of("kind"), f"unknown kind `{kind}`; allowed are {', '.join(KINDS)}")
        return None
    target = str(block.get("target", ""))
    if not target:
        page.fault(block.line, "`target` is missing: site, site/device or site/device/point")
    return Scope(hazard=hazard, target=target, kind=kind)


def _devices(page: Page, root: Block) -> tuple[str, ...]:
    listed = root.get("devices", "all")
    if listed == "all":
        return ("*",)
    if isinstance(listed, Rows) and listed:
        return tuple(str(target) for target in listed)
    page.fault(root.line_of("devices"), "`devices` must be `all` or a list of targets")
    return ("*",)


def _nature(page: Page, root: Block) -> dict[str, float]:
    block = root.get("nature")
    if block is None:
        return {}
    if not isinstance(block, Block):
        page.fault(root.line_of("nature"), "`nature` must be a mapping of part.name to numbers")
        return {}
    page.unknown_keys(block, tuple(numbers()))
    return {key: _number(page, block, key, 0.0, (-1e9, 1e9)) for key in block}


def _start(page: Page, root: Block) -> datetime | None:
    if "start" not in root:
        return None
    value = root["start"]
    try:
        return span.instant(value.isoformat() if isinstance(value, datetime) else str(value))
    except ValueError as error:
        page.fault(root.line_of("start"), f"start: {error}")
        return None


def _span(page: Page, block: Block, key: str, default: float | None) -> float:
    if key not in block:
        if default is None:
            page.fault(block.line, f"`{key}` is missing; write it like 90s, 20m or 3h")
        return default or 0.0
    try:
        return span.seconds(block[key])
    except ValueError as error:
        page.fault(block.line_of(key), f"{key}: {error}")
        return default or 0.0


def _number(
    page: Page, block: Block, key: str, default: float, bounds: tuple[float, float]
) -> float:
    value = block.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        page.fault(block.line_of(key), f"{key}: `{value}` is not a number")
        return default
    return _bounded(page, block, key, float(value), bounds)


def _bounded(
    page: Page, block: Block, key: str, value: float, bounds: tuple[float, float]
) -> float:
    low, high = bounds
    if not low <= value <= high:
        page.fault(block.line_of(key), f"{key}: {value:g} is outside {low:g} to {high:g}")
    return value


def _fits(target: str, kind: str, device: DeviceSpec) -> bool:
    return kind in ("", device.kind) and matches(target, device.site, device.id)
