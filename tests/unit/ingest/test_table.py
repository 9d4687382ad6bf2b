"""Which topics go to which codec."""

import pytest

from ingest.codecs import native
from ingest.codecs.table import Address, Lane, lane_of
from ingest.mqtt import DEFAULT_FILTERS


@pytest.mark.parametrize(
    ("topic", "is_status"),
    [
        ("gw/1/s/d/telemetry", False),
        ("gw/1/s/d/event", False),
        ("gw/1/s/d/status", True),
    ],
)
def test_native_topics_are_known_with_site_and_device(topic: str, is_status: bool) -> None:
    found = lane_of(topic)
    assert found is not None
    lane, levels = found
    assert isinstance(lane, Lane)
    assert lane.address(levels) == ("s", "d")
    assert (lane.codec is None) == is_status
    assert lane.filter in DEFAULT_FILTERS


@pytest.mark.parametrize(
    "topic", ["", "gw", "gw/1/s/d", "gw/1/s/d/telemetry/", "gw/1/s/telemetry", "x/1/s/d/telemetry"]
)
def test_other_topics_are_not(topic: str) -> None:
    assert lane_of(topic) is None


def test_a_lane_may_end_in_the_wildcard_for_the_rest() -> None:
    lanes = (Lane("plant/+/#", native, lambda levels: Address(levels[1], levels[-1])),)
    found = lane_of("plant/a/b/c", lanes)
    assert found is not None
    assert found[1] == ["plant", "a", "b", "c"]
    assert lane_of("plant", lanes) is None
