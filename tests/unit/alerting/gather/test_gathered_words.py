"""A notice about several alerts in words, JSON and short messages."""

from dataclasses import replace

import pytest

from alerting.gather.batch import Occasion, batch_of
from alerting.model import AlertState, Gathering, Notice, NotifyReason, Severity
from alerting.render import render_json, render_text
from alerting.render.sms import SmsForm, render_sms
from sensors.model import SensorKey
from tests.contract.journal_values import T0, an_alert, an_entry


def storm(n: int = 45) -> Notice:
    alerts = [
        an_alert(
            f"a{i:02}",
            severity=Severity(1 + i % 4),
            sensor=SensorKey("jiahe-pit", f"CX-{i:02}", "", "tilt"),
            reason=f"tilt {i} over its limit",
        )
        for i in range(n)
    ]
    alerts[0] = replace(alerts[0], state=AlertState.RESOLVED)
    occasion = Occasion(kind=Gathering.STORM, place="Jiahe street", since=T0, now=T0)
    batch = batch_of(alerts, occasion)
    worst = max(alerts, key=lambda alert: alert.severity)
    notice = an_entry("n1", worst).notice
    return replace(notice, reason=NotifyReason.STORM, batch=batch, card=None)


def test_the_text_says_how_many_how_bad_where_and_names_the_worst_first() -> None:
    lines = render_text(storm(), "en", base_url="http://gw").split("\n")
    assert lines[0] == "[RED] Alert storm, 45 alerts: Jiahe street"
    assert lines[1] == "Standing: RED 11, ORANGE 11, YELLOW 11, BLUE 11, 1 over already"
    assert lines[3] == "- RED jiahe-pit/CX-03: tilt 3 over its limit"
    assert "and 25 more" in lines
    assert lines[-1] == "All: http://gw/api/v1/alerts?state=firing"


def test_the_text_is_chinese_for_those_who_read_it() -> None:
    lines = render_text(storm(), "zh").split("\n")
    assert lines[0] == "[红色] 警报风暴，45条警报：Jiahe street"
    assert lines[1].startswith("未解除：红色 11，橙色 11，")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_short_message_has_the_counts_in_its_first_part(language: str) -> None:
    first, *_ = render_sms(storm(), language, SmsForm())
    assert "45" in first
    assert "Jiahe street" in first
    assert "11" in first


def test_systems_read_every_alert_of_it() -> None:
    body = render_json(storm())
    assert body["reason"] == "storm"
    assert body["batch"]["counts"] == {"minor": 11, "moderate": 11, "severe": 11, "extreme": 11}
    assert len(body["batch"]["alert_ids"]) == 45
    assert body["batch"]["worst"][0]["severity"] == "extreme"
