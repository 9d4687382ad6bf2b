"""The slope of a day is computed once for all who ask, and never outlives what it came from."""

from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.history import Flag, History, slope_per_day

DAY_S = 86400.0
STEP_S = 1800.0
CAN_CLEAR = int(Flag.CAN_CLEAR)

CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["insert", "append", "replace", "remove", "drop_first"]),
        st.integers(0, 59),
        st.floats(-50.0, 50.0, allow_nan=False),
    ),
    max_size=12,
)


def change(history: History, how: str, number: int, value: float) -> None:
    count = len(history)
    if how == "insert":
        history.insert(STEP_S * number + 60.0, value, CAN_CLEAR)
    elif how == "append":
        history.append(history.times[-1] + STEP_S, value, CAN_CLEAR)
    elif how == "replace":
        history.replace(number % count, value, CAN_CLEAR)
    elif how == "remove" and count > 8:
        history.remove(number % count)
    elif how == "drop_first" and count > 8:
        history.drop_first(number % 3)


@settings(deadline=None)
@given(CHANGES)
def test_whatever_changes_the_past_changes_its_slope(changes: list[tuple[str, int, float]]) -> None:
    history = History()
    for number in range(60):
        history.append(STEP_S * number, number * 7919 % 31 / 10, CAN_CLEAR)
    for how, number, value in changes:
        for index in (len(history) - 1, len(history) - 3):
            slope_per_day(history, index, DAY_S)
        change(history, how, number, value)
    fresh = History()
    for time_s, value in zip(history.times, history.values, strict=True):
        fresh.append(time_s, value, CAN_CLEAR)
    for index in range(len(history) - 5, len(history)):
        known = slope_per_day(history, index, DAY_S)
        assert known == slope_per_day(fresh, index, DAY_S)
