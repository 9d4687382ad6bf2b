"""How often a sensor must be read by its standard, by stage of the works and depth of the pit.

It is about readings taken by hand (`read_by: hand` in the site file): a device that reports every
ten minutes is held to its own interval. Where a depth or a grade is missing nothing is asked, and
the answer says what is missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from alerting.model import Provenance
from alerting.rules.form import FrequencySpec
from alerting.tables import Row, Table
from sensors.design import WORDS
from sensors.lifecycle import Life, StageChange
from sensors.registry import Sensor

_DAY_S = 86400.0
_EVERY, _DUG, _AGE, _DEPTH = "every", "dug_to", "age_to", "pit_depth_m"


@dataclass(frozen=True, slots=True, kw_only=True)
class Required:
    """The longest time between two readings, in which state of the works, and who says so."""

    every: timedelta
    state: str
    provenance: Provenance
    place: str


@dataclass(frozen=True, slots=True)
class Frequency:
    """What a pack asks of readings taken by hand, with its table."""

    spec: FrequencySpec
    table: Table

    def speaks_of(self, sensor: Sensor) -> bool:
        """Say whether a sensor is held to it."""
        return not sensor.derived and all(
            (sensor.words.get(name) or WORDS[name].default) in wanted
            for name, wanted in self.spec.only_where.items()
        )

    def required(self, sensor: Sensor, life: Life, now_s: float) -> Required | str:
        """Give what is asked at an instant, or why nothing is."""
        stages = life.stages_at(now_s)
        items = self.table.items()
        change = next((each for each in stages.values() if each.stage in items), None)
        if change is None:
            return f"no stage is known in which {self.table.spec.clause} asks for readings"
        rows = self.table.rows_of(change.stage, sensor.design, sensor.words)
        if isinstance(rows, str):
            return rows
        column, value = _state(change, sensor, now_s)
        if isinstance(value, str):
            return value
        place = next(at for at in rows if value <= _bound(self.table.spec.rows[at], column))
        return self._of_row(place, sensor, _words(change, column, value))

    def _of_row(self, place: int, sensor: Sensor, state: str) -> Required:
        row, spec = self.table.spec.rows[place], self.table.spec
        cell = row.cells[_EVERY]
        ends: Sequence[float] = cell if isinstance(cell, tuple) else (cell, cell)
        is_lenient = sensor.words.get("limit_end") == "lenient"
        source = Provenance(
            source=spec.source, clause=spec.clause, confidence=row.confidence_of(_EVERY)
        )
        every = timedelta(days=ends[1] if is_lenient else ends[0])
        return Required(every=every, state=state, provenance=source, place=self.table.place(place))


def _state(change: StageChange, sensor: Sensor, now_s: float) -> tuple[str, float | str]:
    """Give what decides between the rows of a stage: the share dug, or the age in days."""
    if change.stage != "excavating":
        return _AGE, (now_s - change.at_s) / _DAY_S
    depth_m = sensor.design.get(_DEPTH)
    if depth_m is None:
        return _DUG, f"the site file gives no {_DEPTH}"
    if change.depth_m is None:
        return _DUG, "nobody has said how deep the pit is dug by now (depth_m of the stage)"
    return _DUG, 100.0 * change.depth_m / depth_m


def _bound(row: Row, column: str) -> float:
    cell = row.cells.get(column, float("inf"))
    return cell[1] if isinstance(cell, tuple) else cell


def _words(change: StageChange, column: str, value: float) -> str:
    if column == _DUG:
        return f"dug to {value:.0f} % of the depth"
    return f"{value:.0f} d after {change.stage.replace('_', ' ')}"
