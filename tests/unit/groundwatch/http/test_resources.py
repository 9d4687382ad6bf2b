"""Who is near a point, and the quarantine with its replay."""

import json
from datetime import timedelta

import pytest

from ingest.source import Decoded, Undecodable
from tests.unit.groundwatch.http.running import Running

pytestmark = pytest.mark.broker

API = "/api/v1"


def test_near_gives_who_and_what_can_help_at_a_point(live: Running) -> None:
    query = {"lat": 23.2312, "lon": 113.2784, "hazard": "crane_overload", "severity": "extreme"}
    card = live.get(f"{API}/resources/near", **query)
    assert card["teams"][0]["why"]
    assert card["supplies"][0]["items"]
    assert card["chain"]
    far = live.get(f"{API}/resources/near", **query | {"lat": -40.0, "lon": 20.0})
    assert far["teams"] == []
    assert far["shortfall"]


def test_what_cannot_be_used_is_shown_with_bytes_and_reason(live: Running) -> None:
    topic = "gw/1/huanghe-tower/TC-01/telemetry"
    live.publish(topic, b'{"at": "now', b"\xff\xfe\x00")
    first, second = live.get(f"{API}/quarantine")["items"][-2:]
    assert (first["topic"], first["text"]) == (topic, '{"at": "now')
    assert (second["text"], second["base64"], second["n_bytes"]) == (None, "//4A", 3)
    assert first["reason"]
    counts = live.get(f"{API}/quarantine")["counts"]
    assert counts["n_rows"] == counts["n_total"] >= 2
    page = live.get(f"{API}/quarantine", limit=1, after_id=first["id"] - 1)
    assert [entry["id"] for entry in page["items"]] == [first["id"]]
    assert page["next_after_id"] == first["id"]


def test_what_was_mended_is_owned_and_judged_when_replayed(live: Running) -> None:
    topic, now = "gw/1/huanghe-tower/TC-03/telemetry", live.clock.now()
    entries = [
        Undecodable(
            topic,
            json.dumps(
                {"at": (now + timedelta(seconds=n)).isoformat(), "readings": {"moment_pct": 95.0}}
            ).encode(),
            now,
            "the codec of that day could not read it",
        )
        for n in range(2)
    ]
    live.call(live.program.log.own(Decoded([], [*entries, entries[0]])))
    *_, one, two, three = live.get(f"{API}/quarantine")["items"]
    order = {"ids": [one["id"], two["id"], 999_999]}
    done = live.post(f"{API}/quarantine/replay", order)
    assert (done["seen"], done["reports"], done["replayed"], done["left"]) == (2, 2, 2, 0)
    assert live.firing("huanghe-tower/TC-03/moment_pct")["severity"] == "moderate"
    left = [entry["id"] for entry in live.get(f"{API}/quarantine")["items"]]
    assert three["id"] in left
    assert one["id"] not in left
    with_replayed = live.get(f"{API}/quarantine", with_replayed="true")["items"]
    assert one["id"] in [entry["id"] for entry in with_replayed]


def test_what_still_cannot_be_read_stays(live: Running) -> None:
    live.publish("gw/1/huanghe-tower/TC-01/telemetry", b"[broken")
    done = live.post(f"{API}/quarantine/replay", {})
    assert done["left"] >= 1
    assert done["seen"] == done["left"] + done["replayed"] + done["renewed"] + done["skipped"]
