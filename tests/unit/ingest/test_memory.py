"""The memory of a point: what it knows, what it forgets, and that it stays small."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from ingest.memory import PointMemory, as_kept


def test_an_instant_is_known_with_its_values_until_newer_ones_push_it_out() -> None:
    memory = PointMemory(["a", "b"], window=3)
    for instant in (1.0, 2.0, 3.0):
        memory.remember(instant, {"a": instant})
    assert memory.at(1.0) == {"a": 1.0}
    assert memory.at(1.5) is None
    assert memory.at(9.0) is None
    memory.remember(4.0, {"b": 4.0})
    assert memory.at(1.0) is None
    assert memory.at(4.0) == {"b": 4.0}
    assert memory.newest == 4.0


def test_values_of_one_instant_come_together_and_unknown_quantities_are_left_out() -> None:
    memory = PointMemory(["a", "b"])
    memory.remember(1.0, {"a": 1.0, "x": 9.0})
    memory.remember(1.0, {"b": 2.0})
    assert memory.at(1.0) == {"a": 1.0, "b": 2.0}


def test_a_late_instant_is_known_too() -> None:
    memory = PointMemory(["a"])
    memory.remember(5.0, {"a": 5.0})
    memory.remember(2.0, {"a": 2.0})
    assert memory.at(2.0) == {"a": 2.0}
    assert memory.newest == 5.0


@given(st.lists(st.integers(0, 12), max_size=60), st.integers(1, 6))
def test_it_answers_as_a_list_of_the_last_arrivals_would(instants: list[int], window: int) -> None:
    memory = PointMemory(["a"], window=window)
    last: list[int] = []
    for instant in instants:
        if instant not in last:
            last = [*last, instant][-window:]
        memory.remember(float(instant), {"a": float(instant)})
        known = {each for each in range(13) if memory.at(float(each)) is not None}
        assert known == set(last)
        assert all(memory.at(float(each)) == {"a": float(each)} for each in known)


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_what_comes_back_equals_what_was_put_in_as_it_is_kept(one: float, other: float) -> None:
    memory = PointMemory(["a", "b"])
    memory.remember(1.0, {"a": one, "b": other})
    assert memory.at(1.0) == dict(zip("ab", as_kept([one, other]), strict=True))


def test_a_full_window_takes_no_more_memory_than_the_first_instant() -> None:
    """48 of 1,250 points: 20 kB each, taken at once."""
    quantities = [f"q{n}" for n in range(8)]
    values = dict.fromkeys(quantities, 1.5)
    tracemalloc.start()
    try:
        memories = [PointMemory(quantities) for _ in range(48)]
        for memory in memories:
            memory.remember(0.0, values)
        first, _ = tracemalloc.get_traced_memory()
        for instant in range(1, 600):
            for memory in memories:
                memory.remember(float(instant), values)
        full, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert full < first * 1.02
    assert full / len(memories) < 24_000
