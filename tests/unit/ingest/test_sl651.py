"""The SL 651 codec: golden frames, every element of the table, field problems, and any bytes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codecs.sl651 import bcd, elements
from ingest.codecs.sl651.body import Body, read_body, status_words
from ingest.codecs.sl651.frame import Frame, frames_of, scanner
from ingest.codecs.sl651.reply import STAY, Downlink, downlink
from tests.cases import CASES
from tests.unit.ingest.sl651_station import STATION, Uplink, digits_of, element, head

GOLDEN = Path(__file__).parents[2] / "golden" / "sl651"
FRAMES = sorted(GOLDEN.glob("*.frame.hex"))
SENT = datetime(2026, 6, 12, 1, 0, 1, tzinfo=UTC)
SEEN = datetime(2026, 6, 12, 1, 0, tzinfo=UTC)
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
HOUR = [SEEN - timedelta(minutes=55 - 5 * n) for n in range(12)]


def golden(path: Path, what: str) -> str:
    return path.with_name(path.name.replace("frame.hex", what)).read_text().strip()


def read(*groups: bytes, function: int = 0x32, seen: datetime = SEEN) -> Body:
    body = read_body(function, head(SENT, seen) + b"".join(groups))
    assert isinstance(body, Body)
    return body


def numbers(body: Body) -> list[tuple[str, float]]:
    return [(value.code, value.number) for value in body.values]


# Golden


@pytest.mark.parametrize("path", FRAMES, ids=lambda path: path.name.split(".")[0])
def test_golden_frames_say_what_is_written(path: Path) -> None:
    found = frames_of(bytes.fromhex(path.read_text()))
    assert found is not None
    (frame,) = found
    assert (frame.station, frame.centre, frame.password.hex()) == (STATION, 1, "1234")
    assert frame.why_damaged is None
    body = read_body(frame.function, frame.body)
    assert isinstance(body, Body)
    expected: Any = json.loads(golden(path, "decoded.json"))
    found_values = [[v.code, v.taken_at, v.number] for v in body.values]
    assert found_values == [
        [code, datetime.fromisoformat(at), number] for code, at, number in expected["values"]
    ]
    assert (body.n_missing, body.status) == (expected["missing"], expected["status"])
    assert body.faults == []


def test_the_confirmation_of_the_golden_report_is_byte_for_byte_the_one_written() -> None:
    path = GOLDEN / "extra-report.frame.hex"
    found = frames_of(bytes.fromhex(path.read_text()))
    assert found is not None
    at = datetime(2026, 6, 12, 0, 5, 4, tzinfo=UTC)
    written = downlink(found[0], Downlink(2, STAY), at)
    assert written.hex().upper() == golden(path, "confirm.hex")


def test_the_hour_of_the_golden_report_adds_up() -> None:
    path = GOLDEN / "hourly-report.decoded.json"
    rain = [number for code, _, number in json.loads(path.read_text())["values"] if code == "F4"]
    assert sum(rain) == pytest.approx(15.4)


# Every cell of the table


TABLE = [
    ("02", 23.4, 2, 1),
    ("03", 18.5, 2, 1),
    ("08", 1013, 3, 0),
    ("0E", 12.34, 3, 2),
    *((f"{code:02X}", 35.5, 2, 1) for code in range(0x10, 0x18)),
    *((f"{code:02X}", 38.6, 3, 1) for code in range(0x1A, 0x21)),
    *((f"{code:02X}", 4.2, 2, 1) for code in range(0x21, 0x25)),
    ("25", 120.5, 3, 1),
    ("26", 12345.6, 3, 1),
    ("27", 1234.567, 5, 3),
    *((f"{code:02X}", 12.345, 5, 3) for code in range(0x28, 0x30)),
    ("33", 7, 1, 0),
    ("34", 6, 1, 0),
    ("35", 12.3, 2, 1),
    ("37", 1.234, 3, 3),
    ("38", 12.36, 2, 2),
    ("39", 4.873, 4, 3),
    *((f"{code:02X}", 104.873, 4, 3) for code in range(0x3A, 0x44)),
]


@pytest.mark.parametrize(("code", "number", "size", "decimals"), TABLE, ids=[t[0] for t in TABLE])
def test_an_element_is_read_by_its_definition(
    code: str, number: float, size: int, decimals: int
) -> None:
    body = read(element(int(code, 16), number, size, decimals))
    assert numbers(body) == [(code, number)]
    assert body.values[0].taken_at == SEEN
    assert body.faults == []


def test_the_table_above_is_the_codecs() -> None:
    assert {int(row[0], 16) for row in TABLE} == set(elements.ELEMENTS)


DEFINITIONS = [(0x19, 3, 1), (0x23, 4, 3), (0x12, 2, 2), (0x11, 2, 1)]


@pytest.mark.parametrize(("byte", "size", "decimals"), DEFINITIONS)
def test_a_definition_byte_has_five_bits_of_size_and_three_of_decimals(
    byte: int, size: int, decimals: int
) -> None:
    assert (elements.size_of(byte), elements.decimals_of(byte)) == (size, decimals)
    assert elements.definition(size, decimals) == byte


STATUS = [
    "mains off",
    "battery low",
    "stage over limit",
    "flow over limit",
    "quality over limit",
    "flow meter fault",
    "level meter fault",
    "door open",
    "storage fault",
    "IC card",
    "pump",
    "water quota",
]


@pytest.mark.parametrize(("bit", "what"), list(enumerate(STATUS)))
def test_a_bit_of_the_status_word_has_a_meaning(bit: int, what: str) -> None:
    assert status_words(1 << bit) == {"status": f"{1 << bit:08X}", what: "yes"}


# Values that are missing, negative, or of an hour


def test_an_element_of_only_ff_has_no_value() -> None:
    body = read(element(0x39, None, 4, 3), element(0x38, 12.3, 2, 2))
    assert (numbers(body), body.n_missing, body.faults) == ([("38", 12.3)], 1, [])


def test_a_negative_number_has_ff_before_its_digits() -> None:
    body = read(element(0x39, -1.234, 4, 3), element(0x38, 12.36, 2, 2))
    assert numbers(body) == [("39", -1.234), ("38", 12.36)]


def test_a_station_that_does_not_count_the_ff_byte_is_understood() -> None:
    uncounted = b"\x39\x23\xff" + digits_of(1.234, 4, 3)
    body = read(uncounted, element(0x38, 12.36, 2, 2))
    assert numbers(body) == [("39", -1.234), ("38", 12.36)]


def test_rain_of_an_hour_is_twelve_amounts_of_five_minutes_that_end_when_it_was_observed() -> None:
    body = read(b"\xf4\x60" + bytes((0, 0, 2, 5, 11, 24, 42, 38, 20, 9, 3, 255)), function=0x34)
    amounts = [0, 0, 0.2, 0.5, 1.1, 2.4, 4.2, 3.8, 2.0, 0.9, 0.3]
    assert [(v.taken_at, v.number) for v in body.values] == list(
        zip(HOUR[:11], amounts, strict=True)
    )
    assert body.n_missing == 1


@pytest.mark.parametrize("code", range(0xF5, 0xFD))
@pytest.mark.parametrize("definition", [0xC0, 0x5C, 0x00])
def test_relative_stages_are_24_bytes_whatever_their_definition_says(
    code: int, definition: int
) -> None:
    stages = b"".join(bytes(divmod(450 + n, 256)) for n in range(11)) + b"\xff\xff"
    body = read(bytes((code, definition)) + stages, element(0x38, 12.3, 2, 2), function=0x34)
    assert [v.taken_at for v in body.values[:-1]] == HOUR[:11]
    assert [v.number for v in body.values[:-1]] == [(450 + n) / 100 for n in range(11)]
    assert numbers(body)[-1] == ("38", 12.3)


def test_a_vendors_element_is_passed_by_its_length() -> None:
    body = read(b"\xff\x03\x1a\x12\x34\x56", element(0x38, 12.3, 2, 2))
    assert numbers(body) == [("FF03", 1234.56), ("38", 12.3)]
    body = read(b"\xff\x04\x10\xab\xcd", element(0x38, 12.3, 2, 2))
    assert numbers(body) == [("38", 12.3)]


def test_a_report_without_a_time_of_observation_is_observed_when_sent() -> None:
    body = read_body(0x32, b"\x00\x01\x26\x06\x12\x09\x00\x01" + element(0x38, 12.3, 2, 2))
    assert isinstance(body, Body)
    assert body.values[0].taken_at == SENT


def test_a_second_time_of_observation_holds_for_what_follows() -> None:
    body = read(element(0x39, 4.5, 4, 3), b"\xf0\xf0\x26\x06\x12\x08\x30", element(0x39, 4.4, 4, 3))
    assert [v.taken_at for v in body.values] == [SEEN, SEEN - timedelta(minutes=30)]


# Uniform intervals


def run(*groups: bytes, step: bytes = b"\x04\x18\x00\x00\x05", n: int = 12) -> Body:
    first = SEEN - timedelta(minutes=5 * (n - 1))
    return read(step, *groups, function=0x31, seen=first)


def test_in_uniform_intervals_the_header_stands_once_and_all_twelve_values_are_read() -> None:
    values = [1200 + n / 10 for n in range(12)]
    body = run(b"\x26\x19", *(digits_of(value, 3, 1) for value in values))
    assert numbers(body) == [("26", value) for value in values]
    assert [v.taken_at for v in body.values] == HOUR
    assert body.faults == []


def test_a_run_of_values_ends_where_usual_elements_begin() -> None:
    values = [4.5 + n / 1000 for n in range(12)]
    run_of_12 = [digits_of(value, 4, 3) for value in values]
    body = run(b"\x39\x23", *run_of_12, element(0x38, 12.36, 2, 2))
    assert [code for code, _ in numbers(body)[:12]] == ["39"] * 12
    assert [number for _, number in numbers(body)[:12]] == pytest.approx(values)
    assert (body.values[12].code, body.values[12].number) == ("38", 12.36)
    assert body.faults == []


def test_several_elements_of_uniform_intervals_take_turns() -> None:
    turns = [digits_of(n, 3, 1) + digits_of(4 + n / 1000, 4, 3) for n in range(5)]
    body = run(b"\x26\x19\x39\x23", *turns, n=5)
    assert numbers(body) == [
        pair for n in range(5) for pair in (("26", float(n)), ("39", 4 + n / 1000))
    ]
    assert [v.taken_at for v in body.values[::2]] == HOUR[7:]


CUT = [
    ((b"\x26\x19", b"\x00\x12\x34" * 3, b"\x00"), 1, "does not come out even"),
    ((b"\x26\x19", b"\x00\x12\x34" * 3, b"\xab\xcd\xef"), 1, "does not come out even"),
    ((b"\x26\x00",), 0, "announces no bytes"),
    ((b"\x26\x19",), 0, "no value behind it"),
    ((b"\x26",), 0, "announces no bytes"),
    ((b"\x26\x19\x39\x23", b"\x00" * 7), 0, "can be read as 2 elements"),
]


@pytest.mark.parametrize(("groups", "n_kept", "why"), CUT, ids=range(len(CUT)))
def test_of_a_run_that_is_not_certain_only_what_is_certain_is_kept(
    groups: tuple[bytes, ...], n_kept: int, why: str
) -> None:
    body = run(*groups, n=3)
    assert len(body.values) == n_kept
    assert why in body.faults[0]


def test_values_that_repeat_without_a_time_step_have_no_times_but_the_first() -> None:
    body = run(b"\x26\x19", b"\x00\x12\x34" * 3, step=b"")
    assert len(body.values) == 1
    assert "no time step" in body.faults[0]


def test_values_observed_after_they_were_sent_are_not_believed() -> None:
    body = run(b"\x26\x19", b"\x00\x12\x34" * 12, n=1)
    assert body.values == []
    assert "after it was sent" in body.faults[0]


# What cannot be read


STAGE = element(0x39, 4.5, 4, 3)
UNREAD = [
    (b"\x77\x19\x00\x00\x00", "element 77 at byte 29 of the body: no such element is known"),
    (b"\x38\x12\x12", "element 38 at byte 29 of the body: the body ends within it"),
    (b"\x38", "the body ends within it"),
    (b"\x38\x12\xab\xcd", "ABCD is no decimal number"),
    (b"\x38\x02", "announces 0 bytes"),
    (b"\x38\xfa" + b"\x00" * 31, "announces 31 bytes"),
    (b"\xf4\x60\x00", "the body ends within it"),
    (b"\x45\x20\x00", "the body ends within it"),
    (b"\xff\x01", "the body ends within it"),
    (b"\xff\x01\x19\x00", "the body ends within it"),
    (b"\xf0\xf0\x26\x13\x12\x09\x00", "no time of observation"),
    (b"\xf0\xf0\x26", "the body ends within it"),
    (b"\x04\x18\x00\x00\x00", "is no time step"),
    (b"\xf2\xf2TEXT", "a text entered by hand, 6 bytes"),
    (b"\xf3\xf3\xff\xd8\xff\xe0", "a picture, 6 bytes"),
]


@pytest.mark.parametrize(("rest", "why"), UNREAD, ids=range(len(UNREAD)))
def test_what_stands_before_something_unreadable_is_kept_and_the_problem_told(
    rest: bytes, why: str
) -> None:
    body = read(STAGE, rest)
    assert numbers(body) == [("39", 4.5)]
    assert len(body.faults) == 1
    assert why in body.faults[0]


@pytest.mark.parametrize("data", [b"", b"\x00\x01", b"\x00\x01\x26\x13\x01\x00\x00\x00"])
def test_a_body_without_a_time_of_sending_is_refused(data: bytes) -> None:
    assert isinstance(read_body(0x32, data), str)


TIMES = [
    ("2606120805", datetime(2026, 6, 12, 0, 5, tzinfo=UTC)),
    ("260612000000", datetime(2026, 6, 11, 16, 0, tzinfo=UTC)),
    ("0001010800", datetime(2000, 1, 1, tzinfo=UTC)),
    ("9912312359", datetime(2099, 12, 31, 15, 59, tzinfo=UTC)),
    ("2602300000", None),
    ("26061224", None),
    ("FFFFFFFFFF", None),
]


@pytest.mark.parametrize(("text", "at"), TIMES)
def test_times_are_beijing_times_with_years_of_two_digits(text: str, at: datetime | None) -> None:
    assert bcd.instant(bytes.fromhex(text)) == at


# Streams


def test_a_stream_is_cut_into_frames_wherever_it_is_torn() -> None:
    frames = [bytes.fromhex(path.read_text()) for path in FRAMES]
    stream = b"\x00noise\x7e" + frames[0] + frames[1] + b"GET / HTTP/1.1\r\n" + frames[2]
    for size in (1, 2, 3, 7, 64, len(stream)):
        scanning = scanner()
        found: list[Frame | bytes] = []
        for at in range(0, len(stream), size):
            found += scanning.feed(stream[at : at + size])
        assert [each.raw for each in found if isinstance(each, Frame)] == frames
        assert scanning.n_pending == 0


def test_a_frame_with_a_broken_length_does_not_swallow_the_next() -> None:
    first, second = (bytes.fromhex(path.read_text()) for path in FRAMES[:2])
    broken = first[:12] + b"\x30" + first[13:]
    found = list(scanner().feed(broken + second + second))
    assert [each.raw for each in found if isinstance(each, Frame)] == [second, second]


def test_a_flipped_bit_is_found() -> None:
    frame = bytes.fromhex(FRAMES[0].read_text())
    for at in range(14 * 8, (len(frame) - 3) * 8):
        torn = bytearray(frame)
        torn[at // 8] ^= 1 << at % 8
        (found,) = (each for each in scanner().feed(bytes(torn)) if isinstance(each, Frame))
        assert found.why_damaged is not None


# Any bytes


@settings(max_examples=CASES, deadline=None)
@given(st.integers(0x2F, 0x3A), st.binary(max_size=200))
def test_no_body_can_hurt_it(function: int, data: bytes) -> None:
    read_body(function, data)
    read_body(function, head(SENT, SEEN) + data)


LIKELY = st.sampled_from(
    [bytes((code, each.definition)) for code, each in elements.ELEMENTS.items()]
    + [b"\xf4\x60", b"\xf5\x5c", b"\xff\x01\x19", b"\x45\x20", b"\x04\x18", b"\xf0\xf0", b"\xff"]
)
LIKELY_BODY = st.lists(LIKELY | st.binary(max_size=8), max_size=30).map(b"".join)


@settings(max_examples=CASES, deadline=None)
@given(st.integers(0x2F, 0x3A), LIKELY_BODY)
def test_no_likely_body_can_hurt_it_either(function: int, data: bytes) -> None:
    body = read_body(function, head(SENT, SEEN) + data)
    assert isinstance(body, Body)
    assert all(abs(value.number) < 1e17 for value in body.values)


@settings(max_examples=CASES, deadline=None)
@given(st.lists(st.binary(max_size=60) | st.just(b"\x7e\x7e"), max_size=12))
def test_no_stream_can_hurt_it_and_no_byte_is_lost(chunks: list[bytes]) -> None:
    scanning = scanner()
    out = b""
    for chunk in chunks:
        for piece in scanning.feed(chunk):
            out += piece if isinstance(piece, bytes) else piece.raw
    stream = b"".join(chunks)
    assert out == stream[: len(out)]
    assert len(stream) - len(out) == scanning.n_pending


ELEMENT = st.one_of(
    *(
        st.tuples(
            st.just(code),
            st.none() | st.integers(-(10 ** (2 * size - 2)) + 1, 10 ** (2 * size) - 1),
            st.just(size),
            st.just(decimals),
        )
        for code, size, decimals in (
            (code, elements.size_of(each.definition) or 2, elements.decimals_of(each.definition))
            for code, each in elements.ELEMENTS.items()
        )
    )
)


@settings(max_examples=CASES, deadline=None)
@given(
    st.lists(ELEMENT, max_size=20),
    st.integers(0, 65535),
    st.integers(0, 36_000 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes)),
)
def test_reading_what_was_written_gives_it_back(
    said: list[tuple[int, int | None, int, int]], serial: int, at: datetime
) -> None:
    written = head(at, at, serial=serial) + b"".join(
        element(code, None if n is None else n / 10**decimals, size, decimals)
        for code, n, size, decimals in said
    )
    frames = frames_of(Uplink().frame(written))
    assert frames is not None
    frame = frames[0]
    body = read_body(frame.function, frame.body)
    assert isinstance(body, Body)
    assert (body.serial, body.sent_at, body.observed_at) == (serial, at, at)
    assert body.faults == []
    expected = [(f"{code:02X}", n / 10**decimals) for code, n, _, decimals in said if n is not None]
    assert [value.code for value in body.values] == [code for code, _ in expected]
    assert [value.number for value in body.values] == pytest.approx([n for _, n in expected])
