"""Orders over real HTTP: given, told, answered, late, handed over, assessed, kept over restarts."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from alerting.tasks.assess import COLUMNS, Row
from groundwatch.assess import as_csv
from groundwatch.cli import app
from tests import servers
from tests.unit.groundwatch.http.running import Running, running

pytestmark = pytest.mark.broker

API = "/api/v1"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def given(live: Running, device: str, **changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Raise an alert and order the nearest team there; give alert and order."""
    alert = live.overload(device, 101.0, 102.0)
    card = live.get(f"{API}/alerts/{alert['id']}/card", fresh="true")
    open_ones = live.get(f"{API}/tasks", alert=alert["id"], open="true")["items"]
    for each in open_ones:
        say(live, each, "recall", note="next test")
    body = {
        "actor": "Duty officer",
        "responder": card["teams"][0]["id"],
        "what": "Bring a mobile crane",
        **changes,
    }
    return alert, live.post(f"{API}/alerts/{alert['id']}/tasks", body)


def say(live: Running, task: dict[str, Any], word: str, status: int = 200, **body: Any) -> Any:
    path = f"{API}/tasks/{task['id']}/{word}"
    return live.post(path, {"actor": "Team leader", **body}, status=status)


def test_an_order_is_told_accepted_reached_and_done(live: Running) -> None:
    alert, task = given(live, "TC-01")
    assert (task["state"], task["owed"], task["owner"]) == ("sent", "accept", "street")
    assert say(live, task, "accept")["state"] == "accepted"
    assert live.get(f"{API}/alerts/{alert['id']}/response")["phase"] == "dispatched"
    card = live.get(f"{API}/alerts/{alert['id']}/card")
    assert any("accepted, to be on scene by" in said["en"] for said in card["orders"])
    assert any("已接受" in said["zh"] for said in card["orders"])
    assert say(live, task, "on-scene")["on_scene_at"] is not None
    assert live.get(f"{API}/alerts/{alert['id']}/response")["phase"] == "on_scene"
    done = say(live, task, "done", note="load secured")
    assert (done["state"], done["owed"]) == ("done", None)
    assert live.get(f"{API}/alerts/{alert['id']}/card")["orders"] == []
    detail = live.get(f"{API}/tasks/{task['id']}")
    kinds = [event["kind"] for event in detail["events"]]
    assert kinds == ["ordered", "accepted", "on_scene", "done"]


def test_without_a_road_those_on_duty_are_asked_to_call(live: Running) -> None:
    _, task = given(live, "TC-02")
    assert task["is_told"] is False
    live.until(lambda: f"no road to {task['name']} is on file: call" in live.shown.text)
    assert f"/api/v1/tasks/{task['id']}" in live.shown.text


def test_acknowledging_the_alert_takes_no_order_back(live: Running) -> None:
    alert, task = given(live, "TC-03")
    live.post(f"{API}/alerts/{alert['id']}/ack", {"actor": "Duty officer"})
    assert live.get(f"{API}/tasks/{task['id']}")["state"] == "sent"


def test_repeating_changes_nothing_and_what_may_not_be_says_why(live: Running) -> None:
    _, task = given(live, "TC-01")
    say(live, task, "accept")
    assert say(live, task, "accept")["state"] == "accepted"
    assert len(live.get(f"{API}/tasks/{task['id']}")["events"]) == 2
    wrong = say(live, task, "decline", status=409)
    assert "say why it is declined" in wrong["detail"]
    say(live, task, "decline", note="crane is broken")
    wrong = say(live, task, "on-scene", status=409)
    assert "it is over; give a new order" in wrong["detail"]
    live.until(lambda: "crane is broken" in live.shown.text)
    live.until(lambda: "could be sent instead: " in live.shown.text)


def test_an_order_is_not_given_twice_nor_to_nobody(live: Running) -> None:
    alert, task = given(live, "TC-02")
    body = {"actor": "Duty officer", "responder": task["responder"], "what": "again"}
    wrong = live.post(f"{API}/alerts/{alert['id']}/tasks", body, status=409)
    assert task["id"] in wrong["detail"]
    near = task["responder"] + "x"
    wrong = live.post(f"{API}/alerts/{alert['id']}/tasks", {**body, "responder": near}, status=422)
    assert task["responder"] in wrong["near"]
    live.post(f"{API}/alerts/nothing/tasks", body, status=404)


def test_stock_is_put_aside_and_given_back(live: Running) -> None:
    program = live.program
    depot = next(each for each in program.live.now.depots if each.stock)
    stock = depot.stock[0]
    left = stock.available(live.clock.now().date())
    line = {"depot": depot.id, "item": stock.item, "quantity": left}
    alert, task = given(live, "TC-03", items=[line])
    assert [each.line.quantity for each in program.desks.orders.book.held()] == [left]
    more = {"actor": "Duty officer", "responder": depot.id, "what": "more", "items": [line]}
    wrong = live.post(f"{API}/alerts/{alert['id']}/tasks", more, status=409)
    assert f"has 0 {stock.item.replace('_', ' ')}s left" in wrong["detail"]
    say(live, task, "recall", note="not needed")
    assert program.desks.orders.book.held() == []


def test_what_is_late_is_told_once_with_whom_to_send_instead(live: Running) -> None:
    _, task = given(live, "TC-01")
    live.clock.ahead += timedelta(minutes=11)
    live.until(lambda: live.get(f"{API}/tasks/{task['id']}")["overdue"] == ["accept"])
    live.until(lambda: "not accepted in time" in live.shown.text)
    kinds = [event["kind"] for event in live.get(f"{API}/tasks/{task['id']}")["events"]]
    assert kinds == ["ordered", "overdue"]
    say(live, task, "accept")
    assert live.get(f"{API}/tasks/{task['id']}")["owed"] == "arrive"


def test_levels_hand_over_and_feedback_has_pictures(live: Running) -> None:
    _, task = given(live, "TC-02", level="village")
    wrong = say(live, task, "hand-over", status=422, to="moon", note="x")
    assert "body.to" in str(wrong)
    assert say(live, task, "hand-over", to="district", note="beyond us")["owner"] == "district"
    assert say(live, task, "note", note="road is flooded")["note"] == "road is flooded"
    path = f"{API}/tasks/{task['id']}/picture"
    sent = live.client.post(path, params={"actor": "Team leader"}, content=PNG)
    assert sent.status_code == 200, sent.text
    link = sent.json()["task"]["pictures"][0]
    assert live.client.get(link).content == PNG
    bad = live.client.post(path, params={"actor": "Team leader"}, content=b"GIF89a")
    assert bad.status_code == 422


def test_an_exercise_is_marked(live: Running) -> None:
    _, task = given(live, "TC-03", exercise=True)
    assert task["exercise"] is True


def test_a_month_is_assessed(live: Running) -> None:
    _, task = given(live, "TC-01", unit="Unit of assessment")
    say(live, task, "accept")
    month = f"{live.clock.now() + timedelta(hours=8):%Y-%m}"
    rows = live.get(f"{API}/assessment", month=month)["rows"]
    (row,) = [each for each in rows if each["unit"] == "Unit of assessment"]
    assert (row["orders"], row["accepted"]) == (1, 1)
    text = live.client.get(f"{API}/assessment.csv", params={"month": month}).text
    table = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert {each["unit"] for each in table} >= {"Unit of assessment"}
    wrong = live.get(f"{API}/assessment", status=422, month="2026")
    assert "allowed: 2026-11" in wrong["detail"]


def test_open_orders_outlast_a_restart(tmp_path: Path) -> None:
    port = servers.start_mosquitto(tmp_path)
    with running(tmp_path / "state", port) as live:
        _, task = given(live, "TC-01")
        say(live, task, "accept")
    with running(tmp_path / "state", port) as live:
        assert live.get(f"{API}/tasks", open="true")["items"][0]["id"] == task["id"]
        assert say(live, task, "on-scene")["state"] == "on_scene"
    servers.stop(port)


def test_the_command_line_gives_and_answers_orders(live: Running) -> None:
    alert = live.overload("TC-02", 101.0, 102.0)
    for each in live.get(f"{API}/tasks", alert=alert["id"], open="true")["items"]:
        say(live, each, "recall", note="next test")
    team = live.get(f"{API}/alerts/{alert['id']}/card", fresh="true")["teams"][0]["id"]
    url = ["--url", str(live.client.base_url)]

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, [*words, *url])
        assert done.exit_code == code, done.output
        return done.output

    said = run("tasks", "order", alert["id"], team, "Come", "--as", "Duty officer")
    task_id = said.split()[0]
    assert "no road on file: call" in said
    assert task_id in run("tasks", "list")
    assert "accepted" in run("tasks", "say", task_id, "accept", "--as", "Leader")
    assert "(city)" in run("tasks", "hand-over", task_id, "city", "--as", "X", "--note", "big")
    month = f"{live.clock.now() + timedelta(hours=8):%Y-%m}"
    assert run("assess", "--month", month, "--csv").startswith("\ufeffmonth,unit,orders")
    assert "overdue" in run("assess", "--month", month)
    run("tasks", "say", "t-nothing", "accept", "--as", "Leader", code=2)


def test_no_cell_is_read_as_a_formula() -> None:
    row = Row(
        month="2026-11", unit="=1+1", orders=1, accepted=0, arrived=0, done=0, declined=0,
        recalled=0, open=1, overdue=0,
    )  # fmt: skip
    head, line = as_csv([row]).splitlines()
    assert head == ",".join(COLUMNS)
    assert line.split(",")[1] == "'=1+1"
