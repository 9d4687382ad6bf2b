"""Every detector, with every option, keeps the promises of `alerting.detect.detector`.

A new detector joins by one entry in `SUBJECTS`. The forest learns by training on collected rows and
keeps its memory in model files; `CollectingForest` gives it the face of a streaming detector.
"""

import math
import random
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from alerting.detect.bounds import Bounds
from alerting.detect.detector import READY, Answer, Calm, Detector, NotReady, Readiness, Surprise
from alerting.detect.errors import CheckpointError, DetectError, ShelfError, TooLittle
from alerting.detect.families import FAMILIES
from alerting.detect.features import Sample, frame_of
from alerting.detect.forest import N_CONTEXT, Forest, ForestPlan, train
from alerting.detect.robust import RobustDetector
from alerting.detect.shelf import Shelf

STEP_S = 600.0
START_S = 1_700_000_000.0
QUIET_DAYS = 21
_PER_DAY = int(86_400 / STEP_S)
_PLAN = ForestPlan(n_trees=40, min_fit_rows=500, min_key_rows=200, held_share=0.4, days_per_flag=8)


class CollectingForest:
    """A forest that collects what it is told to learn and trains when it is first asked."""

    def __init__(self, plan: ForestPlan = _PLAN) -> None:
        self._plan = plan
        self._rows: list[Sample] = []
        self._forest: Forest | None = None
        self._reason = "has 0 rows of history"

    @property
    def ready(self) -> Readiness:
        self._train_once()
        return READY if self._forest else Readiness(is_ready=False, reason=self._reason)

    def examine(self, taken_at_s: float, value: float) -> Answer:
        self._train_once()
        if self._forest is None:
            return NotReady(self._reason)
        row = self._row(taken_at_s, value)
        context = self._rows[-N_CONTEXT:]
        return self._forest.examine([*context, row], len(context))[0]

    def learn(self, taken_at_s: float, value: float) -> None:
        self._rows.append(self._row(taken_at_s, value))

    def dump(self) -> bytes:
        self._train_once()
        with tempfile.TemporaryDirectory() as folder:
            if self._forest is None:
                return b""
            path = Shelf(Path(folder), b"k" * 16).save(self._forest)
            manifest = (Path(folder) / "water_level.json").read_bytes()
            return len(manifest).to_bytes(4, "big") + manifest + path.read_bytes()

    def load(self, blob: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            size = int.from_bytes(blob[:4], "big")
            manifest, model = blob[4 : 4 + size], blob[4 + size :]
            (Path(folder) / "water_level.json").write_bytes(manifest)
            named = re.search(rb'"file": "([^"]+)"', manifest)
            (Path(folder) / (named[1].decode() if named else "none")).write_bytes(model)
            self._forest = Shelf(Path(folder), b"k" * 16).load_forest("water_level")

    def fingerprint(self) -> tuple[object, ...]:
        """Give everything that answers depend on; a model file differs from one dump to another."""
        forest = self._forest
        if forest is None:
            return (len(self._rows),)
        arrays = [getattr(forest.scales, name) for name in ("median", "scale", "low", "high")]
        for tree in forest.model.estimators_:
            arrays += [tree.tree_.threshold, tree.tree_.feature]
        return (forest.threshold, forest.keys, *(array.tobytes() for array in arrays))

    def retrain(self) -> None:
        self._forest = None
        self._train_once()

    def _train_once(self) -> None:
        if self._forest is None and self._rows:
            try:
                self._forest = train("water_level", frame_of(self._rows), self._plan)
            except TooLittle as error:
                self._reason = str(error)

    @staticmethod
    def _row(taken_at_s: float, value: float) -> Sample:
        values = {"stage_m": value, "flow_m3s": 3.0 * value, "velocity_ms": 0.5 * value}
        return Sample("brook/gauge-1/", taken_at_s, values)


def _robust(family: str, **options: float) -> Callable[[], Detector]:
    return lambda: RobustDetector(FAMILIES[family], "units", Bounds(**options))  # type: ignore[arg-type]


SUBJECTS: dict[str, tuple[Callable[[], Detector], float]] = {
    **{f"robust {key}": (_robust(key), family.level_floor) for key, family in FAMILIES.items()},
    "robust, one hit is enough": (_robust("stage", hits=1, of=1), 0.15),
    "robust, five of eight": (_robust("stage", hits=5, of=8), 0.15),
    "robust, two days of memory": (_robust("stage", memory_s=172_800.0, n_blocks=4), 0.15),
    "robust, ready after an hour": (_robust("stage", min_readings=6, min_span_s=3_600.0), 0.15),
    "forest": (CollectingForest, 0.15),
    "forest, other seed and size": (
        lambda: CollectingForest(replace(_PLAN, seed=7, n_trees=60, max_fit_rows=1_200)),
        0.15,
    ),
}


@pytest.fixture(params=list(SUBJECTS), scope="module")
def subject(request: pytest.FixtureRequest) -> tuple[Callable[[], Detector], float]:
    return SUBJECTS[request.param]


@pytest.fixture(scope="module")
def taught(subject: tuple[Callable[[], Detector], float]) -> Callable[[], Detector]:
    """Give fresh copies of one detector that has seen three quiet weeks."""
    make, floor = subject
    teacher = make()
    teach(teacher, quiet(floor))
    blob = teacher.dump()

    def copy() -> Detector:
        detector = make()
        detector.load(blob)
        if isinstance(detector, CollectingForest):
            for taken_at_s, value in list(quiet(floor))[-N_CONTEXT:]:
                detector.learn(taken_at_s, value)
        return detector

    return copy


def quiet(floor: float, days: int = QUIET_DAYS) -> Iterator[tuple[float, float]]:
    """A level of twenty floors that breathes a little with the day and trembles a little."""
    tremble = random.Random(3)
    for at in range(days * _PER_DAY):
        daily = 0.3 * math.sin(2.0 * math.pi * at / _PER_DAY)
        yield START_S + at * STEP_S, floor * (20.0 + daily + 0.05 * tremble.gauss(0.0, 1.0))


def teach(detector: Detector, series: Iterator[tuple[float, float]]) -> None:
    for taken_at_s, value in series:
        detector.learn(taken_at_s, value)


def after(n: int) -> float:
    """Give the instant of the n-th reading after the quiet weeks."""
    return START_S + (QUIET_DAYS * _PER_DAY + n) * STEP_S


def memory(detector: Detector) -> object:
    if isinstance(detector, CollectingForest):
        return detector.fingerprint()
    return detector.dump()


def follow(detector: Detector, values: list[float], first: int = 0) -> list[Answer]:
    """Examine, then learn, reading by reading, as the engine does."""
    answers = []
    for n, value in enumerate(values, first):
        answers.append(detector.examine(after(n), value))
        detector.learn(after(n), value)
    return answers


def test_an_untrained_detector_says_not_ready_and_never_calm(
    subject: tuple[Callable[[], Detector], float],
) -> None:
    make, floor = subject
    detector = make()
    assert not detector.ready.is_ready
    for value in (0.0, 20.0 * floor, -1e6, 1e6):
        answer = detector.examine(START_S, value)
        assert isinstance(answer, NotReady)
        assert re.search(r"\d", answer.reason), "the reason counts what has been seen"


def test_a_detector_that_has_seen_too_little_counts_what_is_missing(
    subject: tuple[Callable[[], Detector], float],
) -> None:
    make, floor = subject
    detector = make()
    for taken_at_s, value in list(quiet(floor))[:5]:
        detector.learn(taken_at_s, value)
    assert not detector.ready.is_ready
    counted = re.search(r"has (?:seen )?(\d) of (\d+)", detector.ready.reason)
    assert counted
    assert int(counted[1]) <= 5 < int(counted[2])
    assert detector.examine(START_S + 5 * STEP_S, floor) == NotReady(detector.ready.reason)


def test_a_taught_detector_is_ready_and_calm_about_more_of_the_same(
    taught: Callable[[], Detector], subject: tuple[Callable[[], Detector], float]
) -> None:
    detector = taught()
    assert detector.ready == READY
    answers = follow(detector, [20.0 * subject[1] for _ in range(40)])
    assert all(isinstance(answer, Calm) for answer in answers)


def test_examine_changes_nothing(
    taught: Callable[[], Detector], subject: tuple[Callable[[], Detector], float]
) -> None:
    detector = taught()
    before = memory(detector)
    wild, usual = 90.0 * subject[1], 20.0 * subject[1]
    first = [detector.examine(after(0), value) for value in (usual, wild, usual, wild)]
    assert [detector.examine(after(0), value) for value in (usual, wild, usual, wild)] == first
    assert memory(detector) == before


def test_a_huge_lasting_step_is_flagged_with_a_sentence_of_reason(
    taught: Callable[[], Detector], subject: tuple[Callable[[], Detector], float]
) -> None:
    answers = follow(taught(), [90.0 * subject[1]] * 8)
    found = [answer for answer in answers if isinstance(answer, Surprise)]
    assert found
    first = found[0]
    assert first.score > 1.0
    assert math.isfinite(first.score)
    assert first.low <= first.high < 90.0 * 3.0 * subject[1]
    assert len(first.reason.split()) >= 8
    assert len(re.findall(r"-?\d+\.?\d*", first.reason)) >= 3, "it names what is usual, in numbers"
    assert "nan" not in first.reason.lower()


def test_what_was_flagged_is_not_absorbed(
    taught: Callable[[], Detector], subject: tuple[Callable[[], Detector], float]
) -> None:
    detector = taught()
    wild, usual = 90.0 * subject[1], 20.0 * subject[1]
    follow(detector, [wild] * 10)
    assert isinstance(detector.examine(after(10), wild), Surprise)
    if isinstance(detector, CollectingForest):
        teach(detector, quiet(subject[1]))
        detector.retrain()
        assert isinstance(follow(detector, [wild] * 4, 10)[-1], Surprise)
    answers = follow(detector, [usual] * 6, 20)
    assert isinstance(answers[-1], Calm), "what was usual before is calm again"


def test_a_copy_from_a_checkpoint_gives_the_same_answers(
    taught: Callable[[], Detector], subject: tuple[Callable[[], Detector], float]
) -> None:
    original, copy = taught(), subject[0]()
    values = [subject[1] * level for level in (20.0, 20.1, 20.2, 60.0)]
    follow(original, values)
    copy.load(original.dump())
    if isinstance(copy, CollectingForest):
        follow(copy, values)
    more = [subject[1] * level for level in (61.0, 62.0, 20.0, 20.1, -40.0, -40.0, -41.0, 20.0)]
    assert follow(copy, more, 4) == follow(original, more, 4)
    assert memory(copy) == memory(original)


@pytest.mark.parametrize("damage", ["cut short", "empty", "not a checkpoint", "another version"])
def test_a_damaged_checkpoint_is_refused_and_changes_nothing(
    taught: Callable[[], Detector], damage: str
) -> None:
    detector = taught()
    before, blob = memory(detector), detector.dump()
    damaged = {
        "cut short": blob[: len(blob) // 2],
        "empty": b"",
        "not a checkpoint": b"\x93\x01\x02\x03" + bytes(300),
        "another version": blob.replace(b"\x95\x01", b"\x95\x63", 1).replace(
            b'"version": 1', b'"version": 99', 1
        ),
    }[damage]
    with pytest.raises((CheckpointError, ShelfError)) as refusal:
        detector.load(damaged)
    assert isinstance(refusal.value, DetectError)
    assert str(refusal.value)
    assert memory(detector) == before


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_no_number_is_never_judged(
    taught: Callable[[], Detector], value: float
) -> None:
    detector = taught()
    before = memory(detector)
    with suppress(ValueError):
        assert isinstance(detector.examine(after(0), value), NotReady)
    assert memory(detector) == before


def test_no_answer_ever_holds_a_nan(
    taught: Callable[[], Detector], subject: tuple[Callable[[], Detector], float]
) -> None:
    detector = taught()
    wild = random.Random(5)
    values = [
        wild.choice((0.0, -0.0, 5e-324, 1e11, -1e11, 20.0 * subject[1], wild.gauss(0.0, 1e4)))
        for _ in range(60)
    ]
    for answer in follow(detector, values):
        if isinstance(answer, Surprise):
            assert all(map(math.isfinite, (answer.score, answer.low, answer.high)))
            assert answer.low <= answer.high


def test_a_series_without_any_variance_is_calm_and_a_step_in_it_is_not(
    subject: tuple[Callable[[], Detector], float],
) -> None:
    make, floor = subject
    detector = make()
    teach(detector, ((taken_at_s, 20.0 * floor) for taken_at_s, _ in quiet(floor)))
    assert detector.ready == READY
    assert set(map(type, follow(detector, [20.0 * floor] * 10))) == {Calm}
    assert isinstance(follow(detector, [90.0 * floor] * 8, 10)[-1], Surprise)


def test_the_same_readings_give_the_same_memory_and_answers(
    subject: tuple[Callable[[], Detector], float],
) -> None:
    make, floor = subject
    values = [floor * level for level in (20.0, 20.2, 90.0, 90.0, 90.0, 20.0)]
    outcomes = []
    for _ in range(2):
        detector = make()
        teach(detector, quiet(floor))
        outcomes.append((follow(detector, values), memory(detector)))
    assert outcomes[0] == outcomes[1]
