"""The native codec: golden payloads, refusals in words, and no bytes can hurt it."""

import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codecs import native, status
from ingest.codecs.sample import Sample
from tests.cases import FEW

GOLDEN = Path(__file__).parents[2] / "golden" / "native"
PAYLOADS = sorted(
    path for folder in (GOLDEN, GOLDEN / "accepted") for path in folder.glob("*.payload.json")
)
GOOD = b'{"at":"2026-07-01T00:00:00Z","readings":{"load_t":1.5}}'


def golden(payload: Path) -> Any:
    return json.loads(Path(str(payload).replace(".payload.", ".decoded.")).read_text())


def plain(sample: Sample) -> dict[str, Any]:
    return {
        "taken_at": sample.taken_at,
        "seq": sample.seq,
        "point": sample.point,
        "values": sample.values,
    }


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.name.split(".")[0])
def test_golden_payloads_decode_as_written(path: Path) -> None:
    samples, faults = native.decode(path.read_bytes())
    expected = [
        {**each, "taken_at": datetime.fromisoformat(each["taken_at"])} for each in golden(path)
    ]
    assert [plain(sample) for sample in samples] == expected
    assert faults == []
    assert all(sample.taken_at.utcoffset() == timedelta(0) for sample in samples)


def test_there_are_golden_payloads() -> None:
    assert len(PAYLOADS) >= 8


REFUSED = [
    (b"", "not JSON"),
    (b"{", "not JSON"),
    (b"\xff\xfe", "not UTF-8 text: byte 0"),
    (b"[]", "an empty array"),
    (b"[[]]", "$[0] is an array; an object"),
    (b"7", "$ is the number 7; an object"),
    (b"null", "$ is null"),
    (b'{"readings":{"a":1}}', "$.at is missing"),
    (b'{"at":1}', "$.readings is missing"),
    (b'{"at":1,"readings":{"a":1},"Point":"x"}', "unknown field `Point`; did you mean 'point'?"),
    (b'{"at":1,"readings":{"a":1},"unit":"t"}', "unknown field `unit`; allowed: at, point"),
    (b'{"at":"yesterday","readings":{"a":1}}', "$.at is 'yesterday'; RFC 3339"),
    (b'{"at":"2026-07-01T00:00:00","readings":{"a":1}}', "$.at has no zone"),
    (b'{"at":true,"readings":{"a":1}}', "$.at is true"),
    (b'{"at":null,"readings":{"a":1}}', "$.at is null"),
    (b'{"at":1e300,"readings":{"a":1}}', "between the years 1 and 9999"),
    (b'{"at":-1e17,"readings":{"a":1}}', "between the years 1 and 9999"),
    (b'{"at":NaN,"readings":{"a":1}}', "$.at is not a finite number"),
    (b'{"at":1,"readings":[1]}', "$.readings is an array"),
    (b'{"at":1,"readings":{}}', "$.readings is empty"),
    (b'{"at":1,"readings":{"load_t":"3.1"}}', "$.readings.load_t is the text '3.1'; a number"),
    (b'{"at":1,"readings":{"load_t":true}}', "$.readings.load_t is true"),
    (b'{"at":1,"readings":{"load_t":null}}', "$.readings.load_t is null"),
    (b'{"at":1,"readings":{"load_t":NaN}}', "$.readings.load_t is not a finite number"),
    (b'{"at":1,"readings":{"load_t":-Infinity}}', "$.readings.load_t is not a finite number"),
    (b'{"at":1,"readings":{"load_t":1e400}}', "$.readings.load_t is not a finite number"),
    (b'{"at":1,"readings":{"a":1},"seq":1.5}', "$.seq is 1.5"),
    (b'{"at":1,"readings":{"a":1},"seq":-1}', "$.seq is -1"),
    (b'{"at":1,"readings":{"a":1},"seq":"1"}', "$.seq is '1'"),
    (b'{"at":1,"readings":{"a":1},"point":7}', "$.point is the number 7"),
    (b'{"at":1,"readings":{"a":1},"point":"' + b"x" * 65 + b'"}', "$.point has 65 characters"),
    (GOOD + GOOD, "something follows the end"),
    (b"[" + GOOD + GOOD + b"]", "a comma or ] is missing"),
    (b"[" + GOOD + b",]", "not JSON"),
    (b"[" * 100_000, "nested too deeply"),
    (b" " * (native.MAX_BYTES + 1), f"{native.MAX_BYTES + 1} bytes; at most {native.MAX_BYTES}"),
    (b'{"at":1,"readings":{"a\\ud800":"x"}}', "$.readings.a\\ud800 is the text 'x'"),
]


@pytest.mark.parametrize(("payload", "words"), REFUSED, ids=lambda each: repr(each)[:40])
def test_a_refused_message_says_what_is_wrong_and_keeps_its_bytes(
    payload: bytes, words: str
) -> None:
    samples, faults = native.decode(payload)
    assert samples == []
    assert [fault.payload for fault in faults] == [b"[]" if payload == b"[[]]" else payload]
    assert words in faults[0].reason
    faults[0].reason.encode()  # storable, whatever the sender wrote
    assert len(faults[0].reason) < 400


def test_one_bad_element_of_an_array_costs_only_itself() -> None:
    bad = b'{"at":1,"readings":{"load_t":NaN}}'
    payload = b"[" + GOOD + b" , " + bad + b"," + GOOD + b"\n]"
    samples, faults = native.decode(payload)
    assert [(sample.values, sample.part) for sample in samples] == [
        ({"load_t": 1.5}, 0),
        ({"load_t": 1.5}, 2),
    ]
    assert [fault.payload for fault in faults] == [bad]
    assert faults[0].reason.startswith("$[1].readings.load_t")
    assert native.parts(payload) == [GOOD, bad, GOOD]


def test_ten_thousand_objects_pass_and_one_more_does_not() -> None:
    one = b'{"at":1,"readings":{"a":1}}'
    short = native.MAX_BYTES // (len(one) + 1) - 1
    assert len(native.decode(b"[" + b",".join([one] * short) + b"]")[0]) == short
    tiny = b"[" + b",".join([b"0"] * (native.MAX_OBJECTS + 1)) + b"]"
    samples, faults = native.decode(tiny)
    assert (samples, len(faults)) == ([], 1)
    assert "more than 10000 objects" in faults[0].reason
    assert len(native.decode(b"[" + b",".join([b"0"] * native.MAX_OBJECTS) + b"]")[1]) == 10_000


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["at", "readings", "seq", "point", "x"]), inner, max_size=5
        )
    ),
    max_leaves=12,
)


@settings(max_examples=FEW, deadline=None)
@given(st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_make_it_raise_and_none_are_dropped_in_silence(payload: bytes) -> None:
    samples, faults = native.decode(payload)
    assert samples or faults
    for sample in samples:
        assert sample.taken_at.tzinfo is UTC
        assert sample.values
        assert all(math.isfinite(value) for value in sample.values.values())
    for fault in faults:
        fault.reason.encode()
    assert len(native.parts(payload)) >= 1 or payload.strip() == b"[]"


good_samples = st.builds(
    Sample,
    taken_at=st.datetimes(timezones=st.just(UTC)),
    seq=st.none() | st.integers(0, 2**63 - 1),
    point=st.text(st.characters(codec="utf-8"), max_size=20),
    values=st.dictionaries(
        st.text(st.characters(codec="utf-8"), min_size=1, max_size=10),
        st.floats(allow_nan=False, allow_infinity=False),
        min_size=1,
        max_size=6,
    ),
    part=st.just(0),
    flags=st.none(),
    known=st.none(),
)


def encode(sample: Sample) -> dict[str, Any]:
    """Write a sample as the wire format says."""
    return {
        "at": sample.taken_at.isoformat(),
        "seq": sample.seq,
        "point": sample.point,
        "readings": sample.values,
    }


@settings(max_examples=FEW, deadline=None)
@given(st.lists(good_samples, min_size=1, max_size=4), st.booleans())
def test_decoding_what_was_encoded_gives_it_back(samples: list[Sample], is_slow: bool) -> None:
    wire = [encode(sample) for sample in samples]
    payload = msgspec.json.encode(wire[0] if len(wire) == 1 and not is_slow else wire)
    if is_slow:  # a bad element sends the whole array through the other path
        payload = payload[:-1] + b",0]"
    decoded, faults = native.decode(payload)
    assert decoded == [sample._replace(part=part) for part, sample in enumerate(samples)]
    assert len(faults) == int(is_slow)


@settings(max_examples=FEW, deadline=None)
@given(st.integers(0, 7_258_118_400_000))
def test_epoch_milliseconds_are_exact(milliseconds: int) -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    samples, _ = native.decode(b'{"at":%d,"readings":{"a":1}}' % milliseconds)
    assert samples[0].taken_at == at


@pytest.mark.parametrize("name", ["birth", "will"])
def test_golden_statuses_decode_as_written(name: str) -> None:
    path = GOLDEN / "status" / f"{name}.payload.json"
    expected = golden(path)
    said = status.decode(path.read_bytes())
    assert not isinstance(said, str)
    assert said.is_online is expected["is_online"]
    assert said.at == datetime.fromisoformat(expected["at"])
    assert said.detail == expected["detail"]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b'{"online":1}',
        b'{"online":true,"at":1e300}',
        b"\xff",
        b" " * 20_000,
        b"[" * 9999,
    ],
)
def test_what_is_no_status_is_refused_in_words(payload: bytes) -> None:
    said = status.decode(payload)
    assert isinstance(said, str)
    assert "status message" in said


@settings(max_examples=FEW, deadline=None)
@given(st.binary(max_size=100) | json_values.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_make_the_status_codec_raise(payload: bytes) -> None:
    said = status.decode(payload)
    assert isinstance(said, str | status.StatusSample)
