"""The response over real HTTP: every step of people, shelves that return, pictures."""

import hashlib
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from groundwatch.cli import app
from tests.unit.groundwatch.http.running import Running

pytestmark = pytest.mark.broker

API = "/api/v1"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)
ME = {"actor": "Duty officer 示例"}


def test_every_step_is_kept_with_who_when_and_why(live: Running) -> None:
    alert = live.overload("TC-01", 101.0, 102.0)
    path = f"{API}/alerts/{alert['id']}"
    live.until(lambda: live.get(f"{path}/response")["phase"] == "notified")
    live.post(f"{path}/verify", {**ME, "note": "camera 3"})
    live.post(f"{path}/assign", {**ME, "to": "Rescue unit 2"})
    live.post(f"{path}/dispatch", {**ME, "note": "unit 2"})
    live.post(f"{path}/on_scene", ME)
    found = live.post(f"{path}/contain", ME)
    assert (found["phase"], found["assigned_to"]) == ("contained", "Rescue unit 2")
    detail = live.get(path)
    assert detail["state"] == "firing"
    assert detail["response"] == found
    steps = [(act["action"], act["phase"]) for act in detail["actions"]]
    assert steps == [
        ("notified", "notified"),
        ("verify", "notified"),
        ("assign", "notified"),
        ("dispatch", "dispatched"),
        ("on_scene", "on_scene"),
        ("contain", "contained"),
    ]
    assert all(act["actor"] and act["at"] for act in detail["actions"])


def test_what_is_not_allowed_says_why(live: Running) -> None:
    alert = live.overload("TC-02", 101.0, 102.0)
    path = f"{API}/alerts/{alert['id']}"
    refused = live.post(f"{path}/close", ME, status=409)
    assert refused["type"].endswith("not-allowed-now")
    assert "still stands" in refused["detail"]
    assert live.post(f"{path}/false", ME, status=409)["detail"].endswith("why it is false")
    long = {**ME, "note": "works", "minutes": 600}
    assert "1:00:00 at most" in live.post(f"{path}/shelve", long, status=409)["detail"]
    both = {**long, "until": live.clock.now().isoformat()}
    assert "either minutes or until" in live.post(f"{path}/shelve", both, status=422)["detail"]
    assert live.post(f"{path}/unshelve", ME, status=409)["detail"].endswith("not shelved")
    assert live.post(f"{path}/resolve", ME, status=409)["detail"].endswith("end all the same")


def test_a_shelf_returns_by_itself_and_people_are_told(live: Running) -> None:
    alert = live.overload("TC-03", 101.0, 102.0)
    path = f"{API}/alerts/{alert['id']}"
    found = live.post(f"{path}/shelve", {**ME, "note": "load test", "minutes": 30})
    assert found["shelf"]["note"] == "load test"
    live.clock.ahead += timedelta(minutes=31)
    live.until(lambda: live.get(f"{path}/response")["shelf"] is None)

    def reasons() -> list[str]:
        return [notice["reason"] for notice in live.get(f"{path}/explain")["notices"]]

    assert "returned" in live.until(lambda: reasons() if "returned" in reasons() else [])


def test_a_picture_is_kept_by_its_content(live: Running) -> None:
    alert = live.overload("TC-01", 101.0, 102.0)
    path = f"{API}/alerts/{alert['id']}/attach"
    answer = live.client.post(path, params={**ME, "note": "the hook"}, content=PNG)
    assert answer.status_code == 200, answer.text
    name = answer.json()["picture"]
    assert name == f"{hashlib.sha256(PNG).hexdigest()}.png"
    given = live.client.get(answer.json()["link"])
    assert (given.content, given.headers["content-type"]) == (PNG, "image/png")
    (act,) = [
        act
        for act in live.get(f"{API}/alerts/{alert['id']}")["actions"]
        if act["action"] == "attach"
    ]
    assert (act["detail"], act["note"]) == (name, "the hook")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"<svg onload=alert(1)>", 422, "JPEG, PNG and WebP are allowed"),
        (PNG + bytes(6 * 1024 * 1024), 413, "5242880 bytes"),
    ],
    ids=["no picture", "too large"],
)
def test_what_is_no_picture_is_refused(live: Running, body: bytes, status: int, said: str) -> None:
    alert = live.overload("TC-01", 101.0, 102.0)
    path = f"{API}/alerts/{alert['id']}/attach"
    answer = live.client.post(path, params=ME, content=body)
    assert answer.status_code == status
    assert said in answer.json()["detail"]
    assert live.get(f"{API}/pictures/..%2Fjournal.db", status=404)
    assert "64 hex digits" in live.get(f"{API}/pictures/x.png", status=404)["detail"]


def test_a_silence_holds_notices_back_and_explain_says_whose(own: Running) -> None:
    word = {**ME, "comment": "load test", "devices": ["huanghe-tower/TC-01"], "minutes": 60}
    silence = own.post(f"{API}/silences", word)
    assert [each["id"] for each in own.get(f"{API}/silences")["items"]] == [silence["id"]]
    alert = own.overload("TC-01", 101.0, 102.0)
    path = f"{API}/alerts/{alert['id']}"
    why = own.get(f"{path}/explain")
    assert {notice["state"] for notice in why["notices"]} == {"muted"}
    assert "who was not told, and why" in why["text"]
    assert f"silenced by {ME['actor']} until" in why["text"]
    assert "load test" in why["text"]
    own.post(f"{API}/silences/{silence['id']}/end", {"actor": "Another"})
    own.until(lambda: own.get(f"{path}/response")["phase"] == "notified")
    assert own.get(f"{API}/silences")["items"] == []


def test_a_silence_of_nothing_that_exists_is_refused(live: Running) -> None:
    word = {**ME, "comment": "x", "minutes": 60}
    refused = live.post(f"{API}/silences", word | {"sites": ["huanghe-towr"]}, status=422)
    assert refused["near"][0] == "huanghe-tower"
    refused = live.post(f"{API}/silences", word | {"devices": ["huanghe-tower/T"]}, status=422)
    assert refused["faults"][0]["field"] == "body.devices.0"
    assert "everything at once" in live.post(f"{API}/silences", word, status=409)["detail"]


def test_the_command_line_says_the_same(live: Running) -> None:
    alert = live.overload("TC-02", 101.0, 102.0)
    url = ["--url", str(live.client.base_url)]
    me = ["--as", "Duty officer"]

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, [*words, *url])
        assert result.exit_code == 0, result.output
        return result.output.strip()

    said = run("verify", alert["id"], *me)
    phase = live.get(f"{API}/alerts/{alert['id']}/response")["phase"]
    now = "" if phase == "verified" else f", the response stands at {phase}"
    assert said == f"{alert['id']}: verified{now}"
    assert run("assign", alert["id"], "--to", "Unit 2", *me).endswith("with Unit 2")
    shelved = run("shelve", alert["id"], "--for", "30m", "--note", "test", *me)
    assert shelved.startswith(f"{alert['id']}: set aside, the response stands at ")
    assert "shelved until" in shelved
    made = run("silence", "add", "--for", "1h", "--comment", "x", "--site", "jiahe-pit", *me)
    assert "jiahe-pit up to severe until" in made
    assert made in run("silence", "list")
    silence_id = made.partition(":")[0]
    assert run("silence", "end", silence_id, *me).endswith("ended by Duty officer")
    wrong = CliRunner().invoke(app, ["shelve", alert["id"], "--for", "x", "--note", "n", *me, *url])
    assert wrong.exit_code == 2
    unwrapped = " ".join(wrong.output.replace("│", " ").split())
    assert "allowed is a number with ms" in unwrapped
    stands = CliRunner().invoke(app, ["close", alert["id"], *me, *url])
    assert stands.exit_code == 2
    assert "sign it off with a reason" in stands.output
    assert "`groundwatch ack --sign-off`" in stands.output
