"""Models per kind of device: trained nightly from stored history, used in batches off the loop.

`Forests` holds the models in use and judges reports with them; `Retraining` makes new ones. Both do
their computing in a worker thread, so the loop only waits. A thread and not a process: a worker
process would outlive a killed program, and training on a bounded sample takes seconds. Whatever
goes wrong here is kept in the status and leaves the old model in use; it never stops a warning.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from alerting.detect.detector import READY, Answer, NotReady, Readiness
from alerting.detect.errors import DetectError, NothingShelved
from alerting.detect.features import Sample, frame_of
from alerting.detect.forest import DEFAULT_PLAN, N_CONTEXT, Forest, ForestPlan, train
from alerting.detect.shelf import Shelf
from groundwatch.clock import Clock
from groundwatch.kept_key import kept_key
from sensors.catalogue import KINDS
from sensors.model import Qc, Report, SensorKey
from storage.errors import StorageError
from storage.ports import Row, TelemetryStore

_log = structlog.get_logger(__name__)
_BELIEVED = frozenset({Qc.PASS, Qc.NOT_EVALUATED})
# What loading, training and scoring can raise; anything else is a fault of this program.
_FAILURES = (
    StorageError, DetectError, OSError, ValueError, TypeError, ArithmeticError, LookupError,
    MemoryError,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the model of a kind said about one report; `sensor.quantity` is empty."""

    sensor: SensorKey
    kind: str
    taken_at: datetime
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """How one kind's model stands; `problem` is why the newest attempt gave no new model."""

    kind: str
    readiness: Readiness
    trained_until: datetime | None = None
    n_rows: int = 0
    tried_at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """How many reports are judged at once, how often, and how many may wait.

    Past `max_waiting` the oldest are dropped and counted: an anomaly model may miss a row, but
    must not hold memory or the processor when readings come faster than it can judge.
    """

    max_waiting: int = 5_000
    max_batch: int = 1_000
    every_s: float = 5.0


class Forests:
    """The models in use and the few last rows of every device point they need as context."""

    def __init__(self, shelf: Shelf, intake: Intake | None = None) -> None:
        """Start without any model; `load` brings in what was saved."""
        self._shelf = shelf
        self._intake = intake or Intake()
        self._forests: dict[str, Forest] = {}
        self._status = {kind: _untrained(kind) for kind in KINDS}
        self._context: dict[str, deque[Sample]] = {}
        self._waiting: deque[Report] = deque()
        self._busy = asyncio.Lock()
        self.n_dropped = 0

    def ready(self, kind: str) -> Readiness:
        """Say whether there is a model of this kind, or why not."""
        return self._status[kind].readiness

    def status(self) -> list[ModelStatus]:
        """Give how every kind's model stands."""
        return list(self._status.values())

    async def load(self) -> None:
        """Bring in every saved model; one that must not be used is named in the status."""
        for kind in KINDS:
            try:
                self.use(await asyncio.to_thread(self._shelf.load, kind))
            except NothingShelved:
                continue
            except _FAILURES as error:
                self.note_problem(kind, f"saved model not used: {error}", tried_at=None)

    def use(self, forest: Forest, *, tried_at: datetime | None = None) -> None:
        """Judge with this model from now on."""
        self._forests[forest.kind] = forest
        self._status[forest.kind] = replace(
            self._status[forest.kind],
            readiness=READY,
            trained_until=datetime.fromtimestamp(forest.trained_until_s, UTC),
            n_rows=forest.n_rows,
            problem="",
            tried_at=tried_at,
        )

    def note_problem(self, kind: str, problem: str, *, tried_at: datetime | None) -> None:
        """Keep why there is no new model of this kind; the old one, if any, stays in use."""
        _log.warning("no new model", kind=kind, problem=problem)
        status = replace(self._status[kind], problem=problem, tried_at=tried_at)
        if kind not in self._forests:
            status = replace(status, readiness=Readiness(is_ready=False, reason=problem))
        self._status[kind] = status

    def put(self, reports: Iterable[Report]) -> None:
        """Leave reports to be judged by `run`; never waits."""
        waiting = self._waiting
        waiting.extend(report for report in reports if report.kind in self._forests)
        while len(waiting) > self._intake.max_waiting:
            waiting.popleft()
            self.n_dropped += 1

    async def run(self, tell: Callable[[list[Judged]], Awaitable[None]]) -> None:
        """Judge what `put` left, in batches, and tell the answers, until cancelled."""
        while True:
            await asyncio.sleep(self._intake.every_s)
            batch: list[Report] = []
            while self._waiting and len(batch) < self._intake.max_batch:
                batch.append(self._waiting.popleft())
            if batch:
                judged = await self.examine(batch)
                if judged:
                    await tell(judged)

    async def examine(self, reports: Sequence[Report]) -> list[Judged]:
        """Judge reports in a worker thread, one answer per report in order of `taken_at`.

        Reports not newer than the newest judged one of their device point give no answer, since
        the changes they show are not those of their time. A kind without a model answers
        *not ready*.
        """
        async with self._busy:
            answers: list[Judged] = []
            by_kind: dict[str, list[Report]] = {}
            for report in sorted(reports, key=lambda report: report.taken_at):
                by_kind.setdefault(report.kind, []).append(report)
            for kind, those in by_kind.items():
                answers += await self._examine_kind(kind, those)
            return answers

    async def _examine_kind(self, kind: str, reports: list[Report]) -> list[Judged]:
        forest = self._forests.get(kind)
        if forest is None:
            reason = NotReady(self._status[kind].readiness.reason)
            return [_judged(report, reason) for report in reports]
        fresh, samples, context = self._fresh(reports)
        try:
            answers = await asyncio.to_thread(forest.examine, context + samples, len(context))
        except _FAILURES as error:
            self.note_problem(kind, f"judging failed: {error}", tried_at=None)
            answers = [NotReady(f"judging failed: {error}")] * len(fresh)
        return [_judged(*pair) for pair in zip(fresh, answers, strict=True)]

    def _fresh(self, reports: list[Report]) -> tuple[list[Report], list[Sample], list[Sample]]:
        """Pick what is newer than seen before; give also the context that was known until now."""
        fresh: list[Report] = []
        samples: list[Sample] = []
        context: list[Sample] = []
        touched: set[str] = set()
        for report in reports:
            sample = _sample_of(report)
            last = self._context.setdefault(sample.key, deque(maxlen=N_CONTEXT))
            if last and sample.taken_at_s <= last[-1].taken_at_s:
                continue
            if sample.key not in touched:
                touched.add(sample.key)
                context += last
            last.append(sample)
            fresh.append(report)
            samples.append(sample)
        return fresh, samples, context


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """When models are trained and from how much history.

    At most `max_rows` rows of a kind are read, spread evenly: from each hour of the `history` its
    share, so that the rows of one hour follow each other and no hour of the day is missing.
    """

    at_hour_utc: int = 18
    history: timedelta = timedelta(days=28)
    max_rows: int = 200_000
    kinds: tuple[str, ...] = tuple(KINDS)
    forest: ForestPlan = field(default=DEFAULT_PLAN)


class Retraining:
    """Trains every kind's model anew each night and swaps in those that succeed."""

    def __init__(
        self,
        *,
        store: TelemetryStore,
        forests: Forests,
        shelf: Shelf,
        clock: Clock,
        plan: TrainingPlan | None = None,
    ) -> None:
        """Check the plan; nothing is read before `run` or `retrain`."""
        self._plan = plan or TrainingPlan()
        if not 0 <= self._plan.at_hour_utc <= 23:
            raise ValueError(f"training hour {self._plan.at_hour_utc}: 0 to 23 is allowed")
        unknown = set(self._plan.kinds) - set(KINDS)
        if unknown:
            raise ValueError(f"no such kinds: {', '.join(sorted(unknown))}")
        self._store = store
        self._forests = forests
        self._shelf = shelf
        self._clock = clock

    async def run(self) -> None:
        """Train each night at the planned hour until cancelled.

        The scheduler only says when. A night missed by up to six hours (the machine slept) is made
        up for once; two nights never run at the same time.
        """
        from apscheduler.schedulers.asyncio import AsyncIOScheduler

        due = asyncio.Event()

        async def make_due() -> None:
            due.set()

        scheduler = AsyncIOScheduler(timezone=UTC)
        scheduler.add_job(
            make_due,
            "cron",
            hour=self._plan.at_hour_utc,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=6 * 3600,
        )
        scheduler.start()
        try:
            while True:
                await due.wait()
                due.clear()
                await self.retrain_all()
        finally:
            scheduler.shutdown(wait=False)

    async def retrain_all(self) -> None:
        """Train every planned kind, one after the other."""
        for kind in self._plan.kinds:
            await self.retrain(kind)

    async def retrain(self, kind: str) -> ModelStatus:
        """Train one kind from stored history, save the model and swap it in; give its status.

        Failure of any part leaves the old model in use and is named in the status.
        """
        tried_at = self._clock.now()
        try:
            samples = await self._history(kind, tried_at)
            forest = await asyncio.to_thread(self._train_and_save, kind, samples)
        except _FAILURES as error:
            self._forests.note_problem(kind, str(error) or repr(error), tried_at=tried_at)
        else:
            self._forests.use(forest, tried_at=tried_at)
            _log.info("model trained", kind=kind, rows=forest.n_rows, devices=len(forest.keys))
        return next(status for status in self._forests.status() if status.kind == kind)

    async def _history(self, kind: str, until: datetime) -> list[Sample]:
        """Read each hour's share of rows, oldest hour first."""
        hour = timedelta(hours=1)
        n_hours = max(1, self._plan.history // hour)
        share = max(1, self._plan.max_rows // n_hours)
        samples: list[Sample] = []
        for at in range(n_hours, 0, -1):
            since = until - at * hour
            rows = await self._store.rows(kind, since, since + hour, limit=share)
            samples.extend(map(_sample_of, rows))
        return samples

    def _train_and_save(self, kind: str, samples: list[Sample]) -> Forest:
        forest = train(kind, frame_of(samples), self._plan.forest)
        self._shelf.save(forest)
        return forest


def model_key(state: Path, given: str | None = None) -> bytes:
    """Give the key that seals model files: the setting, or one kept in `state`/model.key.

    The file is made on first use, readable by its owner only.

    Raises:
        OSError: the file cannot be read or made.
    """
    return kept_key(state / "model.key", given)


def _untrained(kind: str) -> ModelStatus:
    reason = f"no model of {kind} has been trained yet"
    return ModelStatus(kind=kind, readiness=Readiness(is_ready=False, reason=reason))


def _judged(report: Report, answer: Answer) -> Judged:
    sensor = SensorKey(report.site, report.device, report.point, "")
    return Judged(sensor=sensor, kind=report.kind, taken_at=report.taken_at, answer=answer)


def _sample_of(row: Report | Row) -> Sample:
    """Keep the believable values of a row."""
    values = row.values
    if row.qc:
        values = {
            quantity: value
            for quantity, value in values.items()
            if row.qc.get(quantity, Qc.PASS) in _BELIEVED
        }
    return Sample(f"{row.site}/{row.device}/{row.point}", row.taken_at.timestamp(), values)
