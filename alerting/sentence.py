"""Sentences of reason in English and Chinese, made from their parts; plain functions.

The English one is what logs and the record keep. A new form is one line in `_FORMS` or a function
of its own here, in every language.
"""

import re
from collections.abc import Callable

from alerting.model import Against, Form, Sentence
from sensors.catalogue import KINDS
from sensors.units import shown_unit

LANGUAGES = ("en", "zh")
_SPANS_ZH = {"s": "秒", "min": "分钟", "h": "小时"}
_SPAN_IN_NAME = re.compile(r"(\d)(min|h|d|s)\b")  # packs name a measure `mean_2min`
NO_NUMBER = frozenset({"bool", "code"})

# Sentences with nothing in them but what a person wrote.
_FORMS: dict[Form, tuple[str, str]] = {
    Form.CLEARED: (
        "readings have stayed below the limit for as long as the rule asks",
        "测值回到限值以内，且已保持规定时间",
    ),
    Form.SPOKEN: ("every sensor of the device has spoken again", "该设备所有传感器均已恢复上报"),
    Form.CONTINUES: ("continues alert {text}", "并入警报{text}"),
    Form.AWAITS: (
        "calm for long enough; a person must sign off",
        "已平稳足够长时间，须由人员签字解除",
    ),
    Form.DISTURBED: ("no longer calm", "不再平稳"),
    Form.ORPHAN: (
        "its sensor or rule is no longer in the site files; a person must sign off",
        "其传感器或规则已不在站点文件中，须由人员签字解除",
    ),
    Form.BELIEVED: ("{text}", "该传感器恢复可信"),
    Form.OVER: ("the problem is over", "故障已消除"),
    Form.ACKNOWLEDGED: ("acknowledged by {text}", "确认人：{text}"),
}

# This program's own problems by name; their English sentence has the details.
_SYSTEM_ZH = {
    "broker": "收不到数据：消息服务器中断，所有传感器均不可见",
    "log": "数据无法保存：本机日志写满或不可写",
    "store": "数据库不可用，数据暂存于本机日志",
    "journal": "警报记录库不可用：警报照常发出，尚未记录",
    "refused": "警报记录库拒收部分记录，已另存文件",
    "judging": "本程序缺陷：部分传感器已停止判断，详情见系统日志",
    "notices": "部分通知未送达任何人，请检查通道与联系方式",
    "quarantine": "无法解析的消息过多，隔离区已满",
    "unlisted": "收到站点文件未登记的设备或传感器的数据：未参与判断，已隔离，请登记或更正编号",
    "unwritten": "部分警报变化未写入数据库，记录库中齐全",
    "misdated": "大量数据时间超前，请核对本机时钟",
    "clock": "本机时钟发生跳变，校正前判断可能有误",
}
_OTHER_SYSTEM_ZH = "本系统自身出现故障，详情见系统日志"


def plain(form: Form, text: str = "") -> Sentence:
    """Give a sentence with nothing in it but, perhaps, a person's words."""
    return Sentence(form=form, text=text)


def by_person(form: Form, actor: str, note: str) -> Sentence:
    """Give the sentence about what a person did, with the note they left."""
    return Sentence(form=form, text=f"{actor}: {note}" if note else actor)


def turned(why: str, why_zh: str = "") -> Sentence:
    """Give the sentence about an alert that is held, or that people are told of again."""
    return Sentence(form=Form.RETURNED, title=why, title_zh=why_zh or why)


def say(sentence: Sentence, language: str = "en") -> str:
    """Put a sentence into words; any language but Chinese is answered in English."""
    is_zh = language == "zh"
    fixed = _FORMS.get(sentence.form)
    if fixed is not None:
        return fixed[is_zh].format(text=sentence.text)
    return _OWN[sentence.form][is_zh](sentence)


def in_chinese(sentence: Sentence | None, reason: str) -> str:
    """Give a sentence in Chinese, or the reason as it was recorded where its parts are lost."""
    return say(sentence, "zh") if sentence is not None else reason


def quantity_name(key: str, language: str, kind: str = "") -> str:
    """Give the name of a quantity, looked for among the kind's own first."""
    own = [entry for entry in KINDS.values() if entry.key == kind]
    for entry in (*own, *KINDS.values()):
        found = entry.quantities.get(key)
        if found is not None:
            return found.zh if language == "zh" else found.en
    return key.replace("_", " ")


def is_told_by_title(sentence: Sentence) -> bool:
    """Say whether no number tells anything of it: a sign is there, or a code says which."""
    units = {entry.unit for entry in sentence.against}
    return bool(units) and units <= NO_NUMBER


def _limit_en(sentence: Sentence) -> str:
    if is_told_by_title(sentence):
        return _titled_en(sentence, sentence.title)
    side = "at or below" if sentence.is_low else "at or above"
    return _against_en(sentence, side)


def _left_en(sentence: Sentence) -> str:
    if is_told_by_title(sentence):
        return _titled_en(sentence, f"{sentence.title}: no longer so")
    word = sentence.severity.word if sentence.severity is not None else "last"
    return _against_en(sentence, f"has left the {word} level")


def _against_en(sentence: Sentence, words: str) -> str:
    parts = [_part_en(entry, words) for entry in sentence.against]
    return _titled_en(sentence, f"{sentence.title}: {' and '.join(parts)}")


def _titled_en(sentence: Sentence, said: str) -> str:
    suspect = " The reading is suspect." if sentence.is_suspect else ""
    remark = f" {sentence.remark}." if sentence.remark else ""
    return f"{said}.{suspect}{remark}"


def _part_en(entry: Against, words: str) -> str:
    unit = shown_unit(entry.unit)
    shown = "unknown" if entry.value is None else f"{entry.value:.4g} {unit}".rstrip()
    if entry.value is not None and entry.whole is not None:
        shown += f" of {entry.whole:.4g} {shown_unit(entry.whole_unit)}"
    is_named = bool(entry.name) and not (entry.whole is not None and entry.name.startswith("of "))
    name = _SPAN_IN_NAME.sub(r"\1 \2", entry.name) if is_named else ""
    return f"{name} {shown}, {words} {entry.limit:.4g} {unit}".strip()


def _limit_zh(sentence: Sentence) -> str:
    if is_told_by_title(sentence):
        return _titled_zh(sentence, sentence.title_zh)
    side = "不高于" if sentence.is_low else "达到或超过"
    return _against_zh(sentence, side)


def _left_zh(sentence: Sentence) -> str:
    if is_told_by_title(sentence):
        return _titled_zh(sentence, f"{sentence.title_zh}：已不再出现")
    colour = f"{sentence.severity.zh}色" if sentence.severity is not None else "原"
    return _against_zh(sentence, f"已脱离{colour}等级界线")


def _against_zh(sentence: Sentence, words: str) -> str:
    parts = [_part_zh(entry, words) for entry in sentence.against]
    return _titled_zh(sentence, f"{sentence.title_zh}：{'，且'.join(parts)}")


def _titled_zh(sentence: Sentence, said: str) -> str:
    suspect = "该测值可疑。" if sentence.is_suspect else ""
    remark = f"{sentence.remark_zh}。" if sentence.remark_zh else ""
    return f"{said}。{suspect}{remark}"


def _part_zh(entry: Against, words: str) -> str:
    unit, name = shown_unit(entry.unit), entry.name_zh
    shown = "未知" if entry.value is None else f"{entry.value:.4g} {unit}".rstrip()
    if entry.whole is not None:
        whole = f"{entry.whole:.4g} {shown_unit(entry.whole_unit)}"
        name = f"{name.removesuffix('的')}{whole}的"
    return f"{name}{shown}，{words}{entry.limit:.4g} {unit}".rstrip()


# Numbers of a silent device: how many of its sensors, of how many, for how long in seconds (below
# 0: never heard from), and 1 where an alert stands on one of them; where its line is unsteady also
# for how long in seconds it must have spoken before this is over.


def _silent_en(sentence: Sentence) -> str:
    silent, count, age_s, has_alert, *hold = sentence.numbers
    names = ", ".join(_sensor(name, "en") for name in sentence.names)
    left = int(silent) - len(sentence.names)
    more = f" and {left} more" if left > 0 else ""
    what = "never heard from" if age_s < 0 else f"gave nothing believable for {_span(age_s)}"
    tail = "; an alert stands on it and cannot be judged" if has_alert else ""
    tail += f"; its line is unsteady: over once it has spoken for {_span(hold[0])}" if hold else ""
    return f"{silent:.0f} of {count:.0f} sensors {what}: {names}{more}{tail}."


def _silent_zh(sentence: Sentence) -> str:
    silent, count, age_s, has_alert, *hold = sentence.numbers
    names = "、".join(_sensor(name, "zh") for name in sentence.names)
    more = f"等{silent:.0f}项" if int(silent) > len(sentence.names) else ""
    what = "从未上报" if age_s < 0 else f"已有{_span_zh(age_s)}没有可信数据"
    tail = "；其上尚有未解除的警报，无法判断" if has_alert else ""
    tail += f"；线路不稳，须连续上报{_span_zh(hold[0])}后方可解除" if hold else ""
    return f"{count:.0f}个传感器中{silent:.0f}个{what}：{names}{more}{tail}。"


def _sensor(name: str, language: str) -> str:
    point, _, quantity = name.rpartition("/")
    return f"{point} {quantity_name(quantity, language)}".strip()


def _span(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _span_zh(seconds: float) -> str:
    number, _, unit = _span(seconds).partition(" ")
    return f"{number}{_SPANS_ZH[unit]}"


def _not_held_en(sentence: Sentence) -> str:
    return sentence.text or "readings taken in between have arrived and the limit was not held"


def _not_held_zh(sentence: Sentence) -> str:
    return "测值未通过质量检验" if sentence.text else "补到的中间测值表明并未持续超限"


# The quality tests of `sensors.qc`; any other is called a quality test.
_TESTS_ZH = {
    "flat": "长时间不变",
    "spike": "孤立跳变",
    "rate": "变化过快",
    "total": "累计不符",
    "neighbour": "与邻站不符",
    "partner": "与关联测值不符",
    "gross_range": "超出量程",
    "gap": "间断",
    "location": "位置变动",
}


def _doubtful_en(sentence: Sentence) -> str:
    return f"Doubtful sensor, {sentence.title}: {sentence.text}. It can clear no alert."


def _doubtful_zh(sentence: Sentence) -> str:
    test = _TESTS_ZH.get(sentence.title.replace(" ", "_"), "质量检验")
    return f"传感器可疑：{test}。其测值不能解除任何警报。"


def _unusual_en(sentence: Sentence) -> str:
    return f"Unusual: {sentence.text}"


def _unusual_zh(sentence: Sentence) -> str:
    """Say what was expected; numbers are the value and the interval it was expected in."""
    if sentence.title_zh:
        return f"变化异常：{sentence.title_zh}。"
    value, low, high = sentence.numbers
    unit = shown_unit(sentence.title)
    name = quantity_name(sentence.names[0], "zh") if sentence.names else ""
    return (
        f"变化异常：{name}测值{value:.4g} {unit}".rstrip()
        + f"，按以往规律应在{low:.4g}至{high:.4g} {unit}".rstrip()
        + "之间。"
    )


def _as_usual_en(sentence: Sentence) -> str:
    return f"{sentence.numbers[0]:.0f} readings in a row were as usual"


def _as_usual_zh(sentence: Sentence) -> str:
    return f"连续{sentence.numbers[0]:.0f}次测值恢复正常规律"


def _signed_off_en(sentence: Sentence) -> str:
    remark = f" ({sentence.remark})" if sentence.remark else ""
    return f"signed off by {sentence.text}{remark}"


def _signed_off_zh(sentence: Sentence) -> str:
    remark = f"（{sentence.remark_zh}）" if sentence.remark_zh else ""
    return f"签字解除：{sentence.text}{remark}"


_Own = tuple[Callable[[Sentence], str], Callable[[Sentence], str]]
_OWN: dict[Form, _Own] = {
    Form.NOT_HELD: (_not_held_en, _not_held_zh),
    Form.DOUBTFUL: (_doubtful_en, _doubtful_zh),
    Form.LIMIT: (_limit_en, _limit_zh),
    Form.LEFT: (_left_en, _left_zh),
    Form.SIGNED_OFF: (_signed_off_en, _signed_off_zh),
    Form.SILENT: (_silent_en, _silent_zh),
    Form.UNUSUAL: (_unusual_en, _unusual_zh),
    Form.AS_USUAL: (_as_usual_en, _as_usual_zh),
    Form.RETURNED: (lambda sentence: sentence.title, lambda sentence: sentence.title_zh),
    Form.SYSTEM: (
        lambda sentence: sentence.text,
        lambda sentence: _SYSTEM_ZH.get(sentence.title, _OTHER_SYSTEM_ZH),
    ),
}
