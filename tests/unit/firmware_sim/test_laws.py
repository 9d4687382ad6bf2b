"""The laws behind the signals against closed forms and what must be conserved."""

import math
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.physics.catchment import Cascade, Reach, widest_step_s
from firmware_sim.physics.ground import bulge, layered, staged, tertiary
from firmware_sim.physics.gust import Eddies, Turbulence, share_below, wave_number
from firmware_sim.physics.hyetograph import Chicago
from firmware_sim.physics.motion import Drive
from firmware_sim.physics.pendulum import Rope, Swing, swung

EDDIES = Eddies(length_m=340.0, cutoff_m=6.0, bands=40)


def kaimal(n_per_m: float, length_m: float) -> float:
    """Give the spectrum over wave numbers, variance 1 (IEC 61400-1)."""
    return 4.0 * length_m / math.pow(1.0 + 6.0 * n_per_m * length_m, 5.0 / 3.0)


def test_the_share_of_variance_is_the_integral_of_kaimals_spectrum() -> None:
    for n_per_m in (0.0005, 0.003, 0.05):
        steps = 20_000
        width = n_per_m / steps
        area = sum(kaimal((k + 0.5) * width, 340.0) * width for k in range(steps))
        assert share_below(n_per_m, 340.0) == pytest.approx(area, rel=1e-4)
        assert wave_number(share_below(n_per_m, 340.0), 340.0) == pytest.approx(n_per_m)


def test_gusts_have_the_variance_of_their_spectrum_less_what_the_cup_hides() -> None:
    found = []
    for seed in range(6):
        gusts = Turbulence(Random(seed), EDDIES)
        series = [gusts.at(7.3 * k) for k in range(4000)]
        mean = sum(series) / len(series)
        found.append(sum((value - mean) ** 2 for value in series) / len(series))
    seen = share_below(1.0 / EDDIES.cutoff_m, EDDIES.length_m)
    assert sum(found) / len(found) == pytest.approx(seen, rel=0.05)


def test_slow_gusts_carry_the_share_of_variance_the_spectrum_gives_them() -> None:
    """Means over 120 m of wind keep what is longer and lose what is shorter."""
    slow = []
    for seed in range(6):
        gusts = Turbulence(Random(seed), EDDIES)
        series = [gusts.at(10.0 * k) for k in range(9600)]
        means = [sum(series[k : k + 12]) / 12 for k in range(0, 9600, 12)]
        slow.append(sum(value**2 for value in means) / len(means))
    low, high = share_below(1.0 / 600.0, 340.0), share_below(1.0 / 120.0, 340.0)
    assert low < sum(slow) / len(slow) < high


@given(
    distance=st.floats(-400.0, 400.0),
    speed=st.floats(0.1, 10.0),
    acceleration=st.floats(0.05, 5.0),
)
def test_a_drive_never_exceeds_its_speed_and_arrives_exactly(
    distance: float, speed: float, acceleration: float
) -> None:
    drive = Drive(speed, acceleration)
    whole_s = drive.takes_s(distance)
    places = [drive.after(distance, whole_s * k / 200.0)[0] for k in range(201)]
    assert places[0] == 0.0
    assert places[-1] == pytest.approx(distance)
    step_s = max(whole_s / 200.0, 1e-9)
    assert all(abs(b - a) <= speed * step_s * 1.0001 + 1e-9 for a, b in pairwise(places))
    assert all(abs(drive.after(distance, whole_s * k / 50.0)[1]) <= acceleration for k in range(51))


@pytest.mark.parametrize("length_m", [5.0, 20.0, 60.0])
def test_a_load_swings_with_the_pendulums_period(length_m: float) -> None:
    rope = Rope(length_m=length_m)
    swing, step_s, crossings = Swing(angle=0.1), 0.37, []
    for k in range(1000):
        after = swung(swing, rope, 0.0, step_s)
        if swing.angle < 0.0 <= after.angle:
            crossings.append((k + swing.angle / (swing.angle - after.angle)) * step_s)
        swing = after
    period_s = (crossings[-1] - crossings[0]) / (len(crossings) - 1)
    assert rope.period_s == pytest.approx(math.tau * math.sqrt(length_m / 9.80665))
    assert period_s == pytest.approx(rope.period_s, rel=0.002)


def test_a_steady_pull_hangs_the_load_back_and_damping_stills_it() -> None:
    rope = Rope(length_m=15.0, damping=0.05)
    swing = Swing()
    for _ in range(2000):
        swing = swung(swing, rope, 0.4, 0.5)
    assert swing.angle == pytest.approx(-0.4 / 9.80665)
    assert swing.rate == pytest.approx(0.0, abs=1e-9)


@given(depth_mm=st.floats(1.0, 500.0), hours=st.floats(0.5, 48.0), peak_share=st.floats(0.1, 0.9))
@settings(max_examples=15, deadline=None)
def test_a_designed_storm_brings_its_depth_and_peaks_where_it_says(
    depth_mm: float, hours: float, peak_share: float
) -> None:
    storm = Chicago(depth_mm=depth_mm, length_s=hours * 3600.0, peak_share=peak_share)
    assert storm.fallen_mm(storm.length_s) == pytest.approx(depth_mm)
    steps = 4_000
    step_s = storm.length_s / steps
    fallen = sum(storm.intensity_mm_per_h((k + 0.5) * step_s) for k in range(steps)) * step_s / 3600
    assert fallen == pytest.approx(depth_mm, rel=0.01)
    half = storm.length_s * peak_share / 2.0
    part = sum(
        storm.intensity_mm_per_h((k + 0.5) * half / 2000) * half / 2000 / 3600 for k in range(2000)
    )
    assert storm.fallen_mm(half) == pytest.approx(part, rel=0.01, abs=1e-9)
    peak = storm.intensity_mm_per_h(storm.length_s * peak_share)
    assert all(
        storm.intensity_mm_per_h(storm.length_s * k / 100.0) <= peak + 1e-9 for k in range(101)
    )


@given(inflows=st.lists(st.floats(0.0, 300.0), min_size=1, max_size=60), n=st.integers(1, 5))
@settings(max_examples=50, deadline=None)
def test_a_cascade_keeps_every_drop(inflows: list[float], n: int) -> None:
    cascade, step_s = Cascade(n=n, keeps_s=2400.0), 300.0
    out = [cascade.step(inflow, step_s) for inflow in inflows]
    assert min(out) >= -1e-9
    balance = sum(out) * step_s + sum(cascade.stored)
    assert balance == pytest.approx(sum(inflows) * step_s, rel=1e-9, abs=1e-6)


def test_a_cascades_pulse_has_the_mean_delay_of_nashs_unit_hydrograph() -> None:
    cascade, step_s = Cascade(n=3, keeps_s=2160.0), 60.0
    out = [cascade.step(1.0 if k == 0 else 0.0, step_s) for k in range(2000)]
    centre_s = sum(q * (k + 0.5) * step_s for k, q in enumerate(out)) / sum(out)
    assert centre_s == pytest.approx(3 * 2160.0 + step_s / 2.0, rel=0.01)


@given(inflows=st.lists(st.floats(0.0, 300.0), min_size=1, max_size=80))
@settings(max_examples=50, deadline=None)
def test_muskingum_routing_balances(inflows: list[float]) -> None:
    reach, step_s = Reach(travel_s=3600.0, x=0.2), 900.0
    assert step_s <= widest_step_s(reach)
    entered = left = 0.0
    before_in = before_out = 0.0
    for inflow in inflows:
        outflow = reach.step(inflow, step_s)
        entered += (before_in + inflow) / 2.0 * step_s
        left += (before_out + outflow) / 2.0 * step_s
        before_in, before_out = inflow, outflow
    assert left + reach.stored == pytest.approx(entered, rel=1e-9, abs=1e-6)


def test_a_reach_delays_and_flattens_a_wave_and_loses_nothing_of_it() -> None:
    reach = Reach(travel_s=3600.0, x=0.2)
    wave = [max(0.0, 100.0 * math.sin(math.pi * k / 40.0)) if k < 40 else 0.0 for k in range(400)]
    out = [reach.step(q, 900.0) for q in wave]
    assert out.index(max(out)) > wave.index(max(wave))
    assert max(out) < max(wave)
    assert sum(out) == pytest.approx(sum(wave), rel=1e-3)


def test_tertiary_creep_has_an_inverse_velocity_that_falls_in_a_straight_line_to_failure() -> None:
    failure_s, step_s = 86400.0, 60.0
    times = [3600.0 * hour for hour in range(1, 23)]
    inverse = [step_s / (tertiary(t + step_s, failure_s) - tertiary(t, failure_s)) for t in times]
    for t, value in zip(times, inverse, strict=True):
        assert value == pytest.approx(failure_s - t, rel=0.02)


def test_a_stage_is_done_when_the_digging_ends_and_creeps_with_the_logarithm() -> None:
    assert staged(0.0, 100.0, 0.1, 10.0) == 0.0
    assert staged(100.0, 100.0, 0.1, 10.0) == pytest.approx(1.0)
    decade = staged(100.0 + 990.0, 100.0, 0.1, 10.0) - staged(100.0 + 90.0, 100.0, 0.1, 10.0)
    assert decade == pytest.approx(0.1, rel=0.001)


def test_a_pour_comes_in_layers() -> None:
    shares = [layered(t, 600.0, 6) for t in range(0, 700, 5)]
    assert all(a <= b for a, b in pairwise(shares))
    assert [layered(100.0 * n, 600.0, 6) for n in range(7)] == pytest.approx(
        [n / 6 for n in range(7)]
    )
    assert layered(75.0, 600.0, 6) == pytest.approx(1 / 6)


def test_a_propped_wall_bulges_most_at_its_depth() -> None:
    profile = [bulge(depth, 15.0, 0.7, 0.35) for depth in range(23)]
    assert profile.index(max(profile)) == round(0.7 * 15)
    assert bulge(10.5, 15.0, 0.7, 0.35) == 1.0
