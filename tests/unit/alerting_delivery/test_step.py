"""What becomes of a notice: the decisions, one by one and as a state machine."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alerting.deliver import Policy, next_step
from alerting.deliver.step import MAX_ERROR, cancelled, taken, wait_before_retry
from alerting.errors import DeliveryError
from alerting.model import NoticeState, NotifyReason, OutboxEntry, Recipient
from alerting.route import notice_id
from tests.unit.alerting_delivery.values import ANN, BOB, NOW, make_entry, make_notice

POLICY = Policy(max_attempts=3, first_wait=timedelta(seconds=1), longest_wait=timedelta(seconds=20))
AGAIN = DeliveryError("a: 503", retryable=True)
FINAL = DeliveryError("a: no such number", retryable=False)
ANN_2 = replace(ANN, channel="b", address="y:1")


class TestNextStep:
    def test_a_passing_failure_waits_on_the_same_road(self) -> None:
        step = next_step(make_entry(fallbacks=(ANN_2,)), AGAIN, NOW, POLICY)
        entry = step.entry
        assert (entry.state, entry.attempts) == (NoticeState.PENDING, 1)
        assert entry.notice.recipient == ANN
        assert NOW + timedelta(seconds=0.5) <= entry.due_at <= NOW + timedelta(seconds=1)
        assert entry.last_error == "a: 503"
        assert step.handed_to is None

    def test_the_last_attempt_moves_on_at_once(self) -> None:
        entry = replace(make_entry(fallbacks=(ANN_2, BOB)), attempts=2)
        moved = next_step(entry, AGAIN, NOW, POLICY).entry
        assert (moved.state, moved.attempts, moved.due_at) == (NoticeState.PENDING, 0, NOW)
        assert moved.notice.recipient == ANN_2
        assert moved.notice.id == entry.notice.id
        assert moved.fallbacks == (BOB,)

    def test_a_final_refusal_moves_on_without_trying_again(self) -> None:
        moved = next_step(make_entry(fallbacks=(ANN_2,)), FINAL, NOW, POLICY).entry
        assert (moved.notice.recipient, moved.attempts, moved.due_at) == (ANN_2, 0, NOW)

    def test_without_another_road_it_has_failed_and_says_why(self) -> None:
        step = next_step(make_entry(), FINAL, NOW, POLICY)
        assert (step.entry.state, step.entry.attempts) == (NoticeState.FAILED, 1)
        assert step.entry.last_error == "a: no such number"
        assert step.handed_to is None

    def test_somebody_else_gets_a_notice_of_their_own(self) -> None:
        entry = make_entry(fallbacks=(BOB, ANN_2))
        step = next_step(entry, FINAL, NOW, POLICY)
        assert step.entry.state is NoticeState.FAILED
        assert step.entry.last_error == "a: no such number; Bob Example is told instead"
        handed = step.handed_to
        assert handed is not None
        assert (handed.notice.recipient, handed.fallbacks) == (BOB, (ANN_2,))
        assert handed.notice.remarks == ("in place of Ann Example, who could not be reached",)
        assert handed.notice.id.endswith("-by")
        own = notice_id("alert-1", 1, NotifyReason.FIRST, "bob")
        assert handed.notice.id not in (entry.notice.id, own)

    def test_what_the_receiver_asks_for_is_waited_for_up_to_the_longest_wait(self) -> None:
        for asked, least, most in ((7.0, 7.0, 7.0), (9999.0, 20.0, 20.0), (0.1, 0.5, 1.0)):
            error = DeliveryError("429", retryable=True, retry_after_s=asked)
            wait = next_step(make_entry(), error, NOW, POLICY).entry.due_at - NOW
            assert least <= wait.total_seconds() <= most

    @given(st.lists(st.text(max_size=300), max_size=12))
    def test_the_reasons_are_kept_within_bounds_newest_last(self, reasons: list[str]) -> None:
        entry = make_entry()
        for reason in reasons:
            error = DeliveryError(reason, retryable=True)
            entry = next_step(entry, error, NOW, Policy(max_attempts=99)).entry
        assert len(entry.last_error) <= MAX_ERROR
        if reasons:
            assert entry.last_error.endswith(reasons[-1][-MAX_ERROR:])

    @given(st.integers(1, 60), st.text(max_size=40))
    def test_waits_double_within_bounds_and_are_spread(self, attempts: int, id_: str) -> None:
        policy = Policy(longest_wait=timedelta(hours=1))
        wait = wait_before_retry(id_, attempts, None, policy).total_seconds()
        doubled = min(2.0 ** min(attempts - 1, 30), 3600.0)
        assert doubled / 2 <= wait <= doubled

    def test_a_thousand_that_failed_together_do_not_come_back_together(self) -> None:
        waits = {wait_before_retry(f"id-{n}", 3, None, POLICY) for n in range(1000)}
        assert len(waits) > 990

    @pytest.mark.parametrize(
        "wrong",
        [
            {"max_attempts": 0},
            {"first_wait": timedelta(0)},
            {"longest_wait": timedelta(milliseconds=1)},
        ],
    )
    def test_a_policy_that_never_tries_or_never_ends_is_refused(
        self, wrong: dict[str, object]
    ) -> None:
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Policy(**wrong)  # type: ignore[arg-type]


ROADS = st.lists(
    st.builds(
        Recipient,
        id=st.sampled_from(["ann", "bob", "cat"]),
        name=st.just("N"),
        channel=st.sampled_from(["a", "b"]),
        address=st.sampled_from(["1", "2", "3"]),
    ),
    min_size=1,
    max_size=6,
)


class Delivery(RuleBasedStateMachine):
    """Any sequence of answers ends, tries every road in order, and loses nobody."""

    @initialize(roads=ROADS, max_attempts=st.integers(1, 4))
    def begin(self, roads: list[Recipient], max_attempts: int) -> None:
        self.roads = roads
        self.policy = replace(POLICY, max_attempts=max_attempts)
        self.now = NOW
        self.entry = make_entry(to=roads[0], fallbacks=tuple(roads[1:]))
        self.past: list[OutboxEntry] = []
        self.n_attempts = 0
        self.n_given_up = 0

    @property
    def is_over(self) -> bool:
        return self.entry.state is not NoticeState.PENDING

    @precondition(lambda self: not self.is_over)
    @rule(retryable=st.booleans(), asked=st.none() | st.floats(0, 1e6), late=st.integers(0, 600))
    def fail(self, retryable: bool, asked: float | None, late: int) -> None:
        self.now = max(self.now, self.entry.due_at) + timedelta(seconds=late)
        error = DeliveryError(f"e{self.n_attempts}", retryable=retryable, retry_after_s=asked)
        before = self.entry
        step = next_step(before, error, self.now, self.policy)
        self.n_attempts += 1
        is_given_up = not retryable or before.attempts + 1 >= self.policy.max_attempts
        self.n_given_up += is_given_up
        assert step.entry.last_error
        if not is_given_up:
            wait = step.entry.due_at - self.now
            assert timedelta(0) < wait <= self.policy.longest_wait
            assert step.entry.notice == before.notice
        if step.handed_to is not None:
            self.past.append(step.entry)
            assert step.entry.state is NoticeState.FAILED
            self.entry = step.handed_to
        else:
            self.entry = step.entry

    @precondition(lambda self: not self.is_over)
    @rule()
    def take(self) -> None:
        self.entry = taken(self.entry, self.now)
        assert self.entry.sent_at == self.now

    @precondition(lambda self: not self.is_over)
    @rule()
    def acknowledge(self) -> None:
        self.entry = cancelled(self.entry, "acknowledged")

    @precondition(lambda self: self.is_over)
    @rule()
    def rest(self) -> None:
        """Nothing more becomes of it here; its alert's escalation goes on."""
        assert self.entry.state is not NoticeState.PENDING

    @invariant()
    def the_road_now_tried_is_the_first_not_given_up(self) -> None:
        if self.is_over:
            return
        assert self.entry.notice.recipient == self.roads[self.n_given_up]
        assert list(self.entry.fallbacks) == self.roads[self.n_given_up + 1 :]
        assert self.entry.attempts < self.policy.max_attempts

    @invariant()
    def it_ends(self) -> None:
        assert self.n_attempts <= len(self.roads) * self.policy.max_attempts
        if self.entry.state is NoticeState.FAILED:
            assert self.n_given_up == len(self.roads)

    @invariant()
    def every_entry_has_its_own_id(self) -> None:
        ids = {entry.notice.id for entry in (*self.past, self.entry)}
        assert len(ids) == len(self.past) + 1


TestDelivery = Delivery.TestCase


def test_the_notice_itself_never_changes_but_for_its_road() -> None:
    entry = make_entry(fallbacks=(ANN_2,))
    moved = next_step(entry, FINAL, NOW, POLICY).entry
    assert moved.notice == replace(make_notice(), recipient=ANN_2)


def test_the_time_is_taken_as_given() -> None:
    late: datetime = NOW + timedelta(days=3)
    assert next_step(make_entry(), AGAIN, late, POLICY).entry.due_at > late
