"""The measuring tools: what they cut, count and make must be right before a number counts."""

from pathlib import Path

import pytest

from bench import near, report, wire
from bench.district import Cranes, message, probe_message, write_district
from bench.figures import percentile
from bench.publisher import Job, prepared
from groundwatch.district import load_district
from ingest.codecs import native


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 400, 10_000])
def test_packets_are_cut_wherever_the_stream_is_torn(piece: int) -> None:
    bodies = [b"", b"x" * 127, b"y" * 128, b"z" * 20_000]
    stream = b"".join(wire.packet(0x32, each) for each in bodies)
    cutter, found = wire.Cutter(), list[bytes]()
    for at in range(0, len(stream), piece):
        packets = cutter.cut(stream[at : at + piece])
        found += [cutter.stream[start:end] for _, start, end in packets]
    assert found == bodies


def test_publisher_packets_carry_topic_id_and_payload(cranes: Cranes) -> None:
    packets = prepared(cranes, Job("gw", turns=2, first_turn=5, first_ms=1_000, rate=None))
    assert len(packets) == 2 * len(cranes.load)
    cutter = wire.Cutter()
    ((head, start, end),) = cutter.cut(packets[1])
    body = cutter.stream[start:end]
    topic = b"gw/1/load-000/TC-01/telemetry"
    assert head == wire.PUBLISH_QOS1
    assert body[2 : 2 + len(topic)] == topic
    assert body[2 + len(topic) : 4 + len(topic)] == (2).to_bytes(2, "big")
    assert body[4 + len(topic) :] == message(1, 5, 1_000 + 1_000 // len(cranes.load))


def test_every_message_is_read_as_eight_values_and_no_two_share_an_instant() -> None:
    samples = [native.decode(message(3, turn, 1_000 * turn))[0][0] for turn in range(200)]
    assert {len(sample.values) for sample in samples} == {8}
    assert len({sample.taken_at for sample in samples}) == 200
    assert native.decode(probe_message(1, 1_000))[0][0].values["clearance_m"] == 1.0


def test_the_district_is_without_fault(district_folder: Path) -> None:
    district = load_district(district_folder)
    assert district.faults == ()
    measured = [sensor for sensor in district.registry.sensors() if not sensor.derived]
    assert len(measured) == (60 + 3) * 8


@pytest.mark.parametrize(("percent", "value"), [(50, 50.0), (99, 99.0), (100, 100.0), (0, 1.0)])
def test_percentile_is_a_value_that_was_measured(percent: float, value: float) -> None:
    assert percentile([float(number) for number in range(1, 101)], percent) == value


def test_percentile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


@pytest.mark.parametrize(("ratio", "is_met"), [(0.25, True), (0.249, False)])
def test_a_mark_says_met_only_when_it_is(ratio: float, is_met: bool) -> None:
    figures = {mark.figure: mark.bound for mark in report.MARKS} | {"pipeline_ratio": ratio}
    marks = report.results(figures, {})["marks"]
    assert {mark["figure"]: mark["met"] for mark in marks}["pipeline_ratio"] is is_met


def test_look_ups_are_measured_in_a_process_of_their_own() -> None:
    found = near.measure_apart(400, 20)
    assert 0.0 < found.p99_ms < 1_000.0
    assert 0.0 < found.cpu_p50_ms <= found.cpu_p99_ms
    assert 20.0 < found.rss_mb < 400.0


@pytest.fixture
def district_folder(tmp_path: Path) -> Path:
    write_district(tmp_path / "made", n_load=60, n_probes=3, webhook="http://127.0.0.1:9/")
    return tmp_path / "made"


@pytest.fixture
def cranes(tmp_path: Path) -> Cranes:
    return write_district(tmp_path / "few", n_load=4, n_probes=0, webhook="http://127.0.0.1:9/")
