"""What fails beside the warnings is told and started again; everything else goes on."""

import asyncio

import pytest

from groundwatch.keep_going import STEADY_S, KeepGoing
from groundwatch.supervise import Problem, Standing


class Task:
    """Fails as often as the test says, then waits until it is let go."""

    def __init__(self, n_failures: int) -> None:
        self.n_failures = n_failures
        self.n_runs = 0
        self.has_begun = asyncio.Event()
        self.is_up = asyncio.Event()
        self.gate = asyncio.Event()

    async def run(self) -> None:
        self.n_runs += 1
        self.has_begun.set()
        if self.n_runs <= self.n_failures:
            raise LookupError("a defect nobody thought of")
        self.is_up.set()
        await self.gate.wait()


class Time:
    """Seconds that move only when the test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


async def test_a_task_that_fails_is_started_again_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    time, task = Time(), Task(n_failures=3)
    keep = KeepGoing(first_pause_s=0.001, max_pause_s=0.002, monotonic=time)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(keep.run("shipping", task.run))
        await task.is_up.wait()
        verdict = keep.verdicts()["task_shipping"]
        assert isinstance(verdict, Problem)
        assert "shipping failed (LookupError)" in verdict.text
        time.now_s += STEADY_S - 1
        assert isinstance(keep.verdicts()["task_shipping"], Problem)
        time.now_s += 1
        assert keep.verdicts()["task_shipping"] is Standing.OVER
        task.gate.set()
    assert task.n_runs == 4
    assert (
        caplog.text.count("LookupError: a defect nobody thought of") == 3
    )  # each with its traceback


async def test_of_a_task_just_started_nothing_is_known_and_one_that_ended_is_well() -> None:
    task = Task(n_failures=0)
    keep = KeepGoing(monotonic=Time())
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(keep.run("http", task.run))
        await task.is_up.wait()
        assert keep.verdicts() == {"task_http": Standing.UNKNOWN}
        task.gate.set()
    assert keep.verdicts() == {"task_http": Standing.OVER}


async def test_after_a_stop_nothing_is_started_again() -> None:
    task = Task(n_failures=9)
    keep = KeepGoing(first_pause_s=60)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        group.create_task(keep.run("http", task.run))
        await task.has_begun.wait()
        keep.stop()
    assert task.n_runs == 1


async def test_a_cancelled_task_ends() -> None:
    task = Task(n_failures=0)
    keep = KeepGoing(first_pause_s=0.001)
    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        kept = group.create_task(keep.run("http", task.run))
        await task.is_up.wait()
        kept.cancel()
    assert kept.cancelled()
    assert task.n_runs == 1
