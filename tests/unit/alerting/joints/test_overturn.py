"""The three signs of a crane that goes over (A6), and what ordinary work looks like."""

from pathlib import Path

import pytest

from alerting.model import TransitionKind
from sensors.model import Report
from tests.builders import report
from tests.unit.alerting.joints.yard import crane, firing, judge_of, registry, run

AWAITS = TransitionKind.AWAITS_SIGN_OFF
SENSORS = "tilt_x_deg tilt_y_deg load_t moment_pct"


def said(seconds: float, tilt: float, load_t: float = 2.0, pct: float = 50.0) -> Report:
    values = {"tilt_x_deg": tilt, "tilt_y_deg": 0.0, "load_t": load_t, "moment_pct": pct}
    return report(seconds, values, kind="crane", device="A", delay_s=0.2)


CASES: dict[str, tuple[list[Report], bool]] = {
    "tilt faster than 0.2 degrees a second over a second": (
        [said(0, 0.05), said(1, 0.26)],
        True,
    ),
    "tilt as fast as 0.2 degrees a second is not faster": ([said(0, 0.0), said(1, 0.2)], False),
    "the same jump within half a second is no rate yet": ([said(0, 0.0), said(0.5, 0.3)], False),
    "110 % with a tilt beyond what the mast may sway": (
        [said(0, 0.70, pct=109.0), said(1, 0.78, pct=110.0)],
        True,
    ),
    "110 % upright is the overload's own alert": ([said(0, 0.3), said(1, 0.3, pct=110.0)], False),
    "the same tilt at 109 %": ([said(0, 0.78, pct=109.0), said(1, 0.78, pct=109.0)], False),
    "a load lost with a rebound": ([said(0, 0.15, 3.0), said(1, -0.05, 0.1)], True),
    "a load set down without a rebound": ([said(0, 0.15, 3.0), said(1, 0.05, 0.1)], False),
    "a load lost in readings too slow to tell": ([said(0, 0.4, 3.0), said(5, -0.1, 0.1)], False),
    "ordinary bending under a load picked up": (
        [said(second, 0.03 * second, 0.2 + second) for second in range(5)],
        False,
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_signs(tmp_path: Path, case: str) -> None:
    entries, is_sign = CASES[case]
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0, SENSORS)))
    changes = run(judge, entries)
    assert firing(changes).get("/crane_overturn") == ("extreme" if is_sign else None)


def test_one_that_was_seen_waits_for_a_person(tmp_path: Path) -> None:
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0, SENSORS)))
    changes = run(judge, [said(0, 0.0), said(1, 0.5), *(said(2.0 + n, 0.5) for n in range(200))])
    assert firing(changes)["/crane_overturn"] == "extreme"
    assert changes[-1].alert.awaiting_sign_off


def tilt_alone(seconds: float, tilt: float) -> Report:
    values = {"tilt_x_deg": tilt, "tilt_y_deg": 0.0}
    return report(seconds, values, kind="crane", device="A", delay_s=0.2)


def test_while_the_load_is_unknown_no_sign_is_no_evidence_of_standing_firm(tmp_path: Path) -> None:
    judge = judge_of(registry(tmp_path, crane("A", 0.0, 40.0, SENSORS)))
    run(judge, [said(0, 0.0), said(1, 0.5)])
    changes = run(judge, [tilt_alone(2.0 + n, 0.5) for n in range(300)], first_seq=10)
    assert AWAITS not in [each.transition.kind for each in changes]
    changes = run(judge, [said(303.0 + n, 0.5) for n in range(300)], first_seq=500)
    assert AWAITS in [each.transition.kind for each in changes]
