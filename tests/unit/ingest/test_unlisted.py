"""Who and what no site file lists is remembered once each, and counted."""

import logging

import pytest

from ingest.intake import Intake
from ingest.source import RawMessage
from ingest.unlisted import MAX_REMEMBERED, Unlisted
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


def test_how_many_are_remembered_is_bounded() -> None:
    heard = Unlisted()
    for n in range(MAX_REMEMBERED + 3):
        heard.hear(f"the site 's-{n}' is not in the site files")
    assert len(heard.reasons) == MAX_REMEMBERED
    assert (heard.n_messages, heard.n_forgotten) == (MAX_REMEMBERED + 3, 3)
