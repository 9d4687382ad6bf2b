"""The device's state machine: nothing is published twice, nothing is lost without being counted."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim import decode
from firmware_sim.device import (
    Birth,
    Command,
    Connect,
    Device,
    Habits,
    HangUp,
    Order,
    Publish,
    State,
    Wait,
)
from firmware_sim.site import DeviceSpec, SensorSpec

START = datetime(2026, 7, 1, tzinfo=UTC)


class Counting:
    """A signal whose value is the number of times it was asked, at two points."""

    def __init__(self) -> None:
        self.n = 0

    def at(self, t_s: float) -> dict[str, dict[str, float]]:
        del t_s
        self.n += 1
        return {"a": {"stage_m": float(self.n)}, "b": {"stage_m": float(-self.n)}}


def device(*, every_s: float = 10.0, seed: int = 1, habits: Habits | None = None) -> Device:
    spec = DeviceSpec(
        site="creek",
        id="WL-01",
        kind="water_level",
        every_s=every_s,
        sensors=(SensorSpec("stage_m", "a"), SensorSpec("stage_m", "b")),
    )
    return Device(spec, Counting(), start=START, seed=seed, habits=habits)


def live(subject: Device, now_s: float = 5.0) -> None:
    assert subject.step(now_s) == Connect()
    subject.connected()
    assert subject.step(now_s) == Birth()
    subject.born()


def drain(subject: Device, now_s: float) -> list[int]:
    """Let everything that is due be published and acknowledged; give the sequence numbers."""
    numbers = []
    while isinstance(order := subject.step(now_s), Publish):
        numbers += [sample.seq for sample in order.samples]
        subject.acknowledged()
    return numbers


def test_it_boots_connects_is_born_and_then_publishes_what_it_measured() -> None:
    subject = device()
    assert isinstance(subject.step(0.0), Wait)
    live(subject)
    assert drain(subject, 25.0) == [0, 1, 2, 3]
    assert subject.state is State.LIVE
    assert subject.step(25.0) == Wait(30.0)


def test_samples_carry_the_instant_they_were_due_not_the_one_they_were_sent() -> None:
    subject = device()
    live(subject)
    order = subject.step(27.3)
    assert isinstance(order, Publish)
    assert [sample.at.second for sample in order.samples] == [10, 10, 20, 20]


def test_what_was_stored_while_cut_off_arrives_in_bursts_of_at_most_a_hundred() -> None:
    subject = device(every_s=1.0)
    live(subject)
    drain(subject, 10.0)
    subject.cut(10.0)
    assert subject.step(10.0) == HangUp()
    assert all(not isinstance(subject.step(10.0 + t), Connect) for t in range(200))
    subject.restore(210.0)
    live(subject, 400.0)
    bursts = []
    while isinstance(order := subject.step(400.0), Publish):
        bursts.append(len(order.samples))
        subject.acknowledged()
    assert max(bursts) == 100
    assert sum(bursts) == 780
    assert subject.dropped == 0


def test_a_message_that_was_not_acknowledged_is_sent_again_whole_and_first() -> None:
    subject = device()
    live(subject)
    lost = subject.step(30.0)
    assert isinstance(lost, Publish)
    subject.broken(30.0)
    live(subject, 60.0)
    again = subject.step(60.0)
    assert isinstance(again, Publish)
    assert again.samples[:6] == lost.samples
    assert [sample.seq for sample in again.samples] == list(range(12))


def test_a_full_store_drops_the_oldest_and_counts_them() -> None:
    subject = device(every_s=1.0, habits=Habits(max_waiting=50))
    subject.step(100.0)
    assert subject.n_waiting == 50
    assert subject.dropped == subject.sampled - 50
    live(subject, 100.0)
    kept = drain(subject, 100.0)
    assert kept == list(range(subject.sampled - 50, subject.sampled))


def test_back_off_grows_to_its_ceiling_and_starts_over_after_success() -> None:
    subject = device(habits=Habits(backoff_s=2.0, max_backoff_s=60.0))
    waits, now_s = [], 5.0
    for _ in range(12):
        while isinstance(order := subject.step(now_s), Wait):
            now_s = order.until_s
        assert order == Connect()
        waits.append(now_s)
        subject.broken(now_s)
    gaps = [b - a for a, b in pairwise(waits)]
    assert gaps[0] <= 2.0
    assert 30.0 <= gaps[-1] <= 60.0
    assert max(gaps) <= 60.0


def test_the_dead_say_nothing_any_more_and_what_they_held_is_counted() -> None:
    subject = device()
    live(subject)
    subject.die(30.0)
    assert subject.step(30.0) == HangUp()
    assert subject.step(10_000.0) == Wait(float("inf"))
    assert (subject.sampled, subject.dropped, subject.n_waiting) == (6, 6, 0)
    assert subject.is_done


def test_power_back_boots_again_and_the_counter_goes_on() -> None:
    subject = device()
    live(subject)
    drain(subject, 30.0)
    subject.die(30.0)
    subject.step(30.0)
    subject.restore(100.0)
    assert isinstance(subject.step(100.0), Wait)
    live(subject, 105.0)
    assert drain(subject, 110.0) == [6, 7]


def test_it_stops_sampling_at_the_end_and_is_done_when_all_is_acknowledged() -> None:
    subject = device(habits=Habits(end_s=30.0))
    live(subject)
    assert isinstance(subject.step(500.0), Publish)
    done = [subject.is_done]
    subject.acknowledged()
    done.append(subject.is_done)
    assert done == [False, True]
    assert subject.sampled == 6


steps = st.lists(
    st.tuples(
        st.floats(min_value=0.0, max_value=40.0),
        st.sampled_from(["ok", "ok", "ok", "fail", "cut", "restore", "die"]),
    ),
    max_size=80,
)


@settings(max_examples=200, deadline=None)
@given(steps=steps, cap=st.integers(min_value=3, max_value=40), seed=st.integers(0, 1000))
def test_every_sample_is_acknowledged_once_or_counted_as_dropped(
    steps: list[tuple[float, str]], cap: int, seed: int
) -> None:
    subject = device(every_s=3.0, seed=seed, habits=Habits(max_waiting=cap, max_burst=7))
    taken: list[int] = []
    now_s = 0.0
    for after_s, what in steps:
        now_s += after_s
        if what in ("cut", "restore", "die"):
            {"cut": subject.cut, "restore": subject.restore, "die": subject.die}[what](now_s)
            continue
        answer(subject, subject.step(now_s), taken, now_s if what == "fail" else None)
        assert subject.n_waiting <= cap
        assert subject.sampled == subject.acknowledged_n + subject.dropped + subject.n_waiting
    assert len(taken) == len(set(taken)) == subject.acknowledged_n
    assert taken == sorted(taken)


def answer(subject: Device, order: Order, taken: list[int], broken_at_s: float | None) -> None:
    if isinstance(order, Wait | HangUp):
        return
    if broken_at_s is not None:
        subject.broken(broken_at_s)
    elif isinstance(order, Connect):
        subject.connected()
    elif isinstance(order, Birth):
        subject.born()
    else:
        taken += [sample.seq for sample in order.samples]
        subject.acknowledged()


def test_a_device_that_was_told_samples_at_its_new_pace_and_still_loses_nothing() -> None:
    subject = device(every_s=600.0)
    live(subject)
    assert drain(subject, 30.0) == []
    assert subject.obey(Command("a", "set_interval", {"interval_s": 5.0}), 30.0) == ""
    assert len(drain(subject, 50.0)) == 2 * 4
    assert subject.sampled == subject.acknowledged_n + subject.dropped + subject.n_waiting


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (Command("a", "dance", {}), "no such command; known: set_interval, siren"),
        (Command("a", "siren", {"on": 1, "seconds": 5}), "on must be true or false"),
        (Command("a", "siren", {"on": True, "seconds": 601}), "seconds must be above 0"),
        (Command("a", "set_interval", {}), "interval_s must be a number"),
        (Command("a", "set_interval", {"interval_s": True}), "interval_s must be a number"),
        (Command("a", "set_interval", {"interval_s": 0.1}), "must lie within 0.5"),
        (Command("a", "set_interval", {"interval_s": 5.0}, START), "it came too late"),
    ],
)
def test_a_command_that_cannot_be_obeyed_is_refused_with_the_reason(
    command: Command, words: str
) -> None:
    assert words in device().obey(command, 30.0)


@given(st.binary(max_size=80))
def test_no_bytes_make_the_reading_of_commands_raise(payload: bytes) -> None:
    assert decode.command(payload)
