"""Limits that hold for every site, read from the rule packs, to be drawn into panels.

Only plain numbers, the defaults of design values and cells of tables are drawn; what a designer set
for one sensor is drawn from the limits that alerts carry.
"""

from typing import Final

from alerting.model import Severity
from alerting.numbers import DesignValue, Number, TableValue
from alerting.rules import load_packs

COLOURS: Final = {severity: severity.colour for severity in Severity}


def pack_limits(pack: str, rule_id: str, measure: str = "value") -> dict[Severity, float]:
    """Give the limit of each severity of one rule's measure, lowest severity first.

    Raises:
        KeyError: the pack has no such rule, or none of its levels a plain number of that measure.
    """
    packs, _ = load_packs()
    rules = {
        (entry.spec.pack, rule.id): rule
        for kind in packs.values()
        for entry in kind
        for rule in entry.spec.rules
    }
    rule = rules.get((pack, rule_id))
    if rule is None:
        raise KeyError(f"pack {pack} has no rule {rule_id}")
    found = {
        Severity.of(word): number
        for word, level in rule.levels.items()
        for way in level.any
        if (number := _plain(way.limits.get(measure))) is not None
    }
    if not found:
        raise KeyError(f"rule {rule_id} of pack {pack} has no plain limit of {measure}")
    return dict(sorted(found.items()))


def _plain(limit: Number | None) -> float | None:
    if isinstance(limit, DesignValue):
        return _plain(limit.default)
    if isinstance(limit, TableValue):
        return limit.plain
    return limit if isinstance(limit, float) else None
