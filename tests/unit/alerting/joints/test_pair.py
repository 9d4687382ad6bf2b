"""Two cranes: how near they are in event time, what that raises, and what is not known."""

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sensors.model import Report, SensorKey
from tests.builders import at
from tests.unit.alerting.joints.yard import (
    crane,
    firing,
    judge_of,
    outputs,
    registry,
    run,
    stands,
    two,
)


def test_a_pair_that_can_meet_is_judged_once_at_the_point_named_after_the_other(
    tmp_path: Path,
) -> None:
    known = two(tmp_path)
    keys = {str(sensor.key) for sensor in known.sensors() if sensor.key.point}
    assert keys == {"site/LOW/TALL/clearance_m", "site/LOW/TALL/contact_s"}
    assert all(sensor.derived for sensor in known.sensors() if sensor.key.point)


def test_cranes_that_cannot_meet_are_no_pair(tmp_path: Path) -> None:
    known = registry(tmp_path, crane("A", 0.0, 40.0), crane("B", 103.0, 40.0))
    assert not any(sensor.key.point for sensor in known.sensors())
    device = known.device("site", "A")
    assert device is not None
    assert "B/clearance_m" not in device.missing


def test_a_pair_without_its_geometry_says_what_is_missing(tmp_path: Path) -> None:
    no_radius = crane("B", 60.0, 60.0, "slew_deg hook_height_m")
    no_tail = crane("A", 0.0, 40.0).replace("counter_jib_m: 13, ", "")
    known = registry(tmp_path, no_tail, no_radius, crane("C", 0.0, 60.0))
    why = {device.id: device.missing.get("neighbours/clearance_m") for device in known.devices()}
    assert why == {
        "A": "the site file gives no counter_jib_m for A",
        "B": "B has no radius_m",
        "C": None,
    }


def test_the_distance_follows_both_cranes(tmp_path: Path) -> None:
    """The tall crane's rope hangs 20 m from the low crane's mast; the low jib turns towards it."""
    judge = judge_of(two(tmp_path))
    run(judge, [stands(0, "TALL", 270.0), stands(0.5, "LOW", 0.0), stands(1, "LOW", 90.0)])
    found = outputs(judge, "clearance_m")
    assert found[0.5] == pytest.approx(20.0, abs=0.01)
    assert found[1] == pytest.approx(0.0, abs=0.01)
    run(judge, [stands(1.5, "TALL", 270.0, hook_m=47.0)], first_seq=9)
    assert outputs(judge, "clearance_m")[1.5] == pytest.approx(7.0, abs=0.01)


LIMITS = {
    "farther than 10 m": (10.5, None),
    "warned at 10 m": (9.9, "minor"),
    "slowed at 5 m": (4.9, "moderate"),
    "stopped at 2 m": (1.9, "extreme"),
}


@pytest.mark.parametrize("case", LIMITS)
def test_one_sample_raises(tmp_path: Path, case: str) -> None:
    over_m, severity = LIMITS[case]
    judge = judge_of(two(tmp_path))
    hook_m = 40.0 + over_m  # the hook hangs so far over the low jib, which points under it
    changes = run(
        judge, [stands(0, "TALL", 270.0, hook_m=hook_m), stands(0.1, "LOW", 90.0, state=0)]
    )
    assert firing(changes).get("TALL/crane_clearance") == severity


def test_it_clears_a_metre_beyond_the_limit_after_five_seconds(tmp_path: Path) -> None:
    judge = judge_of(two(tmp_path))
    near = [stands(0, "TALL", 270.0, hook_m=49.5), stands(0.1, "LOW", 90.0)]
    changes = run(judge, near)
    assert firing(changes)["TALL/crane_clearance"] == "minor"

    def calm(first_s: int, hook_m: float, first_seq: int) -> dict[str, str]:
        nonlocal changes
        entries = [
            entry
            for second in range(first_s, first_s + 90)
            for entry in (
                stands(second, "TALL", 270.0, hook_m=hook_m),
                stands(second + 0.1, "LOW", 90.0),
            )
        ]
        changes += run(judge, entries, first_seq)
        return firing(changes)

    assert "TALL/crane_clearance" in calm(1, 50.9, 10)
    assert "TALL/crane_clearance" not in calm(100, 51.2, 1000)


def test_the_time_to_contact_counts_the_speeds_of_both(tmp_path: Path) -> None:
    """The low jib turns towards the rope at 3 degrees a second: 20 m from its mast, 1.05 m/s."""
    judge = judge_of(two(tmp_path))
    turning = [
        entry
        for second in range(4)
        for entry in (
            stands(second, "TALL", 270.0),
            stands(second + 0.1, "LOW", 60.0 + 3.0 * second),
        )
    ]
    changes = run(judge, turning)
    clearance = outputs(judge, "clearance_m")[3.1]
    contact_s = outputs(judge, "contact_s")[3.1]
    assert clearance == pytest.approx(20.0 * 0.3584, abs=0.05)  # sin 21 degrees
    assert contact_s == pytest.approx(21.0 / 3.0, abs=0.4)
    assert firing(changes)["TALL/crane_contact"] == "minor"
    away = [stands(4, "TALL", 270.0), stands(4.1, "LOW", 66.0)]
    run(judge, away, first_seq=50)
    assert outputs(judge, "contact_s")[4.1] == 600.0


def test_over_north_a_turn_is_small(tmp_path: Path) -> None:
    judge = judge_of(two(tmp_path))
    entries = [
        stands(0, "TALL", 270.0),
        stands(0.1, "LOW", 359.0),
        stands(1, "TALL", 270.0),
        stands(1.1, "LOW", 1.0),
    ]
    run(judge, entries)
    assert outputs(judge, "contact_s")[1.1] > 20.0


def test_a_partner_that_falls_silent_at_work_is_unknown_and_blind_never_calm(
    tmp_path: Path,
) -> None:
    judge = judge_of(two(tmp_path))
    judge.silence.start(at(0).timestamp(), grace_s=0.0)
    run(judge, [stands(0, "TALL", 270.0), stands(0.1, "LOW", 91.0)])
    alone = [stands(second, "LOW", 0.0) for second in range(1, 15)]
    changes = run(judge, alone, first_seq=10)
    assert max(outputs(judge, "clearance_m")) == 2.0
    assert changes == []  # the alert of 0.1 s stands, and nothing calmed it
    blind = [c for c in judge.tick(at(14), 30) if c.alert.sensor.device == "LOW"]
    assert "TALL smallest distance" in blind[0].alert.reason


def test_an_idle_partners_last_position_counts_as_long_as_the_site_allows(tmp_path: Path) -> None:
    judge = judge_of(two(tmp_path))
    run(judge, [stands(0, "TALL", 270.0, state=0.0), stands(0.1, "LOW", 0.0)])
    run(judge, [stands(119, "LOW", 0.0), stands(121, "LOW", 0.0)], first_seq=10)
    assert list(outputs(judge, "clearance_m")) == [0.1, 119.0]


def test_an_idle_crane_that_weathervanes_in_a_storm_raises_nothing_of_its_own(
    tmp_path: Path,
) -> None:
    judge = judge_of(two(tmp_path))
    drifting = [
        entry
        for n in range(20)
        for entry in (
            stands(30.0 * n, "TALL", 20.0 + 5.0 * n, state=0.0, load_t=0.0),
            stands(30.0 * n + 0.5, "LOW", 200.0 + 3.0 * n, state=0.0, load_t=0.0),
        )
    ]
    assert run(judge, drifting) == []


def test_a_crane_whose_lift_state_is_only_derived_is_never_taken_for_idle(tmp_path: Path) -> None:
    quiet = crane("TALL", 60.0, 60.0, "slew_deg radius_m hook_height_m load_t")
    judge = judge_of(registry(tmp_path, crane("LOW", 0.0, 40.0), quiet))
    run(judge, [stands(0, "TALL", 270.0), stands(1.5, "LOW", 0.0), stands(3, "LOW", 0.0)])
    assert list(outputs(judge, "clearance_m")) == [1.5]


_moves = st.lists(
    st.tuples(st.booleans(), st.floats(0, 360).map(round), st.sampled_from([0.0, 2.0])),
    min_size=4,
    max_size=40,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(_moves, st.integers(0, 2**32 - 1))
def test_any_order_of_arrival_gives_the_same_distances_and_the_same_history(
    tmp_path: Path, moves: list[tuple[bool, int, float]], seed: int
) -> None:
    known = two(tmp_path)
    entries = [
        stands(0.7 * n, "LOW" if is_low else "TALL", float(slew), state=state)
        for n, (is_low, slew, state) in enumerate(moves)
    ]
    last_s = 0.7 * len(entries)
    end = [
        entry
        for n in range(100)
        for entry in (stands(last_s + n, "TALL", 0.0), stands(last_s + n + 0.1, "LOW", 180.0))
    ]
    straight, mixed = judge_of(known), judge_of(known)
    told = run(straight, entries + end)
    told_mixed = run(mixed, shuffled(entries, seed) + end)
    for quantity in ("clearance_m", "contact_s"):
        assert outputs(mixed, quantity) == outputs(straight, quantity)
    assert final(told) == final(told_mixed)


def shuffled(entries: list[Report], seed: int) -> list[Report]:
    chance = random.Random(seed)
    delays = {id(entry): chance.uniform(0, 55) for entry in entries}
    doubled = entries + [entry for entry in entries if chance.random() < 0.1]
    return sorted(doubled, key=lambda entry: entry.taken_at.timestamp() + delays[id(entry)])


def final(changes: list) -> list[tuple[str, str, int, float]]:  # type: ignore[type-arg]
    return sorted(
        (
            change.alert.rule_id,
            change.transition.kind.value,
            int(change.transition.severity),
            change.transition.taken_at.timestamp(),
        )
        for change in changes
        if change.transition.final
    )


def test_what_is_computed_is_handed_on(tmp_path: Path) -> None:
    judge = judge_of(two(tmp_path))
    told: list[tuple[SensorKey, float]] = []
    judge.on_computed = lambda values: told.extend((v.sensor.key, v.value) for v in values)
    run(judge, [stands(0, "TALL", 270.0), stands(0.5, "LOW", 0.0), stands(1.0, "TALL", 270.0)])
    clearances = [value for key, value in told if key.quantity == "clearance_m"]
    assert clearances == pytest.approx([20.0, 20.0], abs=0.01)
