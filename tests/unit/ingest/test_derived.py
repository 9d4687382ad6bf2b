"""Virtual sensors are computed here: a sender cannot set their values."""

from dataclasses import replace

from ingest.intake import Intake
from ingest.source import RawMessage
from tests.builders import at, registry, sensor


def test_a_value_for_a_virtual_sensor_is_refused_and_the_rest_is_taken() -> None:
    derived = replace(sensor("ponding_depth_m"), derived="from the stage")
    intake = Intake(registry(sensor("stage_m"), derived))
    body = b'{"at": "2026-06-01T00:00:00Z", "readings": {"stage_m": 1, "ponding_depth_m": 2}}'
    found = intake.decode([RawMessage("gw/1/site/D-01/telemetry", body, at(1))])
    (report,) = found.reports
    (reject,) = found.rejects
    assert report.values == {"stage_m": 1.0}
    assert "ponding_depth_m" in reject.reason
