"""Notices name what may be in danger, where people can go, and who answers for each place."""

from dataclasses import replace

import pytest

from alerting.model import Card, Severity
from alerting.render import render_json, render_text
from alerting.render.atoms import utf16_size
from alerting.render.sms import SmsForm, render_sms
from sensors.model import Position
from tests.unit.alerting_delivery.test_languages import desk
from tests.unit.alerting_delivery.values import NOW, make_alert, make_notice

DYKE = Position(23.33290, 113.30120)


def card() -> Card:
    return desk().near(DYKE, "river_flood", Severity.EXTREME, NOW)


EN = (
    "May be in danger: Dyke Lane Kindergarten (fictitious) (kindergarten) 188 m, +86 000 0000 0641,"
    " 160 people; Renhe Care Home (fictitious) (care home) 265 m",
    "Shelter and help: Renhe School Sports Hall Shelter (fictitious) (shelter) 730 m,"
    " +86 000 0000 0601, open, 240 of 250 people free",
    "Command chain: Baiyun District",
    "Renhe Town 人和镇 Zheng Pretend",
    "He'an Village 和岸村 (fictitious) Lin Fiction",
)
ZH = (
    "可能受威胁：Dyke Lane Kindergarten (fictitious) (幼儿园) 188 m，+86 000 0000 0641，160人",
    "避险与救助：Renhe School Sports Hall Shelter (fictitious) (避难场所) 730 m，"
    "+86 000 0000 0601，开放，可用240/250人",
    "指挥链：Baiyun District",
)


@pytest.mark.parametrize(("language", "lines"), [("en", EN), ("zh", ZH)])
def test_places_and_people_are_in_the_text(language: str, lines: tuple[str, ...]) -> None:
    text = render_text(make_notice(make_alert(), card=card()), language)
    for line in lines:
        assert line in text


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("max_parts", range(1, 11))
def test_a_short_message_names_them_as_far_as_its_parts_go(language: str, max_parts: int) -> None:
    notice = make_notice(make_alert(), card=card())
    parts = render_sms(notice, language, SmsForm(max_parts=max_parts))
    assert len(parts) <= max_parts
    if language == "zh":
        assert all(utf16_size(part) <= 70 for part in parts)
    text = "".join(parts)
    if max_parts == 10:
        assert "Dyke Lane Kindergarten" in text
        town, village = {"en": ("Renhe Town", "He'an Village"), "zh": ("人和镇", "和岸村")}[
            language
        ]
        assert town in text
        assert text.index(village) < text.index("Dyke Lane Kindergarten")


def test_systems_are_told_of_places_too() -> None:
    body = render_json(make_notice(make_alert(), card=card()))
    kinds = [place["what"] for place in body["card"]["places"]]
    assert kinds == ["shelter", "shelter", "hospital", "pump", "pump", "kindergarten", "care home"]


def test_a_card_without_places_says_nothing_of_them() -> None:
    text = render_text(make_notice(make_alert(), card=replace(card(), places=())), "en")
    assert "May be in danger" not in text
    assert "Shelter and help" not in text
