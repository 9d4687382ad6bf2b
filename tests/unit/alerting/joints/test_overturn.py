"""The three signs of a crane that goes over (A6), and what ordinary work looks like."""

from pathlib import Path

import pytest

from alerting.joints.table import joints_for
from alerting.judge import Judge
from alerting.model import TransitionKind
from alerting.rules import load_packs
from sensors.model import Report
from tests.builders import report
from tests.unit.alerting.joints.yard import crane, firing, judge_of, registry, run

AWAITS = TransitionKind.AWAITS_SIGN_OFF
SENSORS = "tilt_x_deg tilt_y_deg load_t moment_pct"


def said(seconds: float, tilt: float, load_t: float = 2.0, pct: float = 50.0) -> Report:
    values = {"tilt_x_deg": tilt, "tilt_y_deg": 0.0, "load_t": load_t, "moment_pct": pct}
    return report(seconds, values, kind="crane", device="A", delay_s=0.2)


RATE, LOAD, REBOUND = "crane_overturn_rate", "crane_overturn_load", "crane_overturn_rebound"
CASES: dict[str, tuple[list[Report], set[str]]] = {
    "tilt as fast as 0.2 degrees a second over a second": ([said(0, 0.0), said(1, 0.2)], {RATE}),
    "tilt a little slower": ([said(0, 0.0), said(1, 0.19)], set()),
    "the same jump within half a second is no rate yet": ([said(0, 0.0), said(0.5, 0.3)], set()),
    "110 % with a tilt beyond what the mast may sway": (
        [said(0, 0.70, pct=109.0), said(1, 0.78, pct=110.0)],
        {LOAD},
    ),
    "110 % upright is the overload's own alert": ([said(0, 0.3), said(1, 0.3, pct=110.0)], set()),
    "the same tilt at 109 %": ([said(0, 0.78, pct=109.0), said(1, 0.78, pct=109.0)], set()),
    "a load lost with a rebound": ([said(0, 0.16, 3.0), said(1.2, -0.05, 0.1)], {REBOUND}),
    "a load set down without a rebound": ([said(0, 0.15, 3.0), said(1, 0.05, 0.1)], set()),
    "a load lost in readings too slow to tell": ([said(0, 0.4, 3.0), said(5, -0.1, 0.1)], set()),
    "ordinary bending under a load picked up": (
        [said(second, 0.03 * second, 0.2 + second) for second in range(5)],
        set(),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_signs(tmp_path: Path, case: str) -> None:
    entries, signs = CASES[case]
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0, SENSORS)))
    changes = run(judge, entries)
    found = {key[1:]: word for key, word in firing(changes).items() if "overturn" in key}
    assert found == dict.fromkeys(signs, "extreme")


def test_one_that_was_seen_waits_for_a_person(tmp_path: Path) -> None:
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0, SENSORS)))
    changes = run(judge, [said(0, 0.0), said(1, 0.5), *(said(2.0 + n, 0.5) for n in range(200))])
    assert firing(changes)["/crane_overturn_rate"] == "extreme"
    assert changes[-1].alert.awaiting_sign_off


def tilt_alone(seconds: float, tilt: float) -> Report:
    values = {"tilt_x_deg": tilt, "tilt_y_deg": 0.0}
    return report(seconds, values, kind="crane", device="A", delay_s=0.2)


def test_while_the_load_is_unknown_no_sign_is_no_evidence_of_standing_firm(tmp_path: Path) -> None:
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0, SENSORS)))
    run(judge, [said(0, 0.16, 3.0), said(1.2, -0.05, 0.1)])
    changes = run(judge, [tilt_alone(2.0 + n, -0.05) for n in range(300)], first_seq=10)
    assert AWAITS not in [each.transition.kind for each in changes]
    changes = run(judge, [said(303.0 + n, -0.05, 0.1) for n in range(300)], first_seq=500)
    assert AWAITS in [each.transition.kind for each in changes]


def test_the_site_s_own_sway_is_what_it_may_lean(tmp_path: Path) -> None:
    own = crane("A", 0.0, 40.0, SENSORS).replace("half_width_m: 0", "sway_limit_deg: 0.4")
    judge = judge_of(registry(tmp_path, own))
    changes = run(judge, [said(0, 0.41, pct=109.0), said(1, 0.41, pct=110.0)])
    assert firing(changes)["/crane_overturn_load"] == "extreme"


def test_a_district_s_rule_and_a_site_s_design_value_move_the_limit(tmp_path: Path) -> None:
    given = crane("A", 0.0, 40.0, SENSORS).replace(
        "half_width_m: 0", "overturn_rate_deg_per_s: 0.5"
    )
    known = registry(tmp_path, given)
    jump = [said(0, 0.0), said(1, 0.4)]
    assert firing(run(judge_of(known), jump)) == {}
    (tmp_path / "packs").mkdir()
    text = """overlay: crane_derived
version: here-1
source: Rule of the district (fictitious)
clause: "4"
confidence: S
change:
  crane_overturn_rate:
    levels: {extreme: {any: [{value: 0.3}]}}
"""
    (tmp_path / "packs" / "local.yaml").write_text(text, encoding="utf-8")
    packs, faults = load_packs(local=tmp_path / "packs")
    assert not faults
    plain = registry(tmp_path, crane("A", 0.0, 40.0, SENSORS))
    judge = Judge(
        registry=plain, packs=packs, detector_for=lambda _: None, joints=joints_for(plain)
    )
    assert firing(run(judge, [said(0, 0.0), said(1, 0.29)])) == {}
    assert firing(run(judge, [said(2, 0.59)], 5))["/crane_overturn_rate"] == "extreme"


def test_without_the_crane_s_radius_its_own_per_cent_still_counts(tmp_path: Path) -> None:
    known = registry(tmp_path, crane("A", 0.0, 40.0, "tilt_x_deg tilt_y_deg moment_pct"))
    (device,) = known.devices()
    assert device.missing["rebound_deg"] == "the crane has no load_t"
    values = {"tilt_x_deg": 0.8, "tilt_y_deg": 0.0, "moment_pct": 111.0}
    changes = run(judge_of(known), [report(0, values, kind="crane", device="A", delay_s=0.2)])
    assert firing(changes)["/crane_overturn_load"] == "extreme"
