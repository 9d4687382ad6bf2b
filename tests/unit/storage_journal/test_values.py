"""What the journal's column types, documents and addresses keep and refuse."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects.sqlite import dialect

from alerting.model import AlertState, Card, OutboxEntry, Responder, Severity
from sensors.model import Position
from storage.journal import SqlJournal
from storage.journal.columns import Instant, Number, Rank, Word, Words
from storage.journal.connect import journal_url, place_of
from storage.journal.document import decode, encode
from tests.contract import journal_values as values
from tests.contract.journal_values import T0, an_entry

SQLITE = dialect()


@given(at=st.datetimes(timezones=st.just(UTC)))
def test_every_instant_comes_back_exactly(at: datetime) -> None:
    stored = Instant().process_bind_param(at, SQLITE)
    assert Instant().process_result_value(stored, SQLITE) == at


def test_an_instant_is_microseconds_since_1970() -> None:
    at = datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC)
    assert Instant().process_bind_param(at, SQLITE) == 1_000_005


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="naive datetime 2026-05-01T12:00:00"):
        Instant().process_bind_param(T0.replace(tzinfo=None), SQLITE)


def test_enums_come_back_as_enums() -> None:
    state = Word(AlertState).process_result_value("firing", SQLITE)
    assert state is AlertState.FIRING
    assert Rank().process_result_value(4, SQLITE) is Severity.EXTREME
    with pytest.raises(ValueError, match="smouldering"):
        Word(AlertState).process_result_value("smouldering", SQLITE)


def test_nothing_stays_nothing() -> None:
    for column in (Instant(), Word(AlertState), Rank()):
        assert column.process_bind_param(None, SQLITE) is None
        assert column.process_result_value(None, SQLITE) is None
    assert Words().process_bind_param(None, SQLITE) is None
    assert Number().process_bind_param(None, SQLITE) is None


@given(entry=values.entries)
def test_a_document_gives_the_same_entry_back(entry: OutboxEntry) -> None:
    assert decode(encode(entry)) == entry


def test_a_document_keeps_what_json_has_no_word_for() -> None:
    strange = Responder(
        id="t1",
        name="\ud800\0抢险队",
        what="team",
        position=Position(math.inf, -math.inf),
        distance_m=math.nan,
        travel_s=None,
        travel_how="",
    )
    entry = an_entry()
    entry = replace(entry, notice=replace(entry.notice, card=Card(teams=(strange,))))
    text = encode(entry)
    assert "抢险队" in text.encode().decode()
    card = decode(text).notice.card
    assert card is not None
    assert card.teams[0].name == strange.name
    assert card.teams[0].position == strange.position
    assert math.isnan(card.teams[0].distance_m)


def test_a_document_gives_instants_in_utc() -> None:
    local = datetime.fromisoformat("2026-05-01T20:00:00.000001+08:00")
    due_at = decode(encode(an_entry(due_at=local))).due_at
    assert due_at == local
    assert due_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "Expecting value"),
        ("[]", "not an outbox entry"),
        ("{}", "not an outbox entry"),
        ('{"v":2,"entry":{}}', "version 2, this program reads 1"),
        ('{"v":1,"entry":{}}', "missing required field `notice`"),
    ],
)
def test_what_is_not_a_document_says_why(text: str, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        decode(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("sqlite:////var/lib/gw/j.db", "/var/lib/gw/j.db"),
        ("sqlite+aiosqlite:////var/lib/gw/j.db", "/var/lib/gw/j.db"),
        ("postgresql://gw:hush@db:5432/gw", "postgresql+asyncpg://gw:***@db:5432/gw"),
        ("postgresql+asyncpg://gw@db/gw", "postgresql+asyncpg://gw@db/gw"),
    ],
)
def test_addresses_that_are_allowed(text: str, place: str) -> None:
    assert place_of(journal_url(text)) == place


@pytest.mark.parametrize(
    "text",
    ["", "journal.db", "mysql://gw:hush@db/gw", "sqlite://", "sqlite:///:memory:", "://hush@"],
)
def test_other_addresses_are_refused_and_the_allowed_ones_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"sqlite:///path.*postgresql://") as caught:
        SqlJournal(text)
    assert "hush" not in str(caught.value)


def test_a_cap_too_small_to_work_is_refused() -> None:
    with pytest.raises(ValueError, match="1000; a journal needs 262144"):
        SqlJournal("sqlite:///journal.db", max_bytes=1000)
