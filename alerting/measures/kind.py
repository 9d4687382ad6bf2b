"""The shape of a kind of measure, and what a rule pack says of one.

A measure is a plain function of a sorted history and an index, so that it gives the same answer in
whatever order the readings arrived. One that needs more than a window is made for each sensor by a
maker, which may also say why it cannot be computed there (no design value, no datum, …).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import time
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field

from alerting.basis import From
from alerting.history import History
from alerting.model import Remark
from alerting.numbers import DesignValue, Number, resolve
from alerting.terms import FactorSpec
from sensors.document import Duration, FileModel, Refused
from sensors.registry import Sensor

__all__ = [
    "OPTIONS",
    "Compute",
    "DesignValue",
    "Made",
    "MeasureKind",
    "MeasureSpec",
    "Number",
    "Remark",
    "resolve",
    "why_instead",
    "why_not_here",
]

Compute = Callable[[History, int], float | None]


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        what = f"'{name[:64]}' is not a time zone"
        raise Refused(what, allowed="a name like Asia/Shanghai") from None
    return name


class MeasureSpec(FileModel):
    """What is computed from the readings before it is held against a limit.

    `unit` is what the limits are in, `baseline` what the value is relative to; `from` is where a
    plain number in `per_cent_of` comes from. `words_zh` names it in Chinese where the kind's own
    name will not do. `needs` lists design values of which the site file must give one, for what
    makes no sense without (a stage without datum). `unless` lists quantities that are judged
    instead where the same point reports them too, `not_where` a design value that, where it is not
    zero, makes the measure meaningless. What follows are options of single kinds of measure.
    """

    of: str = "value"
    window: Duration | None = None
    unit: Annotated[str, Field(min_length=1, description="what the limits are in")]
    baseline: Annotated[str, Field(min_length=3, description="what the value is relative to")]
    per_cent_of: Number | None = None
    origin: Annotated[From | None, Field(alias="from")] = None
    words_zh: str | None = None
    needs: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    not_where: str | None = None
    dry: Duration | None = None
    day_starts: time | None = None
    zone: Annotated[str, AfterValidator(_check_zone)] | None = None
    bins_from: Annotated[float, Field(gt=0.0)] | None = None
    hold: Duration | None = None
    min_readings: Annotated[int, Field(ge=3, le=1000)] | None = None
    until: Number | None = None
    min_slope: Annotated[float, Field(gt=0.0)] | None = None
    factor: FactorSpec | None = None
    zeroed_over: Duration | None = None
    step: Duration | None = None
    over: Duration | None = None
    noise: Number | None = None
    less: Number | None = None

    @property
    def window_s(self) -> float:
        """Give the window in seconds, 0 where there is none."""
        return self.window.total_seconds() if self.window is not None else 0.0


OPTIONS = (
    "window",
    "dry",
    "day_starts",
    "zone",
    "bins_from",
    "hold",
    "min_readings",
    "until",
    "min_slope",
    "zeroed_over",
    "step",
    "over",
    "noise",
    "less",
)


class Made(NamedTuple):
    """A measure made for one sensor.

    `window_s` is how far back in seconds it looks, `covered_s` how much of that readings must
    cover before it may clear anything (all of it when None). `terms` names whatever else it
    depends on, `remark` says what is unsure about an answer.
    """

    compute: Compute
    window_s: float
    covered_s: float | None = None
    terms: str = ""
    remark: Callable[[History, int], Remark | None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureKind:
    """One word that packs may use after `of:`.

    `make` gives the function for one sensor, or a sentence that says what is missing. `options`
    must all be given in the pack, and no others. `per` is added to the sensor's unit (`/d`), `unit`
    replaces it. `is_bounded` says that the measure is never above the largest value in its window,
    so that a calm window needs no sum; `uses_zero` that it counts from the zeroing. `zh` names it
    in Chinese, with `{window}` for its window.
    """

    make: Callable[[MeasureSpec, Sensor], Made | str]
    options: tuple[str, ...] = ("window",)
    is_bounded: bool = False
    uses_zero: bool = False
    per: str = ""
    unit: str | None = None
    zh: str = ""

    def unit_for(self, sensor: Sensor) -> str:
        """Give the unit of the measure on one sensor."""
        return self.unit_of(sensor.unit)

    def unit_of(self, unit: str) -> str:
        """Give the unit of the measure over a quantity in `unit`."""
        return self.unit if self.unit is not None else unit + self.per


def why_not_here(spec: MeasureSpec, sensor: Sensor) -> str | None:
    """Say why a measure is not for this sensor at all; None when it is."""
    if spec.needs and not any(name in sensor.design for name in spec.needs):
        return f"the site file gives no {' and no '.join(spec.needs)}"
    if spec.not_where is not None and sensor.design.get(spec.not_where):
        return f"the site file says {spec.not_where}, where this means nothing"
    return why_instead(spec, sensor)


def why_instead(spec: MeasureSpec, sensor: Sensor) -> str | None:
    """Say which other quantity of the point is judged instead; None when none is."""
    instead = [name for name in spec.unless if name in sensor.beside]
    return f"{instead[0]} of the same point is judged instead" if instead else None
