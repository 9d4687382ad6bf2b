"""Links for acknowledging: whose they are, how long they hold, and that nobody else makes one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.model import NotifyReason
from groundwatch.ack_link import VALID_FOR, Ticket, WhyNot, linker, read, written
from groundwatch.ack_reply import Reply, is_from, masked, understood
from groundwatch.ack_words import _WORDS
from tests.unit.alerting_delivery.test_routes import person
from tests.unit.alerting_delivery.values import NOW, make_notice

KEY = b"k" * 32
UNTIL = datetime(2026, 6, 2, 6, 4, tzinfo=UTC)
TICKET = Ticket(subject="abcdefghij23", person_id="leader-district", ordinal=4, until=UNTIL)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
IDS = st.from_regex(r"[a-z0-9_-]{1,40}", fullmatch=True)
TICKETS = st.builds(
    Ticket,
    subject=IDS,
    person_id=IDS,
    ordinal=st.integers(0, 10**6),
    until=st.integers(0, 5 * 10**7).map(lambda minutes: EPOCH + timedelta(minutes=minutes)),
)


def text_of(ticket: Ticket = TICKET, key: bytes = KEY) -> str:
    text = written(ticket, key)
    assert text is not None
    return text


@given(TICKETS)
def test_what_was_written_is_read_back(ticket: Ticket) -> None:
    assert read(text_of(ticket), KEY, ticket.until - timedelta(seconds=1)) == ticket


@given(TICKETS)
def test_after_its_time_it_is_only_expired(ticket: Ticket) -> None:
    assert read(text_of(ticket), KEY, ticket.until) is WhyNot.EXPIRED


@given(TICKETS, st.integers(0, 400), st.characters(codec="ascii"))
def test_a_link_with_one_sign_changed_is_wrong(ticket: Ticket, at: int, sign: str) -> None:
    text = text_of(ticket)
    at %= len(text)
    other = text[:at] + sign + text[at + 1 :]
    if other != text:
        assert read(other, KEY, ticket.until - timedelta(days=1)) is WhyNot.WRONG


@given(st.text(max_size=400))
def test_anything_else_is_wrong(text: str) -> None:
    assert read(text, KEY, NOW) is WhyNot.WRONG


def test_nobody_without_the_key_makes_one() -> None:
    assert read(text_of(key=b"another" * 5), KEY, NOW) is WhyNot.WRONG


def test_ids_that_no_address_may_have_get_none() -> None:
    assert written(replace(TICKET, person_id="安.示例"), KEY) is None


def test_it_is_short_enough_for_a_message() -> None:
    assert len(text_of()) < 64


@pytest.mark.parametrize("reason", list(NotifyReason))
def test_only_what_asks_for_an_answer_carries_one(reason: NotifyReason) -> None:
    link = linker("https://gw.example/", KEY, lambda: NOW)(make_notice(reason=reason))
    asks = {"first", "severity_rose", "recurred", "repeat", "escalated", "returned", "card"}
    assert bool(link) is (reason.value in asks | {"group", "storm"})
    if link:
        assert link.startswith("https://gw.example/a/alert-1.ann.1.")
        found = read(link.rpartition("/")[2], KEY, NOW + VALID_FOR - timedelta(minutes=2))
        assert isinstance(found, Ticket)


def test_without_an_address_of_ours_there_is_none() -> None:
    assert linker("", KEY, lambda: NOW)(make_notice()) == ""


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1", Reply()),
        (" １ ", Reply()),
        ("收到", Reply()),
        ("收到！", Reply()),
        ("确认。", Reply()),
        ("OK", Reply()),
        ("Ack ABCD23", Reply("abcd23")),
        ("收到 #abcd23", Reply("abcd23")),
        ("ack not really", None),
        ("10", None),
        ("没收到", None),
        ("not ok", None),
        ("", None),
    ],
)
def test_only_a_plain_yes_is_understood(text: str, meant: Reply | None) -> None:
    assert understood(text) == meant


@given(st.text(max_size=2000))
def test_any_text_is_read_without_an_error(text: str) -> None:
    understood(text)


@pytest.mark.parametrize(
    ("address", "sender", "is_same"),
    [
        ("+86 138 0000 0125", "13800000125", True),
        ("13800000125", "008613800000125", True),
        ("13800000125", "13800000126", False),
        ("", "13800000125", False),
        ("10086", "10086", True),
        ("http://a.example/1", "HTTP://A.example/1", True),
        ("user-1", "user-2", False),
    ],
)
def test_whose_number_it_is(address: str, sender: str, is_same: bool) -> None:
    ann = person("ann")
    ann = replace(ann, roads=(replace(ann.roads[0], address=address),))
    assert is_from(ann, sender) is is_same


def test_numbers_are_masked_where_they_are_logged() -> None:
    assert masked("+86 138 0000 0125") == "…25"
    assert masked("12") == "…"


def test_everything_is_said_in_both_languages() -> None:
    assert _WORDS["en"].keys() == _WORDS["zh"].keys()
    assert _WORDS["en"].keys() >= set(WhyNot)
