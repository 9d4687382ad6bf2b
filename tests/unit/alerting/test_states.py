"""States that are all calm behave as the list that they stand for."""

from hypothesis import given
from hypothesis import strategies as st

from alerting.states import States

CALM, HIGH, HIGHER = "calm", "high", "higher"
_one = st.sampled_from((CALM, CALM, HIGH, HIGHER))
_step = st.tuples(
    st.sampled_from(("append", "insert", "set", "drop", "remove", "slice")),
    st.integers(0, 12),
    _one,
)


@given(first=st.lists(_one, max_size=6), steps=st.lists(_step, max_size=30))
def test_they_are_what_a_list_would_be(first: list[str], steps: list[tuple[str, int, str]]) -> None:
    states, plain = States(CALM, first), list(first)
    for what, number, state in steps:
        at = number % len(plain) if plain else 0
        if what == "append":
            states.append(state)
            plain.append(state)
        elif what == "insert":
            states.insert(at, state)
            plain.insert(at, state)
        elif what == "set" and plain:
            states[at] = state
            plain[at] = state
        elif what == "drop":
            del states[:at]
            del plain[:at]
        elif what == "remove" and plain:
            del states[at]
            del plain[at]
        at = number % len(plain) if plain else 0
        assert states[at:] == plain[at:]
        assert list(states) == plain
        assert len(states) == len(plain)
        assert states.is_calm_from(at) == (set(plain[at:]) <= {CALM})
        if plain:
            assert (states[-1], states[at]) == (plain[-1], plain[at])
