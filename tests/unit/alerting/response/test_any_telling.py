"""Whatever people mute, in whatever order: no rise to extreme is lost, and nothing is owed for ever."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerting.model import Alert, AlertKind, AlertState, NotifyReason, Severity, TransitionKind
from alerting.mute import Matcher, Silence
from alerting.response.desk import Done, ResponseDesk
from alerting.response.model import Deed, Said
from alerting.tell.inhibit import Inhibition, InhibitionTable
from alerting.tell.teller import Teller, TellRules
from sensors.model import SensorKey
from tests.contract.journal_values import T0, an_alert

_HIDES = Inhibition(
    name="tilt_hides_wind",
    why="the tilt is the message",
    when=Matcher(hazards=frozenset({"tilt"}), at_most=Severity.EXTREME),
    hides=Matcher(hazards=frozenset({"wind"}), at_most=Severity.EXTREME),
)
_RULES = TellRules(inhibitions=InhibitionTable(lines=(_HIDES,)))
_HAZARDS = ("tilt", "wind")


class AnyTelling(RuleBasedStateMachine):
    """A crane with two alerts that come and go, and people who silence, shelve and deny them."""

    @initialize()
    def begin(self) -> None:
        self.now = T0
        self.desk = ResponseDesk()
        self.teller = Teller(rules=_RULES, desk=self.desk)
        self.alerts: dict[str, Alert] = {}
        self.told: dict[str, Severity] = {}
        self.n = 0

    def tell(self, alert: Alert, kind: TransitionKind, reason: NotifyReason) -> None:
        self.alerts[alert.id] = alert
        self.teller.follow(alert)
        self.desk.follow(alert, kind, self.now)
        if self.teller.judge(alert, reason, self.now).muted is None:
            self.told[alert.id] = alert.severity

    def standing(self, hazard: str) -> Alert | None:
        firing = [a for a in self.alerts.values() if a.state is AlertState.FIRING]
        return next((a for a in firing if a.hazard == hazard), None)

    @rule(hazard=st.sampled_from(_HAZARDS), severity=st.sampled_from(Severity))
    def it_is_raised_or_rises(self, hazard: str, severity: Severity) -> None:
        alert = self.standing(hazard)
        if alert is None:
            self.n += 1
            raised = an_alert(
                f"a{self.n}",
                sensor=SensorKey("site", "TC-1", "", hazard),
                hazard=hazard,
                rule_id=hazard,
                kind=AlertKind.LIMIT,
                severity=severity,
                peak=severity,
                detected_at=self.now,
            )
            self.tell(raised, TransitionKind.RAISED, NotifyReason.FIRST)
        elif severity > alert.severity:
            risen = replace(alert, severity=severity, peak=severity, acknowledged_at=None)
            self.tell(risen, TransitionKind.UPGRADED, NotifyReason.SEVERITY_ROSE)
            if severity is Severity.EXTREME:
                assert self.told.get(alert.id) is Severity.EXTREME, (
                    "a rise to extreme was kept back"
                )

    @rule(hazard=st.sampled_from(_HAZARDS))
    def it_ends(self, hazard: str) -> None:
        alert = self.standing(hazard)
        if alert is not None:
            over = replace(alert, state=AlertState.RESOLVED, ended_at=self.now)
            self.tell(over, TransitionKind.CLEARED, NotifyReason.CLEARED)

    @rule(hazards=st.sets(st.sampled_from(_HAZARDS), min_size=1), minutes=st.integers(1, 600))
    def somebody_silences(self, hazards: set[str], minutes: int) -> None:
        self.n += 1
        self.teller.silences[f"s{self.n}"] = Silence(
            id=f"s{self.n}",
            matcher=Matcher(hazards=frozenset(hazards), at_most=Severity.EXTREME),
            since=self.now,
            until=self.now + timedelta(minutes=minutes),
            author="甲某",
            comment="works",
        )

    @rule(
        hazard=st.sampled_from(_HAZARDS),
        deed=st.sampled_from(list(Deed)),
        minutes=st.integers(1, 60),
    )
    def somebody_responds(self, hazard: str, deed: Deed, minutes: int) -> None:
        alert = self.standing(hazard)
        if alert is None or deed in (Deed.WORSEN, Deed.EASE, Deed.RETURN):
            return
        until = self.now + timedelta(minutes=minutes)
        said = Said(deed=deed, actor="乙某", note="a reason", detail="unit", until=until)
        done = self.desk.take(alert, said, self.now)
        if isinstance(done, Done):
            self.desk.keep(done.response, alert)
        assert self.alerts[alert.id].state is AlertState.FIRING

    @rule(minutes=st.integers(1, 2000))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @invariant()
    def after_a_tick_every_alert_is_told_or_held_for_a_reason_that_is_true_now(self) -> None:
        for alert in self.alerts.values():
            said = self.desk.due(alert, self.now)
            done = self.desk.take(alert, said, self.now) if said is not None else None
            if isinstance(done, Done):
                self.desk.keep(done.response, alert)
        for turn in self.teller.look(self.now, lambda alert: alert):
            if turn.reason is None:
                continue
            if self.teller.judge(turn.alert, turn.reason, self.now).muted is None:
                self.told[turn.alert.id] = turn.alert.severity
        for alert in self.alerts.values():
            if alert.state is not AlertState.FIRING:
                continue
            muted = self.teller.why_muted(alert, self.now)
            if muted is None:
                assert self.told.get(alert.id) == alert.severity, f"{alert.id} is owed to people"
            else:
                assert muted.why
                assert alert.severity is not Severity.EXTREME or muted.stage.value == "shelf"


TestAnyTelling = AnyTelling.TestCase
