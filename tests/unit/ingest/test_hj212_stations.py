"""HJ 212 stations as the listener hears them: what is given, answered, refused, and when."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.tcp.dialect import Answer, Given, Heard, Refused
from ingest.tcp.hj212 import Hj212Config, Hj212Conversation, Hj212Dialect
from tests.cases import CASES
from tests.unit.ingest.hj212_station import packet

NOW = datetime(2026, 6, 12, 0, 5, 4, tzinfo=UTC)
STATION = "TEST0000000000000001"
TIME = "DataTime=20260612080500"


def talk(password: str | None = None) -> Hj212Conversation:
    return Hj212Dialect(Hj212Config(password=password)).converse()


def heard(conversation: Hj212Conversation, *data: bytes) -> list[Heard]:
    return [each for piece in data for each in conversation.hear(piece, NOW)]


def test_data_are_given_and_answered_once_they_are_owned() -> None:
    raw = packet(f"{TIME};a01007-Rtd=6.8")
    (data,) = heard(talk(), raw)
    assert isinstance(data, Given)
    assert (data.topic, data.payload) == (f"hj212/{STATION}", raw.removesuffix(b"\r\n"))
    assert data.confirm is not None
    assert data.confirm(NOW) == packet("", ST="91", CN="9014", Flag="4")


@pytest.mark.parametrize("flag", ["4", "6", "", "x", "9999"])
def test_data_that_ask_for_no_answer_get_none(flag: str) -> None:
    (data,) = heard(talk(), packet(f"{TIME};a01007-Rtd=6.8", Flag=flag))
    assert isinstance(data, Given)
    assert data.confirm is None


def test_a_station_that_asks_for_the_time_is_answered_and_told_it() -> None:
    (answered,) = heard(talk(), packet("PolId=w01018", CN="1013"))
    assert isinstance(answered, Answer)
    assert answered.data == packet("", ST="91", CN="9013", Flag="4") + packet(
        "PolId=w01018;SystemTime=20260612080504", QN="20260612080504000", CN="1012"
    )


@pytest.mark.parametrize("command", ["9011", "9012", "9013", "9014"])
def test_answers_of_stations_are_taken_and_not_answered(command: str) -> None:
    assert heard(talk(), packet("QnRtn=1", CN=command)) == [Answer(b"")]


def test_what_is_no_data_is_given_so_that_it_is_kept() -> None:
    (data,) = heard(talk(), packet("", CN="2081"))
    assert isinstance(data, Given)


def test_a_wrong_password_is_refused_without_repeating_it() -> None:
    raw = packet(f"{TIME};a01007-Rtd=6.8", PW="secret")
    (refused,) = heard(talk("123456"), raw)
    assert isinstance(refused, Refused)
    assert "secret" not in refused.reason
    assert isinstance(heard(talk("secret"), raw)[0], Given)


def test_a_damaged_packet_is_kept_as_evidence_and_not_answered() -> None:
    (data,) = heard(talk(), packet(f"{TIME};a01007-Rtd=6.8").replace(b"6.8", b"9.8"))
    assert isinstance(data, Given)
    assert data.confirm is None
    assert "checksum" in data.why_refused


@pytest.mark.parametrize("station", ["", "a/b", "+", "x" * 65])
def test_a_number_that_could_not_be_in_a_topic_is_refused(station: str) -> None:
    (refused,) = heard(talk(), packet(f"{TIME};a-Rtd=1", MN=station))
    assert isinstance(refused, Refused)


def split(n: int, content: str) -> bytes:
    return packet(content, more=f"PNUM=3;PNO={n};", Flag="7")


def test_each_packet_of_a_message_is_answered_and_can_be_read_by_itself() -> None:
    first = split(1, f"{TIME};a-Rtd=1")
    second, third = split(2, "b-Rtd=2"), split(3, f"{TIME};c-Rtd=3")
    found = heard(talk(), first, second, third)
    assert [each.payload for each in found if isinstance(each, Given)] == [
        part.replace(b"\r\n", b"") for part in (first, first + second, third)
    ]
    assert all(isinstance(each, Given) and each.confirm for each in found)


def test_a_packet_without_a_time_before_it_is_refused_and_comes_again() -> None:
    (refused,) = heard(talk(), split(2, "b-Rtd=2"))
    assert isinstance(refused, Refused)
    assert "packet 2 of 3 has no DataTime" in refused.reason


def test_what_is_no_packet_is_refused_once_with_its_first_bytes() -> None:
    (refused,) = heard(talk(), b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n")
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("33 bytes that are no packet of HJ 212: b'GET")


@settings(max_examples=CASES, deadline=None)
@given(st.lists(st.binary(max_size=80) | st.just(split(2, "b-Rtd=2")), max_size=10))
def test_no_bytes_can_hurt_a_conversation(chunks: list[bytes]) -> None:
    conversation = talk("123456")
    for each in heard(conversation, *chunks):
        if isinstance(each, Given) and each.confirm is not None:
            assert each.confirm(NOW)
