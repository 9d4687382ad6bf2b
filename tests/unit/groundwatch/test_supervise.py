"""What is told about the program's own parts: as a table of states and alerts."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from alerting.model import Severity
from groundwatch.clock_watch import ClockWatch
from groundwatch.supervise import Away, Counted, Lately, Problem, Seen, Standing, problems
from ingest.mqtt import SourceStatus
from storage.ship import ShipStatus

NOW = datetime(2026, 6, 1, tzinfo=UTC)
OVER, UNKNOWN = Standing.OVER, Standing.UNKNOWN


def source(*, connected: bool = True) -> SourceStatus:
    return SourceStatus(
        connected=connected, since=NOW, reason="the broker closed the connection", n_reconnects=0
    )


def ship(
    *, error: str = "", needs_a_person: bool = False, last_ok_at: datetime | None = NOW
) -> ShipStatus:
    return ShipStatus(
        behind_blocks=3,
        behind_reports=42,
        last_ok_at=last_ok_at,
        last_error=error,
        is_writing=not error,
        needs_a_person=needs_a_person,
        n_shipped=0,
        n_refused=0,
    )


AWAY = ship(error="connection refused")
NEVER_SEEN = ship(error="connection refused", last_ok_at=None)
REFUSED = ship(error="wrong password", needs_a_person=True, last_ok_at=None)


BROKER_LOST = source(connected=False)
LOST_A_THING = Counted(1)
WATCHED = Counted(is_whole=True)
LOOK = Seen(source=source(), broker_away_s=0, ship=ship(), store_away_s=0, has_stored=True)


@pytest.mark.parametrize(
    ("changed", "name", "told"),
    [
        pytest.param({}, "broker", OVER, id="a broker that is here"),
        pytest.param(
            {"refused": LOST_A_THING}, "refused", "severe", id="a step that the journal refuses"
        ),
        pytest.param({"refused": WATCHED}, "refused", OVER, id="no step refused for an hour"),
        pytest.param(
            {"source": BROKER_LOST, "broker_away_s": 9}, "broker", UNKNOWN, id="away for a moment"
        ),
        pytest.param(
            {"source": BROKER_LOST, "broker_away_s": 10}, "broker", "severe", id="away for long"
        ),
        pytest.param({}, "log", UNKNOWN, id="a log that took nothing since the start"),
        pytest.param({"n_owned": 1}, "log", OVER, id="a log that takes readings"),
        pytest.param({"n_owned": 1, "log_full": "full"}, "log", "extreme", id="a full log"),
        pytest.param({}, "store", OVER, id="a database that took something"),
        pytest.param({"has_stored": False}, "store", UNKNOWN, id="a database never written to"),
        pytest.param({"ship": AWAY, "store_away_s": 59}, "store", UNKNOWN, id="away for a minute"),
        pytest.param({"ship": AWAY, "store_away_s": 60}, "store", "minor", id="away for more"),
        pytest.param({"ship": NEVER_SEEN, "store_away_s": 14}, "store", UNKNOWN, id="starts up"),
        pytest.param({"ship": NEVER_SEEN, "store_away_s": 15}, "store", "minor", id="not reached"),
        pytest.param({"ship": REFUSED}, "store", "moderate", id="a wrong password at once"),
        pytest.param({}, "journal", OVER, id="nothing waits for the journal"),
        pytest.param(
            {"n_unrecorded": 3, "unrecorded_s": 9}, "journal", UNKNOWN, id="journal away a moment"
        ),
        pytest.param(
            {"n_unrecorded": 3, "unrecorded_s": 10}, "journal", "severe", id="journal away"
        ),
        pytest.param({}, "notices", UNKNOWN, id="no notice lost, and not watched for long"),
        pytest.param({"given_up": WATCHED}, "notices", OVER, id="no notice lost for long"),
        pytest.param({"given_up": LOST_A_THING}, "notices", "severe", id="a notice lost"),
        pytest.param({}, "quarantine", UNKNOWN, id="quarantine not watched for long"),
        pytest.param({"dropped_unseen": WATCHED}, "quarantine", OVER, id="quarantine keeps all"),
        pytest.param({"dropped_unseen": LOST_A_THING}, "quarantine", "minor", id="it runs over"),
        pytest.param({}, "unwritten", UNKNOWN, id="changes not watched for long"),
        pytest.param({"unwritten": WATCHED}, "unwritten", OVER, id="all changes written"),
        pytest.param({"unwritten": LOST_A_THING}, "unwritten", "minor", id="a change left out"),
        pytest.param({}, "misdated", UNKNOWN, id="no reading at all"),
        pytest.param({"taken": Counted(9)}, "misdated", OVER, id="readings of today"),
        pytest.param({"ahead": Counted(4)}, "misdated", UNKNOWN, id="some from the future"),
        pytest.param({"ahead": Counted(5)}, "misdated", "severe", id="only from the future"),
        pytest.param(
            {"ahead": Counted(9), "taken": Counted(10)}, "misdated", OVER, id="one broken device"
        ),
        pytest.param(
            {"ahead": Counted(10), "taken": Counted(9)}, "misdated", "severe", id="most devices"
        ),
    ],
)
def test_what_is_told(changed: dict[str, Any], name: str, told: Standing | str) -> None:
    verdict = problems(replace(LOOK, **changed))[name]
    assert (verdict.severity.word if isinstance(verdict, Problem) else verdict) == told


def test_the_texts_say_why_and_how_much_waits() -> None:
    found = problems(
        replace(
            LOOK,
            source=BROKER_LOST,
            broker_away_s=11,
            log_full="the log is at its cap",
            ship=AWAY,
            store_away_s=61,
            n_unrecorded=1,
            unrecorded_s=11,
            given_up=Counted(2),
            dropped_unseen=Counted(1),
        )
    )
    texts = {name: v.text for name, v in found.items() if isinstance(v, Problem)}
    assert "the broker closed the connection" in texts["broker"]
    assert "the log is at its cap" in texts["log"]
    assert "connection refused" in texts["store"]
    assert "42 reports wait" in texts["store"]
    assert "1 step not recorded" in texts["journal"]
    assert "2 notices reached nobody" in texts["notices"]
    assert "1 entry left it unread" in texts["quarantine"]


def test_what_is_lately_is_counted_from_the_first_look_and_forgotten() -> None:
    lately = Lately(60)
    looks = [(7, 100.0), (9, 110.0), (9, 159.0), (10, 160.0), (10, 170.0), (10, 220.0)]
    assert [lately.look(total, now_s) for total, now_s in looks] == [
        Counted(0),
        Counted(2),
        Counted(2),
        Counted(3, is_whole=True),
        Counted(1, is_whole=True),
        Counted(0, is_whole=True),
    ]


def clock_watch(*steps: tuple[float, float]) -> ClockWatch:
    """Let it look at pairs of seconds: the wall clock's and the monotonic one's."""
    watch = ClockWatch()
    for wall_s, monotonic_s in steps:
        watch.look(wall_s, monotonic_s)
    return watch


@pytest.mark.parametrize("jump_s", [7200.0, -7200.0, 31.0, -31.0])
def test_a_clock_that_is_set_is_told_once_and_by_how_much(jump_s: float) -> None:
    watch = clock_watch((5e8, 10.0), (5e8 + 1, 11.0))
    assert watch.verdict(11.0) is UNKNOWN
    assert watch.look(5e8 + 2 + jump_s, 12.0)
    assert not watch.look(5e8 + 3 + jump_s, 13.0)
    verdict = watch.verdict(13.0)
    assert isinstance(verdict, Problem)
    assert verdict.severity is Severity.SEVERE
    assert f"jumped by {jump_s:+.0f} s" in verdict.text


def test_a_clock_that_is_slewed_or_looked_at_late_has_not_jumped() -> None:
    watch = clock_watch((5e8, 10.0))
    assert not watch.look(5e8 + 29, 11.0)
    assert not watch.look(5e8 + 3629, 3611.0)


def test_a_clock_is_believed_again_when_devices_agree_with_it() -> None:
    watch = clock_watch((5e8, 10.0), (5e8 + 7201, 11.0))
    watch.note_reading(1.0, 12.0)  # it was received before the jump
    watch.note_reading(7201.0, 30.0)
    assert isinstance(watch.verdict(31.0), Problem)
    watch.note_reading(-299.0, 32.0)
    assert watch.verdict(33.0) is OVER


def test_a_clock_is_believed_again_when_it_ran_steadily_for_ten_minutes() -> None:
    watch = clock_watch((5e8, 10.0), (5e8 + 7201, 11.0))
    assert isinstance(watch.verdict(610.0), Problem)
    assert watch.verdict(611.0) is OVER


def test_time_away_is_counted_from_the_first_look_and_starts_again() -> None:
    away = Away()
    looks = [(False, 1.0), (True, 5.0), (True, 8.5), (False, 9.0), (True, 20.0), (True, 21.0)]
    assert [away.look(is_away=is_away, now_s=now_s) for is_away, now_s in looks] == [
        *(0.0, 0.0, 3.5, 0.0, 0.0, 1.0)
    ]


def test_a_sensor_whose_judging_stopped_is_told_by_name_and_why() -> None:
    verdict = problems(replace(LOOK, unjudged={"a/b/load_t": "ZeroDivisionError: x"}))["judging"]
    assert isinstance(verdict, Problem)
    assert verdict.severity is Severity.SEVERE
    assert "1 sensor not judged" in verdict.text
    assert "ZeroDivisionError: x): a/b/load_t" in verdict.text


def test_senders_that_nobody_listed_are_named_and_counted() -> None:
    reasons = [f"site 'a' has no device 'TC-{n}'; did you mean 'TC'?" for n in range(5)]
    verdict = problems(replace(LOOK, unlisted=reasons, heard_unlisted=Counted(9)))["unlisted"]
    assert isinstance(verdict, Problem)
    assert verdict.severity is Severity.MINOR
    assert "'TC-0'; site 'a' has no device 'TC-1'" in verdict.text
    assert "; and 2 more. They are not judged; `groundwatch quarantine` lists" in verdict.text
    assert "did you mean" not in verdict.text, "that is for the list"
    assert problems(LOOK)["unlisted"] is UNKNOWN
    assert problems(replace(LOOK, unlisted=reasons, heard_unlisted=WATCHED))["unlisted"] is OVER
