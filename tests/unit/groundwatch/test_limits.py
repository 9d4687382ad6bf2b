"""How a sensor stands against its limits, in values and in words."""

from datetime import timedelta

import pytest

from alerting.judge import Judge
from alerting.model import Severity
from alerting.rules import PACK_FOLDER
from groundwatch.limits import RuleView, rule_views, silence_view, span
from sensors.model import Qc
from sensors.registry import Sensor
from tests.builders import START, at, judge, packs_of, report, sensor

STAGES = {"datum": 0.0, "warning_stage_m": 10.0, "guaranteed_stage_m": 11.0, "bank_level_m": 12.0}


def views(judged: Judge, of: Sensor) -> dict[str, RuleView]:
    watch = judged.find(of.key)
    packs = packs_of(PACK_FOLDER)[of.kind]
    return {view.rule_id: view for view in rule_views(of, packs, watch)}


def moment(*values: float) -> RuleView:
    crane = sensor("moment_pct", "crane", every_s=5.0)
    judged = judge(crane)
    for n, value in enumerate(values):
        judged.take([report(5.0 * n, {"moment_pct": value}, kind="crane")], n + 1, at(5.0 * n))
    return views(judged, crane)["crane_moment"]


def text(view: RuleView) -> str:
    assert view.fold is not None
    return view.fold.text


def test_without_a_reading_nothing_is_known_rather_than_calm() -> None:
    view = moment()
    assert text(view) == "no believable reading yet, so nothing was judged"
    assert [level.ways[0].conditions[0].present for level in view.levels] == [None] * 4
    assert not any(level.is_met for level in view.levels)


def test_every_level_is_held_against_the_newest_reading() -> None:
    view = moment(20.0, 95.0)
    assert {level.severity.word: level.is_met for level in view.levels} == {
        "minor": True,
        "moderate": True,
        "severe": False,
        "extreme": False,
    }
    assert {level.ways[0].conditions[0].present for level in view.levels} == {95.0}
    assert view.levels[0].provenance.confidence == "H"


def test_a_limit_reached_once_says_what_is_still_missing() -> None:
    assert text(moment(20.0, 95.0)) == (
        "the newest reading reaches moderate; it is raised when 2 of 2 readings reach it"
    )


def test_a_level_that_stands_says_since_when_and_how_far_the_calm_run_is() -> None:
    view = moment(95.0, 96.0, 50.0, 50.0)
    assert view.fold is not None
    assert view.fold.severity is Severity.MODERATE
    assert (view.fold.since, view.fold.calm_since) == (at(5), at(10))
    assert text(view).startswith("moderate; 2 calm readings over 5 s so far, lowered when believ")
    assert text(moment(95.0, 96.0)) == "moderate; no run of calm readings has begun"
    assert text(moment(95.0, 96.0, 50.0, 50.0, 50.0)) == "calm"


def test_a_dangerous_low_value_is_shown_with_its_own_sign_and_side() -> None:
    crane = sensor("clearance_m", "crane", every_s=5.0)
    judged = judge(crane)
    judged.take([report(0, {"clearance_m": 4.0}, kind="crane")], 1, at(0))
    levels = {level.severity: level for level in views(judged, crane)["crane_clearance"].levels}
    condition = levels[Severity.MODERATE].ways[0].conditions[0]
    assert (condition.side, condition.limit, condition.present) == ("at or below", 5.0, 4.0)
    assert levels[Severity.MODERATE].is_met
    assert not levels[Severity.EXTREME].is_met


def test_a_limit_without_its_design_value_is_not_judged_with_the_reason() -> None:
    bare, known = sensor("stage_m"), sensor("stage_m", design=STAGES)
    gaps = [gap for view in views(judge(bare), bare).values() for gap in view.not_judged]
    assert any("the site file gives no datum and no gauge_zero_m" in gap.reason for gap in gaps)
    judged = views(judge(known), known).values()
    limits = [
        condition.limit
        for view in judged
        for level in view.levels
        for way in level.ways
        for condition in way.conditions
    ]
    assert 10.0 in limits


@pytest.mark.parametrize(
    ("age_s", "state"),
    [(10.0, "in time: last believable reading 10 s ago"), (3600.0, "overdue: last believable")],
)
def test_silence_is_told_with_its_patience(age_s: float, state: str) -> None:
    gauge = sensor("stage_m")
    judged = judge(gauge)
    judged.take([report(0, {"stage_m": 1.0})], 1, at(0))
    watch = judged.find(gauge.key)
    assert watch is not None
    view = silence_view(watch, START + timedelta(seconds=age_s), 0.0)
    assert view.text.startswith(state)
    assert view.age_s == age_s
    assert view.is_overdue == (age_s > watch.stale_s)


def test_silence_before_anybody_listened_is_nobodys_fault() -> None:
    gauge = sensor("stage_m")
    watch = judge(gauge).find(gauge.key)
    assert watch is not None
    view = silence_view(watch, at(10), at(0).timestamp())
    assert not view.is_overdue
    assert view.newest_at is None
    assert "nothing believable yet" in view.text


def test_a_suspect_reading_is_shown_and_does_not_begin_a_calm_run() -> None:
    crane = sensor("moment_pct", "crane", every_s=5.0)
    judged = judge(crane)
    for n, (value, flag) in enumerate([(95.0, Qc.PASS), (96.0, Qc.PASS), (20.0, Qc.SUSPECT)]):
        entry = report(5.0 * n, {"moment_pct": value}, kind="crane", qc={"moment_pct": flag})
        judged.take([entry], n + 1, at(5.0 * n))
    assert text(views(judged, crane)["crane_moment"]).endswith("no run of calm readings has begun")


@pytest.mark.parametrize(
    ("seconds", "words"), [(90, "90 s"), (600, "10 min"), (7200, "2 h"), (1e6, "11.6 d")]
)
def test_spans_are_told_in_one_unit(seconds: float, words: str) -> None:
    assert span(seconds) == words
