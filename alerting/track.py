"""One rule on one sensor, folded over the sensor's history in event time (contracts C2 and C3).

The fold is a pure state machine: the state after reading i depends only on the readings up to i in
order of `taken_at`. A reading that arrives out of order is inserted where it belongs and the states
behind it are folded again, so the states at the end are the same for every order of arrival. Which
of them may still change is the caller's business (`alerting.watch` knows what is settled).

Raising: a level is believed when n of the last m readings reach it (or for `dwell`), or at once
when one reading is `at_once` times beyond the limit. Falling: only a run of believable, on-time
readings below the relaxed limit, without a gap longer than `stale`, over a covered window and not
flat, for `hold` and `readings`, lowers a level. Anything else keeps the alert standing.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from alerting.fold import CALM, REST_S, Episode, Forced, State, Step
from alerting.history import Flag, History, is_covered, is_flat, lacks_zero
from alerting.levels import Sides, against, highest, lowest, met, sides, turns, under
from alerting.measures.kind import Remark
from alerting.model import Alert, Finding, Form, Sentence, Severity, Transition
from alerting.rules import BoundRule
from alerting.sentence import say
from alerting.states import States
from alerting.terms import Terms

_MAX_TOUCHED = 240
_CAN_CLEAR = int(Flag.CAN_CLEAR)  # an enum's own & costs as much as all the rest


@dataclass(slots=True)
class Live:
    """An announced alert that later readings may still change, with what was told and not final."""

    alert: Alert
    told: list[Transition] = field(default_factory=list)
    is_start_final: bool = False


class Track:
    """One bound rule with its state after every reading of the history it shares.

    `lives` holds the announced alerts of this track that are not settled yet; it belongs to
    `alerting.book` and lies here so that a calm reading costs no look-up.
    """

    __slots__ = (
        "_bounded_s",
        "_high_s",
        "_history",
        "_is_code",
        "_laid",
        "_lowest",
        "_plain",
        "_sides",
        "_turns",
        "_unclear",
        "base",
        "beside",
        "filed",
        "forced",
        "levels",
        "lives",
        "raws",
        "rule",
        "states",
        "terms",
    )

    def __init__(
        self,
        *,
        rule: BoundRule,
        history: History,
        terms: Callable[[float], Terms] | None = None,
        filed: str = "",
    ) -> None:
        """Fold over whatever the history holds, starting calm.

        `terms` says how the rule judges at an instant, None where that is always the same; `filed`
        is what they depend on that is written in files.
        """
        self.rule = rule
        # What stands beside a reading at an instant, and is said with its alert.
        self.beside: Callable[[float], Remark | None] | None = None
        self.terms = terms
        self.filed = filed
        self._history = history
        self._turns = turns(rule)
        self._sides = tuple(sides(rule, at_s) for at_s in (-math.inf, *self._turns))
        self._laid: dict[tuple[int, tuple[float, ...], frozenset[int]], Sides] = {}
        self._unclear = rule.unclear
        is_bounded = terms is None and all(measure.is_bounded for measure in rule.measures)
        self._is_code = any(measure.unit == "code" for measure in rule.measures)
        self._plain = terms is None and len(rule.measures) == 1 and rule.measures[0].is_plain
        self._bounded_s = rule.window_s if is_bounded else math.inf
        self._high_s = -math.inf  # when a value last reached the lowest limit
        self._lowest = lowest(rule)
        self.levels = {int(level.severity): level for level in rule.levels}
        self.base = CALM
        self.forced: list[Forced] = []
        self.lives: list[Live] = []
        self.raws = bytearray()
        self.states: States[State] = States(CALM)
        self.fold_all()

    @property
    def newest(self) -> State:
        """Give the state after the newest reading."""
        return self.states.last(self.base)

    def fold_all(self) -> None:
        """Fold afresh over everything the history holds."""
        self.raws, self.states = bytearray(), States(CALM)
        for index in range(len(self._history)):
            self.raws.append(self._raw(index))
            self.states.append(self._step(self._before(index), index))

    def look_back(self) -> None:
        """Remember when a value last reached the lowest limit, after a memory was put back."""
        history = self._history
        for time_s, value in zip(history.times, history.values, strict=True):
            if value >= self._lowest:
                self._high_s = time_s

    def append(self) -> bool:
        """Fold in the reading just appended to the history; say whether the level changed."""
        index = len(self.raws)
        is_low = self._plain and self._history.values[index] < self._lowest
        raw = 0 if is_low else self._raw(index)
        self.raws.append(raw)
        if not raw and self.newest is CALM and (is_low or not self.forced):
            self.states.append(CALM)
            return False
        before = self._before(index)
        state = self._step(before, index)
        self.states.append(state)
        return (state.level, state.calm_done, state.again_s) != (
            before.level,
            before.calm_done,
            before.again_s,
        )

    def insert(self, index: int) -> bool:
        """Fold in a reading inserted before the newest; say whether any state changed."""
        self.raws.insert(index, 0)
        self.states.insert(index, CALM)
        old = self.states[index + 1 :]
        self.refold(index)
        return self.states[index] is not CALM or self.states[index + 1 :] != old

    def remove(self, index: int) -> bool:
        """Fold again without the reading just taken out of the history at `index`."""
        gone = self.states[index]
        del self.raws[index]
        del self.states[index]
        old = self.states[index:]
        self.refold(self._hand_on(index) if self.forced else index)
        return gone is not CALM or self.states[index:] != old

    def _hand_on(self, index: int) -> int:
        """Let what was forced at a reading that is gone stand on; give where to fold again from.

        It stands from the next reading on, or from the one before where there is no next one.
        """
        times = self._history.times
        before_s = times[index - 1] if index else -math.inf
        after_s = times[index] if index < len(times) else math.inf
        gone = [entry for entry in self.forced if before_s < entry.at_s < after_s]
        if not gone:
            return index
        if not times:
            worst = max(gone, key=lambda entry: entry.level)
            if worst.level > self.base.level:
                self.base = State(worst.level, worst.start_s, worst.start_s)
            self.forced.clear()
            return index
        heir_s = after_s if index < len(times) else before_s
        self.forced = [each._replace(at_s=heir_s) if each in gone else each for each in self.forced]
        return min(index, len(times) - 1)

    def replace(self, index: int) -> bool:
        """Fold again from a reading whose value was just replaced; say whether a state changed."""
        old = self.states[index:]
        self.refold(index)
        return self.states[index:] != old

    def insert_late(self, index: int, first_open: int) -> bool:
        """Take in a reading of the settled past: it may raise, from now on, but changes no past.

        `first_open` is the first index that is not settled yet, counted after the insertion.
        """
        self.raws.insert(index, 0)
        self.states.insert(index, self._before(index))
        times, old = self._history.times, self.newest
        places = self._touched_by(index)
        before = [self._raised(place) for place in places]
        for place in places:
            self.raws[place] = self._raw(place)
        for place, was in zip(places, before, strict=True):
            level = self._raised(place)
            if level > was and (level > old.level or self._is_news(place, level, old)):
                codes = self._codes(place)
                self.forced.append(Forced(times[-1], level, times[place], codes))
        self.refold(min(first_open, len(self.states) - 1))
        return self.newest != old

    def _is_news(self, place: int, level: int, now: State) -> bool:
        """Say whether a late reading of a standing danger shows that it came back, or a new kind.

        What was taken before it had eased, or before people were last told, is no news.
        """
        if not self.rule.sign_off:
            return False
        then = self._before(place)
        is_back = 0 <= now.eased < level and 0 <= then.eased < level
        is_unknown = any(code not in now.codes for code in self._codes(place))
        return is_unknown or (is_back and self._history.times[place] > now.again_s)

    def _touched_by(self, index: int) -> list[int]:
        """List the readings whose judgement a late one at `index` can change, itself first.

        Those are the next few (n of m) and other late ones whose window it lies in: a device that
        sends its store backwards must be judged like one that sends it in order. At most 240.
        """
        times, flags, rule = self._history.times, self._history.flags, self.rule
        places = [index]
        for place in range(index + 1, len(times)):
            is_next = place - index < rule.of
            if not is_next and times[place] - times[index] > rule.window_s:
                break
            if is_next or flags[place] & Flag.LATE:
                places.append(place)
            if len(places) >= _MAX_TOUCHED:
                break
        return places

    def reconsider(self, first: int) -> bool:
        """Judge again from index `first` on, because the terms are others; say what changed."""
        old = self.states[first:]
        for index in range(first, len(self.raws)):
            self.raws[index] = self._raw(index)
        for index in range(first, len(self.states)):
            self.states[index] = self._step(self._before(index), index)
        return self.states[first:] != old

    def refold(self, first: int) -> None:
        """Recompute readings' levels and states from index `first` on."""
        is_windowed = not self._plain
        for index in range(first, len(self.states)):
            if is_windowed or index == first:
                self.raws[index] = self._raw(index)
            self.states[index] = self._step(self._before(index), index)

    def sign_off(self) -> None:
        """Set the state after the newest reading to calm: a person has said so."""
        if self.states:
            self.states[-1] = CALM
        else:
            self.base = CALM
        self.forced.clear()

    def stand(self, level: int, start_s: float) -> None:
        """Let an alert that stood before stand on, where the memory of its readings is gone."""
        times = self._history.times
        if not times:
            self.base = State(level, start_s, start_s)
            return
        self.forced.append(Forced(times[-1], level, start_s))
        self.refold(len(times) - 1)

    def drop_first(self, count: int) -> None:
        """Forget the oldest `count` readings, as the history does."""
        self.base = self.states[count - 1]
        del self.states[:count]
        del self.raws[:count]
        if self.forced and self._history.times:
            oldest = self._history.times[0]
            self.forced = [entry for entry in self.forced if entry.at_s >= oldest]

    def is_calm_from(self, first: int) -> bool:
        """Say whether nothing stands at or behind index `first` - 1."""
        return self._before(first) is CALM and self.states.is_calm_from(first)

    def steps(self, first: int, last: int) -> list[Step]:
        """List the changes of level at indices first <= i < last."""
        found: list[Step] = []
        for index in range(first, last):
            before, after = self._before(index), self.states[index]
            if before.level != after.level:
                found.append(Step(index, self._history.times[index], before.level, after.level))
        return found

    def episodes(self, first: int) -> list[Episode]:
        """List the episodes that touch index `first` - 1 or later, in order.

        The first one may have begun before; its steps are then only those at `first` and later.
        """
        base = self._before(first)
        found: list[Episode] = []
        start_s, top, steps = base.start_s, base.level, list[Step]()
        for step in self.steps(first, len(self.states)):
            if step.before == 0:
                start_s, top, steps = self.states[step.place].start_s, 0, []
            steps.append(step)
            top = max(top, step.after)
            if step.after == 0:
                found.append(Episode(start_s, step.time_s, tuple(steps), top))
                top = 0
        if top:
            found.append(Episode(start_s, None, tuple(steps), top))
        return found

    def again_since(self, told: datetime) -> Step | None:
        """Give the step with which a standing danger last came back, None where that was told."""
        again_s = self.newest.again_s
        place = bisect_left(self._history.times, again_s)
        if place == len(self.states) or datetime.fromtimestamp(again_s, UTC) <= told:
            return None
        level = self.raws[place] & 15
        late = [each.level for each in self.forced if each.at_s == again_s]
        return Step(place, again_s, 0, max([level, *late]))

    def finding(self, step: Step) -> Finding:
        """Say in a sentence what the reading behind a step up means at its new level."""
        history, rule = self._history, self.rule
        level, index = step.after, step.place
        state = self.states[index]
        said_s = state.since_s
        if state.again_s == step.time_s:
            late = [each.start_s for each in self.forced if each.at_s == step.time_s]
            said_s = late[-1] if late else step.time_s
        if said_s != step.time_s:  # a late reading's verdict: speak of that reading
            place = bisect_left(history.times, said_s)
            index = place if history.times[place] == said_s else index
        stats = [measure.compute(history, index) for measure in rule.measures]
        terms = self.terms(history.times[index]) if self.terms is not None else None
        entry = under(self.levels.get(level) or rule.levels[-1], terms)
        way = met(entry, stats, history.times[index]) or entry.ways[0]
        position, limit = way.limits[0]
        if step.after < step.before:
            left = under(self.levels.get(step.before) or rule.levels[-1], terms)
            form, severity, pairs = Form.LEFT, left.severity, left.ways[0].limits
        else:
            form, severity, pairs = Form.LIMIT, None, way.limits
        stat = stats[position]
        remarks = self._remarks(index, pairs, terms)
        said = Sentence(
            form=form,
            title=rule.title,
            title_zh=rule.title_zh,
            against=tuple(against(rule, stats, *pair) for pair in pairs),
            is_low=rule.sign < 0,
            severity=severity,
            is_suspect=bool(history.flags[index] & Flag.SUSPECT),
            remark=". ".join(f"{each.en[0].upper()}{each.en[1:]}" for each in remarks),
            remark_zh="。".join(each.zh for each in remarks),
        )
        return Finding(
            rule_id=rule.id,
            pack=rule.pack,
            sensor=rule.sensor,
            severity=Severity(entry.severity),
            taken_at=datetime.fromtimestamp(history.times[index], UTC),
            value=rule.sign * stat if stat is not None else history.values[index],
            limit=rule.sign * limit,
            unit=rule.measures[position].unit,
            reason=say(said),
            provenance=way.provenance,
            said=said,
        )

    def _remarks(
        self, index: int, pairs: Sequence[tuple[int, float]], terms: Terms | None
    ) -> list[Remark]:
        """Say what bears on the measures of a way: how they came about, terms, what is beside."""
        said: list[Remark | None] = []
        for position, _ in pairs:
            remark = self.rule.measures[position].remark
            said.append(remark(self._history, index) if remark is not None else None)
        said += terms.why if terms is not None else ()
        if self.beside is not None:
            said.append(self.beside(self._history.times[index]))
        return [each for each in said if each is not None and each.en]

    def _before(self, index: int) -> State:
        return self.states[index - 1] if index else self.base

    def _raw(self, index: int) -> int:
        """Give the level this reading alone reaches (low half) and its at-once level (high)."""
        if self._plain:
            value = self._history.values[index]
            if value < self._lowest:
                return 0
            views: list[list[float | None]] = [[value]]
        elif self._is_calm_window(index):
            return 0
        else:
            views = self._views(index)
        valid = self._valid_at(index)
        if valid is None:
            return 0
        level = max(highest(valid.limits, stats) for stats in views)
        return level | (max(highest(valid.at_once, stats) for stats in views) << 4) if level else 0

    def _valid_at(self, index: int) -> Sides | None:
        """Give the limits of a reading's instant, None where the rule does not judge then."""
        time_s = self._history.times[index]
        place = bisect_right(self._turns, time_s) if self._turns else 0
        if self.terms is None:
            return self._sides[place]
        terms = self.terms(time_s)
        if not terms.is_judged:
            return None
        key = (place, terms.factors, terms.not_judged)
        laid = self._laid.get(key)
        if laid is None:
            laid = self._laid[key] = sides(self.rule, time_s, terms)
        return laid

    def _is_calm_window(self, index: int) -> bool:
        """Say whether no mean or maximum can reach a limit, because no value in the window does."""
        if self._bounded_s == math.inf:
            return False
        time_s = self._history.times[index]
        if self._history.values[index] >= self._lowest:
            self._high_s = max(self._high_s, time_s)
        return time_s - self._high_s > self._bounded_s

    def _views(self, index: int) -> list[list[float | None]]:
        """Give the measures over all readings, and over the believable ones where they differ.

        The worse of the two counts: a doubtful reading may raise a level and never lowers one.
        """
        history, measures = self._history, self.rule.measures
        views = [[measure.compute(history, index) for measure in measures]]
        is_believable = history.flags[index] & _CAN_CLEAR
        if is_believable and history.has_doubtful and (window_s := self.rule.window_s):
            believable = history.believable(index, window_s)
            if believable is not None and len(believable):
                last = len(believable) - 1
                views.append([measure.compute(believable, last) for measure in measures])
        return views

    def _step(self, before: State, index: int) -> State:
        raised = self._raised(index) if self.raws[index] else 0
        time_s = self._history.times[index]
        if raised > before.level:
            start_s = before.start_s if before.level else time_s
            state = State(raised, start_s, time_s, codes=self._codes(index))
        elif before.level == 0:
            state = CALM
        else:
            state = self._calmer(before, index)
            if raised and self.rule.sign_off:
                state = self._again(state, raised, time_s, self._codes(index))
        if self.forced:
            for entry in self.forced:
                if entry.at_s != time_s:
                    continue
                if entry.level > state.level:
                    start_s = state.start_s if state.level else entry.start_s
                    state = State(entry.level, start_s, entry.start_s, codes=entry.codes)
                elif self.rule.sign_off:
                    state = self._again(state, entry.level, time_s, entry.codes)
        return state

    def _again(self, state: State, raised: int, time_s: float, codes: tuple[int, ...]) -> State:
        """Note that a standing danger is back above what it had eased to, or is of a new kind."""
        is_back = 0 <= state.eased < raised
        if not is_back:
            if all(code in state.codes for code in codes):
                return state
            if not state.codes:  # its kind was not remembered: the one that is read is no news
                return state._replace(codes=codes)
            codes = (*state.codes, *codes)
        eased = raised if raised < state.level else -1
        return State(
            state.level, state.start_s, state.since_s, eased=eased, again_s=time_s, codes=codes
        )

    def _codes(self, index: int) -> tuple[int, ...]:
        """Give a reading's code, a whole number, where the rule is about one."""
        return (int(self._history.values[index]),) if self._is_code else ()

    def _raised(self, index: int) -> int:
        """Give the highest level that is believed at `index`."""
        rule = self.rule
        level, at_once = self.raws[index] & 15, self.raws[index] >> 4
        if rule.n == 1 and not rule.dwell_s:
            return level
        for candidate in range(level, at_once, -1):
            if self._is_held(index, candidate) and self._dwelt_s(index, candidate) >= rule.dwell_s:
                return candidate
        return at_once

    def _is_held(self, index: int, level: int) -> bool:
        """Say whether n of the last m readings up to `index` reach `level`.

        Doubtful readings below the level are not counted among the m: they prove nothing.
        """
        rule, flags = self.rule, self._history.flags
        hits = seen = 0
        for place in range(index, -1, -1):
            if self.raws[place] & 15 >= level:
                hits += 1
            elif not flags[place] & _CAN_CLEAR:
                continue
            seen += 1
            if hits >= rule.n or seen >= rule.of:
                break
        return hits >= rule.n

    def _dwelt_s(self, index: int, level: int) -> float:
        """Give for how long, up to `index`, no believable reading was below `level`."""
        if not self.rule.dwell_s:
            return 0.0
        flags, first = self._history.flags, index
        for place in range(index - 1, -1, -1):
            if self.raws[place] & 15 >= level:
                first = place
            elif flags[place] & _CAN_CLEAR:
                break
        return self._history.times[index] - self._history.times[first]

    def _calmer(self, before: State, index: int) -> State:
        """Extend, restart or refuse the run of calm readings; lower the level when it is done."""
        relaxed = self._relaxed_level(index, before.level)
        if relaxed is None or relaxed >= before.level:
            return before._replace(calm_s=0.0, calm_n=0, calm_top=0, calm_done=False)
        times, rule = self._history.times, self.rule
        time_s = times[index]
        is_gap = index == 0 or time_s - times[index - 1] > rule.stale_s
        is_lower = before.calm_done and relaxed < before.calm_top
        if before.calm_n == 0 or is_gap or is_lower:
            since_s, count, top = time_s, 1, relaxed
        else:
            since_s, count = before.calm_s, before.calm_n + 1
            top = max(before.calm_top, relaxed)
        is_done = time_s - since_s >= rule.hold_s and count >= rule.readings
        if is_done and not rule.sign_off:
            return State(top, before.start_s, time_s) if top else CALM
        eased = min(top, before.eased) if before.eased >= 0 else top
        return before._replace(
            calm_s=since_s,
            calm_n=count,
            calm_top=top,
            calm_done=is_done or (before.calm_done and not is_gap),
            eased=eased if is_done and time_s - since_s >= REST_S else before.eased,
        )

    def _is_in_force(self, valid: Sides, standing: int) -> bool:
        """Say whether every level up to the standing one has a limit at an instant."""
        in_force = {severity for severity, ways in valid.relaxed if ways}
        return all(level in in_force for level in self.levels if level <= standing)

    def _is_evidence(self, index: int) -> bool:
        """Say whether a reading may show that a danger is over."""
        history, rule = self._history, self.rule
        if not history.flags[index] & _CAN_CLEAR:
            return False
        if rule.flat_s and is_flat(history, index, rule.flat_s):
            return False
        if rule.wanted.baseline_s is not None and lacks_zero(history, index):
            return False
        covered_s = rule.covered_s
        return not covered_s or is_covered(history, index, covered_s, rule.stale_s)

    def _relaxed_level(self, index: int, standing: int) -> int | None:
        """Give the level against the relaxed limits; None when this reading is no evidence.

        A limit that is out of force then (its time or its stage is over) proves nothing either.
        """
        if not self._is_evidence(index):
            return None
        views, valid = self._views(index), self._valid_at(index)
        if valid is None or any(stat is None for stat in views[0]):
            return None
        if (self._turns or self.terms is not None) and not self._is_in_force(valid, standing):
            return None
        # Below an upper bound of an unknown limit nothing is shown to be kept.
        return max(self._unclear, *(highest(valid.relaxed, stats) for stats in views))
