"""Formwork held to JGJ 300-2013 by a word of the site file (C3), in place of the Guangdong code."""

from collections.abc import Sequence

import pytest

from alerting.rules import PACK_FOLDER, rules_for
from sensors.registry import Sensor
from tests.builders import judge, packs_of, report, sensor
from tests.unit.alerting_limits.look import Found, limits, wholes

JGJ = {"formwork_standard": "jgj300"}
MOVED = ("jgj300_displacement", "jgj300_displacement_jump")
FORCED = ("jgj300_pole_force", "jgj300_pole_force_jump")


def moved(**more: float) -> Sensor:
    return sensor("h_displacement_mm", "formwork", design=more, words=JGJ, every_s=10.0)


def pole() -> Sensor:
    design = {"pole_design_force_kn": 20.0}
    return sensor("pole_force_kn", "formwork", design=design, words=JGJ, every_s=10.0)


def used(of: Sensor) -> set[str]:
    return {rule.id for rule in rules_for(of, packs_of(PACK_FOLDER)["formwork"]) if rule.levels}


def test_the_word_chooses_the_standard() -> None:
    assert used(moved(formwork_height_m=9.0)) >= set(MOVED)
    assert "formwork_displacement" not in used(moved(formwork_height_m=9.0))
    plain = sensor("h_displacement_mm", "formwork")
    assert "formwork_displacement" in used(plain)
    assert not used(plain) & set(MOVED)
    assert used(pole()) >= set(FORCED)
    assert "formwork_pole_force" not in used(pole())


def test_displacement_is_held_to_a_three_hundredth_of_the_height() -> None:
    of = moved(formwork_height_m=9.0)
    whole = wholes(of, "jgj300_displacement")["of_limit"]
    assert whole.value == pytest.approx(30.0)
    assert (whole.unit, whole.confidence) == ("mm", "V")
    assert limits(of, "jgj300_displacement", "severe")["of_limit"] == Found(100, "%", "V")


def test_a_pole_is_held_to_its_design_force() -> None:
    assert wholes(pole(), "jgj300_pole_force")["of_limit"].value == 20.0
    assert limits(pole(), "jgj300_pole_force", "severe")["of_limit"] == Found(100, "%", "V")


# Readings 10 s apart; is the rule of a jump raised?
JUMPS: dict[str, tuple[Sequence[float], bool]] = {
    "half as much again as the last three": ([8.0, 8.0, 8.0, 12.0], True),
    "a little less than that": ([8.0, 8.0, 8.0, 11.9], False),
    "as much again, near zero": ([0.2, 0.2, 0.2, 0.4], False),
    "only two before it": ([8.0, 8.0, 12.0], False),
}


@pytest.mark.parametrize("case", JUMPS)
def test_half_as_much_again_as_the_mean_of_three_is_told_at_once(case: str) -> None:
    values, is_raised = JUMPS[case]
    here = judge(moved(formwork_height_m=9.0))
    rules = set()
    for n, value in enumerate(values):
        entry = report(10.0 * n, {"h_displacement_mm": value}, kind="formwork")
        rules |= {each.alert.rule_id for each in here.take([entry], n + 1, entry.received_at)}
    assert ("jgj300_displacement_jump" in rules) == is_raised
