"""The quality tests of one sensor in event time: what they found, and what is kept out for it.

A verdict is a function of the readings around one, so it may change while readings can still come
in between. A reading found to fail leaves the history that rules see and waits here; one found
suspect stays and loses the right to clear. What is settled (`alerting.watch`) keeps its verdict.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from alerting.history import Flag, History
from sensors.model import Qc
from sensors.qc.checks import Checks
from sensors.qc.flat import Run, flat
from sensors.qc.rate import rate
from sensors.qc.spike import Around, spike
from sensors.qc.total import total
from sensors.qc.verdict import Sample, Verdict, worst

_LOOK_BACK = 3


class Found(NamedTuple):
    """One reading that did not pass; `came_as` are the history's flags it came with."""

    time_s: float
    value: float
    came_as: int
    qc: int
    test: str
    reason: str


class Edit(NamedTuple):
    """What became of one reading: found anew or otherwise, or no longer (`now` is None)."""

    time_s: float
    value: float
    before: Found | None
    now: Found | None
    came_as: int

    @property
    def was_out(self) -> bool:
        """Say whether the reading had been taken out of the history."""
        return self.before is not None and self.before.qc == Qc.FAIL

    @property
    def is_out(self) -> bool:
        """Say whether the reading has to leave the history."""
        return self.now is not None and self.now.qc == Qc.FAIL

    @property
    def flag(self) -> int:
        """Give what the reading may be used for now."""
        if self.now is None:
            return self.came_as
        return self.came_as & ~Flag.CAN_CLEAR | Flag.SUSPECT


class Doubt(NamedTuple):
    """What other sensors say against this one; every reading of that time is suspect."""

    since_s: float
    until_s: float
    test: str
    reason: str


class Kept(NamedTuple):
    """What the screen must remember over a restart."""

    found: list[Found]
    same_since_s: float
    base: tuple[float, float, int]
    doubt: Doubt | None


class _Raw(NamedTuple):
    """A reading before quality control, with the flags it came with."""

    sample: Sample
    came_as: int


class _Past(NamedTuple):
    """What lies before a reading: the last two of all, the last that did not fail, its run."""

    before: list[Sample]
    base: Sample | None
    run: Run


class Screen:
    """The tests of one sensor over its history.

    `found` has every reading of the remembered past that did not pass, by time; `kept_out` the
    times of those that failed; `untold` those whose verdict is not final yet.
    """

    __slots__ = (
        "_adds_up",
        "_ahead",
        "_base",
        "_calm",
        "_checks",
        "_flat_s",
        "_history",
        "_max_gap_s",
        "_n_open",
        "_same_since_s",
        "doubt",
        "found",
        "kept_out",
        "settled_s",
        "untold",
    )

    def __init__(self, *, checks: Checks, history: History, max_gap_s: float) -> None:
        """Begin with nothing found."""
        self._checks = checks
        self._history = history
        self._max_gap_s = max_gap_s
        self.doubt: Doubt | None = None
        self._set_thresholds()
        self._ahead = checks.spike.within if checks.spike else 0
        self._n_open = 0  # how many more readings can still decide about a jump
        self._same_since_s = 0.0
        self._base = (inf, 0.0, 0)  # value, begin and length of the run before the history's first
        self.found: dict[float, Found] = {}
        self.kept_out: list[float] = []
        self.untold: list[float] = []
        self.settled_s = -inf

    def _set_thresholds(self) -> None:
        """Say from where on a reading needs a look; while a doubt stands every one does."""
        checks, is_doubted = self._checks, self.doubt is not None and self.doubt.until_s == inf
        self._calm = -1.0 if is_doubted else checks.calm_step
        self._flat_s = -1.0 if is_doubted else checks.flat.duration_s if checks.flat else inf
        self._adds_up = bool(checks.totals) and not is_doubted

    def cast_doubt(self, doubt: Doubt | None) -> None:
        """Doubt every reading of a stretch of time; `look` from its beginning must follow."""
        self.doubt = doubt
        self._set_thresholds()

    def minds(self, time_s: float, value: float) -> bool:
        """Say whether the tests must look at a reading that is about to become the newest.

        The ordinary reading, in range and a little different from the one before, costs this much.
        """
        history = self._history
        if self._adds_up:
            return value > 0.0
        if not history.values:
            self._same_since_s = time_s
            return False
        step = value - history.values[-1]
        if step != 0.0:
            self._same_since_s = time_s
            return self._n_open > 0 or not -self._calm <= step <= self._calm
        if time_s - history.times[-1] > self._max_gap_s:
            self._same_since_s = time_s
        return self._n_open > 0 or time_s - self._same_since_s >= self._flat_s

    def look(self, time_s: float) -> list[Edit]:
        """Judge again what the reading at `time_s` bears on, up to the newest; settled is settled.

        Gives what changed, in order of time, and has written it to `found`; the caller brings the
        history and the folds up to it.
        """
        raws = list(self._raws(time_s))
        first = bisect_left([raw.sample.time_s for raw in raws], time_s) - self._ahead
        edits: list[Edit] = []
        past = self._past_of(raws[0].sample.time_s)
        self._n_open = 0
        for place, raw in enumerate(raws):
            sample = raw.sample
            found = self.found.get(sample.time_s)
            if place >= first and sample.time_s > self.settled_s:
                after = [later.sample for later in raws[place + 1 : place + 1 + self._ahead]]
                now = self._judged(raw, past, after)
                if now != found:
                    edits.append(Edit(sample.time_s, sample.value, found, now, raw.came_as))
                found = now
            past = self._passed(past, sample, is_out=found is not None and found.qc == Qc.FAIL)
        self._same_since_s = raws[-1].sample.time_s - past.run.lasts_s
        for edit in edits:
            self._write(edit)
        return edits

    def _passed(self, past: _Past, sample: Sample, *, is_out: bool) -> _Past:
        """Give what lies before the next reading; count how many may still decide on a jump."""
        is_jump = is_out or (past.base is not None and self._is_jump(past.base, sample))
        self._n_open = self._ahead if is_jump else max(0, self._n_open - 1)
        if is_out:
            return past._replace(before=[*past.before[-1:], sample._replace(is_sound=False)])
        run = _longer(past.run, past.base, sample, self._max_gap_s)
        return _Past([*past.before[-1:], sample], sample, run)

    def _raws(self, time_s: float) -> Iterator[_Raw]:
        """Give all readings from some before `time_s` to the newest, those kept out among them."""
        history = self._history
        start = max(0, bisect_left(history.times, time_s) - self._ahead - _LOOK_BACK)
        out = self.kept_out[bisect_left(self.kept_out, history.times[start]) :]
        for index in range(start, len(history)):
            at_s = history.times[index]
            while out and out[0] < at_s:
                yield self._raw_kept_out(out.pop(0))
            found = self.found.get(at_s)
            came_as = history.flags[index] if found is None else found.came_as
            sample = Sample(at_s, history.values[index], came_as == Flag.CAN_CLEAR)
            yield _Raw(sample, came_as)
        for at_s in out:
            yield self._raw_kept_out(at_s)

    def _raw_kept_out(self, at_s: float) -> _Raw:
        found = self.found[at_s]
        return _Raw(Sample(at_s, found.value, found.came_as == Flag.CAN_CLEAR), found.came_as)

    def _judged(self, raw: _Raw, past: _Past, after: list[Sample]) -> Found | None:
        """Give what is found about one reading now, None when it passes or cannot be judged.

        A late reading is held against nothing: those that belong beside it may be late too.
        """
        sample, came_as = raw
        if came_as & Flag.LATE:
            return None
        verdict = worst(self._verdicts(sample, past, after))
        if verdict.flag not in (Qc.SUSPECT, Qc.FAIL):
            return None
        qc, reason = int(verdict.flag), verdict.reason
        return Found(sample.time_s, sample.value, came_as, qc, verdict.test, reason)

    def _verdicts(self, sample: Sample, past: _Past, after: list[Sample]) -> Iterator[Verdict]:
        checks, max_gap_s = self._checks, self._max_gap_s
        if checks.spike is not None:
            around = Around(past.base, past.before, sample, after)
            yield spike(around, checks.spike, max_gap_s)
        if checks.rate is not None:
            yield rate(past.base, sample, checks.rate, max_gap_s)
        if checks.flat is not None:
            yield flat(_longer(past.run, past.base, sample, max_gap_s), checks.flat)
        for limits in checks.totals:
            amount = self._amount(sample.time_s, limits.window_s)
            yield total(amount, limits, self._span_s(sample.time_s, limits.window_s))
        doubt = self.doubt
        if doubt is not None and doubt.since_s <= sample.time_s <= doubt.until_s:
            yield Verdict(Qc.SUSPECT, doubt.test, doubt.reason)

    def _is_jump(self, before: Sample, sample: Sample) -> bool:
        spike_test = self._checks.spike
        return spike_test is not None and abs(sample.value - before.value) > spike_test.step

    def _amount(self, time_s: float, window_s: float) -> float:
        """Add up everything in (t - window, t], what was kept out included."""
        history = self._history
        first = bisect_right(history.times, time_s - window_s)
        last = bisect_right(history.times, time_s)
        out = self.kept_out
        places = slice(bisect_right(out, time_s - window_s), bisect_right(out, time_s))
        return sum(history.values[first:last]) + sum(self.found[at].value for at in out[places])

    def _span_s(self, time_s: float, window_s: float) -> float:
        """Give since when the amounts of a window gathered: since the last reading before it."""
        since_s = time_s - window_s
        befores = (
            times[place - 1]
            for times in (self._history.times, self.kept_out)
            if (place := bisect_right(times, since_s))
        )
        return time_s - max(befores, default=-inf)

    def _past_of(self, time_s: float) -> _Past:
        """Give what lies before an instant, in what rules see."""
        history = self._history
        last = bisect_left(history.times, time_s) - 1
        if last < 0:
            return _Past([], None, Run(inf, 0, 0.0))
        sample = Sample(history.times[last], history.values[last])
        return _Past([], sample, self._run_at(last))

    def _run_at(self, index: int) -> Run:
        """Give the run of equal values that ends at `index`; it may have begun before the history.

        A gap ends a run: nobody knows what the sensor would have said.
        """
        history = self._history
        value = history.values[index]
        first = index if self._checks.flat is not None else 0
        while first > 0 and history.values[first - 1] == value:
            if history.times[first] - history.times[first - 1] > self._max_gap_s:
                break
            first -= 1
        count, since_s = index - first + 1, history.times[first]
        if first == 0 and self._base[0] == value:
            count, since_s = count + self._base[2], self._base[1]
        return Run(value, count, history.times[index] - since_s)

    def _write(self, edit: Edit) -> None:
        time_s, now = edit.time_s, edit.now
        if edit.was_out:
            self.kept_out.remove(time_s)
        if now is None:
            del self.found[time_s]
            if time_s in self.untold:
                self.untold.remove(time_s)
            return
        self.found[time_s] = now
        if edit.is_out:
            insort(self.kept_out, time_s)
        if time_s not in self.untold:
            insort(self.untold, time_s)

    def final_until(self, first: int, last: int) -> int:
        """Give how many of the readings that are settled by time also have their final verdict."""
        times = self._history.times
        if last <= first:
            return last
        open_s = self.open_from_s(first, times[last - 1])
        return last if open_s == inf else max(first, bisect_left(times, open_s))

    def open_from_s(self, first: int, bound_s: float) -> float:
        """Give the earliest instant whose verdict can change though all up to `bound_s` is here.

        A jump is decided by the readings after it, so these must be here too; one that is followed
        by a gap has none. The first `first` readings are settled; infinite where no verdict can
        change.
        """
        times, ahead = self._history.times, self._ahead
        if not ahead:
            return inf
        last = bisect_right(times, bound_s)
        tail = [(times[index], index) for index in range(max(first, last - ahead), last)]
        out = self.kept_out[bisect_right(self.kept_out, self.settled_s) :]
        tail += [(at_s, -1) for at_s in out if at_s <= bound_s]
        tail.sort()
        if not tail or bound_s - tail[-1][0] >= self._max_gap_s:
            return inf
        open_s = (at_s for at_s, index in tail[-ahead:] if index < 0 or self._jumps_at(index))
        return next(open_s, inf)

    def _jumps_at(self, index: int) -> bool:
        if index == 0:
            return False
        times, values = self._history.times, self._history.values
        before = Sample(times[index - 1], values[index - 1])
        return self._is_jump(before, Sample(times[index], values[index]))

    def settle(self, settled_s: float) -> list[Found]:
        """Count everything up to `settled_s` as final; give what was found there and not told."""
        self.settled_s = max(self.settled_s, settled_s)
        count = bisect_right(self.untold, self.settled_s)
        final, self.untold = self.untold[:count], self.untold[count:]
        return [self.found[at_s] for at_s in final]

    def drop_first(self, count: int) -> None:
        """Forget what belongs to the oldest `count` readings, before the history does."""
        run = self._run_at(count - 1)
        last_s = self._history.times[count - 1]
        self._base = (run.value, last_s - run.lasts_s, run.n_readings)
        for time_s in [time_s for time_s in self.found if time_s <= last_s]:
            del self.found[time_s]
        self.kept_out = self.kept_out[bisect_right(self.kept_out, last_s) :]
        self.untold = self.untold[bisect_right(self.untold, last_s) :]

    def keep(self) -> Kept:
        """Give what must be remembered over a restart."""
        return Kept(list(self.found.values()), self._same_since_s, self._base, self.doubt)

    def restore(self, kept: Kept, settled_s: float) -> None:
        """Take up what was remembered."""
        self.found = {found.time_s: found for found in kept.found}
        self.kept_out = sorted(found.time_s for found in kept.found if found.qc == Qc.FAIL)
        self.untold = sorted(self.found)  # told again: writing a flag twice changes nothing
        self._same_since_s = kept.same_since_s
        self._base = kept.base
        self.cast_doubt(kept.doubt)
        self._n_open = self._ahead
        self.settled_s = settled_s


def _longer(run: Run, before: Sample | None, sample: Sample, max_gap_s: float) -> Run:
    """Give the run with one more reading: longer by it, or begun anew."""
    is_same = run.n_readings > 0 and sample.value == run.value
    if not is_same or (before is not None and sample.time_s - before.time_s > max_gap_s):
        return Run(sample.value, 1, 0.0)
    elapsed_s = sample.time_s - before.time_s if before is not None else 0.0
    return Run(run.value, run.n_readings + 1, run.lasts_s + elapsed_s)
