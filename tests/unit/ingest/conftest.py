"""A small registry for everything behind the door."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ingest.intake import Intake
from sensors.registry import ClockRule, FutureRule, Registry
from tests import builders


@pytest.fixture
def registry() -> Registry:
    load = builders.sensor("load_t", "crane", device="TC-1")
    return builders.registry(
        replace(load, sent_unit="kg", scale=0.001, offset=0.1),
        builders.sensor("moment_pct", "crane", device="TC-1"),
        builders.sensor("wind_ms", "crane", device="TC-1"),
        builders.sensor("deep_h_mm", "pit", device="PIT-1", point="CX1-1m"),
        builders.sensor("deep_h_mm", "pit", device="PIT-1", point="CX1-2m"),
        builders.sensor("danger_sign", "pit", device="PIT-1"),
    )


@pytest.fixture
def intake(registry: Registry) -> Intake:
    return Intake(registry)


@pytest.fixture
def restamping(registry: Registry) -> Intake:
    """An intake of a site that stamps readings of a broken clock anew."""
    clock = ClockRule(future=FutureRule.RESTAMP, not_before=datetime(2020, 1, 1, tzinfo=UTC))
    return Intake(Registry(replace(site, clock=clock) for site in registry.sites.values()))
