"""What the detectors have learned is shown, and what they find becomes an alert."""

from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from alerting.detect.features import frame_of
from alerting.detect.mast import NEEDED, WIND, train_masts
from groundwatch.cli import app
from tests.unit.alerting_detect.lifting import loaded, weakened, work
from tests.unit.groundwatch.http.running import Running

pytestmark = pytest.mark.broker

API = "/api/v1"
CRANE = "huanghe-tower/TC-01"


def test_a_model_never_trained_says_so_and_is_counted_as_not_ready(live: Running) -> None:
    answer = live.get(f"{API}/models")
    by_name = {each["name"]: each for each in answer["items"]}
    assert answer["is_enabled"]
    assert by_name["crane-mast"]["kind"] == by_name["crane"]["kind"] == "crane"
    assert not by_name["crane-mast"]["is_ready"]
    assert by_name["crane-mast"]["reason"] == "no model of crane-mast has been trained yet"
    done = CliRunner().invoke(app, ["models", "--url", str(live.client.base_url)])
    assert done.exit_code == 0, done.output
    assert "trained anew each night at 02:00 +08:00" in done.output
    assert "crane-mast: not ready, no model of crane-mast has been trained yet" in done.output
    assert 'groundwatch_model_ready{model="crane-mast"} 0.0' in live.client.get("/metrics").text


def test_only_kinds_of_devices_that_the_district_has_are_listed(live: Running) -> None:
    names = {each["name"] for each in live.get(f"{API}/models")["items"]}
    assert names == {"crane", "crane-mast", "hoist", "pit", "formwork", "rain", "water_level"}
    done = CliRunner().invoke(app, ["models", "--url", str(live.client.base_url)])
    assert "camera" not in done.output
    assert 'model="platform"' not in live.client.get("/metrics").text


def test_a_mast_that_bends_further_than_it_used_to_is_an_alert_in_words(own: Running) -> None:
    history = [*work(28, key=f"{CRANE}/"), *work(2, key="huanghe-tower/TC-02/")]
    models = own.program.models
    assert models is not None
    masts = train_masts(frame_of(history))
    models.in_use.use(masts)
    found = next(e for e in own.get(f"{API}/models")["items"] if e["name"] == "crane-mast")
    assert (found["is_ready"], found["known"]) == (True, [CRANE])
    assert found["lacking"] == {"huanghe-tower/TC-02": "has 201 of 1000 rows to learn from"}

    rows = [weakened(row, 0.35) for row in loaded(work(7, first_day=28))][:14]
    now = own.clock.now()
    own.publish(
        f"gw/1/{CRANE}/telemetry",
        *[
            {
                "at": (now - timedelta(seconds=5 * (len(rows) - at))).isoformat(),
                "readings": {name: row.values[name] for name in (*NEEDED, WIND)},
            }
            for at, row in enumerate(rows)
        ],
    )
    done = CliRunner().invoke(app, ["models", "--url", str(own.client.base_url)])
    assert f"  judges {CRANE}" in done.output
    assert "  huanghe-tower/TC-02 has 201 of 1000 rows to learn from" in done.output
    alert = own.until(lambda: unusual(own))
    assert alert["sensor"] == f"{CRANE}/tilt_deg"
    assert (alert["severity"], alert["hazard"]) == ("minor", "anomaly")
    said = own.get(f"{API}/alerts/{alert['id']}/explain", language="zh")["text"]
    assert "塔身倾角偏离惯常值" in said
    said = own.get(f"{API}/alerts/{alert['id']}/explain")["text"]
    assert "the mast leans 0." in said
    assert "up to 0.15 deg is usual" in said


def unusual(own: Running) -> Any:
    return next(iter(own.get(f"{API}/alerts", kind="anomaly")["items"]), None)
