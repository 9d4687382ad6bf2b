"""The terms under which a rule judges at an instant: whether at all, how tightly, and why.

What a rule pack says (`when`, `factor`) meets the life cycle of the device and the couplings of
its site. Everything is a function of event time: the stage and the rain at a reading's `taken_at`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, NamedTuple, Protocol

from pydantic import AfterValidator, Field

from alerting.model import Remark
from sensors.document import FileModel, Refused, did_you_mean, listed
from sensors.lifecycle import STAGE_ZH, STAGES, Life
from sensors.local_time import local_minute, shown_minute


def _check_stage(word: str) -> str:
    if word not in STAGES:
        what = f"'{word[:64]}' is not a stage of a life cycle"
        raise Refused(what, allowed=listed(STAGES), fix=did_you_mean(word, STAGES))
    return word


Stage = Annotated[str, AfterValidator(_check_stage)]


class WhenSpec(FileModel):
    """In which stages a rule or level is judged; `unknown: false` where none is known not."""

    stage: Annotated[list[Stage], Field(min_length=1, max_length=20)]
    unknown: bool = True


class FactorSpec(FileModel):
    """What the limits of a measure are multiplied by once the works have reached a stage."""

    after: Stage
    times: Annotated[float, Field(gt=0.0, le=10.0)]


class Terms(NamedTuple):
    """One rule at one instant: factors by measure, levels not judged now, sentences why.

    `is_judged` is False where another stage holds than the rule is for.
    """

    is_judged: bool
    factors: tuple[float, ...]
    not_judged: frozenset[int]
    why: tuple[Remark, ...]


class Force(Protocol):
    """A coupling at work: says by what limits are multiplied at an instant, and why."""

    def factor_at(self, time_s: float) -> tuple[float, Remark]:
        """Give the factor, 1 when not in force, and the sentence that says since when and why."""
        ...

    def terms(self) -> str:
        """Give everything it depends on that is written in files."""
        ...


@dataclass(slots=True)
class Surroundings:
    """What bears on every rule of one device: its life cycle (replaced when it changes), forces."""

    life: Life = field(default_factory=Life)
    forces: Sequence[Force] = ()
    filed_life: str = ""

    def filed(self) -> str:
        """Give everything written in files that bears on the device."""
        return " ".join([self.filed_life, *(force.terms() for force in self.forces)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one rule asks of the life cycle: stages for itself and for levels, factors by measure.

    `baseline_s` is how long the baseline before a zeroing is, where one of the measures counts from
    the zeroing of the device. Couplings do not bear on a rule that is not `is_coupled`.
    """

    when: frozenset[str] = frozenset()
    is_for_unknown: bool = True
    levels: tuple[tuple[int, frozenset[str]], ...] = ()
    factors: tuple[tuple[str, float] | None, ...] = ()
    baseline_s: float | None = None
    is_coupled: bool = True

    @property
    def is_anything(self) -> bool:
        """Say whether the life cycle matters to the rule at all."""
        is_counted = self.baseline_s is not None
        return bool(self.when or self.levels or is_counted or any(self.factors))


def terms_of(
    wanted: Wanted, n_measures: int, surroundings: Surroundings
) -> Callable[[float], Terms] | None:
    """Give the function from an instant to the terms, None where they never change."""
    forces = surroundings.forces if wanted.is_coupled else ()
    if not forces and not wanted.is_anything:
        return None
    factors = wanted.factors or (None,) * n_measures

    def at(time_s: float) -> Terms:
        life, why = surroundings.life, list[Remark]()
        tightened = 1.0
        for force in forces:
            factor, because = force.factor_at(time_s)
            if factor != 1.0:
                tightened *= factor
                why.append(because)
        times = tuple(tightened * _stage_factor(entry, life, time_s, why) for entry in factors)
        other = _why_not(wanted, life, time_s)
        if other is not None:
            why.append(other)
        closed = frozenset(
            level for level, stages in wanted.levels if life.why_not_in(stages, time_s) is not None
        )
        return Terms(other is None, times, closed, tuple(why))

    return at


def _why_not(wanted: Wanted, life: Life, time_s: float) -> Remark | None:
    if not wanted.when:
        return None
    if not wanted.is_for_unknown and not life.knows(wanted.when, time_s):
        return Remark("not judged: the stage is not known", "不判定：当前阶段未知")
    other = life.why_not_in(wanted.when, time_s)
    if other is None:
        return None
    wanted_zh = "、".join(STAGE_ZH[stage] for stage in sorted(wanted.when))
    return Remark(f"not judged: the stage is {other}", f"不判定：当前不在{wanted_zh}阶段")


def _stage_factor(
    entry: tuple[str, float] | None, life: Life, time_s: float, why: list[Remark]
) -> float:
    if entry is None or (change := life.reached(entry[0], time_s)) is None:
        return 1.0
    stage, times = entry
    why.append(
        Remark(
            f"limit x {times:g} since {shown_minute(change.at)} because of {stage}",
            f"自{local_minute(change.at)}起进入{STAGE_ZH[stage]}阶段，限值乘以{times:g}",
        )
    )
    return times
