"""Half of the reports lost, or ten minutes out of order: dangers that come in bursts stay told.

Gusts (a storm between whose gusts it is calm) and a vehicle that stands in a flooded underpass.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from msgspec import structs

from alerting.book import Change
from alerting.joints.table import joints_for
from alerting.judge import Judge
from alerting.model import AlertState, Severity, TransitionKind
from alerting.rules import PACK_FOLDER
from sensors.model import Report
from sensors.qc.checks import NO_CHECKS
from sensors.registry import Registry
from sensors.underpass import Underpass
from sensors.virtual.water import with_virtual_water
from tests.builders import at, packs_of, registry, report, sensor

LATEST = timedelta(minutes=10)
# The danger holds from the one to the other; before and after it is calm.
BEGINS_S, ENDS_S, LAST_S = 1200.0, 4800.0, 9000.0
ENDINGS = {TransitionKind.DOWNGRADED, TransitionKind.CLEARED, TransitionKind.WITHDRAWN}
Line = Callable[[Sequence[Report], int], list[Report]]


def whole(reports: Sequence[Report], seed: int) -> list[Report]:
    del seed
    return list(reports)


def halved(reports: Sequence[Report], seed: int) -> list[Report]:
    """Lose every second report of each device."""
    kept: list[Report] = []
    for name in sorted({each.device for each in reports}):
        kept += [each for each in reports if each.device == name][seed % 2 :: 2]
    return sorted(kept, key=lambda each: each.taken_at)


def disordered(reports: Sequence[Report], seed: int) -> list[Report]:
    """Let each report come up to ten minutes late."""
    chance = random.Random(seed)
    late = [
        structs.replace(each, received_at=each.taken_at + chance.random() * LATEST)
        for each in reports
    ]
    return sorted(late, key=lambda each: each.received_at)


def both(reports: Sequence[Report], seed: int) -> list[Report]:
    return disordered(halved(reports, seed), seed)


LINES = [whole, halved, disordered, both]


def run(known: Registry, reports: Sequence[Report], rule_id: str) -> list[Change]:
    """Judge reports as they come, with a look at the clock every minute between them."""
    judge = Judge(
        registry=known,
        packs=packs_of(PACK_FOLDER),
        detector_for=lambda _: None,
        joints=joints_for(known),
    )
    judge.silence.start(at(0).timestamp(), grace_s=60.0)
    changes: list[Change] = []
    for seq, (entry, following) in enumerate(pairwise([*reports, reports[-1]]), 1):
        changes += judge.take([entry], seq, entry.received_at)
        now = entry.received_at
        while now <= following.received_at:
            changes += judge.tick(now, seq)
            now += timedelta(minutes=1)
    return [each for each in changes if each.alert.rule_id == rule_id]


def check_told_once(changes: Sequence[Change]) -> None:
    """There is one alert, red soon after the danger began and as soon as its reports came."""
    assert len({each.alert.id for each in changes}) == 1
    red = next(each for each in changes if each.alert.severity is Severity.EXTREME)
    assert red.transition.detected_at <= at(BEGINS_S + 130.0) + LATEST
    assert all(at(BEGINS_S) <= each.alert.started_at < at(ENDS_S) for each in changes)


def wind(seconds: float, wind_ms: float) -> Report:
    return report(seconds, {"wind_ms": wind_ms}, kind="crane", device="TC", delay_s=0.2)


def storm(chance: random.Random) -> list[Report]:
    """A report every 10 s: two of four in a gust of 21 m/s, the others in a lull of 5 m/s."""
    return [
        wind(
            10.0 * n,
            chance.uniform(20.5, 22.0)
            if BEGINS_S <= 10.0 * n < ENDS_S and n % 4 < 2
            else chance.uniform(4.0, 6.0),
        )
        for n in range(int(LAST_S / 10.0))
    ]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("seed", range(4))
def test_gusts_are_told_and_their_lulls_end_nothing(line: Line, seed: int) -> None:
    crane = sensor("wind_ms", "crane", device="TC", every_s=10.0, checks=NO_CHECKS)
    reports = line(storm(random.Random(seed)), seed)
    changes = run(registry(crane), reports, "crane_gust")
    check_told_once(changes)
    ends = [each.transition.taken_at for each in changes if each.transition.kind in ENDINGS]
    assert all(end >= at(ENDS_S) for end in ends)


def underpass() -> Registry:
    car = sensor("vehicles", "camera", device="CAM", point="lane", every_s=60.0, checks=NO_CHECKS)
    deep = sensor("ponding_depth_m", device="UP", every_s=60.0, checks=NO_CHECKS)
    (site,) = registry(car, deep).sites.values()
    site = replace(site, underpasses=(Underpass(zone="CAM/lane", gauge="UP"),))
    return Registry([with_virtual_water(site)])


def flood() -> list[Report]:
    """Water for longer than the van stands in it; the camera then sees no vehicle any more."""
    reports: list[Report] = []
    for n in range(int(LAST_S / 60.0)):
        seconds, is_there = 60.0 * n, BEGINS_S <= 60.0 * n < ENDS_S
        depth_m = 0.4 if BEGINS_S - 300.0 <= seconds < ENDS_S + 600.0 else 0.0
        reports.append(report(seconds, {"ponding_depth_m": depth_m}, device="UP"))
        seen = {"vehicles": float(is_there)}
        reports.append(report(seconds + 5, seen, kind="camera", device="CAM", point="lane"))
    return reports


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("seed", range(4))
def test_a_vehicle_in_water_is_told_and_kept_until_a_person_ends_it(line: Line, seed: int) -> None:
    changes = run(underpass(), line(flood(), seed), "vehicle_in_water")
    check_told_once(changes)
    assert {each.alert.state for each in changes} == {AlertState.FIRING}
    awaits = [
        each.transition.taken_at
        for each in changes
        if each.transition.kind is TransitionKind.AWAITS_SIGN_OFF
    ]
    assert all(when >= at(ENDS_S) for when in awaits)
