"""Every limit of one sensor in Chinese, from the same views as `groundwatch.limit_sheet`."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from alerting.basis import Basis, Layer
from alerting.render.sources import confidence_words, source_words
from alerting.render.words import number_words
from alerting.rules import Pack, unused_for
from groundwatch.explained_zh import measured_zh, valid_zh
from groundwatch.limits import Condition, LevelView, RuleView, WayView, rule_views
from groundwatch.limits_zh import colour_zh
from sensors.catalogue import KINDS
from sensors.local_time import SHOWN_ZONE
from sensors.registry import Sensor
from sensors.units import shown_unit

_LAYERS = {Layer.STANDARD: "标准", Layer.LOCAL: "地方规则", Layer.PROJECT: "项目设计"}


def sheet_zh(sensor: Sensor, packs: Sequence[Pack], at: datetime) -> Iterator[str]:
    """Write the limits as text, one limit a line with what it stands on below it."""
    name = KINDS[sensor.kind].quantities[sensor.key.quantity].zh
    unit = shown_unit(sensor.unit)
    day = at.astimezone(SHOWN_ZONE).date()
    yield f"{sensor.key}，{name}{f'（{unit}）' if unit else ''}，{day}的限值"
    views = rule_views(sensor, packs, None)
    if not views:
        yield "没有规则判定该传感器，仅作记录"
    for view in views:
        yield from _rule_lines(view, at.timestamp())
    unused = unused_for(sensor, packs)
    if unused:
        yield "此处不用的规则"
    for entry in unused:
        rule = f"{entry.rule.title_zh}（{entry.rule.id}，{entry.pack.name}）"
        yield f"  {rule}：（按原文）{entry.reason}"


def _rule_lines(rule: RuleView, at_s: float) -> Iterator[str]:
    yield f"规则 {rule.title_zh}（{rule.rule_id}，{rule.pack}）"
    for level in rule.levels:
        for way in level.ways:
            yield from _way_lines(level, way, at_s)
    for gap in rule.not_judged:
        word = "部分不判" if gap.may_raise else "不判"
        yield f"  {colour_zh(gap.severity)}：{word}（按原文）{gap.reason}"
    yield f"  报警条件：{rule.raised_when_zh}"
    yield f"  解除条件：{rule.cleared_when_zh}"
    for name, basis in rule.origins.items():
        if basis.layer:
            yield f"  {name}由此设定：{_basis(basis)}"


def _way_lines(level: LevelView, way: WayView, at_s: float) -> Iterator[str]:
    said = "，且".join(map(_condition, way.conditions))
    yield f"  {colour_zh(level.severity)}：{said}"
    when = valid_zh(way.period)
    when = f"；{when}" if when else ""
    when += "" if way.period.holds_at(at_s) else "，当日不用"
    yield f"    {_basis(way.basis)}{when}"
    for condition in way.conditions:
        share = condition.of
        if share is not None and share.basis is not None:
            yield f"    100 %为{number_words(share.whole, share.unit)}：{_basis(share.basis)}"
    if way.at_most:
        yield f"    仅为上限值（按原文）{way.at_most}"


def _condition(condition: Condition) -> str:
    limit, share = number_words(condition.limit, condition.unit), condition.of
    measured, reached, sign = measured_zh(condition)
    if share is not None:
        whole = number_words(share.whole, share.unit)
        return f"{measured} {sign} {number_words(share.limit, share.unit)}（{whole}的{limit}）"
    return f"{measured}{reached} {sign} {limit}"


def _basis(basis: Basis) -> str:
    named = source_words(basis.provenance, "zh") or "未注明"
    place = f"，{basis.place}" if basis.place else ""
    layer = _LAYERS[Layer(basis.layer)]
    sure = confidence_words(basis.provenance, "zh")
    return f"依据 {named}（{sure}）；{layer}{place}"
