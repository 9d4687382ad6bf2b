"""What people and systems read in a notice."""

import json
import math
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from alerting.model import AlertKind, AlertState, Card, NotifyReason, Provenance, Severity
from alerting.render import (
    CARD_FOLLOWS,
    IN_PLACE_OF,
    NOT_RECORDED,
    render_json,
    render_text,
)
from sensors.model import Position, SensorKey
from tests.unit.alerting_delivery.values import (
    ANN,
    NOW,
    make_alert,
    make_card,
    make_notice,
    make_transition,
)


def test_the_whole_text_in_english() -> None:
    notice = make_notice(make_alert(Severity.EXTREME), card=make_card(), remarks=(NOT_RECORDED,))
    late = replace(notice.transition, late_by_s=4020.0)
    text = render_text(replace(notice, transition=late), "en", base_url="http://127.0.0.1:8080/")
    assert text.split("\n") == [
        "[RED] New alert: huanghe-tower, wind speed, limit passed",
        "Where: huanghe-tower, device TC-01, 鹤龙街道, 白云区 (23.23120, 113.27840)",
        "Value: wind speed 21.4 m/s, limit 20 m/s (source JGJ 196 4.2, confidence C)",
        "Taken: 2026-06-01 14:03:22 +08:00, detected late by 1 h 7 min",
        "Why: gust of 21.4 m/s, twice in a row",
        "Nearest team: T7 (example), 940 m, about 7 min (road estimate at 30 km/h), "
        "+86 000 0000 0199, as of 2 d ago; "
        "T9 (example), 2.3 km, about 7 min, "
        "+86 000 0000 0199, as of 2 d ago",
        "Nearest supplies: D3 (example), 1.5 km, about 7 min (road estimate at 30 km/h), "
        "编织袋 woven bag 300, +86 000 0000 0199, as of 2 d ago",
        "Nearest camera: C4 (example), 120 m, +86 000 0000 0199, rtsp://cam/4, as of 2 d ago",
        "Command chain: 白云区 Zeng Shili; 鹤龙街道 Shen Shili +86 000 0000 0118",
        "Shortfall: no mobile crane of 50 t within 10 km",
        "Note: not recorded: the journal is away",
        "Open: http://127.0.0.1:8080/api/v1/alerts/alert-1",
    ]


def test_the_same_in_chinese() -> None:
    text = render_text(make_notice(make_alert(), card=make_card()), "zh")
    lines = text.split("\n")
    assert lines[0] == "[橙色] 新警报：huanghe-tower，风速，超限"
    assert lines[2] == "数值：风速 21.4 m/s，限值 20 m/s (依据 JGJ 196 第4.2条，可信度 C)"
    assert "约7分钟" in text
    assert "Nearest" not in text


def test_an_unknown_language_is_answered_in_english() -> None:
    notice = make_notice()
    assert render_text(notice, "fr") == render_text(notice, "en")


@pytest.mark.parametrize(
    ("severity", "word"),
    [
        (Severity.MINOR, "[BLUE]"),
        (Severity.MODERATE, "[YELLOW]"),
        (Severity.SEVERE, "[ORANGE]"),
        (Severity.EXTREME, "[RED]"),
    ],
)
def test_severity_is_a_colour_word(severity: Severity, word: str) -> None:
    assert render_text(make_notice(make_alert(severity)), "en").startswith(word)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("reason", list(NotifyReason))
@pytest.mark.parametrize("kind", list(AlertKind))
def test_every_reason_and_kind_has_words(
    language: str, reason: NotifyReason, kind: AlertKind
) -> None:
    notice = make_notice(make_alert(kind=kind), reason=reason)
    first = render_text(notice, language).split("\n")[0]
    assert "huanghe-tower" in first
    assert len(first) > len("[] huanghe-tower") + 4


def test_a_blind_alert_has_no_value_and_says_so() -> None:
    alert = make_alert(
        kind=AlertKind.BLIND, value=None, limit=None, provenance=Provenance(source="")
    )
    text = render_text(make_notice(alert), "en")
    assert "wind speed cannot be judged" in text
    assert "Value: wind speed no believable value\n" in text


def test_a_place_that_is_not_known_is_left_out() -> None:
    alert = make_alert(position=Position(math.nan, math.nan))
    assert "nan" not in render_text(make_notice(alert), "en")


def test_good_news_carries_no_card() -> None:
    alert = make_alert(state=AlertState.RESOLVED)
    notice = make_notice(alert, reason=NotifyReason.CLEARED, card=make_card())
    assert "Nearest" not in render_text(notice, "en")


def test_a_card_that_could_not_be_looked_up_says_so() -> None:
    notice = make_notice(card=Card(missing="the resource files could not be read"))
    text = render_text(notice, "en")
    assert "Card incomplete: the resource files could not be read" in text


def test_a_long_list_is_cut_and_counted() -> None:
    team = make_card().teams[0]
    card = Card(teams=tuple(replace(team, id=f"T{n}", name=f"team {n}") for n in range(9)))
    text = render_text(make_notice(card=card), "en")
    assert "team 2" in text
    assert "team 3" not in text
    assert "and 6 more" in text


@pytest.mark.parametrize(
    ("remark", "said"),
    [
        (NOT_RECORDED, "未入库"),
        (CARD_FOLLOWS, "周边力量仍在查询"),
        (IN_PLACE_OF.format(name="安示例"), "代安示例接收"),
        ("something else", "something else"),
    ],
)
def test_remarks_are_said_in_chinese_where_known(remark: str, said: str) -> None:
    assert f"注意：{said}" in render_text(make_notice(remarks=(remark,)), "zh")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "0 s"), (59.0, "59 s"), (60.0, "1 min"), (3600.0, "1 h"), (3661.0, "1 h 1 min"),
        (90061.0, "1 d 1 h"), (86400.0 + 59, "1 d"),
    ],
)  # fmt: skip
def test_spans_are_said_in_two_units(seconds: float, said: str) -> None:
    alert = make_alert()
    notice = replace(make_notice(alert), transition=make_transition(alert, late_by_s=seconds))
    assert f"detected late by {said}\n" in render_text(notice, "en")


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(0.0, "mm", "0 mm"), (-0.0001, "mm", "0 mm"), (12.3456, "m", "12.346 m"), (1.0, "bool", "1")],
)
def test_numbers_are_short(value: float, unit: str, said: str) -> None:
    alert = make_alert(value=value, unit=unit, limit=None, provenance=Provenance(source=""))
    assert f"Value: wind speed {said}\n" in render_text(make_notice(alert), "en")


def test_an_unknown_quantity_keeps_its_own_name() -> None:
    alert = make_alert(sensor=SensorKey("s", "d", "p3", "sap_flow"))
    text = render_text(make_notice(alert), "en")
    assert "sap flow 21.4" in text
    assert "point p3" in text


def test_a_link_to_acknowledge_is_said_where_there_is_one() -> None:
    notice = replace(make_notice(), ack_link="https://gw.example/a/x.y")
    assert "Acknowledge: https://gw.example/a/x.y\n" in render_text(notice, "en")
    assert "确认：https://gw.example/a/x.y\n" in render_text(notice, "zh")
    assert render_json(notice)["ack_link"] == "https://gw.example/a/x.y"
    assert "Acknowledge" not in render_text(make_notice(), "en")


def test_the_json_has_everything_and_no_address() -> None:
    to = replace(ANN, address="https://hooks.example/secret-token")
    alert = make_alert(acknowledged_at=NOW + timedelta(minutes=1), acknowledged_by="bob")
    body = render_json(make_notice(alert, to=to, card=make_card(), remarks=("r",)))
    text = msgspec.json.encode(body).decode()
    assert "secret-token" not in text
    assert json.loads(text) == body
    assert set(body) == {
        "format", "id", "reason", "exercise", "mark", "created_at", "recipient", "alert",
        "transition", "card", "batch", "remarks", "text", "task", "gbt35965", "link", "ack_link",
            "site_name",
    }  # fmt: skip
    assert body["exercise"] is False
    assert body["alert"]["acknowledged_at"] == "2026-06-01T06:04:22Z"
    assert body["alert"]["severity"] == "severe"
    assert body["alert"]["provenance"]["clause"] == "4.2"
    assert body["transition"]["taken_at"] == "2026-06-01T06:03:22Z"
    team = body["card"]["teams"][0]
    assert (team["distance_m"], team["travel_s"], team["why"]) == (
        940.0,
        420.0,
        "lifting within 5 km",
    )
    assert body["card"]["chain"][1]["phone"] == "+86 000 0000 0118"
    assert body["card"]["shortfall"] == ["no mobile crane of 50 t within 10 km"]
    assert body["text"] == render_text(
        make_notice(alert, to=to, card=make_card(), remarks=("r",)), "en"
    )


def test_the_json_without_a_card_says_null() -> None:
    assert render_json(make_notice())["card"] is None


def test_a_count_of_silent_sensors_is_not_shown_as_a_value() -> None:
    alert = make_alert(kind=AlertKind.BLIND, value=5.0, limit=None, unit="count")
    text = render_text(make_notice(alert), "zh")
    assert "数值" not in text
    assert "原因" in text
