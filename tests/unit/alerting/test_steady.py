"""A device on an unsteady line is called silent once, not every few minutes."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.judge import Judge
from alerting.model import AlertKind
from alerting.sentence import say
from alerting.steady import LONGEST, UNSTEADY, Steadiness
from tests.builders import at
from tests.unit.alerting.joints.yard import crane, judge_of, registry, run, stands


@pytest.fixture
def here(tmp_path: Path) -> Judge:
    found = judge_of(registry(tmp_path, crane("A", 0.0, 40.0)))  # at rest overdue after 60 s
    found.silence.start(at(0).timestamp(), grace_s=0.0)
    return found


def told(
    here: Judge, spoken: list[float], until: float, *, delays: dict[float, float] | None = None
) -> list[tuple[float, str]]:
    """Let a crane speak at these seconds, look every 10 s; give what people are told and when."""
    arriving = sorted((at_s + (delays or {}).get(at_s, 0.0), at_s) for at_s in spoken)
    found: list[tuple[float, str]] = []
    for now_s in range(0, int(until) + 1, 10):
        while arriving and arriving[0][0] <= now_s:
            arrived_s, taken_s = arriving.pop(0)
            entry = stands(taken_s, "A", 0.0, state=0.0, delay_s=arrived_s - taken_s)
            run(here, [entry], first_seq=int(arrived_s * 10) + 1)
        for change in here.tick(at(now_s), 10**6):
            if change.alert.kind is AlertKind.BLIND:
                found.append((now_s, change.transition.kind.value))
    return found


def every(seconds: float, since: float, until: float) -> list[float]:
    return [since + seconds * n for n in range(int((until - since) / seconds) + 1)]


def test_one_silence_is_over_with_the_first_reading(here: Judge) -> None:
    spoken = [*every(10, 0, 100), *every(10, 300, 1200)]
    assert told(here, spoken, 1200) == [(170, "raised"), (300, "cleared")]


def test_a_line_that_breaks_again_and_again_is_told_twice_and_over_when_it_has_held(
    here: Judge,
) -> None:
    broken = [at_s for n in range(20) for at_s in every(10, 200 * n, 200 * n + 100)]
    spoken = [*broken, *every(10, 4000, 6000)]
    assert told(here, spoken, 6000) == [
        (170, "raised"),
        (200, "cleared"),
        (370, "raised"),
        (5200, "cleared"),  # twenty minutes after its last break
    ]


def test_people_are_told_why_it_stands_while_readings_come(here: Judge) -> None:
    spoken = [*every(10, 0, 100), *every(10, 200, 300)]
    told(here, spoken, 365)
    (change,) = [each for each in here.tick(at(370), 10**6) if each.alert.said is not None]
    said = change.alert.said
    assert said is not None
    assert "its line is unsteady: over once it has spoken for 20 min" in say(said)
    assert "线路不稳，须连续上报20分钟后方可解除" in say(said, "zh")


def test_on_a_line_out_of_order_one_silence_is_over_after_twenty_minutes(here: Judge) -> None:
    spoken = [*every(10, 0, 100), *every(10, 300, 2000)]
    late = {at_s: 25.0 for at_s in spoken if at_s % 50 == 0}
    assert told(here, spoken, 2000, delays=late) == [(190, "raised"), (1510, "cleared")]


def test_it_must_speak_twice_as_long_each_time_and_an_hour_at_most() -> None:
    line, now = Steadiness(), at(0)
    holds: list[timedelta] = []
    for _ in range(6):
        line.fall_silent(now, is_disordered=False)
        holds.append(line.hold)
        while not line.has_spoken(now, is_disordered=False):
            now += timedelta(minutes=1)
        now += timedelta(minutes=2)
    assert [hold / timedelta(minutes=1) for hold in holds] == [0, 20, 40, 60, 60, 60]


def test_a_clock_set_back_begins_the_hold_anew_and_does_not_stretch_it() -> None:
    line = Steadiness(hold=UNSTEADY)
    assert not line.has_spoken(at(86_400), is_disordered=False)
    assert not line.has_spoken(at(0), is_disordered=False)
    assert line.has_spoken(at(1200), is_disordered=False)


@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["silent", "speaks"]), st.integers(1, 1800), st.booleans()),
        max_size=60,
    )
)
def test_it_is_over_when_it_has_spoken_for_the_hold_and_not_before(
    steps: list[tuple[str, int, bool]],
) -> None:
    line, now, stands_now, since = Steadiness(), at(0), False, None
    for what, seconds, is_disordered in steps:
        now += timedelta(seconds=seconds)
        if what == "silent":
            since = None
            if stands_now:
                line.stay_silent()
            else:
                line.fall_silent(now, is_disordered=is_disordered)
            stands_now = True
        elif stands_now:
            since = since or now
            is_over = line.has_spoken(now, is_disordered=is_disordered)
            assert is_over == (now - since >= line.hold)
            assert line.hold <= LONGEST
            assert not is_disordered or line.hold >= UNSTEADY
            stands_now = not is_over
