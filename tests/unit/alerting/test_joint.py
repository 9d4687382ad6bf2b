"""Virtual sensors: a value of several sensors is a function of the set of their readings."""

import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import inf

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerting.book import Change
from alerting.history import Flag
from alerting.joint import Input, Joint, Seen
from alerting.judge import Judge
from alerting.model import AlertState
from sensors.model import Qc, Report, SensorKey
from sensors.qc.checks import Checks, Spike, Total
from tests.builders import at, judge, report, sensor

LATENESS_S = 1800.0
MAX_AGE_S = 900.0
UPPER = sensor("stage_m", device="D-01")
LOWER = sensor("stage_m", device="D-02")
HEAD = replace(sensor("ponding_depth_m", device="D-01", point="head"), derived="D-01 less D-02")


def head(time_s: float, seen: Sequence[Seen | None]) -> float | None:
    """The upper gauge over the lower one; unknown unless both have spoken."""
    del time_s
    upper, lower = seen
    if upper is None or lower is None:
        return None
    return max(0.0, round(upper.value - lower.value, 6))


def difference(*, is_lower_trigger: bool = True) -> Joint:
    inputs = (
        Input(key=UPPER.key, max_age_s=MAX_AGE_S),
        Input(key=LOWER.key, max_age_s=MAX_AGE_S, is_trigger=is_lower_trigger),
    )
    return Joint(output=HEAD, inputs=inputs, compute=head)


def judged(*, is_lower_trigger: bool = True) -> Judge:
    return judge(UPPER, LOWER, joints=[difference(is_lower_trigger=is_lower_trigger)])


def upper(seconds: float, value: float, **more: float) -> Report:
    return report(seconds, {"stage_m": value}, device="D-01", delay_s=more.get("delay_s", 1.0))


def lower(seconds: float, value: float, **more: float) -> Report:
    return report(seconds, {"stage_m": value}, device="D-02", delay_s=more.get("delay_s", 1.0))


def run(judge_: Judge, reports: Sequence[Report], first_seq: int = 1) -> list[Change]:
    changes: list[Change] = []
    for seq, entry in enumerate(reports, first_seq):
        changes += judge_.take([entry], seq, entry.received_at)
    return changes


def outputs(judge_: Judge) -> list[tuple[float, float]]:
    watch = judge_.find(HEAD.key)
    assert watch is not None
    start_s = at(0).timestamp()
    times = [time_s - start_s for time_s in watch.history.times]
    return list(zip(times, watch.history.values, strict=True))


def firing(changes: list[Change]) -> list[Change]:
    last = {change.alert.id: change for change in changes}
    return [change for change in last.values() if change.alert.state is AlertState.FIRING]


def test_the_output_follows_every_reading_of_either_input() -> None:
    here = judged()
    run(here, [upper(0, 2.0), lower(10, 1.0), upper(60, 2.5), lower(70, 2.4)])
    assert outputs(here) == [(10, 1.0), (60, 1.5), (70, 0.1)]


def test_only_triggers_give_instants() -> None:
    here = judged(is_lower_trigger=False)
    run(here, [lower(10, 1.0), upper(60, 2.5), lower(70, 2.4), upper(120, 2.5)])
    assert outputs(here) == [(60, 1.5), (120, 0.1)]


def test_a_reading_that_comes_between_changes_what_was_computed_behind_it() -> None:
    here = judged()
    run(here, [lower(0, 1.0), upper(60, 2.0), upper(120, 2.0), lower(180, 1.5), upper(240, 2.0)])
    run(here, [lower(90, 1.9, delay_s=300)], first_seq=10)
    assert outputs(here) == [(60, 1.0), (90, 0.1), (120, 0.1), (180, 0.5), (240, 0.5)]


def test_an_input_silent_for_too_long_makes_the_output_unknown() -> None:
    here = judged()
    run(here, [lower(0, 1.0), upper(MAX_AGE_S, 2.0), upper(MAX_AGE_S + 1, 2.0)])
    assert outputs(here) == [(MAX_AGE_S, 1.0)]


def test_a_value_that_does_not_hold_any_more_is_taken_back() -> None:
    def while_low(time_s: float, seen: Sequence[Seen | None]) -> float | None:
        value = head(time_s, seen)
        lower_seen = seen[1]
        return value if lower_seen is not None and lower_seen.value < 2.0 else None

    here = judge(UPPER, LOWER, joints=[replace(difference(), compute=while_low)])
    changes = run(here, [lower(0, 1.0), upper(60, 2.0), upper(120, 2.0)])
    assert len(firing(changes)) == 1
    changes += run(here, [lower(30, 2.0, delay_s=120)], first_seq=10)
    assert outputs(here) == []
    assert firing(changes) == []
    assert changes[-1].alert.state is AlertState.WITHDRAWN


def test_rules_judge_the_output_like_any_sensor_and_name_it() -> None:
    changes = run(judged(), [lower(0, 1.0), upper(60, 1.5), upper(120, 1.5)])
    (standing,) = firing(changes)
    assert standing.alert.sensor == SensorKey("site", "D-01", "head", "ponding_depth_m")
    assert standing.alert.value == 0.5


def test_a_doubtful_input_makes_a_doubtful_output_which_may_raise_but_never_clear() -> None:
    here = judged()
    doubtful = report(60, {"stage_m": 1.5}, device="D-01", qc={"stage_m": int(Qc.SUSPECT)})
    run(here, [lower(0, 1.0), doubtful])
    watch = here.find(HEAD.key)
    assert watch is not None
    assert not watch.history.flags[0] & Flag.CAN_CLEAR
    assert watch.history.flags[0] & Flag.SUSPECT


def test_what_changes_in_the_settled_past_may_raise_and_never_clears() -> None:
    here = judged()
    calm = [e for n in range(12) for e in (lower(300.0 * n, 1.0), upper(300.0 * n + 10, 1.05))]
    assert firing(run(here, calm)) == []
    late = [lower(302, 0.0, delay_s=4000), lower(305, 0.0, delay_s=4000)]
    changes = run(here, late, first_seq=100)
    (standing,) = firing(changes)
    assert standing.transition.late_by_s is not None
    assert (310, 0.05) in outputs(here)


def test_an_input_that_dies_on_a_jump_does_not_keep_the_past_open_for_ever() -> None:
    spiky = Checks(spike=Spike(step=0.3, within=2, flag=Qc.FAIL, source="a test"))
    joint = difference()
    lasting = tuple(replace(entry, max_age_s=inf) for entry in joint.inputs)
    here = judge(UPPER, replace(LOWER, checks=spiky), joints=[replace(joint, inputs=lasting)])
    run(here, [lower(0, 0.1), lower(300, 0.1), lower(600, 0.5)])
    run(here, [upper(300.0 * n, 0.6) for n in range(3, 200)], first_seq=10)
    watch = here.find(HEAD.key)
    assert watch is not None
    assert watch.settle()[1] > len(watch.history) - LATENESS_S / 300 - 2


def test_a_joint_without_a_trigger_is_refused() -> None:
    with pytest.raises(ValueError, match="no input is a trigger"):
        Joint(
            output=HEAD,
            inputs=(Input(key=UPPER.key, max_age_s=1, is_trigger=False),),
            compute=head,
        )


def test_a_joint_of_a_sensor_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="not in the registry"):
        judge(UPPER, joints=[difference()])


def test_the_silence_of_an_output_is_no_blindness_unless_it_is_to_be_watched() -> None:
    for is_watched in (False, True):
        here = judge(UPPER, LOWER, joints=[replace(difference(), is_watched=is_watched)])
        here.silence.start(at(0).timestamp())
        names = {str(s.key) for s in here.silence.sensors(("site", "D-01"))}
        assert ("site/D-01/head/ponding_depth_m" in names) is is_watched


steps = st.lists(
    st.tuples(st.booleans(), st.integers(0, 20).map(lambda tenth: tenth / 10)),
    min_size=4,
    max_size=50,
)


def _shuffled(entries: list[Report], seed: int) -> list[Report]:
    chance = random.Random(seed)
    delays = {id(entry): chance.uniform(0, LATENESS_S - 1) for entry in entries}
    doubled = entries + [entry for entry in entries if chance.random() < 0.1]
    doubled.sort(key=lambda entry: entry.taken_at.timestamp() + delays[id(entry)])
    return [
        Report(
            *(entry.site, entry.device, entry.kind, entry.point, entry.taken_at),
            entry.taken_at + timedelta(seconds=delays[id(entry)]),
            entry.values,
            entry.qc,
        )
        for entry in doubled
    ]


# What shows that a reading was a spike comes last, when time alone would have settled it.
LATE_SPIKE = [
    *[(False, value) for value in (2.0, 2.0, 1.7, 1.1, 1.4, 1.2)],
    *[(True, 1.7), (False, 1.5)],
    *[(True, value) for value in (0.5, 1.2, 1.0, 1.7)],
    *[(False, 1.2), (True, 0.5), (True, 2.0), (True, 0.8), (False, 1.1), (False, 1.3), (True, 0.0)],
]

# Its neighbours behind it come first, so its verdict looks final before the one between comes.
DECIDED_EARLY = [
    *[(False, value) for value in (1.1, 2.0, 1.7, 1.1, 1.4, 1.2)],
    *[(True, 1.7), (False, 1.5)],
    *[(True, value) for value in (0.0, 1.2, 0.0, 1.7)],
    *[(False, 0.0), (False, 0.0), (True, 0.0), *[(False, 0.0)] * 4],
]


@settings(max_examples=150, deadline=None)
@given(steps, st.integers(0, 2**32 - 1), st.booleans())
@example(LATE_SPIKE, 818777505, True)
@example(DECIDED_EARLY, 818777505, True)
def test_any_order_of_arrival_gives_the_same_outputs_and_the_same_final_history(
    drawn: list[tuple[bool, float]], seed: int, is_lower_trigger: bool
) -> None:
    entries = [
        (upper if is_upper else lower)(170.0 * n, value)
        for n, (is_upper, value) in enumerate(drawn)
    ]
    last_s = 170.0 * len(entries)
    end = [e for n in range(40) for e in (upper(last_s + 200.0 * n, 1), lower(last_s + 200 * n, 1))]
    straight, mixed = (judged(is_lower_trigger=is_lower_trigger) for _ in range(2))
    told_straight = run(straight, entries + end)
    told_mixed = run(mixed, _shuffled(entries, seed) + end, first_seq=1)
    assert outputs(mixed) == outputs(straight)
    assert _final(told_mixed) == _final(told_straight)


PACE_S = 600.0
SPIKY = Checks(spike=Spike(step=3.0, within=2, flag=Qc.FAIL, source="a test"))
SPIKED = [(True, 1.0), (True, 9.0), (True, 1.0), (True, 1.1), (False, 1.0), (True, 1.0)]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([0.0, 1.0, 1.1, 9.0])), min_size=4, max_size=60
    ),
    st.none() | st.integers(0, 2**32 - 1),
)
@example(SPIKED, None)
def test_with_a_pace_only_the_first_trigger_of_each_span_gives_a_value(
    drawn: list[tuple[bool, float]], seed: int | None
) -> None:
    """Whatever order they come in, and though the first one of a span turns out to be a spike."""
    joint = replace(difference(is_lower_trigger=False), pace_s=PACE_S)
    here = judge(replace(UPPER, checks=SPIKY), replace(LOWER, checks=SPIKY), joints=[joint])
    entries = [
        (upper if is_upper else lower)(130.0 * n, value)
        for n, (is_upper, value) in enumerate(drawn)
    ]
    run(here, entries if seed is None else _shuffled(entries, seed))
    above, below = here.find(UPPER.key), here.find(LOWER.key)
    assert above is not None
    assert below is not None
    start_s, told_s, expected = at(0).timestamp(), -inf, []
    for place, time_s in enumerate(above.history.times):
        span_s = time_s - time_s % PACE_S
        if span_s > told_s:
            other = bisect_right(below.history.times, time_s) - 1
            is_known = other >= 0 and time_s - below.history.times[other] <= MAX_AGE_S
            seen = [Seen(above.history, place), Seen(below.history, other) if is_known else None]
            value = head(time_s, seen)
            expected += [] if value is None else [(time_s - start_s, value)]
            told_s = span_s
    assert outputs(here) == expected


def test_the_next_trigger_begins_a_span_whose_first_one_failed_later() -> None:
    too_much = Total(window_s=600.0, suspect=9.0, fail=9.0, source="a test")
    joint = replace(difference(is_lower_trigger=False), pace_s=PACE_S)
    here = judge(replace(UPPER, checks=Checks(totals=(too_much,))), LOWER, joints=[joint])
    run(here, [lower(0, 1.0), upper(0, 0.0), upper(610, 6.0)])
    assert outputs(here) == [(0, 0.0), (610, 5.0)]
    run(here, [upper(580, 5.0, delay_s=60)], first_seq=10)
    assert outputs(here) == [(0, 0.0)]
    run(here, [upper(650, 0.0)], first_seq=20)
    assert outputs(here) == [(0, 0.0), (650, 0.0)]


def _final(changes: list[Change]) -> list[tuple[str, str, int, float]]:
    rows = {
        (
            change.alert.rule_id,
            change.transition.kind.value,
            int(change.transition.severity),
            change.transition.taken_at.timestamp(),
        )
        for change in changes
        if change.transition.final
    }
    return sorted(rows, key=lambda row: (row[3], row[0], row[1]))


def _ages(n_points: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, 20), min_size=n_points, max_size=n_points)


LOW = [(False, 0.0), (False, 0.1), (True, 0.1), *[(False, 0.0)] * 10, (True, 0.0)]


@settings(max_examples=100, deadline=None)
@given(steps, st.integers(1, 45), _ages(3))
@example(LOW, 14, [0, 0, 13])
def test_a_restart_with_memories_of_different_age_changes_no_output(
    drawn: list[tuple[bool, float]], cut: int, drawn_ages: list[int]
) -> None:
    entries = [
        (upper if is_upper else lower)(170.0 * n, value)
        for n, (is_upper, value) in enumerate(drawn)
    ]
    straight, before, after = judged(), judged(), judged()
    run(straight, entries)
    saved: dict[tuple[str, str, str], tuple[int, bytes]] = {}
    ages = dict(zip(sorted(before.points), drawn_ages, strict=True))
    for seq, entry in enumerate(entries[:cut], 1):
        before.take([entry], seq, entry.received_at)
        for key, age in ages.items():
            if seq <= cut - age:
                saved[key] = (seq, before.points.dump(key))
    after.hold_joints()
    for key, (seq, blob) in saved.items():
        assert after.points.load(key, seq, blob) is None
    newest = max((seq for seq, _ in saved.values()), default=0)
    run(after, entries[:newest])
    after.compute_joints()
    run(after, entries[newest:], first_seq=newest + 1)
    assert outputs(after) == outputs(straight)


def test_what_is_computed_anew_after_a_restart_is_handed_on_again() -> None:
    """It may not have been written to the store before the stop."""
    entries = [(upper if n % 2 else lower)(170.0 * n, 0.1 * n) for n in range(8)]
    before, after = judged(), judged()
    told: list[tuple[float, float]] = []
    again: list[tuple[float, float]] = []
    before.on_computed = lambda values: told.extend((v.time_s, v.value) for v in values)
    after.on_computed = lambda values: again.extend((v.time_s, v.value) for v in values)
    run(before, entries)
    after.hold_joints()
    for key in before.points:
        assert after.points.load(key, len(entries), before.points.dump(key)) is None
    after.compute_joints()
    assert again
    assert set(again) <= set(told)
    assert max(again) == max(told)
