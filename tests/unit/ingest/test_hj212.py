"""The HJ 212 codec: checksums computed by hand, flags, packets in pieces, and any bytes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codecs.heard import Heard, Incoming
from ingest.codecs.hj212 import reply
from ingest.codecs.hj212.crc import crc16
from ingest.codecs.hj212.frame import Packet, packets_of, scanner
from ingest.codecs.hj212.reader import FLAGS, Hj212Reader, beijing_time, read_content
from ingest.codecs.table import ForeignLane
from ingest.intake import Intake
from ingest.source import RawMessage
from sensors.model import Qc
from sensors.registry import Registry
from tests import builders
from tests.cases import CASES
from tests.unit.ingest.hj212_station import packet

STATION = "TEST0000000000000001"
AT = datetime(2026, 6, 12, 0, 5, tzinfo=UTC)
NOW = AT + timedelta(seconds=4)
DATA = "DataTime=20260612080500;"


def stations() -> Registry:
    """A dust and noise station as a crane's wind sensor and thermometer, and a sensor by name."""
    flow = replace(builders.sensor("flow_m3s", device="WL-1"), sent_as="w00000-Rtd")
    made = builders.registry(
        builders.sensor("wind_ms", "crane", device="TC-1"),
        builders.sensor("temperature_degc", "crane", device="TC-1"),
        replace(builders.sensor("radius_m", "crane", device="TC-1"), sent_as="x1-Avg"),
        flow,
    )
    site = made.sites["site"]
    devices = (
        replace(site.devices[0], addresses={"hj212": STATION}),
        replace(site.devices[1], addresses={"hj212": "OTHER"}),
    )
    return Registry([replace(site, devices=devices)])


READER = Hj212Reader(stations())


def read(*payloads: bytes) -> Heard:
    levels = ("hj212", STATION)
    return READER.read(Incoming(levels, b"".join(payloads), NOW))


def intake() -> Intake:
    registry = stations()
    lane = ForeignLane("hj212/+", "hj212", Hj212Reader(registry).read, is_selective=True)
    return Intake(registry, lanes=[lane])


CHECKSUMS = [
    # By hand, for the byte 41: 00FF ^ 41 = 00BE, then eight shifts: 005F A02E 5017 880A 4405 8203
    # E100 7080.
    (b"A", 0x7080),
    # The standard's own example, and one published on the way of a real station.
    (
        b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
        b"CP=&&RtdInterval=30&&",
        0x1C80,
    ),
    (
        b"QN=20190708113403000;ST=80;CN=1013;PW=123456;MN=0010931004HBYDTEST000002;Flag=5;CP=&&&&",
        0xEF41,
    ),
]


@pytest.mark.parametrize(("data", "checksum"), CHECKSUMS, ids=["one byte", "standard", "field"])
def test_the_checksum_puts_each_byte_into_the_high_byte_only(data: bytes, checksum: int) -> None:
    assert crc16(data) == checksum


def test_real_time_data_are_read_with_their_time_in_beijing() -> None:
    heard = read(packet(f"{DATA}a01007-Rtd=6.8,a01007-Flag=N;a01001-Rtd=31.5;x1-Avg=9,x1-Flag=N"))
    (sample,) = heard.samples
    assert (sample.address, sample.taken_at) == (STATION, AT)
    assert sample.values == {"wind_ms": 6.8, "temperature_degc": 31.5, "x1-Avg": 9.0}
    assert heard.faults == []
    assert heard.statuses[0].detail == {"last": "real-time data"}


@pytest.mark.parametrize("command", ["2011", "2051", "2061", "2031"])
def test_each_kind_of_data_is_read(command: str) -> None:
    assert read(packet(f"{DATA}a01007-Avg=6.8", CN=command)).samples[0].values == {
        "a01007-Avg": 6.8
    }


QUALITY = [
    ("N", Qc.PASS, "normal"),
    ("F", Qc.SUSPECT, "stopped"),
    ("M", Qc.FAIL, "maintenance"),
    ("S", Qc.SUSPECT, "set by hand"),
    ("D", Qc.FAIL, "fault"),
    ("C", Qc.FAIL, "calibrating"),
    ("T", Qc.SUSPECT, "over range"),
    ("B", Qc.FAIL, "no communication"),
    ("Z", Qc.SUSPECT, "unknown flag"),
]


@pytest.mark.parametrize(("flag", "qc", "what"), QUALITY)
def test_only_the_flag_n_is_a_pass_and_the_others_say_why(flag: str, qc: Qc, what: str) -> None:
    raw = packet(f"{DATA}a01007-Rtd=6.8,a01007-Flag={flag};a01001-Rtd=30")
    decoded = intake().decode([RawMessage(f"hj212/{STATION}", raw, NOW, (1, 1))])
    (report,) = decoded.reports
    assert report.values == {"wind_ms": 6.8, "temperature_degc": 30.0}
    assert report.qc == ({} if qc is Qc.PASS else {"wind_ms": qc})
    said = decoded.statuses[0].detail.get("a01007-Rtd")
    assert said == (None if qc is Qc.PASS else f"{flag}: {what}")


def test_every_flag_of_the_standard_is_in_the_table_above() -> None:
    assert {row[0] for row in QUALITY} == set(FLAGS) | {"Z"}


def test_factors_nobody_asks_for_are_counted_and_no_fault() -> None:
    taking = intake()
    raw = packet(f"{DATA}a01007-Rtd=6.8;a34001-Rtd=0.123;LA-Rtd=61")
    decoded = taking.decode([RawMessage(f"hj212/{STATION}", raw, NOW, (1, 1))])
    assert [report.values for report in decoded.reports] == [{"wind_ms": 6.8}]
    assert (decoded.rejects, taking.counts.unnamed) == ([], 2)


REFUSED = [
    (packet(f"{DATA}a-Rtd=1", CN="2081"), "CN='2081' is not read"),
    (packet("a-Rtd=1"), "DataTime is missing"),
    (packet("DataTime=20261399000000;a-Rtd=1"), "DataTime is missing or no time"),
    (packet(f"{DATA}a-Rtd=1").replace(b"Rtd=1", b"Rtd=2"), "the checksum is"),
    (packet(f"{DATA}a-Rtd=abc"), "'a-Rtd' is 'abc'; a number is needed"),
    (packet(f"{DATA}a-Rtd=nan"), "a number is needed"),
    (packet(f"{DATA}a-Rtd="), "a number is needed"),
    (packet(f"{DATA}a-Rtd=1;a-Rtd=2"), "stands there twice with two values"),
    (packet(f"{DATA}a-Rtd=1") + packet(f"{DATA}a-Rtd=1", MN="OTHER"), "not of one message"),
    (b"##", "not a whole packet"),
    (b"", "not a whole packet"),
]


@pytest.mark.parametrize(("payload", "why"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_read_is_told_with_a_reason(payload: bytes, why: str) -> None:
    (fault,) = read(payload).faults
    assert why in fault.reason
    assert fault.payload == payload


def test_what_is_good_beside_a_value_that_is_no_number_is_kept() -> None:
    heard = read(packet(f"{DATA}a01007-Rtd=oops;a01001-Rtd=20"))
    assert heard.samples[0].values == {"temperature_degc": 20.0}
    assert len(heard.faults) == 1


def test_packets_of_one_message_are_read_together() -> None:
    first = packet(f"{DATA}a01007-Rtd=6.8", more="PNUM=2;PNO=1;", Flag="7")
    second = packet("a01001-Rtd=20", more="PNUM=2;PNO=2;", Flag="7")
    assert read(first, second).samples[0].values == {"wind_ms": 6.8, "temperature_degc": 20.0}


TIMES = [
    ("20260612080500", AT),
    ("20260612080500250", AT + timedelta(milliseconds=250)),
    ("20260612000000", datetime(2026, 6, 11, 16, tzinfo=UTC)),
    ("2026061208050", None),
    ("00000000000000", None),
    ("00010101000000", None),
    ("２０２６０６１２０８０５００", None),
]


@pytest.mark.parametrize(("text", "at"), TIMES)
def test_times_are_beijing_times(text: str, at: datetime | None) -> None:
    assert beijing_time(text) == at


def one(raw: bytes) -> Packet:
    found = packets_of(raw)
    assert found is not None
    return found[0]


def test_answers_carry_the_number_of_what_they_answer_and_ask_for_none() -> None:
    asked = one(packet(f"{DATA}a-Rtd=1"))
    assert reply.answer(asked, "9014") == packet("", ST="91", CN="9014", Flag="4")


def test_the_order_of_the_clock_is_in_beijing_time_and_names_the_instrument() -> None:
    asked = one(packet("PolId=w01018", CN="1013"))
    written = reply.clock_order(asked, NOW)
    assert written == packet(
        "PolId=w01018;SystemTime=20260612080504", QN="20260612080504000", CN="1012", Flag="5"
    )


# Streams and any bytes


def test_a_stream_is_cut_into_packets_wherever_it_is_torn() -> None:
    packets = [packet(f"{DATA}a-Rtd={n}") for n in range(3)]
    stream = b"noise#" + packets[0] + packets[1].removesuffix(b"\r\n") + b"##12x4" + packets[2]
    for size in (1, 2, 3, 7, 64, len(stream)):
        scanning = scanner()
        found: list[Packet | bytes] = []
        for at in range(0, len(stream), size):
            found += scanning.feed(stream[at : at + size])
        assert [each.raw for each in found if isinstance(each, Packet)] == [
            each.removesuffix(b"\r\n") for each in packets
        ]


def test_a_packet_with_a_broken_length_does_not_swallow_the_next() -> None:
    good = packet(f"{DATA}a-Rtd=1")
    broken = b"##0300" + good[6:]
    found = list(scanner().feed(broken + good * 4))
    assert sum(isinstance(each, Packet) and not each.why_damaged for each in found) == 4


@settings(max_examples=CASES, deadline=None)
@given(st.lists(st.binary(max_size=60) | st.sampled_from([b"##", b"0005", b"&&"]), max_size=12))
def test_no_stream_can_hurt_it(chunks: list[bytes]) -> None:
    scanning = scanner()
    for chunk in chunks:
        for piece in scanning.feed(chunk):
            if isinstance(piece, Packet):
                assert piece.flag >= 0
                assert piece.split is None or piece.split[0] > 1
    read(b"".join(chunks))


PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80)
LIKELY = st.lists(
    st.sampled_from(["DataTime=20260612080500", "a-Rtd=1", "-Flag=N", ";", ",", "=", "--", "1e99"])
    | PRINTABLE,
    max_size=20,
).map("".join)


@settings(max_examples=CASES, deadline=None)
@given(LIKELY, st.sampled_from(["2011", "2051", "", "9014"]), PRINTABLE)
def test_no_content_can_hurt_it(content: str, command: str, flag: str) -> None:
    read_content(content)
    data = f"QN=1;CN={command};MN={STATION};Flag={flag};CP=&&{content}&&".encode("latin-1")
    read(b"##%04d%s%04X\r\n" % (len(data), data, crc16(data)))


# The same as the expression [aw][0-9]{5}, made with two choices instead of six.
FACTOR = st.builds("{}{:05d}".format, st.sampled_from("aw"), st.integers(0, 99_999))
VALUE = st.decimals(-99999, 99999, places=3, allow_nan=False, allow_infinity=False)
GROUPS = st.dictionaries(
    FACTOR, st.tuples(st.sampled_from(["Rtd", "Avg", "Min", "Max", "Cou"]), VALUE), max_size=20
)
MINUTES = st.integers(0, 36_000 * 24 * 60)


@settings(max_examples=CASES, deadline=None)
@given(GROUPS, st.sampled_from("NFMSDCTB"), MINUTES)
def test_reading_what_was_written_gives_it_back(
    said: dict[str, tuple[str, object]], flag: str, minutes: int
) -> None:
    at = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    local = (at + timedelta(hours=8)).strftime("%Y%m%d%H%M%S")
    groups = [f"{name}-{kind}={value},{name}-Flag={flag}" for name, (kind, value) in said.items()]
    heard = read(packet(";".join([f"DataTime={local}", *groups]), MN="OTHER"))
    assert heard.faults == []
    values = {f"{name}-{kind}": float(str(value)) for name, (kind, value) in said.items()}
    if said:
        (sample,) = heard.samples
        assert (sample.taken_at, sample.values) == (at, values)
        assert sample.flags == dict.fromkeys(values, FLAGS[flag].qc)
