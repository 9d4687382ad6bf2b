"""A small streaming detector of unusual level and unusual rate, one per sensor.

What is usual is described twice, because each description fails alone: by a robust centre and
spread (an exponentially forgetting median and median deviation, which one wild value cannot move),
and by the extremes of the last days (which know about tides, daily warming and floods, where a
median deviation sees only the quiet hours between). A reading is a hit when it lies outside both;
it is a surprise when `hits` of the last `of` readings are hits.

Memory is bounded by time: `n_blocks` blocks of `memory_s / n_blocks` each keep lowest, highest and
fastest. The block under way is not part of what is usual until it has ended; otherwise a slow rise
would widen its own bounds reading by reading and never be seen. Changes are measured over the
family's `step_s`, so that a sensor of 1 Hz and one of 15 min are judged alike, and nothing grows
with the rate of readings.

What was flagged is not learned. Two bounded rules let the detector accept a world that has really
changed: (a) flagged readings that agree with each other over `settle_s` (and at least `settle_n`
of them) are a new level, which is added to what is usual; (b) after `patience_s` of nothing but
flagged readings (again at least `settle_n`) everything is forgotten and the detector says again
that it is not ready.
"""

import math
from array import array
from datetime import UTC, datetime
from operator import attrgetter

from alerting.detect.bounds import DEFAULT_BOUNDS, Bounds
from alerting.detect.checkpoint import COUNTS, NUMBERS, decode, encode
from alerting.detect.detector import CALM, READY, Answer, NotReady, Readiness, Surprise
from alerting.detect.families import Family, family_of
from alerting.detect.words import amount, span
from sensors.catalogue import KINDS

_MAX = 1e12
_MAX_S = 2.5e11  # a little short of the year 9999
_INF = math.inf
_TO_SIGMA = 1.4826
_EMPTY = (_INF, -_INF, 0.0)
_counts = attrgetter(*(f"_{name}" for name in COUNTS))
_numbers = attrgetter(*(f"_{name}" for name in NUMBERS))


class RobustDetector:
    """Level and rate of one sensor against its own last days."""

    __slots__ = (
        "_anchor",
        "_anchor_at",
        "_block",
        "_bounds",
        "_centre",
        "_family",
        "_fastest",
        "_first_at",
        "_high",
        "_hit_bits",
        "_is_ready",
        "_last_at",
        "_level_high",
        "_level_low",
        "_low",
        "_n",
        "_pace",
        "_rate_bound",
        "_ring",
        "_run_at",
        "_run_high",
        "_run_hits",
        "_run_low",
        "_run_n",
        "_run_since",
        "_spread",
        "_swing",
        "_unit",
        "_usual_until",
    )

    def __init__(self, family: Family, unit: str, bounds: Bounds = DEFAULT_BOUNDS) -> None:
        """Start with an empty memory; `unit` is only for the sentences."""
        self._family = family
        self._unit = unit
        self._bounds = bounds
        self._n = self._block = self._hit_bits = self._run_n = self._run_hits = 0
        self._is_ready = False
        self._first_at = self._last_at = self._anchor_at = self._usual_until = -_MAX_S
        self._anchor = self._centre = self._spread = self._pace = self._swing = 0.0
        self._low = self._high = self._fastest = 0.0
        self._run_at = self._run_since = self._run_low = self._run_high = 0.0
        self._ring = _empty_ring(bounds)
        self._set_bounds()

    @property
    def ready(self) -> Readiness:
        """Say whether enough readings over enough time have been learned."""
        reason = self._why_not_ready()
        return READY if reason is None else Readiness(is_ready=False, reason=reason)

    def examine(self, taken_at_s: float, value: float) -> Answer:
        """Judge one reading; see `alerting.detect.detector.Detector.examine`."""
        _check(taken_at_s, value)
        if not self._is_ready:
            return NotReady(self.ready.reason)
        if taken_at_s <= self._last_at:
            return NotReady("was taken before the newest reading that was learned")
        level, rate = self._scores(taken_at_s, value)
        if level <= 1.0 and rate <= 1.0:
            return CALM
        if not self._sustained(self._hit_bits << 1 | 1):
            return CALM
        if rate >= level:
            return self._rate_surprise(taken_at_s, value, rate)
        return self._level_surprise(value, level)

    def learn(self, taken_at_s: float, value: float) -> None:
        """Learn one reading unless it is a hit; see `alerting.detect.detector.Detector.learn`."""
        _check(taken_at_s, value)
        if taken_at_s <= self._last_at:
            return
        if self._n == 0:
            self._begin(taken_at_s, value)
            return
        self._last_at = taken_at_s
        if self._is_ready:
            level, rate = self._scores(taken_at_s, value)
            hit = level > 1.0 or rate > 1.0
            self._hit_bits = (self._hit_bits << 1 | hit) & 0xFFFF
            if hit:
                self._note_hit(taken_at_s, value)
                return
            if self._run_hits and not self._sustained(self._hit_bits):
                self._run_n = self._run_hits = 0
        swing = abs(value - self._anchor)
        if swing > self._swing:
            self._swing = swing
        if taken_at_s - self._anchor_at >= self._family.step_s:
            self._absorb(taken_at_s, value)

    def dump(self) -> bytes:
        """Give the memory as MessagePack."""
        return encode(self._family.key, list(self._ring), [*_counts(self)], [*_numbers(self)])

    def load(self, blob: bytes) -> None:
        """Replace the memory; see `alerting.detect.detector.Detector.load`."""
        found = decode(blob, self._family.key, len(self._ring))
        self._ring = array("d", found.ring)
        for name, count in zip(COUNTS, found.counts, strict=True):
            setattr(self, f"_{name}", count)
        for name, number in zip(NUMBERS, found.numbers, strict=True):
            setattr(self, f"_{name}", number)
        self._is_ready = self._why_not_ready() is None
        self._set_bounds()

    # -- judging ---------------------------------------------------------------------------------

    def _why_not_ready(self) -> str | None:
        bounds = self._bounds
        if self._n < bounds.min_readings:
            apart = span(self._family.step_s)
            return f"has seen {self._n} of {bounds.min_readings} readings {apart} or more apart"
        watched_s = self._anchor_at - self._first_at
        if watched_s < bounds.min_span_s:
            return f"has watched {span(watched_s)} of {span(bounds.min_span_s)}"
        return None

    def _scores(self, taken_at_s: float, value: float) -> tuple[float, float]:
        """Give how many times the level bound and the rate bound are reached."""
        low, high = self._level_low, self._level_high
        level = abs(value + value - low - high) / (high - low)
        allowed = self._rate_bound
        steps = (taken_at_s - self._anchor_at) / self._family.step_s
        if steps > 1.0:
            if steps > self._bounds.max_gap_steps:
                return level, 0.0
            allowed *= steps
        return level, abs(value - self._anchor) / allowed

    def _sustained(self, hit_bits: int) -> bool:
        """Say whether enough of the last readings were hits."""
        bounds = self._bounds
        return (hit_bits & ((1 << bounds.of) - 1)).bit_count() >= bounds.hits

    def _rate_surprise(self, taken_at_s: float, value: float, score: float) -> Surprise:
        elapsed_s = taken_at_s - self._anchor_at
        step_s = self._family.step_s
        allowed = self._rate_bound * max(elapsed_s / step_s, 1.0)
        change = value - self._anchor
        reason = (
            f"{'rose' if change > 0 else 'fell'} {amount(abs(change), self._unit)} in "
            f"{span(elapsed_s)}; {self._period()} it never changed faster "
            f"than {amount(self._fastest, self._unit)} per {span(step_s)}"
        )
        low, high = self._anchor - allowed, self._anchor + allowed
        return Surprise(
            score=score, value=value, low=low, high=high, unit=self._unit, reason=reason
        )

    def _level_surprise(self, value: float, score: float) -> Surprise:
        reason = (
            f"stands at {amount(value, self._unit)}; {self._period()} it stayed between "
            f"{amount(self._low, '')} and {amount(self._high, self._unit)}"
        )
        return Surprise(
            score=score,
            value=value,
            low=self._level_low,
            high=self._level_high,
            unit=self._unit,
            reason=reason,
        )

    def _period(self) -> str:
        """Name the period whose extremes are remembered, so that it can be found on a plot."""
        memory_s = self._bounds.memory_s
        since_s = max(self._first_at, self._usual_until - memory_s)
        until = datetime.fromtimestamp(self._usual_until, UTC)
        return f"in the {span(self._usual_until - since_s)} to {until:%Y-%m-%d %H:%M} UTC"

    # -- learning --------------------------------------------------------------------------------

    def _begin(self, taken_at_s: float, value: float) -> None:
        self._n = 1
        self._first_at = self._last_at = self._anchor_at = self._usual_until = taken_at_s
        self._anchor = self._centre = self._low = self._high = value
        self._fastest = self._swing = 0.0
        self._block = self._block_of(taken_at_s)
        self._ring = _empty_ring(self._bounds)
        self._hit_bits = self._run_n = self._run_hits = 0
        self._is_ready = False
        self._spread = self._level_floor() / (_TO_SIGMA * self._bounds.z_level)
        self._pace = self._rate_floor() / (_TO_SIGMA * self._bounds.z_rate)
        self._remember(value, value, 0.0)
        self._set_bounds()

    def _absorb(self, taken_at_s: float, value: float) -> None:
        """Take one step into centre, spread, pace and the block under way."""
        family, bounds = self._family, self._bounds
        steps = (taken_at_s - self._anchor_at) / family.step_s
        fastest = 0.0
        self._n += 1
        eta = bounds.forget if self._n > 1.0 / bounds.forget else 1.0 / self._n
        if steps <= bounds.max_gap_steps:
            fastest = self._swing / steps
            pace = abs(value - self._anchor) / steps
            self._pace = _toward(self._pace, pace, eta, family.rate_floor * 1e-3)
        deviation = value - self._centre
        self._spread = _toward(self._spread, abs(deviation), eta, family.level_floor * 1e-3)
        reach = 2.0 * eta * (self._spread + family.level_floor * 0.01)
        self._centre += deviation if abs(deviation) < reach else math.copysign(reach, deviation)
        self._turn_blocks(taken_at_s)
        self._remember(value, value, fastest)
        self._anchor, self._anchor_at, self._swing = value, taken_at_s, 0.0
        if not self._is_ready:
            self._take_blocks_as_usual(until_s=taken_at_s)
            self._is_ready = self._why_not_ready() is None
        self._set_bounds()

    def _block_of(self, taken_at_s: float) -> int:
        return int(taken_at_s // (self._bounds.memory_s / self._bounds.n_blocks))

    def _turn_blocks(self, taken_at_s: float) -> None:
        """At the end of a block: what has ended becomes usual, the oldest is forgotten."""
        block = self._block_of(taken_at_s)
        if block == self._block:
            return
        n_slots = len(self._ring) // 3
        for begun in range(self._block + 1, min(block, self._block + n_slots) + 1):
            slot = 3 * (begun % n_slots)
            self._ring[slot : slot + 3] = array("d", _EMPTY)
        self._block = block
        self._take_blocks_as_usual(until_s=block * self._bounds.memory_s / self._bounds.n_blocks)

    def _take_blocks_as_usual(self, *, until_s: float) -> None:
        """Summarise all blocks; after a silence longer than memory the last known stays usual."""
        ring = self._ring
        low = min(ring[::3])
        if low < _INF:
            self._low, self._high, self._fastest = low, max(ring[1::3]), max(ring[2::3])
            self._usual_until = until_s

    def _remember(self, low: float, high: float, fastest: float) -> None:
        ring = self._ring
        slot = 3 * self._block % len(ring)
        if low < ring[slot]:
            ring[slot] = low
        if high > ring[slot + 1]:
            ring[slot + 1] = high
        if fastest > ring[slot + 2]:
            ring[slot + 2] = fastest

    def _set_bounds(self) -> None:
        """Work out both bounds from remembered extremes, centre, spread and pace."""
        bounds = self._bounds
        centre, low, high = self._centre, self._low, self._high
        margin = bounds.past_range * (high - low)
        floor = self._level_floor()
        if margin < floor:
            margin = floor
        half = bounds.z_level * _TO_SIGMA * self._spread
        low, high = low - margin, high + margin
        self._level_low = low if low < centre - half else centre - half
        self._level_high = high if high > centre + half else centre + half
        self._rate_bound = max(
            self._rate_floor(),
            bounds.past_fastest * self._fastest,
            bounds.z_rate * _TO_SIGMA * self._pace,
        )

    def _level_floor(self) -> float:
        return self._family.level_floor + self._family.share * abs(self._centre)

    def _rate_floor(self) -> float:
        return self._family.rate_floor + self._family.share * abs(self._centre)

    def _note_hit(self, taken_at_s: float, value: float) -> None:
        """Follow an unbroken run of hits until it is a new level, or has lasted too long."""
        bounds = self._bounds
        self._run_hits += 1
        if self._run_hits == 1:
            self._run_since = taken_at_s
        lasted_s = taken_at_s - self._run_since
        if lasted_s >= bounds.patience_s and self._run_hits >= bounds.settle_n:
            self._begin(taken_at_s, value)
            return
        low, high = min(self._run_low, value), max(self._run_high, value)
        agreed = max(2.0 * self._level_floor(), 4.0 * self._spread)
        if self._run_n == 0 or high - low > agreed:
            self._run_n, self._run_at, low, high = 0, taken_at_s, value, value
        self._run_n += 1
        self._run_low, self._run_high = low, high
        if self._run_n >= bounds.settle_n and taken_at_s - self._run_at >= bounds.settle_s:
            self._accept_level(taken_at_s, value)

    def _accept_level(self, taken_at_s: float, value: float) -> None:
        """Add the new level to what is usual at once, and to the block under way."""
        self._turn_blocks(taken_at_s)
        self._remember(self._run_low, self._run_high, 0.0)
        self._low, self._high = min(self._low, self._run_low), max(self._high, self._run_high)
        self._usual_until = taken_at_s
        self._centre = 0.5 * (self._run_low + self._run_high)
        self._anchor, self._anchor_at, self._swing = value, taken_at_s, 0.0
        self._run_n = self._run_hits = self._hit_bits = 0
        self._set_bounds()


def _empty_ring(bounds: Bounds) -> "array[float]":
    """Make room for the remembered blocks and the one under way: lowest, highest, fastest."""
    return array("d", _EMPTY * (bounds.n_blocks + 1))


def _toward(estimate: float, seen: float, eta: float, least: float) -> float:
    """Move a running median of magnitudes one step toward `seen`, never below `least`."""
    moved = estimate * (1.0 + eta) if seen > estimate else estimate * (1.0 - eta)
    return moved if moved > least else least


def _check(taken_at_s: float, value: float) -> None:
    if not (-_MAX < value < _MAX and -_MAX_S < taken_at_s < _MAX_S):
        raise ValueError(f"value {value!r} taken at {taken_at_s!r}: finite numbers are needed")


def robust_for(kind: str, quantity: str, bounds: Bounds = DEFAULT_BOUNDS) -> RobustDetector | None:
    """Make the detector of one catalogue quantity, None where `why_not_examined` has a reason.

    Raises:
        KeyError: the catalogue has no such kind or quantity.
    """
    family = family_of(kind, quantity)
    if family is None:
        return None
    return RobustDetector(family, KINDS[kind].quantities[quantity].unit, bounds)
