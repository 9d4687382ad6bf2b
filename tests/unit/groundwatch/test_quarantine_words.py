"""What is said of whatever the intake refuses: each of its reasons has its own way to be mended."""

from datetime import timedelta

import pytest

from groundwatch.quarantine_words import sender_of, what_to_do
from ingest.codecs.senml import Senml
from ingest.codecs.table import LANES, ForeignLane
from ingest.intake import Intake
from ingest.source import RawMessage
from tests import builders
from tests.unit.ingest.messages import RECEIVED_AT, TAKEN_AT, message, sample

SENML = b'[{"bn":"urn:dev:mac:1","bt":1782878398,"n":"wind","u":"m/s","v":3}]'


def intake() -> Intake:
    return Intake(
        builders.registry(
            builders.sensor("wind_ms", "crane", device="TC-1"),
            builders.sensor("deep_h_mm", "pit", device="PIT-1", point="CX1-1m"),
        ),
        lanes=(*LANES, ForeignLane("senml/#", "senml", Senml(["WL-7"]).read)),
    )


REFUSED = {
    "an unknown site": (message(sample(wind_ms=1), site="nowhere"), "add it to a site file"),
    "an unknown device": (message(sample(wind_ms=1), device="TC-9"), "add it to a site file"),
    "an unknown sensor": (message(sample(load_t=1)), "add the sensor to the device"),
    "an unknown point": (
        message(sample(deep_h_mm=1, point="CX9"), device="PIT-1"),
        "add the sensor to the device",
    ),
    "no point": (message(sample(deep_h_mm=1), device="PIT-1"), "add the sensor to the device"),
    "an unknown address": (RawMessage("senml/x", SENML, RECEIVED_AT), "(`addresses:`)"),
    "an unknown topic": (RawMessage("gw/2/x", b"1", RECEIVED_AT), "(`[doors]`)"),
    "a clock ahead": (
        message(sample(RECEIVED_AT + timedelta(hours=1), wind_ms=1)),
        "set the clock of the device",
    ),
    "a clock behind": (
        message(sample(TAKEN_AT - timedelta(days=20_000), wind_ms=1)),
        "set the clock of the device",
    ),
    "no JSON": (RawMessage("gw/1/site/TC-1/telemetry", b"[", RECEIVED_AT), "docs/wire-format.md"),
    "a text": (message(sample(wind_ms="3.1")), "docs/wire-format.md"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("refused", "said"), REFUSED.values(), ids=REFUSED)
def test_every_reason_has_its_own_way_to_be_mended(refused: RawMessage, said: str) -> None:
    [reject] = intake().decode([refused]).rejects
    assert said in what_to_do("ingest", reject.reason), reject.reason


def test_two_values_for_one_instant_need_nobody_here() -> None:
    taking = intake()
    twice = [message(sample(wind_ms=3)), message(sample(wind_ms=4))]
    [reject] = taking.decode(twice).rejects
    assert what_to_do("ingest", reject.reason).startswith("nothing here")


def test_what_the_database_refused_is_mended_there() -> None:
    assert "mend it there" in what_to_do("store", "partial write: field type conflict")


@pytest.mark.parametrize(
    ("origin", "topic", "sender"),
    [
        ("ingest", "gw/1/site/TC-1/telemetry", ("site", "TC-1")),
        ("ingest", "gw/1/site/TC-1/event", ("site", "TC-1")),
        ("ingest", "senml/x", None),
        ("store", "site/PIT-1/CX1-1m", ("site", "PIT-1")),
    ],
)
def test_a_topic_names_its_sender_where_its_format_does(
    origin: str, topic: str, sender: tuple[str, str] | None
) -> None:
    assert sender_of(origin, topic) == sender
