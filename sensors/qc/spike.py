"""Spikes: a value that jumps and comes back.

A single reading that stands alone among quiet ones fails: nothing but the instrument moves like
that. Everything less clear is suspect and may still warn: a jump whose sequel is not known yet (it
may be a collapse), a pair of readings, one jump among others. A jump that stays passes.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sensors.model import Qc
from sensors.qc.checks import Spike
from sensors.qc.gap import is_near
from sensors.qc.verdict import Sample, Verdict

NAME = "spike"
_PASS = Verdict(Qc.PASS, NAME)


class Around(NamedTuple):
    """A reading among its neighbours in time: `before` nearest last, `after` nearest first."""

    before: Sequence[Sample]
    sample: Sample
    after: Sequence[Sample]


def spike(around: Around, limits: Spike, max_gap_s: float) -> Verdict:
    """Judge one reading by up to two readings before it and two after."""
    before, sample, after = around
    if not before or not is_near(before[-1], sample, max_gap_s):
        return Verdict(Qc.NOT_EVALUATED, NAME, "there is no reading just before it")
    jump = sample.value - before[-1].value
    if abs(jump) <= limits.step:
        return _second_of_two(around, limits, max_gap_s)
    if not after or not is_near(sample, after[0], max_gap_s):
        return _suspect(jump, "the next reading is not there yet to confirm it")
    if _is_back(before[-1], after[0], jump, limits.step):
        if _stands_alone(around, limits.step, max_gap_s):
            return Verdict(limits.flag, NAME, f"a single value {_by(jump)} and the next is back")
        return _suspect(jump, "the next reading is back, but its surroundings are not quiet")
    if limits.within < 2:
        return _PASS
    if len(after) < 2 or not is_near(after[0], after[1], max_gap_s):
        return _suspect(jump, "the second reading after it is not there yet to confirm it")
    if _is_back(before[-1], after[1], jump, limits.step):
        return _suspect(jump, "it is gone after two readings")
    return _PASS


def _second_of_two(around: Around, limits: Spike, max_gap_s: float) -> Verdict:
    """Judge the second reading of a pair that left together and came back together."""
    before, sample, after = around
    if limits.within < 2 or len(before) < 2 or not after:
        return _PASS
    if not is_near(before[-2], before[-1], max_gap_s) or not is_near(sample, after[0], max_gap_s):
        return _PASS
    jump = before[-1].value - before[-2].value
    if abs(jump) > limits.step and _is_back(before[-2], after[0], jump, limits.step):
        return _suspect(jump, "it is gone after two readings")
    return _PASS


def _is_back(base: Sample, later: Sample, jump: float, step: float) -> bool:
    """Say whether a later reading is nearer to the base than to the top of the jump."""
    return abs(later.value - base.value) <= max(step, abs(jump) / 2) < abs(jump)


def _stands_alone(around: Around, step: float, max_gap_s: float) -> bool:
    """Say whether all readings around are sound and quiet, so that only this one stands out."""
    before, _, after = around
    if len(before) < 2 or not is_near(before[-2], before[-1], max_gap_s):
        return False
    are_sound = before[-2].is_sound and before[-1].is_sound and after[0].is_sound
    is_quiet = abs(before[-1].value - before[-2].value) <= step
    return are_sound and is_quiet and abs(after[0].value - before[-1].value) <= step


def _suspect(jump: float, why: str) -> Verdict:
    return Verdict(Qc.SUSPECT, NAME, f"the value {_by(jump)}; {why}")


def _by(jump: float) -> str:
    return f"{'rose' if jump > 0 else 'fell'} by {abs(jump):.4g} at once"
