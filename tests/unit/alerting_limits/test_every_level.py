"""Every level of every built-in pack against a table checked by hand: none is added unproven.

A row of `tests/golden/limits/PACK.txt` is a rule, a severity, the ways to reach it in the units of
their measures, and how sure we are. Behind `raise` and `clear` it says when a rule believes a level
and its end, and in the first row how long the pack waits.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from alerting.rules import PACK_FOLDER
from alerting.rules.form import PackSpec, RuleSpec, Side
from tests.builders import packs_of

GOLDEN = Path(__file__).parents[2] / "golden" / "limits"
SPECS = {pack.spec.pack: pack.spec for packs in packs_of(PACK_FOLDER).values() for pack in packs}
SIDES = {Side.ABOVE: ">=", Side.BELOW: "<=", Side.EITHER: "+-"}


def span(length: timedelta) -> str:
    seconds = length.total_seconds()
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds and seconds % size == 0:
            return f"{seconds / size:g}{unit}"
    return f"{seconds:g}s"


def shown(value: Any) -> str:
    """Write a limit down: a number, or where it comes from."""
    if isinstance(value, Mapping):
        left = {key: shown(part) for key, part in value.items() if part is not None}
        default = left.pop("default", "")
        words = " ".join(f"{key} {part}" for key, part in sorted(left.items()))
        return f"{words} else {default}" if default else words
    if isinstance(value, list):
        return " and ".join(shown(part) for part in value)
    return f"{value:g}" if isinstance(value, float | int) else str(value)


def rows(spec: PackSpec) -> Iterator[str]:
    waits = (
        f"lateness {span(spec.lateness)}, stale {span(spec.stale)}, offline {span(spec.offline)}"
    )
    yield f"{spec.pack} | silence | {waits}"
    for rule in spec.rules:
        yield from rows_of(rule)


def rows_of(rule: RuleSpec) -> Iterator[str]:
    side, units = SIDES[rule.side], {name: m.unit for name, m in rule.measures.items()}
    for word, level in rule.levels.items():
        for way in level.any:
            dumped = way.model_dump(exclude_defaults=True)["limits"]
            reached = " & ".join(
                f"{name} {side} {shown(dumped[name])} {units[name]}" for name in way.limits
            )
            yield f"{rule.id} | {word} | {reached} | {level.origin_of(way).confidence}"
    up, down = rule.raise_when, rule.clear_when
    dwell = f", held {span(up.dwell)}" if up.dwell is not None else ""
    once = f", at once {up.at_once:g}x" if up.at_once else ""
    yield f"{rule.id} | raise | {up.n} of {up.of}{dwell}{once}"
    person = ", by a person" if down.sign_off else ""
    off = f"margin {down.margin:g}, ratio {down.ratio:g}"
    yield f"{rule.id} | clear | {off}, {span(down.hold)}, {down.readings} readings{person}"


@pytest.mark.parametrize("pack", SPECS)
def test_every_level_has_its_row(pack: str) -> None:
    known = (GOLDEN / f"{pack}.txt").read_text(encoding="utf-8").splitlines()
    typed = [line for line in known if line and not line.startswith("#")]
    assert list(rows(SPECS[pack])) == typed


def test_no_table_is_left_of_a_pack_that_is_gone() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == SPECS.keys()
