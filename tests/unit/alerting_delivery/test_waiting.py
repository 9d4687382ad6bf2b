"""The order in which notices leave memory, and what goes when it is full."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from alerting.deliver.waiting import Held, WaitingRoom
from alerting.model import NotifyReason, Severity
from tests.unit.alerting_delivery.values import ANN, NOW, make_alert, make_entry

SEVERITIES = st.sampled_from(Severity)


def held(
    name: str,
    severity: Severity = Severity.SEVERE,
    *,
    channel: str = "a",
    due_s: float = 0.0,
    is_recorded: bool = True,
    reason: NotifyReason = NotifyReason.FIRST,
) -> Held:
    alert = make_alert(severity, id=name)
    to = replace(ANN, channel=channel)
    due_at = NOW + timedelta(seconds=due_s)
    return Held(make_entry(alert, to=to, due_at=due_at, reason=reason), is_recorded)


def any_slot(channel: str, severity: Severity) -> bool:
    return bool(channel and severity)


def emptied(room: WaitingRoom, at_s: float = 0.0) -> list[str]:
    names = []
    while (item := room.take(NOW + timedelta(seconds=at_s), any_slot)) is not None:
        names.append(item.alert_id)
    return names


def test_the_most_severe_go_first_then_the_oldest() -> None:
    room = WaitingRoom(10)
    room.put(held("minor", Severity.MINOR, due_s=-9))
    room.put(held("new", Severity.EXTREME, due_s=-1))
    room.put(held("old", Severity.EXTREME, due_s=-2))
    assert emptied(room) == ["old", "new", "minor"]


def test_what_is_not_due_waits() -> None:
    room = WaitingRoom(10)
    room.put(held("later", due_s=30))
    room.put(held("now"))
    assert emptied(room) == ["now"]
    assert room.next_due() == NOW + timedelta(seconds=30)
    assert emptied(room, at_s=30) == ["later"]
    assert room.next_due() is None


def test_a_channel_without_a_slot_holds_up_no_other() -> None:
    room = WaitingRoom(10)
    room.put(held("stuck", Severity.EXTREME, channel="a"))
    room.put(held("free", Severity.MINOR, channel="b"))
    taken = room.take(NOW, lambda channel, _: channel == "b")
    assert taken is not None
    assert taken.alert_id == "free"
    assert room.take(NOW, lambda channel, _: channel == "b") is None
    assert len(room) == 1


def test_full_puts_out_repeats_then_the_least_severe_then_the_newest() -> None:
    room = WaitingRoom(3)
    for entry in (
        held("unrecorded", Severity.MINOR, is_recorded=False),
        held("repeat", Severity.EXTREME, reason=NotifyReason.REPEAT),
        held("old", Severity.MINOR),
    ):
        assert room.put(entry) is None
    out = [room.put(held(name, severity)) for name, severity in (
        ("new", Severity.MINOR),
        ("newer", Severity.MINOR),
        ("severe", Severity.SEVERE),
        ("extreme", Severity.EXTREME),
        ("mild", Severity.MINOR),
    )]  # fmt: skip
    assert [item and item.alert_id for item in out] == ["repeat", "newer", "new", "old", "mild"]
    assert emptied(room) == ["extreme", "severe", "unrecorded"]


def test_what_is_about_an_alert_can_be_taken_out() -> None:
    room = WaitingRoom(10)
    for name in ("x", "y"):
        room.put(held(name))
    for item in room.about("x"):
        room.remove(item)
    assert room.about("x") == []
    assert emptied(room) == ["y"]


def test_putting_the_same_notice_again_replaces_it() -> None:
    room = WaitingRoom(10)
    room.put(held("x", due_s=60))
    room.put(held("x"))
    assert (len(room), emptied(room), emptied(room, at_s=99)) == (1, ["x"], [])


@given(
    st.lists(st.tuples(st.integers(0, 8), SEVERITIES, st.booleans(), st.booleans()), max_size=80)
)
def test_it_never_holds_more_than_it_may_and_loses_only_what_it_says(
    steps: list[tuple[int, Severity, bool, bool]],
) -> None:
    room = WaitingRoom(4)
    inside: dict[str, Severity] = {}
    for number, severity, is_recorded, is_removed in steps:
        name = f"alert-{number}"
        if is_removed:
            for item in room.about(name):
                room.remove(item)
            inside.pop(name, None)
        else:
            out = room.put(held(name, severity, is_recorded=is_recorded))
            inside[name] = severity
            if out is not None:
                del inside[out.alert_id]
        assert len(room) == len(inside) <= 4
    order = emptied(room)
    assert sorted(order) == sorted(inside)
    assert [inside[name] for name in order] == sorted(inside.values(), reverse=True)


def test_a_storm_of_cancellations_leaves_nothing_behind() -> None:
    room = WaitingRoom(100)
    for number in range(5000):
        item = held(f"alert-{number}")
        room.put(item)
        room.remove(item)
    assert room.n_ready + len(room._later) < 300  # noqa: SLF001 - the heap is what must not grow
