"""SL 651 stations end to end, without a network: frames, confirmations, packets, and sensors."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codecs.sl651.reader import Sl651Reader, message_of
from ingest.codecs.table import ForeignLane
from ingest.intake import Intake
from ingest.source import Decoded, RawMessage
from ingest.tcp.dialect import Answer, Given, Heard, Refused
from ingest.tcp.sl651 import Sl651Config, Sl651Conversation, Sl651Dialect
from sensors.model import Report
from sensors.registry import Registry
from tests import builders
from tests.cases import CASES
from tests.unit.ingest.sl651_station import STATION, Uplink, element, head

GOLDEN = Path(__file__).parents[2] / "golden" / "sl651"
SEEN = datetime(2026, 6, 12, 0, 5, tzinfo=UTC)
SENT = SEEN + timedelta(seconds=3)
NOW = SEEN + timedelta(seconds=4)
STAGE = element(0x39, 4.873, 4, 3)
HEAD = head(SENT, SEEN, serial=2)


def golden(name: str) -> bytes:
    return bytes.fromhex((GOLDEN / name).read_text())


def registry(**names: str) -> Registry:
    """A station as a water-level gauge and a rain gauge; `names` are what sensors are sent as."""
    made = builders.registry(
        *(
            replace(builders.sensor(quantity, kind, device=device), sent_as=names.get(quantity, ""))
            for device, kind, quantity in (
                ("WL-1", "water_level", "stage_m"),
                ("WL-1", "water_level", "battery_v"),
                ("WL-1", "water_level", "flow_m3s"),
                ("RG-1", "rain", "rain_mm"),
                ("RG-1", "rain", "rain_total_mm"),
            )
        )
    )
    site = made.sites["site"]
    addresses = {"WL-1": STATION, "RG-1": f"{STATION}/rain"}
    devices = (replace(each, addresses={"sl651": addresses[each.id]}) for each in site.devices)
    return Registry([replace(site, devices=tuple(devices))])


def intake_of(known: Registry) -> Intake:
    lane = ForeignLane("sl651/+", "sl651", Sl651Reader(known).read, is_selective=True)
    return Intake(known, lanes=[lane])


def raw(payload: bytes, *, station: str = STATION, now: datetime = NOW) -> RawMessage:
    return RawMessage(f"sl651/{station}", payload, now, (1, 1))


def decode(intake: Intake, *frames: bytes, now: datetime = NOW) -> Decoded:
    decoded = intake.decode([raw(each, now=now) for each in frames])
    intake.remember(decoded.reports)
    return decoded


def values(reports: Iterable[Report]) -> list[tuple[str, datetime, dict[str, float]]]:
    return [(each.device, each.taken_at, each.values) for each in reports]


# Sensors


def test_the_golden_report_reaches_the_sensors_of_two_devices() -> None:
    intake = intake_of(registry())
    decoded = decode(intake, golden("extra-report.frame.hex"))
    assert values(decoded.reports) == [
        ("RG-1", SEEN, {"rain_mm": 4.2, "rain_total_mm": 187.5}),
        ("WL-1", SEEN, {"stage_m": 4.873, "battery_v": 12.36}),
    ]
    assert decoded.rejects == []
    assert intake.counts.unnamed == 1  # 1A, the rain of an hour: nobody asks for it
    said = {"last": "extra report", "status": "00000004", "stage over limit": "yes"}
    assert [(each.device, each.detail) for each in decoded.statuses] == [
        ("WL-1", said),
        ("RG-1", said),
    ]


def test_the_golden_hour_is_eleven_amounts_and_its_relative_stages_are_nobodys_by_default() -> None:
    intake = intake_of(registry())
    hour = datetime(2026, 6, 12, 1, 0, tzinfo=UTC)
    decoded = decode(intake, golden("hourly-report.frame.hex"), now=hour + timedelta(seconds=2))
    rain = [each for each in decoded.reports if each.device == "RG-1"]
    assert sum(each.values["rain_mm"] for each in rain) == pytest.approx(15.4)
    assert [each.taken_at for each in rain] == [
        hour - timedelta(minutes=55 - 5 * n) for n in range(11)
    ]
    assert intake.counts.unnamed == 11


def test_relative_stages_go_to_the_sensor_that_is_sent_as_them() -> None:
    intake = intake_of(registry(flow_m3s="39", stage_m="F5"))
    hour = datetime(2026, 6, 12, 1, 0, tzinfo=UTC)
    decoded = decode(intake, golden("hourly-report.frame.hex"), now=hour + timedelta(seconds=2))
    stages = [each.values["stage_m"] for each in decoded.reports if "stage_m" in each.values]
    assert (stages[0], stages[-1], len(stages)) == (4.52, 4.87, 11)


def test_rain_of_five_minutes_and_of_the_hour_describe_the_same_rain_and_count_once() -> None:
    intake = intake_of(registry())
    frames = []
    for minute in (5, 10):
        seen = SEEN.replace(minute=minute)
        body = head(seen + timedelta(seconds=2), seen) + element(0x22, minute / 10, 2, 1)
        frames.append(Uplink(function=0x33).frame(body))
    end = SEEN.replace(hour=1, minute=0)
    amounts = bytes((5, 10, *range(10)))
    frames.append(Uplink(function=0x34).frame(head(end, end) + b"\xf4\x60" + amounts))
    decoded = decode(intake, *frames, now=end)
    assert decoded.rejects == []
    assert len(decoded.reports) == 12
    assert sum(each.values["rain_mm"] for each in decoded.reports) == pytest.approx(
        sum(amounts) / 10
    )


def test_five_minutes_that_end_in_between_would_count_twice_and_are_left_out() -> None:
    seen = SEEN.replace(minute=8)
    frame = Uplink(function=0x33).frame(head(seen, seen) + element(0x22, 4.2, 2, 1))
    intake = intake_of(registry())
    assert decode(intake, frame, now=seen).reports == []
    assert intake.counts.unnamed == 1
    asked_for = intake_of(registry(rain_mm="22"))
    assert len(decode(asked_for, frame, now=seen).reports) == 1


def test_a_frame_that_comes_again_counts_once() -> None:
    intake = intake_of(registry())
    assert len(decode(intake, golden("extra-report.frame.hex")).reports) == 2
    again = decode(intake, golden("extra-report.frame.hex"))
    assert (again.reports, again.rejects) == ([], [])


def test_a_keep_alive_says_that_the_station_is_there_and_nothing_else() -> None:
    intake = intake_of(registry())
    decoded = decode(intake, golden("keep-alive.frame.hex"))
    assert (decoded.reports, decoded.rejects) == ([], [])
    assert [each.is_online for each in decoded.statuses] == [True, True]
    assert intake.counts.ignored == {("sl651", "keep-alive"): 1}


KEPT = [
    (
        Uplink(function=0x36).frame(HEAD + b"\xf3\xf3\xff\xd8\xff\xe0"),
        "a picture, 6 bytes, is kept as it is and not read",
    ),
    (Uplink(function=0x35).frame(HEAD + b"\xf2\xf2TEXT"), "a text entered by hand, 6 bytes"),
    (Uplink(function=0x4A).frame(HEAD), "function 4A is not one that brings readings"),
    (Uplink(function=0x32).frame(HEAD[:3]), "the body has 3 bytes"),
    (Uplink(station="0044010698").frame(HEAD + STAGE), "is of station 0044010698, the report"),
    (Uplink().frame(HEAD + STAGE)[:-1] + b"\x00", "damaged on the way: the checksum is"),
    (Uplink(packet=(2, 1)).frame(HEAD), "1 of 2 packets"),
    (Uplink().frame(HEAD + STAGE) * 2, "not the packets of one message"),
    (b"not a frame", "not a whole frame"),
]


@pytest.mark.parametrize(("payload", "why"), KEPT, ids=range(len(KEPT)))
def test_what_brings_no_readings_is_kept_in_quarantine_with_its_bytes_and_a_reason(
    payload: bytes, why: str
) -> None:
    decoded = decode(intake_of(registry()), payload)
    assert decoded.reports == []
    assert [each.payload for each in decoded.rejects] == [payload]
    assert why in decoded.rejects[0].reason


def test_the_part_of_a_report_that_could_be_read_is_used_and_the_frame_kept() -> None:
    frame = Uplink().frame(HEAD + STAGE + b"\x77\x11\x00\x00")
    decoded = decode(intake_of(registry()), frame)
    assert values(decoded.reports) == [("WL-1", SEEN, {"stage_m": 4.873})]
    assert "no such element is known" in decoded.rejects[0].reason


def test_a_station_nobody_knows_is_told_with_those_that_are_known() -> None:
    frame = Uplink(station="0044010698").frame(
        HEAD.replace(b"\x00\x44\x01\x06\x99", b"\x00\x44\x01\x06\x98") + STAGE
    )
    (reject,) = intake_of(registry()).decode([raw(frame, station="0044010698")]).rejects
    assert "no device has the sl651 address '0044010698'" in reject.reason
    assert STATION in reject.reason


# The conversation


def talk(**config: object) -> Sl651Conversation:
    return Sl651Dialect(Sl651Config(**config)).converse()  # type: ignore[arg-type]


def heard(conversation: Sl651Conversation, *data: bytes) -> list[Heard]:
    return [each for piece in data for each in conversation.hear(piece, NOW)]


def frame_in(data: bytes) -> tuple[int, tuple[int, int] | None]:
    """Give the end byte and the packet of a downlink."""
    assert data[:2] == b"\x7e\x7e"
    assert data[2:7].hex() == STATION
    packet = None
    if data[13] == 0x16:
        both = int.from_bytes(data[14:17])
        packet = (both >> 12, both & 0xFFF)
    return data[-3], packet


def test_the_golden_report_is_confirmed_byte_for_byte() -> None:
    (given,) = heard(talk(), golden("extra-report.frame.hex"))
    assert isinstance(given, Given)
    assert given.topic == f"sl651/{STATION}"
    assert given.confirm is not None
    assert given.confirm(NOW) == golden("extra-report.confirm.hex")


def test_a_keep_alive_is_not_answered() -> None:
    (given,) = heard(talk(), golden("keep-alive.frame.hex"))
    assert isinstance(given, Given)
    assert given.confirm is None


ENDS = [
    (0x03, {}, 0x1B),
    (0x03, {"stay_online": False}, 0x04),
    (0x17, {}, 0x06),
    (0x17, {"stay_online": False}, 0x06),
]


@pytest.mark.parametrize(("end", "config", "answered"), ENDS)
def test_the_end_byte_says_what_comes_next(
    end: int, config: dict[str, bool], answered: int
) -> None:
    (given,) = heard(talk(**config), Uplink(end=end).frame(HEAD + STAGE))
    assert isinstance(given, Given)
    assert given.confirm is not None
    assert frame_in(given.confirm(NOW)) == (answered, None)


def test_a_wrong_password_is_refused_without_repeating_it() -> None:
    frame = Uplink(password="ABCD").frame(HEAD + STAGE)
    (refused,) = heard(talk(password="1234"), frame)
    assert isinstance(refused, Refused)
    assert "password" in refused.reason
    assert "abcd" not in refused.reason.lower()
    (given,) = heard(talk(password="abcd"), frame)
    assert isinstance(given, Given)


def test_a_damaged_frame_is_kept_as_evidence_and_not_confirmed() -> None:
    frame = Uplink().frame(HEAD + STAGE)
    broken = frame[:40] + bytes((frame[40] ^ 1,)) + frame[41:]
    (given,) = heard(talk(), broken)
    assert isinstance(given, Given)
    assert given.confirm is None
    assert "checksum" in given.why_refused


def test_what_is_no_frame_is_refused_once_with_its_first_bytes() -> None:
    (refused, given) = heard(talk(), b"GET / HTTP/1.1\r\n" + golden("keep-alive.frame.hex"))
    assert isinstance(refused, Refused)
    assert refused.reason.startswith("16 bytes that are no frame of SL 651: 474554")
    assert isinstance(given, Given)


def packets(body: bytes, n: int) -> list[bytes]:
    size = -(-len(body) // n)
    return [
        Uplink(packet=(n, k + 1), end=0x03 if k + 1 == n else 0x17).frame(
            body[k * size : (k + 1) * size]
        )
        for k in range(n)
    ]


LONG = HEAD + STAGE + element(0x38, 12.3, 2, 2) + element(0x27, 3.5, 5, 3)


def test_a_message_in_packets_is_given_once_it_is_whole_and_confirmed_once() -> None:
    (given,) = heard(talk(), *packets(LONG, 4))
    assert isinstance(given, Given)
    assert given.confirm is not None
    assert frame_in(given.confirm(NOW)) == (0x06, (4, 4))
    decoded = decode(intake_of(registry()), given.payload)
    assert values(decoded.reports) == [
        ("WL-1", SEEN, {"stage_m": 4.873, "battery_v": 12.3, "flow_m3s": 3.5})
    ]


def test_a_packet_that_is_missing_when_the_last_has_come_is_asked_for() -> None:
    conversation = talk()
    first, second, third = packets(LONG, 3)
    (asked,) = heard(conversation, first, third)
    assert isinstance(asked, Answer)
    assert frame_in(asked.data) == (0x15, (3, 2))
    (given,) = heard(conversation, second)
    assert isinstance(given, Given)
    assert message_of(given.payload)[1] == LONG


def test_a_damaged_packet_is_asked_for_at_once() -> None:
    first = bytearray(packets(LONG, 3)[0])
    first[20] ^= 1
    refused, asked = heard(talk(), bytes(first))
    assert isinstance(refused, Refused)
    assert isinstance(asked, Answer)
    assert frame_in(asked.data) == (0x15, (3, 1))


def test_packets_that_do_not_come_are_asked_for_a_few_times_and_then_given_up() -> None:
    conversation = talk(packet_s=10.0, max_asked=1)
    first = packets(LONG, 3)[0]
    assert heard(conversation, first) == []
    assert list(conversation.tick(NOW + timedelta(seconds=9))) == []
    for n in range(1, 4):
        (asked,) = conversation.tick(NOW + timedelta(seconds=10 * n))
        assert isinstance(asked, Answer)
        assert frame_in(asked.data) == (0x15, (3, 2))
    (refused,) = conversation.tick(NOW + timedelta(seconds=40))
    assert refused == Refused(f"station {STATION}: 2 of 3 packets never came")
    assert list(conversation.tick(NOW + timedelta(seconds=60))) == []


@pytest.mark.parametrize("packet", [(0, 0), (3, 0), (3, 4)])
def test_a_packet_that_cannot_be_is_refused(packet: tuple[int, int]) -> None:
    (refused,) = heard(talk(), Uplink(packet=packet).frame(LONG))
    assert isinstance(refused, Refused)


def test_what_one_station_may_leave_unfinished_is_bounded() -> None:
    conversation = talk(max_message_bytes=3000)
    big = [Uplink(packet=(4095, n)).frame(HEAD + bytes(1000)) for n in (1, 2, 3)]
    (refused,) = heard(conversation, *big)
    assert refused == Refused(f"station {STATION}: a message of more than 3000 bytes")
    many = [Uplink(function=f, packet=(9, 1)).frame(HEAD) for f in range(0x30, 0x36)]
    found = heard(conversation, *many)
    assert [type(each) for each in found] == [Refused, Refused]


@settings(max_examples=CASES, deadline=None)
@given(st.lists(st.binary(max_size=80) | st.just(Uplink(packet=(2, 1)).frame(HEAD)), max_size=10))
def test_no_bytes_can_hurt_a_conversation(chunks: list[bytes]) -> None:
    conversation = talk(password="1234")
    intake = INTAKE
    for each in heard(conversation, *chunks, golden("keep-alive.frame.hex")[:-1]):
        if isinstance(each, Given):
            intake.decode([RawMessage(each.topic, each.payload, NOW, (1, 1))])
            assert each.confirm is None or each.confirm(NOW)
    list(conversation.tick(NOW + timedelta(hours=1)))


INTAKE = intake_of(registry())


@settings(max_examples=CASES, deadline=None)
@given(st.binary(min_size=40, max_size=400), st.integers(1, 9), st.integers(1, 50))
def test_however_a_message_is_cut_into_packets_and_the_packets_are_torn_it_is_whole_again(
    body: bytes, n: int, size: int
) -> None:
    stream = b"".join(packets(body, n) if n > 1 else [Uplink().frame(body)])
    conversation = talk()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    found = [each for each in heard(conversation, *pieces) if isinstance(each, Given)]
    assert [message_of(each.payload)[1] for each in found] == [body]
