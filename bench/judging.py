"""The cost of judging one crane message: rules, detectors and the alert book, nothing else."""

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from alerting.detect.robust import robust_for
from alerting.joints.table import joints_for
from alerting.judge import Judge
from bench.district import message, write_district
from groundwatch.district import load_district
from ingest.intake import Intake
from ingest.source import RawMessage
from sensors.model import Report

_START = datetime(2026, 5, 1, tzinfo=UTC)
_START_MS = int(_START.timestamp() * 1000)
_N_CRANES = 200
_WARM_TURNS = 210


def measure(turns: int) -> float:
    """Give µs of processor time per message, after windows have filled (210 s of event time)."""
    with tempfile.TemporaryDirectory(prefix="groundwatch-bench-") as directory:
        sites = Path(directory) / "district"
        cranes = write_district(sites, n_load=_N_CRANES, n_probes=0, webhook="http://127.0.0.1:9/")
        district = load_district(sites)
    judge = Judge(
        registry=district.registry,
        packs=district.packs,
        detector_for=lambda sensor: robust_for(sensor.kind, sensor.key.quantity),
        joints=joints_for(district.registry),
    )
    intake = Intake(district.registry)
    spent_s, count = 0.0, 0
    for turn in range(_WARM_TURNS + turns):
        received_at = _START + timedelta(seconds=turn + 1)
        reports: list[Report] = intake.decode(
            [
                RawMessage(
                    crane.topic_under("gw"),
                    message(number, turn, _START_MS + turn * 1000 + number),
                    received_at,
                )
                for number, crane in enumerate(cranes.load)
            ]
        ).reports
        began = time.process_time()
        judge.take(reports, turn + 1, received_at)
        if turn >= _WARM_TURNS:
            spent_s += time.process_time() - began
            count += len(reports)
    return spent_s / count * 1e6
