"""`groundwatch evaluate`: the simulator as a program, its lines through the deciding code, marks.

A handful of scenarios by default; GROUNDWATCH_TEST_LIBRARY=1 takes the whole library, plain and
disturbed (some ten minutes).
"""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.system.rig import ROOT

WHOLE = "GROUNDWATCH_TEST_LIBRARY" in os.environ
HANDFUL = (
    *("formwork-danger-sign", "pit-drawdown", "pit-strut-heat"),
    *("ponding-pumps-fail", "rain-counter-rolls-over", "rain-dry-fortnight", "river-surge"),
    *("river-tide-fortnight", "silent-one-sensor", "stuck-does-not-clear", "doubt-clock-future"),
    *("crane-overload-red", "silent-crane", "doubt-spikes", "pit-rain-week"),
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]


def evaluate(*words: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "groundwatch.cli", "evaluate", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    only = [] if WHOLE else [word for name in HANDFUL for word in ("--only", name)]
    code, out, said = evaluate("--scenarios", "--faults", "--json", *only)
    assert code == 0, said
    answer: dict[str, Any] = json.loads(out)
    return answer


def test_nothing_is_missed_and_nothing_cleared_too_early(found: dict[str, Any]) -> None:
    for run in (found, found["under_faults"]):
        assert (run["missed"], run["false_clears"], run["false_alarms"]) == (0, 0, 0), run["faults"]
        assert run["marks_hold"]


def test_a_crane_is_warned_of_in_order() -> None:
    code, out, said = evaluate("--scenarios", "--json", "--only", "crane-overload-red")
    assert code == 0, said
    answer = json.loads(out)
    assert (answer["labels"], answer["faults"]) == (1, [])


def test_it_counts_what_it_judged(found: dict[str, Any]) -> None:
    assert found["scenarios"] >= (40 if WHOLE else len(HANDFUL))
    assert found["labels"] >= 15
    assert found["quiet_site_days"] > 30
    assert found["messages"] > 10_000
    river = found["per_hazard"]["river_flood"]
    assert set(river) >= {
        *("scenarios", "missed", "false_clears", "false_alarms", "quiet_site_days")
    }
    assert river["labels"] >= 3


def test_an_unknown_scenario_and_nothing_to_evaluate_end_with_code_2() -> None:
    code, out, said = evaluate("--scenarios", "--only", "crane-overlord")
    assert (code, out) == (2, "")
    assert "no scenario crane-overlord; `groundwatch-sim list` shows all " in said
    code, out, said = evaluate()
    assert (code, out, said) == (2, "", "say what to evaluate: --scenarios\n")
