"""A crane's mast under its load: how it leans for a moment and a slew, learned from its own past.

A mast bends along the jib with the moment that hangs there and against it with the counterweight's,
and it stands a little out of plumb. Both tilts together are then linear in six terms: 1, cosine and
sine of the slew, and the same times the moment. That holds for an inclinometer on the mast, and for
one that turns with the jib. A single limit for the tilt under load has to allow for the greatest
load in the worst direction (domain reference A6); this finds a mast that leans by a third of it
with a load and in a direction where it never did.

The terms are fitted by least squares to the older part of the history, leaving out what lies far
off; the band is what the newer part shows, with room. A row is judged only at a moment and in a
wind like those learned from: wind bends the mast too, and from where is not measured.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import cos, hypot, inf, radians, sin
from statistics import median
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alerting.detect.days import without_outstanding
from alerting.detect.detector import CALM, Answer, NotReady, Surprise
from alerting.detect.errors import TooLittle
from alerting.detect.families import FAMILIES
from alerting.detect.features import Sample
from alerting.detect.learned import MOST_CONTEXT
from alerting.detect.words import amount

if TYPE_CHECKING:
    from pandas import DataFrame

Floats = NDArray[np.float64]
KIND: Final = "crane"
NAME: Final = "crane-mast"
NEEDED: Final = ("load_t", "radius_m", "slew_deg", "tilt_x_deg", "tilt_y_deg")
WIND: Final = "wind_ms"
N_TERMS: Final = 6
_DAY_S = 86_400.0
_TO_SIGMA = 1.4826  # median deviation of a normal distribution to its standard deviation
_FAR_OFF = 4.0
_ROUNDS = 3
_LEAST_SPREAD_DEG = 0.005
_DIRECTIONS = 8
_LEAST_SMOOTH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class MastPlan:
    """How a mast is learned; all confidence D.

    `calm_ms`: wind up to which rows count, the lower edge of Beaufort 5. `room` times the greatest
    departure of the days held out is the band, at least the family's `floor_deg` and at most
    `most_band_deg`, half of the permitted sway: a mast that keeps to no rule is not judged.
    `beyond`: share above the greatest moment learned up to which a row is judged. `telling`: share
    of it from which a row can be calm: an empty hook says nothing about a mast that bends further.
    `kept`: for how long what was learned before stands against a new band that is wider by more
    than `widening`, or against none at all: a mast that began to lean must not teach it to be calm.
    """

    calm_ms: float = 8.0
    room: float = 1.5
    floor_deg: float = FAMILIES["tilt"].level_floor
    most_band_deg: float = 0.385
    beyond: float = 0.25
    telling: float = 0.5
    kept_s: float = 28 * 86_400.0
    widening: float = 1.25
    gap_s: float = 900.0
    n_smooth: int = MOST_CONTEXT
    held_share: float = 0.3
    min_held_days: int = 5
    min_fit_rows: int = 1_000
    min_directions: int = 4
    min_rows_each: int = 20


DEFAULT_MAST_PLAN: Final = MastPlan()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mast:
    """What one crane does: tilts in degrees by the six terms, moments as shares of `most_t_m`.

    `has_wind`: it was learned in winds that are known, so a row must tell its own.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    most_t_m: float
    band_deg: float
    trained_until_s: float
    has_wind: bool

    def usual_deg(self, moment_t_m: float, slew_deg: float) -> tuple[float, float]:
        """Give the tilts along both axes that are usual for a moment and a slew."""
        terms = _terms(moment_t_m / self.most_t_m, slew_deg)
        return (
            sum(term * factor for term, factor in zip(terms, self.x, strict=True)),
            sum(term * factor for term, factor in zip(terms, self.y, strict=True)),
        )


class Departure(NamedTuple):
    """How far a row lies from what is usual, at which moment (t·m) and slew (degrees)."""

    away_deg: float
    moment_t_m: float
    slew_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Masts:
    """The masts of all cranes with enough history, by device point."""

    masts: Mapping[str, Mast]
    n_rows: int
    trained_from_s: float
    trained_until_s: float
    lacking: Mapping[str, str] = field(default_factory=dict[str, str])
    plan: MastPlan = DEFAULT_MAST_PLAN
    name: ClassVar[str] = NAME
    kind: ClassVar[str] = KIND
    quantity: ClassVar[str] = "tilt_deg"

    @property
    def known(self) -> Sequence[str]:
        """Name the device points it can judge."""
        return tuple(self.masts)

    def examine(self, rows: Sequence[Sample], n_context: int = 0) -> list[Answer]:
        """Judge rows in order of time; the first `n_context` are only what came before.

        A row is a surprise when it and the median of the last `n_smooth` that could be judged lie
        outside the band, so that braking, gusts and a swinging load do not surprise.
        """
        lately: dict[str, list[float]] = {}
        answers: list[Answer] = []
        for row in rows:
            mast = self.masts.get(row.key)
            if mast is None:
                why = self.lacking.get(row.key, "was not in the history it learned from")
                answers.append(NotReady(f"{row.key} {why}"))
                continue
            found = departure(mast, row, self.plan)
            if isinstance(found, NotReady):
                answers.append(found)
                continue
            past = lately.setdefault(row.key, [])
            past.append(found.away_deg)
            answers.append(_answer(mast, found, past[-self.plan.n_smooth :], self.plan))
        return answers[n_context:]


def departure(mast: Mast, row: Sample, plan: MastPlan) -> Departure | NotReady:
    """Give how far a row lies from what is usual for its crane, or why that cannot be said."""
    lacking = [name for name in NEEDED if name not in row.values]
    if lacking:
        return NotReady(f"the row has no {' and no '.join(lacking)}")
    load_t, radius_m, slew_deg, tilt_x, tilt_y = (row.values[name] for name in NEEDED)
    wind_ms = row.values.get(WIND)
    if wind_ms is None and mast.has_wind:
        return NotReady(f"the row has no {WIND}, and wind bends the mast too")
    if wind_ms is not None and wind_ms > plan.calm_ms:
        return NotReady(f"a wind of {amount(wind_ms, 'm/s')} bends the mast too")
    moment_t_m = max(load_t, 0.0) * radius_m
    if moment_t_m > mast.most_t_m * (1.0 + plan.beyond):
        most = amount(mast.most_t_m, "t·m")
        return NotReady(f"{amount(moment_t_m, 't·m')}: it learned from up to {most}")
    usual_x, usual_y = mast.usual_deg(moment_t_m, slew_deg)
    return Departure(hypot(tilt_x - usual_x, tilt_y - usual_y), moment_t_m, slew_deg)


def _answer(mast: Mast, found: Departure, lately: Sequence[float], plan: MastPlan) -> Answer:
    if len(lately) < plan.n_smooth:
        return NotReady(f"has {len(lately)} of {plan.n_smooth} rows in a row")
    away_deg = min(found.away_deg, median(lately))
    if away_deg <= mast.band_deg:
        if found.moment_t_m >= plan.telling * mast.most_t_m:
            return CALM
        return NotReady(f"as usual, but {amount(found.moment_t_m, 't·m')} says little of the mast")
    moment, slew = amount(found.moment_t_m, "t·m"), amount(found.slew_deg, "deg")
    away, band = amount(found.away_deg, "deg"), amount(mast.band_deg, "deg")
    return Surprise(
        score=away_deg / mast.band_deg,
        value=found.away_deg,
        low=0.0,
        high=mast.band_deg,
        unit="deg",
        reason=f"the mast leans {away} away from where it usually is with {moment} at slew "
        f"{slew}; up to {band} is usual",
        quantity="tilt_deg",
        reason_zh=f"力矩{moment}、回转角{found.slew_deg:.0f}°时，塔身倾角偏离惯常值"
        f"{found.away_deg:.2f}°，惯常偏离不超过{mast.band_deg:.2f}°",
    )


class MastTraining:
    """Learns masts from one frame after the other, each with all the rows of its cranes."""

    def __init__(self, plan: MastPlan = DEFAULT_MAST_PLAN) -> None:
        """Begin without any crane."""
        self._plan = plan
        self._masts: dict[str, Mast] = {}
        self._lacking: dict[str, str] = {}
        self._n_rows = 0
        self._from_s, self._until_s = inf, -inf

    def add(self, frame: "DataFrame") -> None:
        """Learn every crane's mast from a frame of `features.frame_of`, rows in any order."""
        if not {"key", *NEEDED} <= set(frame.columns):
            return
        rows = frame.dropna(subset=list(NEEDED)).sort_values("taken_at_s", kind="stable")
        for key, own in rows.groupby("key", sort=True):
            try:
                self._masts[str(key)] = _mast(own, self._plan)
            except TooLittle as error:
                self._lacking[str(key)] = str(error)
        if len(rows):
            self._n_rows += len(rows)
            self._from_s = min(self._from_s, float(rows["taken_at_s"].min()))
            self._until_s = max(self._until_s, float(rows["taken_at_s"].max()))

    def done(self) -> Masts:
        """Give the masts of all cranes.

        Raises:
            TooLittle: of no crane can be said what is usual; the text says what one of them lacks.
        """
        if not self._masts:
            some = [f"{key} {why}" for key, why in self._lacking.items()]
            none = "no crane reports load, radius, slew and both tilts together"
            raise TooLittle(some[0] if some else none)
        return Masts(
            masts=self._masts,
            n_rows=self._n_rows,
            trained_from_s=self._from_s,
            trained_until_s=self._until_s,
            lacking=self._lacking,
            plan=self._plan,
        )


def train_masts(frame: "DataFrame", plan: MastPlan = DEFAULT_MAST_PLAN) -> Masts:
    """Learn every crane's mast from one frame.

    Raises:
        TooLittle: of no crane can be said what is usual; the text says what one of them lacks.
    """
    training = MastTraining(plan)
    training.add(frame)
    return training.done()


def guarded(new: Masts, old: Masts) -> Masts:
    """Give the new masts, with the old one where the new has a wider band or is missing.

    Not for ever: after `kept_s` a mast that has changed for good (another jib, a new tie) is what
    its newer history says.
    """
    plan = new.plan
    kept = {
        key: mast
        for key, mast in old.masts.items()
        if new.trained_until_s - mast.trained_until_s <= plan.kept_s
        and (key not in new.masts or new.masts[key].band_deg > plan.widening * mast.band_deg)
    }
    lacking = {key: why for key, why in new.lacking.items() if key not in kept}
    return replace(new, masts={**new.masts, **kept}, lacking=lacking)


def _mast(rows: "DataFrame", plan: MastPlan) -> Mast:
    """Learn one mast from its rows in order of time."""
    has_wind = WIND in rows and bool(rows[WIND].notna().mean() >= 0.5)
    if has_wind:
        rows = rows[rows[WIND] <= plan.calm_ms]
    if not len(rows):
        raise TooLittle(f"has worked in no wind of {plan.calm_ms:g} m/s or less")
    taken_s = rows["taken_at_s"].to_numpy(dtype=np.float64)
    load_t, radius_m, slew_deg, *tilts = (rows[name].to_numpy(dtype=np.float64) for name in NEEDED)
    moment_t_m = np.maximum(load_t, 0.0) * radius_m
    is_old = taken_s < taken_s[-1] - plan.held_share * (taken_s[-1] - taken_s[0])
    most_t_m = float(moment_t_m[is_old].max(initial=0.0))
    _refuse_too_little(moment_t_m[is_old], slew_deg[is_old], most_t_m, plan)
    terms = _terms_of(moment_t_m / most_t_m, slew_deg)
    tilt = np.column_stack(tilts)
    factors = _fitted(terms[is_old], tilt[is_old])
    is_held = ~is_old & (moment_t_m <= most_t_m * (1.0 + plan.beyond))
    away = _length((tilt - terms @ factors)[is_held])
    return Mast(
        x=tuple(map(float, factors[:, 0])),
        y=tuple(map(float, factors[:, 1])),
        most_t_m=most_t_m,
        band_deg=_band_deg(away, taken_s[is_held], plan),
        trained_until_s=float(taken_s[-1]),
        has_wind=has_wind,
    )


def _refuse_too_little(
    moment_t_m: Floats, slew_deg: Floats, most_t_m: float, plan: MastPlan
) -> None:
    if len(moment_t_m) < plan.min_fit_rows:
        raise TooLittle(f"has {len(moment_t_m)} of {plan.min_fit_rows} rows to learn from")
    is_loaded = moment_t_m >= 0.25 * most_t_m if most_t_m > 0.0 else np.zeros(0, dtype=bool)
    sectors = (slew_deg[is_loaded] % 360.0 // (360.0 / _DIRECTIONS)).astype(np.int64)
    counts = np.bincount(sectors, minlength=_DIRECTIONS) if len(sectors) else np.zeros(1)
    directions = int((counts >= plan.min_rows_each).sum())
    if directions < plan.min_directions:
        raise TooLittle(
            f"has carried loads in {directions} of {_DIRECTIONS} directions, "
            f"{plan.min_directions} are needed"
        )


def _fitted(terms: Floats, tilt: Floats) -> Floats:
    """Fit by least squares, leaving out again and again what lies far off."""
    is_used = np.ones(len(terms), dtype=bool)
    factors: Floats = np.zeros((N_TERMS, 2))
    for _ in range(_ROUNDS):
        solved = np.linalg.lstsq(terms[is_used], tilt[is_used], rcond=None)
        factors = np.asarray(solved[0], dtype=np.float64)
        away = _length(tilt - terms @ factors)
        spread = max(_TO_SIGMA * float(np.median(away)), _LEAST_SPREAD_DEG)
        is_used = away <= _FAR_OFF * spread
    return factors


def _length(rows: Floats) -> Floats:
    """Give the length of each row of two."""
    return np.hypot(rows[:, 0], rows[:, 1])


def _band_deg(away: Floats, taken_s: Floats, plan: MastPlan) -> float:
    """Give the band that the days held out allow, each counting by its greatest departure."""
    import pandas as pd

    # History is a sample: rows on either side of a gap were not made one after the other.
    stretch = np.cumsum(np.diff(taken_s, prepend=taken_s[:1]) > plan.gap_s)
    by_stretch = pd.Series(away).groupby(stretch)
    smooth = by_stretch.rolling(plan.n_smooth, min_periods=_LEAST_SMOOTH).median().droplevel(0)
    peaks = smooth.groupby(taken_s // _DAY_S).max().dropna().to_numpy(dtype=np.float64)
    if len(peaks) < plan.min_held_days:
        raise TooLittle(f"has {len(peaks)} of {plan.min_held_days} days to set its band by")
    greatest = float(without_outstanding(peaks, _LEAST_SPREAD_DEG).max())
    if plan.room * greatest > plan.most_band_deg:
        raise TooLittle(
            f"departs by up to {amount(greatest, 'deg')} from any rule of moment and slew"
        )
    return max(plan.floor_deg, plan.room * greatest)


def _terms(share: float, slew_deg: float) -> tuple[float, ...]:
    along, across = cos(radians(slew_deg)), sin(radians(slew_deg))
    return (1.0, along, across, share, share * along, share * across)


def _terms_of(share: Floats, slew_deg: Floats) -> Floats:
    along, across = np.cos(np.radians(slew_deg)), np.sin(np.radians(slew_deg))
    return np.column_stack(
        (np.ones_like(share), along, across, share, share * along, share * across)
    )
