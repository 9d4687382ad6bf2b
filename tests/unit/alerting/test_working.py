"""Silence counts sooner while a crane lifts (0.2): overdue after 5 s, gone after 10 s."""

from pathlib import Path

import pytest

from alerting.judge import Judge
from sensors.model import Report
from tests.builders import at
from tests.unit.alerting.joints.yard import crane, judge_of, registry, run, stands


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    found = judge_of(registry(tmp_path, crane("A", 0.0, 40.0)))
    found.silence.start(at(0).timestamp(), grace_s=0.0)
    return found


def blind(judge: Judge, seconds: float) -> str | None:
    changes = judge.tick(at(seconds), 99)
    return changes[-1].alert.severity.word if changes else None


CASES = {
    "lifting, 5 s": (1.0, 105.0, None),
    "lifting, 6 s": (1.0, 106.0, "minor"),
    "lifting, 11 s": (1.0, 111.0, "moderate"),
    "idle, 59 s": (0.0, 159.0, None),
    "idle, 61 s": (0.0, 161.0, "minor"),
}


@pytest.mark.parametrize("case", CASES)
def test_silence(judge: Judge, case: str) -> None:
    state, seconds, severity = CASES[case]
    run(judge, [stands(0, "A", 0.0, state=0.0), stands(100, "A", 0.0, state=state)])
    assert blind(judge, 100.5) is None
    assert blind(judge, seconds) == severity


def test_after_the_lift_the_patience_is_that_of_rest_again(judge: Judge) -> None:
    entries = [stands(float(n), "A", 0.0, state=float(n % 2)) for n in range(100)]
    run(judge, [*entries, stands(100, "A", 0.0, state=0.0)])
    assert blind(judge, 158.0) is None
    assert blind(judge, 161.0) == "minor"


def test_an_older_report_does_not_tell_what_the_crane_does_now(judge: Judge) -> None:
    run(judge, [stands(100, "A", 0.0, state=0.0), stands(90, "A", 0.0, state=1.0)])
    assert blind(judge, 120.0) is None


def late(taken_s: float, arrived_s: float, state: float = 1.0) -> Report:
    return stands(taken_s, "A", 0.0, state=state, delay_s=arrived_s - taken_s)


def test_readings_that_overtake_one_another_are_waited_for(judge: Judge) -> None:
    run(judge, [late(80, 100), late(70, 101), late(60, 102), late(85, 103)])
    assert blind(judge, 107.0) is None, "22 s old, but the line speaks"
    run(judge, [late(75, 110)], first_seq=20)
    assert blind(judge, 114.0) is None, "the next may be overtaken by 10 s as well"


def test_a_crane_that_falls_silent_on_such_a_line_is_told_within_its_lateness(judge: Judge) -> None:
    run(judge, [late(80, 100), late(30, 101)])
    assert blind(judge, 139.0) is None
    assert blind(judge, 149.0) == "minor"
    assert blind(judge, 155.0) == "moderate"


def test_an_old_stretch_sent_again_does_not_hide_that_the_present_is_unseen(judge: Judge) -> None:
    run(judge, [late(100, 100.2), *(late(n, 100.5 + n) for n in range(90))])
    assert blind(judge, 161.0) is None
    assert blind(judge, 171.0) == "moderate"


def test_on_a_line_in_order_a_late_reading_counts_when_it_was_taken(judge: Judge) -> None:
    run(judge, [late(80, 100), late(90, 101)])
    assert blind(judge, 101.5) == "moderate"


def test_a_crane_that_lifts_is_missed_as_soon_after_a_restart(judge: Judge, tmp_path: Path) -> None:
    run(judge, [stands(0, "A", 0.0, state=0.0), stands(100, "A", 0.0, state=1.0)])
    after = judge_of(registry(tmp_path, crane("A", 0.0, 40.0)))
    after.silence.start(at(0).timestamp(), grace_s=0.0)
    for key in judge.points:
        assert after.points.load(key, 2, judge.points.dump(key)) is None
    after.take_surroundings()
    assert blind(after, 105.0) is None
    assert blind(after, 106.0) == "minor"
