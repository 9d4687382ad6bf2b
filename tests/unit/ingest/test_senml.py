"""SenML beyond its RFC's examples: refusals in words, times, and what was encoded is decoded."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codecs.heard import Heard, Incoming
from ingest.codecs.senml import MAX_BYTES, MAX_RECORDS, Senml
from ingest.codecs.senml_unit import UNITS
from sensors.units import UNITS as OURS
from tests.cases import FEW

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
LABELS = {"bver": -1, "bn": -2, "bt": -3, "bu": -4, "bv": -5, "bs": -6}
LABELS |= {"n": 0, "u": 1, "v": 2, "vs": 3, "vb": 4, "s": 5, "t": 6, "ut": 7, "vd": 8}


def read(payload: bytes) -> Heard:
    return Senml(["WL-7"]).read(Incoming(["senml", "WL-7"], payload, NOW))


def as_json(pack: Any) -> bytes:
    return json.dumps(pack).encode()


def as_cbor(pack: list[dict[str, Any]]) -> bytes:
    return cbor2.dumps([{LABELS[key]: value for key, value in each.items()} for each in pack])


PACKS = [
    (b"", "not SenML in JSON"),
    (b"{}", "a pack is an array of records"),
    (b"[]", "an empty array"),
    (b"\x80", "an empty array"),
    (b"\xff", "not SenML in JSON"),
    (b"\x81\xc2\x41\x00", "tag 2 is not accepted here"),
    (b"\x9b\x7f\xff\xff\xff\xff\xff\xff\xff", "it ends too early"),
    (b"\x81" * 50, "nested too deeply"),
    (b"\x80\x80", "something follows the end of the message at byte 1"),
    (b"\x81\x7f\x61a\xff", "text of indefinite length"),
    (b" " * (MAX_BYTES + 1), f"at most {MAX_BYTES} are allowed"),
    (b"[" + b",".join([b"0"] * (MAX_RECORDS + 1)) + b"]", f"more than {MAX_RECORDS} records"),
    (as_json([{"bver": 11, "n": "a", "v": 1}]), "bver 11; versions up to 10, and 26"),
    (as_json([{"bver": "10", "n": "a", "v": 1}]), "bver '10'"),
    (as_json([{"n": "a", "v": 1}, {"n": "b", "v": 1, "x_": 1}]), "record 1 has `x_`, which must"),
    (as_json([{"bn": 7, "v": 1}]), "record 0: bn is 7; a text is needed"),
    (as_json([{"bt": "now", "n": "a", "v": 1}]), "record 0: bt is 'now'; a finite number"),
]


@pytest.mark.parametrize(("payload", "words"), PACKS, ids=range(len(PACKS)))
def test_a_pack_that_must_not_be_used_is_kept_whole_with_the_reason(
    payload: bytes, words: str
) -> None:
    heard = read(payload)
    assert heard.samples == ()
    (fault,) = heard.faults
    assert words in fault.reason
    assert fault.payload == payload


RECORDS = [
    ({"n": "b", "v": 1, "vb": True}, "it has v and vb; one value field is allowed"),
    ({"n": "b"}, "it has no value; one of v, vs, vb, vd is needed"),
    ({"n": "b", "v": "1"}, "v is '1'; a finite number is needed"),
    ({"n": "b", "v": True}, "v is True; a finite number is needed"),
    ({"n": "b", "vb": 1}, "vb is 1; true or false is needed"),
    ({"n": "b b", "v": 1}, "the name 'b b' is not allowed"),
    ({"n": "-b", "v": 1}, "the name '-b' is not allowed"),
    ({"v": 1}, "it has no name"),
    ({"n": "b", "v": 1, "u": "furlong"}, "b has the unit 'furlong'; allowed: %"),
    ({"n": "b", "v": 1, "t": 1e300}, "is no instant between the years"),
    ({"n": "b", "v": 1, "t": -1e300}, "is no instant between the years"),
    (7, "it is no object"),
]


@pytest.mark.parametrize(("record", "words"), RECORDS, ids=range(len(RECORDS)))
def test_a_record_that_cannot_be_used_costs_only_itself(record: Any, words: str) -> None:
    heard = read(as_json([{"n": "a", "v": 1.5}, record]))
    assert [dict(sample.values) for sample in heard.samples] == [{"a": 1.5}]
    (fault,) = heard.faults
    assert fault.reason.startswith("record 1: ")
    assert words in fault.reason
    assert len(read(fault.payload).faults) == 1


@pytest.mark.parametrize(
    ("time", "at", "is_reckoned"),
    [
        (2, NOW + timedelta(seconds=2), True),
        (-3600, NOW - timedelta(hours=1), True),
        (2**28 - 1, NOW + timedelta(seconds=2**28 - 1), True),
        (2**28, datetime(1978, 7, 4, 21, 24, 16, tzinfo=UTC), False),
        (1782878400.25, NOW + timedelta(seconds=0.25), False),
    ],
)
def test_times_below_two_to_the_28_count_from_arrival(
    time: float, at: datetime, is_reckoned: bool
) -> None:
    (sample,) = read(as_json([{"n": "a", "v": 1, "t": time}])).samples
    assert (sample.taken_at, sample.is_reckoned) == (at, is_reckoned)


def test_a_name_that_stands_twice_for_one_instant_is_said_twice() -> None:
    heard = read(as_json([{"n": "a", "v": 1}, {"n": "a", "v": 2}]))
    assert [sample.values["a"] for sample in heard.samples] == [1.0, 2.0]


def test_every_unit_is_one_that_quantities_have() -> None:
    assert set(UNITS.values()) <= set(OURS)


NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9\-:./_]{0,10}", fullmatch=True)
RECORD = st.fixed_dictionaries(
    {
        "n": NAMES.map(lambda name: f"x{name}"),
        "t": st.integers(2**28, 2**33).map(float),
        "v": st.floats(allow_nan=False, allow_infinity=False),
    },
    optional={"u": st.sampled_from(sorted(UNITS))},
)


@settings(max_examples=FEW, deadline=None)
@given(
    st.lists(RECORD, min_size=1, max_size=8, unique_by=lambda each: (each["n"], each["t"])),
    st.booleans(),
    st.sampled_from([as_json, as_cbor]),
)
def test_what_was_encoded_is_decoded(
    records: list[dict[str, Any]], is_based: bool, encode: Any
) -> None:
    sent = records
    if is_based:  # the same, with a base time and a base name before the first record
        base = records[0]["t"]
        sent = [{**each, "t": each["t"] - base, "n": each["n"][1:]} for each in records]
        sent[0] = {"bt": base, "bn": "x", **sent[0]}
    heard = read(encode(sent))
    assert heard.faults == []
    got = {
        (name, sample.taken_at.timestamp()): (value, sample.units.get(name, ""))
        for sample in heard.samples
        for name, value in sample.values.items()
    }
    assert got == {
        (each["n"], each["t"]): (each["v"], UNITS.get(each.get("u", ""), "")) for each in records
    }
