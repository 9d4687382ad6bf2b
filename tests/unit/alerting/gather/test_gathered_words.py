"""A notice about several alerts in words, JSON and short messages."""

from dataclasses import replace

import pytest

from alerting.gather.batch import Occasion, batch_of, gather
from alerting.model import (
    Against,
    Alert,
    AlertState,
    ChainLink,
    Form,
    Gathering,
    Notice,
    NotifyReason,
    OutboxEntry,
    Sentence,
    Severity,
)
from alerting.render import render_json, render_text
from alerting.render.sms import SmsForm, render_sms
from sensors.model import SensorKey
from tests.contract.journal_values import T0, an_alert, an_entry
from tests.unit.alerting_delivery.values import make_card


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
    assert lines[1].startswith("未解除：红色11条，橙色11条，")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_short_message_has_the_counts_in_its_first_part(language: str) -> None:
    first, *_ = render_sms(storm(), language, SmsForm())
    assert "45" in first
    assert "Jiahe street" in first
    assert "11" in first


def test_of_a_sign_no_number_is_told_among_several() -> None:
    part = Against(name="", name_zh="", value=3.0, limit=1.0, unit="code")
    said = Sentence(
        form=Form.LIMIT, title="Danger sign", title_zh="险情报告", against=(part,),
        remark="Sudden crack", remark_zh="突发裂缝",
    )  # fmt: skip
    notice = storm(3)
    assert notice.batch is not None
    members = tuple(replace(each, said=said) for each in notice.batch.members)
    notice = replace(notice, batch=replace(notice.batch, members=members))
    short = "".join(render_sms(notice, "zh", SmsForm()))
    assert "险情报告。突发裂缝" in short
    assert "3/1" not in short


def test_systems_read_every_alert_of_it() -> None:
    body = render_json(storm())
    assert body["reason"] == "storm"
    assert body["batch"]["counts"] == {"minor": 11, "moderate": 11, "severe": 11, "extreme": 11}
    assert len(body["batch"]["alert_ids"]) == 45
    assert body["batch"]["worst"][0]["severity"] == "extreme"


def held(alert_id: str, severity: Severity, team: str | None) -> OutboxEntry:
    """Give a held notice about one alert, whose card names a team (None has no card)."""
    card = None
    if team is not None:
        first = replace(make_card().teams[0], name=team)
        card = replace(make_card(), teams=(first,))
    key = SensorKey("jiahe-pit", f"CX-{alert_id}", "", "tilt")
    alert = an_alert(alert_id, severity=severity, peak=severity, sensor=key)
    entry = an_entry(f"n-{alert_id}", alert)
    return replace(entry, notice=replace(entry.notice, card=card))


def told(*entries: OutboxEntry, worst: int) -> str:
    alerts = [entry.notice.alert for entry in entries]
    occasion = Occasion(kind=Gathering.GROUP, place="Jiahe street", since=T0, now=T0)
    (sent,) = gather(entries, occasion, alerts).sent
    assert sent.notice.alert == alerts[worst]
    return render_text(sent.notice, "en", base_url="http://gw")


def test_one_notice_of_several_says_who_is_near_the_worst() -> None:
    mild, bad = held("a", Severity.MINOR, "Far team"), held("b", Severity.SEVERE, "Near team")
    lines = told(bad, mild, worst=0).split("\n")
    at = lines.index("Near the worst: jiahe-pit/CX-b")
    assert lines[at + 1].startswith("Nearest team: Near team")
    assert any(line.startswith("Nearest camera") for line in lines[at:])
    assert lines[-1].startswith("All: ")
    assert "Far team" not in "\n".join(lines)


def test_where_the_worst_has_no_card_yet_that_of_its_neighbour_helps() -> None:
    mild, bad = held("a", Severity.MINOR, "Neighbour team"), held("b", Severity.SEVERE, None)
    assert "Nearest team: Neighbour team" in told(mild, bad, worst=1)
    assert "Near the worst" not in told(bad, worst=0)


def test_nobody_is_sent_to_what_is_over() -> None:
    over = replace(storm(1), card=make_card())
    assert "Near the worst" not in render_text(over, "en")


def test_the_site_is_called_what_people_call_it_where_a_card_says_so() -> None:
    chain = (
        ChainLink(tier="street", place="Jiahe Street"),
        ChainLink(tier="site", place="Jiahe Metro Pit"),
    )
    card = replace(make_card(), chain=chain)
    alerts = [an_alert("a1"), an_alert("a2", sensor=SensorKey("other", "D-2", "", "tilt"))]
    one, two = (an_entry(f"n-{alert.id}", alert) for alert in alerts)
    one = replace(one, notice=replace(one.notice, card=card))
    first = render_text(one.notice, "en").split("\n")[0]
    assert first.startswith("[ORANGE] New alert: Jiahe Metro Pit, ")
    occasion = Occasion(kind=Gathering.GROUP, place="Jiahe Street", since=T0, now=T0)
    (sent,) = gather([one, two], occasion, alerts).sent
    text = render_text(sent.notice, "en")
    assert f"Jiahe Metro Pit {alerts[0].sensor.device}: " in text
    assert "other/D-2: " in text
    assert f"Near the worst: Jiahe Metro Pit {alerts[0].sensor.device}" in text
    worst = render_json(sent.notice)["batch"]["worst"]
    assert [each["site_name"] for each in worst] == ["Jiahe Metro Pit", ""]


def passed(alert_id: str, severity: Severity, device: str, value: float) -> Alert:
    against = Against(name="value", name_zh="", value=value, limit=110.0, unit="%")
    said = Sentence(form=Form.LIMIT, title="Load moment", title_zh="起重力矩", against=(against,))
    key = SensorKey("xg-tower", device, "", "moment_pct")
    return an_alert(alert_id, severity=severity, peak=severity, sensor=key, said=said)


@pytest.mark.parametrize(
    ("language", "first_has", "all_have"),
    [
        ("zh", "xg-tower/TC-01 起重力矩 118/110 %", "xg-tower/TC-02 起重力矩 112.5/110 %"),
        ("en", "xg-tower/TC-01 Load moment 118/110 %", "xg-tower/TC-02 Load moment 112.5/110 %"),
    ],
)
def test_a_short_message_about_several_says_of_the_worst_what_and_how_much(
    language: str, first_has: str, all_have: str
) -> None:
    alerts = [
        passed("a1", Severity.EXTREME, "TC-01", 118.0),
        passed("a2", Severity.SEVERE, "TC-02", 112.5),
    ]
    occasion = Occasion(kind=Gathering.STORM, place="", since=T0, now=T0)
    batch = batch_of(alerts, occasion)
    notice = replace(an_entry("n1", alerts[0]).notice, reason=NotifyReason.STORM, batch=batch)
    parts = render_sms(notice, language, SmsForm())
    assert first_has in parts[0]
    assert all_have in "".join(parts)
