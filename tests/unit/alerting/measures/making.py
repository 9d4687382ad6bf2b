"""Short ways to make a measure and a history for it, as packs and devices would."""

from collections.abc import Iterable, Mapping
from typing import Any

from alerting.history import Flag, History
from alerting.measures.kind import Made, MeasureSpec
from alerting.measures.table import MEASURES, why_no_measure
from tests.builders import sensor


def history(rows: Iterable[tuple[float, float]]) -> History:
    """Readings at (seconds, value), believable and on time."""
    made = History()
    for time_s, value in rows:
        made.insert(time_s, value, Flag.CAN_CLEAR)
    return made


def made(
    quantity: str,
    kind: str,
    options: Mapping[str, Any],
    *,
    design: Mapping[str, float] | None = None,
    every_s: float = 60.0,
) -> Made | str:
    said = {"unit": "any", "baseline": "any", **options}
    spec = MeasureSpec.model_validate(said)
    assert not why_no_measure(spec)
    return MEASURES[spec.of].make(spec, sensor(quantity, kind, design=design, every_s=every_s))


def answers(measure: Made | str, rows: Iterable[tuple[float, float]]) -> list[float | None]:
    """The measure at every reading of the history."""
    assert not isinstance(measure, str), measure
    entries = history(rows)
    return [measure.compute(entries, index) for index in range(len(entries))]
