"""How long nobody is called silent after the line to the devices was away."""

from datetime import timedelta

import pytest

from alerting.blind import GRACE_S
from groundwatch.listening import Listening
from tests.builders import at

# At these seconds: is the line up, has the clock jumped; and the grace, None: nothing begins.
CASES: dict[str, list[tuple[float, bool, bool, float | None]]] = {
    "at the start all of the grace": [(0, False, False, None), (5, True, False, GRACE_S)],
    "while it works nothing begins": [(0, True, False, GRACE_S), (1, True, False, None)],
    "after a cut of 3 s 16 s": [
        (0, True, False, GRACE_S),
        (1, False, False, None),
        (3, True, False, 16.0),
    ],
    "a line that flaps gets a short grace each time": [
        (0, True, False, GRACE_S),
        (10, False, False, None),
        (11, True, False, 32.0),
        (20, True, False, None),
        (21, False, False, None),
        (22, True, False, 14.0),
    ],
    "after a long cut all of the grace": [
        (0, True, False, GRACE_S),
        (1, False, False, None),
        (4000, True, False, GRACE_S),
    ],
    "a clock that jumped says nothing of how long we were away": [
        (0, True, False, GRACE_S),
        (7200, True, True, GRACE_S),
        (7201, True, False, None),
    ],
    "a jump while nobody listens begins nothing": [(0, False, True, None)],
}


@pytest.mark.parametrize("case", CASES)
def test_grace(case: str) -> None:
    listening = Listening.since(at(0))
    for seconds, is_listening, has_jumped, grace_s in CASES[case]:
        found = listening.look(at(seconds), is_listening=is_listening, has_jumped=has_jumped)
        assert found == grace_s, seconds


def test_a_grace_never_outlasts_what_it_is_for() -> None:
    listening = Listening.since(at(0))
    listening.look(at(0), is_listening=True, has_jumped=False)
    for n in range(1, 200):
        listening.look(at(n * 60 - 1), is_listening=False, has_jumped=False)
        found = listening.look(at(n * 60), is_listening=True, has_jumped=False)
        assert found is not None
        assert timedelta(seconds=found) <= timedelta(seconds=GRACE_S)
