"""The book of alerts: turns what the folds say into alerts, transitions and reasons to notify.

A fold's view (a list of episodes) changes when readings arrive. `reconcile` compares the view with
what was announced and announces the difference at once when it is for the worse; `finalise` writes
down what has become final, and only then lowers or clears. So people are warned with the first
reading that justifies it, nothing clears before the pack's lateness has passed, and the final
transitions are the same whatever the order of arrival.
"""

import hashlib
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from alerting.fold import Episode, Step
from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Finding,
    Form,
    NotifyReason,
    Sentence,
    Severity,
    Transition,
    TransitionKind,
)
from alerting.sentence import plain, say
from alerting.track import Live, Track
from sensors.model import Position


@dataclass(frozen=True, slots=True)
class Change:
    """One transition of one alert, and why people are told (None: it is only recorded)."""

    alert: Alert
    transition: Transition
    notify: NotifyReason | None


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where in the log a decision is made; `late_by_s` when its reading came late.

    `why_not` says why a reading that was believed is not any more.
    """

    now: datetime
    seq: int
    position: Position
    late_by_s: float | None = None
    why_not: str = ""


def alert_id(rule_id: str, sensor: str, started_at: datetime, seq: int) -> str:
    """Make the id of an alert: the same when the same log block is judged again after a crash."""
    return _id_of(f"{rule_id}|{sensor}|{started_at.isoformat()}|{seq}")


def _id_of(text: str) -> str:
    digest = hashlib.blake2b(text.encode(), digest_size=10).digest()
    return b32encode(digest).decode().lower()[:12]


def open_alert(
    finding: Finding, hazard: str, kind: AlertKind, started_at: datetime, moment: Moment
) -> Alert:
    """Make a firing alert from a finding."""
    return Alert(
        id=alert_id(finding.rule_id, str(finding.sensor), started_at, moment.seq),
        kind=kind,
        state=AlertState.FIRING,
        sensor=finding.sensor,
        hazard=hazard,
        rule_id=finding.rule_id,
        pack=finding.pack,
        severity=finding.severity,
        peak=finding.severity,
        position=moment.position,
        started_at=started_at,
        detected_at=moment.now,
        severity_at=finding.taken_at,
        value=plain_value(finding.value),
        limit=finding.limit,
        unit=finding.unit,
        reason=finding.reason,
        provenance=finding.provenance,
        said=finding.said,
    )


def plain_value(value: float) -> float:
    """Take off what binary arithmetic adds to a value; no sensor has nine digits.

    >>> plain_value(6.431000000000001)
    6.431
    """
    return float(f"{value:.9g}")


def step_alert(
    alert: Alert,
    kind: TransitionKind,
    taken_at: datetime,
    moment: Moment,
    *,
    said: Sentence,
    final: bool = True,
) -> tuple[Alert, Transition]:
    """Give the alert with one more transition, which carries the alert's present severity."""
    after = replace(alert, ordinal=alert.ordinal + 1)
    transition = Transition(
        alert_id=alert.id,
        ordinal=after.ordinal,
        kind=kind,
        severity=after.severity,
        taken_at=taken_at,
        detected_at=moment.now,
        value=after.value,
        reason=say(said),
        final=final,
        late_by_s=moment.late_by_s,
        said=said,
    )
    return after, transition


def close_alert(alert: Alert, taken_at: datetime, moment: Moment, said: Sentence) -> Change:
    """Resolve an alert because a person signed it off."""
    ended = replace(alert, state=AlertState.RESOLVED, ended_at=taken_at, awaiting_sign_off=False)
    kind = TransitionKind.SIGNED_OFF
    ended, transition = step_alert(ended, kind, taken_at, moment, said=said)
    return Change(ended, transition, NotifyReason.CLEARED)


def _said(finding: Finding) -> Sentence:
    """Give the finding's sentence; one without parts is said as it was written."""
    return finding.said or plain(Form.SYSTEM, finding.reason)


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


class Book:
    """Keeps announced alerts in step with the folds; every call appends to `changes`."""

    def __init__(self) -> None:
        """Start with nothing announced."""
        self.changes: list[Change] = []
        self._opened: set[str] = set()
        self._opened_seq = -1

    def take_changes(self) -> list[Change]:
        """Give what has happened since the last call."""
        taken, self.changes = self.changes, []
        return taken

    def reconcile(self, track: Track, first_open: int, moment: Moment) -> None:
        """Announce what the fold now shows and was not announced; withdraw what it does not."""
        episodes = track.episodes(first_open)
        keep: list[Live] = []
        claimed = 0
        for live in track.lives:
            place = claimed if live.is_start_final else _matching(episodes, live, claimed)
            if place < len(episodes) and place >= claimed:
                for missed in episodes[claimed:place]:
                    keep.append(self._raise(track, missed, first_open, moment))
                self._follow(track, live, episodes[place], first_open, moment)
                keep.append(live)
                claimed = place + 1
            else:
                self._withdraw(live, keep, moment)
        for missed in episodes[claimed:]:
            keep.append(self._raise(track, missed, first_open, moment))
        track.lives = keep

    def finalise(self, track: Track, first: int, last: int, moment: Moment) -> None:
        """Write down the changes of level at indices first <= i < last, which are final now."""
        for step in track.steps(first, last):
            if not track.lives:
                break
            live = track.lives[0]
            if step.after == 0:
                self._clear(live, step, moment)
                track.lives.pop(0)
            elif step.after < step.before:
                self._lower(track, live, step, last, moment)
            else:
                self._write_final(track, live, step, moment)

    def note_sign_off_wanted(self, track: Track, moment: Moment) -> None:
        """Mark the standing alert as calm and waiting for a person, or as no longer so.

        What is back above its limit meanwhile, or has become another danger, is news.
        """
        for live in track.lives:
            again = track.again_since(live.alert.severity_at)
            if again is not None:
                self._recur(track, live, again, moment)
            is_waiting = track.newest.calm_done
            if live.alert.awaiting_sign_off != is_waiting:
                live.alert = replace(live.alert, awaiting_sign_off=is_waiting)
                said = plain(Form.AWAITS if is_waiting else Form.DISTURBED)
                kind = TransitionKind.AWAITS_SIGN_OFF if is_waiting else TransitionKind.DISTURBED
                note = _Note(kind, moment.now, said, None)
                self._add(live, moment, note)

    def _recur(self, track: Track, live: Live, again: Step, moment: Moment) -> None:
        finding = track.finding(again)
        live.alert = replace(
            live.alert,
            severity_at=_at(again.time_s),
            awaiting_sign_off=False,
            value=plain_value(finding.value),
            limit=finding.limit,
            unit=finding.unit,
            reason=finding.reason,
            provenance=finding.provenance,
            said=finding.said,
        )
        kind, notify = TransitionKind.RECURRED, NotifyReason.RECURRED
        self._add(live, moment, _Note(kind, finding.taken_at, _said(finding), notify, final=False))

    def close(self, live: Live, taken_at: datetime, moment: Moment, said: Sentence) -> None:
        """Resolve an alert because a person signed it off."""
        change = close_alert(live.alert, taken_at, moment, said)
        live.alert = change.alert
        self.changes.append(change)

    def _raise(self, track: Track, episode: Episode, first_open: int, moment: Moment) -> Live:
        step = _top_step(episode, first_open)
        finding = track.finding(step)
        started_at = _at(episode.start_s)
        alert = open_alert(finding, track.rule.hazard, AlertKind.LIMIT, started_at, moment)
        alert = replace(alert, id=self._own_id(alert.id, moment.seq))
        live = Live(alert)
        kind, first = TransitionKind.RAISED, NotifyReason.FIRST
        note = _Note(kind, finding.taken_at, _said(finding), first, final=False)
        self._add(live, moment, note)
        return live

    def _own_id(self, wanted: str, seq: int) -> str:
        """Give an id that no other alert of this block has: one may be withdrawn and come back."""
        if seq != self._opened_seq:
            self._opened, self._opened_seq = set(), seq
        while wanted in self._opened:
            wanted = _id_of(f"{wanted} again")
        self._opened.add(wanted)
        return wanted

    def _follow(
        self, track: Track, live: Live, episode: Episode, first_open: int, moment: Moment
    ) -> None:
        """Bring one announced alert up to what its episode shows now."""
        started_at = _at(episode.start_s)
        if not live.is_start_final and live.alert.started_at != started_at:
            live.alert = replace(live.alert, started_at=started_at)
        if episode.top != live.alert.severity:
            step = _top_step(episode, first_open)
            self._change_severity(track, live, step, moment, final=False)

    def _change_severity(
        self, track: Track, live: Live, step: Step, moment: Moment, *, final: bool
    ) -> None:
        severity = Severity(step.after)
        is_up = severity > live.alert.severity
        finding = track.finding(step)
        live.alert = replace(
            live.alert,
            severity=severity,
            peak=max(live.alert.peak, severity),
            severity_at=finding.taken_at,
            value=plain_value(finding.value),
            limit=finding.limit,
            unit=finding.unit,
            reason=finding.reason,
            provenance=finding.provenance,
            said=finding.said,
        )
        kind = TransitionKind.UPGRADED if is_up else TransitionKind.DOWNGRADED
        notify = NotifyReason.SEVERITY_ROSE if is_up else NotifyReason.SEVERITY_FELL
        note = _Note(kind, finding.taken_at, _said(finding), notify, final=final)
        self._add(live, moment, note)

    def _lower(self, track: Track, live: Live, step: Step, first_open: int, moment: Moment) -> None:
        """Write a final step down, and lower what was announced unless more has come since."""
        standing = track.episodes(first_open)
        top = standing[0].top if standing else 0
        if top == step.after < live.alert.severity:
            self._change_severity(track, live, step, moment, final=True)
        else:
            self._write_final(track, live, step, moment)

    def _write_final(self, track: Track, live: Live, step: Step, moment: Moment) -> None:
        """Mark an announced transition as final, or write the final one beside it."""
        if step.before == 0:
            kind = TransitionKind.RAISED
            live.is_start_final = True
        elif step.after > step.before:
            kind = TransitionKind.UPGRADED
        else:
            kind = TransitionKind.DOWNGRADED
        taken_at = _at(track.states[step.place].since_s)
        for position, told in enumerate(live.told):
            same = (told.kind, told.severity, told.taken_at) == (kind, step.after, taken_at)
            if same:
                del live.told[position]
                self.changes.append(Change(live.alert, replace(told, final=True), None))
                return
        severity = Severity(step.after)
        finding = track.finding(step)
        shown = replace(live.alert, severity=severity, value=plain_value(finding.value))
        after, transition = step_alert(shown, kind, taken_at, moment, said=_said(finding))
        live.alert = replace(live.alert, ordinal=after.ordinal)
        self.changes.append(Change(live.alert, transition, None))

    def _clear(self, live: Live, step: Step, moment: Moment) -> None:
        ended_at = _at(step.time_s)
        live.alert = replace(live.alert, state=AlertState.RESOLVED, ended_at=ended_at)
        said = plain(Form.CLEARED)
        note = _Note(TransitionKind.CLEARED, ended_at, said, NotifyReason.CLEARED)
        self._add(live, moment, note)

    def _withdraw(self, live: Live, kept: Sequence[Live], moment: Moment) -> None:
        """Take back an announcement that readings taken in between do not bear out."""
        live.alert = replace(live.alert, state=AlertState.WITHDRAWN, ended_at=moment.now)
        if kept:
            said = plain(Form.CONTINUES, kept[-1].alert.id)
            notify = None
        else:
            said = Sentence(form=Form.NOT_HELD, text=moment.why_not)
            notify = NotifyReason.WITHDRAWN
        kind = TransitionKind.WITHDRAWN
        note = _Note(kind, live.alert.started_at, said, notify, final=False)
        self._add(live, moment, note)

    def _add(self, live: Live, moment: Moment, note: "_Note") -> None:
        live.alert, transition = step_alert(
            live.alert, note.kind, note.taken_at, moment, said=note.said, final=note.final
        )
        if not note.final and note.kind in _TOLD:
            live.told.append(transition)
        self.changes.append(Change(live.alert, transition, note.notify))


_TOLD = (TransitionKind.RAISED, TransitionKind.UPGRADED, TransitionKind.DOWNGRADED)


@dataclass(frozen=True, slots=True)
class _Note:
    """What is to be written about an alert."""

    kind: TransitionKind
    taken_at: datetime
    said: Sentence
    notify: NotifyReason | None
    final: bool = True


def _top_step(episode: Episode, first_open: int) -> Step:
    """Give the first step of an episode that reached its highest level.

    An episode that reached it in the settled past gives the newest settled reading instead.
    """
    for step in episode.steps:
        if step.after == episode.top:
            return step
    index = max(first_open - 1, 0)
    return Step(index, episode.start_s, 0, episode.top)


def _matching(episodes: Sequence[Episode], live: Live, first: int) -> int:
    """Find the episode an announced alert speaks of: the first that ends after it began."""
    started_s = live.alert.started_at.timestamp()
    for place in range(first, len(episodes)):
        end_s = episodes[place].end_s
        if end_s is None or end_s > started_s:
            return place
    return len(episodes)
