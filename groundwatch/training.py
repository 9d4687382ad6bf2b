"""Models of whole rows: trained nightly from stored history, used in batches off the loop.

`InUse` holds the models in use and judges reports with them; `Retraining` makes new ones. Both do
their computing in a worker thread, so the loop only waits. A thread and not a process: a worker
process would outlive a killed program, and training on a bounded sample takes seconds. Whatever
goes wrong here is kept in the status and leaves the old model in use; it never stops a warning.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from alerting.detect.detector import READY, Answer, NotReady, Readiness
from alerting.detect.errors import DetectError, NothingShelved
from alerting.detect.features import Sample, frame_of
from alerting.detect.forest import DEFAULT_PLAN, ForestPlan, train
from alerting.detect.learned import MOST_CONTEXT, Learned
from alerting.detect.mast import DEFAULT_MAST_PLAN, MastPlan, Masts, MastTraining, guarded
from alerting.detect.mast import KIND as MAST_KIND
from alerting.detect.mast import NAME as MAST_NAME
from alerting.detect.shelf import Shelf
from groundwatch.clock import Clock
from groundwatch.kept_key import kept_key
from groundwatch.training_history import DEFAULT_HISTORY, History, HistoryPlan, sample_of
from sensors.catalogue import KINDS
from sensors.model import Report, SensorKey
from storage.errors import StorageError
from storage.ports import Place, TelemetryStore

_log = structlog.get_logger(__name__)
# What loading, training and scoring can raise; anything else is a fault of this program.
_FAILURES = (
    StorageError, DetectError, OSError, ValueError, TypeError, ArithmeticError, LookupError,
    MemoryError,
)  # fmt: skip


# Every model by name, with the kind whose rows it learns from: a forest for each kind, and masts.
MODELS: dict[str, str] = {**{kind: kind for kind in KINDS}, MAST_NAME: MAST_KIND}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a model said about one report; `sensor.quantity` is what the model is about."""

    sensor: SensorKey
    kind: str
    taken_at: datetime
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """How one model stands; `problem` is why the newest attempt gave no new one.

    `known` are the device points it can judge, `lacking` says what others still need.
    """

    name: str
    readiness: Readiness
    known: Sequence[str] = ()
    lacking: Mapping[str, str] = field(default_factory=dict[str, str])
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


class InUse:
    """The models in use and the few last rows of every device point they need as context."""

    def __init__(self, shelf: Shelf, intake: Intake | None = None) -> None:
        """Start without any model; `load` brings in what was saved."""
        self._shelf = shelf
        self._intake = intake or Intake()
        self._models: dict[str, Learned] = {}
        self._status = {name: _untrained(name) for name in MODELS}
        self._context: dict[str, deque[Sample]] = {}
        self._waiting: deque[Report] = deque()
        self._busy = asyncio.Lock()
        self.n_dropped = 0

    def ready(self, name: str) -> Readiness:
        """Say whether there is a model of this name, or why not."""
        return self._status[name].readiness

    def status(self) -> list[ModelStatus]:
        """Give how every model stands."""
        return list(self._status.values())

    async def load(self) -> None:
        """Bring in every saved model; one that must not be used is named in the status."""
        for name in MODELS:
            try:
                self.use(await asyncio.to_thread(self._shelf.load, name))
            except NothingShelved:
                continue
            except _FAILURES as error:
                self.note_problem(name, f"saved model not used: {error}", tried_at=None)

    def use(self, model: Learned, *, tried_at: datetime | None = None) -> None:
        """Judge with this model from now on."""
        self._models[model.name] = model
        self._status[model.name] = replace(
            self._status[model.name],
            readiness=READY,
            known=model.known,
            lacking=model.lacking,
            trained_until=datetime.fromtimestamp(model.trained_until_s, UTC),
            n_rows=model.n_rows,
            problem="",
            tried_at=tried_at,
        )

    def note_problem(self, name: str, problem: str, *, tried_at: datetime | None) -> None:
        """Keep why there is no new model of this name; the old one, if any, stays in use."""
        _log.warning("no new model", model=name, problem=problem)
        status = replace(self._status[name], problem=problem, tried_at=tried_at)
        if name not in self._models:
            status = replace(status, readiness=Readiness(is_ready=False, reason=problem))
        self._status[name] = status

    def named(self, name: str) -> Learned | None:
        """Give the model of a name that is in use."""
        return self._models.get(name)

    def of_kind(self, kind: str) -> list[Learned]:
        """Give the models in use that judge rows of a kind."""
        return [model for model in self._models.values() if model.kind == kind]

    def put(self, reports: Iterable[Report]) -> None:
        """Leave reports to be judged by `run`; never waits."""
        waiting = self._waiting
        kinds = {model.kind for model in self._models.values()}
        waiting.extend(report for report in reports if report.kind in kinds)
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
        """Judge reports in a worker thread, one answer per report and model in order of `taken_at`.

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
        models = self.of_kind(kind)
        if not models:
            reason = NotReady(self._status[kind].readiness.reason)
            return [_judged(report, "", reason) for report in reports]
        fresh, samples, context = self._fresh(reports)
        judged: list[Judged] = []
        for model in models:
            try:
                answers = await asyncio.to_thread(model.examine, context + samples, len(context))
            except _FAILURES as error:
                self.note_problem(model.name, f"judging failed: {error}", tried_at=None)
                answers = [NotReady(f"judging failed: {error}")] * len(fresh)
            judged += [
                _judged(report, model.quantity, answer)
                for report, answer in zip(fresh, answers, strict=True)
            ]
        return judged

    def _fresh(self, reports: list[Report]) -> tuple[list[Report], list[Sample], list[Sample]]:
        """Pick what is newer than seen before; give also the context that was known until now."""
        fresh: list[Report] = []
        samples: list[Sample] = []
        context: list[Sample] = []
        touched: set[str] = set()
        for report in reports:
            sample = sample_of(report)
            last = self._context.setdefault(sample.key, deque(maxlen=MOST_CONTEXT))
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
    """When models are trained and from how much history."""

    at_hour_utc: int = 18
    history: HistoryPlan = DEFAULT_HISTORY
    kinds: tuple[str, ...] = tuple(KINDS)
    forest: ForestPlan = field(default=DEFAULT_PLAN)
    mast: MastPlan = field(default=DEFAULT_MAST_PLAN)


class Retraining:
    """Trains every model anew each night and swaps in those that succeed."""

    def __init__(
        self,
        *,
        store: TelemetryStore,
        every: Callable[[str], Mapping[Place, timedelta]],
        models: InUse,
        shelf: Shelf,
        clock: Clock,
        plan: TrainingPlan | None = None,
    ) -> None:
        """Check the plan; nothing is read before `run` or `retrain`.

        `every` says of each device point of a kind how often it speaks.
        """
        self._plan = plan or TrainingPlan()
        if not 0 <= self._plan.at_hour_utc <= 23:
            raise ValueError(f"training hour {self._plan.at_hour_utc}: 0 to 23 is allowed")
        unknown = set(self._plan.kinds) - set(KINDS)
        if unknown:
            raise ValueError(f"no such kinds: {', '.join(sorted(unknown))}")
        self._store = store
        self._every = every
        self._models = models
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

    async def retrain(self, kind: str) -> list[ModelStatus]:
        """Train the models of one kind from stored history, save and use them; give their status.

        Failure of any part leaves the old model in use and is named in the status.
        """
        tried_at = self._clock.now()
        names = [name for name, of in MODELS.items() if of == kind]
        for name in names:
            await self._retrain_one(name, kind, tried_at)
        return [status for status in self._models.status() if status.name in names]

    async def _retrain_one(self, name: str, kind: str, tried_at: datetime) -> None:
        learn = self._masts if name == MAST_NAME else self._forest
        try:
            model = await learn(kind, tried_at)
            await asyncio.to_thread(self._shelf.save, model)
        except _FAILURES as error:
            self._models.note_problem(name, str(error) or repr(error), tried_at=tried_at)
        else:
            self._models.use(model, tried_at=tried_at)
            _log.info("model trained", model=name, rows=model.n_rows)

    async def _forest(self, kind: str, tried_at: datetime) -> Learned:
        samples = await self._history(kind, tried_at).of_all()
        frame = await asyncio.to_thread(frame_of, samples)
        return await asyncio.to_thread(train, kind, frame, self._plan.forest)

    async def _masts(self, kind: str, tried_at: datetime) -> Learned:
        training = MastTraining(self._plan.mast)
        async for samples in self._history(kind, tried_at).of_each():
            frame = await asyncio.to_thread(frame_of, samples)
            await asyncio.to_thread(training.add, frame)
        model = training.done()
        before = self._models.named(MAST_NAME)
        return guarded(model, before) if isinstance(before, Masts) else model

    def _history(self, kind: str, until: datetime) -> History:
        every = self._every(kind)
        return History(self._store, kind, every, until=until, plan=self._plan.history)


def model_key(state: Path, given: str | None = None) -> bytes:
    """Give the key that seals model files: the setting, or one kept in `state`/model.key.

    The file is made on first use, readable by its owner only.

    Raises:
        OSError: the file cannot be read or made.
    """
    return kept_key(state / "model.key", given)


def _untrained(name: str) -> ModelStatus:
    reason = f"no model of {name} has been trained yet"
    return ModelStatus(name=name, readiness=Readiness(is_ready=False, reason=reason))


def _judged(report: Report, quantity: str, answer: Answer) -> Judged:
    sensor = SensorKey(report.site, report.device, report.point, quantity)
    return Judged(sensor=sensor, kind=report.kind, taken_at=report.taken_at, answer=answer)
