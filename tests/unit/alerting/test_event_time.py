"""C2 and C3 as properties: the order of arrival changes no history, only good readings clear."""

import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.book import Change
from alerting.judge import Judge
from alerting.model import AlertState, TransitionKind
from sensors.model import Qc, Report
from sensors.registry import Sensor
from tests.builders import at, judge, report, sensor

LATENESS_S = 1800.0
DESIGN = {"datum": 0.0, "warning_stage_m": 3.0, "guaranteed_stage_m": 4.0, "record_stage_m": 5.0}


def stage() -> Sensor:
    return sensor("stage_m", design=DESIGN)


def crane_wind() -> Sensor:
    return sensor("wind_ms", "crane", every_s=1.0)


def run(judged: Judge, reports: list[Report]) -> list[Change]:
    changes: list[Change] = []
    for seq, entry in enumerate(reports, 1):
        changes += judged.take([entry], seq, entry.received_at)
    return changes


def history(changes: list[Change]) -> list[tuple[str, str, int, float]]:
    """The final transitions, which must not depend on the order of arrival."""
    final = [
        (
            change.alert.rule_id,
            change.transition.kind.value,
            int(change.transition.severity),
            change.transition.taken_at.timestamp(),
        )
        for change in changes
        if change.transition.final
    ]
    return sorted(set(final), key=lambda row: (row[3], row[0], row[1]))


def firing(changes: list[Change]) -> dict[str, Change]:
    last: dict[str, Change] = {}
    for change in changes:
        last[change.alert.id] = change
    return {key: c for key, c in last.items() if c.alert.state is AlertState.FIRING}


def tail(start_s: float, step_s: float, count: int, value: float) -> list[Report]:
    """Readings that push the settled boundary over everything before them."""
    return [report(start_s + step_s * n, {"stage_m": value}) for n in range(1, count + 1)]


levels = st.lists(st.integers(0, 60).map(lambda tenth: 1.0 + tenth / 10), min_size=3, max_size=60)


@settings(max_examples=120, deadline=None)
@given(levels, st.integers(0, 2**32 - 1), st.floats(0.0, 0.3))
def test_any_order_within_the_lateness_gives_the_same_final_history(
    values: list[float], seed: int, duplicates: float
) -> None:
    chance = random.Random(seed)
    in_order = [report(300.0 * n, {"stage_m": value}) for n, value in enumerate(values)]
    end = tail(300.0 * len(values), 300.0, 30, 1.0)
    keyed = [
        (entry.taken_at.timestamp() + chance.uniform(0, LATENESS_S - 1), entry)
        for entry in in_order
    ]
    keyed += [
        (entry.taken_at.timestamp() + chance.uniform(0, LATENESS_S - 1), entry)
        for entry in in_order
        if chance.random() < duplicates
    ]
    keyed.sort(key=lambda pair: pair[0])
    shuffled = [
        Report(
            *(entry.site, entry.device, entry.kind, entry.point, entry.taken_at),
            entry.taken_at + timedelta(seconds=key - entry.taken_at.timestamp()),
            entry.values,
            entry.qc,
        )
        for key, entry in keyed
    ]
    straight = run(judge(stage()), in_order + end)
    mixed = run(judge(stage()), shuffled + end)
    assert history(mixed) == history(straight)
    assert {c.alert.rule_id for c in firing(mixed).values()} == {
        c.alert.rule_id for c in firing(straight).values()
    }


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 250).map(lambda tenth: tenth / 10), min_size=10, max_size=120),
    st.integers(0, 2**32 - 1),
)
def test_windowed_rules_give_the_same_final_history_too(values: list[float], seed: int) -> None:
    chance = random.Random(seed)
    in_order = [
        report(n, {"wind_ms": value}, kind="crane", delay_s=0.1) for n, value in enumerate(values)
    ]
    end = [report(len(values) + 10 * n, {"wind_ms": 1.0}, kind="crane") for n in range(1, 100)]
    keyed = sorted(in_order, key=lambda entry: entry.taken_at.timestamp() + chance.uniform(0, 59))
    straight = run(judge(crane_wind()), in_order + end)
    mixed = run(judge(crane_wind()), keyed + end)
    assert history(mixed) == history(straight)


disturbances = st.lists(
    st.tuples(
        st.sampled_from(["missing", "late", "suspect", "failed", "duplicate", "between"]),
        st.floats(-5.0, 2.5),
    ),
    max_size=80,
)
winds = st.lists(
    st.tuples(st.integers(1, 119), st.sampled_from(["late", "suspect"]), st.floats(0.0, 7.0)),
    max_size=40,
)


@settings(max_examples=100, deadline=None)
@given(winds)
def test_doubtful_readings_within_a_window_pull_no_mean_down(
    sequence: list[tuple[int, str, float]],
) -> None:
    judged = judge(crane_wind())
    strong = [
        report(2.0 * n, {"wind_ms": 8.0 if n < 30 else 17.0}, kind="crane") for n in range(60)
    ]
    changes = run(judged, strong)
    before = set(firing(changes))
    standing = {c.alert.rule_id: int(c.alert.severity) for c in firing(changes).values()}
    assert standing == {"crane_wind": 3, "crane_gust": 2}
    for n, (seconds, what, value) in enumerate(sequence):
        qc = {"wind_ms": Qc.SUSPECT} if what == "suspect" else None
        delay_s = 100.0 if what == "late" else 130.0 - seconds
        entry = report(
            seconds + 0.5, {"wind_ms": value}, kind="crane", qc=qc, delay_s=min(delay_s, 100.0)
        )
        changes += judged.take([entry], 100 + n, entry.received_at)
    assert before <= set(firing(changes))
    kinds = {c.transition.kind for c in changes}
    assert not kinds & {
        TransitionKind.DOWNGRADED,
        TransitionKind.WITHDRAWN,
        TransitionKind.CLEARED,
    }


@settings(max_examples=150, deadline=None)
@given(disturbances)
def test_nothing_but_believable_readings_on_time_clears(
    sequence: list[tuple[str, float]],
) -> None:
    judged = judge(stage())
    changes = run(judged, [report(0, {"stage_m": 3.5}), report(300, {"stage_m": 3.6})])
    assert firing(changes)
    before = set(firing(changes))
    for n, (what, value) in enumerate(sequence, 2):
        seconds = 300.0 * n
        if what == "missing":
            continue
        if what == "late":
            entry = report(seconds, {"stage_m": value}, delay_s=LATENESS_S + 60)
        elif what == "suspect":
            entry = report(seconds, {"stage_m": value}, qc={"stage_m": Qc.SUSPECT})
        elif what == "between":
            qc = {"stage_m": Qc.SUSPECT}
            entry = report(150.0 + n, {"stage_m": value}, qc=qc, delay_s=1000.0)
        elif what == "failed":
            entry = report(seconds, {"stage_m": value}, qc={"stage_m": Qc.FAIL})
        else:
            entry = report(300, {"stage_m": value})
        changes += judged.take([entry], n + 1, entry.received_at)
        changes += judged.tick(entry.received_at, n + 1)
    assert before <= set(firing(changes))
    kinds = {c.transition.kind for c in changes if c.alert.id in before}
    assert TransitionKind.CLEARED not in kinds
    assert TransitionKind.WITHDRAWN not in kinds


def test_a_good_stretch_clears_and_says_when() -> None:
    rising = [report(300.0 * n, {"stage_m": 2.0 + 0.2 * n}) for n in range(8)]
    falling = [report(300.0 * (8 + n), {"stage_m": 2.0}) for n in range(40)]
    changes = run(judge(stage()), rising + falling)
    cleared = [c for c in changes if c.transition.kind is TransitionKind.CLEARED]
    assert {c.alert.rule_id for c in cleared} == {"stage", "stage_rise"}
    stage_clear = next(c for c in cleared if c.alert.rule_id == "stage")
    # The first low reading fell by 1.4 m in 5 min and is suspect: calm begins with the one after.
    assert stage_clear.alert.ended_at == at(300.0 * 9 + 1800)


def test_a_late_reading_raises_and_says_so() -> None:
    judged = judge(stage())
    calm = run(judged, [report(300.0 * n, {"stage_m": 1.0}) for n in range(30)])
    assert not calm
    late = [report(450.0 + 10 * n, {"stage_m": 4.5}, delay_s=9000.0) for n in range(2)]
    changes = [
        c for n, entry in enumerate(late) for c in judged.take([entry], 40 + n, entry.received_at)
    ]
    raised = [c for c in changes if c.transition.kind is TransitionKind.RAISED]
    assert raised
    assert all(c.transition.late_by_s == 9000.0 for c in raised)
    assert raised[0].alert.started_at == at(460.0)
