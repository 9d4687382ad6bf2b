"""What the intake makes of foreign samples: addresses, names, units, statuses, and copies."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ingest.codecs.heard import Cleaning, ForeignSample, ForeignStatus, Heard, Incoming
from ingest.codecs.table import ForeignLane
from ingest.intake import Intake
from ingest.source import Decoded, RawMessage
from sensors.model import Qc
from sensors.registry import Registry
from tests import builders

NOW = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
AT = NOW - timedelta(seconds=2)
AS_IT_IS = Cleaning()


def registry() -> Registry:
    made = builders.registry(
        replace(builders.sensor("load_t", "crane", device="TC-1"), sent_as="weight"),
        builders.sensor("wind_ms", "crane", device="TC-1"),
        builders.sensor("deep_h_mm", "pit", device="PIT-1", point="CX1"),
        builders.sensor("stage_m", device="WL-1"),
    )
    addresses = {"TC-1": "north/node/crane", "PIT-1": "north/node/pit", "WL-1": "south/node"}
    return Registry(
        replace(
            site,
            devices=tuple(
                replace(each, addresses={"sparkplug": addresses[each.id]}) for each in site.devices
            ),
        )
        for site in made.sites.values()
    )


def decoded(
    read: Callable[[Incoming], Heard],
    *,
    is_selective: bool = False,
    cleaning: Cleaning = AS_IT_IS,
) -> tuple[Decoded, Intake]:
    lane = ForeignLane("x/#", "sparkplug", read, is_selective, cleaning)
    intake = Intake(registry(), lanes=[lane])
    return intake.decode([RawMessage("x/y", b"whole", NOW)]), intake


def test_one_message_may_carry_devices_points_and_units_of_its_own() -> None:
    heard = Heard(
        [
            ForeignSample("north/node/crane", AT, {"weight": 3100.0}, {"weight": "kg"}, 7),
            ForeignSample("north/node/pit", AT, {"CX1/deep_h_mm": 0.004}, {"CX1/deep_h_mm": "m"}),
            ForeignSample("south/node", AT, {"stage_m": 2.5}),
        ]
    )
    out, _ = decoded(lambda _: heard)
    assert out.rejects == []
    assert [(each.device, each.point, each.values) for each in out.reports] == [
        ("TC-1", "", {"load_t": pytest.approx(3.1)}),
        ("PIT-1", "CX1", {"deep_h_mm": pytest.approx(4.0)}),
        ("WL-1", "", {"stage_m": 2.5}),
    ]
    assert out.reports[0].seq == 7
    assert all(each.qc == {} for each in out.reports)


def test_a_stated_unit_beats_the_one_of_the_site_file_and_is_calibrated_as_there() -> None:
    load = builders.sensor("load_t", "crane", device="TC-1")
    load = replace(load, sent_unit="kg", scale=0.002, offset=0.5)  # scale 2 after kg to t
    made = builders.registry(load)
    site = next(iter(made.sites.values()))
    device = replace(site.devices[0], addresses={"senml": "tc"})
    known = Registry([replace(site, devices=(device,))])
    told = iter([{"load_t": "t"}, {}])
    lane = ForeignLane(
        "x",
        "senml",
        lambda m: Heard([ForeignSample("tc", m.received_at, {"load_t": 3.0}, next(told))]),
    )
    intake = Intake(known, lanes=[lane])
    out = intake.decode([RawMessage("x", b"", AT), RawMessage("x", b"", NOW)])
    values = [report.values["load_t"] for report in out.reports]
    assert values == [pytest.approx(6.5), pytest.approx(0.506)]


WRONG = [
    (ForeignSample("north/node/cran", AT, {"weight": 1.0}), "address 'north/node/cran'; did you m"),
    (ForeignSample("south/node", AT, {"stage": 1.0}), "no sensor called 'stage'; did you mean 'st"),
    (ForeignSample("south/node", AT, {"stage_m": 1.0}, {"stage_m": "kg"}), "allowed: m, cm, mm"),
    (ForeignSample("south/node", NOW + timedelta(hours=1), {"stage_m": 1.0}), "a broken clock"),
]


@pytest.mark.parametrize(("sample", "words"), WRONG, ids=lambda each: str(each)[:40])
def test_what_cannot_be_used_goes_to_quarantine_with_a_sentence(
    sample: ForeignSample, words: str
) -> None:
    good = ForeignSample("north/node/crane", AT, {"wind_ms": 4.0}, part=1)
    out, _ = decoded(lambda _: Heard([sample, good], parts=[b"one", b"two"]))
    assert [each.values for each in out.reports] == [{"wind_ms": 4.0}]
    (reject,) = out.rejects
    assert words in reject.reason
    assert reject.payload == b"one"


def test_senders_that_say_much_are_not_refused_for_names_nobody_asked_for() -> None:
    sample = ForeignSample("south/node", AT, {"stage_m": 1.0, "uptime": 9.0})
    out, intake = decoded(lambda _: Heard([sample]), is_selective=True)
    assert (len(out.reports), out.rejects, intake.counts.unnamed) == (1, [], 1)


def test_values_without_a_time_are_stamped_on_arrival_and_never_better_than_suspect() -> None:
    sample = ForeignSample("south/node", NOW, {"stage_m": 1.0}, is_reckoned=True)
    out, _ = decoded(lambda _: Heard([sample, sample]))
    assert [each.qc["stage_m"] for each in out.reports] == [Qc.SUSPECT, Qc.SUSPECT]
    assert out.reports[0].taken_at == NOW
    assert out.reports[1].taken_at == NOW + timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("address", "reaches_below", "devices"),
    [
        ("north/node", True, ["PIT-1", "TC-1"]),
        ("north/node", False, []),
        ("south/node", True, ["WL-1"]),
        ("", True, ["PIT-1", "TC-1", "WL-1"]),
    ],
)
def test_a_status_reaches_the_devices_below_its_address(
    address: str, reaches_below: bool, devices: list[str]
) -> None:
    status = ForeignStatus(address, False, None, {"why": "death"}, reaches_below)
    out, _ = decoded(lambda _: Heard(statuses=[status]))
    assert sorted(each.device for each in out.statuses) == devices
    assert all(not each.is_online and each.detail == {"why": "death"} for each in out.statuses)


def test_what_must_not_be_kept_is_out_of_payload_and_reason_even_when_the_codec_stumbles(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def stumble(incoming: Incoming) -> Heard:
        raise ValueError("secret of " + incoming.payload.decode())

    def copy(kept: bytes) -> bytes:
        return kept.replace(b"whole", b"***").replace(b"secret", b"###")

    out, _ = decoded(
        stumble,
        cleaning=Cleaning(copy, lambda text: text.replace("whole", "").replace("secret", "")),
    )
    (reject,) = out.rejects
    assert (reject.payload, "whole" in reject.reason, "secret" in reject.reason) == (
        b"***",
        False,
        False,
    )
    assert "could not be read" in reject.reason
    assert "whole" not in caplog.text


def test_what_says_nothing_to_us_is_counted_by_its_reason() -> None:
    out, intake = decoded(lambda _: Heard(ignored="a picture"))
    assert (out.reports, out.rejects) == ([], [])
    assert intake.counts.ignored == {("sparkplug", "a picture"): 1}
