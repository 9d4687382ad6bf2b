"""The words of notices in English and Chinese, and how numbers, times and spans are written."""

import math
import re
from datetime import datetime

from alerting.model import Mark
from sensors.local_time import SHOWN_ZONE
from sensors.units import shown_unit

NOT_RECORDED = "not recorded: the journal is away"
CARD_FOLLOWS = "who is near is still being looked up and follows"
IN_PLACE_OF = "in place of {name}, who could not be reached"


Words = dict[str, str]

_CHINESE = re.compile(r"[\u4e00-\u9fff]+")

_IN_PLACE_START, _IN_PLACE_END = IN_PLACE_OF.split("{name}")
_FLAPPING = re.compile(
    r"it comes and goes \((\d+) times in (\S+) min\):"
    r" no more notices unless it gets worse, until it has been calm for (\S+) min"
)
_REMARKS_ZH = {
    NOT_RECORDED: "未入库：日志库不可用",
    CARD_FOLLOWS: "周边力量仍在查询，随后发送",
}

_MARKS = {
    "en": {Mark.ACTUAL: "", Mark.EXERCISE: "EXERCISE ", Mark.TEST: "TEST "},
    "zh": {Mark.ACTUAL: "", Mark.EXERCISE: "演练：", Mark.TEST: "测试："},
}

_WORDS: dict[str, Words] = {
    "en": {
        "exercise": "EXERCISE, NOT A REAL ALERT",
        "test": "TEST MESSAGE, NOT A REAL ALERT",
        "first": "New alert",
        "severity_rose": "Severity rose",
        "severity_fell": "Severity fell",
        "repeat": "Not acknowledged yet, reminder",
        "escalated": "Nobody has acknowledged yet, passed on to you",
        "cleared": "Cleared",
        "withdrawn": "Withdrawn",
        "card": "Who is near",
        "renewed": "Still so",
        "returned": "Still stands",
        "recurred": "Again",
        "group": "Alerts together",
        "storm": "Alert storm",
        "storm_over": "Alert storm over",
        "blue": "BLUE",
        "yellow": "YELLOW",
        "orange": "ORANGE",
        "red": "RED",
        "limit": "limit passed",
        "blind": "cannot be judged",
        "blind_device": "no believable data",
        "anomaly": "unusual behaviour",
        "doubtful": "doubtful sensor",
        "system": "system fault",
        "where": "Where",
        "value": "Value",
        "value_was": "Value when it was told",
        "no_value": "no believable value",
        "limit_is": "limit",
        "source": "source",
        "source_line": "Source",
        "confidence": "confidence",
        "taken": "Taken",
        "happened": "Time",
        "late": "detected late by",
        "why": "Why",
        "team": "Nearest team",
        "supply": "Nearest supplies",
        "camera": "Nearest camera",
        "danger": "May be in danger",
        "help": "Shelter and help",
        "chain": "Command chain",
        "shortfall": "Shortfall",
        "official": "Official warning",
        "orders": "Sent",
        "order": "ORDER",
        "order_over": "Order taken back",
        "order_news": "News of an order",
        "card_missing": "Card incomplete",
        "note": "Note",
        "acknowledge": "Acknowledge",
        "answer": "Answer",
        "answer_one": "answer 1 to acknowledge",
        "open": "Open",
        "device": "device",
        "point": "point",
        "travel": "about {minutes} min",
        "more": "and {count} more",
        "colon": ": ",
        "comma": ", ",
        "semicolon": "; ",
    },
    "zh": {
        "exercise": "演练，不是真实警报",
        "test": "测试信息，不是真实警报",
        "first": "新警报",
        "severity_rose": "等级上升",
        "severity_fell": "等级下降",
        "repeat": "尚未确认，再次提醒",
        "escalated": "尚无人确认，转报给您",
        "cleared": "已解除",
        "withdrawn": "已撤回",
        "card": "周边力量",
        "renewed": "仍在持续",
        "returned": "仍在持续",
        "recurred": "再次触发",
        "group": "合并通知",
        "storm": "警报风暴",
        "storm_over": "警报风暴结束",
        "blue": "蓝色",
        "yellow": "黄色",
        "orange": "橙色",
        "red": "红色",
        "limit": "超限",
        "blind": "无法判断",
        "blind_device": "无可信数据",
        "anomaly": "异常变化",
        "doubtful": "传感器存疑",
        "system": "系统故障",
        "where": "地点",
        "value": "数值",
        "value_was": "报警时数值",
        "no_value": "无可信数值",
        "limit_is": "限值",
        "source": "依据",
        "source_line": "依据",
        "confidence": "可信度",
        "taken": "测量时间",
        "happened": "时间",
        "late": "发现延迟",
        "why": "原因",
        "team": "最近队伍",
        "supply": "最近物资",
        "camera": "最近摄像头",
        "danger": "可能受威胁",
        "help": "避险与救助",
        "chain": "指挥链",
        "shortfall": "缺口",
        "official": "官方预警",
        "orders": "已派",
        "order": "任务指令",
        "order_over": "任务撤回",
        "order_news": "任务动态",
        "card_missing": "资源卡不完整",
        "note": "注意",
        "acknowledge": "确认",
        "answer": "回复",
        "answer_one": "回复1确认",
        "open": "查看",
        "device": "设备",
        "point": "测点",
        "travel": "约{minutes}分钟",
        "more": "另有{count}处",
        "colon": "：",
        "comma": "，",
        "semicolon": "；",
    },
}


def words_of(language: str) -> Words:
    """Give the words of `en` or `zh`; any other language is answered in English."""
    return _WORDS.get(language, _WORDS["en"])


def remark_words(text: str, language: str) -> str:
    """Give a remark in the language; one this program did not make itself stays as it is."""
    if language != "zh":
        return text
    if text.startswith(_IN_PLACE_START) and text.endswith(_IN_PLACE_END):
        name = text[len(_IN_PLACE_START) : len(text) - len(_IN_PLACE_END)]
        return f"代{name}接收，其本人未能联系上"
    flapping = _FLAPPING.fullmatch(text)
    if flapping is not None:
        return flapping.expand(r"反复触发（\2分钟内\1次）：除非加重，连续平稳\3分钟前不再通知")
    return _REMARKS_ZH.get(text, text)


def mark_words(mark: Mark, language: str) -> str:
    """Give what stands before anything about an exercise or a test; "" of what is real.

    >>> mark_words(Mark.EXERCISE, "en"), mark_words(Mark.ACTUAL, "zh")
    ('EXERCISE ', '')
    """
    return _MARKS["zh" if language == "zh" else "en"][mark]


def number_words(value: float, unit: str) -> str:
    """Give a number with its unit; states and counts carry no unit.

    It has at most three decimals, a share two.
    """
    if not math.isfinite(value):
        return "?"
    decimals = 2 if unit in ("%", "permille") else 3
    shown = f"{value:.{decimals}f}".rstrip("0").rstrip(".") if abs(value) < 1e6 else f"{value:.6g}"
    shown = "0" if shown in ("-0", "") else shown
    return f"{shown} {shown_unit(unit)}".rstrip()


def counted_unit(unit: str, language: str) -> str:
    """Give the unit of a quantity of supplies; Chinese counting words say nothing in English.

    >>> counted_unit("条", "en"), counted_unit("m³", "en"), counted_unit("条", "zh")
    ('', 'm³', '条')
    """
    return "" if language != "zh" and _CHINESE.search(unit) else unit


def short_time(instant: datetime) -> str:
    """Give an instant as people read it in a short message: day, hour and minute at +08:00."""
    return instant.astimezone(SHOWN_ZONE).strftime("%m-%d %H:%M")


def span_words(seconds: float) -> str:
    """Give a span of time in its two largest units, for example `1 h 12 min`."""
    left = max(0, round(seconds))
    counts: list[tuple[int, str]] = []
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, left = divmod(left, size)
        counts.append((count, unit))
    first = next((i for i, (count, _) in enumerate(counts) if count), len(counts) - 1)
    shown = [f"{count} {unit}" for count, unit in counts[first : first + 2] if count]
    return " ".join(shown) or "0 s"


def distance_words(metres: float) -> str:
    """Give a distance in metres below one kilometre, in kilometres from there."""
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"
