"""A notice as sentences to be spoken over the telephone: units in words, no codes, short."""

import re

from alerting.model import Mark, Notice
from alerting.render.atoms import cut
from alerting.render.short import essentials
from alerting.render.text import is_measured
from sensors.units import shown_unit

MAX_SIGNS = 320

# How units are spoken; one that is not here is spelled as it is written.
_UNITS: dict[str, tuple[str, str]] = {
    "m/s": ("metres a second", "米每秒"),
    "m³/s": ("cubic metres a second", "立方米每秒"),
    "mm/h": ("millimetres an hour", "毫米每小时"),
    "mm/d": ("millimetres a day", "毫米每天"),
    "mm": ("millimetres", "毫米"),
    "m": ("metres", "米"),
    "t": ("tonnes", "吨"),
    "%": ("percent", "百分数"),
    "‰": ("per mille", "千分数"),
    "°": ("degrees", "度"),
    "°C": ("degrees Celsius", "摄氏度"),
    "kN": ("kilonewtons", "千牛"),
    "kN·m": ("kilonewton metres", "千牛米"),
    "kPa": ("kilopascals", "千帕"),
    "V": ("volts", "伏"),
    "s": ("seconds", "秒"),
    "min": ("minutes", "分钟"),
    "h": ("hours", "小时"),
    "d": ("days", "天"),
}
_CLOCK = re.compile(r"(\d\d)-(\d\d) (\d\d):(\d\d)")
_MARKS = {
    Mark.EXERCISE: ("This is an exercise, not a real alert.", "这是演练，不是真实警报。"),
    Mark.TEST: ("This is a test, not a real alert.", "这是测试，不是真实警报。"),
}
_CONFIRM = ("Press {digit} to confirm that you have heard this.", "听到请按{digit}键确认。")


def render_speech(notice: Notice, language: str, *, digit: str = "") -> str:
    """Give what is said to a person; with a `digit` they are asked to press it."""
    at = 1 if language == "zh" else 0
    parts = essentials(notice, language)
    unit = shown_unit(notice.alert.unit)
    said = _spoken(parts.value or ("；" if at else "; ").join(parts.whys[0]), unit, at)
    limit = _spoken(parts.limit, unit, at)
    stop, comma = ("。", "，") if at else (". ", ", ")
    where = parts.wheres[0]
    sentence = comma.join(part for part in (parts.what, where, said, limit) if part)
    sentence = sentence[:1].upper() + sentence[1:]
    mark = _MARKS[notice.mark][at] if notice.mark is not Mark.ACTUAL else ""
    ask = _CONFIRM[at].format(digit=digit) if digit else ""
    alarm = f"{mark}{'' if at else ' '}{_head(parts.head, notice.mark, at)}".strip()
    time = _time(parts.taken, at, is_measured=is_measured(notice))
    text = f"{alarm}{stop}{sentence}{stop}{time}{stop}".strip()
    return f"{cut(text, MAX_SIGNS)}{'' if at else ' '}{ask}".strip()


def _head(head: str, mark: Mark, at: int) -> str:
    if mark is not Mark.ACTUAL:
        head = head.partition("：" if at else " ")[2] or head
    head = head.replace("[", "").replace("]", "")
    return head if at else head.capitalize()


def _spoken(text: str, unit: str, at: int) -> str:
    spoken = _UNITS.get(unit)
    if spoken is None or not unit:
        return text
    if at and unit in ("%", "‰"):
        return re.sub(rf"([+-]?[\d.]+) {unit}", rf"{'百' if unit == '%' else '千'}分之\1", text)
    return text.replace(f" {unit}", f"{'' if at else ' '}{spoken[at]}")


def _time(taken: str, at: int, *, is_measured: bool) -> str:
    month, day, hour, minute = _CLOCK.fullmatch(taken).groups()  # type: ignore[union-attr]
    if at:
        named = "测量时间" if is_measured else "时间"
        return f"{named}{int(month)}月{int(day)}日{int(hour)}点{int(minute)}分"
    return f"{'Measured at' if is_measured else 'At'} {hour}:{minute}"
