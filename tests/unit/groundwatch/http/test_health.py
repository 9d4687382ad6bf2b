"""Readiness tells which part is away, and answers go on as far as they can without it."""

from platform import python_version
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import servers
from tests.unit.groundwatch.http.running import Running

pytestmark = pytest.mark.broker

API = "/api/v1"


def metrics(live: Running) -> dict[tuple[str, ...], float]:
    """Give every sample by name and labels."""
    text = live.client.get("/metrics").text
    return {
        (sample.name, *(f"{k}={v}" for k, v in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_metrics_count_what_happened(live: Running) -> None:
    before = metrics(live)
    live.overload("TC-01", 85.0, 86.0)
    live.publish("gw/1/huanghe-tower/TC-01/telemetry", b"not json")
    after = metrics(live)

    def grown(*name: str) -> float:
        return after[name] - before[name]

    assert grown("groundwatch_messages_total") == 3
    assert grown("groundwatch_readings_total") == 2
    assert grown("groundwatch_rejects_total") == 1
    assert grown("groundwatch_quarantine_entries") == 1
    assert grown("groundwatch_alerts", "kind=limit", "severity=minor") == 1
    assert after["groundwatch_source_connected",] == 1
    assert after["groundwatch_store_writing",] == 1
    assert after["groundwatch_build_info", "python=" + python_version(), "version=0.1.0"] == 1
    live.until(lambda: metrics(live)["groundwatch_attempts_total", *TAKEN] > 0)


def test_every_number_is_given_once(live: Running) -> None:
    text = live.client.get("/metrics").text
    names = [family.name for family in text_string_to_metric_families(text)]
    assert sorted(names) == sorted(set(names))


TAKEN = ("channel=console", "outcome=taken")


def test_metrics_speak_openmetrics_when_asked(live: Running) -> None:
    headers = {"accept": "application/openmetrics-text; version=1.0.0"}
    answer = live.client.get("/metrics", headers=headers)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.rstrip().endswith("# EOF")


def test_a_broker_that_is_gone_makes_it_not_ready_until_it_is_back(own: Running) -> None:
    assert own.is_ready()
    servers.kill(own.mqtt_port)
    found = own.until(lambda: not_ready(own))
    assert found["status"] == "not ready"
    reason, _ = found["reasons"]
    assert reason.startswith(f"broker: 127.0.0.1:{own.mqtt_port}: ")
    assert own.get("/healthz") == {"status": "alive"}
    assert own.get(f"{API}/sites")["items"]


def test_channels_for_which_the_console_stands_in_are_named(live: Running) -> None:
    answer = live.client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    said = "channels: the console stands in for sms, voice: nobody is reached over it"
    assert answer.json()["reasons"] == [said]


def not_ready(own: Running) -> Any:
    answer = own.client.get("/readyz")
    return None if answer.status_code == 200 else answer.json()


def test_a_journal_that_is_away_is_named_and_the_rest_goes_on(own: Running) -> None:
    own.overload("TC-01", 85.0, 86.0)
    own.call(own.program.journal.close())
    found = own.get("/readyz", status=503)
    bad = [check["name"] for check in found["checks"] if not check["is_good"]]
    assert bad == ["journal", "channels"]
    answer = own.client.get(f"{API}/alerts")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert answer.json()["part"] == "journal"
    body = {"actor": "Duty"}
    assert own.post(f"{API}/alerts/any/ack", body, status=503)["part"] == "journal"
    why = own.get(f"{API}/explain", sensor="huanghe-tower/TC-01/moment_pct")
    assert any("standing alerts cannot be shown" in remark for remark in why["remarks"])
    assert why["sensor"]["value"] == 86.0
    assert metrics(own)["groundwatch_alerts", "kind=limit", "severity=minor"] == 1
    own.call(own.program.journal.open())
    assert own.get(f"{API}/alerts")["items"]


def test_a_database_that_is_away_only_degrades(own: Running) -> None:
    own.call(own.program.store.close())
    alert = own.overload("TC-01", 85.0, 86.0)
    found = own.until(lambda: degraded(own))
    assert "2 reports wait in the log" in found["reasons"][0]
    sensor = "huanghe-tower/TC-01/moment_pct"
    problem = own.get(f"{API}/readings", sensor=sensor, status=503)
    assert problem["part"] == "store"
    assert own.get(f"{API}/sensors/{sensor}")["value"] == 86.0
    assert own.get(f"{API}/alerts/{alert['id']}/explain")["alert"]["id"] == alert["id"]
    assert metrics(own)["groundwatch_store_writing",] == 0
    own.call(own.program.store.open())


def degraded(own: Running) -> Any:
    found = own.get("/readyz")
    others = [reason for reason in found["reasons"] if not reason.startswith("channels: ")]
    return found if found["status"] == "degraded" and others else None
