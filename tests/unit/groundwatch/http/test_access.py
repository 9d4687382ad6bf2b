"""Who is let in: keys that may look or act, what passes without one, pages of other places."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from groundwatch.cli import app
from groundwatch.client import ClientError, call
from tests import servers
from tests.unit.groundwatch.http.running import Running, running

pytestmark = pytest.mark.broker

API = "/api/v1"
LOOK, ACT = "key-of-the-wall-screen-0123456789", "key-of-the-duty-desk-0123456789"
KEYS = {"wall": {"secret": LOOK, "may": "look"}, "desk": {"secret": ACT, "may": "act"}}
SAID = {"actor": "Duty Officer (fictitious)"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Give a program with keys; its own client brings the one that may look."""
    place = tmp_path_factory.mktemp("kept")
    port = servers.start_mosquitto(place)
    with running(place / "state", port, http={"keys": KEYS}) as program:
        program.client.headers["Authorization"] = f"Bearer {LOOK}"
        yield program
    servers.stop(port)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize("path", ["/", "/metrics", f"{API}/sites", f"{API}/openapi.json", "/x"])
def test_nothing_is_shown_without_a_key(kept: Running, path: str) -> None:
    answer = kept.client.get(path, headers={"Authorization": ""})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic realm=")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Authorization: Bearer" in answer.json()["detail"]


@pytest.mark.parametrize(
    "given",
    ["Bearer wrong", f"Bearer {ACT}x", f"Bearer {ACT[:-1]}", f"Basic {ACT}", f"Digest {ACT}",
     "Basic eDp5", "Basic !", "Bearer", ACT],
)  # fmt: skip
def test_what_is_no_key_is_refused(kept: Running, given: str) -> None:
    answer = kept.client.get(f"{API}/sites", headers={"Authorization": given})
    assert answer.status_code == 401
    assert ACT not in answer.text


def test_a_key_is_taken_as_a_token_and_as_the_password_of_a_login(kept: Running) -> None:
    assert kept.client.get(f"{API}/sites", headers=bearer(LOOK)).status_code == 200
    login = ("anybody", LOOK)
    assert kept.client.get("/", auth=login, headers={"Authorization": ""}).status_code == 200


def test_a_key_that_may_look_changes_nothing(kept: Running) -> None:
    alert = kept.overload("TC-01", 120, 120, 120, 120)
    path = f"{API}/alerts/{alert['id']}/ack"
    refused = kept.client.post(path, json=SAID)
    assert refused.status_code == 403
    assert '`may = "act"`' in refused.json()["detail"]
    assert kept.get(f"{API}/alerts/{alert['id']}")["acknowledged_at"] is None


def test_a_key_that_may_act_acts_and_its_name_is_logged(
    kept: Running, caplog: pytest.LogCaptureFixture
) -> None:
    alert = kept.overload("TC-02", 120, 120, 120, 120)
    with caplog.at_level(logging.INFO):
        path = f"{API}/alerts/{alert['id']}/ack"
        assert kept.client.post(path, json=SAID, headers=bearer(ACT)).status_code == 200
    named = [record.__dict__["key"] for record in caplog.records if "key" in record.__dict__]
    assert named == ["desk"]
    assert ACT not in caplog.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_whether_it_works_is_told_to_everybody(kept: Running, path: str) -> None:
    assert kept.client.get(path, headers={"Authorization": ""}).status_code in (200, 503)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/a/no-ticket", 404),
        ("/o/no-ticket/accept", 404),
        (f"{API}/replies", 403),
        (f"{API}/receipts", 403),
        (f"{API}/calls/duty_calls", 401),
    ],
)
def test_what_knows_who_asks_by_its_own_ways_asks_for_no_key(
    kept: Running, path: str, status: int
) -> None:
    answer = kept.client.post(path, json=SAID, headers={"Authorization": ""})
    assert answer.status_code == status, answer.text
    assert "a key is needed" not in answer.text


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://10.1.2.3:8420"])
def test_a_foreign_page_changes_nothing_even_with_a_login(kept: Running, origin: str) -> None:
    headers = bearer(ACT) | {"Origin": origin}
    answer = kept.client.post(f"{API}/silences", json={}, headers=headers)
    assert answer.status_code == 403
    assert "http.names" in answer.json()["detail"]


def test_a_page_of_its_own_may_ask(kept: Running) -> None:
    headers = bearer(ACT) | {"Origin": f"http://127.0.0.1:{kept.server.port}"}
    assert kept.client.post(f"{API}/silences", json={}, headers=headers).status_code == 422


def test_the_command_line_brings_its_key_from_the_environment(
    kept: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = f"http://127.0.0.1:{kept.server.port}"
    with pytest.raises(ClientError, match=r"a key is needed.*GROUNDWATCH_KEY_FILE"):
        call("GET", url, "/sites")
    monkeypatch.setenv("GROUNDWATCH_KEY", LOOK)
    assert call("GET", url, "/sites")["items"]
    monkeypatch.delenv("GROUNDWATCH_KEY")
    listed = CliRunner().invoke(app, ["alerts", "--all"], env={"GROUNDWATCH_URL": url})
    assert "a key is needed" in listed.output
    (tmp_path / "key").write_text(f"{LOOK}\n")
    monkeypatch.setenv("GROUNDWATCH_KEY_FILE", str(tmp_path / "key"))
    assert call("GET", url, "/sites")["items"]
    listed = CliRunner().invoke(app, ["alerts", "--all"], env={"GROUNDWATCH_URL": url})
    assert listed.exit_code == 0, listed.output
    monkeypatch.setenv("GROUNDWATCH_KEY_FILE", str(tmp_path / "none"))
    with pytest.raises(ClientError, match="GROUNDWATCH_KEY_FILE cannot be read"):
        call("GET", url, "/sites")
