"""Checks the limits that site files set for single sensors against the rules they speak of."""

from collections.abc import Iterable, Iterator

from alerting.measures.table import MEASURES
from alerting.rules.form import RuleSpec
from alerting.rules.pack import Packs
from sensors.document import Fault, did_you_mean, listed
from sensors.registry import OwnLimit, Sensor


def own_limit_faults(sensors: Iterable[Sensor], packs: Packs) -> Iterator[Fault]:
    """Yield what is wrong with the own limits of sensors: no such rule, measure or unit."""
    for sensor in sensors:
        if not sensor.limits:
            continue
        rules = {
            rule.id: rule
            for pack in packs.get(sensor.kind, ())
            for rule in pack.spec.rules
            if sensor.key.quantity in rule.quantities
        }
        seen: dict[tuple[str, str, frozenset[str]], OwnLimit] = {}
        for limit in sensor.limits:
            yield from _faults(limit, rules, sensor)
            key = (limit.rule, limit.severity, frozenset(limit.limits))
            if key in seen:
                what = f"the same limit stands on line {seen[key].place.line}"
                yield _fault(limit, what, fix="keep one")
            seen[key] = limit


def _faults(limit: OwnLimit, rules: dict[str, RuleSpec], sensor: Sensor) -> Iterator[Fault]:
    rule = rules.get(limit.rule)
    if rule is None:
        what = f"no rule '{limit.rule[:64]}' speaks of {sensor.key.quantity}"
        yield _fault(limit, what, listed(rules), did_you_mean(limit.rule, rules))
        return
    for name in limit.limits:
        measure = rule.measures.get(name)
        if measure is None:
            what = f"rule {rule.id} has no measure '{name[:64]}'"
            yield _fault(limit, what, listed(rule.measures), did_you_mean(name, rule.measures))
            continue
        units = [measure.unit]
        if measure.per_cent_of is not None:
            units.append(MEASURES[measure.of].unit_of(sensor.unit))
        if limit.unit not in units:
            what = f"{name} of {rule.id} is not in '{limit.unit[:32]}'"
            yield _fault(limit, what, listed(units))


def _fault(limit: OwnLimit, what: str, allowed: str = "", fix: str = "") -> Fault:
    return Fault(limit.place.file, limit.place.line, what, allowed, fix)
