"""Flow from stage by a rating curve Q = C (h - h0)^b, one segment after another.

A curve is a set of gaugings put in a formula: it says where it is valid, how many gaugings it
stands on and of which day. It is not drawn out beyond 1.5 times the stage above h0 of its highest
gauging. Where the tide or backwater moves the stage the same stage has many flows, and there is no
curve at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import exp, fsum, inf, log
from typing import NamedTuple

EXTRAPOLATE = 1.5
_LEAST_GAUGINGS = 3
# Segments fitted apart never meet exactly; a flow that falls by more than this is a mistake.
_LEAST_STEP = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One stretch of a curve: valid for `low_m` <= stage < `high_m`, both in the gauge's stage."""

    low_m: float
    high_m: float
    c: float
    h0_m: float
    b: float

    def flow(self, stage_m: float) -> float:
        """Give the flow in m3/s; 0 at and below `h0_m`."""
        head_m = max(0.0, stage_m - self.h0_m)
        return self.c * float(head_m**self.b)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """A station's curve: segments from low to high, what it stands on, and in which days."""

    segments: tuple[Segment, ...]
    n_gaugings: int
    highest_gauging_m: float
    dated: date
    source: str = ""
    valid_from: date | None = None
    valid_until: date | None = None

    @property
    def valid_s(self) -> tuple[float, float]:
        """Give the span of time it was made for in seconds, both days (UTC) included."""
        first = -inf if self.valid_from is None else _midnight_s(self.valid_from)
        last = self.valid_until
        return first, inf if last is None else _midnight_s(last + timedelta(days=1))


def _midnight_s(day: date) -> float:
    return datetime.combine(day, time(), UTC).timestamp()


class Flow(NamedTuple):
    """A flow in m3/s; `is_extrapolated` says that no gauging reached this stage."""

    m3s: float
    is_extrapolated: bool


class Gauging(NamedTuple):
    """One measured pair."""

    stage_m: float
    m3s: float


def why_no_rating(rating: Rating, *, is_tidal: bool = False) -> str | None:
    """Say why a curve cannot be used; None when it can."""
    if is_tidal:
        return "the tide moves the stage: the same stage has many flows"
    if not rating.segments or rating.n_gaugings < 1:
        return "the curve has no segment or stands on no gauging"
    for segment in rating.segments:
        if not segment.low_m < segment.high_m or min(segment.c, segment.b) <= 0.0:
            low_m = segment.low_m
            return f"the segment from {low_m:g} m must end above its start, with C and b above 0"
    first_s, end_s = rating.valid_s
    if first_s >= end_s:
        return f"it ends on {rating.valid_until}, before it begins on {rating.valid_from}"
    if rating.highest_gauging_m <= rating.segments[0].low_m:
        return f"the highest gauging, {rating.highest_gauging_m:g} m, lies below the curve"
    return next(filter(None, map(_why_apart, pairwise(rating.segments))), None)


def _why_apart(two: tuple[Segment, Segment]) -> str | None:
    lower, upper = two
    if lower.high_m != upper.low_m:
        return f"the segments leave {lower.high_m:g} m to {upper.low_m:g} m open or overlap"
    if upper.flow(upper.low_m) < lower.flow(lower.high_m) * _LEAST_STEP:
        return f"the flow falls where the segments meet, at {upper.low_m:g} m"
    return None


def flow_at(rating: Rating, stage_m: float) -> Flow | str:
    """Give the flow at a stage, or the sentence why the curve says nothing there."""
    if (why_not := why_no_rating(rating)) is not None:
        return why_not
    return flow_on(rating, stage_m)


def flow_on(rating: Rating, stage_m: float) -> Flow | str:
    """Give the same of a curve that `why_no_rating` let pass, without asking at each reading."""
    first, last = rating.segments[0], rating.segments[-1]
    if stage_m < first.low_m:
        return f"stage {stage_m:g} m lies below the curve, which begins at {first.low_m:g} m"
    segment = next((part for part in rating.segments if stage_m < part.high_m), last)
    top_m = segment.h0_m + EXTRAPOLATE * (rating.highest_gauging_m - segment.h0_m)
    if stage_m > max(rating.highest_gauging_m, top_m):
        return (
            f"stage {stage_m:g} m lies beyond {top_m:.4g} m, {EXTRAPOLATE:g} times the highest"
            f" gauging above h0"
        )
    return Flow(segment.flow(stage_m), stage_m > rating.highest_gauging_m)


def fitted(gaugings: Sequence[Gauging], h0_m: float) -> tuple[float, float] | str:
    """Fit C and b by least squares of the logarithms, or say why it cannot be done.

    >>> c, b = fitted([Gauging(1.0, 2.0), Gauging(2.0, 2.0 * 2**1.5), Gauging(4.0, 16.0)], 0.0)
    >>> round(c, 6), round(b, 6)
    (2.0, 1.5)
    """
    if len(gaugings) < _LEAST_GAUGINGS:
        return f"{len(gaugings)} gaugings are too few; {_LEAST_GAUGINGS} are needed"
    if any(entry.stage_m <= h0_m or entry.m3s <= 0.0 for entry in gaugings):
        return f"every gauging must have a flow and lie above h0 ({h0_m:g} m)"
    heights = [log(entry.stage_m - h0_m) for entry in gaugings]
    flows = [log(entry.m3s) for entry in gaugings]
    mean_h, mean_q = fsum(heights) / len(heights), fsum(flows) / len(flows)
    spread = fsum((height - mean_h) ** 2 for height in heights)
    if spread < 1e-12:
        return "all gaugings are at the same stage"
    pairs = zip(heights, flows, strict=True)
    b = fsum((height - mean_h) * (flow - mean_q) for height, flow in pairs) / spread
    return exp(mean_q - b * mean_h), b
