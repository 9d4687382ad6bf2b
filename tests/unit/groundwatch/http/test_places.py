"""Sites, sensors and readings over real HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from tests.unit.groundwatch.http.running import Running

pytestmark = pytest.mark.broker

API = "/api/v1"
WIND = "huanghe-tower/TC-04/wind_ms"
RADIUS = "huanghe-tower/TC-04/radius_m"
LOAD = "huanghe-tower/TC-04/load_t"


def send(live: Running, quantity: str, *values: float) -> None:
    """Let a crane report one quantity, 5 s apart, up to now."""
    now = live.clock.now()
    payloads = [
        {
            "at": (now - timedelta(seconds=5 * (len(values) - n))).isoformat(),
            "readings": {quantity: value},
        }
        for n, value in enumerate(values)
    ]
    live.publish("gw/1/huanghe-tower/TC-04/telemetry", *payloads)


def test_sites_stand_as_their_worst_alert(live: Running) -> None:
    alert = live.overload("TC-01", 101.0, 102.0)
    sites = {site["id"]: site for site in live.get(f"{API}/sites")["items"]}
    assert len(sites) == len(live.program.district.registry.sites)
    assert sites["huanghe-tower"]["worst"] == "severe"
    assert sites["jiahe-pit"]["worst"] is None
    one = live.get(f"{API}/sites/huanghe-tower")
    assert one["worst_alert"]["id"] == alert["id"]
    devices = {device["id"]: device for device in one["devices"]}
    assert devices["TC-01"]["worst"] == "severe"
    assert devices["TC-02"]["worst"] is None
    assert "huanghe-tower/TC-01/moment_pct" in devices["TC-01"]["sensors"]


def test_a_device_is_as_it_last_said(live: Running) -> None:
    live.publish("gw/1/huanghe-tower/TC-02/status", {"online": True, "firmware": "1.0"})
    devices = live.get(f"{API}/sites/huanghe-tower")["devices"]
    online = {device["id"]: device["is_online"] for device in devices}
    assert online["TC-02"] is True
    assert online["TC-03"] is None


def test_sensors_are_filtered_and_paged(live: Running) -> None:
    registry = live.program.district.registry
    pits = [str(sensor.key) for sensor in registry.sensors() if sensor.kind == "pit"]
    found = live.get(f"{API}/sensors", kind="pit", limit=2000)
    assert [sensor["key"] for sensor in found["items"]] == pits
    assert found["next"] is None
    paged: list[str] = []
    query: dict[str, Any] = {"kind": "pit", "limit": 7}
    while True:
        page = live.get(f"{API}/sensors", **query)
        paged += [sensor["key"] for sensor in page["items"]]
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert paged == pits
    one = live.get(f"{API}/sensors", site="huanghe-tower", device="TC-01")["items"]
    assert {sensor["device"] for sensor in one} == {"TC-01"}


def test_one_sensor_has_its_value_age_and_limits_with_their_source(live: Running) -> None:
    send(live, "wind_ms", 3.0, 4.0)
    sensor = live.get(f"{API}/sensors/{WIND}")
    assert (sensor["value"], sensor["unit"], sensor["zh"]) == (4.0, "m/s", "风速")
    assert 4 < sensor["age_s"] < 30
    rule, gusts = sensor["rules"]
    assert rule["pack"] == "crane@3"
    levels = {level["severity"]: level for level in rule["levels"]}
    assert levels["moderate"]["provenance"]["clause"] == "3.0.12, no lifting from force 6"
    mean = levels["extreme"]["ways"][0]["conditions"][0]
    assert (mean["measure"], mean["window_s"], mean["limit"]) == ("mean_2min", 120.0, 20.0)
    assert mean["present"] == pytest.approx(3.5)
    red = {level["severity"]: level for level in gusts["levels"]}["extreme"]
    gust = red["ways"][0]["conditions"][0]
    assert (gust["measure"], gust["window_s"], gust["limit"]) == ("gust", 120.0, 20.0)


def test_a_sensor_says_which_of_its_limits_are_not_judged(live: Running) -> None:
    key, _, rest = live.program.district.not_judged()[0].partition(": ")
    sensor = live.get(f"{API}/sensors/{key}")
    gaps = {
        f"{rule['rule_id']}, {gap['severity']}: not judged, {gap['reason']}"
        for rule in sensor["rules"]
        for gap in rule["not_judged"]
    }
    assert rest in gaps


def test_readings_come_back_as_they_were_sent(live: Running) -> None:
    start, sent = live.clock.now(), [11.0, 12.0, 13.0, 14.0, 15.0]
    send(live, "radius_m", *sent)

    def stored(**query: Any) -> dict[str, Any]:
        since = (start - timedelta(seconds=30)).isoformat()
        page: dict[str, Any] = live.get(
            f"{API}/readings", sensor=RADIUS, **{"since": since} | query
        )
        return page

    live.until(lambda: [r["value"] for r in stored()["items"]] == sent)
    first = stored(limit=3)
    rest = stored(since=first["next_since"])
    assert [r["value"] for r in first["items"] + rest["items"]] == sent
    assert rest["next_since"] is None
    latest = live.get(f"{API}/readings/latest", site="huanghe-tower")["items"]
    assert {r["sensor"]: r["value"] for r in latest}[RADIUS] == 15.0
    assert live.get(f"{API}/readings/latest", site="jiahe-pit")["items"] == []


def test_a_flag_that_is_only_known_later_is_stored_and_shown_with_its_reason(own: Running) -> None:
    since = (own.clock.now() - timedelta(seconds=60)).isoformat()
    send(own, "load_t", 1.0, 1.1, 1.0, 6.0, 1.0)
    own.clock.ahead += timedelta(seconds=90)
    send(own, "load_t", 1.0, 1.1)

    def flagged() -> list[dict[str, Any]]:
        page = own.get(f"{API}/readings", sensor=LOAD, since=since)
        return [entry for entry in page["items"] if entry["qc"] != 1]

    own.until(flagged)
    (spike,) = flagged()
    assert (spike["value"], spike["qc"]) == (6.0, 3)
    assert spike["why"].startswith("spike: a single value rose by 5 at once")
    remarks = {r["value"]: r["remark"] for r in own.get(f"{API}/explain", sensor=LOAD)["readings"]}
    assert "spike: a single value" in remarks.pop(6.0)
    assert set(remarks.values()) == {""}


@pytest.mark.parametrize(
    ("path", "status", "near"),
    [
        ("/sites/huanghe-towr", 404, "huanghe-tower"),
        ("/sensors/huanghe-tower/TC-04/wind", 404, WIND),
        ("/sensors/huanghe-tower", 404, ""),
        ("/readings?sensor=huanghe-tower/TC-04/wind_m", 404, WIND),
        ("/explain?sensor=huanghe-tower/TC-04/wind_m", 404, WIND),
        ("/sensors?site=huanghe", 422, "huanghe-tower"),
        ("/sensors?site=huanghe-tower&device=TC-1", 422, "TC-01"),
        ("/alerts?site=jiahe", 422, "jiahe-pit"),
        ("/alerts?site=huanghe&state=firing", 422, "huanghe-tower"),
        ("/history?site=jiahe", 422, "jiahe-pit"),
        ("/official?site=jiahe", 422, "jiahe-pit"),
        ("/couplings?site=jiahe", 422, "jiahe-pit"),
        ("/readings/latest?site=jiahe", 422, "jiahe-pit"),
        ("/resources/near?lat=23.2&lon=113.2&hazard=river_flod", 422, "river_flood"),
    ],
)
def test_a_name_that_does_not_exist_is_answered_with_what_may_be_meant(
    live: Running, path: str, status: int, near: str
) -> None:
    problem = live.get(API + path, status=status)
    assert near == "" or near in problem["near"]
    assert problem["status"] == status


def test_a_lift_is_listed_once_it_is_settled(live: Running) -> None:
    start = live.clock.now() - timedelta(seconds=300)
    loads = [0.0, *([2.0] * 6), 0.0, *([0.0] * 30)]
    live.publish(
        "gw/1/huanghe-tower/TC-02/telemetry",
        *(
            {
                "at": (start + timedelta(seconds=5 * n)).isoformat(),
                "readings": {"load_t": load, "radius_m": 20.0 + n, "reeving": 4.0},
            }
            for n, load in enumerate(loads)
        ),
    )
    query = {"site": "huanghe-tower", "device": "TC-02"}
    (lift,) = live.until(lambda: live.get(f"{API}/cycles", **query)["items"])
    assert (lift["duration_s"], lift["max_load_t"]) == (30.0, 2.0)
    assert (lift["start_radius_m"], lift["end_radius_m"]) == (21.0, 27.0)
    assert lift["max_pct"] == pytest.approx(65.0, abs=3.0)
    problem = live.get(f"{API}/cycles", status=422, site="huanghe-tower", device="SJ-01")
    assert "has no crane of this id" in str(problem)
