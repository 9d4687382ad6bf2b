"""The contract of `alerting.ports.Journal`, on SQLite, on PostgreSQL and on the fake.

What only a journal on a disk can promise is in test_journal_lasting.py.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.errors import JournalRefused
from alerting.gather.batch import Occasion, gather
from alerting.model import (
    Alert,
    AlertState,
    Gathering,
    Mark,
    NoticeState,
    NotifyReason,
    OutboxEntry,
    Remark,
    Severity,
    Transition,
    TransitionKind,
)
from alerting.mute import Silence
from alerting.ports import (
    Action,
    Effects,
    EscalationStep,
    Proof,
    ProofKind,
    RuleState,
    StageRecord,
    StepKind,
)
from alerting.response.model import Response
from alerting.warning import Name, OfficialRecord, OfficialWarning, Over
from sensors.lifecycle import StageChange
from sensors.model import SensorKey
from storage.journal import SqlJournal
from tests.contract import journal_values as values
from tests.contract.journal_values import (
    T0,
    AnyJournal,
    a_raise,
    a_recipient,
    a_transition,
    an_action,
    an_alert,
    an_entry,
    everything,
    fresh_url,
)
from tests.fakes import MemoryJournal
from tests.servers import start_postgres, stop

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
LATER = T0 + 30 * DAY

_numbers = count(1)
_each_example_on_the_same_journal = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    dsn = start_postgres(tmp_path_factory.mktemp("postgres"))
    yield dsn
    stop(dsn)


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def journal(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AnyJournal]:
    made: AnyJournal = MemoryJournal()
    if request.param == "sqlite":
        made = SqlJournal(f"sqlite:///{tmp_path}/journal.db")
    if request.param == "postgres":
        made = SqlJournal(await fresh_url(request.getfixturevalue("postgres")))
    await made.open()
    yield made
    await made.close()


# Round trip


async def test_what_people_say_of_stages_is_kept_once_and_in_order(journal: AnyJournal) -> None:
    change = StageChange(at=T0, stage="slab_cast", by="乙某", note="section A", depth_m=9.5)
    first = StageRecord(site="s", device="", change=change, recorded_at=T0 + SECOND, seq=7)
    second = StageRecord(
        site="s",
        device="d",
        change=StageChange(at=T0 - DAY, stage="stopped", by="甲某"),
        recorded_at=T0 + DAY,
        seq=9,
    )
    await journal.record(Effects(stages=(first,)))
    await journal.record(Effects(stages=(first, second)))
    assert await journal.stages() == [first, second]


def a_step(alert_id: str = "a1", **fields: Any) -> EscalationStep:
    plain: dict[str, Any] = {
        "alert_id": alert_id,
        "ordinal": 1,
        "n": 0,
        "kind": StepKind.BEGUN,
        "at": T0,
        "due_at": T0 + SECOND,
        "rung": "first notices",
        "told": ("ann", "某人"),
        "why": "Ann, 某人",
        "why_zh": "“值班”告知某人",
    }
    return EscalationStep(**plain | fields)


async def test_steps_are_only_ever_added_and_come_back_in_order(journal: AnyJournal) -> None:
    first, second = a_step(), a_step(n=1, kind=StepKind.NOBODY, told=())
    risen = a_step(ordinal=3)
    await journal.record(Effects(alerts=(an_alert(),), steps=(first, risen, second)))
    await journal.record(Effects(steps=(a_step(why="said again"), a_step(n=2))))
    assert await journal.steps("a1") == [first, second, a_step(n=2), risen]


async def test_only_the_steps_of_what_fires_are_taken_up(journal: AnyJournal) -> None:
    over = an_alert("over", state=AlertState.RESOLVED)
    await journal.record(Effects(alerts=(an_alert(), over), steps=(a_step("over"), a_step())))
    assert await journal.steps() == [a_step()]
    assert await journal.steps("over") == [a_step("over")]


async def test_what_came_back_about_notices_is_kept_once(journal: AnyJournal) -> None:
    sent = Proof(notice_id="n", alert_id="a1", at=T0, kind=ProofKind.DELIVERED, by="sms")
    read = replace(sent, kind=ProofKind.READ, at=T0 + SECOND, note="已读")
    await journal.record(Effects(proofs=(read, sent)))
    await journal.record(Effects(proofs=(sent,)))
    assert await journal.proofs("a1") == [sent, read]
    assert await journal.proofs("a2") == []


@_each_example_on_the_same_journal
@given(response=values.responses, silence=values.silences)
async def test_a_response_and_a_silence_come_back_as_they_were(
    journal: AnyJournal, response: Response, silence: Silence
) -> None:
    alert = an_alert(f"a{next(_numbers)}")
    response = replace(response, alert_id=alert.id)
    silence = replace(silence, id=f"s{next(_numbers)}", until=T0 + SECOND)
    await journal.record(Effects(alerts=(alert,), responses=(response,), silences=(silence,)))
    assert await journal.response(alert.id) == response
    assert response in await journal.standing_responses()
    assert silence in await journal.silences(T0)
    assert silence not in await journal.silences(T0 + SECOND)
    await journal.record(Effects(silences=(silence.ended(T0, "乙某"),)))
    assert silence.id not in {each.id for each in await journal.silences(T0)}
    over = replace(alert, state=AlertState.RESOLVED)
    await journal.record(Effects(alerts=(over,)))
    assert response not in await journal.standing_responses()
    assert await journal.response(alert.id) == response


async def test_a_response_to_an_unknown_alert_is_refused(journal: AnyJournal) -> None:
    nobody = Response(alert_id="of-no-alert", since=T0)
    with pytest.raises(JournalRefused):
        await journal.record(Effects(responses=(nobody,)))
    assert await journal.response("of-no-alert") is None


async def test_the_first_receipt_of_each_standing_alert_is_known(journal: AnyJournal) -> None:
    for number in (1, 2):
        await journal.record(a_raise(number))
    for n, seconds in (("1", 5), ("2", 3)):
        entry = an_entry(f"n{n}", an_alert(f"a{n}"))
        sent = replace(entry, state=NoticeState.SENT, sent_at=T0 + seconds * SECOND)
        await journal.save_outcome(sent)
    later = an_entry("n3", an_alert("a1"), state=NoticeState.SENT, sent_at=T0 + 9 * SECOND)
    await journal.save_outcome(later)
    name = later.notice.recipient.name
    assert await journal.receipts() == [
        ("a1", name, T0 + 5 * SECOND),
        ("a2", name, T0 + 3 * SECOND),
    ]


async def test_official_messages_are_kept_as_they_came_and_never_changed(
    journal: AnyJournal,
) -> None:
    first = official("w1", T0 + DAY, b"<alert/>")
    other = official("w2", T0 - DAY, b"\x00\xff")
    await journal.record(Effects(officials=(first, other)))
    changed = replace(first, body=b"<other/>", received_at=T0 + DAY)
    await journal.record(Effects(officials=(changed,)))
    assert await journal.officials(T0) == [first]
    assert await journal.officials(T0 - DAY * 2) == [first, other]
    assert await journal.official(first.warning.name) == first
    assert await journal.official(Name("met@example.invalid", "w3")) is None


def official(identifier: str, ends_at: datetime, body: bytes) -> OfficialRecord:
    warning = OfficialWarning(
        name=Name("met@example.invalid", identifier),
        sender_name="示例气象台",
        sent_at=T0 - DAY * 3,
        status="Actual",
        kind="Update",
        references=(Name("met@example.invalid", "w0"),),
        topic="rain",
        severity=Severity.EXTREME,
        begins_at=T0 - DAY * 3,
        ends_at=ends_at,
        headline=Remark("Red", "红色"),
        over=(Over("jiahe-pit", Severity.SEVERE, "it lies within 440111"),),
    )
    return OfficialRecord(
        warning=warning, received_at=T0, seq=7, how="http", body=body, remarks=("a colour",)
    )


@_each_example_on_the_same_journal
@given(alert=values.alerts, transition=values.transitions, action=values.actions)
async def test_alert_transition_and_action_come_back_as_they_were(
    journal: AnyJournal, alert: Alert, transition: Transition, action: Action
) -> None:
    alert = replace(alert, id=f"a{next(_numbers)}")
    step = replace(transition, alert_id=alert.id)
    action = replace(action, alert_id=alert.id)
    await journal.record(Effects(alerts=(alert,), transitions=(step,), actions=(action,)))
    found = await journal.alert(alert.id)
    assert found == alert
    assert type(found.state) is AlertState
    assert type(found.severity) is Severity
    assert await journal.transitions(alert.id) == [step]
    assert await journal.actions(alert.id) == [action]


@_each_example_on_the_same_journal
@given(entry=values.entries)
async def test_outbox_entry_comes_back_as_it_was(journal: AnyJournal, entry: OutboxEntry) -> None:
    alert = replace(entry.notice.alert, id=f"a{next(_numbers)}")
    notice = replace(entry.notice, id=f"n{next(_numbers)}", alert=alert)
    entry = replace(entry, notice=notice)
    await journal.record(Effects(alerts=(alert,), notices=(entry,)))
    found = await journal.outbox(alert.id)
    assert found == [entry]
    assert type(found[0].state) is NoticeState
    assert type(found[0].notice.alert.sensor) is SensorKey


@_each_example_on_the_same_journal
@given(states=st.lists(values.states, max_size=3, unique_by=lambda state: state.key))
async def test_rule_states_come_back_as_they_were(
    journal: AnyJournal, states: list[RuleState]
) -> None:
    await journal.save_states(states)
    wanted = {state.key for state in states}
    found = [state for state in await journal.load_states() if state.key in wanted]
    assert sorted(found, key=lambda s: s.key) == sorted(states, key=lambda s: s.key)


# Recording


async def test_an_empty_journal_knows_nothing(journal: AnyJournal) -> None:
    assert await everything(journal, "a1") == (None, [], [], [], 0)
    assert await journal.alerts() == []
    assert await journal.due(LATER) == []
    assert await journal.load_states() == []


async def test_the_same_effects_recorded_twice_are_there_once(journal: AnyJournal) -> None:
    alert = an_alert()
    effects = Effects(
        seq=7,
        alerts=(alert, an_alert("a2")),
        transitions=(a_transition(), a_transition("a2")),
        notices=(an_entry("n1", alert),),
        cancelled=("a1",),
        actions=(an_action(), an_action(note="two pumps on the way"), an_action("a2")),
    )
    await journal.record(effects)
    once = await everything(journal, "a1")
    await journal.record(effects)
    assert await everything(journal, "a1") == once
    assert once[3] == [an_entry("n1", alert)]
    assert len(await journal.actions("a1")) == 2


async def test_a_failing_record_leaves_nothing(journal: AnyJournal) -> None:
    await journal.record(a_raise(1))
    before = await everything(journal, "a1")
    ended = an_alert("a1", state=AlertState.RESOLVED, ended_at=LATER)
    with pytest.raises(JournalRefused):
        await journal.record(
            Effects(
                seq=9,
                alerts=(ended, an_alert("a2")),
                transitions=(a_transition("a1", ordinal=1), a_transition("of-no-alert")),
                notices=(an_entry("n9", ended),),
                cancelled=("a1",),
                actions=(an_action(),),
            )
        )
    assert await everything(journal, "a1") == before
    assert await journal.alert("a2") is None
    await journal.record(a_raise(3))
    assert await journal.alert("a3") == an_alert("a3")


async def test_an_action_on_an_unknown_alert_is_refused(journal: AnyJournal) -> None:
    with pytest.raises(JournalRefused):
        await journal.record(Effects(actions=(an_action("of-no-alert"),)))
    assert await journal.actions("of-no-alert") == []


async def test_a_later_record_replaces_the_alert(journal: AnyJournal) -> None:
    await journal.record(a_raise())
    ended = an_alert(state=AlertState.RESOLVED, ended_at=T0 + SECOND, value=None, ordinal=1)
    await journal.record(Effects(alerts=(ended,)))
    assert await journal.alert("a1") == ended


async def test_within_one_record_the_last_of_the_same_alert_counts(journal: AnyJournal) -> None:
    await journal.record(Effects(alerts=(an_alert(value=1.0), an_alert(value=2.0))))
    assert await journal.alert("a1") == an_alert(value=2.0)


async def test_a_transition_only_becomes_final_and_changes_its_event_time(
    journal: AnyJournal,
) -> None:
    first = a_transition(final=False)
    await journal.record(Effects(alerts=(an_alert(),), transitions=(first,)))
    rewritten = a_transition(
        taken_at=T0 - SECOND, kind=TransitionKind.CLEARED, reason="other", value=0.0, final=True
    )
    await journal.record(Effects(transitions=(rewritten,)))
    settled = replace(first, taken_at=T0 - SECOND, final=True)
    assert await journal.transitions("a1") == [settled]
    await journal.record(Effects(transitions=(a_transition(taken_at=LATER, final=False),)))
    assert await journal.transitions("a1") == [settled]


async def test_transitions_come_in_order_of_their_ordinal(journal: AnyJournal) -> None:
    steps = [a_transition(ordinal=ordinal) for ordinal in (10, 2, 0, 1)]
    await journal.record(Effects(alerts=(an_alert(),), transitions=tuple(steps)))
    assert [step.ordinal for step in await journal.transitions("a1")] == [0, 1, 2, 10]


async def test_recorded_seq_never_goes_back(journal: AnyJournal) -> None:
    seen = []
    for seq in (5, 3, None, 6):
        await journal.record(Effects(seq=seq))
        seen.append(await journal.recorded_seq())
    assert seen == [5, 5, 5, 6]


async def test_the_newest_state_is_the_one_of_the_highest_block(journal: AnyJournal) -> None:
    assert await journal.newest_state_seq() == 0
    states = [RuleState(key=f"s|d{seq}|", seq=seq, blob=b"") for seq in (3, 1_000_000, 7)]
    await journal.save_states(states)
    assert await journal.newest_state_seq() == 1_000_000


async def test_actions_come_oldest_first(journal: AnyJournal) -> None:
    late, early = an_action(at=T0 + SECOND), an_action(action="note", note="看到了 🌊")
    await journal.record(Effects(alerts=(an_alert(),), actions=(late,)))
    await journal.record(Effects(actions=(early,)))
    assert await journal.actions("a1") == [early, late]


async def test_five_thousand_alerts_in_one_record(journal: AnyJournal) -> None:
    alerts = tuple(an_alert(f"a{n}") for n in range(5000))
    steps = tuple(a_transition(alert.id) for alert in alerts)
    await journal.record(Effects(seq=1, alerts=alerts, transitions=steps))
    assert len(await journal.alerts(limit=10_000)) == 5000
    assert await journal.transitions("a4999") == [steps[-1]]


async def test_many_tasks_record_and_ask_at_once(journal: AnyJournal) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(1, 41):
            group.create_task(journal.record(a_raise(number)))
            group.create_task(journal.due(LATER))
    assert len(await journal.alerts()) == 40
    assert await journal.recorded_seq() == 40


# Listing


async def test_alerts_are_listed_newest_first_and_filtered(journal: AnyJournal) -> None:
    elsewhere = SensorKey("site-2", "gauge-1", "", "level_m")
    await journal.record(
        Effects(
            alerts=(
                an_alert("old", detected_at=T0 - DAY),
                an_alert("new", detected_at=T0 + DAY, sensor=elsewhere),
                an_alert("over", detected_at=T0, state=AlertState.RESOLVED),
                an_alert("gone", detected_at=T0 - SECOND, state=AlertState.WITHDRAWN),
            )
        )
    )

    async def ids(**question: object) -> list[str]:
        return [alert.id for alert in await journal.alerts(**question)]  # type: ignore[arg-type]

    assert await ids() == ["new", "over", "gone", "old"]
    assert await ids(firing_only=True) == ["new", "old"]
    assert await ids(site="site-2") == ["new"]
    assert await ids(since=T0) == ["new", "over"]
    assert await ids(limit=2) == ["new", "over"]
    assert await ids(firing_only=True, site="site-1", since=T0 - 2 * DAY) == ["old"]
    assert await ids(site="nowhere") == []


# Outbox


async def test_a_notice_already_there_is_not_replaced(journal: AnyJournal) -> None:
    await journal.record(a_raise())
    sent = replace(an_entry(), state=NoticeState.SENT, sent_at=T0 + SECOND, attempts=1)
    await journal.save_outcome(sent)
    await journal.record(a_raise())
    assert await journal.outbox("a1") == [sent]


async def test_what_was_made_before_the_clock_was_set_back_is_due(journal: AnyJournal) -> None:
    await journal.record(Effects(alerts=(an_alert(),), notices=(an_entry(due_at=T0 + SECOND),)))
    assert await journal.due(T0) == []
    (entry,) = await journal.due(T0 - DAY)
    assert entry.notice.created_at > T0 - DAY


async def test_due_gives_the_most_severe_then_the_oldest(journal: AnyJournal) -> None:
    severe, minor = an_alert("severe"), an_alert("minor", severity=Severity.MINOR)
    extreme = an_alert("extreme", severity=Severity.EXTREME)
    entries = (
        an_entry("minor-old", minor, due_at=T0 - DAY),
        an_entry("severe-new", severe, due_at=T0),
        an_entry("severe-old", severe, due_at=T0 - SECOND),
        an_entry("extreme-new", extreme, due_at=T0),
        an_entry("extreme-not-yet", extreme, due_at=T0 + SECOND / 1_000_000),
        an_entry("extreme-sent", extreme, state=NoticeState.SENT),
        an_entry("extreme-failed", extreme, state=NoticeState.FAILED),
    )
    await journal.record(Effects(alerts=(severe, minor, extreme), notices=entries))
    due = [entry.notice.id for entry in await journal.due(T0)]
    assert due == ["extreme-new", "severe-old", "severe-new", "minor-old"]
    assert [entry.notice.id for entry in await journal.due(T0, limit=2)] == due[:2]


async def test_cancelling_stops_what_is_pending_of_that_alert(journal: AnyJournal) -> None:
    one, other = an_alert("a1"), an_alert("a2")
    entries = (an_entry("n1", one), an_entry("n2", other), an_entry("done", one))
    await journal.record(Effects(alerts=(one, other), notices=entries))
    await journal.save_outcome(replace(entries[2], state=NoticeState.SENT, sent_at=T0))
    cleared = an_entry("cleared", one)
    await journal.record(Effects(cancelled=("a1", "unknown"), notices=(cleared,)))
    assert {e.notice.id for e in await journal.due(LATER)} == {"cleared", "n2"}
    states = {entry.notice.id: entry.state for entry in await journal.outbox("a1")}
    assert states == {
        "n1": NoticeState.CANCELLED,
        "done": NoticeState.SENT,
        "cleared": NoticeState.PENDING,
    }


async def test_an_outcome_does_not_bring_a_cancelled_notice_back(journal: AnyJournal) -> None:
    await journal.record(a_raise())
    await journal.record(Effects(cancelled=("a1",)))
    retried = replace(an_entry(), attempts=1, due_at=T0 + SECOND, last_error="HTTP 503")
    await journal.save_outcome(retried)
    assert await journal.due(LATER) == []
    assert await journal.outbox("a1") == [replace(an_entry(), state=NoticeState.CANCELLED)]


async def test_a_notice_sent_while_it_was_being_cancelled_says_both(journal: AnyJournal) -> None:
    await journal.record(a_raise())
    await journal.record(Effects(cancelled=("a1",)))
    sent = replace(an_entry(), state=NoticeState.SENT, attempts=1, sent_at=T0 + SECOND)
    await journal.save_outcome(sent)
    assert await journal.outbox("a1") == [replace(sent, state=NoticeState.CANCELLED)]


async def test_an_outcome_of_a_pending_notice_is_kept_whole(journal: AnyJournal) -> None:
    waiting = an_entry(fallbacks=(a_recipient("r2"), a_recipient("r3")))
    await journal.record(Effects(alerts=(an_alert(),), notices=(waiting,)))
    moved = replace(
        waiting,
        notice=replace(waiting.notice, recipient=a_recipient("r2")),
        fallbacks=(a_recipient("r3"),),
        attempts=3,
        due_at=T0 + SECOND,
        last_error="接收方没有回应",
    )
    await journal.save_outcome(moved)
    assert await journal.due(T0) == []
    assert await journal.due(T0 + SECOND) == [moved]


@pytest.mark.parametrize("final", [NoticeState.SENT, NoticeState.FAILED])
async def test_a_second_outcome_does_not_undo_the_first(
    journal: AnyJournal, final: NoticeState
) -> None:
    await journal.record(a_raise())
    done = replace(an_entry(), state=final, attempts=1)
    await journal.save_outcome(done)
    await journal.save_outcome(replace(an_entry(), attempts=1, last_error="stale"))
    assert await journal.outbox("a1") == [done]


async def test_the_outcome_of_a_notice_never_recorded_is_added(journal: AnyJournal) -> None:
    sent = an_entry("unheard-of", state=NoticeState.SENT, sent_at=T0)
    await journal.save_outcome(sent)
    assert await journal.outbox("a1") == [sent]


async def test_outbox_of_one_alert_is_oldest_first(journal: AnyJournal) -> None:
    late, early = an_entry("n1"), an_entry("n2")
    late = replace(late, notice=replace(late.notice, created_at=T0 + SECOND))
    other = an_entry("n3", an_alert("a2"))
    await journal.record(Effects(alerts=(an_alert(), an_alert("a2")), notices=(late, early, other)))
    assert await journal.outbox("a1") == [early, late]


# Bounds


async def test_pruning_takes_old_done_notices_of_alerts_that_are_over(journal: AnyJournal) -> None:
    over, firing = an_alert("over", state=AlertState.RESOLVED), an_alert("firing")
    entries = (
        an_entry("sent", over, state=NoticeState.SENT, sent_at=T0),
        an_entry("failed", over, state=NoticeState.FAILED),
        an_entry("pending", over),
        an_entry("sent-lately", over, state=NoticeState.SENT, sent_at=T0 + 2 * DAY),
        an_entry("still-firing", firing, state=NoticeState.SENT, sent_at=T0),
    )
    await journal.record(
        Effects(alerts=(over, firing), notices=entries, transitions=(a_transition("over"),))
    )
    assert await journal.prune(T0) == 0
    assert await journal.prune(T0 + DAY) == 2
    left = [*await journal.outbox("over"), *await journal.outbox("firing")]
    assert {entry.notice.id for entry in left} == {"pending", "sent-lately", "still-firing"}
    assert await journal.alert("over") == over
    assert await journal.transitions("over") == [a_transition("over")]


async def test_pruning_takes_more_than_one_batch(journal: AnyJournal) -> None:
    over = an_alert(state=AlertState.RESOLVED)
    entries = tuple(an_entry(f"n{n}", over, state=NoticeState.CANCELLED) for n in range(1201))
    await journal.record(Effects(alerts=(over,), notices=entries))
    assert await journal.prune(LATER) == 1201
    assert await journal.outbox("a1") == []


async def test_rule_states_are_replaced_and_dropped_by_key(journal: AnyJournal) -> None:
    states = [RuleState(key=f"s/{n:05}", seq=n, blob=bytes([n % 256]) * 50) for n in range(1201)]
    await journal.save_states(states)
    await journal.save_states([RuleState(key="s/00000", seq=9, blob=b"")])
    found = await journal.load_states()
    assert found == [RuleState(key="s/00000", seq=9, blob=b""), *states[1:]]
    await journal.drop_states(state.key for state in states[1:])
    assert await journal.load_states() == [RuleState(key="s/00000", seq=9, blob=b"")]
    await journal.save_states([])


async def test_exercises_and_orders_do_not_count_as_told_lately(journal: AnyJournal) -> None:
    real, drill = an_alert("a1"), replace(an_alert("a2"), mark=Mark.EXERCISE)
    entries = [an_entry("n1", real), an_entry("n2", drill), an_entry("n3", real)]
    order = replace(entries[2], notice=replace(entries[2].notice, reason=NotifyReason.ORDER))
    await journal.record(Effects(alerts=(real, drill), notices=(entries[0], entries[1], order)))
    lately = await journal.told_lately(T0 - SECOND)
    assert [told[:2] for told in lately] == [("r1", "a1")]


async def test_what_is_held_for_company_is_settled_with_the_notice_that_tells_of_it(
    journal: AnyJournal,
) -> None:
    await journal.record(Effects(alerts=(an_alert("a1"), an_alert("a2"))))
    held = [
        an_entry(f"n{n}", an_alert(f"a{n}"), state=NoticeState.HELD, last_error="held: storm")
        for n in (1, 2)
    ]
    await journal.record(Effects(notices=tuple(held)))
    assert await journal.held() == held
    assert await journal.due(T0 + SECOND) == []
    occasion = Occasion(kind=Gathering.STORM, place="街道", since=T0, now=T0 + SECOND)
    gathered = gather(held, occasion, [an_alert("a1"), an_alert("a2")])
    await journal.record(Effects(notices=gathered.sent, settled=gathered.settled))
    assert await journal.held() == []
    (due,) = await journal.due(T0 + SECOND)
    assert due == gathered.sent[0]
    for n in (1, 2):
        own, together = await journal.outbox(f"a{n}")
        assert (own.state, together) == (NoticeState.GATHERED, due)
        assert due.notice.id in own.last_error
    await journal.record(Effects(cancelled=("a1",)))
    assert await journal.due(T0 + SECOND) == [due]  # it tells of another one too
    await journal.save_outcome(replace(due, state=NoticeState.SENT, sent_at=T0 + 2 * SECOND))
    assert [told[0] for told in await journal.receipts()] == ["a1", "a2"]
    lately = await journal.told_lately(T0 - SECOND)
    assert [told[:2] for told in lately] == [("r1", "a1"), ("r1", "a2")]
    assert await journal.told_lately(T0) == []
    await journal.record(Effects(cancelled=(due.notice.subject,)))
    over = [replace(an_alert(f"a{n}"), state=AlertState.RESOLVED) for n in (1, 2)]
    await journal.record(Effects(alerts=tuple(over)))
    assert await journal.prune(T0 + 9 * SECOND) == 3
    assert await journal.outbox("a1") == []
