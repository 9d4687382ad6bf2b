"""What a person should look at in limits that are in use, though nothing about them is a fault.

One line a rule with the number of its sensors, so that a district of thousands stays readable.
"""

from collections import defaultdict
from collections.abc import Iterable

from alerting.model import Severity
from alerting.rules import BoundRule, Eased, eased_limits, eased_rules
from groundwatch.district import District, counted
from sensors.registry import Sensor


def unverified(district: District) -> list[str]:
    """List the rules in use with limits nobody has verified, and on how many sensors.

    That is confidence V (from memory, to be verified) at any severity, and D (a default of this
    program with no standard behind it) at the most severe one.
    """
    sensors: dict[tuple[str, str], int] = defaultdict(int)
    doubts: dict[tuple[str, str], set[tuple[Severity, str]]] = defaultdict(set)
    for rules in district.rules.values():
        for rule in rules:
            found = set(_doubts(rule))
            if found:
                sensors[rule.pack, rule.id] += 1
                doubts[rule.pack, rule.id] |= found
    return [
        f"{pack} {rule}: not verified: {_listed(doubts[pack, rule])};"
        f" {counted(sensors[pack, rule], 'sensor')}"
        for pack, rule in sorted(doubts)
    ]


def _doubts(rule: BoundRule) -> Iterable[tuple[Severity, str]]:
    for level in rule.levels:
        for way in level.ways:
            tag = way.provenance.confidence
            if tag == "V" or (tag == "D" and level.severity is Severity.EXTREME):
                yield level.severity, tag


def _listed(doubts: set[tuple[Severity, str]]) -> str:
    return ", ".join(f"{severity.word} ({tag})" for severity, tag in sorted(doubts))


def less_strict(district: District) -> list[str]:
    """List what local rules and projects make less strict than the layer below: allowed, said."""
    every = [pack for kind in district.packs.values() for pack in kind]
    lines = [_line(pack.name, eased, 0) for pack in every for eased in eased_rules(pack)]
    counts: dict[tuple[str, Eased], int] = defaultdict(int)
    for sensor in district.registry.sensors():
        for name, eased in _eased_on(sensor, district):
            counts[name, eased] += 1
    return lines + [_line(name, eased, n) for (name, eased), n in sorted(counts.items())]


def _eased_on(sensor: Sensor, district: District) -> Iterable[tuple[str, Eased]]:
    for pack in district.packs.get(sensor.kind, ()):
        if not pack.overlays and not sensor.limits:
            continue
        for rule in pack.spec.rules:
            if sensor.key.quantity in rule.quantities:
                for eased in eased_limits(pack, rule, sensor):
                    yield pack.name, eased


def _line(pack: str, eased: Eased, count: int) -> str:
    on = f"; {counted(count, 'sensor')}" if count else ""
    return f"{pack} {eased.rule}: less strict: {eased.what}, by {eased.place}{on}"
