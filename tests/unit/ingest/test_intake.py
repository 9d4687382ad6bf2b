"""From messages to reports: look-up, calibration, quality, clocks, duplicates, and refusals."""

import json
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.codecs.sample import Fault, Sample
from ingest.codecs.table import Address, Lane
from ingest.intake import Intake
from ingest.source import Decoded, RawMessage
from sensors.model import Qc
from sensors.registry import ClockRule, FutureRule, Registry
from tests import builders
from tests.unit.ingest.messages import RECEIVED_AT, TAKEN_AT, message, sample


def reasons(decoded: Decoded) -> list[str]:
    return [each.reason for each in decoded.rejects]


def test_a_message_becomes_a_calibrated_report(intake: Intake) -> None:
    decoded = intake.decode([message(sample(seq=7, load_t=2000.0, moment_pct=80))])
    (report,) = decoded.reports
    assert (report.site, report.device, report.kind, report.point) == ("site", "TC-1", "crane", "")
    assert (report.taken_at, report.received_at, report.seq) == (TAKEN_AT, RECEIVED_AT, 7)
    assert report.values == pytest.approx({"load_t": 2.1, "moment_pct": 80.0})
    assert report.qc == {}
    assert decoded.rejects == []


def test_an_array_becomes_a_report_for_each_instant_and_point(intake: Intake) -> None:
    decoded = intake.decode(
        [
            message(
                sample(point="CX1-1m", deep_h_mm=1.5),
                sample(point="CX1-2m", deep_h_mm=2.5),
                sample(TAKEN_AT + timedelta(seconds=1), point="CX1-1m", deep_h_mm=1.6),
                device="PIT-1",
            )
        ]
    )
    found = [(each.point, each.values["deep_h_mm"]) for each in decoded.reports]
    assert found == [("CX1-1m", 1.5), ("CX1-2m", 2.5), ("CX1-1m", 1.6)]


def test_an_event_is_decoded_like_telemetry(intake: Intake) -> None:
    decoded = intake.decode([message(sample(danger_sign=1), device="PIT-1", leaf="event")])
    assert decoded.reports[0].values == {"danger_sign": 1.0}


@pytest.mark.parametrize(
    ("wind", "flag"), [(44.9, None), (45.1, Qc.SUSPECT), (75.1, Qc.FAIL), (-0.1, Qc.FAIL)]
)
def test_a_value_outside_its_ranges_is_kept_and_flagged(
    intake: Intake, wind: float, flag: Qc | None
) -> None:
    decoded = intake.decode([message(sample(wind_ms=wind, moment_pct=1))])
    assert decoded.reports[0].values["wind_ms"] == wind
    assert decoded.reports[0].qc == ({} if flag is None else {"wind_ms": flag})
    assert decoded.rejects == []
    assert intake.counts.implausible == (flag is not None)


# Not known


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("gw/1/sight/TC-1/telemetry", "the site 'sight' is not in the site files; did you mean"),
        ("gw/1/site/TC-2/telemetry", "site 'site' has no device 'TC-2'; did you mean 'TC-1'?"),
        ("gw/2/site/TC-1/telemetry", "no codec is set for the topic gw/2/site/TC-1/telemetry"),
        ("gw/1/site/TC-1/telemetry/x", "no codec is set"),
        ("gw/1/site/TC-1/command", "no codec is set"),
        ("gw/1/site/TC-2/status", "has no device 'TC-2'"),
        ("(topic is not UTF-8)", "no codec is set"),
    ],
)
def test_a_topic_that_cannot_be_placed_is_refused_with_all_its_bytes(
    intake: Intake, topic: str, words: str
) -> None:
    for _ in range(2):  # the answer is kept, and must be the same
        decoded = intake.decode([RawMessage(topic, b"bytes", RECEIVED_AT)])
        (reject,) = decoded.rejects
        assert words in reject.reason
        assert (reject.topic, reject.payload, reject.received_at) == (topic, b"bytes", RECEIVED_AT)
        assert decoded.reports == []


def test_an_unknown_quantity_is_refused_and_the_others_are_kept(intake: Intake) -> None:
    sent = message(sample(moment_pct=80, wind_mps=3, colour=7))
    decoded = intake.decode([sent])
    assert decoded.reports[0].values == {"moment_pct": 80.0}
    (reject,) = decoded.rejects
    assert "no sensor for 'wind_mps'; did you mean 'wind_ms'?" in reject.reason
    assert "no sensor for 'colour'; allowed: load_t, moment_pct, wind_ms" in reject.reason
    assert reject.payload == sent.payload


def test_a_missing_or_unknown_point_is_refused(intake: Intake) -> None:
    decoded = intake.decode(
        [
            message(sample(point="CX1-3m", deep_h_mm=1), device="PIT-1"),
            message(sample(point="x", wind_ms=1)),
        ]
    )
    assert decoded.reports == []
    assert "'site/PIT-1' has no point 'CX1-3m'; did you mean 'CX1-" in reasons(decoded)[0]
    assert "'site/TC-1' has no point 'x'" in reasons(decoded)[1]


def test_a_quantity_without_its_point_is_refused(intake: Intake) -> None:
    decoded = intake.decode([message(sample(deep_h_mm=1), device="PIT-1")])
    assert "'site/PIT-1' has no sensor for 'deep_h_mm'" in reasons(decoded)[0]


def test_a_value_that_calibration_drives_beyond_all_numbers_is_refused() -> None:
    beyond = replace(builders.sensor("wind_ms", "crane", device="TC-1"), scale=1e10)
    intake = Intake(builders.registry(beyond))
    decoded = intake.decode([message(sample(wind_ms=1e300))])
    assert decoded.reports == []
    assert "'wind_ms' that is beyond all numbers" in reasons(decoded)[0]


def test_a_broken_message_is_refused_and_the_next_one_is_not(intake: Intake) -> None:
    broken = RawMessage("gw/1/site/TC-1/telemetry", b"{", RECEIVED_AT)
    decoded = intake.decode([broken, message(sample(wind_ms=1))])
    assert len(decoded.reports) == 1
    assert "not JSON" in reasons(decoded)[0]
    assert intake.counts.messages == 2
    assert intake.counts.rejects == 1


def test_bad_elements_of_an_array_are_refused_by_themselves(intake: Intake) -> None:
    good = sample(wind_ms=1)
    unknown = sample(TAKEN_AT + timedelta(seconds=1), colour=1)
    broken = {"at": TAKEN_AT.isoformat(), "readings": {"wind_ms": "2"}}
    decoded = intake.decode([message(good, unknown, broken)])
    assert [each.values for each in decoded.reports] == [{"wind_ms": 1.0}]
    assert sorted(each.payload for each in decoded.rejects) == sorted(
        json.dumps(each).encode() for each in (unknown, broken)
    )


def test_very_many_bad_elements_become_one_reject_with_the_whole_message(intake: Intake) -> None:
    sent = message(*[sample(TAKEN_AT + timedelta(seconds=n), colour=n) for n in range(51)])
    decoded = intake.decode([sent])
    (reject,) = decoded.rejects
    assert reject.reason.startswith("51 parts are refused, the first because: 'site/TC-1' has no")
    assert reject.payload == sent.payload


# Clocks


@pytest.mark.parametrize(
    ("taken_at", "words"),
    [
        (datetime(2099, 1, 1, tzinfo=UTC), "a broken clock"),
        (datetime(1970, 1, 1, tzinfo=UTC), "before 2000-01-01"),
        (RECEIVED_AT + timedelta(minutes=5, milliseconds=1), "after it was received: a broken"),
    ],
)
def test_a_broken_clock_is_quarantined(intake: Intake, taken_at: datetime, words: str) -> None:
    sent = message(sample(taken_at, wind_ms=1))
    decoded = intake.decode([sent])
    assert decoded.reports == []
    assert words in reasons(decoded)[0]
    assert decoded.rejects[0].payload == sent.payload


def test_a_clock_five_minutes_ahead_is_believed(intake: Intake) -> None:
    decoded = intake.decode([message(sample(RECEIVED_AT + timedelta(minutes=5), wind_ms=1))])
    assert len(decoded.reports) == 1


def test_a_site_that_says_so_restamps_and_counts_and_tells_once(
    restamping: Intake, caplog: pytest.LogCaptureFixture
) -> None:
    broken = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    decoded = restamping.decode([message(sample(broken, wind_ms=1))])
    restamping.decode([message(sample(broken, wind_ms=2))])
    assert decoded.reports[0].taken_at == RECEIVED_AT
    assert decoded.rejects == []
    assert restamping.counts.restamped == 2
    assert [record.message for record in caplog.records if "TC-1" in record.message] == [
        "site/TC-1 is stamped with the time of arrival: taken at 1970-01-01T00:05:00+00:00, before "
        "2020-01-01: a broken clock"
    ]


def test_restamped_samples_of_one_message_keep_their_distances(restamping: Intake) -> None:
    start = datetime(1970, 1, 1, tzinfo=UTC)
    sent = [sample(start + timedelta(seconds=n), wind_ms=n) for n in (0, 10, 20)]
    decoded = restamping.decode([message(*sent, sample(wind_ms=9))])
    assert [(RECEIVED_AT - each.taken_at).total_seconds() for each in decoded.reports] == [
        20, 10, 0, 2,
    ]  # fmt: skip


def test_two_restamped_messages_of_one_moment_are_both_kept(restamping: Intake) -> None:
    broken = datetime(1970, 1, 1, tzinfo=UTC)
    decoded = restamping.decode([message(sample(broken, wind_ms=n)) for n in (1, 2, 3)])
    assert [each.values["wind_ms"] for each in decoded.reports] == [1, 2, 3]
    assert len({each.taken_at for each in decoded.reports}) == 3
    assert decoded.rejects == []


def test_restamped_values_are_suspect_at_best(restamping: Intake) -> None:
    broken = datetime(1970, 1, 1, tzinfo=UTC)
    decoded = restamping.decode(
        [message(sample(broken, wind_ms=1, moment_pct=2)), message(sample(broken, wind_ms=80))]
    )
    assert [each.qc for each in decoded.reports] == [
        {"wind_ms": Qc.SUSPECT, "moment_pct": Qc.SUSPECT},
        {"wind_ms": Qc.FAIL},
    ]
    (in_time,) = restamping.decode([message(sample(wind_ms=1))]).reports
    assert in_time.qc == {}


def test_what_restamping_would_put_before_all_time_is_refused(restamping: Intake) -> None:
    first, last = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
    sent = message(sample(last, wind_ms=1), sample(first, wind_ms=2), sample(wind_ms=3))
    decoded = restamping.decode([sent])
    assert [each.values["wind_ms"] for each in decoded.reports] == [1, 3]
    assert reasons(decoded) == [
        "taken at 0001-01-02T00:00:00+00:00, before 2020-01-01: a broken clock"
    ]
    assert restamping.counts.unforeseen == 0


def test_thousands_of_samples_of_one_broken_instant_are_stamped_without_delay(
    restamping: Intake,
) -> None:
    broken = datetime(1970, 1, 1, tzinfo=UTC)
    moments = [broken + timedelta(microseconds=n // 2) for n in range(3000)]
    start_s = time.process_time()
    decoded = restamping.decode([message(*({"at": each.isoformat(), "readings": {"wind_ms": 1}}
        for each in moments))])  # fmt: skip
    assert len({each.taken_at for each in decoded.reports}) == len(moments)
    assert time.process_time() - start_s < 1.0  # some 0.1 s; seconds where each walks past all


# What nobody foresaw


class Stumbling:
    """A codec with a fault: it raises what it is told to."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def decode(self, payload: bytes, /) -> tuple[list[Sample], list[Fault]]:
        if payload == b"stumble":
            raise self.fault
        return [Sample(TAKEN_AT, None, "", {"wind_ms": 1.0}, 0)], []

    def parts(self, payload: bytes, /) -> list[bytes]:
        return [payload]


@pytest.mark.parametrize(
    "fault",
    [
        OverflowError("date value out of range"),
        KeyError("x"),
        TypeError("no"),
        RecursionError("deep"),
        AttributeError("none"),
    ],
)
def test_a_message_that_our_code_stumbles_over_is_put_aside_and_the_next_is_read(
    registry: Registry, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    intake = Intake(
        registry,
        lanes=[Lane("x/+/+", Stumbling(fault), lambda levels: Address(levels[1], levels[2]))],
    )
    batch = [RawMessage("x/site/TC-1", each, RECEIVED_AT) for each in (b"stumble", b"good")]
    decoded = intake.decode(batch)
    assert len(decoded.reports) == 1
    (reject,) = decoded.rejects
    assert reject.reason.startswith(f"could not be read: {type(fault).__name__}: ")
    assert reject.payload == b"stumble"
    assert (intake.counts.unforeseen, intake.counts.rejects) == (1, 1)
    assert "could not be read" in caplog.text


_INSTANTS = st.one_of(
    st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat),
    st.sampled_from(
        ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999-23:59"]
    ),
    st.integers(-(10**18), 10**18),
    st.floats(),
)
_SAMPLES = st.fixed_dictionaries(
    {
        "at": _INSTANTS,
        "readings": st.dictionaries(
            st.sampled_from(["wind_ms", "load_t", "colour"]), st.floats() | st.none(), max_size=3
        ),
    },
    optional={"point": st.text(max_size=3), "seq": st.integers()},
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
_PAYLOADS = st.one_of(
    st.binary(),
    (_JSON | st.lists(_SAMPLES, max_size=8) | _SAMPLES).map(lambda each: json.dumps(each).encode()),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(["telemetry", "event", "status"]), _PAYLOADS), max_size=4),
    st.sampled_from(FutureRule),
)
def test_no_message_whatever_is_in_it_stops_or_surprises_the_intake(
    registry: Registry, sent: list[tuple[str, bytes]], future: FutureRule
) -> None:
    clock = ClockRule(future=future, not_before=datetime(2020, 1, 1, tzinfo=UTC))
    sites = [replace(site, clock=clock) for site in registry.sites.values()]
    intake = Intake(Registry(sites))
    for leaf, payload in sent:
        decoded = intake.decode([RawMessage(f"gw/1/site/TC-1/{leaf}", payload, RECEIVED_AT)])
        intake.remember(decoded.reports)
    assert intake.counts.unforeseen == 0


# Duplicates


def test_a_message_that_comes_twice_counts_once(intake: Intake) -> None:
    sent = message(sample(wind_ms=1, moment_pct=2))
    first = intake.decode([sent, sent])
    assert len(first.reports) == 1
    intake.remember(first.reports)
    again = intake.decode([sent])
    assert again == Decoded([], [], [])
    assert intake.counts.duplicates == 2


def test_what_was_decoded_and_never_owned_comes_through_again(intake: Intake) -> None:
    sent = message(sample(wind_ms=1))
    intake.decode([sent])
    assert len(intake.decode([sent]).reports) == 1


def test_another_value_for_an_owned_reading_is_refused(intake: Intake) -> None:
    first = intake.decode([message(sample(wind_ms=1, moment_pct=2))])
    intake.remember(first.reports)
    decoded = intake.decode([message(sample(wind_ms=1.5, moment_pct=2))])
    assert decoded.reports == []
    assert reasons(decoded) == ["conflicts with a reading already owned: wind_ms 1.5, owned is 1"]


def test_a_value_with_many_digits_comes_again_as_a_duplicate(intake: Intake) -> None:
    sent = message(sample(wind_ms=1 / 3, load_t=1234.56789012345, moment_pct=1e300))
    intake.remember(intake.decode([sent]).reports)
    assert intake.decode([sent, sent]) == Decoded([], [], [])
    assert intake.counts.duplicates == 2
    decoded = intake.decode([message(sample(wind_ms=0.333334, moment_pct=1e30))])
    assert "wind_ms 0.333334, owned is 0.333333" in reasons(decoded)[0]
    assert "moment_pct 1e+30" in reasons(decoded)[0]


def test_other_values_within_one_batch_are_refused_too(intake: Intake) -> None:
    decoded = intake.decode([message(sample(wind_ms=1)), message(sample(wind_ms=2))])
    assert [each.values for each in decoded.reports] == [{"wind_ms": 1.0}]
    assert "conflicts" in reasons(decoded)[0]


def test_another_quantity_of_the_same_instant_is_no_duplicate(intake: Intake) -> None:
    intake.remember(intake.decode([message(sample(wind_ms=1))]).reports)
    decoded = intake.decode(
        [message(sample(moment_pct=2)), message(sample(wind_ms=1, load_t=1000))]
    )
    assert [each.values for each in decoded.reports] == [{"moment_pct": 2.0}, {"load_t": 1.1}]
    assert decoded.rejects == []


def test_after_a_restart_the_newest_owned_reports_are_remembered(
    intake: Intake, restamping: Intake
) -> None:
    sent = message(sample(wind_ms=1))
    restamping.remember(intake.decode([sent]).reports)
    assert restamping.decode([sent]).reports == []


def test_reports_of_devices_that_are_gone_are_not_remembered(intake: Intake) -> None:
    intake.remember([builders.report(0, {"stage_m": 1.0}, device="gone")])
    assert len(intake.decode([message(sample(wind_ms=1))]).reports) == 1


@given(
    st.lists(
        st.tuples(
            st.integers(0, 30), st.sampled_from(["wind_ms", "moment_pct"]), st.integers(0, 1)
        ),
        max_size=40,
    ),
    st.integers(1, 7),
)
def test_whatever_comes_in_each_reading_is_owned_once_and_nothing_vanishes(
    sent: list[tuple[int, str, int]], batch_size: int
) -> None:
    names = ("wind_ms", "moment_pct")
    intake = Intake(
        builders.registry(*(builders.sensor(each, "crane", device="TC-1") for each in names))
    )
    owned: dict[tuple[datetime, str], float] = {}
    messages = [
        message(
            {
                "at": (TAKEN_AT - timedelta(seconds=seconds)).isoformat(),
                "readings": {quantity: value},
            }
        )
        for seconds, quantity, value in sent
    ]
    n_conflicts = 0
    for start in range(0, len(messages), batch_size):
        decoded = intake.decode(messages[start : start + batch_size])
        for report in decoded.reports:
            for quantity, value in report.values.items():
                assert (report.taken_at, quantity) not in owned
                owned[report.taken_at, quantity] = value
        intake.remember(decoded.reports)
        n_conflicts += len(decoded.rejects)
    assert len(owned) + intake.counts.duplicates + n_conflicts == len(sent)
    firsts: dict[tuple[datetime, str], float] = {}
    for seconds, quantity, value in sent:
        firsts.setdefault((TAKEN_AT - timedelta(seconds=seconds), quantity), float(value))
    assert owned == firsts


# Status


def test_birth_and_will_become_statuses(intake: Intake) -> None:
    decoded = intake.decode(
        [
            message({"online": True, "at": TAKEN_AT.isoformat(), "firmware": "1.4"}, leaf="status"),
            message({"online": False, "cause": {"code": 7}}, leaf="status"),
        ]
    )
    first, second = decoded.statuses
    assert (first.site, first.device, first.is_online, first.at) == ("site", "TC-1", True, TAKEN_AT)
    assert first.detail == {"firmware": "1.4"}
    assert (second.is_online, second.at, second.received_at) == (False, None, RECEIVED_AT)
    assert second.detail == {"cause": "{'code': 7}"}
    assert decoded.reports == []
    assert decoded.rejects == []


def test_a_status_that_cannot_be_read_is_refused(intake: Intake) -> None:
    decoded = intake.decode([message({"online": "yes"}, leaf="status")])
    assert decoded.statuses == []
    assert "not a status message" in reasons(decoded)[0]
