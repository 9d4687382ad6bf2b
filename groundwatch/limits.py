"""How one sensor stands against every limit there is for it: plain functions, values in and out.

Serves `explain` and the HTTP interface; nothing in here decides anything about alerts.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from alerting.basis import Basis, Period
from alerting.history import Flag
from alerting.levels import under
from alerting.model import Provenance, Remark, Severity
from alerting.rules import BoundRule, Level, Measure, NotJudged, Pack, Side, Way, rules_for
from alerting.track import Track
from alerting.watch import Watch
from groundwatch.limits_zh import cleared_zh, fold_zh, raised_zh
from sensors.model import SensorKey
from sensors.registry import Sensor

_SIDES = {
    Side.ABOVE: ("at or above", "≥"),
    Side.BELOW: ("at or below", "≤"),
    Side.EITHER: ("in either direction, at or beyond", "正负方向 ≥"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What the limit is a percentage of: `whole` and the limit itself, both in `unit`."""

    whole: float
    limit: float
    unit: str
    basis: Basis | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One measure against one limit; `present` is None while the measure cannot be computed.

    `limit` and `present` are in `unit`; `window_s` is 0 for a single reading. `of` is given where
    the unit is a percentage of something.
    """

    measure: str
    measure_zh: str
    window_s: float
    baseline: str
    side: str
    side_zh: str
    limit: float
    unit: str
    present: float | None
    is_met: bool
    of: Share | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WayView:
    """One way to reach a severity: every condition is met. `at_most` says why it is no more than
    an upper bound, empty where it is the limit.
    """

    conditions: tuple[Condition, ...]
    basis: Basis
    period: Period
    at_most: str
    is_met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelView:
    """One severity of a rule: reached when any one way is."""

    severity: Severity
    provenance: Provenance
    ways: tuple[WayView, ...]
    is_met: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NotJudgedView:
    """A severity that is not judged on this sensor, and why.

    With `may_raise` a part of it is: reaching the limit raises, staying below it proves nothing.
    """

    severity: Severity
    reason: str
    may_raise: bool

    @property
    def text(self) -> str:
        """Say it in words."""
        return gap_text(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldView:
    """Where a rule stands after the newest reading; `severity` is None when calm.

    A run of calm readings that may lower the level has begun at `calm_since`, `calm_readings` long.
    """

    severity: Severity | None
    started_at: datetime | None
    since: datetime | None
    calm_since: datetime | None
    calm_readings: int
    awaiting_sign_off: bool
    text: str
    text_zh: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleView:
    """One rule on one sensor. `fold` is None when no level of it can be judged."""

    rule_id: str
    pack: str
    hazard: str
    title: str
    title_zh: str
    raised_when: str
    raised_when_zh: str
    cleared_when: str
    cleared_when_zh: str
    levels: tuple[LevelView, ...]
    not_judged: tuple[NotJudgedView, ...]
    fold: FoldView | None
    origins: Mapping[str, Basis]
    remarks: tuple[Remark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceView:
    """When a sensor last said something believable, and how long it may be silent, in seconds."""

    sensor: SensorKey
    newest_at: datetime | None
    age_s: float | None
    stale_s: float
    offline_s: float
    is_overdue: bool
    text: str


def gap_text(gap: NotJudged | NotJudgedView) -> str:
    """Say in words what is not judged, and what of it may still raise."""
    if gap.may_raise:
        return f"judged only in part: {gap.reason}"
    return f"not judged, {gap.reason}"


def rule_views(sensor: Sensor, packs: Sequence[Pack], watch: Watch | None) -> tuple[RuleView, ...]:
    """Show every rule of the packs that speaks of the sensor, with what is not judged."""
    sides = {rule.id: rule.side for pack in packs for rule in pack.spec.rules}
    tracks = {track.rule.id: track for track in watch.tracks} if watch is not None else {}
    return tuple(
        _rule_view(rule, sides[rule.id], tracks.get(rule.id), watch)
        for rule in rules_for(sensor, packs)
    )


def silence_view(watch: Watch, now: datetime, watching_s: float) -> SilenceView:
    """Say how old the newest believable reading is; `watching_s` is when listening began."""
    never = watch.newest_s == 0.0
    age_s = now.timestamp() - watch.newest_s
    waited_s = now.timestamp() - max(watch.spoke_s, watching_s)
    is_overdue = waited_s > watch.stale_s
    said = "nothing believable yet" if never else f"last believable reading {span(age_s)} ago"
    may = f"may be silent for {span(watch.stale_s)}, counts as gone after {span(watch.offline_s)}"
    state = "overdue" if is_overdue else "in time"
    return SilenceView(
        sensor=watch.key,
        newest_at=None if never else instant(watch.newest_s),
        age_s=None if never else age_s,
        stale_s=watch.stale_s,
        offline_s=watch.offline_s,
        is_overdue=is_overdue,
        text=f"{state}: {said}; {may}",
    )


def instant(seconds: float) -> datetime:
    """Give seconds since 1970 as an aware instant."""
    return datetime.fromtimestamp(seconds, UTC)


def span(seconds: float) -> str:
    """Give a span of time in one unit that suits it.

    >>> span(600)
    '10 min'
    """
    if seconds < 120:
        return f"{seconds:.3g} s"
    if seconds < 7200:
        return f"{seconds / 60:.3g} min"
    return f"{seconds / 3600:.3g} h" if seconds < 172_800 else f"{seconds / 86_400:.3g} d"


def _rule_view(rule: BoundRule, side: Side, track: Track | None, watch: Watch | None) -> RuleView:
    stats: Sequence[float | None] = [None] * len(rule.measures)
    at_s = math.inf
    if watch is not None and len(watch.history):
        newest = len(watch.history) - 1
        at_s = watch.history.times[newest]
        stats = [measure.compute(watch.history, newest) for measure in rule.measures]
    terms = None
    if track is not None and track.terms is not None and math.isfinite(at_s):
        terms = track.terms(at_s)
    levels = [under(level, terms) for level in rule.levels]
    return RuleView(
        rule_id=rule.id,
        pack=rule.pack,
        hazard=rule.hazard,
        title=rule.title,
        title_zh=rule.title_zh,
        raised_when=_raised_when(rule),
        raised_when_zh=raised_zh(rule),
        cleared_when=_cleared_when(rule),
        cleared_when_zh=cleared_zh(rule),
        levels=tuple(_level_view(rule, level, side, stats, at_s) for level in levels),
        not_judged=tuple(
            NotJudgedView(
                severity=missing.severity, reason=missing.reason, may_raise=missing.may_raise
            )
            for missing in rule.not_judged
        ),
        fold=None if track is None or watch is None else _fold_view(track, watch),
        origins=rule.origins,
        remarks=(*(terms.why if terms else ()), *_remarks(rule, watch)),
    )


def _remarks(rule: BoundRule, watch: Watch | None) -> tuple[Remark, ...]:
    """Say how the measures came to what they give now, or why they give nothing."""
    if watch is None or not len(watch.history):
        return ()
    newest = len(watch.history) - 1
    measures = [measure for measure in rule.measures if measure.remark is not None]
    said = [measure.remark(watch.history, newest) for measure in measures if measure.remark]
    return tuple(each for each in said if each is not None)


def _level_view(
    rule: BoundRule, level: Level, side: Side, stats: Sequence[float | None], at_s: float
) -> LevelView:
    ways = tuple(_way_view(rule, way, side, stats, at_s) for way in level.ways)
    return LevelView(
        severity=level.severity,
        provenance=level.provenance,
        ways=ways,
        is_met=any(way.is_met for way in ways),
    )


def _way_view(
    rule: BoundRule, way: Way, side: Side, stats: Sequence[float | None], at_s: float
) -> WayView:
    conditions = tuple(
        _condition(rule, position, limit, side, stats) for position, limit in way.limits
    )
    is_valid = way.period.holds_at(at_s)
    return WayView(
        conditions=conditions,
        basis=way.basis,
        period=way.period,
        at_most=way.at_most,
        is_met=is_valid and all(condition.is_met for condition in conditions),
    )


def _condition(
    rule: BoundRule, position: int, limit: float, side: Side, stats: Sequence[float | None]
) -> Condition:
    measure, stat = rule.measures[position], stats[position]
    return Condition(
        measure=measure.name,
        measure_zh=measure.name_zh or "测值",
        window_s=measure.window_s,
        baseline=measure.baseline,
        side=_SIDES[side][0],
        side_zh=_SIDES[side][1],
        limit=rule.sign * limit,
        unit=measure.unit,
        present=None if stat is None else rule.sign * stat,
        is_met=stat is not None and stat >= limit,
        of=_share(measure, rule.sign * limit),
    )


def _share(measure: Measure, limit: float) -> Share | None:
    whole = measure.whole
    if whole is None:
        return None
    return Share(
        whole=whole.value,
        limit=limit / 100.0 * abs(whole.value),
        unit=measure.whole_unit,
        basis=whole.basis,
    )


def _raised_when(rule: BoundRule) -> str:
    if rule.n == 1 and not rule.dwell_s:
        text = "one reading reaches it"
    else:
        text = f"{rule.n} of {rule.of} readings reach it"
        if rule.dwell_s:
            text += f" for {span(rule.dwell_s)}"
    return f"{text}; {rule.at_once:g} times the limit: at once" if rule.at_once else text


def _cleared_when(rule: BoundRule) -> str:
    relaxed: list[str] = []
    if rule.margin:
        relaxed.append(f"by {rule.margin:g}")
    if rule.ratio != 1.0:
        relaxed.append(f"to {100 * rule.ratio:g} %")
    if rule.unclear:
        word = Severity(rule.unclear).word
        return f"a person signs off: below an upper bound {word} is not shown to be over"
    below = f"the limit eased {' and '.join(relaxed)}" if relaxed else "the limit"
    text = (
        f"believable, on-time readings stay on the safe side of {below} for {span(rule.hold_s)},"
        f" at least {rule.readings}, without a gap over {span(rule.stale_s)}"
    )
    return f"{text}; then a person signs off" if rule.sign_off else text


def _fold_view(track: Track, watch: Watch) -> FoldView:
    state = track.newest
    is_calm = state.level == 0
    severity = None if is_calm else Severity(state.level)
    return FoldView(
        severity=severity,
        started_at=None if is_calm else instant(state.start_s),
        since=None if is_calm else instant(state.since_s),
        calm_since=instant(state.calm_s) if state.calm_n else None,
        calm_readings=state.calm_n,
        awaiting_sign_off=state.calm_done,
        text=_fold_text(track, watch),
        text_zh=fold_zh(track, watch),
    )


def _fold_text(track: Track, watch: Watch) -> str:
    state, rule = track.newest, track.rule
    if not len(watch.history):
        return "no believable reading yet, so nothing was judged"
    reached = track.raws[-1] & 15 if track.raws else 0
    if reached > state.level:
        word = Severity(reached).word
        return f"the newest reading reaches {word}; it is raised when {_raised_when(rule)}"
    if state.level == 0:
        return _calm_text(rule)
    word = Severity(state.level).word
    if state.calm_done:
        return f"{word}, calm for long enough; a person must sign off"
    if state.calm_n == 0:
        return f"{word}; no run of calm readings has begun"
    so_far_s = watch.history.times[-1] - state.calm_s
    return (
        f"{word}; {state.calm_n} calm readings over {span(so_far_s)} so far, lowered when"
        f" {_cleared_when(rule)}"
    )


def _calm_text(rule: BoundRule) -> str:
    """Say "calm" only of what is judged: below an upper bound the limit may be passed already."""
    partly = [level for level in rule.levels if level.at_most]
    if not partly:
        return "calm"
    words = ", ".join(level.severity.word for level in partly)
    return f"nothing is reached, and {words} not judged below that: {partly[0].at_most}"


_FLAG_WORDS: Mapping[Flag, str] = {
    Flag.SUSPECT: "suspect: may raise, cannot clear",
    Flag.LATE: "late: may raise, cannot clear",
}


def flag_words(flags: int) -> str:
    """Say what a reading may not be used for; empty when it is believable and on time."""
    return ", ".join(words for flag, words in _FLAG_WORDS.items() if flags & flag)
