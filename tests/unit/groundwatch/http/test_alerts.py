"""Alerts over real HTTP: seen, filtered, explained, acknowledged, signed off."""

import re
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from alerting.model import AlertState
from alerting.ports import Effects
from groundwatch.cli import app
from sensors.model import SensorKey
from tests.contract.journal_values import T0, an_alert
from tests.unit.groundwatch.http.running import Running

pytestmark = pytest.mark.broker

API = "/api/v1"


def settle(live: Running, device: str) -> None:
    """Send a calm reading so far ahead that what came before is final."""
    at = live.clock.now() + timedelta(seconds=90)
    payload = {"at": at.isoformat(), "readings": {"moment_pct": 20.0}}
    live.publish(f"gw/1/huanghe-tower/{device}/telemetry", payload)


def test_an_alert_says_what_where_how_bad_and_from_which_standard(live: Running) -> None:
    alert = live.overload("TC-01", 85.0, 86.0, 112.0, 113.0)
    assert alert["severity"] == "extreme"
    assert alert["colour"] == "red"
    assert (alert["value"], alert["limit"], alert["unit"]) == (113.0, 110.0, "%")
    assert alert["sensor"] == "huanghe-tower/TC-01/moment_pct"
    assert alert["provenance"]["source"].startswith("GB 5144-2006")
    detail = live.get(f"{API}/alerts/{alert['id']}")
    assert [step["kind"] for step in detail["transitions"]] == ["raised", "upgraded"]
    assert [step["final"] for step in detail["transitions"]] == [False, False]
    assert [act for act in detail["actions"] if act["action"] != "notified"] == []


def test_the_card_is_the_one_that_was_sent_or_fresh(live: Running) -> None:
    alert = live.overload("TC-02", 101.0, 102.0)
    card = live.get(f"{API}/alerts/{alert['id']}/card", sent="true")
    assert card["origin"] == "notice"
    assert card["teams"]
    assert card["teams"][0]["distance_m"] > 0
    assert card["chain"]
    fresh = live.get(f"{API}/alerts/{alert['id']}/card")
    assert fresh["origin"] == "now"
    assert [team["id"] for team in fresh["teams"]] == [team["id"] for team in card["teams"]]


def test_explain_answers_every_question_about_an_alert(live: Running) -> None:
    alert = live.overload("TC-03", 92.0, 93.0)
    path = f"{API}/alerts/{alert['id']}/explain"

    def first_notices() -> list[dict[str, Any]]:
        told = live.get(path)["notices"]
        return [notice for notice in told if notice["reason"] == "first"]

    live.until(lambda: all(notice["sent_at"] for notice in first_notices()))
    why = live.get(path)
    assert [reading["value"] for reading in why["readings"]][-2:] == [92.0, 93.0]
    rule = next(rule for rule in why["sensor"]["rules"] if rule["rule_id"] == "crane_moment")
    assert rule["pack"] == why["alert"]["pack"] == "crane@3"
    moderate = next(level for level in rule["levels"] if level["severity"] == "moderate")
    assert moderate["is_met"]
    assert moderate["ways"][0]["conditions"][0]["limit"] == 90.0
    assert moderate["ways"][0]["conditions"][0]["present"] == 93.0
    assert moderate["provenance"]["source"]
    told = {notice["recipient"]: notice for notice in first_notices()}
    assert told["An Shili 安示例"]["channel"] == "sms"
    assert any("Bai Shili" in line and "is not told" in line for line in why["routing"])
    assert "000 0000" not in live.client.get(path).text  # addresses stay where they are
    for part in ("crane_moment of crane@3", "who was told", "An Shili", "not final"):
        assert part in why["text"]
    live.until(lambda: ": was told\n" in live.get(path)["text"])
    assert "notified by" not in live.get(path)["text"]


AS_WRITTEN = re.compile("“[^”]*”")  # names that the files of the district give
PERSON = re.compile(r"[A-Z][a-z]+ Shili \S示例")


def english(text: str) -> list[str]:
    """The English words of an explanation, without names, ids, units and what is as recorded."""
    kept, is_recorded = [], False
    for line in text.split("\n"):
        is_recorded = line.endswith("（按原文）：") or (is_recorded and line.startswith("  "))
        if not is_recorded:
            kept.append(AS_WRITTEN.sub("", PERSON.sub("", line)).split("（按原文）")[0])
    words = re.findall(r"(?<![\w./@-])[A-Za-z]{3,}(?![\w/@_.-])", "\n".join(kept))
    return [word for word in words if word not in ("min", "console", "sms", "voice")]


def test_explain_speaks_chinese_where_it_is_asked_to(live: Running) -> None:
    alert = live.overload("TC-03", 92.0, 93.0)
    why = live.get(f"{API}/alerts/{alert['id']}/explain", language="zh")
    text = why["text"]
    for part in ("黄色，未解除：", "已达到：测值 ≥ 90 %（当前 93 %）", "报警条件：", "按时上报"):
        assert part in text
    assert "为何是这些人：\n  路由“" in text
    assert "不告知Bai Shili" in text
    assert english(text) == [], text
    calm = live.get(f"{API}/explain", sensor="huanghe-tower/TC-02/clearance_m", language="zh")
    assert calm["text"].startswith("传感器huanghe-tower/TC-02/clearance_m，截至")
    assert "为何没有警报：" in calm["text"]
    assert english(calm["text"]) == []


def test_explain_says_why_there_is_no_alert(live: Running) -> None:
    sensor = "huanghe-tower/TC-02/clearance_m"
    topic = "gw/1/huanghe-tower/TC-02/telemetry"
    live.publish(topic, {"at": live.clock.now().isoformat(), "readings": {"clearance_m": 30.0}})
    why = live.get(f"{API}/explain", sensor=sensor)
    assert why["alert"] is None
    assert why["why_no_alert"][0] == "crane_clearance: calm"
    condition = why["sensor"]["rules"][0]["levels"][0]["ways"][0]["conditions"][0]
    assert (condition["present"], condition["limit"]) == (30.0, 10.0)
    assert condition["side"] == "at or below"
    assert not condition["is_met"]
    assert not why["sensor"]["silence"]["is_overdue"]


def test_explain_tells_not_judged_from_calm(live: Running) -> None:
    missing = live.program.district.not_judged()
    sensor, _, rest = missing[0].partition(": ")
    rule_id = rest.split(",")[0]
    why = live.get(f"{API}/explain", sensor=sensor)
    rule = next(rule for rule in why["sensor"]["rules"] if rule["rule_id"] == rule_id)
    assert rule["not_judged"][0]["reason"] in missing[0]
    assert "not judged" in why["text"]


def test_lists_are_filtered_and_paged_without_gap_or_repetition(live: Running) -> None:
    live.overload("TC-01", 112.0, 113.0)
    live.overload("TC-02", 102.0, 103.0)
    live.overload("TC-03", 92.0, 93.0)
    everything = live.get(f"{API}/alerts", kind="limit")["items"]
    severe = live.get(f"{API}/alerts", severity="severe", hazard="crane_overload")["items"]
    assert [alert["id"] for alert in severe] == [
        alert["id"] for alert in everything if alert["severity"] == "severe"
    ]
    either = live.get(f"{API}/alerts", severity=["severe", "moderate"], state="firing")["items"]
    assert {alert["severity"] for alert in either} == {"severe", "moderate"}
    assert live.get(f"{API}/alerts", site="jiahe-pit", kind="limit")["items"] == []
    newest = everything[0]["detected_at"]
    since = live.get(f"{API}/alerts", since=newest, kind="limit")["items"]
    assert [alert["id"] for alert in since] == [
        alert["id"] for alert in everything if alert["detected_at"] == newest
    ]
    assert [alert["id"] for alert in paged(live, f"{API}/alerts", kind="limit")] == [
        alert["id"] for alert in everything
    ]


def paged(live: Running, path: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    page = live.get(path, limit=1, **query)
    for _ in range(50):
        found += page["items"]
        if page["next"] is None:
            break
        page = live.get(path, limit=1, cursor=page["next"], **query)
    return found


def test_history_has_final_steps_only_in_event_time(live: Running) -> None:
    alert = live.overload("TC-04", 85.0, 86.0, 101.0, 102.0)
    query = {"site": "huanghe-tower"}
    before = live.get(f"{API}/history", **query)["items"]
    assert alert["id"] not in [step["alert_id"] for step in before]
    settle(live, "TC-04")
    steps = live.get(f"{API}/history", **query)["items"]
    own = [(s["kind"], s["severity"]) for s in steps if s["alert_id"] == alert["id"]]
    assert own == [("raised", "minor"), ("upgraded", "severe")]
    assert steps == sorted(steps, key=lambda step: step["taken_at"])
    assert paged(live, f"{API}/history", **query) == steps


def test_acknowledging_stops_the_asking_and_is_said_once(own: Running) -> None:
    alert = own.overload("TC-01", 92.0, 93.0)
    path = f"{API}/alerts/{alert['id']}"

    def notices(state: str) -> list[dict[str, Any]]:
        told = own.get(f"{path}/explain")["notices"]
        return [notice for notice in told if notice["state"] == state]

    own.until(lambda: [n for n in notices("sent") if n["reason"] == "first"])
    own.clock.ahead += timedelta(minutes=16)
    own.call(wake(own))
    own.until(lambda: [n for n in notices("sent") if n["reason"] == "escalated"])
    first = own.post(f"{path}/ack", {"actor": " Duty  Officer ", "note": "seen\non screen"})
    assert first["acknowledged_by"] == "Duty Officer"
    assert own.post(f"{path}/ack", {"actor": "Another"}) == first
    assert notices("pending") == []
    n_sent = len(notices("sent"))
    own.clock.ahead += timedelta(hours=2)
    own.call(wake(own))
    own.call(own.program.engine.tick())
    assert len(notices("sent")) == n_sent
    assert notices("pending") == []
    actions = [act for act in own.get(path)["actions"] if act["action"] != "notified"]
    assert [(a["actor"], a["action"], a["note"]) for a in actions] == [
        ("Duty Officer", "ack", "seen on screen")
    ]


async def wake(own: Running) -> None:
    own.program.deliverer.wake()


def test_signing_off_closes_a_limit_alert_and_nothing_else(own: Running) -> None:
    alert = own.overload("TC-01", 101.0, 102.0)
    path = f"{API}/alerts/{alert['id']}"
    site = f"{API}/sites/huanghe-tower"
    assert own.get(site)["n_firing"] == 1
    closed = own.post(f"{path}/resolve", {"actor": "Inspector", "note": "load is down"})
    assert closed["state"] == "resolved"
    after = own.get(site)
    assert (after["n_firing"], after["worst"], after["worst_alert"]) == (0, None, None)
    assert own.post(f"{path}/resolve", {"actor": "Inspector"}) == closed
    steps = own.get(path)["transitions"]
    assert steps[-1]["kind"] == "signed_off"
    assert "Inspector" in steps[-1]["reason"]
    own.clock.ahead += timedelta(minutes=30)
    own.call(own.program.engine.tick())
    blind = own.get(f"{API}/alerts", kind="blind", site="jiahe-pit")["items"][0]
    answer = own.post(f"{API}/alerts/{blind['id']}/resolve", {"actor": "Inspector"}, status=409)
    assert "spoken again" in answer["detail"]
    why = own.get(f"{API}/alerts/{blind['id']}/explain")
    assert why["silent"]
    assert all(entry["is_overdue"] for entry in why["silent"])
    assert own.get(f"{API}/sites/jiahe-pit")["n_blind"] > 0


def test_a_remark_is_kept_and_changes_nothing(live: Running) -> None:
    alert = live.overload("TC-01", 112.0, 113.0)
    path = f"{API}/alerts/{alert['id']}"
    before = live.get(path)
    live.post(f"{path}/note", {"actor": "Duty", "note": "crane 1 is lowering"})
    after = live.get(path)
    assert after.pop("actions")[-1]["note"] == "crane 1 is lowering"
    before.pop("actions")
    assert [each.pop("card")["teams"] != [] for each in (before, after)] == [True, True]
    assert after == before


@pytest.mark.parametrize("verb", ["ack", "resolve", "note"])
def test_saying_something_about_no_alert_is_404_with_what_may_be_meant(
    live: Running, verb: str
) -> None:
    alert = live.overload("TC-01", 112.0, 113.0)
    wrong = alert["id"][:-1]
    body = {"actor": "Duty", "note": "x"}
    answer = live.post(f"{API}/alerts/{wrong}/{verb}", body, status=404)
    assert answer["type"] == "urn:groundwatch:problem:unknown-alert"
    assert alert["id"] in answer["near"]


@pytest.mark.parametrize("page", ["", "/card", "/explain"])
def test_asking_for_no_alert_is_404(live: Running, page: str) -> None:
    assert live.get(f"{API}/alerts/nothere{page}", status=404)["status"] == 404


class TestSiteThatIsNone:
    def test_it_is_refused_by_the_command_too(self, live: Running) -> None:
        for more in ([], ["--all"], ["--history"]):
            words = ["alerts", "--site", "huanghe", *more, "--url", str(live.client.base_url)]
            done = CliRunner().invoke(app, words)
            assert done.exit_code == 2, done.output
            assert "there is no such site; did you mean huanghe-tower?" in done.stderr
            assert done.stdout == ""

    def test_the_program_itself_is_none_and_may_be_asked_for(self, live: Running) -> None:
        for path in ("alerts", "history"):
            live.get(f"{API}/{path}", site="system")

    def test_a_former_site_with_alerts_may_be_asked_for(self, live: Running) -> None:
        sensor = SensorKey("former-pit", "PIT-D1", "", "level_m")
        over = an_alert("former", sensor=sensor, state=AlertState.RESOLVED, ended_at=T0)
        live.get(f"{API}/alerts", status=422, site="former-pit")
        live.call(live.program.journal.record(Effects(alerts=(over,))))
        (found,) = live.get(f"{API}/alerts", site="former-pit")["items"]
        assert found["id"] == "former"
        assert live.get(f"{API}/alerts", site="former-pit", state="firing")["items"] == []
        live.get(f"{API}/history", site="former-pit")
