"""Life cycles: which stage holds at an instant, by whose word, and since when."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.lifecycle import DEVICE, STAGES, Life, StageChange, phase_changes

T0 = datetime(2026, 3, 1, tzinfo=UTC)


def change(day: float, stage: str, by: str = "the site file") -> StageChange:
    return StageChange(at=T0 + timedelta(days=day), stage=stage, by=by)


def s(day: float) -> float:
    return (T0 + timedelta(days=day)).timestamp()


DIG = (change(0, "excavating"), change(40, "slab_cast"), change(90, "backfilled"))


@pytest.mark.parametrize(
    ("day", "stage"), [(-1, None), (0, "excavating"), (39.9, "excavating"), (40, "slab_cast")]
)
def test_a_stage_holds_from_its_instant_on(day: float, stage: str | None) -> None:
    found = Life(DIG).change_at("pit", s(day))
    assert (found.stage if found else None) == stage


def test_what_was_reached_counts_on_in_later_stages_and_not_when_the_works_go_back() -> None:
    life = Life(DIG)
    assert life.reached("slab_cast", s(39)) is None
    assert life.reached("slab_cast", s(100)) == DIG[1]
    deeper = Life((*DIG[:2], change(50, "excavating")))
    assert deeper.reached("slab_cast", s(45)) is not None
    assert deeper.reached("slab_cast", s(60)) is None


def test_a_device_s_own_word_beats_its_site_s_from_when_it_is_given() -> None:
    life = Life([change(10, "pouring")], [change(0, "mounted"), change(20, "removed")])
    stages = [life.stages_at(s(day))["formwork"].stage for day in (5, 15, 25)]
    assert stages == ["mounted", "pouring", "pouring"]


def test_an_unknown_stage_keeps_nothing_from_being_judged() -> None:
    assert Life().why_not_in(["pouring", "curing"], s(0)) is None
    assert Life([change(5, "mounted")]).why_not_in(["pouring"], s(0)) is None
    why = Life([change(5, "mounted")]).why_not_in(["pouring"], s(6))
    assert why == "mounted since 2026-03-06 08:00 +08:00"


def test_stages_of_another_line_do_not_matter() -> None:
    life = Life([change(0, "pouring"), change(1, "stopped"), change(1, "continuing")])
    assert life.why_not_in(["pouring"], s(2)) is None
    assert set(life.stages_at(s(2))) == {"formwork", "work", "project"}


def test_zeroing_counts_until_the_formwork_is_mounted_anew() -> None:
    life = Life([change(0, "mounted"), change(1, "zeroed"), change(2, "pouring")])
    assert life.zero_s(s(0.5)) is None
    assert life.zero_s(s(3)) == s(1)
    again = Life([change(1, "zeroed"), change(2, "pouring"), change(9, "mounted")])
    assert again.zero_s(s(10)) is None
    assert again.zeros_s() == [s(1)]


def test_a_device_that_says_mounted_of_itself_under_load_keeps_its_zero() -> None:
    told = [change(1, "zeroed"), change(2, "pouring"), change(3, "mounted", by=DEVICE)]
    assert Life(told).zero_s(s(4)) == s(1)
    assert Life([*told, change(4, "pouring")]).zero_s(s(5)) == s(1)
    assert Life([*told, change(4, "zeroed")]).zero_s(s(5)) == s(4)
    assert Life([*told, change(4, "removed"), change(5, "mounted", by=DEVICE)]).zero_s(s(6)) is None
    assert Life([*told, change(4, "mounted", by="Foreman")]).zero_s(s(5)) is None


def test_of_two_words_on_one_instant_the_one_known_later_counts() -> None:
    life = Life([change(1, "pouring"), change(1, "curing", by="Foreman")])
    assert life.stages_at(s(1))["formwork"].by == "Foreman"


def test_a_word_that_is_no_stage_is_refused() -> None:
    with pytest.raises(ValueError, match="'pored' is not a stage"):
        change(0, "pored")


def test_repeated_phases_are_one_change_and_unknown_codes_none() -> None:
    codes = [0.0, 0.0, 1.0, 7.0, 1.5, 2.0, 2.0]
    found = phase_changes([10.0 * n for n in range(7)], codes)
    assert found == [(0.0, "mounted"), (20.0, "zeroed"), (50.0, "pouring")]


@given(
    st.lists(
        st.tuples(st.integers(0, 500), st.sampled_from(sorted(STAGES))),
        max_size=30,
        unique_by=lambda entry: (entry[0], STAGES[entry[1]].line),
    ),
    st.integers(-10, 510),
    st.randoms(use_true_random=False),
)
def test_the_order_in_which_changes_become_known_does_not_matter(
    drawn: list[tuple[int, str]], day: int, chance: random.Random
) -> None:
    changes = [change(at, stage) for at, stage in drawn]
    straight = Life(changes)
    chance.shuffle(changes)
    mixed = Life(changes)
    assert mixed.stages_at(s(day)) == straight.stages_at(s(day))
    assert mixed.zero_s(s(day)) == straight.zero_s(s(day))
    assert mixed.reached("slab_cast", s(day)) == straight.reached("slab_cast", s(day))
