"""Sparkplug B over time: births, aliases, sequence, rebirths, deaths, and replays."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.codecs.heard import Heard, Incoming
from ingest.codecs.sparkplug import ASK_EVERY, Sparkplug
from tests.cases import FEW
from tests.unit.ingest.sparkplug_wire import Metric, payload

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
REBIRTH = b"\x0a\x14Node Control/Rebirth"


def read(
    reader: Sparkplug,
    kind: str,
    metrics: Sequence[Metric] = (),
    *,
    seq: int | None = None,
    after_s: float = 0.0,
    replay: bool = False,
    device: str = "crane",
) -> Heard:
    levels = ["spBv1.0", "north", kind, "gw-1", *([device] if kind[0] == "D" else [])]
    now = NOW + timedelta(seconds=after_s)
    body = payload(metrics, seq=seq, at_ms=int(now.timestamp() * 1000))
    return reader.read(Incoming(levels, body, now, replay))


def reader() -> Sparkplug:
    return Sparkplug(["north/gw-1/crane", "north/gw-1/pit"])


LOAD = Metric(name="Load", alias=3, datatype=9, value=3.5, unit="kg")
TILT = Metric(name="Tilt", alias=4, datatype=2, value=-5)


def born(*, bd_seq: int = 7) -> Sparkplug:
    made = reader()
    read(made, "NBIRTH", [Metric(name="bdSeq", datatype=4, value=bd_seq)], seq=0)
    read(made, "DBIRTH", [LOAD, TILT], seq=1)
    return made


def values(heard: Heard) -> dict[str, float]:
    return {name: value for sample in heard.samples for name, value in sample.values.items()}


def test_a_birth_carries_values_and_says_that_the_device_is_there() -> None:
    made = reader()
    read(made, "NBIRTH", seq=0)
    heard = read(made, "DBIRTH", [LOAD, TILT], seq=1)
    assert values(heard) == {"Load": 3.5, "Tilt": -5.0}
    assert heard.samples[0].units == {"Load": "kg"}
    assert [(each.address, each.is_online) for each in heard.statuses] == [
        ("north/gw-1/crane", True)
    ]


def test_data_may_speak_in_aliases_with_the_type_and_unit_of_the_birth() -> None:
    heard = read(
        born(),
        "DDATA",
        [Metric(alias=3, datatype=9, value=2.5), Metric(alias=4, kind=2, value=-7)],
        seq=2,
    )
    assert values(heard) == {"Load": 2.5, "Tilt": -7.0}
    assert heard.samples[0].units == {"Load": "kg"}
    assert heard.samples[0].seq == 2


@pytest.mark.parametrize(
    ("datatype", "sent", "meant"),
    [
        (1, 0xFE, -2.0),
        (1, 0xFFFFFFFE, -2.0),
        (1, 5, 5.0),
        (2, 0xFFFE, -2.0),
        (3, 0xFFFFFFFE, -2.0),
        (4, 2**64 - 2, -2.0),
        (5, 200, 200.0),
        (6, 60000, 60000.0),
        (7, 4_000_000_000, 4e9),
        (8, 2**63, float(2**63)),
        (11, True, 1.0),
        (11, False, 0.0),
    ],
)
def test_whole_numbers_of_every_datatype(datatype: int, sent: int, meant: float) -> None:
    made = reader()
    read(made, "NBIRTH", seq=0)
    heard = read(made, "DBIRTH", [Metric(name="x", datatype=datatype, value=sent)], seq=1)
    assert values(heard) == {"x": meant}


def test_a_text_is_no_number_and_a_null_says_nothing() -> None:
    made = reader()
    read(made, "NBIRTH", seq=0)
    metrics = [Metric(name="t", datatype=12, value="3.1"), Metric(name="n", datatype=10)]
    said = values(read(made, "DBIRTH", metrics, seq=1))
    assert list(said) == ["t"]
    assert said["t"] != said["t"]


def test_a_historical_metric_keeps_its_own_instant() -> None:
    old = Metric(alias=3, datatype=9, value=1.0, at_ms=NOW_MS - 60_000, is_historical=True)
    (sample,) = read(born(), "DDATA", [old], seq=2).samples
    assert sample.taken_at == NOW - timedelta(seconds=60)


def test_a_gap_asks_for_a_rebirth_and_data_waits_until_it_came() -> None:
    made = born()
    data = [Metric(alias=3, datatype=9, value=2.5)]
    assert values(read(made, "DDATA", data, seq=2)) == {"Load": 2.5}
    gap = read(made, "DDATA", data, seq=4, after_s=1)
    assert gap.samples == ()
    assert "seq 4 came after 2" in gap.faults[0].reason
    (order,) = gap.orders
    assert order.topic == "spBv1.0/north/NCMD/gw-1"
    assert REBIRTH in order.payload
    waiting = read(made, "DDATA", data, seq=5, after_s=2)
    assert (waiting.samples, waiting.orders) == ((), [])
    read(made, "NBIRTH", seq=0, after_s=3)
    read(made, "DBIRTH", [LOAD, TILT], seq=1, after_s=3)
    assert values(read(made, "DDATA", data, seq=2, after_s=4)) == {"Load": 2.5}


def test_a_rebirth_is_asked_for_once_in_a_while() -> None:
    made = reader()
    after = [0.0, 1.0, ASK_EVERY.total_seconds() - 0.1, ASK_EVERY.total_seconds() + 0.1]
    asked = [bool(read(made, "DDATA", [LOAD], seq=5, after_s=each).orders) for each in after]
    assert asked == [True, False, False, True]


def test_the_sequence_goes_on_from_255_with_0() -> None:
    made = reader()
    read(made, "NBIRTH", seq=0)
    read(made, "DBIRTH", [LOAD], seq=1)
    for seq in range(2, 520):
        heard = read(made, "DDATA", [Metric(alias=3, value=1.0)], seq=seq % 256, after_s=seq)
        assert (len(heard.samples), len(heard.orders)) == (1, 0)


def test_an_alias_without_a_name_is_asked_about() -> None:
    heard = read(born(), "DDATA", [Metric(alias=9, value=1.0)], seq=2)
    assert "alias 9 has no name" in heard.faults[0].reason
    assert len(heard.orders) == 1


def test_after_our_restart_every_known_node_is_asked_for_its_births() -> None:
    made = reader()
    orders = made.rebirths(NOW, "we were away")
    assert [each.topic for each in orders] == ["spBv1.0/north/NCMD/gw-1"]
    assert read(made, "DDATA", [Metric(alias=3, value=1.0)], seq=2).samples == ()


def test_after_a_cut_births_are_asked_for_and_believed_while_the_sequence_goes_on() -> None:
    made = born()
    assert len(made.rebirths(NOW, "we were away")) == 1
    assert values(read(made, "DDATA", [Metric(alias=3, value=1.0)], seq=2)) == {"Load": 1.0}
    assert "something in between is lost" in read(made, "DDATA", [LOAD], seq=4).faults[0].reason


def test_a_death_takes_the_devices_with_it_unless_it_is_of_an_earlier_connection() -> None:
    made = born(bd_seq=8)
    old = read(made, "NDEATH", [Metric(name="bdSeq", datatype=4, value=7)])
    assert old.ignored
    assert values(read(made, "DDATA", [Metric(alias=3, value=1.0)], seq=2)) == {"Load": 1.0}
    (status,) = read(made, "NDEATH", [Metric(name="bdSeq", datatype=4, value=8)]).statuses
    assert (status.address, status.is_online, status.reaches_below) == ("north/gw-1", False, True)
    assert read(made, "DDATA", [Metric(alias=3, value=1.0)], seq=3).samples == ()


def test_the_death_of_a_device_is_its_own() -> None:
    made = born()
    (status,) = read(made, "DDEATH", seq=2).statuses
    assert (status.address, status.is_online) == ("north/gw-1/crane", False)
    assert "no birth of north/gw-1/crane" in read(made, "DDATA", [LOAD], seq=3).faults[0].reason


def test_devices_of_a_known_node_that_no_site_file_names_do_not_fill_the_quarantine() -> None:
    made = born()
    heard = read(made, "DDATA", [LOAD], seq=2, device="lamp")
    assert (heard.faults, heard.orders) == ((), ())
    assert heard.ignored == "data of a device that no site file names"


def test_a_node_that_no_site_file_names_is_told_by_its_address() -> None:
    incoming = Incoming(["spBv1.0", "x", "DDATA", "y", "z"], payload([LOAD], seq=1), NOW)
    (sample,) = reader().read(incoming).samples
    assert sample.address == "x/y/z"


def test_the_same_message_twice_is_no_gap() -> None:
    made = born()
    data = [Metric(alias=3, datatype=9, value=2.5)]
    first = read(made, "DDATA", data, seq=2)
    assert read(made, "DDATA", data, seq=2) == first
    assert values(read(made, "DDATA", data, seq=3, after_s=1)) == {"Load": 2.5}


def test_what_lay_in_quarantine_is_read_by_the_births_that_came_and_changes_nothing() -> None:
    made = reader()
    data = [Metric(alias=3, datatype=9, value=2.5)]
    assert read(made, "DDATA", data, seq=9).faults
    read(made, "NBIRTH", seq=0, after_s=1)
    read(made, "DBIRTH", [LOAD], seq=1, after_s=1)
    assert values(read(made, "DDATA", data, seq=9, replay=True)) == {"Load": 2.5}
    assert values(read(made, "DDATA", data, seq=2, after_s=2)) == {"Load": 2.5}


def test_an_alias_that_was_given_anew_is_not_believed_of_older_data() -> None:
    made = born()
    data = [Metric(alias=3, datatype=9, value=2.5)]
    read(made, "NBIRTH", seq=0, after_s=10)
    read(made, "DBIRTH", [Metric(name="Wind", alias=3, datatype=9, value=1.0)], seq=1, after_s=10)
    old = read(made, "DDATA", data, seq=9, replay=True)
    assert "given anew" in old.faults[0].reason
    named_one = [Metric(name="Wind", datatype=9, value=2.0)]
    assert values(read(made, "DDATA", named_one, seq=9, replay=True)) == {"Wind": 2.0}


@settings(max_examples=FEW, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(min_size=1, max_size=8),
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(0, 10**10),
        ),
        max_size=12,
    )
)
def test_what_was_encoded_is_decoded(metrics: list[tuple[str, float, int]]) -> None:
    made = reader()
    read(made, "NBIRTH", seq=0)
    sent = [Metric(name=f"m/{n}", datatype=10, value=v, at_ms=t + 1) for n, v, t in metrics]
    heard = read(made, "DBIRTH", sent, seq=1)
    got = sorted(
        (name, value, round(sample.taken_at.timestamp() * 1000))
        for sample in heard.samples
        for name, value in sample.values.items()
    )
    assert got == sorted((f"m/{n}", v, t + 1) for n, v, t in metrics)
