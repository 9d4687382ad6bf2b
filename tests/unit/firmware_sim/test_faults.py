"""Each fault does what its name says to a sensor, a clock or a message, and nothing to others."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from firmware_sim.device import Device, Publish, Wait
from firmware_sim.events import DEEDS, FAULTS, Event
from firmware_sim.faults import Faults, WrongClock
from firmware_sim.life import life_of
from firmware_sim.mishap import FAULTY, SMOOTH, Rough, Way
from firmware_sim.physics.build import build
from firmware_sim.physics.world import World
from firmware_sim.site import DeviceSpec, SensorSpec

START = datetime(2026, 7, 1, tzinfo=UTC)
RIVER = DeviceSpec(
    site="creek",
    id="WL-1",
    kind="water_level",
    every_s=60.0,
    sensors=(SensorSpec("stage_m"), SensorSpec("battery_pct")),
)
RAIN = DeviceSpec(
    site="creek", id="RG-1", kind="rain", every_s=60.0, sensors=(SensorSpec("rain_total_mm"),)
)


def event(deed: str, at_s: float = 600.0, quantity: str = "", **params: float) -> Event:
    defaults = {name: param.default for name, param in DEEDS[deed].params.items()}
    return Event(deed=deed, at_s=at_s, target="creek", quantity=quantity, params=defaults | params)


def seen(
    *events: Event, spec: DeviceSpec = RIVER, quantity: str = "stage_m", value: float = 2.0
) -> list[float | None]:
    """Give what a sensor says of a steady value, every minute for half an hour."""
    world = World(start=START, seed=3, events=events)
    faults = Faults(spec, SensorSpec(quantity), world)
    return [faults.seen(value + 0.001 * minute, 60.0 * minute) for minute in range(31)]


def clean(value: float = 2.0) -> list[float]:
    return [value + 0.001 * minute for minute in range(31)]


def test_without_a_fault_nothing_is_changed() -> None:
    assert seen() == clean()


def test_a_gap_gives_nothing_and_ends() -> None:
    said = seen(event("gap", lasting=300.0))
    assert said[10:15] == [None] * 5
    assert [said[:10], said[15:]] == [clean()[:10], clean()[15:]]


def test_a_stuck_sensor_repeats_what_it_said_last() -> None:
    said = seen(event("stick", lasting=600.0))
    assert said[10:20] == [clean()[9]] * 10
    assert said[20:] == clean()[20:]


def test_a_spike_is_one_sample() -> None:
    said = seen(event("spike", by=0.4))
    assert [k for k, (a, b) in enumerate(zip(said, clean(), strict=True)) if a != b] == [10]
    assert said[10] == pytest.approx(clean()[10] + 0.4)


def test_a_bias_is_a_step_and_a_drift_a_ramp() -> None:
    bias = seen(event("bias", by=-0.5, lasting=300.0))
    assert bias[12] == pytest.approx(clean()[12] - 0.5)
    assert bias[15] == clean()[15]
    drift = seen(event("drift", by=1.0, over=1200.0))
    assert drift[20] == pytest.approx(clean()[20] + 0.5)
    assert drift[30] == pytest.approx(clean()[30] + 1.0)


def test_a_wrong_unit_stretches() -> None:
    assert seen(event("wrong_unit", times=1000.0))[12] == pytest.approx(1000.0 * clean()[12])


def test_a_counter_begins_again_at_zero_and_counts_on() -> None:
    said = seen(event("counter_reset"), spec=RAIN, quantity="rain_total_mm", value=400.0)
    assert said[9] == clean(400.0)[9]
    assert said[10] == pytest.approx(0.001)
    assert said[30] == pytest.approx(0.021)
    twice = seen(
        event("counter_reset"),
        event("counter_reset", at_s=1200.0),
        spec=RAIN,
        quantity="rain_total_mm",
        value=400.0,
    )
    assert twice[20] == pytest.approx(0.001)
    assert seen(event("counter_reset"))[30] == clean()[30]


def test_a_battery_runs_down_and_leaves_what_is_measured_alone() -> None:
    low = event("low_battery", to_pct=10.0, over=1200.0)
    said = seen(low, quantity="battery_pct", value=90.0)
    assert said[30] == pytest.approx(9.003)
    assert seen(low) == clean()


def test_a_dying_instrument_grows_noisy_and_falls_silent() -> None:
    said = seen(event("dying", noise=0.5, over=1200.0))
    off = [abs(a - b) for a, b in zip(said, clean(), strict=True) if a is not None]
    assert len(off) == 30
    assert sum(off[10:15]) < sum(off[22:27])
    assert said[30] is None


def test_a_fault_may_name_one_quantity() -> None:
    assert seen(event("gap", quantity="battery_pct")) == clean()


def test_a_clock_jumps_back_or_runs_fast_and_is_set_right() -> None:
    jump = WrongClock([event("clock_jump", by=-3600.0, lasting=300.0)])
    assert [jump(t) for t in (599.0, 600.0, 899.0, 900.0)] == [599.0, -3000.0, -2701.0, 900.0]
    skew = WrongClock([event("clock_skew", ppm=1000.0, lasting=1000.0)])
    assert skew(1100.0) == pytest.approx(1100.5)
    assert skew(1700.0) == 1700.0


def test_a_device_stamps_its_samples_with_its_own_clock() -> None:
    wrong = WrongClock([event("clock_jump", at_s=0.0, by=-3600.0, lasting=1e6)])
    world = World(start=START, seed=1)
    device = Device(RIVER, build(RIVER, world), start=START, seed=1, clock=wrong)
    device.step(5.0)
    device.connected()
    device.born()
    order = device.step(200.0)
    assert isinstance(order, Publish)
    assert all(sample.at.hour == 23 for sample in order.samples)


def test_an_outage_is_a_cut_and_a_mending() -> None:
    life = life_of(RIVER, [event("outage", lasting=300.0), event("die", at_s=2000.0)])
    assert [(e.deed, e.at_s) for e in life] == [
        ("cut_link", 600.0),
        ("restore", 900.0),
        ("die", 2000.0),
    ]
    assert life_of(RIVER, [Event(deed="die", at_s=1.0, target="other")]) == []


def delays(rough: Rough, *events: Event, n: int = 4000) -> list[tuple[float, ...]]:
    way = Way(RIVER, events, seed=5, rough=rough)
    return [way.delays_s(60.0 * k) for k in range(n)]


def test_messages_are_lost_doubled_and_delayed_in_the_shares_asked_for() -> None:
    found = delays(FAULTY)
    assert sum(not copies for copies in found) / len(found) == pytest.approx(0.01, abs=0.006)
    assert sum(len(c) == 2 for c in found) / len(found) == pytest.approx(0.05, abs=0.012)
    late = [delay for copies in found for delay in copies]
    assert 0.0 <= min(late) < max(late) <= 600.0
    assert sum(late) / len(late) == pytest.approx(300.0, rel=0.05)


def test_a_smooth_way_and_a_disturbance_that_is_over_change_nothing() -> None:
    assert set(delays(SMOOTH)) == {(0.0,)}
    found = delays(SMOOTH, event("reorder", within=900.0, lasting=1200.0), n=60)
    assert set(found[:10] + found[30:]) == {(0.0,)}
    assert max(copies[0] for copies in found[10:30]) > 120.0
    assert () in delays(SMOOTH, event("lose", share=0.5, lasting=6000.0), n=60)
    assert 2 in {len(c) for c in delays(SMOOTH, event("duplicate", lasting=6000.0), n=60)}


def test_every_fault_is_known_to_scenario_files_and_is_the_same_for_the_same_seed() -> None:
    assert not FAULTS - DEEDS.keys()
    assert delays(FAULTY) == delays(FAULTY)


def test_a_device_waits_when_its_sensors_say_nothing() -> None:
    world = World(start=START, seed=1, events=[event("gap", at_s=0.0, lasting=1e6)])
    device = Device(RIVER, build(RIVER, world), start=START, seed=1)
    device.step(5.0)
    device.connected()
    device.born()
    assert isinstance(device.step(3000.0), Wait)


def test_a_blocked_gauge_catches_its_share_and_opens_again() -> None:
    storm = Event(
        deed="rain_storm",
        at_s=0.0,
        params={"peak_mm_per_h": 60.0, "rise": 1.0, "hold": 1e5, "fall": 1.0, "spread": 0.0},
    )
    spec = replace(RAIN, sensors=(SensorSpec("rain_mm"),))
    shut = event("blocked", catch=0.0, lasting=600.0)
    signal = build(spec, World(start=START, seed=3, events=[storm, shut]))
    bins = [signal.at(60.0 * minute)[""]["rain_mm"] for minute in range(1, 31)]
    assert sum(bins[10:20]) == 0.0
    assert min(sum(bins[:10]), sum(bins[20:])) > 5.0
