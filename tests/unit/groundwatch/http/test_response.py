"""The response over real HTTP: every step of people, shelves that return, pictures."""

import hashlib
from datetime import timedelta

import pytest

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
