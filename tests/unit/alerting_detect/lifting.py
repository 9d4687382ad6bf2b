"""A crane at work, whose mast bends as masts do."""

import math
import random

from alerting.detect.features import Sample

CRANE = "yard/TC-01/"
START_S = 1_700_006_400.0
PER_DAY = 144
MOST_T_M = 100.0


def work(
    days: float,
    *,
    first_day: float = 0.0,
    turns_with_jib: bool = False,
    zero_deg: float = 0.0,
    key: str = CRANE,
) -> list[Sample]:
    """Give rows of a crane that bends by 0.5 degrees at 100 t·m, a reading every ten minutes.

    `zero_deg` turns the direction that the slew is counted from.
    """
    chance = random.Random(f"{key} {first_day}")
    rows = []
    for at in range(int(days * PER_DAY)):
        slew = chance.uniform(0.0, 360.0)
        radius = chance.uniform(10.0, 50.0)
        load = chance.choice((0.0, chance.uniform(0.1, 1.0) * MOST_T_M / radius))
        bend = 0.5 * (load * radius / MOST_T_M) - 0.1
        along = 0.0 if turns_with_jib else math.radians(slew)
        values = {
            "load_t": load,
            "radius_m": radius,
            "slew_deg": (slew + zero_deg) % 360.0,
            "wind_ms": chance.uniform(0.0, 7.0),
            "tilt_x_deg": 0.03 + bend * math.cos(along) + chance.gauss(0.0, 0.01),
            "tilt_y_deg": -0.02 + bend * math.sin(along) + chance.gauss(0.0, 0.01),
        }
        taken_at_s = START_S + first_day * 86_400.0 + at * 600.0
        rows.append(Sample(key, taken_at_s, values))
    return rows


def weakened(row: Sample, deg_at_most: float) -> Sample:
    """Give the row of a mast that bends further, by so much at 100 t·m, to one side."""
    extra = deg_at_most * row.values["load_t"] * row.values["radius_m"] / MOST_T_M
    return row._replace(values={**row.values, "tilt_y_deg": row.values["tilt_y_deg"] + extra})


def with_values(row: Sample, **values: float) -> Sample:
    return row._replace(values={**row.values, **values})


def loaded(rows: list[Sample]) -> list[Sample]:
    """Keep the rows with more than half the load."""
    return [row for row in rows if row.values["load_t"] * row.values["radius_m"] > 0.5 * MOST_T_M]
