"""The state machine of a response: a table of sentences, then any sequence of deeds."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from alerting.model import Alert, AlertState, Severity
from alerting.response.desk import is_set_aside
from alerting.response.model import LADDER, Deed, Phase, Response, Said
from alerting.response.rules import ResponseRules
from alerting.response.step import Scene, WhyNot, opened, step, why_closes_itself, why_returns
from tests.contract.journal_values import T0, an_alert

RULES = ResponseRules()


def said(deed: Deed, note: str = "", *, actor: str = "甲某", **more: object) -> Said:
    return Said(deed=deed, actor=actor, note=note, **more)  # type: ignore[arg-type]


def after(
    *deeds: Said, alert: Alert | None = None, now: datetime = T0, begin: Response | None = None
) -> Response | WhyNot:
    alert = alert or an_alert()
    response: Response | WhyNot = begin or opened(alert)
    for each in deeds:
        assert isinstance(response, Response), response
        response = step(response, each, Scene(alert, RULES, now))
    return response


def good(found: Response | WhyNot) -> Response:
    assert isinstance(found, Response), found
    return found


UNTIL = T0 + timedelta(minutes=10)
OVER = an_alert(state=AlertState.RESOLVED, ended_at=T0)
EXTREME = an_alert(severity=Severity.EXTREME, peak=Severity.EXTREME)

PHASES = [
    ("nothing was done", (), Phase.RAISED),
    ("verified", (said(Deed.VERIFY),), Phase.VERIFIED),
    (
        "told, then verified: told is further",
        (said(Deed.NOTIFIED), said(Deed.VERIFY)),
        Phase.NOTIFIED,
    ),
    ("acknowledged without a receipt", (said(Deed.ACKNOWLEDGE),), Phase.ACKNOWLEDGED),
    (
        "a second team is sent when one is there",
        (said(Deed.ARRIVE), said(Deed.DISPATCH)),
        Phase.ON_SCENE,
    ),
    ("contained by those on scene", (said(Deed.ARRIVE), said(Deed.CONTAIN)), Phase.CONTAINED),
    ("contained from afar, said how", (said(Deed.CONTAIN, "gate shut remotely"),), Phase.CONTAINED),
    ("false", (said(Deed.FALSE, "a bird on the gauge"),), Phase.FALSE),
    (
        "false, and opened again",
        (said(Deed.FALSE, "bird"), said(Deed.REOPEN, "no bird")),
        Phase.RAISED,
    ),
    (
        "verified, false, worse",
        (said(Deed.VERIFY), said(Deed.FALSE, "bird"), said(Deed.WORSEN)),
        Phase.VERIFIED,
    ),
    (
        "acknowledged, then worse: must be seen again",
        (said(Deed.ACKNOWLEDGE), said(Deed.WORSEN)),
        Phase.RAISED,
    ),
    (
        "worse with a team on its way: it stays on its way",
        (said(Deed.DISPATCH), said(Deed.WORSEN)),
        Phase.DISPATCHED,
    ),
    (
        "contained, then worse: not contained",
        (said(Deed.ARRIVE), said(Deed.CONTAIN), said(Deed.WORSEN)),
        Phase.ON_SCENE,
    ),
]


@pytest.mark.parametrize(("name", "deeds", "phase"), PHASES, ids=[row[0] for row in PHASES])
def test_the_phase_is_the_furthest_rung_that_counts(
    name: str, deeds: tuple[Said, ...], phase: Phase
) -> None:
    assert good(after(*deeds)).phase is phase, name


REFUSED = [
    ("nobody in particular", an_alert(), (said(Deed.VERIFY, actor=" "),), "who you are"),
    ("false without a reason", an_alert(), (said(Deed.FALSE),), "why it is false"),
    ("contained, nobody there", an_alert(), (said(Deed.CONTAIN),), "how it was contained"),
    ("closed while it stands", an_alert(), (said(Deed.CLOSE),), "still stands"),
    ("dispatched after closing", OVER, (said(Deed.CLOSE), said(Deed.DISPATCH)), "reopen it first"),
    (
        "shelved without a reason",
        an_alert(),
        (said(Deed.SHELVE, until=UNTIL),),
        "why it is shelved",
    ),
    ("shelved for ever", an_alert(), (said(Deed.SHELVE, "works"),), "until when"),
    ("shelved in the past", an_alert(), (said(Deed.SHELVE, "works", until=T0),), "future"),
    (
        "an extreme one for an hour",
        EXTREME,
        (said(Deed.SHELVE, "works", until=T0 + timedelta(hours=1)),),
        "0:15:00 at most",
    ),
    (
        "a shelf made longer",
        an_alert(),
        (said(Deed.SHELVE, "works", until=UNTIL), said(Deed.SHELVE, "more", until=UNTIL)),
        "shelved already",
    ),
    ("shelved when it is over", OVER, (said(Deed.SHELVE, "works", until=UNTIL),), "is over"),
    ("taken off no shelf", an_alert(), (said(Deed.UNSHELVE),), "not shelved"),
    ("opened though open", an_alert(), (said(Deed.REOPEN, "hm"),), "it is open"),
    ("assigned to nobody", an_alert(), (said(Deed.ASSIGN),), "to whom"),
]


@pytest.mark.parametrize(
    ("name", "alert", "deeds", "why"), REFUSED, ids=[row[0] for row in REFUSED]
)
def test_what_is_refused_says_why(
    name: str, alert: Alert, deeds: tuple[Said, ...], why: str
) -> None:
    found = after(*deeds, alert=alert)
    assert isinstance(found, WhyNot), name
    assert why in found.text


def test_a_shelf_comes_back_at_its_time_and_at_once_when_it_gets_worse() -> None:
    shelved = good(after(said(Deed.SHELVE, "pump test", until=UNTIL)))
    assert why_returns(shelved, an_alert(), UNTIL - timedelta(seconds=1)) is None
    assert why_returns(shelved, an_alert(), UNTIL) == "the shelf of 甲某 is over"
    back = good(after(said(Deed.RETURN), begin=shelved, now=UNTIL))
    assert back.shelf is None
    worse = good(after(said(Deed.WORSEN), begin=shelved))
    assert worse.shelf is None


def test_false_is_asked_about_again_while_the_condition_stands() -> None:
    false = good(after(said(Deed.FALSE, "bird")))
    later = T0 + RULES.false_at_most[Severity.SEVERE]
    assert why_returns(false, an_alert(), later - timedelta(seconds=1)) is None
    assert "still stands" in str(why_returns(false, an_alert(), later))
    assert good(after(said(Deed.RETURN), begin=false, now=later)).phase is Phase.RAISED
    gone = good(after(said(Deed.RETURN), begin=false, now=later, alert=OVER))
    assert gone.phase is Phase.FALSE
    assert gone.review_at is None


def test_what_was_never_bad_and_where_nobody_went_closes_itself() -> None:
    minor = an_alert(severity=Severity.MINOR, peak=Severity.MINOR, state=AlertState.RESOLVED)
    assert why_closes_itself(opened(minor), minor, RULES) is not None
    assert why_closes_itself(opened(OVER), OVER, RULES) is None
    sent = good(after(said(Deed.DISPATCH), alert=minor))
    assert why_closes_itself(sent, minor, RULES) is None


DEEDS = st.builds(
    said,
    st.sampled_from(list(Deed)),
    st.sampled_from(["", "a reason"]),
    actor=st.sampled_from(["", "甲某", "乙某"]),
    detail=st.sampled_from(["", "unit 3"]),
    until=st.none() | st.builds(T0.__add__, st.timedeltas(timedelta(0), timedelta(days=2))),
)


class AnyDeeds(RuleBasedStateMachine):
    """Whatever people do, in whatever order: the condition is untouched, a rise is never hidden."""

    @initialize()
    def begin(self) -> None:
        self.now = T0
        self.alert = an_alert(severity=Severity.MINOR, peak=Severity.MINOR)
        self.response = opened(self.alert)

    @rule(said=DEEDS)
    def somebody_does_something(self, said: Said) -> None:
        if said.deed in (Deed.WORSEN, Deed.EASE):
            return  # only readings do these
        found = step(self.response, said, Scene(self.alert, RULES, self.now))
        if isinstance(found, WhyNot):
            assert found.text
            return
        if said.deed is Deed.CLOSE:
            assert self.alert.state is not AlertState.FIRING, "closed over a standing condition"
        self.response = found

    @rule(minutes=st.integers(1, 3000))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        if why_returns(self.response, self.alert, self.now) is not None:
            said = Said(deed=Deed.RETURN, actor="timer")
            self.response = good(step(self.response, said, Scene(self.alert, RULES, self.now)))

    @rule()
    def it_rises(self) -> None:
        if self.alert.severity is Severity.EXTREME:
            return
        severity = Severity(self.alert.severity + 1)
        self.alert = replace(self.alert, severity=severity, peak=severity, state=AlertState.FIRING)
        said = Said(deed=Deed.WORSEN, actor="groundwatch")
        self.response = good(step(self.response, said, Scene(self.alert, RULES, self.now)))
        assert not is_set_aside(self.response)
        assert not self.response.phase.is_over
        assert self.response.reached(Phase.ACKNOWLEDGED) is None

    @rule()
    def its_condition_ends(self) -> None:
        self.alert = replace(self.alert, state=AlertState.RESOLVED, ended_at=self.now)

    @invariant()
    def what_is_set_aside_while_it_stands_comes_back(self) -> None:
        if self.alert.state is not AlertState.FIRING:
            return
        if is_set_aside(self.response):
            far = self.now + timedelta(days=3)
            assert why_returns(self.response, self.alert, far) is not None

    @invariant()
    def marks_stand_in_order(self) -> None:
        places = [LADDER.index(mark.phase) for mark in self.response.marks]
        assert places == sorted(set(places))
        if not self.response.phase.is_over:
            assert self.response.phase is self.response.marks[-1].phase


TestAnyDeeds = AnyDeeds.TestCase
