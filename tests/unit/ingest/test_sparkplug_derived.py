"""Values that need several inputs, of nodes that send only what has changed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from ingest.codecs.sparkplug import Sparkplug
from ingest.codecs.table import ForeignLane
from ingest.intake import Intake
from ingest.source import RawMessage
from sensors.model import Report
from sensors.recipes.table import with_derived
from sensors.registry import Registry
from tests import builders
from tests.unit.ingest.sparkplug_wire import Metric, payload
from tests.unit.ingest.test_sparkplug import NOW

ADDRESS = "north/gw-1/crane"
X = Metric(name="tilt_x_deg", alias=1, datatype=9, value=3.0)
Y = Metric(name="tilt_y_deg", alias=2, datatype=9, value=0.0)
TO_4 = Metric(alias=2, datatype=9, value=4.0)


def intake() -> Intake:
    named = ("tilt_x_deg", "tilt_y_deg", "wind_ms")
    made = builders.registry(*(builders.sensor(n, "crane", every_s=10.0) for n in named))
    (site,) = made.sites.values()
    (device,) = site.devices
    device = with_derived(replace(device, addresses={"sparkplug": ADDRESS}))
    registry = Registry([replace(site, devices=(device,))])
    lane = ForeignLane("spBv1.0/#", "sparkplug", Sparkplug([ADDRESS]).read)
    return Intake(registry, lanes=[lane])


def message(kind: str, metrics: Sequence[Metric], seq: int, after_s: float) -> RawMessage:
    now = NOW + timedelta(seconds=after_s)
    topic = f"spBv1.0/north/{kind}/gw-1" + ("/crane" if kind[0] == "D" else "")
    body = payload(metrics, seq=seq, at_ms=int(now.timestamp() * 1000))
    return RawMessage(topic, body, now)


def said(here: Intake, metrics: Sequence[Metric], seq: int, after_s: float) -> Sequence[Report]:
    return here.decode([message("DDATA", metrics, seq, after_s)]).reports


def born() -> Intake:
    here = intake()
    wind = Metric(name="wind_ms", alias=3, datatype=9, value=1.0)
    here.decode([message("NBIRTH", [], 0, 0.0), message("DBIRTH", [X, Y, wind], 1, 0.0)])
    return here


def test_a_change_of_one_input_is_judged_with_the_last_of_the_others() -> None:
    (report,) = said(born(), [TO_4], 2, 50.0)
    assert report.values == {"tilt_y_deg": 4.0, "tilt_deg": pytest.approx(5.0)}


def test_nothing_is_computed_where_no_input_has_changed() -> None:
    (report,) = said(born(), [Metric(alias=3, datatype=9, value=2.0)], 2, 50.0)
    assert report.values == {"wind_ms": 2.0}


def test_what_was_said_too_long_ago_counts_no_more() -> None:
    (report,) = said(born(), [TO_4], 2, 101.0)
    assert report.values == {"tilt_y_deg": 4.0}


def test_a_null_and_an_incredible_value_are_not_believed_later() -> None:
    for worse in (Metric(alias=1, datatype=9), Metric(alias=1, datatype=9, value=40.0)):
        here = born()
        said(here, [worse], 2, 20.0)
        (report,) = said(here, [TO_4], 3, 30.0)
        assert report.values == {"tilt_y_deg": 4.0}


def test_a_message_read_again_says_the_same_again() -> None:
    here = born()
    first = said(here, [TO_4], 2, 20.0)
    said(here, [Metric(alias=1, datatype=9, value=1.0)], 3, 30.0)
    assert said(here, [TO_4], 2, 20.0) == first
