"""A mast that leans otherwise than it always did with that load in that direction."""

import math
import random
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.detect.detector import Calm, NotReady, Surprise
from alerting.detect.errors import NothingShelved, Tampered, TooLittle, Unsupported
from alerting.detect.features import Sample, frame_of
from alerting.detect.mast import NAME, MastPlan, Masts, guarded, train_masts
from alerting.detect.seal import sealed, unsealed
from alerting.detect.shelf import MASTS_FORMAT, MASTS_VERSION, MastsFile, Shelf
from tests.unit.alerting_detect.lifting import (
    CRANE,
    PER_DAY,
    START_S,
    loaded,
    weakened,
    with_values,
    work,
)

KEY = b"a key of sixteen bytes or more"


@pytest.fixture(scope="module")
def masts() -> Masts:
    return train_masts(frame_of(work(28)))


@pytest.mark.parametrize("turns_with_jib", [False, True])
def test_an_ordinary_fortnight_has_no_surprise_wherever_the_inclinometer_sits(
    turns_with_jib: bool,
) -> None:
    masts = train_masts(frame_of(work(28, turns_with_jib=turns_with_jib)))
    rows = work(14, first_day=28, turns_with_jib=turns_with_jib)
    answers = masts.examine(rows)
    assert not any(isinstance(answer, Surprise) for answer in answers)
    assert {type(answer) for answer in masts.examine(loaded(rows))[9:]} == {Calm}
    assert masts.masts[CRANE].band_deg == 0.15, "its noise is far below what matters"


def test_a_mast_that_bends_further_is_found_below_the_limit_for_all_loads(masts: Masts) -> None:
    rows = [weakened(row, 0.3) for row in loaded(work(7, first_day=28))]
    tilts = [math.hypot(row.values["tilt_x_deg"], row.values["tilt_y_deg"]) for row in rows]
    assert max(tilts) < 0.77, "the permitted sway at rated load says nothing of it"
    found = masts.examine(rows)[9:]
    surprises = [answer for answer in found if isinstance(answer, Surprise)]
    assert len(surprises) > 0.8 * len(found)
    worst = max(surprises, key=lambda surprise: surprise.value)
    assert worst.reason.startswith("the mast leans 0.")
    assert worst.reason.endswith("; up to 0.15 deg is usual")
    assert worst.reason_zh.endswith("惯常偏离不超过0.15°")
    assert (worst.quantity, worst.unit, worst.low, worst.high) == ("tilt_deg", "deg", 0.0, 0.15)
    assert worst.value == pytest.approx(0.3, abs=0.06)


def test_what_a_load_explains_is_no_surprise_and_the_same_tilt_without_load_is(
    masts: Masts,
) -> None:
    calm = work(7, first_day=28)
    heavy = next(row for row in loaded(calm) if row.values["tilt_x_deg"] > 0.3)
    assert {type(answer) for answer in masts.examine([heavy] * 12)[9:]} == {Calm}
    empty = with_values(heavy, load_t=0.0)
    assert {type(answer) for answer in masts.examine([empty] * 12)[9:]} == {Surprise}


def test_one_wild_row_among_ordinary_ones_is_not_enough(masts: Masts) -> None:
    rows = work(1, first_day=28)
    rows[40] = with_values(rows[40], tilt_x_deg=3.0)
    assert not any(isinstance(answer, Surprise) for answer in masts.examine(rows))


def test_rows_before_are_context_and_get_no_answer(masts: Masts) -> None:
    rows = loaded(work(1, first_day=28))[:12]
    assert len(masts.examine(rows, 10)) == 2
    assert {type(answer) for answer in masts.examine(rows, 10)} == {Calm}
    assert masts.examine(rows[:9])[-1] == NotReady("has 9 of 10 rows in a row")


def test_what_it_cannot_know_is_said_and_is_neither_calm_nor_a_surprise(masts: Masts) -> None:
    row = work(1, first_day=28)[0]
    lacking = row._replace(values={"tilt_x_deg": 9.0, "tilt_y_deg": 9.0, "slew_deg": 1.0})
    for odd, reason in (
        (with_values(row, wind_ms=14.0), "a wind of 14 m/s bends the mast too"),
        (lacking, "the row has no load_t and no radius_m"),
        (with_values(row, load_t=4.0, radius_m=40.0), "160 t·m: it learned from up to 100 t·m"),
        (row._replace(key="yard/TC-09/"), "yard/TC-09/ was not in the history it learned from"),
    ):
        for answer in masts.examine([odd] * 12):
            assert isinstance(answer, NotReady)
            assert answer.reason.startswith(reason)


def test_a_crane_without_an_anemometer_is_learned_and_judged() -> None:
    def bare(rows: list[Sample]) -> list[Sample]:
        return [
            row._replace(values={k: v for k, v in row.values.items() if k != "wind_ms"})
            for row in rows
        ]

    masts = train_masts(frame_of(bare(work(28))))
    assert isinstance(masts.examine(bare(work(1, first_day=28)))[-1], Calm)


def one_way(rows: list[Sample]) -> list[Sample]:
    return [row for row in rows if row.values["slew_deg"] < 120.0]


def unruly(rows: list[Sample]) -> list[Sample]:
    return [with_values(row, tilt_x_deg=0.6 * math.sin(at / 40.0)) for at, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "no crane reports load, radius, slew and both tilts together"),
        (work(7), "yard/TC-01/ has 705 of 1000 rows to learn from"),
        (work(12), "has 4 of 5 days to set its band by"),
        (one_way(work(60)), "has carried loads in 3 of 8 directions, 4 are needed"),
        (unruly(work(28)), "from any rule of moment and slew"),
        (
            [with_values(row, wind_ms=12.0) for row in work(28)],
            "yard/TC-01/ has worked in no wind of 8 m/s or less",
        ),
        ([with_values(row, load_t=0.0) for row in work(28)], "loads in 0 of 8 directions"),
    ],
)
def test_too_little_to_learn_from_is_said_with_what_is_missing(
    rows: list[Sample], said: str
) -> None:
    with pytest.raises(TooLittle) as caught:
        train_masts(frame_of(rows))
    assert said in str(caught.value)


def test_one_crane_with_too_little_history_keeps_no_other_from_being_learned() -> None:
    masts = train_masts(frame_of([*work(28), *work(2, first_day=26, key="yard/TC-02/")]))
    assert set(masts.masts) == {CRANE}


def test_a_bad_day_among_the_last_does_not_teach_it_to_be_calm(masts: Masts) -> None:
    rows = work(28)
    bad = [weakened(row, 0.4) if 26 <= at / PER_DAY < 27 else row for at, row in enumerate(rows)]
    assert train_masts(frame_of(bad)).masts[CRANE].band_deg == masts.masts[CRANE].band_deg


@pytest.mark.parametrize("n_bad", [2, 5, 9])
def test_a_mast_that_began_to_lean_does_not_teach_it_to_be_calm(n_bad: int) -> None:
    """However many of the days held out are bad; after a month it is what this mast does now."""
    worse = [
        weakened(row, 0.45) if at / PER_DAY >= 28 - n_bad else row
        for at, row in enumerate(work(28))
    ]
    before = train_masts(frame_of(work(26, first_day=-1)))
    anew = guarded(train_masts(frame_of([*worse, *work(28, key="yard/TC-02/")])), before)
    assert anew.masts[CRANE] == before.masts[CRANE]
    assert set(anew.masts) == {CRANE, "yard/TC-02/"}
    assert CRANE not in anew.lacking
    rows = [weakened(row, 0.45) for row in loaded(work(3, first_day=28))]
    assert any(isinstance(answer, Surprise) for answer in anew.examine(rows))
    later = replace(anew, trained_until_s=anew.trained_until_s + 30 * 86_400.0, masts={})
    assert guarded(later, before).masts == {}


def test_an_empty_hook_is_no_evidence_that_a_mast_bends_as_it_used_to(masts: Masts) -> None:
    rows = loaded(work(3, first_day=28))
    empty = [with_values(row, load_t=0.0) for row in rows]
    assert isinstance(masts.examine(rows)[-1], Calm)
    calm_hook = [row for row in work(3, first_day=28) if row.values["load_t"] == 0.0]
    said = masts.examine(calm_hook)[-1]
    assert said == NotReady("as usual, but 0 t·m says little of the mast")
    assert isinstance(masts.examine(empty)[-1], Surprise), "the tilt of a load without the load"


def test_rows_without_wind_of_a_crane_that_had_it_are_not_judged(masts: Masts) -> None:
    row = loaded(work(1, first_day=28))[0]
    bare = row._replace(values={k: v for k, v in row.values.items() if k != "wind_ms"})
    said = masts.examine([bare] * 12)[-1]
    assert said == NotReady("the row has no wind_ms, and wind bends the mast too")


def test_rows_on_both_sides_of_a_gap_are_not_smoothed_together() -> None:
    """A sample of history has a few rows an hour: their scatter within it sets the band."""
    chance = random.Random(7)
    shifts = [chance.choice((-0.2, 0.2)) for _ in range(56 * PER_DAY // 4 + 1)]
    rows = []
    for at, row in enumerate(work(56)):
        shift = shifts[at // 4]
        hour_s = START_S + (at // 4) * 3_600.0 + (at % 4)
        values = {**row.values, "tilt_x_deg": row.values["tilt_x_deg"] + shift}
        rows.append(Sample(CRANE, hour_s, values))
    assert train_masts(frame_of(rows)).masts[CRANE].band_deg > 0.28


@settings(max_examples=10)
@given(zero_deg=st.floats(0.0, 360.0))
def test_no_answer_depends_on_where_the_slew_is_counted_from(masts: Masts, zero_deg: float) -> None:
    turned = train_masts(frame_of(work(28, zero_deg=zero_deg)))
    rows = [weakened(row, 0.3) for row in work(3, first_day=28)]
    rows_turned = [weakened(row, 0.3) for row in work(3, first_day=28, zero_deg=zero_deg)]
    for one, other in zip(masts.examine(rows), turned.examine(rows_turned), strict=True):
        assert type(one) is type(other)
        if isinstance(one, Surprise) and isinstance(other, Surprise):
            assert one.value == pytest.approx(other.value, abs=1e-6)


def test_saved_masts_come_back_with_the_same_answers(masts: Masts, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path, KEY)
    with pytest.raises(NothingShelved, match="no model of crane-mast"):
        shelf.load(NAME)
    shelf.save(masts)
    again = shelf.load(NAME)
    rows = [weakened(row, 0.3) for row in work(3, first_day=28)]
    assert again.examine(rows) == masts.examine(rows)
    assert (again.n_rows, again.trained_until_s) == (masts.n_rows, masts.trained_until_s)


def test_a_changed_or_foreign_file_is_refused(masts: Masts, tmp_path: Path) -> None:
    path = Shelf(tmp_path, KEY).save(masts)
    text = path.read_text()
    band = f'"band_deg": {masts.masts[CRANE].band_deg}'
    assert band in text
    path.write_text(text.replace(band, '"band_deg": 9.0'))
    with pytest.raises(Tampered, match="signature does not match"):
        Shelf(tmp_path, KEY).load(NAME)
    path.write_text(text[:-20])
    with pytest.raises(Tampered, match="not a whole"):
        Shelf(tmp_path, KEY).load(NAME)
    path.write_text(text)
    entry = unsealed(path, MastsFile, KEY, format_is=MASTS_FORMAT, version=MASTS_VERSION)
    assert entry is not None
    mast = replace(entry.masts[CRANE], x=(1.0, 2.0))
    for changed in (
        msgspec.structs.replace(entry, masts={CRANE: mast}),
        msgspec.structs.replace(entry, version=2),
    ):
        path.write_bytes(sealed(changed, KEY))
        with pytest.raises(Unsupported, match="train again"):
            Shelf(tmp_path, KEY).load(NAME)


def test_the_plan_is_the_one_that_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "detectors.md").read_text()
    plan = MastPlan()
    for said in (f"{plan.calm_ms:g} m/s", f"{plan.floor_deg:g}", f"{plan.most_band_deg:g}"):
        assert said in text
