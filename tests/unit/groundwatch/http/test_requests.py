"""What is refused and how: names, bodies, fields; and the headers of every answer."""

from typing import Any

import pytest

from tests.unit.groundwatch.http.running import Running

pytestmark = pytest.mark.broker

API = "/api/v1"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/alerts?severity=bad", "query.severity.0"),
        ("/alerts?limit=0", "query.limit"),
        ("/alerts?limit=1001", "query.limit"),
        ("/alerts?since=yesterday", "query.since"),
        ("/alerts?since=2026-01-01T00:00:00", "query.since"),
        ("/alerts?sevrity=minor", "query.sevrity"),
        ("/alerts?cursor=rubbish", "query.cursor"),
        ("/alerts?cursor=WyJhIl0", "query.cursor"),
        ("/history?cursor=W10", "query.cursor"),
        ("/sensors?kind=boat", "query.kind"),
        ("/sensors?cursor=WyIxIl0", "query.cursor"),
        ("/readings", "query.sensor"),
        (
            "/readings?sensor=huanghe-tower/TC-01/wind_ms"
            "&since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z",
            "query.since",
        ),
        ("/resources/near?lat=91&lon=113&hazard=river_flood", "query.lat"),
        ("/resources/near?lat=nan&lon=113&hazard=river_flood", "query.lat"),
        ("/resources/near?lon=113&hazard=river_flood", "query.lat"),
        ("/quarantine?after_id=-1", "query.after_id"),
        ("/explain", "query.sensor"),
    ],
)
def test_a_wrong_query_names_its_field(live: Running, path: str, field: str) -> None:
    answer = live.client.get(API + path)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert field in [fault["field"] for fault in problem["faults"]]
    assert problem["type"] == "urn:groundwatch:problem:invalid-request"
    assert field in problem["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body.actor"),
        ({"actor": "  "}, "body.actor"),
        ({"actor": "x" * 81}, "body.actor"),
        ({"actor": "a\x1b[31m"}, "body.actor"),
        ({"actor": "a\u202eb"}, "body.actor"),
        ({"actor": "Duty", "note": "x" * 2001}, "body.note"),
        ({"actor": "Duty", "nots": "x"}, "body.nots"),
        ({"actor": 5}, "body.actor"),
        (["actor"], "body"),
    ],
)
def test_a_wrong_body_names_its_field(live: Running, body: Any, field: str) -> None:
    problem = live.post(f"{API}/alerts/any/ack", body, status=422)
    assert field in [fault["field"] for fault in problem["faults"]]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        (
            "shelve",
            {"actor": "", "note": "x", "minutes": 5},
            "body.actor: it is empty; al",
        ),
        ("shelve", {"note": "x", "minutes": 5}, "body.actor: it is missing"),
        ("ack", {"actor": "x" * 81}, "is too long; allowed: at most 80 characters"),
        (
            "shelve",
            {"actor": "Ann", "note": "x", "minutes": 0},
            "0 minutes are out of range; allowed: more than 0 and at most 10080 (7 days)",
        ),
        (
            "shelve",
            {"actor": "Ann", "note": "x", "minutes": "soon"},
            "body.minutes: 'soon' is not a number; allowed: a number, without quotes or unit",
        ),
        ("shelve", {"actor": "Ann", "note": "x"}, "body: give either minutes or until"),
        (
            "ack",
            ["actor"],
            'body: a list is not a block of keys; allowed: an object: {"key": value}',
        ),
    ],
)
def test_a_fault_of_a_body_is_said_in_words(live: Running, path: str, body: Any, said: str) -> None:
    assert said in live.post(f"{API}/alerts/any/{path}", body, status=422)["detail"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("severity=purple", "'purple' is not one of the words known here; allowed: minor, moder"),
        ("since=yesterday", "'yesterday' is not a date and time; allowed: RFC 3339, for example"),
        ("limit=1001", "'1001' is out of range; allowed: at most 1000"),
    ],
)
def test_a_fault_of_a_query_is_said_in_words(live: Running, query: str, said: str) -> None:
    assert said in live.client.get(f"{API}/alerts?{query}").json()["detail"]


def test_broken_json_is_a_problem_document(live: Running) -> None:
    headers = {"content-type": "application/json"}
    answer = live.client.post(f"{API}/alerts/any/ack", content=b"{", headers=headers)
    assert answer.status_code == 422
    assert "body: not JSON, from character 1 on: " in answer.json()["detail"]


def test_a_form_of_a_foreign_page_is_not_taken_for_json(live: Running) -> None:
    headers = {"content-type": "text/plain"}
    body = b'{"actor": "Duty"}'
    answer = live.client.post(f"{API}/alerts/any/ack", content=body, headers=headers)
    assert answer.status_code == 422


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_large_body_is_refused_whether_declared_or_not(
    live: Running, *, is_declared: bool
) -> None:
    body = b" " * (70 * 1024)
    content = body if is_declared else iter([body])
    answer = live.client.post(f"{API}/alerts/any/ack", content=content)
    assert answer.status_code == 413
    assert "65536" in answer.json()["detail"]


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8420", "", "127.0.0.1.evil.example"]
)
def test_a_foreign_name_is_turned_away(live: Running, host: str) -> None:
    answer = live.client.get("/healthz", headers={"host": host})
    assert answer.status_code == 421
    assert "http.names" in answer.json()["detail"]


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8420", "10.0.0.7"]
)
def test_own_names_and_addresses_are_answered(live: Running, host: str) -> None:
    assert live.client.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/nothing", f"{API}/sites", "/metrics"])
def test_every_answer_keeps_browsers_from_guessing_and_framing(live: Running, path: str) -> None:
    headers = live.client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


def test_a_wrong_path_or_method_is_a_problem_document(live: Running) -> None:
    assert live.get("/api/v1/alrts", status=404)["title"] == "not found"
    answer = live.client.delete(f"{API}/alerts")
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["allow"] == "GET"


def test_the_root_page_leads_everywhere(live: Running) -> None:
    page = live.client.get("/")
    assert page.headers["content-type"].startswith("text/html")
    links = [part.split('"')[0] for part in page.text.split('href="')[1:]]
    assert "/metrics" in links
    for link in links:
        if not link.endswith("/events"):
            assert live.client.get(link).status_code == 200, link
