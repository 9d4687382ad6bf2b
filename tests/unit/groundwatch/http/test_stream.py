"""The event stream: over real HTTP what listeners see, and the hub's bounds by themselves."""

import asyncio
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from groundwatch.http.events import Event, Hub, Listener, TooManyListeners
from tests.unit.groundwatch.http.running import Running

EVENTS = "/api/v1/events"


def events(live: Running, last_id: str = "") -> Iterator[dict[str, Any]]:
    """Give the events of one stream, each with its name, id and JSON object."""
    headers = {"Last-Event-ID": last_id} if last_id else {}
    with live.client.stream("GET", EVENTS, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        found: dict[str, Any] = {}
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            if line == "" and "event" in found:
                yield found
                found = {}
            elif name == "data":
                found["data"] = json.loads(value)
            elif name in ("event", "id"):
                found[name] = value


def until(stream: Iterator[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(event for event in islice(stream, 8) if event["event"] == name)


@pytest.mark.broker
def test_a_listener_hears_of_an_alert_and_finds_again_what_it_missed(live: Running) -> None:
    stream = events(live)
    status = next(stream)
    assert status["event"] == "status"
    assert status["data"]["source_connected"]
    assert status["data"]["alerts"]["limit"]["extreme"] == 0
    alert = live.overload("TC-01", 85.0, 86.0)
    heard = until(stream, "alert")
    assert heard["data"]["alert"]["id"] == alert["id"]
    assert heard["data"]["transition"]["kind"] == "raised"
    assert heard["data"]["notify"] == "first"
    stream.close()  # type: ignore[attr-defined]
    live.until(lambda: not live.server.app.state.hub.n_listeners)
    body = {"actor": "Duty", "note": "looking"}
    live.post(f"/api/v1/alerts/{alert['id']}/ack", body)
    live.post(f"/api/v1/alerts/{alert['id']}/note", body)
    again = events(live, heard["id"])
    assert next(again)["event"] == "status"
    assert until(again, "alert")["data"]["transition"]["kind"] == "acknowledged"
    assert until(again, "note")["data"]["note"] == "looking"
    again.close()  # type: ignore[attr-defined]


@pytest.mark.broker
def test_a_listener_hears_of_orders(live: Running) -> None:
    alert = live.overload("TC-03", 101.0, 102.0)
    team = live.get(f"/api/v1/alerts/{alert['id']}/card", fresh="true")["teams"][0]["id"]
    stream = events(live)
    next(stream)
    body = {"actor": "Duty", "responder": team, "what": "Come"}
    task = live.post(f"/api/v1/alerts/{alert['id']}/tasks", body)
    heard = until(stream, "task")["data"]
    assert (heard["task"]["id"], heard["event"]["kind"]) == (task["id"], "ordered")
    live.post(f"/api/v1/tasks/{task['id']}/recall", {"actor": "Duty", "note": "over"})
    assert until(stream, "task")["data"]["task"]["state"] == "recalled"
    stream.close()  # type: ignore[attr-defined]


@pytest.mark.broker
def test_an_id_of_another_run_gives_a_gap(live: Running) -> None:
    stream = events(live, "abcdef-7")
    assert until(stream, "gap")["data"]["last_event_id"] == "abcdef-7"
    stream.close()  # type: ignore[attr-defined]


@pytest.mark.broker
def test_a_stopping_program_says_so_and_ends_the_stream(own: Running) -> None:
    stream = events(own)
    next(stream)
    own.server.stop()
    assert [event["event"] for event in stream][-1] == "stopping"


async def status() -> dict[str, Any]:
    return {}


def hub(**bounds: int) -> Hub:
    return Hub(epoch="e", status=status, **bounds)


async def all_of(listener: Listener) -> list[Event]:
    async with asyncio.timeout(5):
        return [event async for event in listener.events()]


async def test_a_listener_that_does_not_read_is_dropped_and_told_why() -> None:
    small = hub(queue=3)
    slow = small.join()
    for number in range(4):
        small.publish("alert", {"n": number})
    (last,) = await all_of(slow)
    assert last.name == "dropped"
    assert last.body["missed"] == 4
    assert small.n_dropped == 1
    small.publish("alert", {"n": 5})
    assert small.n_dropped == 1


async def test_one_slow_listener_costs_the_others_nothing() -> None:
    small = hub(queue=3)
    slow, quick = small.join(), small.join()
    stream = quick.events()
    for number in range(10):
        small.publish("alert", {"n": number})
        assert (await anext(stream)).body == {"n": number}
    assert slow.is_over
    assert not quick.is_over


async def test_the_ring_gives_back_what_came_after_an_id() -> None:
    kept = hub(ring=3)
    for number in range(5):
        kept.publish("alert", {"n": number})
    back = kept.join("e-3")
    kept.close()
    assert [event.id for event in await all_of(back)] == ["e-4", "e-5", ""]


@pytest.mark.parametrize("last_id", ["e-1", "other-4", "rubbish"])
async def test_what_the_ring_has_forgotten_is_a_gap(last_id: str) -> None:
    kept = hub(ring=3)
    for number in range(5):
        kept.publish("alert", {"n": number})
    back = kept.join(last_id)
    kept.close()
    assert [event.name for event in await all_of(back)] == ["gap", "stopping"]


async def test_a_listener_that_missed_nothing_gets_nothing_old() -> None:
    kept = hub()
    kept.publish("alert", {})
    back = kept.join("e-1")
    kept.close()
    assert [event.name for event in await all_of(back)] == ["stopping"]


async def test_places_are_bounded_and_come_free_again() -> None:
    small = hub(max_listeners=2)
    small.join()
    second = small.join()
    with pytest.raises(TooManyListeners, match="all 2 places"):
        small.join()
    small.leave(second)
    small.join()
    assert small.n_listeners == 2
