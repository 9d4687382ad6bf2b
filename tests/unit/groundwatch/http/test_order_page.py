"""Answering an order from the message: the link, its page, and that neither kind of link mixes."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundwatch.task_link import VALID_FOR, DeadLink, OrderTicket, linker, read, written
from tests import servers
from tests.unit.alerting_delivery.values import NOW, make_notice
from tests.unit.groundwatch.http.running import Running, running

API = "/api/v1"
KEY = b"a key of the program"
LINK = re.compile(r"http://gw\.example(/o/\S+)")
ACK_LINK = re.compile(r"http://gw\.example/a/(\S+)")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place: Path = tmp_path_factory.mktemp("town")
    port = servers.start_mosquitto(place)
    settings: dict[str, Any] = {
        "http": {"public_url": "http://gw.example"},
        "tasks": {"channel": "console"},
    }
    with running(place / "state", port, **settings) as program:
        yield program
    servers.stop(port)


def ordered(town: Running, device: str) -> tuple[dict[str, Any], str]:
    """Give an order and the path of the link in its message."""
    alert = town.overload(device, 101.0, 102.0)
    team = town.get(f"{API}/alerts/{alert['id']}/card", fresh="true")["teams"][0]["id"]
    before = len(LINK.findall(town.shown.text))
    body = {"actor": "Duty officer", "responder": team, "what": "Bring a <mobile> crane"}
    task = town.post(f"{API}/alerts/{alert['id']}/tasks", body)
    path = town.until(lambda: LINK.findall(town.shown.text)[before:])[0]
    return task, path


def state(town: Running, task: dict[str, Any]) -> str:
    return str(town.get(f"{API}/tasks/{task['id']}")["state"])


@pytest.mark.broker
def test_the_responder_answers_with_buttons(town: Running) -> None:
    task, path = ordered(town, "TC-01")
    page = town.client.get(path)
    assert page.status_code == 200
    assert "Bring a &lt;mobile&gt; crane" in page.text
    assert page.text.count("<button>") == 3
    assert "script-src" not in page.headers["content-security-policy"]
    assert state(town, task) == "sent"  # looking at it does nothing
    for word, after, n_buttons in (("accept", "accepted", 3), ("on-scene", "on_scene", 1)):
        page = town.client.post(f"{path}/{word}")
        assert (page.status_code, state(town, task)) == (200, after)
        assert page.text.count("<button>") == n_buttons
    page = town.client.post(f"{path}/done")
    assert state(town, task) == "done"
    assert "Nothing more is to be done here." in page.text
    assert town.client.post(f"{path}/decline").status_code == 409
    events = town.get(f"{API}/tasks/{task['id']}")["events"]
    assert [event["actor"] for event in events[1:]] == [task["name"]] * 3


@pytest.mark.broker
def test_one_who_cannot_come_says_so(town: Running) -> None:
    task, path = ordered(town, "TC-02")
    town.client.post(f"{path}/decline")
    assert state(town, task) == "declined"


@pytest.mark.broker
def test_a_link_of_another_kind_or_hand_does_nothing(town: Running) -> None:
    task, path = ordered(town, "TC-03")
    (ack, *_) = ACK_LINK.findall(town.shown.text)
    for wrong in (f"/o/{ack}", f"{path}x", "/o/a.b.c.d", f"/o/{'x' * 500}"):
        assert town.client.get(wrong).status_code == 404
        assert town.client.post(f"{wrong}/accept").status_code == 404
    assert town.client.get(path.replace("/o/", "/a/")).status_code == 404
    wrong = town.client.get("/o/a.b.c.d").text
    assert "<title>任务指令 / Order</title>" in wrong
    assert "<p lang=en>This link is not valid. Use the link in your message" in wrong
    town.clock.ahead += VALID_FOR + timedelta(minutes=2)
    page = town.client.get(path)
    assert page.status_code == 410
    assert "<html lang=en>" in page.text
    assert "<title>Order</title>" in page.text
    assert "The time of this link is over." in page.text
    assert not re.search("[一-鿿]", page.text)
    assert state(town, task) in ("sent",)


names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=40)


@given(names, st.integers(1, 10_000))
def test_what_is_written_is_read_until_its_time_is_over(task_id: str, minutes: int) -> None:
    ticket = OrderTicket(task_id, "zh", datetime(2026, 6, 1, tzinfo=UTC))
    text = written(ticket, KEY)
    before = ticket.until - timedelta(minutes=minutes)
    assert read(text, KEY, before) == ticket
    assert read(text, KEY, ticket.until) == DeadLink("zh")
    assert read(text, b"another key", before) == DeadLink()


@given(st.text(max_size=250))
def test_noise_is_no_link(text: str) -> None:
    assert read(text, KEY, NOW) == DeadLink()


def test_only_orders_have_one_and_only_with_an_address() -> None:
    assert linker("http://gw.example", KEY, lambda: NOW)(make_notice()) == ""
    assert linker("", KEY, lambda: NOW)(make_notice()) == ""
