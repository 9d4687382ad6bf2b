"""Ways to ask what limit a rule has on a sensor, for tests that type the limits out as rows."""

from collections.abc import Mapping
from typing import NamedTuple

from alerting.judge import Judge
from alerting.rules import PACK_FOLDER, BoundRule, Level, rules_for
from sensors.registry import Sensor
from tests.builders import packs_of, report, sensor

WORDS = ("minor", "moderate", "severe", "extreme")


class Found(NamedTuple):
    """A limit in the unit people read it in, and how sure we are of it."""

    value: float
    unit: str
    confidence: str


def bound(of: Sensor, rule_id: str) -> BoundRule:
    """Give a rule of the built-in packs, bound to a sensor."""
    rules = {rule.id: rule for rule in rules_for(of, packs_of(PACK_FOLDER)[of.kind])}
    assert rule_id in rules, f"{rule_id} is not used on {of.key}; used are {sorted(rules)}"
    return rules[rule_id]


def level(rule: BoundRule, word: str) -> Level | None:
    """Give one severity of a bound rule."""
    return next((entry for entry in rule.levels if entry.severity.word == word), None)


def limits(of: Sensor, rule_id: str, word: str) -> dict[str, Found]:
    """Give the limits of the ways of one measure; percentages in per cent."""
    rule = bound(of, rule_id)
    entry = level(rule, word)
    found: dict[str, Found] = {}
    for way in entry.ways if entry is not None else ():
        if len(way.limits) == 1:
            position, limit = way.limits[0]
            measure = rule.measures[position]
            confidence = way.basis.provenance.confidence
            found[measure.name] = Found(rule.sign * limit, measure.unit, confidence)
    return found


def wholes(of: Sensor, rule_id: str) -> dict[str, Found]:
    """Give what 100 % is for each measure of a rule."""
    return {
        measure.name: Found(
            measure.whole.value,
            measure.whole_unit,
            measure.whole.basis.provenance.confidence if measure.whole.basis else "",
        )
        for measure in bound(of, rule_id).measures
        if measure.whole is not None
    }


def severity_after(
    judged: Judge, of: Sensor, rule_id: str, values: Mapping[float, float] | list[float]
) -> int:
    """Send values `every` apart (or at given seconds) and give the level the rule stands at."""
    every_s = of.every.total_seconds()
    timed = values.items() if isinstance(values, Mapping) else enumerate(values)
    for number, (when, value) in enumerate(timed):
        seconds = float(when) if isinstance(values, Mapping) else every_s * float(when)
        entry = report(
            seconds, {of.key.quantity: value}, kind=of.kind, delay_s=0.1, device=of.key.device
        )
        judged.take([entry], number + 1, entry.received_at)
    return standing(judged, of, rule_id)


def standing(judged: Judge, of: Sensor, rule_id: str) -> int:
    """Give the level a rule stands at."""
    watch = judged.find(of.key)
    assert watch is not None
    return next(track for track in watch.tracks if track.rule.id == rule_id).newest.level


def pit(
    quantity: str, *, grade: float | None = 1.0, depth: float | None = 20.0, **more: object
) -> Sensor:
    """Make a sensor of a pit with a safety grade and a depth; words and design values by name."""
    words = {name: value for name, value in more.items() if isinstance(value, str)}
    design = {name: float(value) for name, value in more.items() if isinstance(value, int | float)}
    if grade is not None:
        design["safety_grade"] = grade
    if depth is not None:
        design["pit_depth_m"] = depth
    return sensor(quantity, "pit", every_s=600.0, design=design, words=words)
