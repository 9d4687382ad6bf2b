"""Values for the journal's tests: plain ones by hand, and strategies for every field."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import NullPool, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from alerting.model import (
    Alert,
    AlertKind,
    AlertState,
    Card,
    ChainLink,
    Notice,
    NoticeState,
    NotifyReason,
    OutboxEntry,
    Provenance,
    Recipient,
    Responder,
    Severity,
    Transition,
    TransitionKind,
)
from alerting.mute import Matcher, Silence
from alerting.ports import Action, Effects, RuleState
from alerting.response.model import Mark, Phase, Response, Shelf
from sensors.model import Position, SensorKey
from storage.journal import SqlJournal
from tests.fakes import MemoryJournal

AnyJournal = SqlJournal | MemoryJournal

T0 = datetime(2026, 5, 1, 12, 0, 0, 123456, tzinfo=UTC)
_numbers_of_databases = count(1)


def an_alert(alert_id: str = "a1", **fields: Any) -> Alert:
    plain: dict[str, Any] = {
        "id": alert_id,
        "kind": AlertKind.LIMIT,
        "state": AlertState.FIRING,
        "sensor": SensorKey("site-1", "crane-1", "", "moment_pct"),
        "hazard": "crane",
        "rule_id": "crane-moment",
        "pack": "crane",
        "severity": Severity.SEVERE,
        "peak": Severity.SEVERE,
        "position": Position(23.12, 113.25),
        "started_at": T0,
        "detected_at": T0,
        "severity_at": T0,
        "value": 112.5,
        "limit": 110.0,
        "unit": "%",
        "reason": "力矩 112.5 % is over 110 %",
        "provenance": Provenance(source="GB/T 5031", clause="5.6.6", confidence="A"),
    }
    return Alert(**plain | fields)


def a_transition(alert_id: str = "a1", **fields: Any) -> Transition:
    plain: dict[str, Any] = {
        "alert_id": alert_id,
        "ordinal": 0,
        "kind": TransitionKind.RAISED,
        "severity": Severity.SEVERE,
        "taken_at": T0,
        "detected_at": T0,
        "value": 112.5,
        "reason": "over its limit",
    }
    return Transition(**plain | fields)


def a_recipient(recipient_id: str = "r1") -> Recipient:
    return Recipient(id=recipient_id, name="甲某", channel="webhook", address="http://127.0.0.1/x")


def an_entry(notice_id: str = "n1", alert: Alert | None = None, **fields: Any) -> OutboxEntry:
    alert = alert or an_alert()
    notice = Notice(
        id=notice_id,
        reason=NotifyReason.FIRST,
        alert=alert,
        transition=a_transition(alert.id),
        recipient=a_recipient(),
        card=Card(shortfall=("no pump within 5 km",)),
        created_at=T0,
    )
    plain: dict[str, Any] = {"notice": notice, "due_at": T0}
    return OutboxEntry(**plain | fields)


def an_action(alert_id: str = "a1", **fields: Any) -> Action:
    plain: dict[str, Any] = {"alert_id": alert_id, "at": T0, "actor": "乙某", "action": "ack"}
    return Action(**plain | fields)


def a_raise(number: int = 1) -> Effects:
    alert = an_alert(f"a{number}")
    return Effects(
        seq=number,
        alerts=(alert,),
        transitions=(a_transition(alert.id),),
        notices=(an_entry(f"n{number}", alert),),
    )


@asynccontextmanager
async def opened(url: str, *, timeout_s: float = 10.0) -> AsyncIterator[SqlJournal]:
    journal = SqlJournal(url, timeout_s=timeout_s)
    await journal.open()
    try:
        yield journal
    finally:
        await journal.close()


async def everything(journal: AnyJournal, alert_id: str) -> tuple[object, ...]:
    return (
        await journal.alert(alert_id),
        await journal.transitions(alert_id),
        await journal.actions(alert_id),
        await journal.outbox(alert_id),
        await journal.recorded_seq(),
    )


async def run_sql(dsn: str, statement: str) -> list[Any]:
    """Run one statement behind the journal's back and give the first column of what it gives."""
    if dsn.startswith("sqlite:"):
        with closing(sqlite3.connect(make_url(dsn).database or "", isolation_level=None)) as file:
            return [row[0] for row in file.execute(statement)]
    engine = create_async_engine(dsn, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        result = await connection.exec_driver_sql(statement)
        found = [row[0] for row in result] if result.returns_rows else []
    await engine.dispose()
    return found


async def fresh_url(server: str) -> str:
    """Make an empty database on the PostgreSQL server and give its address."""
    name = f"journal_{next(_numbers_of_databases)}"
    await run_sql(server, f"CREATE DATABASE {name}")
    return server.rpartition("/")[0] + f"/{name}"


_words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
_numbers = st.floats(allow_nan=False)
_maybe = st.none() | _numbers
_zones = st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=-9.5))])
_instants = st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1), timezones=_zones)  # noqa: DTZ001
_positions = st.builds(Position, _numbers, _numbers)
_counts = st.integers(0, 2**62)

alerts = st.builds(
    Alert,
    id=_words,
    kind=st.sampled_from(AlertKind),
    state=st.sampled_from(AlertState),
    sensor=st.builds(SensorKey, _words, _words, _words, _words),
    hazard=_words,
    rule_id=_words,
    pack=_words,
    severity=st.sampled_from(Severity),
    peak=st.sampled_from(Severity),
    position=_positions,
    started_at=_instants,
    detected_at=_instants,
    severity_at=_instants,
    value=_maybe,
    limit=_maybe,
    unit=_words,
    reason=_words,
    provenance=st.builds(Provenance, source=_words, clause=_words, confidence=_words),
    ordinal=_counts,
    ended_at=st.none() | _instants,
    acknowledged_at=st.none() | _instants,
    acknowledged_by=_words,
    awaiting_sign_off=st.booleans(),
)

transitions = st.builds(
    Transition,
    alert_id=_words,
    ordinal=_counts,
    kind=st.sampled_from(TransitionKind),
    severity=st.sampled_from(Severity),
    taken_at=_instants,
    detected_at=_instants,
    value=_maybe,
    reason=_words,
    final=st.booleans(),
    late_by_s=_maybe,
    actor=_words,
)

_responders = st.builds(
    Responder,
    id=_words,
    name=_words,
    what=_words,
    position=_positions,
    distance_m=_numbers,
    travel_s=_maybe,
    travel_how=_words,
    phone=_words,
    as_of=_words,
    why=_words,
    items=st.lists(st.tuples(_words, _numbers, _words), max_size=2).map(tuple),
    link=_words,
)
_some_responders = st.lists(_responders, max_size=2).map(tuple)
_links = st.builds(ChainLink, tier=_words, place=_words, person=_words, phone=_words)
_some_words = st.lists(_words, max_size=2).map(tuple)
_cards = st.builds(
    Card,
    teams=_some_responders,
    supplies=_some_responders,
    cameras=_some_responders,
    chain=st.lists(_links, max_size=2).map(tuple),
    shortfall=_some_words,
    looked_up_at=st.none() | _instants,
    missing=_words,
)
_recipients = st.builds(
    Recipient, id=_words, name=_words, channel=_words, address=_words, language=_words
)
_notices = st.builds(
    Notice,
    id=_words,
    reason=st.sampled_from(NotifyReason),
    alert=alerts,
    transition=transitions,
    recipient=_recipients,
    card=st.none() | _cards,
    created_at=_instants,
    remarks=_some_words,
)
entries = st.builds(
    OutboxEntry,
    notice=_notices,
    state=st.sampled_from(NoticeState),
    attempts=_counts,
    due_at=_instants,
    sent_at=st.none() | _instants,
    last_error=_words,
    fallbacks=st.lists(_recipients, max_size=2).map(tuple),
)
actions = st.builds(
    Action,
    alert_id=_words,
    at=_instants,
    actor=_words,
    action=_words,
    note=_words,
    phase=_words,
    detail=_words,
)
responses = st.builds(
    Response,
    alert_id=_words,
    phase=st.sampled_from(Phase),
    since=_instants,
    marks=st.lists(
        st.builds(Mark, phase=st.sampled_from(Phase), at=_instants, actor=_words), max_size=3
    ).map(tuple),
    assigned_to=_words,
    shelf=st.none() | st.builds(Shelf, since=_instants, until=_instants, actor=_words, note=_words),
    review_at=st.none() | _instants,
    over_by=_words,
)
silences = st.builds(
    Silence,
    id=_words,
    matcher=st.builds(
        Matcher,
        sites=st.frozensets(_words, max_size=2),
        kinds=st.frozensets(st.sampled_from(AlertKind)),
        at_most=st.sampled_from(Severity),
    ),
    since=_instants,
    until=_instants,
    author=_words,
    comment=_words,
    allows_extreme=st.booleans(),
)
states = st.builds(RuleState, key=_words, seq=_counts, blob=st.binary(max_size=50))
