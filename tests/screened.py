"""Runs a series through one sensor's tests, by the same door as the program does."""

from collections.abc import Sequence
from dataclasses import replace

from alerting.watch import Timing, Watch
from sensors.model import Qc
from sensors.qc.checks import Checks
from tests.builders import sensor

DAY_S = 86_400.0


def watch_with(
    checks: Checks,
    *,
    every_s: float = 300.0,
    lateness_s: float = 0.0,
    stale_s: float = DAY_S,
) -> Watch:
    """A water-level sensor with no rule and these tests."""
    made = replace(sensor("stage_m", every_s=every_s), checks=checks)
    return Watch(sensor=made, rules=(), timing=Timing(lateness_s, stale_s, DAY_S))


def flags_of(checks: Checks, times: Sequence[float], values: Sequence[float]) -> list[int]:
    """Give every reading's flag once all have come, in order of time."""
    watch = watch_with(checks, lateness_s=1e12)
    for time_s, value in zip(times, values, strict=True):
        watch.put(time_s, value, Qc.PASS, 0.0)
    assert watch.screen is not None
    found = watch.screen.found
    return [found[at].qc if at in found else int(Qc.PASS) for at in times]
