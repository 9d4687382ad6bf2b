"""What people are told when they acknowledge by a link or an answer, in English and Chinese."""

from datetime import datetime

from alerting.model import Alert
from alerting.render.words import mark_words
from groundwatch.ack_link import WhyNot
from sensors.local_time import shown_time

_WORDS = {
    "en": {
        "title": "Acknowledge an alert",
        "ask": "Press the button to say that you have seen this alert and take care of it.",
        "button": "I have seen it",
        "for": "For {name}. Whoever is reminded of this alert is reminded no more.",
        "done": "Thank you, {name}: the alert is acknowledged. Nobody is reminded of it any more.",
        "by_other": "The alert was acknowledged already, by {by} at {at}. There is nothing to do.",
        WhyNot.WRONG: "This link is not valid. Use the link in your message as it is, or call the"
        " duty room.",
        WhyNot.EXPIRED: "This link has expired. Use the one in a newer message, or call the duty"
        " room.",
        WhyNot.USED: "This link was used already. There is nothing to do.",
        WhyNot.RISEN: "The alert has become worse since this message. Read the newer message and"
        " use the link in it.",
        WhyNot.OVER: "The alert is over. There is nothing to do.",
        WhyNot.NOT_YOURS: "You are no longer on the list of people for this district. Call the duty"
        " room.",
        "later": "This cannot be recorded at the moment, so nothing was acknowledged. Try again in"
        " a minute, or call the duty room.",
        "nothing_open": "There is no open alert that was sent to you. There is nothing to do.",
        "wrong_number": "Nothing was acknowledged: no open alert that was sent to you has the"
        " number {given}.",
        "open": " {count} open; answer ack and the number of the alert, for example ack {id}.",
        "not_understood": "Not understood. Answer 1 to acknowledge the newest alert, or ack and its"
        " number.",
        "unknown": "This number is not on the list of people for this district.",
        "answered": "Acknowledged: {what}. Nobody is reminded of it any more.",
        "more": " {count} more are open; answer ack and the number of the alert, for example"
        " ack {id}.",
        "again": "Since the message you answer the alert has become worse: {what}. Answer 1 again"
        " when you have read the newer message.",
    },
    "zh": {
        "title": "确认警报",
        "ask": "按下按钮，表示您已看到此警报并负责处置。",
        "button": "我已收到",
        "for": "{name}，确认后不再提醒任何人。",
        "done": "{name}，谢谢：警报已确认，不再提醒。",
        "by_other": "警报已由{by}于{at}确认，无需再操作。",
        WhyNot.WRONG: "链接无效。请原样使用短信中的链接，或致电值班室。",
        WhyNot.EXPIRED: "链接已过期。请使用较新消息中的链接，或致电值班室。",
        WhyNot.USED: "此链接已使用过，无需再操作。",
        WhyNot.RISEN: "警报在此消息之后已升级。请阅读较新消息并使用其中的链接。",
        WhyNot.OVER: "警报已结束，无需再操作。",
        WhyNot.NOT_YOURS: "您已不在本区人员名单中。请致电值班室。",
        "later": "目前无法记录，警报未被确认。请一分钟后再试，或致电值班室。",
        "nothing_open": "没有发给您的未确认警报，无需操作。",
        "wrong_number": "未确认：发给您的未确认警报中没有编号{given}。",
        "open": "未确认{count}条，请回复 ack 加编号，例如 ack {id}。",
        "not_understood": "无法识别。回复 1 确认最新警报，或回复 ack 加警报编号。",
        "unknown": "此号码不在本区人员名单中。",
        "answered": "已确认：{what}。不再提醒。",
        "more": "另有{count}条未确认，请回复 ack 加编号，例如 ack {id}。",
        "again": "您回复的消息之后警报已升级：{what}。请阅读较新消息后再回复 1。",
    },
}


def say(name: str, language: str, /, **values: object) -> str:
    """Say one thing in a language; English where there is no other."""
    return _WORDS.get(language, _WORDS["en"])[name].format(**values)


def what(alert: Alert, language: str) -> str:
    """Name an alert shortly: an exercise as one, its colour, where it is, and its number."""
    where = "/".join(part for part in (alert.site, alert.sensor.device) if part)
    colour = f"{alert.severity.zh}色" if language == "zh" else alert.severity.colour
    return f"{mark_words(alert.mark, language)}{colour} {where} ({alert.id[:6]})"


def by_other(alert: Alert, at: datetime, language: str) -> str:
    """Say who acknowledged before."""
    return say("by_other", language, by=alert.acknowledged_by, at=shown_time(at))
