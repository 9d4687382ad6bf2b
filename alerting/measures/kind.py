"""The shape of a kind of measure, and what a rule pack says of one.

A measure is a plain function of a sorted history and an index, so that it gives the same answer in
whatever order the readings arrived. One that needs more than a window is made for each sensor by a
maker, which may also say why it cannot be computed there (no design value, no datum, …).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from alerting.history import History
from sensors.document import Duration, FileModel
from sensors.registry import Sensor

Compute = Callable[[History, int], float | None]


class DesignValue(FileModel):
    """A reference to a value of the sensor's design sheet."""

    design: str
    default: float | None = None
    times: float = 1.0
    plus: float = 0.0
    minus: "float | DesignValue" = 0.0


Number = float | DesignValue


class MeasureSpec(FileModel):
    """What is computed from the readings before it is held against a limit."""

    of: str = "value"
    window: Duration | None = None
    per_cent_of: Number | None = None

    @property
    def window_s(self) -> float:
        """Give the window in seconds, 0 where there is none."""
        return self.window.total_seconds() if self.window is not None else 0.0


class Made(NamedTuple):
    """A measure made for one sensor: its function, and how far back in seconds it looks."""

    compute: Compute
    window_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureKind:
    """One word that packs may use after `of:`.

    `make` gives the function for one sensor, or a sentence that says what is missing. `per` is
    added to the sensor's unit (`/d`), `unit` replaces it. `is_bounded` says that the measure is
    never above the largest value in its window, so that a calm window needs no sum.
    """

    make: Callable[[MeasureSpec, Sensor], Made | str]
    needs_window: bool = True
    is_bounded: bool = False
    per: str = ""
    unit: str | None = None

    def unit_for(self, sensor: Sensor) -> str:
        """Give the unit of the measure on one sensor."""
        return self.unit if self.unit is not None else sensor.unit + self.per


def resolve(number: Number, sensor: Sensor) -> float | str:
    """Give the number, or the sentence that says which design value is missing.

    `{stem}` in a name stands for the sensor's quantity without its unit.
    """
    if isinstance(number, float | int):
        return float(number)
    name = number.design.replace("{stem}", sensor.key.quantity.rpartition("_")[0])
    value = sensor.design.get(name, number.default)
    if value is None:
        return f"the site file gives no {name}"
    less = resolve(number.minus, sensor)
    if isinstance(less, str):
        return less
    return value * number.times + number.plus - less
