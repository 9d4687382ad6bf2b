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
    """A reading among its neighbours: `before` nearest last, `after` nearest first.

    `base` is the newest reading before it that did not fail; one among `before` that failed is not
    sound.
    """

    base: Sample | None
    before: Sequence[Sample]
    sample: Sample
    after: Sequence[Sample]


def spike(around: Around, limits: Spike, max_gap_s: float) -> Verdict:
    """Judge one reading by the readings before it and up to two after it."""
    base, sample = around.base, around.sample
    if base is None or not is_near(base, sample, max_gap_s):
        return Verdict(Qc.NOT_EVALUATED, NAME, "there is no reading just before it")
    jump = sample.value - base.value
    if abs(jump) <= limits.step:
        return _second_of_two(around, limits, max_gap_s)
    after = _following(around, max_gap_s)
    if after and _is_back(base, after[0], jump):
        if _stands_alone(around, limits.step, max_gap_s):
            return Verdict(limits.flag, NAME, f"a single value {_by(jump)} and the next is back")
        return _suspect(jump, "the next reading is back, but its surroundings are not quiet")
    if len(after) < limits.within:
        return _suspect(jump, "no reading after it confirms it yet")
    is_gone = limits.within > 1 and _is_back(base, after[1], jump)
    return _suspect(jump, "it is gone after two readings") if is_gone else _PASS


def _following(around: Around, max_gap_s: float) -> list[Sample]:
    """Give the readings after this one up to the first gap."""
    near: list[Sample] = []
    previous = around.sample
    for later in around.after:
        if not is_near(previous, later, max_gap_s):
            break
        near.append(later)
        previous = later
    return near


def _second_of_two(around: Around, limits: Spike, max_gap_s: float) -> Verdict:
    """Judge the second reading of a pair that left together and came back together."""
    after = _following(around, max_gap_s)
    if limits.within < 2 or len(around.before) < 2 or not after:
        return _PASS
    start, first = around.before[-2:]
    sample = around.sample
    if not is_near(start, first, max_gap_s) or not start.is_sound:
        return _PASS
    jump = first.value - start.value
    are_away = min(abs(jump), abs(sample.value - start.value)) > limits.step
    if are_away and _is_back(start, after[0], jump):
        return _suspect(jump, "it is gone after two readings")
    return _PASS


def _is_back(base: Sample, later: Sample, jump: float) -> bool:
    """Say whether a later reading is nearer to the base than to the top of the jump."""
    return abs(later.value - base.value) <= abs(jump) / 2


def _stands_alone(around: Around, step: float, max_gap_s: float) -> bool:
    """Say whether all readings around are sound and quiet, so that only this one stands out."""
    before, after = around.before, around.after[0]
    if len(before) < 2 or not is_near(before[-2], before[-1], max_gap_s):
        return False
    are_sound = before[-2].is_sound and before[-1].is_sound and after.is_sound
    is_quiet = abs(before[-1].value - before[-2].value) <= step
    is_gone = abs(around.sample.value - after.value) > step
    return are_sound and is_quiet and is_gone and abs(after.value - before[-1].value) <= step


def _suspect(jump: float, why: str) -> Verdict:
    return Verdict(Qc.SUSPECT, NAME, f"the value {_by(jump)}; {why}")


def _by(jump: float) -> str:
    return f"{'rose' if jump > 0 else 'fell'} by {abs(jump):.4g} at once"
