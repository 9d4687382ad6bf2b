"""One sensor under watch: its history, the rules on it, and how far the past is settled.

With L the pack's lateness and T the newest `taken_at` seen, everything up to T - L is settled:
readings within the lateness have all arrived and what the fold says there is final. Readings older
than that are late: they may raise and never clear.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, nextafter

from alerting.detect.detector import Detector
from alerting.history import Flag, History, is_flat
from alerting.rules import BoundRule, Pack
from alerting.screen import Doubt, Edit, Found, Kept, Screen
from alerting.terms import Surroundings, terms_of
from alerting.track import Track
from alerting.zero import REMEMBERED_S, Zeros
from sensors.model import Qc
from sensors.qc import flat
from sensors.qc.checks import NO_CHECKS
from sensors.registry import Sensor

_KEEP_AT_LEAST = 64
_SLACK = 48
_NEVER_S = float("inf")
_JUST_S = 1e-6
_PASS = int(Qc.PASS)
_SUSPECT = int(Qc.SUSPECT)
_BELIEVABLE = int(Flag.CAN_CLEAR)


@dataclass(frozen=True, slots=True)
class Timing:
    """How long readings may be under way, and how long silence is tolerated, in seconds."""

    lateness_s: float
    stale_s: float
    offline_s: float


_NO_PACK = Timing(60.0, 60.0, 600.0)


def timing_of(sensor: Sensor, packs: Sequence[Pack], slack_s: float) -> Timing:
    """Give a sensor's timing by the packs that speak of its quantity, else all of its kind.

    Of several, the longest lateness and the shortest patience count.
    """
    name = sensor.key.quantity
    speaking = [pack for pack in packs if any(name in rule.quantities for rule in pack.spec.rules)]
    asked = [pack.spec for pack in speaking or packs]
    lateness_s, stale_s, offline_s = _NO_PACK.lateness_s, _NO_PACK.stale_s, _NO_PACK.offline_s
    if asked:
        lateness_s = max(spec.lateness.total_seconds() for spec in asked)
        stale_s = min(spec.stale.total_seconds() for spec in asked)
        offline_s = min(spec.offline.total_seconds() for spec in asked)
    every_s = sensor.every.total_seconds()
    return Timing(
        lateness_s,
        max(stale_s, 3 * every_s) + slack_s,
        max(offline_s, 6 * every_s) + slack_s,
    )


@dataclass(slots=True)
class Lull:
    """Instants strictly between which a reading changes nothing of what follows its sensor."""

    after_s: float = inf
    until_s: float = -inf

    def holds(self, time_s: float) -> bool:
        """Say whether a reading of that instant changes nothing."""
        return self.after_s < time_s < self.until_s


NO_LULL = Lull()


class Watch:
    """The recent past of one sensor and the fold of every rule on it.

    Also this sensor's silence timer (`alerting.blind.Patience`): `newest_s` is when its newest
    believable reading was taken, in seconds since 1970, and `straggled_s` when one last arrived
    that a newer one had overtaken. While that happens the next is waited for from `expected_s` on,
    and `behind_s` is how far the newest may lie behind.
    """

    __slots__ = (
        "_keep_s",
        "_trim_at",
        "behind_s",
        "detector",
        "edits",
        "examine_from_s",
        "expected_s",
        "history",
        "is_broken",
        "is_busy",
        "is_idle",
        "is_late",
        "is_stuck",
        "key",
        "lateness_s",
        "lull",
        "n_settled",
        "newest_s",
        "notes",
        "offline_s",
        "screen",
        "sensor",
        "sources",
        "stale_s",
        "straggled_s",
        "tracks",
        "zeros",
    )

    def __init__(
        self,
        *,
        sensor: Sensor,
        rules: Sequence[BoundRule],
        timing: Timing,
        detector: Detector | None = None,
        surroundings: Surroundings | None = None,
    ) -> None:
        """Start with an empty history; `notes` is what else must outlast a restart, by name."""
        self.sensor = sensor
        self.key = sensor.key
        self.history = History()
        self.notes: dict[str, list[tuple[float, float]]] = {}
        around = surroundings or Surroundings()
        self.zeros = self._zeros(rules, around)
        self.history.zeros = self.zeros
        self.tracks = tuple(
            Track(
                rule=rule,
                history=self.history,
                terms=terms_of(rule.wanted, len(rule.measures), around),
                filed=around.filed() if rule.wanted.is_anything or around.forces else "",
            )
            for rule in rules
        )
        self.detector = detector
        self.lateness_s = timing.lateness_s
        self.stale_s = timing.stale_s
        self.offline_s = timing.offline_s
        self.newest_s = 0.0
        self.expected_s = 0.0
        self.straggled_s = 0.0
        self.behind_s = timing.lateness_s
        self.n_settled = 0
        self.is_late = False
        self.is_stuck = False  # people have been told that it does not move
        self.lull: Lull | None = None  # of all that are judged or computed by what it says
        self.is_broken = False  # a defect of ours stopped its judging; silence will tell
        self.is_busy = False  # an announced alert of some track is not settled yet
        self.sources: tuple[Watch, ...] = ()  # of a computed value: what it is computed from
        checks = sensor.checks
        self.screen: Screen | None = None
        self.edits: Sequence[Edit] = ()  # what the newest reading showed of others, for the judge
        if checks != NO_CHECKS and not sensor.derived:
            self.screen = self._new_screen()
        is_watched = rules or detector is not None or self.screen is not None
        self.is_idle = not is_watched  # only its silence matters
        self.examine_from_s = 0.0 if detector is not None else _NEVER_S
        self._keep_s = max((rule.window_s + rule.stale_s for rule in rules), default=0.0)
        self._keep_s = max(self._keep_s, checks.window_s + self.lateness_s)
        if self.zeros is not None:
            self._keep_s = max(self._keep_s, self.zeros.baseline_s + REMEMBERED_S)
        self._trim_at = _KEEP_AT_LEAST + _SLACK

    def put(self, time_s: float, value: float, qc: int, delay_s: float) -> Sequence[Track]:
        """Take one reading and give the tracks whose state changed.

        `qc` must not be FAIL (the caller keeps failed values out); `delay_s` is arrival minus
        taken. A reading for an instant already here changes nothing.
        """
        if time_s >= self.newest_s and not self.straggled_s:
            self.newest_s = time_s  # a line in order, as nearly always
        else:
            self.hear(time_s, delay_s)
        history, screen = self.history, self.screen
        times = history.times
        if times and time_s <= times[-1]:
            return self._put_old(time_s, value, qc, delay_s)
        self.is_late = is_late = delay_s > self.lateness_s
        is_minded = screen is not None and screen.minds(time_s, value)
        history.append(
            time_s,
            value,
            _BELIEVABLE if qc == _PASS and not is_late else _flag(qc, is_late=is_late),
        )
        changed: Sequence[Track] = ()
        for track in self.tracks:  # mostly one or none, and mostly nothing changes
            if track.append():
                changed = (*changed, track)
        if is_minded and screen is not None:
            return self._examined(screen, time_s, changed)
        return changed

    def hear(self, time_s: float, delay_s: float) -> None:
        """Note that a believable reading has arrived, `delay_s` after it was taken.

        Where a newer one had overtaken it, by no more than the lateness, the next may take as long.
        """
        if delay_s == _NEVER_S:
            return
        newest_s, arrived_s = self.newest_s, time_s + delay_s
        if time_s < newest_s:
            by_s = newest_s - time_s
            self.straggled_s = max(self.straggled_s, arrived_s)
            arrived_s += by_s if by_s <= self.lateness_s else 0.0
        else:
            self.newest_s = time_s
        if self.is_disordered:
            self.expected_s = max(self.expected_s, arrived_s)

    @property
    def is_disordered(self) -> bool:
        """Say whether readings have lately overtaken one another."""
        return self.straggled_s > self.newest_s - self.lateness_s - self.stale_s

    @property
    def spoke_s(self) -> float:
        """Give when this sensor last spoke: by its newest reading, or by what comes out of order.

        A reading that arrives late shows that the line is alive. It stands for no more than
        `behind_s`: an old stretch sent again never hides that the present is unseen.
        """
        return max(self.newest_s, min(self.expected_s, self.newest_s + self.behind_s))

    def _put_old(self, time_s: float, value: float, qc: int, delay_s: float) -> Sequence[Track]:
        """Take a reading that is not the newest: into the open past, or as a late one."""
        history, screen = self.history, self.screen
        if screen is not None and time_s in screen.kept_out:
            return ()
        newest_s = history.times[-1]
        self.is_late = delay_s > self.lateness_s or time_s <= newest_s - self.lateness_s
        index = history.insert(time_s, value, _flag(qc, is_late=self.is_late))
        if index is None:
            return ()
        changed = self._put_between(index)
        return changed if screen is None else self._examined(screen, time_s, changed)

    def _examined(self, screen: Screen, time_s: float, changed: Sequence[Track]) -> Sequence[Track]:
        """Let the tests look at a new reading and those around it; give the tracks that changed."""
        edits = screen.look(time_s)
        if not edits:
            return changed
        self._apply(edits)
        return self.tracks

    def put_computed(self, time_s: float, value: float | None, qc: int) -> Sequence[Track]:
        """Take a computed value, which may replace the one of its instant, or take it back (None).

        The settled past is not rewritten: a value that differs there counts as a late reading just
        behind it, which may raise and never clears.
        """
        history = self.history
        place = bisect_left(history.times, time_s)
        is_newest = place == len(history.times)
        is_known = not is_newest and history.times[place] == time_s
        if value is None and not is_known:
            return ()
        if value is not None and time_s > self.newest_s:
            self.newest_s = time_s
        flag = _flag(qc, is_late=False)
        if is_known and value == history.values[place] and flag == history.flags[place]:
            return ()
        self.is_late = place < self.n_settled or (not is_newest and time_s <= self._final_s())
        if not self.is_late:
            return self._compute_again(place, time_s, value, flag)
        if value is None or (is_known and value == history.values[place]):
            return ()
        return self._put_late(time_s + _JUST_S if is_known else time_s, value, qc)

    def _compute_again(
        self, place: int, time_s: float, value: float | None, flag: int
    ) -> list[Track]:
        """Set, replace or take out (None) the value of an instant in the open past."""
        history = self.history
        if value is None:
            history.remove(place)
            return [track for track in self.tracks if track.remove(place)]
        if place == len(history.times):
            history.append(time_s, value, flag)
            return [track for track in self.tracks if track.append()]
        if history.times[place] == time_s:
            history.replace(place, value, flag)
            return [track for track in self.tracks if track.replace(place)]
        history.insert(time_s, value, flag)
        return [track for track in self.tracks if track.insert(place)]

    def _put_late(self, time_s: float, value: float, qc: int) -> Sequence[Track]:
        history = self.history
        index = history.insert(time_s, value, _flag(qc, is_late=True))
        if index is None:
            return ()
        self.n_settled = max(
            self.n_settled + (index <= self.n_settled),
            bisect_right(history.times, self._final_s()),
        )
        return [track for track in self.tracks if track.insert_late(index, self.n_settled)]

    def _final_s(self) -> float:
        """Give up to when the past changes no more, as far as time and verdicts decide it."""
        bound = self.history.times[-1] - self.lateness_s
        return min([bound, *(source.decided_s(bound) for source in self.sources)])

    def decided_s(self, bound_s: float) -> float:
        """Give up to when no verdict changes any more, where readings after `bound_s` may come."""
        if self.screen is None:
            return inf
        return nextafter(self.screen.open_from_s(self.n_settled, bound_s), -inf)

    def _zeros(self, rules: Sequence[BoundRule], around: Surroundings) -> Zeros | None:
        baselines = [rule.wanted.baseline_s for rule in rules if rule.wanted.baseline_s is not None]
        if not baselines:
            return None
        return Zeros(
            history=self.history,
            surroundings=around,
            notes=self.notes,
            baseline_s=max(baselines),
            is_own=self.sensor.design.get("zeroes_itself") == 1.0,
        )

    @property
    def is_governed(self) -> bool:
        """Say whether life cycle or couplings bear on how it is judged."""
        return any(track.terms is not None for track in self.tracks)

    def reconsider(self, from_s: float) -> list[Track]:
        """Judge what is not settled from an instant on again, because the terms have changed."""
        times = self.history.times
        if not times or times[-1] < from_s:
            return []
        settled = bisect_right(times, times[-1] - self.lateness_s)
        first = max(bisect_left(times, from_s), settled, self.n_settled)
        return [track for track in self.tracks if track.terms and track.reconsider(first)]

    def freeze(self) -> None:
        """Keep what is known of the settled past before the readings behind it are forgotten."""
        times = self.history.times
        if self.zeros is not None and times:
            self.zeros.freeze(times[-1] - self.lateness_s)

    def feed(self, window_s: float) -> None:
        """Keep a history for a computed value that looks back so far, in seconds."""
        self.is_idle = False
        self._keep_s = max(self._keep_s, window_s + self.stale_s)

    def whole_from_s(self, window_s: float) -> float:
        """Give from when on a window that long holds all that was read of it; older may be gone."""
        times = self.history.times
        if not times:
            return -inf
        if not window_s:
            return times[0]
        kept_s = times[max(0, self.n_settled - 1)] - self._keep_s
        return max(times[0], kept_s + window_s)

    def _put_between(self, index: int) -> list[Track]:
        """Fold in a reading that is not the newest: into the open past, or as a late one.

        What is settled by time and still waits for its verdict is open too.
        """
        history = self.history
        bound = history.times[-1] - self.lateness_s
        if index >= self.n_settled and (history.times[index] > bound or self.screen is not None):
            return [track for track in self.tracks if track.insert(index)]
        if self.screen is None:
            self.n_settled = bisect_right(history.times, bound)
        else:
            self.n_settled += 1
        return [track for track in self.tracks if track.insert_late(index, self.n_settled)]

    def _apply(self, edits: Sequence[Edit]) -> None:
        """Bring history and folds up to what was found about readings of the open past."""
        history = self.history
        self.edits = edits
        for edit in edits:
            index = bisect_left(history.times, edit.time_s)
            if edit.is_out:
                if not edit.was_out:
                    history.remove(index)
                    for track in self.tracks:
                        track.remove(index)
            elif edit.was_out:
                history.insert(edit.time_s, edit.value, edit.flag)
                for track in self.tracks:
                    track.insert(index)
            else:
                history.replace(index, edit.value, edit.flag)
                for track in self.tracks:
                    track.replace(index)

    def doubt(self, doubt: Doubt | None) -> Sequence[Track]:
        """Suspect every reading from the open past on, or no longer; give the tracks that changed.

        This is what other sensors say against this one, so it depends on when they said it.
        """
        if self.screen is None:
            self.screen = self._new_screen()
        self.is_idle = False
        self.screen.cast_doubt(doubt)
        if self.n_settled >= len(self.history):
            return ()
        edits = self.screen.look(self.history.times[self.n_settled])
        self._apply(edits)
        return self.tracks if edits else ()

    def believe(self) -> Sequence[Track]:
        """End a doubt with the newest reading: those behind it are judged by themselves again."""
        if self.screen is None or self.screen.doubt is None or not len(self.history):
            return ()
        return self.doubt(self.screen.doubt._replace(until_s=self.history.times[-1]))

    @property
    def is_doubted(self) -> bool:
        """Say whether other sensors contradict this one now."""
        doubt = self.screen.doubt if self.screen is not None else None
        return doubt is not None and doubt.until_s == inf

    def found(self, time_s: float) -> Found | None:
        """Give what the tests say of the reading of one instant, None when it passes."""
        return self.screen.found.get(time_s) if self.screen is not None else None

    def failed(self) -> list[Found]:
        """Give the readings that were kept out of the history because they failed."""
        return [self.screen.found[at] for at in self.screen.kept_out] if self.screen else []

    def holds_still(self) -> list[Found]:
        """Say that an alert stands only because the sensor repeats itself; empty when not so."""
        newest = self.n_settled - 1
        for track in self.tracks if self.is_busy else ():
            flat_s = track.rule.flat_s
            if track.lives and flat_s and is_flat(self.history, newest, flat_s):
                time_s, value = self.history.times[newest], self.history.values[newest]
                span = f"exactly {value:g} for over {flat_s / 3600:g} h"
                reason = f"{span}, so the alert of {track.rule.id} cannot clear"
                flag = self.history.flags[newest]
                return [Found(time_s, value, flag, int(Qc.SUSPECT), flat.NAME, reason)]
        return []

    def restore_screen(self, kept: Kept) -> None:
        """Take up what the tests had found; nothing settled before a restart is judged again."""
        if self.screen is None:
            self.screen = self._new_screen()
        self.is_idle = False
        settled_s = self.history.times[self.n_settled - 1] if self.n_settled else -inf
        self.screen.restore(kept, settled_s)

    def _new_screen(self) -> Screen:
        return Screen(checks=self.sensor.checks, history=self.history, max_gap_s=self.stale_s)

    def settle(self) -> tuple[int, int]:
        """Move the settled boundary up to T - lateness; give the indices first <= i < last."""
        first = self.n_settled
        times = self.history.times
        count = len(times)
        if first >= count:
            return first, first
        bound = self._final_s()
        last = first
        if times[first] <= bound:
            last = bisect_right(times, bound, first, count)
            if self.screen is not None:
                last = self.screen.final_until(first, last)
            self.n_settled = last
        return first, last

    def settle_all(self) -> tuple[int, int]:
        """Settle everything up to the newest reading, when a person closes the past."""
        first, self.n_settled = self.n_settled, len(self.history)
        return first, self.n_settled

    def settle_flags(self) -> list[Found]:
        """Give the verdicts that have become final; what is settled is not judged again."""
        if self.screen is None or not self.n_settled:
            return []
        return self.screen.settle(self.history.times[self.n_settled - 1])

    def wants_settling(self) -> bool:
        """Say whether the boundary matters now.

        It does while an alert stands, when the detector's next look is due, and when there is much
        to forget.
        """
        times = self.history.times
        if not times:
            return False
        return (
            self.is_busy
            or self.is_stuck
            or (self.screen is not None and bool(self.screen.untold))
            or times[-1] - self.lateness_s >= self.examine_from_s
            or len(times) >= self._trim_at
        )

    def trim_if_long(self) -> None:
        """Forget what no decision can look back at any more, once there is much of it."""
        if len(self.history) < self._trim_at:
            return
        times = self.history.times
        keep_from_s = times[max(0, self.n_settled - 1)] - self._keep_s
        count = bisect_right(times, keep_from_s) - 1  # a counter's first step begins before
        count = min(count, self.n_settled - 1, len(times) - _KEEP_AT_LEAST)
        if count > 0:
            if self.screen is not None:
                self.screen.drop_first(count)
            self.freeze()
            self.history.drop_first(count)
            for track in self.tracks:
                track.drop_first(count)
            self.n_settled -= count
        self._trim_at = max(_KEEP_AT_LEAST, len(times)) + _SLACK


def _flag(qc: int, *, is_late: bool) -> int:
    """Say what a reading may be used for; one that no test could judge (2) may only raise."""
    flag = int(Flag.LATE) if is_late else 0
    if qc == _SUSPECT:
        return flag | Flag.SUSPECT
    return _BELIEVABLE if qc == _PASS and not is_late else flag
