"""Anomaly alerts: what they say in both languages, and which calm readings close them."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from alerting.book import Change, Moment
from alerting.detect.detector import CALM, Answer, NotReady, Surprise
from alerting.model import AlertState
from alerting.sentence import say
from alerting.unusual import CALM_APART_S, CALM_READINGS, Anomalies, Examined
from sensors.model import Position, SensorKey

CRANE = SensorKey("yard", "TC-01", "", "")
NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
START_S = NOW.timestamp()
SURPRISE = Surprise(
    score=1.3,
    value=1.5,
    low=0.05,
    high=0.12,
    unit="deg",
    reason="unusual together for this device: mast tilt x is 1.5 deg (usually 0.05 to 0.12 deg)",
    quantity="tilt_x_deg",
)


@pytest.fixture
def anomalies() -> Anomalies:
    return Anomalies()


def told(anomalies: Anomalies, after_s: float, answer: Answer) -> Change | None:
    examined = Examined(sensor=CRANE, taken_s=START_S + after_s, answer=answer)
    return anomalies.take(examined, Moment(NOW, 1, Position(23.0, 113.0)))


def test_what_surprised_among_several_is_named_with_its_own_value_in_both_languages(
    anomalies: Anomalies,
) -> None:
    change = told(anomalies, 0.0, SURPRISE)
    assert change is not None
    transition = change.transition
    assert transition.said is not None
    assert transition.reason.startswith("Unusual: unusual together for this device: mast tilt x")
    assert say(transition.said, "zh") == (
        "变化异常：倾角X测值1.5 °，按以往规律应在0.05至0.12 °之间。"
    )
    assert change.alert.unit == "deg"


def test_a_sentence_of_the_model_itself_is_said_in_chinese_as_it_is(anomalies: Anomalies) -> None:
    own = "力矩86 t·m时，塔身倾角偏离惯常值0.31°"
    change = told(anomalies, 0.0, replace(SURPRISE, reason_zh=own))
    assert change is not None
    assert change.transition.said is not None
    assert say(change.transition.said, "zh") == f"变化异常：{own}。"


def test_calm_readings_count_once_a_minute_however_fast_they_come(anomalies: Anomalies) -> None:
    assert told(anomalies, 0.0, SURPRISE) is not None
    last_s = int((CALM_READINGS - 1) * CALM_APART_S)
    changes = [told(anomalies, float(after_s), CALM) for after_s in range(1, last_s + 1)]
    assert changes == [None] * last_s
    change = told(anomalies, last_s + 1.0, CALM)
    assert change is not None
    assert change.alert.state is AlertState.RESOLVED


def test_not_ready_neither_closes_nor_counts_and_a_surprise_begins_the_count_anew(
    anomalies: Anomalies,
) -> None:
    told(anomalies, 0.0, SURPRISE)
    for n in range(1, CALM_READINGS):
        assert told(anomalies, n * 60.0, CALM) is None
    assert told(anomalies, 2_000.0, NotReady("a wind bends the mast")) is None
    assert told(anomalies, 2_060.0, SURPRISE) is None
    for n in range(1, CALM_READINGS):
        assert told(anomalies, 2_060.0 + n * 60.0, CALM) is None
    assert told(anomalies, 9_000.0, CALM) is not None
