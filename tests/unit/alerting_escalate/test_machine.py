"""The clock behind every alert, under any interleaving of what can happen to it.

The real escalator; what the engine, the journal and delivery do around it is written down here in
the plainest way: a step is recorded, then its notices are out, and a crash forgets what was not
recorded.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from alerting.escalate import Escalator
from alerting.model import Alert, AlertState, NoticeState, OutboxEntry, Severity, Transition
from alerting.ports import EscalationStep, StepKind
from alerting.route import LAST_RESORT, Ladder
from tests.unit.alerting_delivery.values import (
    HandClock,
    make_alert,
    make_entry,
    make_transition,
)
from tests.unit.alerting_escalate.values import PEOPLE, LadderRouter, rung

LADDERS = st.builds(
    lambda first, rest, every: Ladder(
        name="any",
        rungs=(rung("first", wait=first), *(rung(f"r{n}", *who, wait=w) for n, (who, w) in rest)),
        every=every,
    ),
    first=st.timedeltas(timedelta(0), timedelta(minutes=30)),
    rest=st.lists(
        st.tuples(
            st.lists(st.sampled_from(["ann", "bob", "cat", "nobody"]), min_size=1, max_size=3),
            st.timedeltas(timedelta(0), timedelta(minutes=30)),
        ),
        max_size=4,
    ).map(lambda rest: list(enumerate(rest))),
    every=st.timedeltas(timedelta(minutes=1), timedelta(minutes=10)),
)


@dataclass
class Sent:
    """A notice on its way, and whether the journal has it."""

    entry: OutboxEntry
    state: NoticeState = NoticeState.PENDING


class Machine(RuleBasedStateMachine):
    """One alert from its first notices to its end."""

    @initialize(ladder=LADDERS)
    def begin(self, ladder: Ladder) -> None:
        self.clock = HandClock()
        self.router = LadderRouter(steps=ladder)
        self.ladder = ladder
        self.muted = ""
        self.steps: list[EscalationStep] = []
        self.outbox: dict[str, Sent] = {}
        self.transitions: list[Transition] = []
        self.alert = make_alert(Severity.MINOR, ordinal=0)
        self.escalator = self.started()
        self.rise()

    def started(self) -> Escalator:
        return Escalator(
            router=self.router, clock=self.clock, why_muted=lambda _alert, _now: self.muted
        )

    @property
    def is_asking(self) -> bool:
        return self.alert.state is AlertState.FIRING and self.alert.acknowledged_at is None

    # --- what happens ---

    @precondition(lambda self: self.alert.state is AlertState.FIRING)
    @rule()
    def rise(self) -> None:
        """The engine publishes a rise: the acknowledgement is taken back, people are told."""
        self.step_alert(severity=Severity(min(4, self.alert.severity + 1)), acknowledged_at=None)
        first = tuple(make_entry(self.alert, to=PEOPLE[name]) for name in self.router.routed)
        self.escalator.follow(self.alert)
        steps = self.escalator.begin(self.alert, self.transitions[-1], first)
        assert self.escalator.begin(self.alert, self.transitions[-1], first) == ()
        self.record(steps, first)

    @precondition(lambda self: self.alert.state is AlertState.FIRING)
    @rule()
    def fall(self) -> None:
        self.step_alert(severity=Severity(max(1, self.alert.severity - 1)))
        self.escalator.follow(self.alert)

    @precondition(lambda self: self.is_asking)
    @rule()
    def acknowledge(self) -> None:
        self.step_alert(acknowledged_at=self.clock.now(), acknowledged_by="eve")
        self.escalator.follow(self.alert)
        self.cancel()

    @precondition(lambda self: self.alert.state is AlertState.FIRING)
    @rule(state=st.sampled_from([AlertState.RESOLVED, AlertState.WITHDRAWN]))
    def end(self, state: AlertState) -> None:
        self.step_alert(state=state)
        self.escalator.follow(self.alert)
        self.cancel()

    @rule(by=st.timedeltas(timedelta(0), timedelta(hours=3)))
    def time_passes(self, by: timedelta) -> None:
        self.clock.at += by

    @rule(by=st.timedeltas(timedelta(0), timedelta(days=400)))
    def the_clock_is_set_back(self, by: timedelta) -> None:
        self.clock.at -= by

    @rule(is_recorded=st.booleans())
    def tick(self, is_recorded: bool) -> None:
        """Take what is due; or die after deciding and before recording it."""
        for due in self.escalator.due():
            taken = self.escalator.take(due, None)
            if taken is None:
                continue
            assert self.is_asking
            assert not self.muted
            if is_recorded:
                self.record((taken.step,), taken.notices)
            else:
                self.restart()

    @precondition(lambda self: self.is_asking and not self.muted)
    @rule()
    def wait_and_tick(self) -> None:
        """However long a wait is: when it is over, a step is taken and somebody is told."""
        n_before, n_told = len(self.steps), len(self.outbox)
        for _ in range(len(self.ladder.rungs) + 2):
            self.clock.at += timedelta(hours=1)
            self.tick(is_recorded=True)
        assert len(self.steps) > n_before
        assert len(self.outbox) > n_told

    @rule()
    def restart(self) -> None:
        self.escalator = self.started()
        mine = sorted(self.steps, key=lambda step: (step.ordinal, step.n))
        if self.alert.state is AlertState.FIRING:
            self.escalator.restore(self.alert, self.transitions, mine)

    @precondition(lambda self: any(s.state is NoticeState.PENDING for s in self.outbox.values()))
    @rule(which=st.integers(0, 99), is_taken=st.booleans())
    def deliver(self, which: int, is_taken: bool) -> None:
        waiting = [s for s in self.outbox.values() if s.state is NoticeState.PENDING]
        sent = waiting[which % len(waiting)]
        sent.state = NoticeState.SENT if is_taken else NoticeState.FAILED
        self.escalator.note_outcome(replace(sent.entry, state=sent.state))

    @precondition(lambda self: any(s.state is NoticeState.SENT for s in self.outbox.values()))
    @rule(which=st.integers(0, 99))
    def does_not_arrive(self, which: int) -> None:
        taken = [s for s in self.outbox.values() if s.state is NoticeState.SENT]
        notice = taken[which % len(taken)].entry.notice
        self.escalator.note_undelivered(notice)

    @rule(why=st.sampled_from(["", "silenced by Eve"]))
    def mute(self, why: str) -> None:
        self.muted = why

    # --- what always holds ---

    @invariant()
    def no_step_is_skipped_or_repeated(self) -> None:
        for ordinal in {step.ordinal for step in self.steps}:
            numbers = [step.n for step in self.steps if step.ordinal == ordinal]
            assert numbers == list(range(len(numbers)))

    @invariant()
    def there_are_as_many_messages_as_steps_allow(self) -> None:
        assert len(self.outbox) <= len(self.steps) * (len(PEOPLE) + 1)

    @invariant()
    def a_round_reaches_the_last_resort(self) -> None:
        for step in self.steps:
            if step.kind is StepKind.ROUND:
                assert LAST_RESORT.id in step.told

    @invariant()
    def only_what_stands_is_asked_about(self) -> None:
        assert len(self.escalator) == int(self.is_asking)

    # --- what the engine, the journal and delivery do ---

    def step_alert(self, **changes: object) -> None:
        ordinal = self.alert.ordinal + 1
        self.alert = replace(self.alert, ordinal=ordinal, **changes)  # type: ignore[arg-type]
        self.transitions.append(make_transition(self.alert))

    def record(self, steps: tuple[EscalationStep, ...], entries: tuple[OutboxEntry, ...]) -> None:
        self.steps += steps
        for entry in entries:
            assert entry.notice.id not in self.outbox, "the same notice twice"
            self.outbox[entry.notice.id] = Sent(entry)

    def cancel(self) -> None:
        for sent in self.outbox.values():
            if sent.state is NoticeState.PENDING:
                sent.state = NoticeState.CANCELLED


Machine.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestMachine = Machine.TestCase


def test_the_clock_of_rounds_bounds_what_a_week_can_bring() -> None:
    """A week without an answer brings a bounded number of messages, and not a quiet hour."""
    clock, router = HandClock(), LadderRouter()
    escalator = Escalator(router=router, clock=clock)
    alert: Alert = make_alert(Severity.EXTREME)
    escalator.begin(alert, make_transition(alert), (make_entry(alert),))
    told: list[timedelta] = []
    began = clock.now()
    for _ in range(7 * 24 * 60):
        clock.move(minutes=1)
        for due in escalator.due():
            if escalator.take(due, None) is not None:
                told.append(clock.now() - began)
    gaps = [later - earlier for earlier, later in pairwise(told)]
    assert len(told) < 250
    assert max(gaps) <= timedelta(hours=1, minutes=1)
