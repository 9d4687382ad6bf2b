"""Rules judge by the stage that held when a reading was taken, whoever told it and whenever."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.judge import Judge
from alerting.model import Severity
from alerting.zero import REMEMBERED_S, ZeroedTooLongAgo, refuse_forgotten
from sensors.model import SensorKey
from sensors.registry import Registry
from tests.builders import at, sensor
from tests.unit.alerting.ground.built import (
    LATENESS_S,
    change,
    district,
    final,
    firing,
    judge_of,
    phase,
    pole,
    run,
    shuffled,
    wall,
)

WALL = sensor("wall_top_h_mm", "pit")
POLE = sensor("settlement_mm", "formwork", point="P1", every_s=60.0)
PHASE = sensor("phase_code", "formwork", every_s=3600.0)


def pit(*stages: tuple[float, str]) -> Judge:
    return judge_of(district(WALL, stages=[change(*each) for each in stages]))


def test_a_limit_is_multiplied_from_the_stage_on_and_the_alert_says_why() -> None:
    here = pit((0, "excavating"), (1000, "slab_cast"))
    assert firing(run(here, [wall(100, 6), wall(700, 6)])) == []
    (standing,) = firing(run(here, [wall(1300, 6), wall(1900, 6)], first_seq=10))
    assert standing.alert.severity is Severity.MODERATE
    assert standing.alert.limit == 5.0
    assert (
        "Limit x 0.5 since 2026-06-01 08:16 +08:00 because of slab_cast." in standing.alert.reason
    )


def test_a_later_stage_of_the_line_keeps_the_factor_and_going_back_ends_it() -> None:
    after = [wall(1300, 6), wall(1900, 6)]
    assert firing(run(pit((0, "slab_cast"), (1000, "backfilled")), after))
    assert not firing(run(pit((0, "slab_cast"), (1000, "excavating")), after))


def test_a_person_s_word_counts_from_its_own_instant() -> None:
    here = pit()
    assert firing(run(here, [wall(900, 6), wall(1000, 6)])) == []
    word = change(850, "slab_cast", by="Site engineer")
    (raised,) = here.declare("site", "", word, at(1010), 2)
    assert raised.alert.started_at == at(1000)


def test_a_word_on_the_settled_past_rewrites_nothing_and_counts_from_where_all_is_open() -> None:
    here = pit()
    calm = [wall(300.0 * n, 6) for n in range(8)]
    run(here, calm)
    (raised,) = here.declare("site", "", change(0, "slab_cast"), at(2200), 8)
    assert raised.alert.started_at >= at(7 * 300 - LATENESS_S)


def formwork(*stages: tuple[float, str]) -> Judge:
    own = {"D-01": [change(*each) for each in stages]}
    return judge_of(district(POLE, PHASE, device_stages=own))


SUNK = [pole(60.0 * n, 3.0) for n in range(10)] + [pole(600 + 60.0 * n, 14.0) for n in range(4)]


def test_values_count_from_the_median_before_zeroing() -> None:
    changes = run(formwork((0, "mounted"), (570, "zeroed"), (580, "pouring")), SUNK)
    (standing,) = firing(changes)
    assert standing.alert.value == 11.0


def test_what_is_only_mounted_does_not_alarm() -> None:
    assert run(formwork((0, "mounted")), SUNK) == []


AS_SENT = "No zero reference: judged as sent."


def test_formwork_that_was_never_zeroed_is_judged_as_sent_and_says_so() -> None:
    (standing,) = firing(run(formwork((0, "pouring")), SUNK))
    assert standing.alert.value == 14.0
    assert AS_SENT in standing.alert.reason
    assert standing.alert.said is not None
    assert standing.alert.said.remark_zh == "无置零基准，按原始值判定"


def test_a_gateway_that_starts_anew_in_a_pour_keeps_its_zero() -> None:
    told = [phase(1, 0), *SUNK[:10], phase(570, 1), phase(580, 2), phase(590, 0), phase(600, 2)]
    (standing,) = firing(run(formwork(), [*told, *SUNK[10:]]))
    assert standing.alert.value == 11.0
    assert AS_SENT not in standing.alert.reason


def test_a_zeroing_before_which_all_came_too_late_is_no_reference() -> None:
    late = [pole(60.0 * n, 3.0, delay_s=LATENESS_S + 900) for n in range(10)]
    here = formwork((0, "mounted"), (570, "zeroed"), (580, "pouring"))
    (standing,) = firing(run(here, [*late, *SUNK[10:]]))
    assert standing.alert.value == 14.0
    assert AS_SENT in standing.alert.reason


def test_a_zeroing_that_reaches_back_behind_what_is_remembered_is_no_reference() -> None:
    here = formwork((0, "mounted"))
    run(here, [pole(60.0 * n, 3.0) for n in range(600)])
    for time_s, stage in ((3600.0, "zeroed"), (36_000.0, "pouring")):
        here.declare("site", "D-01", change(time_s, stage, "Foreman"), at(36_000), 600)
    sunk = [pole(36_060.0 + 60.0 * n, 14.0) for n in range(4)]
    (standing,) = firing(run(here, sunk, first_seq=601))
    assert standing.alert.value == 14.0
    assert AS_SENT in standing.alert.reason


def test_a_zeroing_dated_behind_what_is_remembered_is_refused() -> None:
    zeroed = change(0, "zeroed", "Foreman")
    refuse_forgotten(zeroed, at(REMEMBERED_S))
    refuse_forgotten(change(0, "pouring", "Foreman"), at(REMEMBERED_S + 1))
    with pytest.raises(ZeroedTooLongAgo, match=r"at most 2 h back, this one is 4\.0 h old"):
        refuse_forgotten(zeroed, at(4 * 3600))


@pytest.mark.parametrize(("is_zeroed", "is_cleared"), [(True, True), (False, False)])
def test_without_a_zero_reference_nothing_is_cleared(is_zeroed: bool, is_cleared: bool) -> None:
    zeroed = [(570.0, "zeroed")] if is_zeroed else []
    calm = [pole(900 + 60.0 * n, 3.0) for n in range(30)]
    standing = firing(run(formwork((0, "mounted"), *zeroed, (580, "pouring")), SUNK + calm))
    assert (not standing) is is_cleared


def test_where_no_stage_was_ever_told_values_are_judged_as_they_are_sent() -> None:
    (standing,) = firing(run(formwork(), SUNK))
    assert standing.alert.value == 14.0


def test_a_device_tells_its_own_phase() -> None:
    told = [phase(1, 0), *SUNK[:10], phase(570, 1), phase(590, 2), *SUNK[10:]]
    (standing,) = firing(run(formwork(), told))
    assert standing.alert.value == 11.0
    assert run(formwork(), [phase(1, 0), *SUNK]) == []


def test_a_device_that_zeroes_itself_is_not_zeroed_again() -> None:
    own = sensor(
        "settlement_mm", "formwork", point="P1", every_s=60.0, design={"zeroes_itself": 1.0}
    )
    told = {"D-01": [change(570, "zeroed"), change(580, "pouring")]}
    here = judge_of(district(own, device_stages=told))
    (standing,) = firing(run(here, SUNK))
    assert standing.alert.value == 14.0


def test_the_zero_outlasts_the_readings_behind_it_and_a_restart() -> None:
    own = {"D-01": [change(570, "zeroed"), change(580, "pouring")]}
    known = district(POLE, device_stages=own)
    here = judge_of(known)
    run(here, SUNK[:10] + [pole(600 + 60.0 * n, 4.0) for n in range(400)])
    again = judge_of(known)
    for key in here.points:
        assert again.points.load(key, 500, here.points.dump(key)) is None
    again.take_surroundings()
    again.compute_joints()
    watch = again.find(SensorKey("site", "D-01", "P1", "settlement_mm"))
    assert watch is not None
    assert watch.history.times[0] > at(600).timestamp()
    late = [pole(30_000 + 60.0 * n, 12.0) for n in range(3)]
    (standing,) = firing(run(again, late, first_seq=600))
    assert standing.alert.value == 9.0


def test_silence_is_tolerated_as_the_stage_says() -> None:
    here = formwork((0, "mounted"), (3600, "pouring"), (7200, "removed"))
    watch = here.find(POLE.key)
    assert watch is not None
    here.silence.start(at(0).timestamp())
    tolerated = []
    for seconds in (10, 3700, 7300):
        here.tick(at(seconds), 1)
        tolerated.append(watch.stale_s)
    assert tolerated == [600.0, 180.0, 365 * 86400.0]


@pytest.mark.parametrize("is_person", [False, True])
@settings(max_examples=80, deadline=None)
@given(
    values=st.lists(st.integers(0, 24), min_size=6, max_size=40),
    turns=st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from(["excavating", "slab_cast", "backfilled"])),
        min_size=1,
        max_size=4,
        unique_by=lambda entry: entry[0],
    ),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_order_of_readings_and_of_words_gives_the_same_final_history(
    values: list[int], turns: list[tuple[int, str]], seed: int, is_person: bool
) -> None:
    entries = [wall(170.0 * n, float(value)) for n, value in enumerate(values)]
    end = [wall(170.0 * (len(values) + n), 0.0) for n in range(20)]
    stages = [(170.0 * n - 1, stage) for n, stage in turns]
    told = final(run(pit(*stages), entries + end))
    other = pit() if is_person else pit(*stages)
    changes, words = [], sorted(stages)
    for seq, entry in enumerate(shuffled(entries, seed) + end, 1):
        while is_person and words and at(words[0][0]) <= entry.received_at:
            time_s, stage = words.pop(0)
            changes += other.declare("site", "", change(time_s, stage), entry.received_at, seq)
        changes += other.take([entry], seq, entry.received_at)
    assert final(changes) == told


@settings(max_examples=80, deadline=None)
@given(
    codes=st.lists(
        st.tuples(st.integers(0, 39), st.integers(0, 4)), max_size=8, unique_by=lambda e: e[0]
    ),
    values=st.lists(st.integers(0, 20), min_size=6, max_size=40),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_device_s_phases_in_any_order_give_the_same_final_history(
    codes: list[tuple[int, int]], values: list[int], seed: int
) -> None:
    entries = [pole(170.0 * n, float(value)) for n, value in enumerate(values)]
    entries += [phase(170.0 * n - 1, float(code)) for n, code in codes]
    entries.sort(key=lambda entry: entry.taken_at)
    end = [pole(170.0 * (len(values) + n) + 200, 0.0) for n in range(20)]
    straight = final(run(formwork(), entries + end))
    assert final(run(formwork(), shuffled(entries, seed) + end)) == straight


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(1, 30), seed=st.integers(0, 2**32 - 1))
def test_a_restart_in_the_middle_changes_nothing(cut: int, seed: int) -> None:
    chance = random.Random(seed)
    known: Registry = district(POLE, PHASE)
    entries = [phase(0, 0), phase(500, 1), phase(600, 2)]
    entries += [pole(60.0 * n, chance.choice([0.0, 2.0, 9.0, 15.0])) for n in range(30)]
    entries = shuffled(entries, seed)
    straight, before, after = (judge_of(known) for _ in range(3))
    told = run(straight, entries)
    first = run(before, entries[:cut])
    for key in before.points:
        after.points.load(key, cut, before.points.dump(key))
    after.take_surroundings()
    after.compute_joints()
    after.is_quiet = True
    run(after, entries)
    after.end_quiet(entries[-1].received_at, len(entries))
    watches = [judge.find(POLE.key) for judge in (straight, after)]
    states = [watch.tracks[0].states for watch in watches if watch is not None]
    assert states[0][-20:] == states[1][-20:]
    assert len(told) >= len(first)
