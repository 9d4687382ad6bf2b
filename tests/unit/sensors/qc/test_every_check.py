"""Every number of the built-in quality tests against rows checked by hand: none is added unproven.

A row of `tests/golden/quality.txt` is a kind, its quantities, a test and what it is told, as the
domain reference's table D4 has it; defaults of this project stand there as such (confidence D).
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

GOLDEN = Path(__file__).parents[3] / "golden" / "quality.txt"
TABLES = Path(__file__).parents[4] / "sensors" / "qc" / "tables"


def entries(path: Path) -> Iterator[tuple[str, str, str]]:
    """Give (quantity, test, what it is told) of one table; `totals` has one entry a window."""
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    for quantity, tests in spec["quantities"].items():
        for test, told in tests.items():
            for each in told if isinstance(told, list) else [told]:
                yield quantity, test, written(each)


def written(told: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in told.items() if name != "source")


def rows(path: Path) -> set[str]:
    alike: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for quantity, test, told in entries(path):
        alike[test, told].append(quantity)
    return {
        f"{path.stem} | {' '.join(sorted(names))} | {test} | {told}"
        for (test, told), names in alike.items()
    }


@pytest.mark.parametrize("path", sorted(TABLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_check_has_its_row(path: Path) -> None:
    known = GOLDEN.read_text(encoding="utf-8").splitlines()
    assert rows(path) == {line for line in known if line.startswith(f"{path.stem} |")}


def test_no_row_is_left_of_a_table_that_is_gone() -> None:
    kinds = {line.split(" | ")[0] for line in GOLDEN.read_text(encoding="utf-8").splitlines()}
    assert kinds == {path.stem for path in TABLES.glob("*.yaml")}
