"""Acknowledging from outside: the page behind a link, answers to messages, receipts."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from alerting.channels.signing import SIGNATURE_HEADER, signature
from tests import servers
from tests.unit.groundwatch.http.running import Running, running

API = "/api/v1"
SECRET = "a secret of the provider"
OFFICER = "+86 000 0000 0101"
LINK = re.compile(r"http://gw\.example(/a/\S+)")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Running]:
    port = servers.start_mosquitto(tmp_path)
    settings: dict[str, Any] = {
        "http": {"public_url": "http://gw.example"},
        "replies": {"secret": SECRET},
    }
    with running(tmp_path / "state", port, **settings) as program:
        yield program
    servers.stop(port)


# The monitoring room changes daily; who is told is on duty today.
MONITORS = ("Jian Shili", "Kuang Shili", "Lan Shili")


def links(town: Running) -> list[str]:
    return LINK.findall(town.shown.text)


def link_of(town: Running, name: str | tuple[str, ...]) -> str:
    """Give the newest link in a message to somebody, or to one of several."""

    def newest() -> str:
        parts = [part for part in town.shown.text.split("→ ") if part.startswith(name)]
        found = [path for part in parts for path in LINK.findall(part)]
        return found[-1] if found else ""

    return town.until(newest)


def states(town: Running, alert: dict[str, Any], person: str) -> list[str]:
    told = town.get(f"{API}/alerts/{alert['id']}/explain")["notices"]
    return [notice["state"] for notice in told if notice["recipient_id"] == person]


def alert_now(town: Running, alert: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = town.get(f"{API}/alerts/{alert['id']}")
    return found


def reply(town: Running, text: str, sender: str = OFFICER, status: int = 200) -> dict[str, Any]:
    return signed(town, "replies", {"sender": sender, "text": text}, status)


def signed(town: Running, path: str, said: dict[str, Any], status: int = 200) -> dict[str, Any]:
    """Say something as the provider does."""
    body = json.dumps(said).encode()
    headers = {
        SIGNATURE_HEADER: signature(SecretStr(SECRET), body, town.clock.now()),
        "Content-Type": "application/json",
    }
    answer = town.client.post(f"{API}/{path}", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


class TestLinks:
    def test_looking_does_nothing_and_the_button_acknowledges_once(self, town: Running) -> None:
        alert = town.overload("TC-01", 92.0, 93.0)
        path = link_of(town, "An Shili")
        for _ in range(3):
            page = town.client.get(path)
            assert (page.status_code, page.headers["content-type"]) == (
                200, "text/html; charset=utf-8",
            )  # fmt: skip
            assert "<form method=post>" in page.text
            assert "<script" not in page.text
        assert town.client.head(path).status_code in (200, 405)
        assert alert_now(town, alert)["acknowledged_at"] is None
        pressed = town.client.post(path)
        assert "the alert is acknowledged" in pressed.text
        assert alert_now(town, alert)["acknowledged_by"] == "An Shili 安示例"
        again = town.client.post(path)
        assert (again.status_code, "used already" in again.text) == (410, True)
        other = town.client.get(link_of(town, MONITORS))
        assert "acknowledged already, by An Shili" in other.text

    def test_a_chinese_reader_is_asked_in_chinese(self, town: Running) -> None:
        town.overload("TC-01", 92.0, 93.0)
        page = town.client.get(
            link_of(town, "Mai Shili")
            if "Mai Shili" in town.shown.text
            else link_of(town, "Ou Shili")
        )
        assert "我已收到" in page.text
        assert "黄色 huanghe-tower/TC-01" in page.text

    def test_wrong_and_expired_ones_are_answered_plainly(self, town: Running) -> None:
        alert = town.overload("TC-01", 92.0, 93.0)
        path = link_of(town, "An Shili")
        wrong = town.client.post(path[:-1] + ("A" if path[-1] != "A" else "B"))
        assert (wrong.status_code, "not valid" in wrong.text) == (404, True)
        chinese = town.client.get("/a/x", headers={"Accept-Language": "zh-CN,zh;q=0.9"})
        assert (chinese.status_code, "链接无效" in chinese.text) == (404, True)
        town.clock.ahead += timedelta(hours=25)
        late = town.client.post(path)
        assert (late.status_code, "expired" in late.text) == (410, True)
        assert alert_now(town, alert)["acknowledged_at"] is None

    def test_whoever_was_told_of_yellow_has_not_acknowledged_red(self, town: Running) -> None:
        alert = town.overload("TC-01", 92.0, 93.0)
        path = link_of(town, "An Shili")
        town.clock.ahead += timedelta(minutes=1)
        town.overload("TC-01", 93.0, 120.0, 121.0)
        town.until(lambda: alert_now(town, alert)["severity"] == "extreme")
        stale = town.client.post(path)
        assert (stale.status_code, "become worse" in stale.text) == (409, True)
        assert alert_now(town, alert)["acknowledged_at"] is None
        newer = town.until(
            lambda: link_of(town, "An Shili") if link_of(town, "An Shili") != path else ""
        )
        assert "acknowledged" in town.client.post(newer).text

    def test_every_person_has_a_link_of_their_own_and_none_is_kept(self, town: Running) -> None:
        alert = town.overload("TC-01", 92.0, 93.0)
        link_of(town, MONITORS)
        town.until(lambda: len(links(town)) >= 3)
        assert len(set(links(town))) == len(links(town))
        kept = json.dumps(town.get(f"{API}/alerts/{alert['id']}/explain"))
        journal = (town.program.settings.state / "journal.db").read_bytes()
        for path in links(town):
            assert path.rpartition(".")[2] not in kept
            assert path.rpartition(".")[2].encode() not in journal


class TestReplies:
    def test_a_plain_yes_acknowledges_the_newest_open_alert(self, town: Running) -> None:
        first = town.overload("TC-01", 92.0, 93.0)
        second = town.overload("TC-02", 92.0, 93.0)
        town.until(lambda: "sent" in states(town, first, "safety-huanghe"))
        town.until(lambda: "sent" in states(town, second, "safety-huanghe"))
        done = reply(town, "收到")
        assert (done["outcome"], done["alert"]) == ("acknowledged", second["id"])
        assert (
            f"answer ack and the number of the alert, for example ack {first['id'][:6]}"
            in (done["text"])
        )
        assert alert_now(town, second)["acknowledged_by"] == "An Shili 安示例"
        assert alert_now(town, first)["acknowledged_at"] is None
        named = reply(town, f"ack {first['id'][:6]}")
        assert (named["outcome"], named["alert"]) == ("acknowledged", first["id"])
        assert reply(town, "1")["outcome"] == "nothing_open"

    def test_whoever_acknowledges_an_exercise_is_told_that_it_is_one(self, town: Running) -> None:
        begun = town.post(f"{API}/drills", {"actor": "Drill master", "scenario": "dyke-red"})
        drill = {"id": begun["alert_id"]}
        told = town.until(
            lambda: [
                each
                for each in town.get(f"{API}/alerts/{drill['id']}/explain")["notices"]
                if each["state"] == "sent"
            ]
        )[0]
        person = town.program.district.routes.people[told["recipient_id"]]
        said = reply(town, "1", sender=person.roads[0].address)
        assert (said["outcome"], said["alert"]) == ("acknowledged", drill["id"])
        assert re.search("EXERCISE (red|orange)|演练：[红橙]色", said["text"])

    def test_what_is_not_understood_or_not_known_acknowledges_nothing(self, town: Running) -> None:
        alert = town.overload("TC-01", 92.0, 93.0)
        link_of(town, "An Shili")
        assert reply(town, "who is this?")["outcome"] == "not_understood"
        assert reply(town, "1", sender="+86 000 0000 9999")["outcome"] == "unknown_sender"
        assert alert_now(town, alert)["acknowledged_at"] is None

    def test_a_wrong_number_is_not_told_that_there_is_nothing_to_do(self, town: Running) -> None:
        alert = town.overload("TC-01", 92.0, 93.0)
        town.until(lambda: "sent" in states(town, alert, "safety-huanghe"))
        wrong = reply(town, "ack zzzzzz")
        assert wrong["outcome"] == "wrong_number"
        assert "zzzzzz" in wrong["text"]
        assert f"ack {alert['id'][:6]}" in wrong["text"]
        assert "nothing to do" not in wrong["text"]
        assert alert_now(town, alert)["acknowledged_at"] is None
        assert reply(town, f"ack {alert['id'][:6]}")["outcome"] == "acknowledged"
        assert reply(town, "ack zzzzzz")["outcome"] == "nothing_open"

    def test_only_who_signs_is_heard(self, town: Running) -> None:
        alert = town.overload("TC-01", 92.0, 93.0)
        link_of(town, "An Shili")
        body = {"sender": OFFICER, "text": "1"}
        answer = town.post(f"{API}/replies", body, status=403)
        assert answer["type"] == "urn:groundwatch:problem:not-entitled"
        assert alert_now(town, alert)["acknowledged_at"] is None

    def test_a_receipt_is_kept_and_one_for_no_notice_is_refused(self, town: Running) -> None:
        alert = town.overload("TC-01", 92.0, 93.0)
        told = town.until(
            lambda: [
                notice
                for notice in town.get(f"{API}/alerts/{alert['id']}/explain")["notices"]
                if notice["state"] == "sent"
            ]
        )
        said = {"notice": told[0]["notice_id"], "kind": "delivered", "by": "sms"}
        assert signed(town, "receipts", said)["alert"] == alert["id"]
        assert signed(town, "receipts", {**said, "notice": "none"}, 404)["status"] == 404
        why = town.get(f"{API}/alerts/{alert['id']}/explain")
        (notice,) = [n for n in why["notices"] if n["notice_id"] == told[0]["notice_id"]]
        assert notice["proofs"] == ["delivered"]


class TestExplained:
    def test_who_was_asked_step_by_step_and_why_it_ended(self, town: Running) -> None:
        alert = town.overload("TC-01", 92.0, 93.0)
        path = f"{API}/alerts/{alert['id']}/explain"
        town.until(lambda: "sent" in states(town, alert, "safety-huanghe"))
        before = town.get(path)
        assert [(step["n"], step["kind"]) for step in before["steps"]] == [(0, "begun")]
        assert before["asking"].startswith(
            "next, if nobody acknowledges: the district's duty room, "
        )
        town.clock.ahead += timedelta(minutes=16)
        after = town.until(lambda: found if (found := town.get(path))["steps"][1:] else {})
        step = after["steps"][1]
        assert (step["n"], step["kind"], len(step["told"])) == (1, "called", 1)
        assert 'is told by "the district\'s duty room" over sms: on duty' in step["why"]
        assert "who was asked, step by step:" in after["text"]
        assert "告知" in step["why_zh"]
        assert "is told" not in step["why_zh"]
        assert len(after["routing_zh"]) == len(after["routing"])
        assert any("路由" in line for line in after["routing_zh"])
        assert after["asking_zh"]
        assert not after["asking_zh"].startswith("next")
        chinese = town.get(f"{path}?language=zh")["text"]
        assert step["why_zh"] in chinese
        town.post(f"{API}/alerts/{alert['id']}/ack", {"actor": "Eve"})
        assert town.get(path)["asking"] == "nobody is asked any more: acknowledged by Eve"


def test_without_a_secret_or_a_network_nobody_is_heard(own: Running) -> None:
    answer = own.post(f"{API}/replies", {"sender": OFFICER, "text": "1"}, status=403)
    assert "replies.secret" in answer["detail"]


def test_a_provider_of_a_named_network_needs_no_signature(tmp_path: Path) -> None:
    port = servers.start_mosquitto(tmp_path)
    replies = {"networks": ["127.0.0.0/8"]}
    with running(tmp_path / "state", port, replies=replies) as program:
        body = {"sender": OFFICER, "text": "1"}
        assert program.post(f"{API}/replies", body)["outcome"] == "nothing_open"
    servers.stop(port)


def test_a_restart_goes_on_with_the_next_step_and_tells_nobody_twice(tmp_path: Path) -> None:
    port = servers.start_mosquitto(tmp_path)
    with running(tmp_path / "state", port) as before:
        alert = before.overload("TC-01", 92.0, 93.0)
        before.until(lambda: "sent" in states(before, alert, "safety-huanghe"))
    with running(tmp_path / "state", port) as after:
        path = f"{API}/alerts/{alert['id']}"
        after.clock.ahead += timedelta(minutes=16)
        why = after.until(
            lambda: found if (found := after.get(f"{path}/explain"))["steps"][1:] else {}
        )
        assert [step["n"] for step in why["steps"]] == [0, 1]
        after.until(lambda: "passed on to you" in after.shown.text or "转报" in after.shown.text)
        assert states(after, alert, "safety-huanghe") == ["sent"]
        after.post(f"{path}/ack", {"actor": "Eve"})
    with running(tmp_path / "state", port) as last:
        last.clock.ahead += timedelta(hours=3)
        last.call(last.program.engine.tick())
        why = last.get(f"{path}/explain")
        assert [step["n"] for step in why["steps"]] == [0, 1]
        assert why["asking"] == "nobody is asked any more: acknowledged by Eve"
        assert states(last, alert, "safety-huanghe") == ["sent"]
    servers.stop(port)
