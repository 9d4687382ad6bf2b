"""What the forest of a kind finds, what it says about it, and when it says that it cannot know."""

import random
from collections.abc import Callable

import numpy as np
import pytest

from alerting.detect.detector import Calm, NotReady, Surprise
from alerting.detect.errors import TooLittle
from alerting.detect.features import Sample, build, frame_of, name_and_unit
from alerting.detect.forest import Forest, ForestPlan, train

CraneDays = Callable[..., list[Sample]]


def changed(rows: list[Sample], **values: float) -> list[Sample]:
    return [row._replace(values={**row.values, **values}) for row in rows]


def test_an_ordinary_week_of_new_rows_has_next_to_no_surprise(
    forest: Forest, cranes: CraneDays
) -> None:
    answers = forest.examine(cranes(1, 30, first_day=20))
    flagged_days = {at // 144 for at, found in enumerate(answers) if isinstance(found, Surprise)}
    assert not any(isinstance(found, NotReady) for found in answers)
    assert len(flagged_days) <= 4, "about 2 of 30 days are allowed at one in 15"


def test_a_leaning_mast_is_found_from_the_second_row_and_named_with_what_is_usual(
    forest: Forest, cranes: CraneDays
) -> None:
    rows = cranes(1, 1, first_day=20)
    leaning = [*rows[:3], *changed(rows[3:6], tilt_x_deg=1.5)]
    calm, *found = forest.examine(leaning, 3)
    assert isinstance(calm, Calm), "one row alone is not enough"
    for surprise in found:
        assert isinstance(surprise, Surprise)
        assert surprise.score > 1
        assert surprise.reason.startswith(
            "unusual together for this device: mast tilt x is 1.5 deg"
        )
        assert "(usually 0.1" in surprise.reason
        assert 0.1 < surprise.low < surprise.high < 0.4


def test_each_device_is_judged_by_its_own_history(forest: Forest, cranes: CraneDays) -> None:
    of_crane_3 = cranes(3, 1, first_day=20)
    as_crane_0 = [row._replace(key="yard/crane-0/") for row in of_crane_3]
    assert not any(isinstance(found, Surprise) for found in forest.examine(of_crane_3))
    assert any(isinstance(found, Surprise) for found in forest.examine(as_crane_0))


def test_an_unknown_device_or_a_row_without_known_quantities_is_not_ready(
    forest: Forest, cranes: CraneDays
) -> None:
    row = cranes(1, 1, first_day=20)[0]
    unknown, empty, strange = forest.examine(
        [
            row._replace(key="yard/crane-9/"),
            row._replace(values={}),
            row._replace(values={"lift_state": 3.0}),
        ]
    )
    assert unknown == NotReady("yard/crane-9/ was not in the history it learned from")
    assert isinstance(empty, NotReady)
    assert isinstance(strange, NotReady)


def test_a_quantity_that_a_device_never_reported_says_nothing(cranes: CraneDays) -> None:
    bare = [row._replace(values={"wind_ms": row.values["wind_ms"]}) for row in cranes(1, 20)]
    plan = ForestPlan(n_trees=40, min_fit_rows=500, min_key_rows=200, days_per_flag=5)
    forest = train("crane", frame_of([*cranes(0, 20), *bare]), plan)
    sudden = changed(cranes(1, 1, first_day=20), tilt_x_deg=40.0)
    assert not any(isinstance(found, Surprise) for found in forest.examine(sudden))


def test_too_little_history_is_counted(cranes: CraneDays, plan: ForestPlan) -> None:
    with pytest.raises(TooLittle, match="has 0 of 500 rows"):
        train("crane", frame_of([]), plan)
    with pytest.raises(TooLittle, match="has 144 of 500 rows"):
        train("crane", frame_of(cranes(0, 1)), plan)
    with pytest.raises(TooLittle, match=r"has 2 of 14 device-days"):
        train("crane", frame_of(cranes(0, 6)), plan)
    many_short = [row._replace(key=f"yard/{at}/") for at, row in enumerate(cranes(0, 6))]
    with pytest.raises(TooLittle, match="best known device has 1 of 200 rows"):
        train("crane", frame_of(many_short), plan)


def test_order_of_rows_and_context_do_not_matter_to_what_is_learned(
    forest: Forest, cranes: CraneDays, plan: ForestPlan
) -> None:
    rows = [row for n in range(4) for row in cranes(n, 20)]
    random.Random(4).shuffle(rows)
    again = train("crane", frame_of(rows), plan)
    np.testing.assert_allclose(again.scales.median, forest.scales.median)
    new = cranes(2, 2, first_day=20)
    whole = forest.examine(new)
    assert forest.examine(new[97:], 3) == whole[100:]


def test_one_wild_day_in_the_history_does_not_raise_the_threshold(
    forest: Forest, cranes: CraneDays, plan: ForestPlan
) -> None:
    rows = [row for n in range(4) for row in cranes(n, 20)]
    rows[-100:-80] = changed(rows[-100:-80], tilt_x_deg=20.0, wind_ms=60.0)
    assert train("crane", frame_of(rows), plan).threshold < 1.1 * forest.threshold


def test_changes_are_per_minute_within_a_device_and_never_across_a_gap() -> None:
    rows = [
        Sample("a", 0.0, {"stage_m": 1.0}),
        Sample("b", 0.0, {"stage_m": 5.0}),
        Sample("a", 120.0, {"stage_m": 1.5}),
        Sample("b", 9_000.0, {"stage_m": 7.0}),
        Sample("a", 180.0, {"flow_m3s": 2.0}),
    ]
    features = build(frame_of(rows), "water_level")
    changes = features["stage_m per min"].to_numpy()
    np.testing.assert_array_equal(changes, [np.nan, np.nan, 0.25, np.nan, np.nan])
    assert list(features.index) == [0, 1, 2, 3, 4]
    assert {"hour_sin", "hour_cos", "flow_m3s"} < set(features.columns)


def test_angles_that_wrap_become_sine_and_cosine_and_states_are_left_out() -> None:
    values = {"slew_deg": 90.0, "lift_state": 2.0, "wind_ms": 3.0}
    features = build(frame_of([Sample("a", 0.0, values)]), "crane")
    assert features["slew_deg sin"][0] == pytest.approx(1.0)
    assert "lift_state" not in features
    assert name_and_unit("crane", "wind_ms per min") == ("change of wind speed", "m/s per min")
    assert name_and_unit("crane", "slew_deg cos") == ("cosine of slew angle from true north", "")
