"""The life of an order: what may follow what, and that no order of telling breaks it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.model import Severity
from alerting.tasks.book import TaskBook
from alerting.tasks.deadline import DeadlinesRefused, built_in, due, late_leg, load_deadlines
from alerting.tasks.model import Event, EventKind, Leg, Task, TaskState, Tier
from alerting.tasks.step import SoAlready, WhyNot, after, folded, why_not
from tests.unit.alerting_delivery.values import NOW
from tests.unit.alerting_tasks.values import ORDER, event, task, tried

K, S = EventKind, TaskState


def test_an_order_is_accepted_reached_and_done() -> None:
    done = task((K.ACCEPTED, 2), (K.ON_SCENE, 20), (K.DONE, 90))
    assert done.state is S.DONE
    assert done.accepted_at == NOW + timedelta(minutes=2)
    assert done.on_scene_at == NOW + timedelta(minutes=20)
    assert done.ended_at == NOW + timedelta(minutes=90)


def test_who_arrives_has_accepted() -> None:
    there = task((K.ON_SCENE, 20))
    assert there.accepted_at == there.on_scene_at == NOW + timedelta(minutes=20)


@pytest.mark.parametrize(
    ("moves", "kind", "what"),
    [
        ((), K.DONE, "it is sent: accept it or arrive first"),
        (((K.ON_SCENE, 5),), K.DECLINED, "it is on scene: recall it instead"),
        (((K.DECLINED, 5),), K.ACCEPTED, "it is declined: it is over; give a new order"),
        (((K.RECALLED, 5),), K.ON_SCENE, "it is recalled: it is over"),
        (((K.RECALLED, 5),), K.HANDED_OVER, "nothing to hand over"),
        ((), K.ORDERED, "an order is given once"),
    ],
)
def test_what_may_not_follow_says_why(
    moves: tuple[tuple[EventKind, float], ...], kind: EventKind, what: str
) -> None:
    refused = tried(task(*moves), kind, detail="city" if kind is K.HANDED_OVER else "")
    assert isinstance(refused, WhyNot)
    assert what in refused.text


@pytest.mark.parametrize("kind", [K.DECLINED, K.RECALLED, K.HANDED_OVER])
def test_these_want_a_reason(kind: EventKind) -> None:
    refused = tried(task(), kind, note=" ", detail="city")
    assert isinstance(refused, WhyNot)
    assert refused.text.startswith("say why")


@pytest.mark.parametrize(
    ("moves", "kind"),
    [
        (((K.ACCEPTED, 1),), K.ACCEPTED),
        (((K.ON_SCENE, 1),), K.ACCEPTED),
        (((K.ON_SCENE, 1),), K.ON_SCENE),
        (((K.ON_SCENE, 1), (K.DONE, 2)), K.DONE),
        (((K.ON_SCENE, 1), (K.DONE, 2)), K.ON_SCENE),
        (((K.DECLINED, 1),), K.DECLINED),
    ],
)
def test_what_is_so_already_changes_nothing(
    moves: tuple[tuple[EventKind, float], ...], kind: EventKind
) -> None:
    assert isinstance(tried(task(*moves), kind), SoAlready)


def test_a_level_hands_over_to_another() -> None:
    over = tried(task(), K.HANDED_OVER, detail=Tier.DISTRICT.value)
    assert isinstance(over, Task)
    assert (over.owner, over.state, over.order.level) == (Tier.DISTRICT, S.SENT, Tier.STREET)
    assert isinstance(tried(over, K.HANDED_OVER, detail="moon"), WhyNot)
    assert isinstance(tried(over, K.HANDED_OVER, detail="district"), SoAlready)


def test_feedback_may_come_when_all_is_over_and_needs_something_in_it() -> None:
    over = task((K.ON_SCENE, 1), (K.DONE, 2))
    told = tried(over, K.FEEDBACK, detail="a.jpg")
    assert isinstance(told, Task)
    assert (told.pictures, told.state) == (("a.jpg",), S.DONE)
    assert isinstance(tried(over, K.FEEDBACK, note=" "), WhyNot)


def test_two_at_once_do_not_overwrite_each_other() -> None:
    one = task()
    second = event(K.ACCEPTED, 1)
    moved = after(one, second)
    refused = why_not(moved, replace(second, kind=K.DECLINED, note="no"))
    assert isinstance(refused, WhyNot)
    assert "look again" in refused.text


moves = st.lists(
    st.tuples(
        st.sampled_from(list(K)), st.integers(0, 30), st.sampled_from(["", "city", "arrive"])
    ),
    max_size=25,
)


@given(moves)
def test_no_order_of_events_leads_where_none_should(told: list[tuple[EventKind, int, str]]) -> None:
    one, events = task(), [event(K.ORDERED, 0)]
    for kind, minutes, detail in told:
        if kind is K.OVERDUE and detail != "arrive":
            detail = "accept"
        if kind is K.HANDED_OVER and detail == "arrive":
            detail = "village"
        at = one.changed_at + timedelta(minutes=minutes)
        made = event(kind, one.n + 1, at=at, note="why", detail=detail)
        if why_not(one, made) is not None:
            continue
        before, one = one, after(one, made)
        events.append(made)
        assert not before.state.is_over or one.state is before.state
        assert one.n == before.n + 1
        assert one.changed_at >= before.changed_at
        reached = [at for at in (one.sent_at, one.accepted_at, one.on_scene_at, one.ended_at) if at]
        assert reached == sorted(reached)
        assert (one.ended_at is not None) == one.state.is_over
        assert len(set(one.overdue)) == len(one.overdue)
    assert folded(events) == folded(reversed(events)) == one


@given(moves)
def test_what_is_late_is_said_once_and_never_of_what_is_over(
    told: list[tuple[EventKind, int, str]],
) -> None:
    one = task()
    for kind, minutes, _ in told:
        now = one.changed_at + timedelta(minutes=minutes)
        while (leg := late_leg(one, built_in(), now)) is not None:
            assert not one.state.is_over
            one = after(one, event(K.OVERDUE, one.n + 1, at=now, detail=leg.value))
        if kind in (K.ACCEPTED, K.ON_SCENE, K.DONE, K.DECLINED, K.RECALLED):
            made = event(kind, one.n + 1, at=now, note="why")
            one = one if why_not(one, made) else after(one, made)
    assert len(set(one.overdue)) == len(one.overdue)


# Typed out: minutes to accept by colour, as people have to acknowledge.
@pytest.mark.parametrize(
    ("severity", "accept_min"),
    [
        (Severity.MINOR, 30), (Severity.MODERATE, 15), (Severity.SEVERE, 10), (Severity.EXTREME, 5),
    ],
)  # fmt: skip
def test_the_time_to_accept_follows_the_colour(severity: Severity, accept_min: int) -> None:
    one = task(order=replace(ORDER, severity=severity))
    owed = due(one, built_in())
    assert owed == (Leg.ACCEPT, NOW + timedelta(minutes=accept_min))
    assert late_leg(one, built_in(), NOW + timedelta(minutes=accept_min, seconds=-1)) is None
    assert late_leg(one, built_in(), NOW + timedelta(minutes=accept_min)) is Leg.ACCEPT


def test_each_leg_counts_from_the_one_before() -> None:
    assert due(task((K.ACCEPTED, 3)), built_in()) == (Leg.ARRIVE, NOW + timedelta(minutes=48))
    there = task((K.ACCEPTED, 3), (K.ON_SCENE, 40))
    assert due(there, built_in()) == (Leg.FINISH, NOW + timedelta(hours=8, minutes=40))
    assert due(task((K.DECLINED, 3)), built_in()) is None


def test_a_wrong_table_of_deadlines_says_where(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("source: plan\nminor: {accept: soon}\n")
    with pytest.raises(DeadlinesRefused, match=r"own\.yaml"):
        load_deadlines(path)


class TestBook:
    def test_what_is_open_holds_stock_and_what_is_over_lets_it_go(self) -> None:
        book = TaskBook()
        book.keep(task())
        assert book.taken("D3", "steel_strut") == 20.0
        assert [each.id for each in book.of_alert("alert-1")] == ["t-1"]
        before = book.version
        book.keep(task((K.RECALLED, 5)))
        assert (book.taken("D3", "steel_strut"), len(book)) == (0.0, 0)
        assert book.version > before

    def test_a_restart_finds_what_is_open(self) -> None:
        book = TaskBook()
        events = [event(K.ORDERED, 0), event(K.ACCEPTED, 1, after_min=2)]
        gone = [
            replace(each, task_id="t-2", order=each.order and replace(ORDER, id="t-2"))
            for each in (event(K.ORDERED, 0), event(K.RECALLED, 1, note="not needed"))
        ]
        book.load([*gone, *reversed(events)])
        assert [each.state for each in book] == [S.ACCEPTED]

    def test_an_event_without_its_order_is_nothing(self) -> None:
        assert folded([event(K.ACCEPTED, 1)]) is None


def test_an_event_of_the_past_is_refused() -> None:
    one = task((K.ACCEPTED, 10))
    made: Event = event(K.ON_SCENE, 2, after_min=5)
    assert isinstance(why_not(one, made), WhyNot)
