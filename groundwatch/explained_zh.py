"""An explanation as lines of Chinese text, from the same values as the English one.

What is kept in one language only (why a route chose a person, a provider's own words, remarks) is
given as it was recorded, and said to be so.
"""

from collections.abc import Iterable, Iterator
from math import isfinite

from alerting.basis import Period
from alerting.model import Alert, AlertState, Transition, TransitionKind
from alerting.ports import ProofKind, StepKind
from alerting.render.sources import confidence_words, source_words
from alerting.render.words import number_words, span_words, words_of
from alerting.response.words import deed_words, note_words
from alerting.route import rung_words
from alerting.sentence import in_chinese
from groundwatch.explained import Explanation, SensorView, Told, printable
from groundwatch.limits import Condition, LevelView, RuleView, SilenceView, WayView, instant
from groundwatch.limits_zh import colour_zh
from sensors.catalogue import KINDS
from sensors.local_time import shown_time

STATES_ZH = {
    AlertState.FIRING: "未解除",
    AlertState.RESOLVED: "已解除",
    AlertState.WITHDRAWN: "已撤回",
}
STEPS_ZH = {
    TransitionKind.RAISED: "报警",
    TransitionKind.UPGRADED: "升级",
    TransitionKind.DOWNGRADED: "降级",
    TransitionKind.CLEARED: "解除",
    TransitionKind.WITHDRAWN: "撤回",
    TransitionKind.AWAITS_SIGN_OFF: "待签字",
    TransitionKind.DISTURBED: "再次波动",
    TransitionKind.RECURRED: "再次触发",
    TransitionKind.ACKNOWLEDGED: "确认",
    TransitionKind.SIGNED_OFF: "签字解除",
    TransitionKind.MUTED: "静默",
    TransitionKind.RETURNED: "再次告知",
}
_PROOFS = {
    ProofKind.DELIVERED: "已送达",
    ProofKind.READ: "已读",
    ProofKind.CONFIRMED: "已确认",
    ProofKind.UNDELIVERED: "未送达",
}
_SENT = {
    "pending": "待发",
    "sent": "已发",
    "failed": "失败",
    "cancelled": "取消",
    "muted": "静默",
}
_AS_RECORDED = "（按原文）"
_MAX_NOTICES = 40
_MAX_STEPS = 40


def explanation_zh(explanation: Explanation) -> str:
    """Give the explanation as text, most important first."""
    lines = [f"{_subject(explanation)}，截至{shown_time(explanation.at)}"]
    if explanation.alert is not None:
        lines += _alert_lines(explanation.alert)
    lines += _block("经过", map(_transition_line, explanation.transitions))
    lines += _block("人员操作", _action_lines(explanation))
    lines += _block("为何没有警报", _no_alert_lines(explanation))
    lines += _block("未解除的警报", map(_standing_line, explanation.standing))
    lines += _block("所依据的测值", _reading_lines(explanation))
    if explanation.sensor is not None:
        lines += _sensor_lines(explanation.sensor)
    lines += _block("上报情况", (f"{s.sensor}：{silence_zh(s)}" for s in explanation.silent))
    held = [told for told in explanation.notices if told.state == "muted"]
    sent = [told for told in explanation.notices if told.state != "muted"]
    lines += _block("已告知", _notice_lines(sent))
    lines += _block("未告知及原因", _notice_lines(held))
    lines += _block("逐级催办", _step_lines(explanation))
    lines += _block("为何是这些人", (said.zh for said in explanation.routing))
    lines += _block(f"说明{_AS_RECORDED}", explanation.remarks)
    return "\n".join(map(printable, lines))


def silence_zh(view: SilenceView) -> str:
    """Say how long a sensor has been silent, and how long it may be."""
    state = "逾期未报" if view.is_overdue else "按时上报"
    said = "尚无可信测值" if view.age_s is None else f"最近可信测值在{span_words(view.age_s)}前"
    may = f"允许中断{span_words(view.stale_s)}，超过{span_words(view.offline_s)}视为离线"
    return f"{state}：{said}；{may}"


def _subject(explanation: Explanation) -> str:
    if explanation.alert is not None:
        return f"警报{explanation.alert.id}"
    return f"传感器{explanation.sensor.sensor.key}" if explanation.sensor else explanation.subject


def _alert_lines(alert: Alert) -> list[str]:
    reason = in_chinese(alert.said, alert.reason)
    lines = [
        f"{colour_zh(alert.severity)}，{STATES_ZH[alert.state]}：{reason}",
        f"  传感器  {alert.sensor}",
        f"  规则    {alert.rule_id}（{alert.pack}）",
    ]
    source = f"依据 {_or_nothing(source_words(alert.provenance, 'zh'))}"
    source += f"（{confidence_words(alert.provenance, 'zh')}）"
    limit = "" if alert.limit is None else f"限值    {number_words(alert.limit, alert.unit)}，"
    lines.append(f"  {limit}{source}")
    began, known = shown_time(alert.started_at), shown_time(alert.detected_at)
    lines.append(f"  开始    {began}，发现 {known}")
    if alert.ended_at is not None:
        lines.append(f"  结束    {shown_time(alert.ended_at)}")
    if alert.acknowledged_at is not None:
        by = alert.acknowledged_by
        lines.append(f"  确认    {shown_time(alert.acknowledged_at)}，确认人：{by}")
    return lines


def _transition_line(step: Transition) -> str:
    late = "" if step.late_by_s is None else f"，发现延迟{span_words(step.late_by_s)}"
    final = "定论" if step.final else "未定：在途测值可能改变"
    head = f"{shown_time(step.taken_at)} {STEPS_ZH[step.kind]} {colour_zh(step.severity)}"
    return f"{head}（{final}{late}）：{in_chinese(step.said, step.reason)}"


def _action_lines(explanation: Explanation) -> Iterator[str]:
    for action in explanation.actions:
        note = note_words(action.note).zh
        said = "：".join(part for part in (action.detail, note) if part)
        note = f"（{said}）" if said else ""
        yield f"{shown_time(action.at)} {action.actor}：{deed_words(action.action).zh}{note}"


def _no_alert_lines(explanation: Explanation) -> Iterator[str]:
    """Say it from the view itself, as far as it is its rules that are calm."""
    view = explanation.sensor
    if view is None or not explanation.why_no_alert:
        return
    if not view.rules:
        name = KINDS[view.sensor.kind].quantities[view.sensor.key.quantity].zh
        yield f"没有规则判定{name}"
    for rule in view.rules:
        yield f"{rule.title_zh}：{_state(rule)}"
    if view.silence.is_overdue:
        yield "中断由该设备的失明警报告知"


def _standing_line(alert: Alert) -> str:
    return f"{alert.id} {colour_zh(alert.severity)}：{in_chinese(alert.said, alert.reason)}"


def _reading_lines(explanation: Explanation) -> Iterator[str]:
    unit = explanation.sensor.sensor.unit if explanation.sensor is not None else ""
    for reading in explanation.readings:
        remark = f"  {_AS_RECORDED}{reading.remark}" if reading.remark else ""
        yield f"{shown_time(reading.taken_at)}  {number_words(reading.value, unit)}{remark}"


def _sensor_lines(view: SensorView) -> list[str]:
    value = "无" if view.value is None else number_words(view.value, view.sensor.unit)
    age = "" if view.age_s is None else f"，{span_words(view.age_s)}前"
    lines = [f"当前：{value}{age}", f"  上报    {silence_zh(view.silence)}"]
    for rule in view.rules:
        lines += _rule_lines(rule)
    return lines


def _rule_lines(rule: RuleView) -> list[str]:
    lines = [f"规则 {rule.title_zh}（{rule.rule_id}，{rule.pack}）：{_state(rule)}"]
    lines += [f"  {_level_line(level)}" for level in rule.levels]
    for gap in rule.not_judged:
        word = "部分不判" if gap.may_raise else "不判"
        lines.append(f"  {colour_zh(gap.severity)}：{word}{_AS_RECORDED}{gap.reason}")
    lines += [f"  {remark.zh or remark.en}" for remark in rule.remarks]
    lines += [f"  报警条件：{rule.raised_when_zh}", f"  解除条件：{rule.cleared_when_zh}"]
    return lines


def _state(rule: RuleView) -> str:
    return rule.fold.text_zh if rule.fold is not None else "不判"


def _level_line(level: LevelView) -> str:
    ways = "，或".join(map(_way_text, level.ways))
    source = _or_nothing(source_words(level.provenance, "zh"))
    sure = confidence_words(level.provenance, "zh")
    return f"{colour_zh(level.severity)}，{_met(level)}：{ways}；依据 {source}（{sure}）"


def _met(level: LevelView) -> str:
    """Tell what is not met from what cannot be known yet."""
    if level.is_met:
        return "已达到"
    if any(condition.present is None for way in level.ways for condition in way.conditions):
        return "未知"
    return "低于上限值时不判" if any(way.at_most for way in level.ways) else "未达到"


def _way_text(way: WayView) -> str:
    text, valid = "，且".join(map(_condition_text, way.conditions)), valid_zh(way.period)
    return f"{text}（{valid}）" if valid else text


def valid_zh(period: Period) -> str:
    """Say when a limit holds, in days; "" where it always does."""
    days = [f"自{instant(period.from_s):%Y-%m-%d}起"] if isfinite(period.from_s) else []
    days += [f"至{instant(period.until_s - 1.0):%Y-%m-%d}止"] if isfinite(period.until_s) else []
    return f"{'，'.join(days)}有效" if days else ""


def _condition_text(condition: Condition) -> str:
    now = "未知" if condition.present is None else number_words(condition.present, condition.unit)
    limit = number_words(condition.limit, condition.unit)
    measured, share, sign = measured_zh(condition)
    return f"{measured}{share} {sign} {limit}（当前 {now}）"


def measured_zh(condition: Condition) -> tuple[str, str, str]:
    """Say what is measured and in which direction, of what it is a share, and how it is held.

    Three texts, for example `累计值（正负方向）`, `已达限值的` and `≥`; the second may be "".
    """
    name, reached, rest = condition.measure_zh.partition("已达")
    direction, _, sign = condition.side_zh.rpartition(" ")
    measured = f"{name or '测值'}（{direction}）" if direction else name or "测值"
    return measured, f"{reached}{rest}", sign


def _notice_lines(notices: Iterable[Told]) -> Iterator[str]:
    found = list(notices)
    words = words_of("zh")
    for told in found[:_MAX_NOTICES]:
        when = f"{_SENT.get(told.state, told.state)}"
        if (at := told.due_at if told.state == "pending" else told.sent_at) is not None:
            when += f" {shown_time(at)}"
        tries = f"，共{told.attempts}次" if told.attempts > 1 else ""
        proofs = "".join(f"，{_PROOFS[each.kind]} {shown_time(each.at)}" for each in told.proofs)
        error = f"；{_AS_RECORDED}{told.last_error}" if told.last_error else ""
        reason = words.get(told.reason, told.reason)
        yield f"{told.recipient}（{told.channel}）：{reason}，{when}{proofs}{tries}{error}"
    if len(found) > _MAX_NOTICES:
        yield f"另有{len(found) - _MAX_NOTICES}条"


def _step_lines(explanation: Explanation) -> Iterator[str]:
    for step in explanation.steps[-_MAX_STEPS:]:
        done = "无人可问，跳过" if step.kind is StepKind.NOBODY else ""
        said = done or step.why_zh or step.why
        yield f"{shown_time(step.at)} 第{step.n}步，{rung_words(step.rung).zh}：{said}"
    if explanation.asking.zh:
        yield explanation.asking.zh


def _or_nothing(text: str) -> str:
    return text or "未注明"


def _block(title: str, lines: Iterable[str]) -> list[str]:
    found = [f"  {line}" for line in lines]
    return [f"{title}：", *found] if found else []
