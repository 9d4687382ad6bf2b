"""Limits that hold for every site, read from the rule packs, to be drawn into panels.

Only plain numbers (and the defaults of design values) are drawn; what a designer set for one sensor
is drawn from the limits that alerts carry.
"""

from typing import Any, Final

import yaml

from alerting.model import Severity
from alerting.rules import PACK_FOLDER

COLOURS: Final = {severity: severity.colour for severity in Severity}


def pack_limits(pack: str, rule_id: str, measure: str = "value") -> dict[Severity, float]:
    """Give the limit of each severity of one rule's measure, lowest severity first.

    Raises:
        KeyError: the pack has no such rule, or none of its levels a plain number of that measure.
    """
    document = yaml.safe_load((PACK_FOLDER / f"{pack}.yaml").read_text(encoding="utf-8"))
    rule = next((rule for rule in document["rules"] if rule["id"] == rule_id), None)
    if rule is None:
        raise KeyError(f"pack {pack} has no rule {rule_id}")
    found = {
        Severity.of(word): number
        for word, level in rule["levels"].items()
        for condition in level["any"]
        if (number := _number(condition.get(measure))) is not None
    }
    if not found:
        raise KeyError(f"rule {rule_id} of pack {pack} has no plain limit of {measure}")
    return dict(sorted(found.items()))


def _number(limit: Any) -> float | None:
    if isinstance(limit, dict):
        limit = limit.get("default")
    return float(limit) if isinstance(limit, int | float) else None
