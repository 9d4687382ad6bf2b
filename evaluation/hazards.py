"""The tables of limits in `docs/hazards`, made from the rule packs in both languages.

    python -m evaluation.hazards docs/hazards

Each page has its tables between lines `<!-- limits RULE … -->` and `<!-- /limits -->`; a test
compares what stands there with the packs. What people wrote around the tables stays.
"""

import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from alerting.measures.kind import DesignValue, MeasureSpec, Number
from alerting.measures.table import MEASURES, name_zh
from alerting.model import Provenance, Severity
from alerting.render.words import source_words
from alerting.rules import PACK_FOLDER, RuleSpec, Side, load_packs
from sensors.catalogue import KINDS
from sensors.duration import duration_text
from sensors.units import shown_unit

_TABLE = re.compile(r"(<!-- limits ([a-z0-9_ ]+) -->\n).*?(<!-- /limits -->)", re.DOTALL)
_COLOURS = {
    Severity.MINOR: ("blue", "蓝色"),
    Severity.MODERATE: ("yellow", "黄色"),
    Severity.SEVERE: ("orange", "橙色"),
    Severity.EXTREME: ("red", "红色"),
}
_HEADS = (
    "| rule | colour | reached when | source (confidence) |\n|---|---|---|---|",
    "| 规则 | 颜色 | 达到条件 | 依据（可信度） |\n|---|---|---|---|",
)


def rules() -> Mapping[str, tuple[str, RuleSpec]]:
    """Give every rule of the shipped packs by its id, with its kind of device."""
    packs, faults = load_packs(PACK_FOLDER)
    if faults:
        raise ValueError(str(faults[0]))
    return {rule.id: (kind, rule) for kind, pack in packs.items() for rule in pack.spec.rules}


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
            source = Provenance(source=level.source, clause=level.clause)
            named = source_words(source, language)
            colour = _COLOURS[severity][is_zh]
            lines.append(
                f"| {title} | {colour} | {('，或' if is_zh else '; or ').join(ways)}"
                f" | {named} ({level.confidence}) |"
            )
        notes.append(_note(title, rule, is_zh=is_zh))
    return "\n".join([*lines, "", *notes])


def _way(way: Mapping[str, Number], rule: RuleSpec, kind: str, *, is_zh: bool) -> str:
    parts = [
        _part(rule.measures[name], name, number, rule, kind, is_zh=is_zh)
        for name, number in way.items()
    ]
    return ("且" if is_zh else " and ").join(parts)


def _part(
    spec: MeasureSpec, name: str, number: Number, rule: RuleSpec, kind: str, *, is_zh: bool
) -> str:
    sign = "≤" if rule.side is Side.BELOW else "≥"
    unit = shown_unit(_unit(spec, rule, kind))
    subject = name_zh(spec) if is_zh else ("" if name == "value" else name.replace("_", " "))
    return f"{subject} {sign} {_number(number)} {unit}".strip()


def _unit(spec: MeasureSpec, rule: RuleSpec, kind: str) -> str:
    if spec.per_cent_of is not None:
        return "%"
    own = KINDS[kind].quantities[rule.quantities[0]].unit
    measure = MEASURES[spec.of]
    return measure.unit if measure.unit is not None else own + measure.per


def _number(number: Number) -> str:
    """Write a number as it stands in the pack; a name is a design value of the site file."""
    if not isinstance(number, DesignValue):
        return f"{number:g}"
    text = f"`{number.design}`"
    if number.times != 1.0:
        text = f"{number.times:g} × {text}"
    if number.plus:
        text += f" + {number.plus:g}"
    if number.minus:
        text += f" − {_number(number.minus)}"
    return f"{text} [{_number(number.default)}]" if number.default is not None else text


def _note(title: str, rule: RuleSpec, *, is_zh: bool) -> str:
    raised, cleared = rule.raise_when, rule.clear_when
    of = max(raised.of, raised.n)
    eased = [f"{cleared.margin:g}"] if cleared.margin else []
    eased += [f"{100 * (1 - cleared.ratio):.3g} %"] if cleared.ratio != 1.0 else []
    hold = duration_text(cleared.hold) if cleared.hold else ""
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
        return f"- **{title}**：{when}即报警；{end}，方可解除。"
    when = f"{raised.n} of {of} readings reach it" if of > 1 else "one reading reaches it"
    when += f", or one reaches {raised.at_once:g} times the limit" if raised.at_once else ""
    side = f"the limit eased by {' and '.join(eased)}" if eased else "the limit"
    end = f"believable readings keep to the safe side of {side}" + (f" for {hold}" if hold else "")
    end += f", at least {cleared.readings} of them" if cleared.readings > 1 else ""
    end += ", and a person signs off" if cleared.sign_off else ""
    return f"- **{title}**: raised when {when}; cleared when {end}."


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
