"""What must hold when limits end, readings go, or our own code stumbles: nobody is calmed by it."""

from collections.abc import Sequence
from dataclasses import replace

from alerting.basis import Period
from alerting.fold import Forced
from alerting.history import Flag, History
from alerting.joint import Seen
from alerting.judge import Judge
from alerting.measures.kind import Remark
from alerting.memory import dump
from alerting.rules import BoundRule, load_packs, rules_for
from alerting.track import Track
from sensors.model import Report
from sensors.registry import Sensor
from tests.builders import at, judge, report, sensor
from tests.unit.alerting.ground.built import coupling, district, judge_of, rain
from tests.unit.alerting.test_joint import HEAD, LOWER, UPPER, difference, lower, run, upper

DESIGN = {"warning_stage_m": 3.0, "guaranteed_stage_m": 4.0, "record_stage_m": 5.0, "datum": 0.0}


def stage() -> Sensor:
    return sensor("stage_m", design=DESIGN)


def stage_rule(ends_s: float | None = None) -> BoundRule:
    packs, _ = load_packs()
    rule = next(rule for rule in rules_for(stage(), packs["water_level"]) if rule.id == "stage")
    if ends_s is None:
        return rule
    over = Period(float("-inf"), ends_s)
    levels = tuple(
        replace(level, ways=tuple(replace(way, period=over) for way in level.ways))
        if level.severity.word == "severe"
        else level
        for level in rule.levels
    )
    return replace(rule, levels=levels)


def folded(rule: BoundRule, values: Sequence[float]) -> Track:
    history = History()
    track = Track(rule=rule, history=history)
    for number, value in enumerate(values):
        history.insert(at(300.0 * number).timestamp(), value, int(Flag.CAN_CLEAR))
        track.append()
    return track


def test_a_limit_that_ends_lowers_nothing_though_its_value_stays() -> None:
    ends_s = at(1500).timestamp()
    track = folded(stage_rule(ends_s), [4.5] * 60)
    assert track.newest.level == 3
    assert not track.newest.calm_n


def test_a_level_is_left_once_its_own_limit_in_force_is() -> None:
    track = folded(stage_rule(), [4.5] * 5 + [1.0] * 60)
    assert track.newest.level == 0


def test_a_verdict_stands_on_when_the_newest_reading_is_taken_out() -> None:
    history = History()
    track = Track(rule=stage_rule(), history=history)
    for number in range(3):
        history.insert(at(300.0 * number).timestamp(), 1.0, int(Flag.CAN_CLEAR))
        track.append()
    track.forced.append(Forced(history.times[-1], 4, history.times[-1]))
    track.refold(2)
    assert track.newest.level == 4
    history.remove(2)
    track.remove(2)
    assert track.newest.level == 4
    for _ in range(2):
        history.remove(len(history) - 1)
        track.remove(len(history))
    assert track.newest.level == 4


def test_a_defect_at_one_sensor_ends_its_judging_alone_and_its_silence_is_told() -> None:
    def stumbles(time_s: float, seen: Sequence[Seen | None]) -> float | None:
        raise ZeroDivisionError(f"{time_s} {len(seen)}")

    joint = replace(difference(), compute=stumbles, is_watched=True)
    here = judge(UPPER, LOWER, stage_of("D-03"), joints=[joint])
    here.silence.start(at(0).timestamp(), 0.0)
    changes = run(here, [lower(0, 1.0), upper(60, 1.5), *_too_high("D-03")])
    assert list(here.broken) == [HEAD.key]
    assert "ZeroDivisionError" in here.broken[HEAD.key]
    assert {change.alert.sensor.device for change in changes} == {"D-03"}
    told = here.tick(at(3600), 9)
    assert any("head" in change.alert.reason for change in told)
    assert dump({}) == here.points.dump((HEAD.key.site, HEAD.key.device, HEAD.key.point))


def test_after_a_restart_the_same_defect_keeps_nobody_from_being_judged() -> None:
    def stumbles(time_s: float, seen: Sequence[Seen | None]) -> float | None:
        raise ZeroDivisionError(f"{time_s} {len(seen)}")

    entries = [lower(0, 1.0), upper(60, 1.5)]
    before = judge(UPPER, LOWER, stage_of("D-03"), joints=[difference()])
    run(before, entries)
    here = judge(UPPER, LOWER, stage_of("D-03"), joints=[replace(difference(), compute=stumbles)])
    here.is_quiet = True
    here.hold_joints()
    for key in before.points:
        assert here.points.load(key, 2, before.points.dump(key)) is None
    here.take_surroundings()
    here.compute_joints()
    here.end_quiet(at(100), 2)
    assert list(here.broken) == [HEAD.key]
    changes = run(here, _too_high("D-03"), first_seq=3)
    assert {change.alert.sensor.device for change in changes} == {"D-03"}


def stumbles_in_words(time_s: float) -> Remark | None:
    """Fail when an alert is to be put in words."""
    raise ZeroDivisionError(f"{time_s}")


def test_a_defect_when_alerts_stand_up_again_leaves_the_other_sensors_judged() -> None:
    here = judge(stage_of("D-03"), stage_of("D-04"))
    here.is_quiet = True
    assert run(here, [*_too_high("D-03"), *_too_high("D-04")]) == []
    _let_stumble(here, stage_of("D-03"))
    changes = here.end_quiet(at(400), 4)
    assert list(here.broken) == [stage_of("D-03").key]
    assert {change.alert.sensor.device for change in changes} == {"D-04"}


def test_a_defect_at_a_sensor_that_is_judged_again_does_not_end_that_of_its_gauge() -> None:
    wall_of = [sensor("wall_top_h_mm", "pit", device=f"D-0{n}", every_s=600.0) for n in (1, 2)]
    here = judge_of(district(*wall_of, couplings=[coupling()]))
    for wall in wall_of:
        values = [{"wall_top_h_mm": 8.5}] * 2
        told = [
            report(1500.0 + 300 * n, value, kind="pit", device=wall.key.device)
            for n, value in enumerate(values)
        ]
        assert run(here, told, first_seq=1) == []
    _let_stumble(here, wall_of[0])
    changes = run(here, [rain(300.0 * n, 10.0) for n in range(1, 7)], first_seq=10)
    assert list(here.broken) == [wall_of[0].key]
    assert {change.alert.sensor.device for change in changes} == {"D-02"}


def _let_stumble(here: Judge, at_fault: Sensor) -> None:
    watch = here.find(at_fault.key)
    assert watch is not None
    for track in watch.tracks:
        track.beside = stumbles_in_words


def stage_of(device: str) -> Sensor:
    return sensor("stage_m", device=device, design=DESIGN)


def _too_high(device: str) -> list[Report]:
    return [report(at_s, {"stage_m": 4.2}, device=device) for at_s in (0.0, 300.0)]
