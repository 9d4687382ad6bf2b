"""A jib that is held against the wind (A5): what is told of it, and what free jibs look like."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from alerting.model import TransitionKind
from alerting.points import PointKey
from sensors.model import Report
from tests.builders import report
from tests.unit.alerting.joints.yard import crane, firing, judge_of, outputs, registry, run

SENSORS = "slew_deg wind_ms load_t"
RULE = "/crane_jib_held"
MINUTE = 60.0
Slew = Callable[[float], float]


def said(
    seconds: float, slew: float, wind: float, load_t: float = 0.1, delay_s: float = 0.2
) -> Report:
    values = {"slew_deg": slew, "wind_ms": wind, "load_t": load_t}
    return report(seconds, values, kind="crane", device="A", delay_s=delay_s)


def held(at: float) -> float:
    """Show a degree or less of the encoder's own unrest."""
    return 140.0 + 0.4 * (at % 3.0 - 1.0)


def free(at: float) -> float:
    """Swing by six degrees within a minute and a half."""
    return 140.0 + 3.0 * (at % 90.0) / 45.0


def over_north(at: float) -> float:
    return (360.3 - 0.1 * (at % 7.0)) % 360.0


def gale(
    slew: Slew, wind: float, minutes: int, every_s: float = 20.0, begin_s: float = 0.0
) -> list[Report]:
    n_reports = int(minutes * MINUTE / every_s)
    times = [begin_s + every_s * place for place in range(n_reports)]
    return [said(at, slew(at), wind) for at in times]


def wind_of(tmp_path: Path, reports: list[Report]) -> dict[str, str]:
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0, SENSORS)))
    return {key: word for key, word in firing(run(judge, reports)).items() if key == RULE}


@pytest.mark.parametrize(
    ("wind", "colour"), [(13.8, None), (14.2, "moderate"), (17.5, "severe"), (21.0, "extreme")]
)
def test_a_jib_that_stays_while_the_wind_blows_is_told(
    tmp_path: Path, wind: float, colour: str | None
) -> None:
    assert wind_of(tmp_path, gale(held, wind, 13)).get(RULE) == colour


@pytest.mark.parametrize("slew", [free, lambda at: 140.0 + at / 90.0], ids=["swings", "turns on"])
def test_a_jib_that_turns_with_the_wind_is_not(tmp_path: Path, slew: Slew) -> None:
    assert wind_of(tmp_path, gale(slew, 22.0, 40)) == {}


def test_directions_on_both_sides_of_north_are_near_each_other(tmp_path: Path) -> None:
    assert wind_of(tmp_path, gale(over_north, 18.0, 13)) == {RULE: "severe"}


@pytest.mark.parametrize("every_s", [1.0, 10.0, 60.0])
def test_it_takes_minutes_however_often_the_crane_speaks(tmp_path: Path, every_s: float) -> None:
    (tmp_path / "short").mkdir()
    assert wind_of(tmp_path / "short", gale(held, 18.0, 7, every_s)) == {}
    assert wind_of(tmp_path, gale(held, 18.0, 13, every_s)) == {RULE: "severe"}


def test_a_crane_that_speaks_every_second_has_a_value_each_minute(tmp_path: Path) -> None:
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0, SENSORS)))
    run(judge, gale(held, 18.0, 13, 1.0))
    values = outputs(judge, "held_jib_ms", "A", "")
    assert list(values) == [MINUTE * n for n in range(3, 13)]
    assert set(values.values()) == {18.0}


@pytest.mark.parametrize("seed", range(5))
def test_within_the_lateness_order_changes_no_value(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    known = registry(tmp_path, crane("A", 0.0, 40.0, SENSORS))
    times = sorted(chance.sample(range(1500), 400))
    plain = [
        (float(at), held(at) if at < 700 else free(at), chance.uniform(13.0, 19.0)) for at in times
    ]
    in_order, torn = judge_of(known), judge_of(known)
    run(in_order, [said(*entry) for entry in plain])
    late = [said(*entry, delay_s=chance.uniform(0.2, 50.0)) for entry in plain]
    run(torn, sorted(late, key=lambda entry: entry.received_at))
    for judge in (in_order, torn):
        run(judge, [said(1700.0 + n, 140.0, 5.0) for n in range(0, 240, 10)], first_seq=1000)
    values = outputs(torn, "held_jib_ms", "A", "")
    assert len(values) >= 5
    assert values == outputs(in_order, "held_jib_ms", "A", "")


@pytest.mark.parametrize("seed", [1, 9, 21, 23, 24, 25])
def test_a_restart_changes_no_value(tmp_path: Path, seed: int) -> None:
    """Memories are of different age, and the oldest readings of a window may be forgotten."""
    chance = random.Random(seed)
    known = registry(tmp_path, crane("A", 0.0, 40.0, SENSORS))
    late = [
        said(
            float(at),
            held(at) if at < 700 else free(at),
            chance.uniform(13, 19),
            load_t=chance.choice([0.1] * 8 + [2.0]),
            delay_s=chance.uniform(0.2, 50.0),
        )
        for at in sorted(chance.sample(range(1500), 350))
    ]
    late.sort(key=lambda entry: entry.received_at)
    cut = chance.randrange(30, len(late) - 30)
    straight, before, after = judge_of(known), judge_of(known), judge_of(known)
    run(straight, late)
    ages = {key: chance.randrange(25) for key in sorted(before.points)}
    saved: dict[PointKey, tuple[int, bytes]] = {}
    for seq, entry in enumerate(late[:cut], 1):
        before.take([entry], seq, entry.received_at)
        saved |= {k: (seq, before.points.dump(k)) for k, a in ages.items() if seq <= cut - a}
    newest = max(seq for seq, _ in saved.values())
    after.hold_joints()
    for key, (seq, blob) in saved.items():
        assert after.points.load(key, seq, blob) is None
    run(after, late[:newest])
    after.compute_joints()
    run(after, late[newest:], first_seq=newest + 1)
    values = outputs(straight, "held_jib_ms", "A", "")
    assert outputs(after, "held_jib_ms", "A", "") == values


def test_few_readings_show_no_jib_at_rest(tmp_path: Path) -> None:
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0, SENSORS)))
    run(judge, gale(held, 18.0, 30, 90.0))
    assert outputs(judge, "held_jib_ms", "A", "") == {}


def test_a_crane_that_lifts_holds_its_jib_on_purpose(tmp_path: Path) -> None:
    lifting = [said(20.0 * n, held(20.0 * n), 14.5, load_t=2.0) for n in range(60)]
    assert wind_of(tmp_path, lifting) == {}


def test_a_hook_that_swings_in_the_storm_neither_hides_nor_ends_it(tmp_path: Path) -> None:
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0, SENSORS)))
    swinging = [
        said(20.0 * n, held(20.0 * n), 18.0, load_t=0.5 if n % 9 == 0 else 0.1) for n in range(75)
    ]
    changes = run(judge, swinging)
    assert firing(changes)[RULE] == "severe"
    begin_s = 20.0 * len(swinging)
    loaded = [said(begin_s + 20.0 * n, held(20.0 * n), 18.0, load_t=0.5) for n in range(60)]
    assert RULE in firing([*changes, *run(judge, loaded, first_seq=1000)])


def test_a_calm_evening_and_a_gust_are_no_storm(tmp_path: Path) -> None:
    calm = gale(held, 3.0, 30)
    gusty = [said(1800.0 + 20.0 * n, 140.0, 24.0) for n in range(6)]
    after = gale(held, 3.0, 20, begin_s=1920.0)
    assert wind_of(tmp_path, [*calm, *gusty, *after]) == {}


@pytest.mark.parametrize("every_s", [1.0, 7.0, 20.0, 45.0])
def test_it_ends_when_somebody_releases_the_brake(tmp_path: Path, every_s: float) -> None:
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0, SENSORS)))
    assert firing(run(judge, gale(held, 18.0, 15, every_s)))[RULE] == "severe"
    released = run(judge, gale(free, 18.0, 15, every_s, begin_s=15 * MINUTE), first_seq=1000)
    ended = [each for each in released if each.alert.rule_id == "crane_jib_held"]
    assert [each.transition.kind for each in ended] == [TransitionKind.CLEARED]


def test_without_wind_nothing_is_known_and_the_alert_stands(tmp_path: Path) -> None:
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0, SENSORS)))
    run(judge, gale(held, 18.0, 15))
    windless = [
        report(900.0 + 20.0 * n, {"slew_deg": free(20.0 * n)}, kind="crane", device="A")
        for n in range(60)
    ]
    changes = run(judge, windless, first_seq=1000)
    assert TransitionKind.CLEARED not in [
        each.transition.kind for each in changes if each.alert.rule_id == "crane_jib_held"
    ]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("slew", "told"), [(held, {RULE: "severe"}), (free, {})])
def test_whatever_order_the_reports_come_in(
    tmp_path: Path, seed: int, slew: Slew, told: dict[str, str]
) -> None:
    chance = random.Random(seed)
    delayed = [
        (entry.taken_at.timestamp() + chance.uniform(0.2, 600.0), entry)
        for entry in gale(slew, 18.0, 40, 10.0)
        if chance.random() > 0.01
    ]
    delayed.sort(key=lambda each: each[0])
    start_s = delayed[0][1].taken_at.timestamp()
    arriving = [
        said(
            entry.taken_at.timestamp() - start_s,
            entry.values["slew_deg"],
            18.0,
            delay_s=at_s - entry.taken_at.timestamp(),
        )
        for at_s, entry in delayed
    ]
    assert wind_of(tmp_path, arriving) == told


def test_a_jib_tied_down_by_design_is_not_judged_and_check_says_so(tmp_path: Path) -> None:
    moored = crane("A", 0.0, 40.0, SENSORS).replace("half_width_m: 0", "jib_moored: 1")
    known = registry(tmp_path, moored)
    (device,) = known.devices()
    assert "tied down" in device.missing["held_jib_ms"]
    changes = run(judge_of(known), gale(held, 25.0, 15))
    assert RULE not in firing(changes)


def test_a_site_may_say_how_far_a_free_jib_turns(tmp_path: Path) -> None:
    stiff = crane("A", 0.0, 40.0, SENSORS).replace("half_width_m: 0", "jib_free_turn_deg: 8")
    changes = run(judge_of(registry(tmp_path, stiff)), gale(free, 18.0, 15))
    assert firing(changes)[RULE] == "severe"
