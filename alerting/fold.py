"""What the fold of a rule over the readings of a sensor is made of (`alerting.track` folds)."""

from typing import NamedTuple

# What is calm for less has not ended, so nothing comes back: a loose contact is told once (D).
REST_S = 600.0


class State(NamedTuple):
    """Where the rule stands after one reading. Times are seconds since 1970, event time.

    `level` 0 is calm, 1-4 a severity; `start_s` is when this episode began and `since_s` when the
    present level was reached. A run of calm readings has begun at `calm_s` when `calm_n` > 0, and
    the highest relaxed level seen in it is `calm_top`; `calm_done` says that only a person's
    sign-off is still missing.

    While that is missing, `eased` is the level that readings came down to for `REST_S` (-1: they
    did not) and `again_s` when they last rose above it. `codes` are those values of a code that
    were told: a second kind of danger is no lesser news for coming while the first one stands.
    """

    level: int
    start_s: float
    since_s: float
    calm_s: float = 0.0
    calm_n: int = 0
    calm_top: int = 0
    calm_done: bool = False
    eased: int = -1
    again_s: float = 0.0
    codes: tuple[int, ...] = ()


CALM = State(0, 0.0, 0.0)


class Step(NamedTuple):
    """A change of level: at which index (`place`) and time, from which level to which."""

    place: int
    time_s: float
    before: int
    after: int


class Episode(NamedTuple):
    """One stay above level 0, as the fold sees it now."""

    start_s: float
    end_s: float | None
    steps: tuple[Step, ...]
    top: int


class Forced(NamedTuple):
    """A late reading's verdict, applied after the reading at `at_s` because the past is settled."""

    at_s: float
    level: int
    start_s: float
    codes: tuple[int, ...] = ()
