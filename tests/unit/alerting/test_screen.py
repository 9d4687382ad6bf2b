"""Quality tests in event time: the same flags in any order, and never a reason to fall silent."""

import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.book import Change
from alerting.judge import Judge
from alerting.model import AlertKind, AlertState, NotifyReason, TransitionKind
from sensors.model import Qc, Report
from sensors.registry import Sensor
from tests.builders import judge, report, sensor

STAGES = {
    "gauge_zero_m": 0.0,
    "warning_stage_m": 3.0,
    "guaranteed_stage_m": 4.0,
    "record_stage_m": 5.0,
}


def stage() -> Sensor:
    return sensor("stage_m", design=STAGES)


def wall() -> Sensor:
    design = {"wall_top_h_limit_mm": 30.0, "wall_top_h_rate_mm_per_d": 300.0, "pit_depth_m": 10.0}
    return sensor("wall_top_h_mm", "pit", every_s=600, design=design)


def moves(values: list[float], every_s: float = 600.0) -> list[Report]:
    return [
        report(every_s * n, {"wall_top_h_mm": value}, kind="pit") for n, value in enumerate(values)
    ]


def run(judged: Judge, reports: list[Report], first_seq: int = 1) -> list[Change]:
    changes: list[Change] = []
    for seq, entry in enumerate(reports, first_seq):
        changes += judged.take([entry], seq, entry.received_at)
    return changes


def found(judged: Judge, *sensors: Sensor) -> dict[tuple[str, float], tuple[int, str]]:
    every = {}
    for entry in sensors:
        watch = judged.find(entry.key)
        assert watch is not None
        assert watch.screen is not None
        for at_s, said in watch.screen.found.items():
            every[str(entry.key), at_s] = (said.qc, said.test)
    return every


def final(changes: list[Change]) -> list[tuple[str, str, int, float]]:
    rows = {
        (
            change.alert.rule_id,
            change.transition.kind.value,
            int(change.transition.severity),
            change.transition.taken_at.timestamp(),
        )
        for change in changes
        if change.transition.final and change.alert.kind is AlertKind.LIMIT
    }
    return sorted(rows, key=lambda row: (row[3], row[0], row[1]))


def kinds(changes: list[Change]) -> list[TransitionKind]:
    return [change.transition.kind for change in changes]


def standing(changes: list[Change]) -> set[str]:
    last = {change.alert.id: change.alert for change in changes}
    return {key for key, alert in last.items() if alert.state is AlertState.FIRING}


def shuffled(entries: list[Report], seed: int, lateness_s: float) -> list[Report]:
    chance = random.Random(seed)
    keyed = [
        (entry.taken_at.timestamp() + chance.uniform(0, lateness_s - 1), entry)
        for entry in [*entries, *[e for e in entries if chance.random() < 0.2]]
    ]
    keyed.sort(key=lambda pair: pair[0])
    return [
        Report(
            *(entry.site, entry.device, entry.kind, entry.point, entry.taken_at),
            entry.taken_at + timedelta(seconds=key - entry.taken_at.timestamp()),
            entry.values,
            entry.qc,
        )
        for key, entry in keyed
    ]


flags = st.sampled_from([Qc.PASS, Qc.PASS, Qc.PASS, Qc.SUSPECT, Qc.FAIL])
levels = st.sampled_from([1.0, 1.0, 1.0, 1.1, 1.25, 2.6, 3.5, 5.5])
steps = st.lists(st.tuples(st.integers(60, 700), levels, flags), min_size=4, max_size=60)


@settings(max_examples=250, deadline=None)
@given(steps, st.integers(0, 2**32 - 1))
def test_any_order_and_duplication_gives_the_same_flags_and_the_same_final_history(
    drawn: list[tuple[int, float, Qc]], seed: int
) -> None:
    seconds, in_order = 0.0, []
    for wait_s, value, qc in drawn:
        seconds += wait_s
        in_order.append(report(seconds, {"stage_m": value}, qc={"stage_m": qc}))
    end = [report(seconds + 300.0 * n, {"stage_m": 1.0 + 0.01 * (n % 2)}) for n in range(1, 30)]
    straight, mixed = judge(stage()), judge(stage())
    told_straight = run(straight, in_order + end)
    told_mixed = run(mixed, shuffled(in_order, seed, 1800) + end)
    assert found(mixed, stage()) == found(straight, stage())
    assert final(told_mixed) == final(told_straight)
    assert flags_told(mixed) == flags_told(straight)


def flags_told(judged: Judge) -> list[tuple[float, int, str]]:
    told = [(e.found.time_s, e.found.qc, e.found.test) for e in judged.belief.flags.take()]
    assert len(told) == len({entry[0] for entry in told}), "a final flag is told once"
    return sorted(told)


@settings(max_examples=60, deadline=None)
@given(steps, st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_a_restart_changes_neither_flags_nor_history(
    drawn: list[tuple[int, float, Qc]], seed: int, cut: int
) -> None:
    seconds, entries = 0.0, []
    for wait_s, value, qc in drawn:
        seconds += wait_s
        entries.append(report(seconds, {"stage_m": value}, qc={"stage_m": qc}))
    entries = shuffled(entries, seed, 1800)
    entries += [report(seconds + 300.0 * n, {"stage_m": 1.0 + 0.01 * (n % 2)}) for n in range(1, 9)]
    straight, before, after = judge(stage()), judge(stage()), judge(stage())
    run(straight, entries)
    run(before, entries[:cut])
    (key,) = before.points
    assert after.points.load(key, cut, before.points.dump(key)) is None
    run(after, entries[cut:], cut + 1)
    assert found(after, stage()) == found(straight, stage())
    one, other = straight.find(stage().key), after.find(stage().key)
    assert one is not None
    assert other is not None
    assert list(one.history.times) == list(other.history.times)
    assert one.history.flags == other.history.flags
    assert [track.newest for track in one.tracks] == [track.newest for track in other.tracks]


bad = st.lists(
    st.tuples(
        st.sampled_from(["missing", "late", "suspect", "failed", "between", "again"]),
        st.floats(-5.0, 60.0),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(bad, st.sampled_from([[2, 2, 2, 55], [2, 2, 40, 40], [2, 3, 30.5, 31, 33]]))
def test_nothing_suspect_failed_or_missing_ends_an_alert_that_a_jump_has_raised(
    sequence: list[tuple[str, float]], start: list[float]
) -> None:
    judged = judge(wall())
    changes = run(judged, moves([2.0, *start]))
    before = standing(changes)
    assert before
    for n, (what, value) in enumerate(sequence, len(start) + 1):
        qc = {"late": Qc.PASS, "suspect": Qc.SUSPECT, "failed": Qc.FAIL}.get(what, Qc.SUSPECT)
        seconds = 600.0 * (n - 0.5 if what == "between" else n)
        delay_s = 4000.0 if what == "late" else 1.0
        if what == "again":
            seconds = 600.0 * len(start)
        if what != "missing":
            entry = report(
                seconds,
                {"wall_top_h_mm": value},
                kind="pit",
                qc={"wall_top_h_mm": qc},
                delay_s=delay_s,
            )
            changes += judged.take([entry], 100 + n, entry.received_at)
            changes += judged.tick(entry.received_at, 100 + n)
    assert before <= standing(changes)
    ended = {TransitionKind.CLEARED, TransitionKind.WITHDRAWN, TransitionKind.DOWNGRADED}
    assert not ended & {c.transition.kind for c in changes if c.alert.id in before}


def test_a_jump_raises_at_once_and_its_return_withdraws_it_with_the_reason() -> None:
    judged = judge(wall())
    jump = run(judged, moves([2, 2.1, 2, 2.1, 55]))
    raised = [change for change in jump if change.transition.kind is TransitionKind.RAISED]
    assert raised
    assert all("suspect" in change.transition.reason for change in raised)
    back = run(judged, [report(3000, {"wall_top_h_mm": 2.0}, kind="pit")], 10)
    withdrawn = [c for c in back if c.transition.kind is TransitionKind.WITHDRAWN]
    assert len(withdrawn) == len(raised)
    assert all(change.notify is NotifyReason.WITHDRAWN for change in withdrawn)
    assert all("failed quality control" in change.transition.reason for change in withdrawn)


def test_a_jump_that_stays_is_no_spike() -> None:
    judged = judge(wall())
    changes = run(judged, moves([2, 2.1, 2, 2.1, 55, 55.2, 55.1, 55.3]))
    assert standing(changes)
    assert TransitionKind.WITHDRAWN not in kinds(changes)
    watch = judged.find(wall().key)
    assert watch is not None
    assert not watch.failed()


def test_a_spike_raises_nothing_when_its_neighbours_came_before_it() -> None:
    judged = judge(wall())
    first, spike, back = moves([2, 2.1, 2, 2.1, 55, 2.0])[:4], 4, 5
    every = moves([2, 2.1, 2, 2.1, 55, 2.0])
    assert not run(judged, [*first, every[back], every[spike]])


def test_a_swinging_value_is_not_kept_out() -> None:
    judged = judge(wall())
    changes = run(judged, moves([2, 2, 2, 40, 2, 40, 2, 40, 2, 40, 40, 2]))
    assert standing(changes)


def test_a_stuck_sensor_is_told_once_and_over_when_it_moves() -> None:
    gauge = stage()
    judged = judge(gauge)
    values = [2.0 + 0.01 * (n % 3) for n in range(20)] + [2.2] * 320
    changes = run(judged, [report(300.0 * n, {"stage_m": v}) for n, v in enumerate(values)])
    doubtful = [change for change in changes if change.alert.kind is AlertKind.DOUBTFUL]
    assert [change.notify for change in doubtful] == [NotifyReason.FIRST]
    assert "stuck" in doubtful[0].alert.reason
    on = [report(300.0 * (340 + n), {"stage_m": 2.2 + 0.01 * (n % 2 + 1)}) for n in range(20)]
    over = [c for c in run(judged, on, 1000) if c.alert.kind is AlertKind.DOUBTFUL]
    assert [change.transition.kind for change in over] == [TransitionKind.CLEARED]


def test_a_flat_line_that_holds_an_alert_up_is_told_after_the_rules_own_time() -> None:
    judged = judge(stage())
    values = [3.2, 3.25, 3.3] + [2.2] * 100
    changes = run(judged, [report(300.0 * n, {"stage_m": v}) for n, v in enumerate(values)])
    assert any(change.alert.kind is AlertKind.DOUBTFUL for change in changes) is False
    values = [3.2, 3.25, 3.3] + [3.3] * 100
    judged = judge(stage())
    changes = run(judged, [report(300.0 * n, {"stage_m": v}) for n, v in enumerate(values)])
    (told,) = [change for change in changes if change.alert.kind is AlertKind.DOUBTFUL]
    assert "cannot clear" in told.alert.reason


@pytest.mark.parametrize("is_reordered", [False, True])
def test_final_flags_are_told_for_the_database(*, is_reordered: bool) -> None:
    judged = judge(stage())
    values = [1.0, 1.01, 1.0, 4.8, 1.01] + [1.0 + 0.01 * (n % 2) for n in range(20)]
    entries = [report(300.0 * n, {"stage_m": v}, delay_s=900) for n, v in enumerate(values)]
    if is_reordered:
        entries[3], entries[4] = entries[4], entries[3]
    run(judged, entries)
    assert [(f.found.value, f.found.qc) for f in judged.belief.flags.take()] == [(4.8, Qc.FAIL)]


def late_jump() -> Report:
    return report(3001.0, {"wall_top_h_mm": 55.0}, kind="pit", delay_s=20_000)


def test_a_late_reading_is_held_against_nothing_and_raises() -> None:
    judged = judge(wall())
    assert not run(judged, moves([2, 2.1] * 10))
    late = late_jump()
    changes = judged.take([late], 50, late.received_at)
    assert standing(changes)
    assert all(change.transition.late_by_s == 20_000 for change in changes)


def test_what_a_late_reading_raised_stands_though_the_newest_reading_then_fails() -> None:
    judged = judge(wall())
    assert not run(judged, moves([2, 2.1] * 10 + [12]))
    late = late_jump()
    changes = judged.take([late], 50, late.received_at)
    before = standing(changes)
    assert before
    changes += run(judged, [report(600.0 * 21, {"wall_top_h_mm": 2.0}, kind="pit")], 51)
    watch = judged.find(wall().key)
    assert watch is not None
    assert [found.value for found in watch.failed()] == [12.0]
    assert standing(changes) == before
