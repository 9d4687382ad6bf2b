"""Frigate over time: counts are a function of the events by frame_time."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from ingest.codecs.frigate import Frigate
from ingest.codecs.frigate_scene import GONE_AFTER_S, KEPT_S, SETTLED_AFTER_S
from ingest.codecs.heard import Heard, Incoming

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
T0 = NOW.timestamp()


def send(reader: Frigate, topic: str, body: object, *, replay: bool = False) -> Heard:
    sent = body if isinstance(body, str) else json.dumps(body)
    return reader.read(Incoming(["frigate", *topic.split("/")], sent.encode(), NOW, replay))


def event(
    name: str, at_s: float, zones: list[str], *, kind: str = "update", label: str = "person"
) -> dict[str, object]:
    after = {
        "id": name,
        "camera": "gate",
        "label": label,
        "frame_time": T0 + at_s,
        "current_zones": zones,
        "false_positive": False,
        "end_time": T0 + at_s if kind == "end" else None,
    }
    return {"type": kind, "before": {}, "after": after}


def stats(at_s: float, fps: float = 5.0) -> dict[str, object]:
    return {"cameras": {"gate": {"camera_fps": fps}}, "service": {"last_updated": T0 + at_s}}


def frigate() -> Frigate:
    return Frigate(["gate"], {"shaft": "gate"})


def counts(heard: Heard, name: str = "shaft/persons") -> list[tuple[float, float]]:
    return [
        (round(sample.taken_at.timestamp() - T0, 6), sample.values[name])
        for sample in heard.samples
        if name in sample.values
    ]


def test_persons_in_a_zone_are_counted_as_they_come_and_go() -> None:
    reader = frigate()
    said = [
        counts(send(reader, "events", each))
        for each in (
            event("a", 0, ["shaft"], kind="new"),
            event("b", 1, [], kind="new"),
            event("b", 2, ["shaft"]),
            event("a", 3, [], kind="end"),
            event("b", 4, ["yard"]),
        )
    ]
    assert said == [[(0, 1.0)], [(1, 1.0)], [(2, 2.0)], [(3, 1.0)], [(4, 0.0)]]


def test_vehicles_are_counted_apart_from_persons() -> None:
    reader = frigate()
    send(reader, "events", event("a", 0, ["shaft"], label="truck"))
    heard = send(reader, "events", event("b", 1, ["shaft"], label="car"))
    assert counts(heard, "shaft/vehicles") == [(1, 2.0)]
    assert counts(heard) == []


EVENTS = [
    event("a", 0, ["shaft"], kind="new"),
    event("b", 1, ["shaft"], kind="new"),
    event("a", 2, []),
    event("b", 3, ["shaft"], kind="end"),
]


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_in_whatever_order_events_come_the_last_word_on_each_instant_is_the_same(
    order: tuple[int, ...],
) -> None:
    reader = frigate()
    last: dict[int, tuple[float, float]] = {}
    for index in order:
        for at_s, count in counts(send(reader, "events", EVENTS[index])):
            last[int(at_s)] = max(last.get(int(at_s), (-1.0, 0.0)), (at_s, count))
    assert {at_s: count for at_s, (_, count) in last.items()} == {0: 1.0, 1: 2.0, 2: 1.0, 3: 0.0}


def test_an_event_that_comes_twice_says_the_same_twice() -> None:
    reader = frigate()
    first = send(reader, "events", EVENTS[0])
    assert send(reader, "events", EVENTS[0]) == first


def test_statistics_say_the_counts_anew_while_the_camera_sees() -> None:
    reader = frigate()
    send(reader, "events", event("a", 0, ["shaft"]))
    assert counts(send(reader, "stats", stats(60))) == [(60, 1.0)]
    blind = send(reader, "stats", stats(120, fps=0.0))
    assert blind.samples == []
    assert [each.is_online for each in blind.statuses] == [False]


def test_soon_after_the_start_counts_are_reckoned_for_somebody_may_be_there_unheard_of() -> None:
    reader = frigate()
    early = send(reader, "stats", stats(0))
    late = send(reader, "stats", stats(SETTLED_AFTER_S))
    assert all(each.is_reckoned for each in early.samples)
    assert not any(each.is_reckoned for each in late.samples)


def test_who_was_not_told_of_for_long_is_gone_also_if_the_end_was_lost() -> None:
    reader = frigate()
    send(reader, "events", event("a", 0, ["shaft"]))
    assert counts(send(reader, "stats", stats(GONE_AFTER_S))) == [(GONE_AFTER_S, 1.0)]
    assert counts(send(reader, "stats", stats(GONE_AFTER_S + 1))) == [(GONE_AFTER_S + 1, 0.0)]


def test_an_event_too_old_to_be_counted_is_kept_with_the_reason() -> None:
    reader = frigate()
    send(reader, "stats", stats(KEPT_S + 1))
    heard = send(reader, "events", event("a", 0, ["shaft"]))
    assert "before the newest of the camera" in heard.faults[0].reason


def test_a_restart_of_frigate_forgets_who_was_there() -> None:
    reader = frigate()
    send(reader, "events", event("a", 0, ["shaft"]))
    send(reader, "available", "online")
    heard = send(reader, "stats", stats(10))
    assert counts(heard) == [(10, 0.0)]
    assert all(each.is_reckoned for each in heard.samples)


def test_an_unknown_camera_is_told_by_its_name() -> None:
    body = event("a", 0, ["shaft"])
    body["after"]["camera"] = "roof"  # type: ignore[index]
    (sample,) = send(frigate(), "events", body).samples
    assert sample.address == "roof"
    assert sample.taken_at == NOW + timedelta()
