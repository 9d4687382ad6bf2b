"""Values computed from one report's own values, stored and judged like measured ones.

A recipe says for one quantity of one kind of device what it needs; `derivations` works out, once
when the site files are loaded, which of them can be computed on a device point and why the others
cannot. `derive` applies them to each report: no state, so the order of arrival cannot matter.
What needs several reports or devices is a joint (`alerting.joint`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from math import inf, isfinite
from types import MappingProxyType
from typing import NamedTuple

from sensors.crane.chart import Chart
from sensors.model import Qc
from sensors.rating import Rating

_PASS, _SUSPECT = int(Qc.PASS), int(Qc.SUSPECT)
NOTHING_KNOWN: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a recipe may look at: one point of one device.

    `chart_why` says why a crane has no chart; `rating` is the curve of a gauge that has one.
    """

    kind: str
    design: Mapping[str, float]
    measured: frozenset[str]
    chart: Chart | None = None
    chart_why: str = "the site file gives no `chart`"
    rating: Rating | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """One computed quantity: from which quantities of the report, and how.

    `compute` takes the inputs in order and gives None where there is no value to give. `says` is
    for people. `design` is put beside the device's own for the rules on it. One that is silent by
    its nature (the tilt without a load, while there is a load) is not `is_steady`, and its silence
    is not blindness. A value over `suspect_above`, or of an instant outside `valid_s` (from the
    first until the second), is more than what it was made from can vouch for.
    """

    output: str
    inputs: tuple[str, ...]
    compute: Callable[..., float | None]
    says: str
    design: Mapping[str, float] = field(default_factory=dict)
    is_steady: bool = True
    suspect_above: float | None = None
    valid_s: tuple[float, float] = (-inf, inf)


class Recipe(NamedTuple):
    """How one quantity may be derived.

    `make` gives the derivation, None where it does not apply, or a sentence saying what is missing.
    """

    output: str
    make: Callable[[Source], Derivation | str | None]


class Found(NamedTuple):
    """What can be derived on a point, in the order to do it, and why the rest cannot."""

    derivations: tuple[Derivation, ...]
    missing: Mapping[str, str]


class Ready(NamedTuple):
    """A derivation laid out for the path that every message takes, with its range."""

    output: str
    inputs: tuple[str, ...]
    compute: Callable[..., float | None]
    low: float
    high: float
    suspect_low: float
    suspect_high: float
    valid_s: tuple[float, float]


def found(source: Source, recipes: Iterable[Recipe]) -> Found:
    """Work out what can be derived; a recipe may use what those before it give."""
    made: list[Derivation] = []
    missing: dict[str, str] = {}
    known = source.measured
    for recipe in recipes:
        if recipe.output in known:
            continue
        answer = recipe.make(replace(source, measured=known))
        if isinstance(answer, str):
            missing[recipe.output] = answer
        elif answer is not None:
            made.append(answer)
            known = known | {answer.output}
    return Found(tuple(made), missing)


def derive(
    values: dict[str, float],
    qc: dict[str, int],
    ready: Iterable[Ready],
    at_s: float,
    known: Mapping[str, float] = NOTHING_KNOWN,
) -> None:
    """Add what can be computed to a report's values; its quality is that of its worst input.

    `known` are sound values that its point said before and that still hold; a value is computed
    from them and at least one of the report's own.
    """
    get, before = values.get, dict(known)
    for output, inputs, compute, low, high, suspect_low, suspect_high, valid_s in ready:
        given: list[float] = []
        for name in inputs:
            value = get(name)
            if value is None and (value := before.get(name)) is None:
                break
            given.append(value)
        else:
            answer = compute(*given)
            if answer is None or not isfinite(answer):
                continue
            if before and not any(name in values for name in inputs):
                if suspect_low <= answer <= suspect_high:
                    before[output] = answer  # no value of now, but what others are computed from
                continue
            flag = max((qc.get(name, _PASS) for name in inputs), default=_PASS) if qc else _PASS
            if not suspect_low <= answer <= suspect_high:
                outside = Qc.SUSPECT if low <= answer <= high else Qc.FAIL
                flag = max(flag, int(outside))
            if not valid_s[0] <= at_s < valid_s[1]:
                flag = max(flag, _SUSPECT)
            if flag != _PASS:
                qc[output] = flag
            values[output] = answer


def per_cent(part: str, whole: str, number: float, output: str) -> Derivation:
    """Give the derivation of a quantity as a percentage of a fixed number named `whole`."""
    factor = 100.0 / number

    def compute(value: float) -> float:
        return value * factor

    says = f"{part} in per cent of {whole} {number:g}"
    return Derivation(output=output, inputs=(part,), compute=compute, says=says)
