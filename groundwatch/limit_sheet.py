"""Every limit of one sensor with all that stands behind it: `groundwatch limits`, offline.

Unlike `explain` it needs no running program: it says what would be judged, not what is.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from alerting.basis import Basis, Layer
from alerting.rules import period_text, unused_for
from groundwatch.district import District, load_district
from groundwatch.limit_sheet_zh import sheet_zh
from groundwatch.limits import Condition, RuleView, WayView, rule_views, span
from groundwatch.read_often import required_text
from groundwatch.settings import SettingsError
from sensors.document import did_you_mean
from sensors.lifecycle import Life
from sensors.local_time import SHOWN_ZONE
from sensors.registry import Registry, Sensor


class NoSuchSensor(SettingsError):
    """Raised when nothing in the site files has the name that was asked for."""


def limits_text(
    named: str, *, sites: Path, at: datetime, as_json: bool, language: str = "en"
) -> str:
    """Give the limits of the sensor of a name, as they hold at an instant, as text or JSON.

    Raises:
        NoSuchSensor: no sensor has that name, or the site files cannot be read at all.
    """
    district = load_district(sites)
    if district.faults and not district.registry.n_sensors:
        raise NoSuchSensor("\n".join(district.faults))
    sensor = sensor_named(district.registry, named)
    sheet = limit_sheet(district, sensor, at)
    if language == "zh" and not as_json:
        lines = [*sheet_zh(sensor, district.packs.get(sensor.kind, ()), at)]
        return "\n".join([*lines, *([f"（按原文）{sheet['read']}"] if sheet["read"] else [])])
    if as_json:
        return json.dumps(sheet, ensure_ascii=False, indent=2)
    return "\n".join(sheet_lines(sheet))


def sensor_named(registry: Registry, named: str) -> Sensor:
    """Find a sensor by `site/device/quantity` or `site/device/point/quantity`."""
    known = {str(sensor.key): sensor for sensor in registry.sensors()}
    found = known.get(named)
    if found is not None:
        return found
    allowed = "site/device/quantity, or site/device/point/quantity"
    hint = did_you_mean(named, known)
    raise NoSuchSensor(f"no sensor '{named[:128]}'; allowed: {allowed}. {hint}".strip())


def limit_sheet(district: District, sensor: Sensor, at: datetime) -> dict[str, Any]:
    """Give everything about a sensor's limits as plain data; `at` decides what is valid."""
    packs = district.packs.get(sensor.kind, ())
    return {
        "sensor": str(sensor.key),
        "unit": sensor.unit,
        "at": at.astimezone(SHOWN_ZONE).date().isoformat(),
        "read": required_text(sensor, packs, _life(district.registry, sensor), at.timestamp()),
        "rules": [_rule(view, at.timestamp()) for view in rule_views(sensor, packs, None)],
        "not_used": [
            {"rule": entry.rule.id, "pack": entry.pack.name, "reason": entry.reason}
            for entry in unused_for(sensor, packs)
        ],
    }


def _life(registry: Registry, sensor: Sensor) -> Life:
    """Give the stages that the site files tell of a sensor's device."""
    device = registry.device(sensor.key.site, sensor.key.device)
    own = device.stages if device is not None else ()
    return Life(own, registry.sites[sensor.key.site].stages)


def _rule(view: RuleView, at_s: float) -> dict[str, Any]:
    changed = {name: _basis(basis) for name, basis in view.origins.items() if basis.layer}
    return {
        "rule": view.rule_id,
        "pack": view.pack,
        "hazard": view.hazard,
        "title": view.title,
        "raised_when": view.raised_when,
        "cleared_when": view.cleared_when,
        "changed": changed,
        "levels": [
            {
                "severity": level.severity.word,
                "colour": level.severity.colour,
                "ways": [_way(way, at_s) for way in level.ways],
            }
            for level in view.levels
        ],
        "not_judged": [
            {"severity": gap.severity.word, "reason": gap.reason, "may_raise": gap.may_raise}
            for gap in view.not_judged
        ],
    }


def _way(way: WayView, at_s: float) -> dict[str, Any]:
    return {
        "limits": [_condition(condition) for condition in way.conditions],
        "from": _basis(way.basis),
        "valid": period_text(way.period),
        "is_valid": way.period.holds_at(at_s),
        "at_most": way.at_most,
    }


def _condition(condition: Condition) -> dict[str, Any]:
    share = condition.of
    return {
        "measure": condition.measure,
        "side": condition.side,
        "limit": condition.limit,
        "unit": condition.unit,
        "window_s": condition.window_s,
        "baseline": condition.baseline,
        "share": None
        if share is None
        else {
            "limit": round(share.limit, 9),
            "whole": share.whole,
            "unit": share.unit,
            "from": None if share.basis is None else _basis(share.basis),
        },
    }


def _basis(basis: Basis) -> dict[str, str]:
    provenance = basis.provenance
    return {
        "source": provenance.source,
        "clause": provenance.clause,
        "confidence": provenance.confidence,
        "layer": Layer(basis.layer).word,
        "place": basis.place,
        "remark": basis.remark,
    }


# --- the same in words ---


def sheet_lines(sheet: dict[str, Any]) -> Iterator[str]:
    """Write a sheet as text, one limit a line with what it stands on below it."""
    yield f"{sheet['sensor']} in {sheet['unit']}, as of {sheet['at']}"
    if sheet["read"]:
        yield sheet["read"]
    if not sheet["rules"]:
        yield "no rule judges this sensor; it is recorded only"
    for rule in sheet["rules"]:
        yield from _rule_lines(rule)
    if sheet["not_used"]:
        yield "rules that are not used here"
        for entry in sheet["not_used"]:
            yield f"  {entry['rule']} of {entry['pack']}: {entry['reason']}"


def _rule_lines(rule: dict[str, Any]) -> Iterator[str]:
    yield f"rule {rule['rule']} of {rule['pack']} ({rule['title']})"
    for level in rule["levels"]:
        for way in level["ways"]:
            yield from _way_lines(f"{level['severity']} ({level['colour']})", way)
    for gap in rule["not_judged"]:
        word = "judged only in part" if gap["may_raise"] else "not judged"
        yield f"  {gap['severity']}: {word}: {gap['reason']}"
    yield f"  raised when {rule['raised_when']}"
    yield f"  cleared when {rule['cleared_when']}"
    for name, basis in rule["changed"].items():
        yield f"  {name.replace('_', ' ')} is set by {_named(basis)}"


def _way_lines(level: str, way: dict[str, Any]) -> Iterator[str]:
    said = " and ".join(map(_limit_text, way["limits"]))
    yield f"  {level}: {said}"
    when = "" if way["valid"] == "always" else f"; holds {way['valid']}"
    when += "" if way["is_valid"] else ", so it is not used on this day"
    yield f"    {_named(way['from'])}{when}"
    for limit in way["limits"]:
        share = limit["share"]
        if share is not None and share["from"] is not None:
            yield f"    100 % is {share['whole']:g} {share['unit']}: {_named(share['from'])}"
    if way["at_most"]:
        yield f"    an upper bound only: {way['at_most']}"


def _limit_text(limit: dict[str, Any]) -> str:
    share = limit["share"]
    number = f"{limit['limit']:.4g} {limit['unit']}"
    if share is not None:
        number = f"{share['limit']:.4g} {share['unit']} ({number} of {share['whole']:.4g})"
    window = f" over {span(limit['window_s'])}" if limit["window_s"] else ""
    name = limit["measure"].replace("_", " ")
    return f"{name}{window} {limit['side']} {number}, from {limit['baseline']}"


def _named(basis: dict[str, str]) -> str:
    named = f"{basis['source']} {basis['clause']}".strip()
    remark = f" ({basis['remark']})" if basis["remark"] else ""
    place = f", {basis['place']}" if basis["place"] else ""
    return f"{named}{remark}; confidence {basis['confidence']}; {basis['layer']}{place}"
