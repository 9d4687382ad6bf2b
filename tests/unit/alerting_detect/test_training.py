"""Models from stored history: trained off the loop, swapped in, and never in the way."""

import asyncio
import stat
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import time_machine

from alerting.detect.detector import Calm, NotReady, Surprise
from alerting.detect.features import Sample
from alerting.detect.forest import Forest, ForestPlan
from alerting.detect.shelf import Shelf
from groundwatch.training import Intake, InUse, Judged, Retraining, TrainingPlan, model_key
from groundwatch.training_history import HistoryPlan
from sensors.model import Qc, Report
from storage.embedded import EmbeddedConfig, EmbeddedStore
from storage.errors import StoreUnavailable
from storage.ports import Place, Row

CraneDays = Callable[..., list[Sample]]
KINDS_USED = ("crane", "pit")
KEY = b"a key of sixteen bytes or more"


class StandingClock:
    """A clock that stands where the test puts it."""

    def __init__(self, now: datetime) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time


class AwayStore(EmbeddedStore):
    """A store whose database does not answer."""

    async def rows_of_each(
        self, kind: str, most: Mapping[Place, int], since: datetime, until: datetime
    ) -> list[Row]:
        raise StoreUnavailable(f"no answer when asked for {kind} {since:%d} {until:%d} {most}")


def four(kind: str) -> dict[Place, timedelta]:
    """Say how often the cranes of these tests speak, each of its pits too."""
    return {("yard", f"{kind}-{n}", ""): timedelta(minutes=10) for n in range(4)}


def report(sample: Sample, **values: float) -> Report:
    site, device, point = sample.key.split("/")
    at = datetime.fromtimestamp(sample.taken_at_s, UTC)
    return Report(site, device, "crane", point, at, at, {**sample.values, **values}, {})


def retraining(
    store: EmbeddedStore, in_use: InUse, folder: Path, plan: ForestPlan, now: datetime
) -> Retraining:
    return Retraining(
        store=store,
        every=four,
        models=in_use,
        shelf=Shelf(folder, KEY),
        clock=StandingClock(now),
        plan=TrainingPlan(
            history=HistoryPlan(span=timedelta(days=21)), kinds=KINDS_USED, forest=plan
        ),
    )


@pytest.fixture
async def store(tmp_path: Path, cranes: CraneDays) -> AsyncIterator[EmbeddedStore]:
    store = EmbeddedStore(EmbeddedConfig(path=tmp_path / "store.db"))
    await store.open()
    for n in range(4):
        await store.write([report(sample) for sample in cranes(n, 20)])
    yield store
    await store.close()


@pytest.fixture
def in_use(tmp_path: Path) -> InUse:
    return InUse(Shelf(tmp_path / "models", KEY), Intake(every_s=0.01))


@pytest.fixture
def end(cranes: CraneDays) -> datetime:
    return datetime.fromtimestamp(cranes(0, 20)[-1].taken_at_s + 60, UTC)


async def test_before_any_training_every_kind_says_not_ready(
    in_use: InUse, cranes: CraneDays
) -> None:
    await in_use.load()
    assert "no model of crane has been trained yet" in in_use.ready("crane").reason
    [judged] = await in_use.examine([report(cranes(0, 1)[0])])
    assert judged.answer == NotReady("no model of crane has been trained yet")
    assert judged.sensor == ("yard", "crane-0", "", "")


async def test_training_reads_history_saves_the_model_and_judges_with_it(
    store: EmbeddedStore,
    in_use: InUse,
    tmp_path: Path,
    plan: ForestPlan,
    end: datetime,
    cranes: CraneDays,
) -> None:
    status, _ = await retraining(store, in_use, tmp_path / "models", plan, end).retrain("crane")
    assert (status.problem, status.readiness.is_ready, status.n_rows) == ("", True, 4 * 20 * 144)
    assert status.trained_until == end - timedelta(seconds=60)

    rows = cranes(1, 1, first_day=20)
    calm = await in_use.examine([report(row) for row in rows[:3]])
    assert [type(judged.answer) for judged in calm] == [Calm] * 3
    found = await in_use.examine([report(row, tilt_x_deg=1.5) for row in rows[3:6]])
    assert [type(judged.answer) for judged in found] == [Calm, Surprise, Surprise]

    again = InUse(Shelf(tmp_path / "models", KEY))
    await again.load()
    assert again.ready("crane").is_ready
    assert not again.ready("pit").is_ready


async def test_values_that_failed_quality_control_are_neither_learned_nor_judged(
    store: EmbeddedStore,
    in_use: InUse,
    tmp_path: Path,
    plan: ForestPlan,
    end: datetime,
    cranes: CraneDays,
) -> None:
    await store.write(
        [
            Report("yard", "crane-1", "crane", "", at, at, {"tilt_x_deg": 40.0}, {"tilt_x_deg": 4})
            for at in (end - timedelta(minutes=minute) for minute in range(2, 3_000, 7))
        ]
    )
    await retraining(store, in_use, tmp_path / "models", plan, end).retrain("crane")
    rows = cranes(1, 1, first_day=20)[:6]
    failed = [
        msgspec.structs.replace(report(row, tilt_x_deg=40.0), qc={"tilt_x_deg": int(Qc.FAIL)})
        for row in rows
    ]
    answers = await in_use.examine(failed)
    assert not any(isinstance(judged.answer, Surprise) for judged in answers)


async def test_a_failed_training_keeps_the_old_model_and_says_so(
    store: EmbeddedStore,
    in_use: InUse,
    forest: Forest,
    tmp_path: Path,
    plan: ForestPlan,
    end: datetime,
) -> None:
    in_use.use(forest)
    late = retraining(store, in_use, tmp_path / "models", plan, end + timedelta(days=300))
    status, _ = await late.retrain("crane")
    assert status.problem == "has 0 of 500 rows of history"
    assert status.tried_at == end + timedelta(days=300)
    assert status.readiness.is_ready

    away = AwayStore(EmbeddedConfig(path=tmp_path / "away.db"))
    status, _ = await retraining(away, in_use, tmp_path / "models", plan, end).retrain("crane")
    assert "no answer" in status.problem
    assert status.readiness.is_ready

    [status] = await retraining(away, in_use, tmp_path / "models", plan, end).retrain("pit")
    assert "no answer" in status.readiness.reason
    assert not status.readiness.is_ready


async def test_a_directory_that_cannot_be_written_keeps_the_old_model(
    store: EmbeddedStore, in_use: InUse, tmp_path: Path, plan: ForestPlan, end: datetime
) -> None:
    (tmp_path / "a file").write_text("in the way")
    status, _ = await retraining(store, in_use, tmp_path / "a file", plan, end).retrain("crane")
    assert "a file" in status.problem
    assert not status.readiness.is_ready


async def test_a_tampered_model_is_not_used_and_the_status_says_why(
    in_use: InUse, forest: Forest, tmp_path: Path
) -> None:
    path = Shelf(tmp_path / "models", KEY).save(forest)
    path.write_bytes(path.read_bytes()[:-1])
    await in_use.load()
    assert "not what the manifest was signed for" in in_use.ready("crane").reason


async def test_judging_happens_in_another_thread(
    in_use: InUse, forest: Forest, cranes: CraneDays
) -> None:
    used: list[int] = []

    class Watched(Forest):
        def examine(self, rows, n_context=0):  # type: ignore[no-untyped-def]
            used.append(threading.get_ident())
            return Forest.examine(self, rows, n_context)

    own = {each.name: getattr(forest, each.name) for each in fields(Forest)}
    in_use.use(Watched(**own))
    await in_use.examine([report(row) for row in cranes(1, 1, first_day=20)[:3]])
    assert used
    assert threading.get_ident() not in used


async def test_what_waits_is_bounded_and_the_oldest_are_dropped_and_counted(
    forest: Forest, cranes: CraneDays, tmp_path: Path
) -> None:
    in_use = InUse(Shelf(tmp_path, KEY), Intake(max_waiting=100, max_batch=30, every_s=0.001))
    reports = [report(row) for row in cranes(1, 1, first_day=20)]
    in_use.put(reports)
    assert in_use.n_dropped == 0, "nothing waits for a kind without a model"
    in_use.use(forest)
    in_use.put(reports)
    assert in_use.n_dropped == len(reports) - 100

    told: list[Judged] = []
    enough = asyncio.Event()

    async def tell(judged: list[Judged]) -> None:
        assert len(judged) <= 30
        told.extend(judged)
        if len(told) == 100:
            enough.set()

    async with asyncio.TaskGroup() as group:
        running = group.create_task(in_use.run(tell))
        await asyncio.wait_for(enough.wait(), 20)
        running.cancel()
    assert [judged.taken_at for judged in told] == [report.taken_at for report in reports[-100:]]


async def test_reports_that_are_not_newer_give_no_answer(
    in_use: InUse, forest: Forest, cranes: CraneDays
) -> None:
    in_use.use(forest)
    first, second = (report(row) for row in cranes(1, 1, first_day=20)[:2])
    assert len(await in_use.examine([second])) == 1
    assert await in_use.examine([first, second]) == []


async def test_training_runs_at_its_hour_and_stops_when_cancelled(
    store: EmbeddedStore, in_use: InUse, tmp_path: Path, plan: ForestPlan, end: datetime
) -> None:
    training = retraining(store, in_use, tmp_path / "models", plan, end)
    with time_machine.travel(datetime(2026, 3, 1, 17, 59, 59, 800_000, tzinfo=UTC)):
        async with asyncio.TaskGroup() as group:
            running = group.create_task(training.run())
            async with asyncio.timeout(30):
                while any(s.tried_at is None for s in in_use.status() if s.name in KINDS_USED):
                    assert not running.done()
                    await asyncio.sleep(0.02)
            running.cancel()
    assert running.cancelled()
    assert in_use.ready("crane").is_ready


def test_a_plan_that_cannot_work_is_refused(in_use: InUse, tmp_path: Path) -> None:
    store = EmbeddedStore(EmbeddedConfig(path=tmp_path / "x.db"))
    for plan, wanted in (
        (TrainingPlan(at_hour_utc=24), "0 to 23"),
        (TrainingPlan(kinds=("crane", "balloon")), "balloon"),
    ):
        with pytest.raises(ValueError, match=wanted):
            Retraining(
                store=store,
                every=four,
                models=in_use,
                shelf=Shelf(tmp_path, KEY),
                clock=StandingClock(datetime(2026, 1, 1, tzinfo=UTC)),
                plan=plan,
            )


def test_the_model_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    assert model_key(tmp_path, "given by the settings") == b"given by the settings"
    made = model_key(tmp_path / "state")
    assert len(made) >= 32
    assert model_key(tmp_path / "state") == made
    assert stat.S_IMODE((tmp_path / "state" / "model.key").stat().st_mode) == 0o600
