"""A small fleet of cranes whose quantities belong together, and a forest trained on it."""

import math
import random
from collections.abc import Callable

import pytest

from alerting.detect.features import Sample, frame_of
from alerting.detect.forest import Forest, ForestPlan, train

PLAN = ForestPlan(n_trees=40, min_fit_rows=500, min_key_rows=200, days_per_flag=15)
START_S = 1_700_006_400.0
STEP_S = 600.0
PER_DAY = 144

CraneDays = Callable[..., list[Sample]]


def crane_days(n: int, days: float, first_day: float = 0.0) -> list[Sample]:
    """Give rows of crane `n`: wind follows the day, tilt follows the wind, moment load x radius."""
    chance = random.Random(1_000 * n + int(first_day))
    rows = []
    for at in range(int(days * PER_DAY)):
        taken_at_s = START_S + first_day * 86_400.0 + at * STEP_S
        hour = taken_at_s / 86_400.0 * 2.0 * math.pi
        wind = max(0.0, 5.0 + 2.0 * math.sin(hour) + chance.gauss(0.0, 0.7))
        load = chance.choice((0.0, chance.uniform(1.0, 6.0)))
        radius = chance.uniform(5.0, 50.0)
        values = {
            "wind_ms": wind,
            "tilt_x_deg": 0.1 * n + 0.02 * wind + chance.gauss(0.0, 0.003),
            "load_t": load,
            "radius_m": radius,
            "moment_pct": load * radius / 3.0,
            "slew_deg": chance.uniform(0.0, 360.0),
            "lift_state": float(chance.randrange(4)),
        }
        rows.append(Sample(f"yard/crane-{n}/", taken_at_s, values))
    return rows


@pytest.fixture(scope="session")
def cranes() -> CraneDays:
    return crane_days


@pytest.fixture(scope="session")
def plan() -> ForestPlan:
    return PLAN


@pytest.fixture(scope="session")
def forest() -> Forest:
    return train("crane", frame_of(row for n in range(4) for row in crane_days(n, 20)), PLAN)
