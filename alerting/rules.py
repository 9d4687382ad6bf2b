"""Rules: what a pack says, and what it means for one sensor once its design values are known.

A pack (`alerting/packs/*.yaml`) belongs to a kind of device and carries limits with provenance.
`bind` resolves a rule for one sensor: limits that refer to a design value the site file does not
give become *not judged* with the reason, never "normal" (contract C3).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from alerting.history import History
from alerting.measures.kind import Compute, MeasureSpec, Number, Remark, resolve, why_not_here
from alerting.measures.table import MEASURES, name_zh, why_no_measure
from alerting.model import Provenance, Severity
from sensors.catalogue import KINDS
from sensors.document import (
    Duration,
    Fault,
    FileModel,
    check_model,
    load_yaml,
)
from sensors.model import SensorKey
from sensors.registry import Sensor

PACK_FOLDER = Path(__file__).parent / "packs"


class Side(StrEnum):
    """Which way a value is dangerous."""

    ABOVE = "above"
    BELOW = "below"
    EITHER = "either"


class LevelSpec(FileModel):
    """When one severity is reached: any of several conditions, each a set of measure limits."""

    any: Annotated[list[dict[str, Number]], Field(min_length=1, max_length=8)]
    source: str
    clause: str = ""
    confidence: Annotated[str, Field(pattern=r"^(S\d+|[CHVD])$")] = "D"
    valid_from: date | None = None


class RaiseSpec(FileModel):
    """How many readings, or how long, before a level is believed."""

    n: Annotated[int, Field(ge=1, le=50)] = 1
    of: Annotated[int, Field(ge=1, le=50)] = 1
    dwell: Duration | None = None
    at_once: Annotated[float, Field(gt=1.0)] | None = None


class ClearSpec(FileModel):
    """How far below the limit, for how long and over how many readings, before a level ends."""

    margin: Annotated[float, Field(ge=0.0)] = 0.0
    ratio: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    hold: Duration
    readings: Annotated[int, Field(ge=1, le=1000)] = 1
    sign_off: bool = False


class RuleSpec(FileModel):
    """One rule of a pack."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    hazard: str
    quantities: Annotated[list[str], Field(min_length=1)]
    title: str
    title_zh: str
    side: Side = Side.ABOVE
    measures: Annotated[dict[str, MeasureSpec], Field(min_length=1, max_length=6)]
    levels: Annotated[
        dict[Literal["minor", "moderate", "severe", "extreme"], LevelSpec], Field(min_length=1)
    ]
    raise_when: RaiseSpec = RaiseSpec()
    clear_when: ClearSpec
    flat_after: Duration | None = None


class PackSpec(FileModel):
    """One rule pack file."""

    pack: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    version: str
    kind: Literal["crane", "hoist", "pit", "formwork", "rain", "water_level", "platform", "camera"]
    lateness: Duration
    stale: Duration
    offline: Duration
    rules: list[RuleSpec]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A measure made ready for one sensor: `compute(history, index)` in the limit's unit."""

    name: str
    compute: Compute
    window_s: float
    covered_s: float  # how much of the past readings must cover before it may clear anything
    unit: str
    terms: str  # everything it depends on, to see whether a saved state still belongs to it
    is_plain: bool
    name_zh: str
    is_bounded: bool  # never above the largest value in its window, so a calm window needs no sum
    remark: Callable[[History, int], Remark | None] | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """One severity's conditions for one sensor: any of tuples of (measure index, limit)."""

    severity: Severity
    alternatives: tuple[tuple[tuple[int, float], ...], ...]
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A severity (or a whole rule) that cannot be judged on this sensor, and why."""

    severity: Severity
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundRule:
    """A rule with every number resolved for one sensor. `sign` is -1 where low is dangerous."""

    id: str
    pack: str
    hazard: str
    title: str
    title_zh: str
    sensor: SensorKey
    sign: float
    measures: tuple[Measure, ...]
    levels: tuple[Level, ...]
    not_judged: tuple[NotJudged, ...]
    n: int
    of: int
    dwell_s: float
    at_once: float | None
    margin: float
    ratio: float
    hold_s: float
    readings: int
    sign_off: bool
    flat_s: float
    stale_s: float
    lateness_s: float

    @property
    def window_s(self) -> float:
        """Give the longest stretch of history a decision looks back over, in seconds."""
        widest = max(measure.window_s for measure in self.measures)
        return max(widest, self.flat_s, self.dwell_s)

    @property
    def covered_s(self) -> float:
        """Give the longest stretch that readings must cover before anything is cleared."""
        return max(measure.covered_s for measure in self.measures)


@dataclass(frozen=True, slots=True)
class Pack:
    """A loaded rule pack."""

    spec: PackSpec
    file: str

    @property
    def name(self) -> str:
        """Give pack and version, as alerts carry it."""
        return f"{self.spec.pack}@{self.spec.version}"


def load_packs(folder: Path) -> tuple[dict[str, Pack], list[Fault]]:
    """Load every pack of a folder, by kind of device; faults name file and line."""
    packs: dict[str, Pack] = {}
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.yaml")):
        document = load_yaml(path)
        spec, spec_faults = check_model(document, PackSpec)
        faults += spec_faults
        if spec is None:
            continue
        faults += [document.fault(location, what) for location, what in _inner_faults(spec)]
        if spec.kind in packs:
            what = f"kind {spec.kind} has a pack already, in {packs[spec.kind].file}"
            faults.append(document.fault(("kind",), what, fix="keep one of the two files"))
            continue
        packs[spec.kind] = Pack(spec, str(path))
    return packs, faults


def _inner_faults(spec: PackSpec) -> list[tuple[tuple[str | int, ...], str]]:
    """Find what the types cannot say: unknown quantities and measures, windows left out."""
    faults: list[tuple[tuple[str | int, ...], str]] = []
    known = KINDS[spec.kind].quantities
    for number, rule in enumerate(spec.rules):
        here: tuple[str | int, ...] = ("rules", number)
        for quantity in rule.quantities:
            if quantity not in known:
                allowed = ", ".join(sorted(known))
                text = f"{spec.kind} has no quantity {quantity!r}; allowed: {allowed}"
                faults.append(((*here, "quantities"), text))
        for name, measure in rule.measures.items():
            faults += [((*here, "measures", name), what) for what in why_no_measure(measure)]
        for severity, level in rule.levels.items():
            for name in {name for condition in level.any for name in condition}:
                if name not in rule.measures:
                    text = f"no measure {name!r}; allowed: {', '.join(rule.measures)}"
                    faults.append(((*here, "levels", severity), text))
    return faults


def bind(pack: Pack, rule: RuleSpec, sensor: Sensor) -> BoundRule:
    """Resolve one rule for one sensor; what cannot be resolved is listed as not judged."""
    sign = -1.0 if rule.side is Side.BELOW else 1.0
    bound: list[Measure] = []
    missing: dict[str, str] = {}
    for name, measure in rule.measures.items():
        made = _measure(name, measure, rule.side, sensor)
        if isinstance(made, str):
            missing[name] = made
        else:
            bound.append(made)
    index = {measure.name: position for position, measure in enumerate(bound)}
    levels: list[Level] = []
    not_judged: list[NotJudged] = []
    for word, spec in rule.levels.items():
        severity = Severity.of(word)
        alternatives, reasons = _alternatives(spec, index, missing, sensor, sign)
        if alternatives:
            source = Provenance(source=spec.source, clause=spec.clause, confidence=spec.confidence)
            levels.append(Level(severity, tuple(alternatives), source))
        not_judged += [NotJudged(severity, reason) for reason in reasons]
    levels.sort(key=lambda level: level.severity)
    return BoundRule(
        id=rule.id,
        pack=pack.name,
        hazard=rule.hazard,
        title=rule.title,
        title_zh=rule.title_zh,
        sensor=sensor.key,
        sign=sign,
        measures=tuple(bound),
        levels=tuple(levels),
        not_judged=tuple(not_judged),
        n=rule.raise_when.n,
        of=max(rule.raise_when.of, rule.raise_when.n),
        dwell_s=_seconds(rule.raise_when.dwell),
        at_once=rule.raise_when.at_once,
        margin=rule.clear_when.margin,
        ratio=rule.clear_when.ratio,
        hold_s=_seconds(rule.clear_when.hold),
        readings=rule.clear_when.readings,
        sign_off=rule.clear_when.sign_off,
        flat_s=_seconds(rule.flat_after),
        stale_s=max(_seconds(pack.spec.stale), 3 * sensor.every.total_seconds()),
        lateness_s=_seconds(pack.spec.lateness),
    )


def rules_for(sensor: Sensor, pack: Pack | None) -> list[BoundRule]:
    """Bind the pack's rules that speak of this sensor's quantity."""
    if pack is None:
        return []
    return [
        bind(pack, rule, sensor)
        for rule in pack.spec.rules
        if sensor.key.quantity in rule.quantities
    ]


def _seconds(duration: Duration | None) -> float:
    return duration.total_seconds() if duration is not None else 0.0


def _alternatives(
    spec: LevelSpec,
    index: Mapping[str, int],
    missing: Mapping[str, str],
    sensor: Sensor,
    sign: float,
) -> tuple[list[tuple[tuple[int, float], ...]], list[str]]:
    """Resolve one severity's conditions; those that miss an input are given back as reasons."""
    alternatives: list[tuple[tuple[int, float], ...]] = []
    reasons: list[str] = []
    for condition in spec.any:
        resolved: list[tuple[int, float]] = []
        for name, number in condition.items():
            limit = missing.get(name) or resolve(number, sensor)
            if isinstance(limit, str):
                reasons.append(limit)
                break
            resolved.append((index[name], sign * limit))
        else:
            alternatives.append(tuple(resolved))
    return alternatives, reasons


def _measure(name: str, spec: MeasureSpec, side: Side, sensor: Sensor) -> Measure | str:
    """Make a measure's function for one sensor, or say which input is missing."""
    kind = MEASURES[spec.of]
    made = why_not_here(spec, sensor) or kind.make(spec, sensor)
    if isinstance(made, str):
        return made
    scale = -1.0 if side is Side.BELOW else 1.0
    unit = kind.unit_for(sensor)
    if spec.per_cent_of is not None:
        whole = resolve(spec.per_cent_of, sensor)
        if isinstance(whole, str):
            return whole
        if whole == 0.0:
            return "the design value it is a percentage of is zero"
        scale *= 100.0 / abs(whole)
        unit = "%"
    absolute = side is Side.EITHER
    is_raw = scale == 1.0 and not absolute
    return Measure(
        name=name,
        compute=_scaled(made.compute, scale, absolute=absolute),
        window_s=made.window_s,
        covered_s=made.window_s if made.covered_s is None else made.covered_s,
        unit=unit,
        terms=f"{spec.of} {made.window_s} {scale!r} {absolute}{made.terms}",
        is_plain=spec.of == "value" and is_raw,
        name_zh=name_zh(spec),
        is_bounded=kind.is_bounded and is_raw,
        remark=made.remark,
    )


def _scaled(base: Compute, scale: float, *, absolute: bool) -> Compute:
    """Apply sign and scale once at binding, so that judging only compares upwards."""
    if scale == 1.0 and not absolute:
        return base

    def compute(history: History, index: int) -> float | None:
        value = base(history, index)
        if value is None:
            return None
        return scale * (abs(value) if absolute else value)

    return compute
