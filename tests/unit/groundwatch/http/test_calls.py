"""What a voice service says of its calls: signed, and pressing the key acknowledges."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from alerting.channels.signing import SIGNATURE_HEADER, signature
from tests.unit.groundwatch.http.running import CALL_SECRET, Running

pytestmark = pytest.mark.broker

PATH = "/api/v1/calls/duty_calls"


def tell(
    live: Running,
    said: dict[str, Any],
    *,
    secret: str = CALL_SECRET,
    ago_s: float = 0.0,
    path: str = PATH,
) -> tuple[int, dict[str, Any]]:
    body = json.dumps(said).encode()
    at = datetime.now(UTC) - timedelta(seconds=ago_s)
    headers = {SIGNATURE_HEADER: signature(SecretStr(secret), body, at)}
    answer = live.client.post(path, content=body, headers=headers)
    assert secret not in answer.text
    return answer.status_code, answer.json()


def word(alert_id: str, result: str = "confirmed") -> dict[str, Any]:
    return {"key": "k-0", "alert": alert_id, "person": "ann", "call_id": "7", "result": result}


def test_a_person_who_pressed_the_key_has_acknowledged(live: Running) -> None:
    alert = live.overload("TC-01", 85.0, 86.0)
    assert tell(live, word(alert["id"], "no_answer")) == (200, {"acknowledged": False})
    assert live.get(f"/api/v1/alerts/{alert['id']}")["acknowledged_at"] is None
    assert tell(live, word(alert["id"])) == (200, {"acknowledged": True})
    found = live.get(f"/api/v1/alerts/{alert['id']}")
    assert found["acknowledged_by"] == "ann by telephone"
    assert tell(live, word(alert["id"]))[0] == 200, "told twice, as services do"


@pytest.mark.parametrize(
    ("secret", "ago_s"), [("another-secret-of-nobody", 0.0), (CALL_SECRET, 400.0)]
)
def test_what_is_not_signed_or_old_is_refused(live: Running, secret: str, ago_s: float) -> None:
    alert = live.overload("TC-02", 85.0, 86.0)
    status, problem = tell(live, word(alert["id"]), secret=secret, ago_s=ago_s)
    assert status == 401
    assert problem["type"].endswith("not-signed")
    assert live.get(f"/api/v1/alerts/{alert['id']}")["acknowledged_at"] is None


def test_a_request_without_a_signature_is_refused(live: Running) -> None:
    answer = live.client.post(PATH, json=word("x"))
    assert answer.status_code == 401


def test_what_cannot_be_used_says_why(live: Running) -> None:
    assert tell(live, word("alert-of-nobody"))[0] == 404
    status, problem = tell(live, word("x", "maybe"))
    assert (status, problem["faults"][0]["field"]) == (422, "body.result")
    assert tell(live, {"key": "x" * 20_000})[0] == 422
    assert tell(live, word("x"), path="/api/v1/calls/console")[0] == 404
