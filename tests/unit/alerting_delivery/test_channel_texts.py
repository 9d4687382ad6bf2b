"""The texts of every kind of channel in both languages, as golden files.

GROUNDWATCH_WRITE_GOLDEN=1 writes them anew; read what changed.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alerting.model import (
    Against,
    AlertKind,
    Form,
    Mark,
    Notice,
    NotifyReason,
    Sentence,
    Severity,
)
from alerting.render import SmsForm, render_chat, render_sms, render_text, sms_fields
from alerting.render.speech import render_speech
from tests.unit.alerting_delivery.values import make_alert, make_card, make_notice

GOLDEN = Path(__file__).parents[2] / "golden" / "channels"
LINK = "https://gw.example"

SAID = Sentence(
    form=Form.LIMIT,
    title="Wind at the cathead",
    title_zh="塔顶风速",
    against=(Against(name="gust", name_zh="阵风", value=21.4, limit=20.0, unit="m/s"),),
)


def notices() -> Iterator[tuple[str, Notice]]:
    limit = make_alert(said=SAID)
    yield "a limit is passed, with a card", make_notice(limit, card=make_card())
    red = replace(limit, severity=Severity.EXTREME, peak=Severity.EXTREME)
    yield "the severity rose, without a card", make_notice(red, reason=NotifyReason.SEVERITY_ROSE)
    blind = make_alert(kind=AlertKind.BLIND, value=None, limit=None, reason="silent for 12 min")
    yield "a sensor is silent", make_notice(blind, remarks=("the gateway is away",))
    late = make_notice(limit, reason=NotifyReason.REPEAT)
    late = replace(late, transition=replace(late.transition, late_by_s=4500.0))
    yield "nobody has acknowledged, and it came late", late
    yield "it is back before a sign-off", make_notice(limit, reason=NotifyReason.RECURRED)
    yield "it is over", make_notice(limit, reason=NotifyReason.CLEARED)
    yield "an exercise", replace(make_notice(limit, card=make_card()), mark=Mark.EXERCISE)
    yield "a test", replace(make_notice(limit), mark=Mark.TEST)


def sms(notice: Notice, language: str) -> str:
    parts = render_sms(notice, language, SmsForm(base_url=LINK))
    return "\n".join(f"{number}: {part}" for number, part in enumerate(parts, start=1))


def template(notice: Notice, language: str) -> str:
    pieces = sms_fields(notice, language, longest=35)
    return "\n".join(f"{name}: {text}" for name, text in pieces.items())


KINDS: dict[str, Callable[[Notice, str], str]] = {
    "console": render_text,
    "email": lambda notice, language: render_text(notice, language, base_url=LINK),
    "chat": lambda notice, language: render_chat(notice, language, max_bytes=600, base_url=LINK),
    "sms": sms,
    "template": template,
    "voice": lambda notice, language: render_speech(notice, language, digit="1"),
}


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_those_of_the_golden_file(kind: str, language: str) -> None:
    found = "\n\n".join(f"# {name}\n{KINDS[kind](notice, language)}" for name, notice in notices())
    path = GOLDEN / f"{kind}.{language}.txt"
    if os.environ.get("GROUNDWATCH_WRITE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found + "\n", encoding="utf-8")
    assert found + "\n" == path.read_text(encoding="utf-8")
