"""Orders answered by short message: what is understood, whose answer counts, what comes back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.tasks.model import EventKind
from groundwatch.ack_reply import understood
from groundwatch.order_reply import OrderWord, order_word
from tests import servers
from tests.unit.groundwatch.http.running import Running, running
from tests.unit.groundwatch.http.test_ack import SECRET, signed

API = "/api/v1"
ME = {"actor": "Duty officer"}
OFFICER = "+86 000 0000 0101"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place: Path = tmp_path_factory.mktemp("town")
    port = servers.start_mosquitto(place)
    settings: dict[str, Any] = {"replies": {"secret": SECRET}, "tasks": {"channel": "console"}}
    with running(place / "state", port, **settings) as program:
        yield program
    servers.stop(port)


@pytest.fixture
def order(town: Running) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Give an order, the telephone it went to and its short number."""
    alert = town.overload("TC-01", 101.0, 102.0)
    team = town.get(f"{API}/alerts/{alert['id']}/card")["teams"][0]
    body = {**ME, "responder": team["id"], "what": "Bring a mobile crane"}
    task = town.post(f"{API}/alerts/{alert['id']}/tasks", body)
    yield task, team["phone"], task["id"][2:6]
    path = f"{API}/tasks/{task['id']}"
    if town.get(path)["state"] not in ("done", "declined"):
        town.post(f"{path}/recall", {**ME, "note": "the test is over"})


def answer(town: Running, sender: str, text: str) -> tuple[str, str]:
    said = signed(town, "replies", {"sender": sender, "text": text})
    return said["outcome"], said["text"]


def state(town: Running, task: dict[str, Any]) -> str:
    return str(town.get(f"{API}/tasks/{task['id']}")["state"])


Order = tuple[dict[str, Any], str, str]


@pytest.mark.broker
class TestAnswers:
    def test_an_order_is_accepted_reached_and_done(self, town: Running, order: Order) -> None:
        task, phone, code = order
        # The console hears nothing; a short message names the words.
        town.until(lambda: "Answer: tell the duty office" in town.shown.text)
        assert "ORDER: Huanghe Garden tower blocks, " in town.shown.text
        assert answer(town, phone, f"Accept {code}")[0] == "order_answered"
        assert state(town, task) == "accepted"
        outcome, text = answer(town, phone.replace(" ", ""), f"到场{code}")
        assert (outcome, state(town, task)) == ("order_answered", "on_scene")
        assert "on scene, to be done by" in text
        assert answer(town, phone, "done")[0] == "order_answered"
        assert state(town, task) == "done"
        events = town.get(f"{API}/tasks/{task['id']}")["events"]
        assert [event["actor"] for event in events[1:]] == [task["name"]] * 3
        assert answer(town, OFFICER, f"done {code}")[0] == "no_order"

    def test_an_order_of_an_exercise_is_confirmed_as_one(self, town: Running) -> None:
        alert = town.overload("TC-02", 101.0, 102.0)
        team = town.get(f"{API}/alerts/{alert['id']}/card")["teams"][0]
        body = {**ME, "responder": team["id"], "what": "Bring a crane", "exercise": True}
        task = town.post(f"{API}/alerts/{alert['id']}/tasks", body)
        outcome, text = answer(town, team["phone"], f"accept {task['id'][2:6]}")
        assert outcome == "order_answered"
        assert text.startswith(("EXERCISE ", "演练："))
        town.post(f"{API}/tasks/{task['id']}/recall", {**ME, "note": "the test is over"})

    def test_who_declines_says_why(self, town: Running, order: Order) -> None:
        task, phone, code = order
        assert answer(town, phone, f"decline {code.upper()}: the crane is broken")[0] == (
            "order_answered"
        )
        found = town.get(f"{API}/tasks/{task['id']}")
        assert (found["state"], found["note"]) == ("declined", "the crane is broken")

    def test_nobody_else_answers_it(self, town: Running, order: Order) -> None:
        task, _, code = order
        assert answer(town, OFFICER, f"accept {code}")[0] == "no_order"
        assert answer(town, "+86 000 9999 9999", f"accept {code}")[0] == "unknown_sender"
        assert state(town, task) == "sent"

    def test_a_yes_promises_nothing(self, town: Running, order: Order) -> None:
        task, phone, _ = order
        for text in ("1", "收到", "ok"):
            assert answer(town, phone, text)[0] == "order_not_understood"
        assert state(town, task) == "sent"

    def test_who_has_an_order_and_is_not_understood_is_told_how_to_answer(
        self, town: Running, order: Order
    ) -> None:
        task, phone, code = order
        for text in ("1", "who is this?", f"accept {code} but only tomorrow"):
            outcome, said = answer(town, phone, text)
            assert outcome == "order_not_understood"
            assert f"accept {code}" in said or f"接受 {code}" in said
        assert answer(town, "+86 000 9999 9999", "1")[0] == "unknown_sender"
        assert state(town, task) == "sent"

    def test_a_wrong_number_and_a_word_too_much_take_nothing(
        self, town: Running, order: Order
    ) -> None:
        task, phone, code = order
        wrong = "0000" if code != "0000" else "1111"
        assert answer(town, phone, f"accept {wrong}")[0] == "no_order"
        assert answer(town, phone, f"accept {code} but only tomorrow")[0] not in ("order_answered",)
        assert state(town, task) == "sent"

    def test_of_several_the_number_says_which(self, town: Running, order: Order) -> None:
        task, phone, _ = order
        other = town.overload("TC-02", 101.0, 102.0)
        body = {**ME, "responder": task["responder"], "what": "Secure the second crane"}
        second = town.post(f"{API}/alerts/{other['id']}/tasks", body)
        outcome, text = answer(town, phone, "accept")
        assert outcome == "which_order"
        assert task["id"][2:10] in text
        assert second["id"][2:10] in text
        assert answer(town, phone, f"accept {second['id'][2:10]}")[0] == "order_answered"
        assert (state(town, task), state(town, second)) == ("sent", "accepted")
        town.post(f"{API}/tasks/{second['id']}/recall", {**ME, "note": "the test is over"})


READ = {
    "accept 3fa9": OrderWord(EventKind.ACCEPTED, "3fa9"),
    " ＡＣＣＥＰＴ　３ＦＡ９！": OrderWord(EventKind.ACCEPTED, "3fa9"),
    "接受": OrderWord(EventKind.ACCEPTED),
    "接单 t-3fa90011": OrderWord(EventKind.ACCEPTED, "3fa90011"),
    "on scene": OrderWord(EventKind.ON_SCENE),
    "已到场3fa9": OrderWord(EventKind.ON_SCENE, "3fa9"),
    "已完成 #3fa9": OrderWord(EventKind.DONE, "3fa9"),
    "decline the bridge is closed": OrderWord(EventKind.DECLINED, "", "the bridge is closed"),
    "拒绝3fa9，车坏了": OrderWord(EventKind.DECLINED, "3fa9", "车坏了"),
    "done but the pump is lost": None,
    "acceptable": None,
    "not accept": None,
    "1": None,
    "收到": None,
    "": None,
}


@pytest.mark.parametrize(("text", "meant"), READ.items())
def test_what_is_understood(text: str, meant: OrderWord | None) -> None:
    assert order_word(text) == meant


@given(st.text(max_size=60))
def test_no_text_is_both_an_answer_to_an_order_and_to_an_alert(text: str) -> None:
    assert order_word(text) is None or understood(text) is None
