"""Lift cycles (工作循环): one record for each time a load hung on the hook, from settled samples.

A plain fold over samples in order of `taken_s`. A lift begins with the first sample above the
crane's threshold and ends with the first that is not; a pause in the readings ends it too, and the
record says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

SHORTEST_S = 5.0  # a jerk on an empty hook is no lift (confidence D)
LONGEST_PAUSE_S = 120.0


class Sample(NamedTuple):
    """What a crane said at an instant, in seconds since 1970; None where it did not say."""

    taken_s: float
    load_t: float
    pct: float | None
    radius_m: float | None
    slew_deg: float | None


@dataclass(slots=True, kw_only=True)
class Cycle:
    """One lift; it grows with each sample until it is over."""

    start: Sample
    end: Sample
    max_load_t: float
    max_pct: float | None
    was_cut: bool = False

    @property
    def duration_s(self) -> float:
        """Give how long the load hung."""
        return self.end.taken_s - self.start.taken_s


class Step(NamedTuple):
    """The lift under way after a sample, if there is one, and the one that ended with it."""

    open: Cycle | None
    done: Cycle | None


_RESTS = Step(None, None)


def step(lift: Cycle | None, sample: Sample, lifting_from_t: float) -> Step:
    """Take the next sample of a crane; a lift under way grows in place."""
    done: Cycle | None = None
    if lift is not None and sample.taken_s - lift.end.taken_s > LONGEST_PAUSE_S:
        done, lift = _cut(lift), None
    is_loaded = sample.load_t > lifting_from_t
    if lift is None:
        if not is_loaded and done is None:
            return _RESTS
        return Step(_begun(sample) if is_loaded else None, _long_enough(done))
    _grow(lift, sample)
    return Step(lift, done) if is_loaded else Step(None, _long_enough(lift))


def cycles(samples: Iterable[Sample], lifting_from_t: float) -> list[Cycle]:
    """List the lifts that have ended; one under way at the end is left out."""
    found: list[Cycle] = []
    lift: Cycle | None = None
    for sample in samples:
        lift, done = step(lift, sample, lifting_from_t)
        if done is not None:
            found.append(done)
    return found


def _begun(sample: Sample) -> Cycle:
    return Cycle(start=sample, end=sample, max_load_t=sample.load_t, max_pct=sample.pct)


def _grow(lift: Cycle, sample: Sample) -> None:
    """Let a lift go on to the next sample."""
    lift.end = sample
    lift.max_load_t = max(lift.max_load_t, sample.load_t)
    if sample.pct is not None and (lift.max_pct is None or sample.pct > lift.max_pct):
        lift.max_pct = sample.pct


def _cut(lift: Cycle) -> Cycle:
    lift.was_cut = True
    return lift


def _long_enough(lift: Cycle | None) -> Cycle | None:
    return lift if lift is not None and lift.duration_s >= SHORTEST_S else None
