"""A multivariate model per kind of device: an isolation forest over wide rows, scored in batches.

Each device point is first put on its own robust scale, so that one forest can judge all devices of
a kind. The forest's score is raised by how far the most unusual feature lies beyond six robust
deviations, because trees cannot see how far beyond the edge of what they learned a value lies.

The threshold is conformal in manner: scores of the newest rows, which the forest did not learn
from, are reduced to one number per device-day (the highest median of three consecutive scores), and
the threshold is the quantile of these that lets one quiet device-day in `days_per_flag` pass. Days
that stand far out among the held-out ones, at most a tenth of them, are set aside first, so that a
past flood does not teach the model to be calm about the next. It is a promise only as far as coming
days resemble the held-out ones; seasons do not.

scikit-learn is imported only when a model is trained. Everything here takes milliseconds to seconds
and is meant to run in a worker thread.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from alerting.detect.days import without_outstanding
from alerting.detect.detector import CALM, Answer, NotReady, Surprise
from alerting.detect.errors import TooLittle
from alerting.detect.families import family_of
from alerting.detect.features import HOURS, PER_MINUTE, Sample, build, frame_of, name_and_unit
from alerting.detect.words import amount

if TYPE_CHECKING:
    from pandas import DataFrame, Series

Floats = NDArray[np.float64]
N_CONTEXT = 3
_CLIP = 10.0
_EDGE = 6.0
_EDGE_WEIGHT = 0.1
_TO_SIGMA = 1.349  # interquartile range of a normal distribution in standard deviations
_TAILS = 4.652  # 1 % to 99 % of the same
_DAY_S = 86_400.0
_LEAST_SPREAD = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestPlan:
    """How a forest is trained; the defaults want about three weeks of a handful of devices."""

    n_trees: int = 100
    max_fit_rows: int = 50_000
    min_fit_rows: int = 1_000
    min_key_rows: int = 200
    held_share: float = 0.3
    days_per_flag: int = 30
    seed: int = 20_240_701

    @property
    def min_held_days(self) -> int:
        """Give how many held-out device-days a quantile of one in `days_per_flag` needs."""
        return self.days_per_flag - 1


DEFAULT_PLAN = ForestPlan()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scales:
    """What is usual per device point (rows) and feature (columns): four arrays of one shape."""

    median: Floats
    scale: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forest:
    """A trained model of one kind. `model` is scikit-learn's, `keys` index the rows of `scales`.

    `trained_from_s` and `trained_until_s` bound the history it was made from (POSIX seconds).
    """

    kind: str
    features: tuple[str, ...]
    keys: tuple[str, ...]
    scales: Scales
    threshold: float
    model: Any
    n_rows: int
    n_held_days: int
    trained_from_s: float
    trained_until_s: float
    lacking: Mapping[str, str] = field(default_factory=dict[str, str])
    quantity: ClassVar[str] = ""

    @property
    def name(self) -> str:
        """Give its name: there is one forest for each kind."""
        return self.kind

    @property
    def known(self) -> Sequence[str]:
        """Name the device points it can judge."""
        return self.keys

    def examine(self, rows: Sequence[Sample], n_context: int = 0) -> list[Answer]:
        """Judge rows in order of time; the first `n_context` are only what came before.

        Gives one answer per row after the context. A row is a surprise when its own score and the
        median of the last three scores of its device point exceed the threshold, so one wild row
        is not enough; give the last `N_CONTEXT` rows of each point as context.
        """
        if len(rows) <= n_context:
            return []
        frame = frame_of(rows)
        z, raw, index = scaled(self, frame)
        scores = score(self.model, z)
        smooth = _smoothed(frame["key"], scores).to_numpy()
        n_seen = np.isfinite(raw).sum(axis=1)
        answers: list[Answer] = []
        for at in range(n_context, len(rows)):
            if index[at] < 0:
                answers.append(NotReady(f"{rows[at].key} was not in the history it learned from"))
            elif n_seen[at] == 0:
                answers.append(NotReady("the row has none of the quantities it learned from"))
            elif scores[at] > self.threshold and smooth[at] > self.threshold:
                answers.append(self._surprise(z[at], raw[at], int(index[at]), float(scores[at])))
            else:
                answers.append(CALM)
        return answers

    def _surprise(self, z: Floats, raw: Floats, index: int, found: float) -> Surprise:
        """Name the one or two most unusual features with what is usual for them."""
        width = np.abs(z[: len(self.features)])
        order = np.argsort(-width, kind="stable")[:2]
        named = [at for at in order if width[at] >= 3.0] or [order[0]]
        low, high = self.scales.low[index], self.scales.high[index]
        parts = []
        for at in named:
            name, unit = name_and_unit(self.kind, self.features[at])
            usual = f"{amount(low[at], '')} to {amount(high[at], unit)}"
            parts.append(f"{name} is {amount(raw[at], unit)} (usually {usual})")
        top = named[0]
        quantity, _, _ = self.features[top].partition(" ")
        return Surprise(
            score=found / self.threshold,
            value=float(raw[top]),
            unit=name_and_unit(self.kind, self.features[top])[1],
            quantity=quantity,
            low=float(low[top]),
            high=float(high[top]),
            reason="unusual together for this device: " + " and ".join(parts),
        )


def train(kind: str, frame: "DataFrame", plan: ForestPlan = DEFAULT_PLAN) -> Forest:
    """Train a forest of `kind` on a frame of `features.frame_of`, rows in any order.

    Raises:
        TooLittle: not enough rows or held-out device-days to trust; the text counts them.
        KeyError: the catalogue has no such kind.
    """
    frame = frame.reset_index(drop=True)
    if len(frame) < plan.min_fit_rows:
        raise TooLittle(f"has {len(frame)} of {plan.min_fit_rows} rows of history")
    features = build(frame, kind)
    names = [
        name for name in features.columns if name not in HOURS and features[name].notna().any()
    ]
    start_s, end_s = float(frame["taken_at_s"].min()), float(frame["taken_at_s"].max())
    old = frame["taken_at_s"] < end_s - plan.held_share * (end_s - start_s)
    counts = frame.loc[old, "key"].value_counts()
    keys = tuple(sorted(counts.index[counts >= plan.min_key_rows]))
    if not keys or not names:
        most = int(counts.max()) if len(counts) else 0
        raise TooLittle(f"the best known device has {most} of {plan.min_key_rows} rows of history")
    scales = _scales(kind, features.loc[old, names], frame.loc[old, "key"], keys)
    draft = Forest(
        kind=kind,
        features=tuple(names),
        keys=keys,
        scales=scales,
        threshold=0.0,
        model=None,
        n_rows=len(frame),
        n_held_days=0,
        trained_from_s=start_s,
        trained_until_s=end_s,
        lacking={
            key: f"has {n} of {plan.min_key_rows} rows of history"
            for key, n in sorted(counts.items())
            if n < plan.min_key_rows
        },
    )
    return _fitted(draft, frame, old.to_numpy(), plan)


def _fitted(draft: Forest, frame: "DataFrame", old: NDArray[np.bool_], plan: ForestPlan) -> Forest:
    """Fit the trees on the old rows and set the threshold by the rows held out."""
    from sklearn.ensemble import IsolationForest

    z, _, index = scaled(draft, frame)
    fit = np.flatnonzero(old & (index >= 0))
    if len(fit) < plan.min_fit_rows:
        raise TooLittle(f"has {len(fit)} of {plan.min_fit_rows} rows to learn from")
    if len(fit) > plan.max_fit_rows:
        chosen = np.random.default_rng(plan.seed).choice(fit, plan.max_fit_rows, replace=False)
        fit = np.sort(chosen)
    held = np.flatnonzero(~old & (index >= 0))
    model = IsolationForest(
        n_estimators=plan.n_trees, max_samples=256, random_state=plan.seed, n_jobs=1
    ).fit(_clipped(z[fit]))
    peaks = _daily_peaks(frame.iloc[held], score(model, z[held])) if len(held) else np.empty(0)
    peaks = without_outstanding(peaks, _LEAST_SPREAD)
    if len(peaks) < plan.min_held_days:
        raise TooLittle(
            f"has {len(peaks)} of {plan.min_held_days} device-days to set its threshold by"
        )
    rank = int(np.ceil((len(peaks) + 1) * (1.0 - 1.0 / plan.days_per_flag)))
    threshold = float(np.sort(peaks)[min(rank, len(peaks)) - 1])
    return replace(draft, model=model, threshold=threshold, n_held_days=len(peaks))


def scaled(forest: Forest, frame: "DataFrame") -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Give scaled features (missing is 0), raw features, and each row's index into `keys`.

    The index is -1, and the rest of that row without meaning, where the key is not known.
    """
    rows = {key: at for at, key in enumerate(forest.keys)}
    index = frame["key"].map(rows).fillna(-1).to_numpy(dtype=np.int64)
    features = build(frame, forest.kind).reindex(columns=[*forest.features, *HOURS])
    raw = features[list(forest.features)].to_numpy(dtype=np.float64)
    z = (raw - forest.scales.median[index]) / forest.scales.scale[index]
    hours = features[list(HOURS)].to_numpy(dtype=np.float64)
    return np.hstack([np.nan_to_num(z, nan=0.0), hours]), raw, index


def score(model: Any, z: Floats) -> Floats:
    """Give one score per scaled row; higher is more unusual, and none is ever NaN."""
    top = np.abs(z[:, : -len(HOURS)]).max(axis=1, initial=0.0)
    edge = _EDGE_WEIGHT * np.log1p(np.maximum(0.0, top - _EDGE))
    found: Floats = -model.score_samples(_clipped(z)) + edge
    return found


def _clipped(z: Floats) -> Floats:
    """Keep wild values from stretching the ranges that trees choose their cuts from."""
    return np.clip(z, -_CLIP, _CLIP)


def _daily_peaks(frame: "DataFrame", scores: Floats) -> Floats:
    """Give the highest smoothed score of each device-day that has any."""
    ordered = frame.assign(score=scores).sort_values(["key", "taken_at_s"], kind="stable")
    ordered = ordered.assign(
        smooth=_smoothed(ordered["key"], ordered["score"].to_numpy()),
        day=(ordered["taken_at_s"] // _DAY_S),
    )
    peaks: Floats = ordered.groupby(["key", "day"])["smooth"].max().dropna().to_numpy()
    return peaks


def _smoothed(keys: "Series", scores: Floats) -> "Series":
    """Give the median of each row's and its two predecessors' scores; NaN for the first two."""
    import pandas as pd

    series = pd.Series(scores, index=keys.index)
    rolled = series.groupby(keys, sort=False).rolling(N_CONTEXT, min_periods=N_CONTEXT).median()
    return rolled.droplevel(0).loc[keys.index]


def _scales(kind: str, features: "DataFrame", keys: "Series", wanted: tuple[str, ...]) -> Scales:
    """Work out centre, scale and central 98 % of every feature of every wanted key."""
    quantiles = features.groupby(keys).quantile([0.01, 0.25, 0.5, 0.75, 0.99]).unstack()
    pooled = features.quantile([0.01, 0.5, 0.99])
    shape = (len(wanted), len(features.columns))
    low, median, high, scale = (np.empty(shape) for _ in range(4))
    for at, name in enumerate(features.columns):
        own = quantiles[name].reindex(list(wanted))
        centre = own[0.5].to_numpy()
        quartiles = (own[0.75] - own[0.25]).to_numpy() / _TO_SIGMA
        tails = (own[0.99] - own[0.01]).to_numpy() / _TAILS
        spread = float(pooled.at[0.99, name] - pooled.at[0.01, name])
        floor = _least_scale(kind, name, spread, np.abs(np.nan_to_num(centre)))
        median[:, at] = np.nan_to_num(centre)
        # What a device never reported has no usual value: an endless scale makes it say nothing.
        scale[:, at] = np.where(np.isnan(centre), np.inf, np.fmax(np.fmax(quartiles, tails), floor))
        low[:, at], high[:, at] = np.nan_to_num(own[0.01]), np.nan_to_num(own[0.99])
    return Scales(median=median, scale=scale, low=low, high=high)


def _least_scale(kind: str, feature: str, spread: float, centre: Floats) -> Floats:
    """Give the smallest scale: a quarter of the family's floor, or a share of the fleet's range."""
    quantity, _, suffix = feature.partition(" ")
    least = max(0.002 * spread, 1e-6)
    family = family_of(kind, quantity)
    if family is None or suffix in ("sin", "cos"):
        return np.full_like(centre, least)
    if suffix == PER_MINUTE.strip():
        return np.full_like(centre, max(least, 15.0 * family.rate_floor / family.step_s))
    return np.fmax(least, 0.25 * (family.level_floor + family.share * centre))
