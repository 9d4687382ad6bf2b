"""Who keeps an alert's notices back now, and what people must hear when nobody does any more.

    shelf ─ silence ─ inhibition ─ flapping ─> told, or kept back with the reason

Every alert that stands is either told at its severity, acknowledged, or held here with a reason
that is true now; `look` compares the two at every tick. Nothing in here decides on a condition.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice

from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Mark,
    NotifyReason,
    Transition,
    TransitionKind,
)
from alerting.mute import Muted, Silence, Stage
from alerting.response.desk import ResponseDesk
from alerting.response.model import Phase
from alerting.tell.flap import FlapRules, Flaps
from alerting.tell.inhibit import InhibitionTable, Inhibitors
from alerting.tell.silence import SilenceRules, why_silenced
from sensors.local_time import shown_minute

MAX_TURNS = 500
_GOOD_NEWS = frozenset({NotifyReason.CLEARED, NotifyReason.WITHDRAWN})
_HELD_ZH = {
    Stage.SHELF: "已搁置",
    Stage.SILENCE: "已静默",
    Stage.INHIBITION: "被其他警报涵盖",
    Stage.FLAPPING: "反复触发",
    Stage.UNTOLD: "从未通知",
}
_UNTOLD = "nobody was told that it began"


@dataclass(frozen=True, slots=True, kw_only=True)
class TellRules:
    """What operators may set about telling."""

    inhibitions: InhibitionTable = field(default_factory=InhibitionTable)
    flapping: FlapRules = field(default_factory=FlapRules)
    silences: SilenceRules = field(default_factory=SilenceRules)


@dataclass(frozen=True, slots=True)
class Held:
    """An alert whose notices are kept back, and whether people were told of it before."""

    muted: Muted
    was_told: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one notice: kept back by `muted`, or sent with a `remark`.

    `begins` says that the alert is held from now on.
    """

    muted: Muted | None = None
    remark: str = ""
    begins: bool = False


@dataclass(frozen=True, slots=True)
class Turnabout:
    """An alert that is held from now on (`muted`), or told again for a reason."""

    alert: Alert
    muted: Muted | None = None
    why: str = ""
    why_zh: str = ""
    reason: NotifyReason | None = None

    @property
    def zh(self) -> str:
        """Say in Chinese what has happened; who, until when and why stand behind it."""
        if self.muted is not None:
            why = self.muted.why_zh or self.muted.why
            return f"{_HELD_ZH[self.muted.stage]}，暂不通知（{why}）"
        return f"重新通知（{self.why_zh or self.why}）"


class Teller:
    """Decides alert by alert; the clock is always the caller's."""

    def __init__(self, *, rules: TellRules, desk: ResponseDesk) -> None:
        """Start with nothing held; `desk` knows what is shelved."""
        self.silences: dict[str, Silence] = {}
        self.held: dict[str, Held] = {}
        self._desk = desk
        self._standing: dict[str, Alert] = {}
        self._inhibitors = Inhibitors(rules.inhibitions)
        self._flaps = Flaps(rules.flapping)

    def follow(self, alert: Alert) -> None:
        """Take notice of an alert as it is now, before anything is decided on this step."""
        if alert.state is AlertState.FIRING:
            self._standing[alert.id] = alert
        else:
            self._standing.pop(alert.id, None)
        if alert.mark is Mark.ACTUAL:  # an exercise hides nothing
            self._inhibitors.follow(alert)

    def all_standing(self) -> Iterable[Alert]:
        """Give every alert whose condition holds."""
        return self._standing.values()

    def standing(self, alert_id: str) -> Alert | None:
        """Give an alert whose condition holds, as it last was here; None when it does not."""
        return self._standing.get(alert_id)

    def told_with(self, alert: Alert) -> list[Alert]:
        """List the alerts that are held because this one tells of the same event."""
        held = (self._standing[each] for each in self.held if each in self._standing)
        return [each for each in held if self._inhibitors.is_same_event(alert, each)]

    def restore(
        self, alert: Alert, transitions: Sequence[Transition], *, was_told: bool, now: datetime
    ) -> None:
        """Take up an alert that stood before a restart, held if it was."""
        self.follow(alert)
        turns = (TransitionKind.MUTED, TransitionKind.RETURNED)
        newest = next((step for step in reversed(transitions) if step.kind in turns), None)
        if newest is not None and newest.kind is TransitionKind.MUTED:
            muted = self.why_muted(alert, now) or Muted(stage=Stage.UNTOLD, why=newest.reason)
            self.held[alert.id] = Held(muted, was_told)

    def restore_flaps(self, alerts: Sequence[Alert]) -> None:
        """Count the alerts of the recent past again, oldest first."""
        for alert in alerts:
            self._flaps.follow(alert, NotifyReason.FIRST, alert.detected_at)

    def judge(self, alert: Alert, reason: NotifyReason, now: datetime) -> Verdict:
        """Say whether a notice goes out."""
        is_real = alert.mark is Mark.ACTUAL
        remark = self._flaps.follow(alert, reason, now) if is_real else ""
        held = self.held.get(alert.id)
        if reason in _GOOD_NEWS:
            return Verdict(self._why_no_good_news(alert, held, now))
        muted = self.why_muted(alert, now)
        if muted is None:
            self.held.pop(alert.id, None)
            return Verdict(remark=remark)
        was_told = held.was_told if held is not None else reason is not NotifyReason.FIRST
        self.held[alert.id] = Held(muted, was_told)
        return Verdict(muted, begins=held is None)

    def why_muted(self, alert: Alert, now: datetime) -> Muted | None:
        """Say which stage keeps notices about an alert back now; None when none does."""
        set_aside = self._why_set_aside(alert, now)
        if set_aside is not None or alert.kind is AlertKind.SYSTEM or alert.mark is not Mark.ACTUAL:
            return set_aside
        hidden = self._inhibitors.why_hidden(
            alert, lambda each: self._is_false(each) or self._why_set_aside(each, now) is not None
        )
        return hidden or self._flaps.why_held(alert, now)

    def _why_set_aside(self, alert: Alert, now: datetime) -> Muted | None:
        """Say who shelved or silenced an alert; None when nobody did."""
        shelf = self._desk.of(alert).shelf if self._desk.knows(alert.id) else None
        if shelf is not None:
            until = shown_minute(shelf.until)
            why = f"shelved by {shelf.actor} until {until}: {shelf.note}"
            zh = f"{shelf.actor}搁置至{until}：{shelf.note}"
            return Muted(stage=Stage.SHELF, why=why, why_zh=zh, by=shelf.actor, until=shelf.until)
        if alert.mark is not Mark.ACTUAL:
            return None
        return why_silenced(alert, self.silences.values(), now)

    def _is_false(self, alert: Alert) -> bool:
        return self._desk.knows(alert.id) and self._desk.of(alert).phase is Phase.FALSE

    def look(self, now: datetime, present: Callable[[Alert], Alert]) -> list[Turnabout]:
        """List the alerts that are held from now on and those to be told again, a few at a time."""
        found = chain(self._let_go(now, present), self._calmed(now), self._taken_hold(now, present))
        return list(islice(found, MAX_TURNS))  # what is not asked for now has not been touched

    def _why_no_good_news(self, alert: Alert, held: Held | None, now: datetime) -> Muted | None:
        """People hear the end of what they were told, unless it comes and goes."""
        self.held.pop(alert.id, None)
        if held is not None and not held.was_told:
            why = f"{_UNTOLD}: {held.muted.why}"
            zh = f"开始时未通知任何人：{held.muted.why_zh or held.muted.why}"
            return Muted(stage=Stage.UNTOLD, why=why, why_zh=zh)
        return self._flaps.why_held(alert, now)

    def _let_go(self, now: datetime, present: Callable[[Alert], Alert]) -> Iterator[Turnabout]:
        for alert_id, held in list(self.held.items()):
            known = self._standing.get(alert_id)
            if known is None:
                del self.held[alert_id]
                continue
            alert = present(known)
            muted = self.why_muted(alert, now)
            if muted is not None:
                self.held[alert_id] = Held(muted, held.was_told)
                continue
            del self.held[alert_id]
            if alert.acknowledged_at is None:
                reason = NotifyReason.RETURNED if held.was_told else NotifyReason.FIRST
                why, zh = f"no longer {held.muted.why}", held.muted.why_zh or held.muted.why
                yield Turnabout(alert, why=why, why_zh=f"已结束：{zh}", reason=reason)

    def _taken_hold(self, now: datetime, present: Callable[[Alert], Alert]) -> Iterator[Turnabout]:
        is_silent = any(each.is_on(now) for each in self.silences.values())
        standing = self._standing if self._inhibitors or is_silent else {}
        for alert_id, known in standing.items():
            if alert_id in self.held:
                continue
            alert = present(known)
            muted = self.why_muted(alert, now)
            if muted is not None and muted.stage in (Stage.SILENCE, Stage.INHIBITION):
                self.held[alert_id] = Held(muted, was_told=True)
                yield Turnabout(alert, muted=muted)

    def _calmed(self, now: datetime) -> Iterator[Turnabout]:
        """Tell the end of what people last heard of as coming and going."""
        for alert in self._flaps.calmed(now):
            if alert.state is not AlertState.FIRING:
                why = "it came and went, and has been calm since"
                zh = "曾反复触发，现已平稳"
                yield Turnabout(alert, why=why, why_zh=zh, reason=NotifyReason.CLEARED)
