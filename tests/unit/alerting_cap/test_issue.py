"""Which messages an alert gives rise to, and which earlier ones they replace."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.cap.issue import MAX_REFERENCES, Cards, Issue, cards_of, identifier_of, issues_of
from alerting.model import NotifyReason, Severity, Transition
from alerting.model import TransitionKind as Step
from tests.unit.alerting_cap.values import ENDS, alert_after, past
from tests.unit.alerting_delivery.values import NOW, make_alert, make_card, make_notice

HOUR = timedelta(hours=1)


def issued(
    *kinds: Step, after: timedelta = timedelta(0), renew_every: timedelta | None = None
) -> tuple[Issue, ...]:
    steps = past(*kinds)
    now = steps[-1].detected_at + after
    return issues_of(alert_after(steps), steps, now, renew_every=renew_every)


def shown(issues: tuple[Issue, ...]) -> list[tuple[str, str, list[str]]]:
    return [(each.key, each.kind, [old.key for old in each.replaces]) for each in issues]


def test_a_life_is_alert_updates_and_cancel_each_naming_what_it_replaces() -> None:
    assert shown(issued(Step.RAISED, Step.UPGRADED, Step.DOWNGRADED, Step.CLEARED)) == [
        ("1", "Alert", []),
        ("2", "Update", ["1"]),
        ("3", "Update", ["1", "2"]),
        ("4", "Cancel", ["1", "2", "3"]),
    ]


@pytest.mark.parametrize("end", ENDS)
def test_every_end_cancels(end: Step) -> None:
    assert [each.kind for each in issued(Step.RAISED, end)] == ["Alert", "Cancel"]


def test_an_acknowledgement_changes_nothing_outside() -> None:
    assert shown(issued(Step.RAISED, Step.ACKNOWLEDGED, Step.UPGRADED)) == [
        ("1", "Alert", []),
        ("3", "Update", ["1"]),
    ]


def test_after_its_end_an_alert_begins_anew() -> None:
    assert shown(issued(Step.RAISED, Step.CLEARED, Step.RAISED, Step.CLEARED)) == [
        ("1", "Alert", []),
        ("2", "Cancel", ["1"]),
        ("3", "Alert", []),
        ("4", "Cancel", ["3"]),
    ]


def test_waiting_for_a_signature_is_no_end() -> None:
    assert [each.kind for each in issued(Step.RAISED, Step.AWAITS_SIGN_OFF)] == ["Alert", "Update"]


def test_an_end_without_a_beginning_says_nothing() -> None:
    assert issued(Step.WITHDRAWN) == ()


def test_a_card_that_came_later_is_an_update_of_its_own() -> None:
    steps = past(Step.RAISED, Step.UPGRADED)
    at = steps[0].detected_at + timedelta(seconds=3)
    cards = Cards(late={1: (at, make_card())})
    found = issues_of(alert_after(steps), steps, steps[-1].detected_at, cards=cards)
    assert shown(found) == [
        ("1", "Alert", []),
        ("1.card", "Update", ["1"]),
        ("2", "Update", ["1", "1.card"]),
    ]
    assert found[1].sent == at


def test_a_card_that_came_after_the_next_step_is_no_news() -> None:
    steps = past(Step.RAISED, Step.UPGRADED)
    cards = Cards(late={1: (steps[1].detected_at + timedelta(seconds=1), make_card())})
    found = issues_of(alert_after(steps), steps, steps[-1].detected_at, cards=cards)
    assert [each.key for each in found] == ["1", "2"]


def test_a_card_sent_at_once_is_in_the_first_message() -> None:
    card = make_card()
    first = make_notice(card=card)
    after = make_notice(reason=NotifyReason.CARD, card=card)
    cards = cards_of([first, after])
    assert cards.at_once == {1: card}
    assert cards.late == {1: (NOW, card)}
    steps = past(Step.RAISED)
    assert [each.key for each in issues_of(alert_after(steps), steps, NOW, cards=cards)] == ["1"]


class TestRenewal:
    def test_a_standing_alert_is_said_again_before_it_expires(self) -> None:
        found = issued(Step.RAISED, after=timedelta(hours=30), renew_every=12 * HOUR)
        assert shown(found) == [
            ("1", "Alert", []),
            ("1.r1", "Update", ["1"]),
            ("1.r2", "Update", ["1", "1.r1"]),
        ]
        assert found[-1].sent == NOW + timedelta(hours=24)

    def test_what_ended_is_not_said_again(self) -> None:
        found = issued(Step.RAISED, Step.CLEARED, after=timedelta(days=9), renew_every=12 * HOUR)
        assert [each.kind for each in found] == ["Alert", "Cancel"]

    def test_the_end_names_the_renewals_too(self) -> None:
        steps = past(Step.RAISED, Step.CLEARED, every_s=30 * 3600)
        now = steps[-1].detected_at
        found = issues_of(alert_after(steps), steps, now, renew_every=12 * HOUR)
        assert [old.key for old in found[-1].replaces] == ["1", "1.r1", "1.r2"]

    @given(st.integers(0, 10_000_000))
    def test_no_instant_is_later_than_now_or_without_a_message_that_holds(self, age_s: int) -> None:
        steps, every = past(Step.RAISED), 12 * HOUR
        now = NOW + timedelta(seconds=age_s)
        newest = issues_of(alert_after(steps), steps, now, renew_every=every)[-1]
        assert now - every < newest.sent <= now


lives = st.lists(st.sampled_from(list(Step)), min_size=1, max_size=60)


@given(lives, st.integers(0, 40))
def test_every_message_is_named_once_and_replaces_only_older_ones(
    kinds: list[Step], hours: int
) -> None:
    steps = past(*kinds)
    now = steps[-1].detected_at + timedelta(hours=hours)
    alert = alert_after(steps)
    found = issues_of(alert, steps, now, renew_every=6 * HOUR)
    names = [identifier_of(alert, each) for each in found]
    assert len(set(names)) == len(names)
    stands = False
    for place, each in enumerate(found):
        older = found[:place]
        assert all(old in older for old in each.replaces)
        assert len(each.replaces) <= MAX_REFERENCES
        assert (each.kind == "Alert") == (not each.replaces) == (not stands)
        stands = each.kind != "Cancel"
        if older:
            assert older[-1].kind == "Cancel" or older[-1] in each.replaces


@given(lives)
def test_what_was_said_is_never_said_otherwise_later(kinds: list[Step]) -> None:
    steps = past(*kinds)
    whole = issues_of(alert_after(steps), steps, steps[-1].detected_at)
    for count in range(1, len(steps) + 1):
        early = issues_of(alert_after(steps[:count]), steps[:count], early_now(steps, count))
        assert whole[: len(early)] == early


def early_now(steps: list[Transition], count: int) -> datetime:
    return steps[count - 1].detected_at


@pytest.mark.parametrize("text", ["a b", "a,b", "a<b", "a&b", "a/b", "警报"])
def test_identifiers_hold_nothing_that_is_forbidden(text: str) -> None:
    steps = past(Step.RAISED)
    alert = make_alert(Severity.MINOR, id=text)
    name = identifier_of(alert, issues_of(alert, steps, NOW)[0])
    assert not set(name) & set(" ,<&/")
    assert name.isascii()
