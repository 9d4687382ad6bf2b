"""Every golden message of a foreign format says what its file says, and no bytes can hurt."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.codecs import crane_alarm, regulator, reply
from ingest.codecs.chirpstack import Chirpstack
from ingest.codecs.frigate import Frigate
from ingest.codecs.heard import Heard, Incoming, Read
from ingest.codecs.private import Cleaner
from ingest.codecs.senml import Senml
from ingest.codecs.sparkplug import Sparkplug
from ingest.codecs.yunzhu import Yunzhu, YunzhuOptions
from tests.cases import CASES
from tests.unit.ingest.golden_foreign import ARRIVED, FOLDERS, cases, load, message, plain

KEY = b"a key of sixteen bytes or more"
OW = "urn:dev:ow:10e2073a0108006"

OPEN: dict[str, Callable[[], Read]] = {
    "senml": lambda: Senml([OW, OW + "3", "2001:db8::1", "2001:db8::2", "WL-7"]).read,
    "sparkplug": lambda: Sparkplug(["north/gw-1", "north/gw-1/crane"]).read,
    "chirpstack": lambda: Chirpstack(["70b3d57ed0000017"]).read,
    "frigate": lambda: Frigate(["gate", "yard"], {"shaft": "gate"}).read,
    "yunzhu": lambda: Yunzhu(Cleaner(KEY), YunzhuOptions()).read,
    "regulator": lambda: regulator.read,
    "crane_alarm": lambda: crane_alarm.read,
}
FILES = [path for folder in FOLDERS for path in cases(folder)]


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", FILES, ids=named)
def test_a_golden_message_says_what_its_file_says(path: Path) -> None:
    case = load(path)
    heard = OPEN[path.parent.name]()(message(case))
    assert plain(heard) == case["expect"]


@pytest.mark.parametrize("path", FILES, ids=named)
def test_the_same_message_again_says_the_same_again(path: Path) -> None:
    read, incoming = OPEN[path.parent.name](), message(load(path))
    first = read(incoming)
    again = read(incoming)
    assert plain(again) == plain(first)
    assert again.parts == first.parts


@pytest.mark.parametrize("path", list(cases("senml")), ids=named)
def test_each_part_read_by_itself_says_its_part(path: Path) -> None:
    incoming = message(load(path))
    read = OPEN["senml"]()
    whole = read(incoming)
    for sample in whole.samples:
        alone = read(incoming._replace(payload=whole.parts[sample.part]))
        assert alone.faults == []
        assert [each._replace(part=sample.part) for each in alone.samples] == [sample]


def test_there_are_golden_messages_of_every_format() -> None:
    assert {path.parent.name for path in FILES} == set(FOLDERS)
    assert len(FILES) >= 40


def test_the_cbor_of_the_rfc_is_the_json_of_the_rfc() -> None:
    cbor, json = (
        load(next(path for path in FILES if path.stem == stem))
        for stem in ("rfc8428-6-cbor", "rfc8428-5.1.2")
    )
    assert cbor["expect"]["samples"] == json["expect"]["samples"]


@st.composite
def messages(draw: st.DrawFn, folder: str) -> Incoming:
    """A golden message with some bytes changed, left out or put in, or no message at all."""
    incoming = message(load(draw(st.sampled_from(list(cases(folder))))))
    body = bytearray(incoming.payload)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, max(0, len(body) - 1)))
        match draw(st.integers(0, 3)):
            case 0:
                body[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case 1:
                del body[at : at + draw(st.integers(1, 8))]
            case 2:
                body[at:at] = draw(st.binary(max_size=4))
            case _:
                del body[at:]
    payload = draw(st.one_of(st.just(bytes(body)), st.binary(max_size=64)))
    return Incoming(incoming.levels, payload, ARRIVED, draw(st.booleans()))


def check(heard: Heard) -> None:
    for fault in heard.faults:
        fault.reason.encode()
        assert len(fault.reason) < 1000
    for sample in heard.samples:
        assert 0 <= sample.part < max(1, len(heard.parts))
        assert all(isinstance(each, float) for each in sample.values.values())


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_bytes_make_a_codec_raise(folder: str) -> None:
    read = OPEN[folder]()

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(messages(folder))
    def found(incoming: Incoming) -> None:
        check(read(incoming))

    found()


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_storm_of_broken_messages_makes_a_codec_raise(folder: str) -> None:
    """Many more, without the search for the smallest: GROUNDWATCH_TEST_CASES says how many."""
    read, random = OPEN[folder](), Random(f"{folder}|7")
    golden = [message(load(path)) for path in cases(folder)]
    for _ in range(CASES):
        incoming = random.choice(golden)
        body = bytearray(incoming.payload)
        for _ in range(random.randint(0, 5)):
            at = random.randint(0, len(body))
            body[at : at + random.choice((0, 1, 1, 1, 4))] = random.randbytes(random.randint(0, 3))
        arrived = ARRIVED + timedelta(seconds=random.uniform(-600, 600))
        check(read(Incoming(incoming.levels, bytes(body), arrived, random.random() < 0.1)))


@given(st.binary(max_size=60))
def test_no_bytes_make_the_reply_codec_raise(payload: bytes) -> None:
    reply.read(Incoming(["gw", "1", "s", "d", "command", "reply"], payload, ARRIVED))
