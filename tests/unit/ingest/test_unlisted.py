"""Who and what no site file lists is remembered once each, and counted."""

import logging

import pytest

from ingest.intake import Intake
from ingest.source import RawMessage
from ingest.unlisted import MAX_OF_SENDER, MAX_REMEMBERED, Unlisted
from tests.unit.ingest.messages import RECEIVED_AT, message, sample


def test_an_unknown_device_is_told_once_and_every_message_counted(
    intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        intake.decode([message(sample(wind_ms=n), device="TC-9") for n in range(3)])
    assert intake.unlisted.n_messages == 3
    [reason] = intake.unlisted.reasons
    assert "has no device 'TC-9'" in reason
    [line] = [each.getMessage() for each in caplog.records]
    assert line.startswith(reason)
    assert "is not judged" in line


def test_an_unknown_sensor_of_a_known_device_is_one_and_an_unknown_site_another(
    intake: Intake,
) -> None:
    intake.decode([message(sample(wind_ms=3, load_kg=7)), message(sample(wind_ms=4, load_kg=8))])
    intake.decode([message(sample(wind_ms=3), site="nowhere")])
    newest, first = intake.unlisted.reasons
    assert "the site 'nowhere' is not in the site files" in newest
    assert "no sensor for 'load_kg'" in first
    assert intake.unlisted.n_messages == 3


def test_what_is_wrong_otherwise_is_no_unlisted_sender(intake: Intake) -> None:
    known = message(sample(wind_ms=3))
    retained = known.topic.replace("TC-1", "TC-9").replace("telemetry", "status")
    intake.decode(
        [
            RawMessage(known.topic, b"[broken", RECEIVED_AT),
            RawMessage(retained, b'{"online": false}', RECEIVED_AT),
        ]
    )
    intake.decode([message(sample(wind_ms=3), device="TC-9")], is_replay=True)
    assert intake.unlisted.reasons == []
    assert intake.unlisted.n_messages == 0


def test_how_many_are_remembered_is_bounded_and_the_newest_is_among_them(
    intake: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    n_heard = MAX_REMEMBERED + 300
    with caplog.at_level(logging.WARNING):
        intake.decode([message(sample(wind_ms=3), site=f"s-{n}") for n in range(n_heard)])
    heard = intake.unlisted
    assert len(heard.reasons) == MAX_REMEMBERED
    assert "'s-1299'" in heard.reasons[0]
    assert heard.newest == heard.reasons[0]
    assert (heard.n_messages, heard.n_senders, heard.n_forgotten) == (n_heard, n_heard, 300)
    assert len(caplog.records) == MAX_REMEMBERED + 9  # the 1st, 2nd, 4th, … that found no room


def test_one_sender_does_not_hide_another(intake: Intake, caplog: pytest.LogCaptureFixture) -> None:
    many = [
        message({**sample(), "readings": {f"q{n}_kg": 1, "wind_ms": n}})
        for n in range(MAX_REMEMBERED + 50)
    ]
    with caplog.at_level(logging.WARNING):
        intake.decode(many)
        assert len(intake.unlisted.reasons) == MAX_OF_SENDER
        intake.decode([message(sample(wind_ms=3), device="TC-9")])
    assert "has no device 'TC-9'" in intake.unlisted.reasons[0]
    assert "has no device 'TC-9'" in caplog.records[-1].getMessage()
    assert len(caplog.records) == MAX_OF_SENDER + 1
    assert intake.unlisted.n_senders == 2
    assert intake.unlisted.n_forgotten == len(many) - MAX_OF_SENDER


def test_without_room_the_oldest_of_whoever_has_the_most_is_forgotten() -> None:
    heard = Unlisted()
    for n in range(MAX_OF_SENDER):
        heard.hear("a/GW", f"device 'a/GW' has no point 'P{n}'")
    for n in range(MAX_REMEMBERED - MAX_OF_SENDER + 1):
        heard.hear(f"s-{n}", f"the site 's-{n}' is not in the site files")
    assert len(heard.reasons) == MAX_REMEMBERED
    assert "device 'a/GW' has no point 'P0'" not in heard.reasons
    assert "device 'a/GW' has no point 'P1'" in heard.reasons
    assert "the site 's-0' is not in the site files" in heard.reasons
