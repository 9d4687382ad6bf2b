"""ChirpStack over time: one frame over two gateways, and counters that begin anew."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ingest.codecs.chirpstack import REPEATED_WITHIN, Chirpstack
from ingest.codecs.heard import Heard, Incoming

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
EUI = "70b3d57ed0000017"


def up(counter: int, after: timedelta = timedelta(), **more: object) -> dict[str, object]:
    return {
        "time": (NOW + after).isoformat(),
        "deviceInfo": {"devEui": EUI},
        "devAddr": "00189440",
        "fCnt": counter,
        "object": {"level": 2.5},
        **more,
    }


def send(reader: Chirpstack, body: object, event: str = "up") -> Heard:
    levels = f"application/a/device/{EUI}/event/{event}".split("/")
    return reader.read(Incoming(levels, json.dumps(body).encode(), NOW))


def at(heard: Heard) -> timedelta:
    return heard.samples[0].taken_at - NOW


def test_a_frame_that_comes_again_over_another_gateway_is_the_same_reading() -> None:
    reader = Chirpstack([EUI])
    assert at(send(reader, up(7))) == timedelta()
    assert at(send(reader, up(7, timedelta(seconds=3)))) == timedelta()


@pytest.mark.parametrize(
    "again",
    [
        up(7, REPEATED_WITHIN + timedelta(seconds=1)),
        up(7, timedelta(seconds=30), devAddr="00000001"),
        up(0, timedelta(seconds=30)),
    ],
    ids=["counter began anew", "new session", "next counter"],
)
def test_a_counter_that_began_anew_is_another_reading(again: dict[str, object]) -> None:
    reader = Chirpstack([EUI])
    send(reader, up(7))
    assert at(send(reader, again)) > timedelta()


def test_a_join_begins_the_counter_anew() -> None:
    reader = Chirpstack([EUI])
    send(reader, up(7))
    send(reader, {"time": NOW.isoformat(), "deviceInfo": {"devEui": EUI}}, "join")
    assert at(send(reader, up(7, timedelta(seconds=30)))) == timedelta(seconds=30)


WRONG = [
    (up(1, object=[]), "`object` is missing"),
    (up(1, time="2026-07-01 12:00"), "`time` is '2026-07-01 12:00'; RFC 3339"),
    (up(1, time=7), "`time` is 7"),
    (up(-1), "`fCnt` is -1"),
    ([], "the message is no JSON object"),
]


@pytest.mark.parametrize(("body", "words"), WRONG, ids=lambda each: str(each)[:30])
def test_what_is_wrong_is_said(body: object, words: str) -> None:
    assert words in send(Chirpstack([EUI]), body).faults[0].reason


def test_an_unknown_event_names_those_there_are() -> None:
    assert "did you mean 'status'" in send(Chirpstack([EUI]), {}, "statu").faults[0].reason
