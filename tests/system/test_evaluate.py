"""`groundwatch evaluate`: the simulator as a program, its lines through the deciding code, marks.

A handful of scenarios by default; GROUNDWATCH_TEST_LIBRARY=1 takes the whole library, plain and
disturbed (some ten minutes).
"""

import json
import os
import subprocess
import sys
from pathlib import Path
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


def test_a_crane_is_warned_of_in_order(found: dict[str, Any]) -> None:
    assert found["per_hazard"]["crane_overload"]["labels"] >= 1
    late = [fault for fault in found["faults"] if fault["scenario"] == "crane-overload-red"]
    assert late == []


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


def test_the_page_says_what_was_found_and_what_was_allowed(tmp_path: Path) -> None:
    pages = [tmp_path / "a.md", tmp_path / "b.md"]
    for page in pages:
        words = ("--scenarios", "--faults", "--only", "silent-one-sensor", "--report", str(page))
        assert evaluate(*words)[0] == 0
    text = pages[0].read_text(encoding="utf-8")
    assert "| sensor_silent | 1 | 0 | 0 | 0 | 0 | 0 | 0 |" in text
    assert "The marks hold." in text
    assert "## Disturbed: 1 % lost" in text
    assert "- `sensor_silent` is allowed in silent-one-sensor." in text
    assert pages[1].read_text(encoding="utf-8") == text, "no date, no duration"


def test_a_page_that_cannot_be_written_ends_with_code_2(tmp_path: Path) -> None:
    page = tmp_path / "nowhere" / "page.md"
    words = ("--scenarios", "--only", "silent-one-sensor", "--report", str(page))
    code, out, said = evaluate(*words)
    assert (code, out) == (2, "silent-one-sensor: 1 labels, 721 messages: good\n")
    assert said == f"{page} cannot be written: No such file or directory\n"


def test_an_unknown_scenario_and_nothing_to_evaluate_end_with_code_2() -> None:
    code, out, said = evaluate("--scenarios", "--only", "crane-overlord")
    assert (code, out) == (2, "")
    assert "no scenario crane-overlord; `groundwatch-sim list` shows all " in said
    code, out, said = evaluate()
    assert (code, out, said) == (2, "", "say what to evaluate: --scenarios\n")
