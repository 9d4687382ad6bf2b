"""Replaying the quarantine of a real log after a site file was mended."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from ingest.intake import Intake
from ingest.quarantine import ReplayReport, replay
from ingest.source import Decoded, RawMessage
from storage.log import Log
from tests import builders
from tests.unit.ingest.messages import RECEIVED_AT, TAKEN_AT, message, sample

LATER = RECEIVED_AT + timedelta(days=1)


@pytest.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Log]:
    log = Log(tmp_path / "log.db")
    await log.open()
    yield log
    await log.close()


async def own(log: Log, intake: Intake, *messages: RawMessage) -> None:
    decoded = intake.decode(messages)
    await log.own(decoded)
    intake.remember(decoded.reports)


async def values(log: Log) -> list[dict[str, float]]:
    return [report.values for block in await log.blocks(0, 1000) for report in block.reports]


def mended() -> Intake:
    """The same site after somebody added the crane that was missing."""
    return Intake(
        builders.registry(
            builders.sensor("wind_ms", "crane", device="TC-1"),
            builders.sensor("wind_ms", "crane", device="TC-2"),
        )
    )


async def test_what_is_good_after_mending_is_owned_with_its_first_arrival(
    shelf: Log, intake: Intake
) -> None:
    await own(shelf, intake, message(sample(wind_ms=7), device="TC-2"))
    assert await values(shelf) == []
    report = await replay(shelf, mended(), shelf, at=LATER)
    assert report == ReplayReport(n_seen=1, n_reports=1, n_replayed=1)
    (block,) = await shelf.blocks(0, 10)
    assert block.reports[0].device == "TC-2"
    assert block.reports[0].received_at == RECEIVED_AT
    assert await shelf.quarantined() == []
    (done,) = await shelf.quarantined(with_replayed=True)
    assert done.replayed_at == LATER


async def test_what_is_still_wrong_stays_and_a_second_replay_changes_nothing(
    shelf: Log, intake: Intake
) -> None:
    await own(shelf, intake, RawMessage("gw/1/site/TC-1/telemetry", b"{", RECEIVED_AT))
    before = await shelf.quarantined()
    for _ in range(2):
        report = await replay(shelf, mended(), shelf, at=LATER)
        assert report == ReplayReport(n_seen=1, n_left=1)
    assert await shelf.quarantined() == before


async def test_what_is_wrong_in_a_new_way_stays_under_its_new_reason(
    shelf: Log, intake: Intake
) -> None:
    await own(shelf, intake, message(sample(wind_mps=7), device="TC-2"))
    report = await replay(shelf, mended(), shelf, at=LATER)
    assert (report.n_renewed, report.n_reports) == (1, 0)
    (entry,) = await shelf.quarantined()
    assert "no sensor for 'wind_mps'" in entry.reason
    assert entry.received_at == RECEIVED_AT


async def test_a_part_that_is_good_now_is_owned_and_the_rest_stays(
    shelf: Log, intake: Intake
) -> None:
    sent = message(sample(wind_ms=7), sample(TAKEN_AT, colour=7), device="TC-2")
    await own(shelf, intake, sent)
    report = await replay(shelf, mended(), shelf, at=LATER)
    assert (report.n_renewed, report.n_reports) == (1, 1)
    assert await values(shelf) == [{"wind_ms": 7.0}]
    (entry,) = await shelf.quarantined()
    assert "colour" in entry.reason


async def test_good_parts_that_were_owned_before_are_not_owned_twice(
    shelf: Log, intake: Intake
) -> None:
    sent = message(sample(wind_ms=7, strange=1))
    await own(shelf, intake, sent)
    fixed = mended()
    for block in await shelf.blocks(0, 10):
        fixed.remember(block.reports)
    await replay(shelf, fixed, shelf, at=LATER)
    assert await values(shelf) == [{"wind_ms": 7.0}]


async def test_a_message_that_was_quarantined_twice_is_owned_once(
    shelf: Log, intake: Intake
) -> None:
    for _ in range(2):
        await own(shelf, intake, message(sample(wind_ms=7), device="TC-2"))
    report = await replay(shelf, mended(), shelf, at=LATER)
    assert (report.n_replayed, report.n_reports) == (2, 1)
    assert await values(shelf) == [{"wind_ms": 7.0}]


async def test_more_than_a_page_is_replayed_and_the_limit_holds(shelf: Log, intake: Intake) -> None:
    sent = [
        message(sample(TAKEN_AT - timedelta(seconds=n), wind_ms=n % 40), device="TC-2")
        for n in range(450)
    ]
    await own(shelf, intake, *sent)
    fixed = mended()
    first = await replay(shelf, fixed, shelf, at=LATER, limit=210)
    assert (first.n_seen, first.n_replayed) == (210, 210)
    rest = await replay(shelf, fixed, shelf, at=LATER)
    assert (rest.n_seen, rest.n_replayed) == (240, 240)
    assert len(await values(shelf)) == 450


async def test_an_empty_quarantine_is_replayed_at_once(shelf: Log, intake: Intake) -> None:
    assert await replay(shelf, intake, shelf, at=LATER) == ReplayReport()
    assert await shelf.own(Decoded([], [])) == 0
