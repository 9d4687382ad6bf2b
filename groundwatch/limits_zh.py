"""How a rule stands, in Chinese: what `groundwatch.limits` says in English."""

from alerting.model import Severity
from alerting.render.words import span_words, words_of
from alerting.rules import BoundRule
from alerting.track import Track
from alerting.watch import Watch


def colour_zh(severity: Severity) -> str:
    """Give the colour of a severity.

    >>> colour_zh(Severity.SEVERE)
    '橙色'
    """
    return words_of("zh")[severity.colour]


def raised_zh(rule: BoundRule) -> str:
    """Say when a rule believes a level."""
    if rule.n == 1 and not rule.dwell_s:
        text = "一次测值达到"
    else:
        text = f"最近{rule.of}次测值中{rule.n}次达到"
        if rule.dwell_s:
            text += f"，并持续{span_words(rule.dwell_s)}"
    return f"{text}；达到限值{rule.at_once:g}倍时一次即报" if rule.at_once else text


def cleared_zh(rule: BoundRule) -> str:
    """Say when a rule believes that a level is over."""
    if rule.unclear:
        word = colour_zh(Severity(rule.unclear))
        return f"须由人员签字：低于上限值不能证明{word}已消除"
    eased = [f"{rule.margin:g}"] if rule.margin else []
    eased += [f"至{100 * rule.ratio:g} %"] if rule.ratio != 1.0 else []
    side = f"限值放宽{'与'.join(eased)}后" if eased else "限值"
    hold = f"{span_words(rule.hold_s)}以上" if rule.hold_s else ""
    text = (
        f"可信且及时的测值保持在{side}的安全侧{hold}、至少{rule.readings}次，"
        f"其间中断不超过{span_words(rule.stale_s)}"
    )
    return f"{text}，并由人员签字" if rule.sign_off else text


def fold_zh(track: Track, watch: Watch) -> str:
    """Say where a rule stands after the newest reading."""
    state, rule = track.newest, track.rule
    if not len(watch.history):
        return "尚无可信测值，未作判断"
    reached = track.raws[-1] & 15 if track.raws else 0
    if reached > state.level:
        return f"最新测值达到{colour_zh(Severity(reached))}；报警条件：{raised_zh(rule)}"
    if state.level == 0:
        partly = [colour_zh(level.severity) for level in rule.levels if level.at_most]
        return f"未达到限值；低于上限值时不判：{'、'.join(partly)}" if partly else "平稳"
    word = colour_zh(Severity(state.level))
    if state.calm_done:
        return f"{word}，已平稳足够长时间，须由人员签字解除"
    if state.calm_n == 0:
        return f"{word}；尚未开始平稳"
    so_far = span_words(watch.history.times[-1] - state.calm_s)
    return f"{word}；已有{state.calm_n}次平稳测值，历时{so_far}；解除条件：{cleared_zh(rule)}"
