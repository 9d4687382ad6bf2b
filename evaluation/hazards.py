"""The tables of limits in `docs/hazards`, made from the rule packs in both languages.

    python -m evaluation.hazards docs/hazards

Each page has its tables between lines `<!-- limits RULE … -->` and `<!-- /limits -->`; a test
compares what stands there with the packs. What people wrote around the tables stays.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from alerting.measures.table import name_zh, window_text
from alerting.model import Provenance, Severity
from alerting.numbers import DesignValue, Least, Number, Resolved, TableValue, stem, worked_out
from alerting.render.sources import source_words
from alerting.rules import PACK_FOLDER, Side, load_packs
from alerting.rules.form import LevelSpec, RuleSpec, WaySpec
from sensors.catalogue import KINDS
from sensors.model import Position, SensorKey
from sensors.registry import Sensor
from sensors.units import shown_unit

_TABLE = re.compile(r"(<!-- limits ([a-z0-9_ ]+) -->\n).*?(<!-- /limits -->)", re.DOTALL)
_COLOURS = {
    Severity.MINOR: ("blue", "蓝色"),
    Severity.MODERATE: ("yellow", "黄色"),
    Severity.SEVERE: ("orange", "橙色"),
    Severity.EXTREME: ("red", "红色"),
}
_OR = ("; or ", "，或")
_ALSO = ("; ", "；")
_HEADS = (
    "| rule | colour | reached when | source (confidence) |\n|---|---|---|---|",
    "| 规则 | 颜色 | 达到条件 | 依据（可信度） |\n|---|---|---|---|",
)


def rules() -> Mapping[str, tuple[str, RuleSpec]]:
    """Give every rule of the shipped packs by its id, with its kind of device."""
    packs, faults = load_packs(PACK_FOLDER)
    if faults:
        raise ValueError(str(faults[0]))
    return {
        rule.id: (kind, rule)
        for kind, those in packs.items()
        for pack in those
        for rule in pack.spec.rules
    }


def filled(text: str, language: str) -> str:
    """Give the page with its tables made anew."""
    known = rules()
    return _TABLE.sub(
        lambda found: (
            found[1] + table([known[name] for name in found[2].split()], language) + "\n" + found[3]
        ),
        text,
    )


def table(chosen: Iterable[tuple[str, RuleSpec]], language: str) -> str:
    """Give the limits of some rules, and below each when it is raised and cleared."""
    is_zh = language == "zh"
    lines = [_HEADS[is_zh]]
    notes: list[str] = []
    for kind, rule in chosen:
        title = rule.title_zh if is_zh else rule.title
        for severity in Severity:
            level = rule.levels.get(severity.word)  # type: ignore[call-overload]
            if level is None:
                continue
            ways = [_way(way, rule, kind, is_zh=is_zh) for way in level.any]
            reached, colour = _OR[is_zh].join(ways), _COLOURS[severity][is_zh]
            lines.append(f"| {title} | {colour} | {reached} | {_sources(level, language)} |")
        notes.append(_note(title, rule, kind, is_zh=is_zh))
    return "\n".join([*lines, "", *notes])


def _sources(level: LevelSpec, language: str) -> str:
    """Name every source of a level once, each with its confidence."""
    named: dict[str, None] = {}
    for way in level.any:
        each = level.origin_of(way)
        source = Provenance(source=each.source, clause=each.clause, confidence=each.confidence)
        named[f"{source_words(source, language)} ({each.confidence})"] = None
    return _ALSO[language == "zh"].join(named)


def _way(way: WaySpec, rule: RuleSpec, kind: str, *, is_zh: bool) -> str:
    sign = "≤" if rule.side is Side.BELOW else "≥"
    parts: list[str] = []
    for name, number in way.limits.items():
        spec = rule.measures[name]
        shown = "" if name == "value" else name.replace("_", " ")
        subject = name_zh(spec) if is_zh else shown
        unit = shown_unit(spec.unit)
        parts.append(f"{subject} {sign} {_number(number, rule, kind, is_zh=is_zh)} {unit}".strip())
    return ("且" if is_zh else " and ").join(parts)


def _number(number: Number, rule: RuleSpec, kind: str, *, is_zh: bool) -> str:
    """Write a number as it stands in the pack; a name is a design value of the site file."""
    if isinstance(number, DesignValue):
        return _design(number, rule, kind, is_zh=is_zh)
    if isinstance(number, Least):
        inner = [_number(each, rule, kind, is_zh=is_zh) for each in number.least]
        return f"{'取小' if is_zh else 'least of'} ({', '.join(inner)})"
    if isinstance(number, TableValue):
        found = worked_out(number, _bare(kind, rule.quantities[0]))
        if isinstance(found, Resolved):
            return f"{found.value:g}"
        item = number.item.replace("{stem}", stem(rule.quantities[0]))
        cell = f"`{number.table}`: `{item}`, `{number.column}`"
        return f"({cell})"
    return f"{number:g}"


def _design(number: DesignValue, rule: RuleSpec, kind: str, *, is_zh: bool) -> str:
    shown = None
    if number.default is not None:
        shown = f" [{_number(number.default, rule, kind, is_zh=is_zh)}]"
    is_plain = isinstance(number.default, float | int)  # then what follows changes it alike
    name = number.design.replace("{stem}", stem(rule.quantities[0]))
    text = f"`{name}`{shown if is_plain else ''}"
    if number.times != 1.0:
        text = f"{number.times:g} × {text}"
    if number.plus:
        text += f" + {number.plus:g}"
    if number.minus:
        text += f" − {_number(number.minus, rule, kind, is_zh=is_zh)}"
    return text if shown is None or is_plain else f"{text}{shown}"


def _bare(kind: str, quantity: str) -> Sensor:
    """Make a sensor of which the site file says nothing, for what tables give everywhere."""
    entry = KINDS[kind].quantities[quantity]
    return Sensor(
        key=SensorKey("site", "device", "", quantity),
        kind=kind,
        unit=entry.unit,
        sent_unit=entry.unit,
        scale=1.0,
        offset=0.0,
        low=entry.low,
        high=entry.high,
        suspect_low=entry.low,
        suspect_high=entry.high,
        every=timedelta(minutes=1),
        position=Position(0.0, 0.0),
        design={},
    )


def _wholes(rule: RuleSpec, kind: str, *, is_zh: bool) -> str:
    """Say what 100 % is where a rule speaks of shares."""
    said: dict[str, None] = {}
    for spec in rule.measures.values():
        if spec.per_cent_of is not None:
            said[_number(spec.per_cent_of, rule, kind, is_zh=is_zh)] = None
    if not said:
        return ""
    whole = _ALSO[is_zh].join(said)
    return f"100 %为{whole}。" if is_zh else f" 100 % is {whole}."


def _note(title: str, rule: RuleSpec, kind: str, *, is_zh: bool) -> str:
    whole = _wholes(rule, kind, is_zh=is_zh)
    raised, cleared = rule.raise_when, rule.clear_when
    of = max(raised.of, raised.n)
    eased = [f"{cleared.margin:g}"] if cleared.margin else []
    eased += [f"{100 * (1 - cleared.ratio):.3g} %"] if cleared.ratio != 1.0 else []
    hold = window_text(cleared.hold.total_seconds()) if cleared.hold else ""
    if is_zh:
        when = f"最近{of}次测值中{raised.n}次达到" if of > 1 else "一次达到"
        when += f"（达到限值{raised.at_once:g}倍时一次即报）" if raised.at_once else ""
        side = f"限值放宽{'与'.join(eased)}后的安全侧" if eased else "限值的安全侧"
        end = (
            f"可信测值保持在{side}"
            + (f"{hold}以上" if hold else "")
            + f"、至少{cleared.readings}次"
        )
        end += "，并由人员签字" if cleared.sign_off else ""
        return f"- **{title}**：{when}即报警；{end}，方可解除。{whole}"
    when = f"{raised.n} of {of} readings reach it" if of > 1 else "one reading reaches it"
    when += f", or one reaches {raised.at_once:g} times the limit" if raised.at_once else ""
    side = f"the limit eased by {' and '.join(eased)}" if eased else "the limit"
    end = f"believable readings keep to the safe side of {side}" + (f" for {hold}" if hold else "")
    end += f", at least {cleared.readings} of them" if cleared.readings > 1 else ""
    end += ", and a person signs off" if cleared.sign_off else ""
    return f"- **{title}**: raised when {when}; cleared when {end}.{whole}"


def main(arguments: Sequence[str]) -> int:
    """Fill the tables of every page of a folder; 2 when there is none."""
    pages = sorted(Path(arguments[0]).glob("*.md")) if len(arguments) == 1 else []
    if not pages:
        sys.stderr.write("usage: python -m evaluation.hazards docs/hazards\n")
        return 2
    for page in pages:
        text = page.read_text(encoding="utf-8")
        page.write_text(filled(text, language_of(page)), encoding="utf-8")
    return 0


def language_of(page: Path) -> str:
    """Give the language of a page by its name: `pit.zh.md` is Chinese."""
    return "zh" if page.name.endswith(".zh.md") else "en"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
