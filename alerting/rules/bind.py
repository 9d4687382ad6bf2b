"""Resolves the rules of packs for one sensor: every number gets its value, layer, file and line.

What cannot be resolved is listed as not judged with the reason, never taken for kept (contract C3).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise
from math import inf
from typing import NamedTuple, TypeVar

from alerting.basis import ALWAYS, Basis, From, Layer, Period, less_certain, period
from alerting.history import History
from alerting.measures.kind import Compute, MeasureSpec, why_instead, why_not_here
from alerting.measures.table import MEASURES, name_zh
from alerting.model import Provenance, Severity
from alerting.numbers import Missing, Number, Resolved, worked_out
from alerting.rules.bound import BoundRule, Level, Measure, NotJudged, Way
from alerting.rules.form import RuleSpec, Side
from alerting.rules.pack import Candidate, Pack
from alerting.terms import Wanted
from sensors.design import WORDS
from sensors.document import Duration
from sensors.registry import OwnLimit, Sensor

T = TypeVar("T")


class Unused(NamedTuple):
    """A rule that speaks of a sensor's quantity and is not used on it, and why."""

    pack: Pack
    rule: RuleSpec
    reason: str


def rules_for(sensor: Sensor, packs: Sequence[Pack]) -> list[BoundRule]:
    """Bind every rule of the packs that is meant for this sensor."""
    return [
        bind(pack, rule, sensor)
        for pack in packs
        for rule in pack.spec.rules
        if sensor.key.quantity in rule.quantities and not _why_unused(pack, rule, sensor)
    ]


def unused_for(sensor: Sensor, packs: Sequence[Pack]) -> list[Unused]:
    """List the rules about this sensor's quantity that are not used on it, with the reason."""
    return [
        Unused(pack, rule, reason)
        for pack in packs
        for rule in pack.spec.rules
        if sensor.key.quantity in rule.quantities and (reason := _why_unused(pack, rule, sensor))
    ]


def instead_for(sensor: Sensor, packs: Sequence[Pack]) -> str:
    """Say what is judged in place of this sensor, "" when nothing is."""
    for pack in packs:
        for rule in pack.spec.rules:
            if sensor.key.quantity in rule.quantities and (found := _why_instead(rule, sensor)):
                return found
    return ""


def bind(pack: Pack, rule: RuleSpec, sensor: Sensor) -> BoundRule:
    """Resolve one rule for one sensor; what cannot be resolved is listed as not judged."""
    bound: list[Measure] = []
    missing: dict[str, str] = {}
    for name, measure in rule.measures.items():
        made = measure_of(name, measure, rule.side, sensor, _of_measure(pack, rule, name))
        if isinstance(made, str):
            missing[name] = made
        else:
            bound.append(made)
    levels, not_judged = _one(_Levels(pack, rule, sensor, bound, missing).resolved())
    return BoundRule(
        id=rule.id,
        pack=pack.name,
        hazard=rule.hazard,
        title=rule.title,
        title_zh=rule.title_zh,
        sensor=sensor.key,
        sign=_sign(rule),
        measures=tuple(bound),
        levels=levels,
        not_judged=not_judged,
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
        wanted=_one(_wanted(rule, [measure.name for measure in bound])),
        origins=pack.origins[rule.id],
    )


@lru_cache(maxsize=8192)
def _one(resolved: T) -> T:
    """Give the one value that sensors for which the same was resolved share: most are alike."""
    return resolved


def _wanted(rule: RuleSpec, bound: Sequence[str]) -> Wanted:
    """Gather what a rule asks of the life cycle; `bound` names its measures in order."""
    factors = [rule.measures[name].factor for name in bound]
    baselines = [
        measure.zeroed_over.total_seconds()
        for measure in rule.measures.values()
        if MEASURES[measure.of].uses_zero and measure.zeroed_over is not None
    ]
    return Wanted(
        when=frozenset(rule.when.stage) if rule.when is not None else frozenset(),
        is_for_unknown=rule.when is None or rule.when.unknown,
        levels=tuple(
            (int(Severity.of(word)), frozenset(level.when.stage))
            for word, level in rule.levels.items()
            if level.when is not None
        ),
        factors=tuple((each.after, each.times) if each else None for each in factors),
        baseline_s=max(baselines, default=None),
        is_coupled=rule.coupled,
    )


class _Levels:
    """The levels of one rule being resolved for one sensor."""

    def __init__(
        self,
        pack: Pack,
        rule: RuleSpec,
        sensor: Sensor,
        measures: Sequence[Measure],
        missing: Mapping[str, str],
    ) -> None:
        self._pack = pack
        self._rule = rule
        self._sensor = sensor
        self._measures = {measure.name: measure for measure in measures}
        self._index = {measure.name: place for place, measure in enumerate(measures)}
        self._missing = missing
        self._not_judged: list[NotJudged] = []

    def resolved(self) -> tuple[tuple[Level, ...], tuple[NotJudged, ...]]:
        known = self._pack.ways[self._rule.id]
        levels: list[Level] = []
        for severity in Severity:
            own = [
                own_candidate(limit)
                for limit in self._sensor.limits
                if limit.rule == self._rule.id and limit.severity == severity.word
            ]
            ways = self._level(severity, with_own(known.get(severity.word, ()), own))
            if ways:
                levels.append(Level(severity, tuple(ways)))
        return tuple(levels), tuple(self._not_judged)

    def _level(self, severity: Severity, ways: Sequence[Sequence[Candidate]]) -> list[Way]:
        off = self._pack.why_disabled(self._rule.id, severity.word)
        if off is not None:
            self._miss(severity, f"taken out of use by {off.by} ({off.spot}): {off.reason}")
            return []
        found: list[Way] = []
        for candidates in ways:
            for candidate, when in in_force(candidates):
                way = self._way(candidate, when)
                if isinstance(way, Missing):
                    if not way.is_void:
                        self._miss(severity, way.reason)
                    continue
                found.append(way)
                if way.at_most:
                    self._miss(severity, way.at_most, may_raise=True)
            self._say_gap(severity, in_force(candidates))
        return found

    def _miss(self, severity: Severity, reason: str, *, may_raise: bool = False) -> None:
        entry = NotJudged(severity, reason, may_raise)
        if entry not in self._not_judged:
            self._not_judged.append(entry)

    def _say_gap(self, severity: Severity, chosen: Sequence[tuple[Candidate, Period]]) -> None:
        """Say so where a limit holds for a part of time only and nothing holds in the rest."""
        spans = [when for _, when in chosen]
        ends = {when.from_s for when in spans} - {when.until_s for when in spans}
        if ends != {-inf} or not any(when.until_s == inf for when in spans):
            said = ", ".join(period_text(when) for when in spans) or "never"
            self._miss(severity, f"its limit holds {said}", may_raise=True)

    def _way(self, candidate: Candidate, when: Period) -> Way | Missing:
        """Resolve one way, or say which input is missing."""
        limits: list[tuple[int, float]] = []
        found: list[Resolved] = []
        for name, number in candidate.limits.items():
            if name in self._missing:
                return Missing(self._missing[name])
            limit = limit_of(candidate, number, self._measures[name], self._sensor)
            if isinstance(limit, Missing):
                return limit
            found.append(limit)
            limits.append((self._index[name], _sign(self._rule) * limit.value))
        measures = [self._measures[name] for name in candidate.limits]
        wholes = tuple(
            (measure.whole, measure.whole_unit) for measure in measures if measure.whole is not None
        )
        bases = tuple(limit.basis for limit in found if limit.basis is not None)
        basis = _basis(_Written.of(candidate), bases)
        reasons = (*(limit.at_most for limit in found), *(entry.at_most for entry in measures))
        return Way(
            limits=tuple(limits),
            basis=basis,
            provenance=_with_wholes(basis.provenance, wholes),
            period=when,
            at_most=next((reason for reason in reasons if reason), ""),
        )


def own_candidate(limit: OwnLimit) -> Candidate:
    """Make a project's own limit into the topmost layer of its way."""
    origin = From(
        source=limit.sheet.document,
        clause=limit.sheet.clause,
        confidence="S",
        valid_from=limit.valid_from,
        valid_until=limit.valid_until,
    )
    return Candidate(limit.limits, origin, Layer.PROJECT, str(limit.place), limit.unit)


def with_own(
    ways: Sequence[tuple[Candidate, ...]], own: Sequence[Candidate]
) -> list[tuple[Candidate, ...]]:
    """Lay a project's own limits over the ways that need the same measures, or beside them."""
    found = list(ways)
    for limit in own:
        for place, candidates in enumerate(found):
            if candidates[0].limits.keys() == limit.limits.keys():
                found[place] = (*candidates, limit)
                break
        else:
            found.append((limit,))
    return found


def in_force(candidates: Sequence[Candidate]) -> list[tuple[Candidate, Period]]:
    """Say which of several layers holds when: at any time the last one that is valid then."""
    periods = [period(entry.origin.valid_from, entry.origin.valid_until) for entry in candidates]
    if periods[-1] == ALWAYS:
        return [(candidates[-1], ALWAYS)]
    turns = sorted({-inf, inf, *(turn for when in periods for turn in (when.from_s, when.until_s))})
    found: list[tuple[Candidate, Period]] = []
    for from_s, until_s in pairwise(turns):
        valid = [
            entry
            for entry, when in zip(candidates, periods, strict=True)
            if when.from_s <= from_s and until_s <= when.until_s
        ]
        if not valid:
            continue
        if found and found[-1][0] is valid[-1] and found[-1][1].until_s == from_s:
            from_s = found.pop()[1].from_s
        found.append((valid[-1], Period(from_s, until_s)))
    return found


def period_text(when: Period) -> str:
    """Say when a limit holds, in days.

    >>> period_text(Period(0.0, 86400.0))
    'from 1970-01-01 until 1970-01-01'
    """
    said: list[str] = []
    if when.from_s != -inf:
        said.append(f"from {datetime.fromtimestamp(when.from_s, UTC).date()}")
    if when.until_s != inf:
        said.append(f"until {datetime.fromtimestamp(when.until_s - 1.0, UTC).date()}")
    return " ".join(said) or "always"


def _why_unused(pack: Pack, rule: RuleSpec, sensor: Sensor) -> str:
    off = pack.why_disabled(rule.id)
    if off is not None:
        return f"taken out of use by {off.by} ({off.spot}): {off.reason}"
    for name, wanted in rule.only_where.items():
        word = sensor.words.get(name) or WORDS[name].default
        if word not in wanted:
            return f"it is for {name} {' or '.join(wanted)}, here it is {word or 'not given'}"
    if instead := _why_instead(rule, sensor):
        return instead
    if rule.only_with and not any(name in sensor.design for name in rule.only_with):
        return f"the site file gives none of {', '.join(rule.only_with)}"
    return ""


def _why_instead(rule: RuleSpec, sensor: Sensor) -> str:
    """Say what is judged instead of a rule none of whose measures is for this sensor."""
    found = [why_instead(measure, sensor) for measure in rule.measures.values()]
    return found[0] or "" if all(found) else ""


def _of_measure(pack: Pack, rule: RuleSpec, name: str) -> Basis:
    return pack.origins[rule.id][f"measures.{name}"]


def _sign(rule: RuleSpec) -> float:
    return -1.0 if rule.side is Side.BELOW else 1.0


def _seconds(duration: Duration | None) -> float:
    return duration.total_seconds() if duration is not None else 0.0


def limit_of(
    candidate: Candidate, number: Number, measure: Measure, sensor: Sensor
) -> Resolved | Missing:
    """Resolve one number of a way into the unit of its measure."""
    found = worked_out(number, sensor)
    if isinstance(found, Missing) or candidate.unit in ("", measure.unit):
        return found
    if measure.whole is None or candidate.unit != measure.whole_unit:
        return Missing(f"{candidate.place} gives it in {candidate.unit}, not in {measure.unit}")
    return replace(found, value=found.value * 100.0 / abs(measure.whole.value))


class _Written(NamedTuple):
    """A candidate without its numbers: what many sensors share."""

    provenance: Provenance
    layer: Layer
    place: str
    remark: str

    @classmethod
    def of(cls, candidate: Candidate) -> "_Written":
        origin = candidate.origin
        return cls(origin.provenance, candidate.layer, candidate.place, origin.remark)


@lru_cache(maxsize=8192)
def _basis(written: _Written, bases: tuple[Basis, ...]) -> Basis:
    """Say what a way stands on: its own source, and those of its numbers that are not its own.

    Where a site file or a table gives the number, its certainty is theirs.
    """
    own, layer, place = written.provenance, written.layer, written.place
    named = [own.clause] if own.clause else []
    confidence = bases[0].provenance.confidence if bases else own.confidence
    for basis in bases:
        named.append(f"value by {basis.named}")
        confidence = less_certain(confidence, basis.provenance.confidence)
        layer, place = max((layer, place), (basis.layer, basis.place))
    provenance = Provenance(source=own.source, clause="; ".join(named), confidence=confidence)
    return Basis(provenance=provenance, layer=layer, place=place, remark=written.remark)


@lru_cache(maxsize=8192)
def _with_wholes(own: Provenance, wholes: tuple[tuple[Resolved, str], ...]) -> Provenance:
    """Add to a source those of what 100 % is; the least certain counts."""
    named, confidence = [own.clause] if own.clause else [], own.confidence
    for whole, unit in wholes:
        if whole.basis is not None:
            named.append(f"100 % is {whole.value:g} {unit} by {whole.basis.named}")
            confidence = less_certain(confidence, whole.basis.provenance.confidence)
    return Provenance(source=own.source, clause="; ".join(named), confidence=confidence)


def measure_of(
    name: str, spec: MeasureSpec, side: Side, sensor: Sensor, origin: Basis
) -> Measure | str:
    """Make a measure's function for one sensor, or say which input is missing."""
    kind = MEASURES[spec.of]
    made = why_not_here(spec, sensor) or kind.make(spec, sensor)
    if isinstance(made, str):
        return made
    scale = -1.0 if side is Side.BELOW else 1.0
    unit = base_unit = kind.unit_for(sensor)
    whole: Resolved | None = None
    if spec.per_cent_of is not None:
        answer = _whole(spec, sensor, origin)
        if isinstance(answer, str):
            return answer
        whole = answer
        scale *= 100.0 / abs(whole.value)
        unit = "%"
    absolute = side is Side.EITHER
    is_raw = scale == 1.0 and not absolute
    return Measure(
        name=name,
        compute=_scaled(made.compute, scale, absolute=absolute),
        window_s=made.window_s,
        covered_s=made.window_s if made.covered_s is None else made.covered_s,
        unit=unit,
        baseline=spec.baseline,
        terms=f"{spec.of} {made.window_s} {scale!r} {absolute}{made.terms}",
        is_plain=spec.of == "value" and is_raw,
        is_bounded=kind.is_bounded and is_raw,
        name_zh=name_zh(spec),
        remark=made.remark,
        whole=whole,
        whole_unit=base_unit,
        at_most=whole.at_most if whole is not None else "",
    )


def _whole(spec: MeasureSpec, sensor: Sensor, origin: Basis) -> Resolved | str:
    """Resolve what 100 % is; a number that the pack itself wrote stands on the measure's `from`."""
    whole = worked_out(spec.per_cent_of or 0.0, sensor)
    if isinstance(whole, Missing):
        return whole.reason
    if whole.value == 0.0:
        return "the design value it is a percentage of is zero"
    if whole.basis is None and spec.origin is not None:
        basis = replace(origin, provenance=spec.origin.provenance, remark=spec.origin.remark)
        return replace(whole, basis=basis)
    return whole


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
