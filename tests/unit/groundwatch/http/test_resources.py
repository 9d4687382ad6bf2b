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


def test_a_resource_is_created_changed_moved_and_taken_away(live: Running) -> None:
    fields = {
        "id": "T-new",
        "name": "New team",
        "capabilities": ["drainage", "medical"],
        "strength": 5,
        "lat": 23.2,
        "lon": 113.3,
    }
    body = {"actor": "甲某", "datum": "GCJ-02", "fields": fields}
    made = live.post(f"{API}/resources/teams", body, status=201)
    assert made["datum"] == "WGS-84"
    assert made["position_age_s"] is None
    assert float(made["fields"]["lat"]) == pytest.approx(23.2026, abs=1e-3)
    changed = live.client.patch(
        f"{API}/resources/teams/T-new",
        json={"actor": "乙某", "note": "training", "fields": {"on_duty": False, "phone": None}},
    ).json()
    assert changed["fields"]["on_duty"] == "false"
    spot = {"actor": "T-new", "lat": 23.21, "lon": 113.31, "datum": "WGS-84"}
    moved = live.post(f"{API}/resources/teams/T-new/position", spot)
    assert 0 <= moved["position_age_s"] < 60
    assert live.get(f"{API}/resources/teams/T-new")["fields"]["lat"] == "23.21"
    gone = live.client.request(
        "DELETE", f"{API}/resources/teams/T-new", json={"actor": "乙某", "note": "over"}
    ).json()
    assert (gone["action"], gone["after"]) == ("delete", {})
    absent = live.get(f"{API}/resources/teams/T-new", status=404)
    assert absent["detail"] == "there is no team 'T-new'"
    history = live.get(f"{API}/resources/history", id="T-new")["items"]
    assert gone["number"] == history[0]["number"] > history[1]["number"]
    assert [(each["action"], each["actor"]) for each in history] == [
        ("delete", "乙某"),
        ("position", "T-new"),
        ("patch", "乙某"),
        ("create", "甲某"),
    ]
    assert history[2]["before"]["on_duty"] == "true"
    assert history[2]["note"] == "training"


def test_stock_is_changed_by_depot_and_item(live: Running) -> None:
    line = live.get(f"{API}/resources", kind="stock", limit=1)["items"][0]
    path = f"{API}/resources/stock/{line['id']}"
    order = {"actor": "甲某", "fields": {"quantity": 7, "reserved": 2.5}}
    changed = live.client.patch(path, json=order).json()
    assert (changed["fields"]["quantity"], changed["fields"]["reserved"]) == ("7", "2.5")
    assert live.get(path)["fields"] == changed["fields"]


@pytest.mark.parametrize(
    ("fields", "datum", "said"),
    [
        ({"id": "X", "name": "N", "capabilities": "flying"}, None, "capability 'flying'"),
        ({"id": "X", "name": "N", "capabilities": "medical", "lat": 1}, None, "need a datum"),
        ({"id": "X", "name": "N", "capabilities": "medical"}, "moon", "datum 'moon' is not known"),
        (
            {"id": "X", "name": "N", "capabilities": "medical", "lat": 0, "lon": 0},
            "WGS-84",
            "a place in the ocean",
        ),
    ],
)
def test_a_resource_that_is_none_is_refused_with_every_fault(
    live: Running, fields: dict[str, object], datum: str | None, said: str
) -> None:
    body = {"actor": "甲某", "fields": fields, "datum": datum}
    problem = live.post(f"{API}/resources/teams", body, status=422)
    assert said in " ".join(fault["what"] for fault in problem["faults"])


def test_resources_are_listed_page_by_page(live: Running) -> None:
    first = live.get(f"{API}/resources", kind="cameras", limit=3)
    second = live.get(f"{API}/resources", kind="cameras", limit=3, cursor=first["next"])
    ids = [each["id"] for each in first["items"] + second["items"]]
    assert len(set(ids)) == 6
    found = live.get(f"{API}/resources", kind="cameras", text=ids[4])
    assert ids[4] in [each["id"] for each in found["items"]]
    shelters = live.get(f"{API}/resources", kind="shelters")["items"]
    assert shelters[0]["id"] == "S-001"
    live.get(f"{API}/resources", kind="boats", status=422)


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
