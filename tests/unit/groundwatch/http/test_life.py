"""Stages, couplings and boreholes over real HTTP, and a person's word that outlasts a restart."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import servers
from tests.unit.groundwatch.http.running import Running, running

pytestmark = pytest.mark.broker

API = "/api/v1"
PIT = f"{API}/sites/jiahe-pit/stages"


def declare(live: Running, body: dict[str, Any], status: int = 200) -> Any:
    return live.post(PIT, {"actor": "An Engineer", **body}, status=status)


def test_a_site_says_its_stages_and_takes_a_person_s_word(live: Running) -> None:
    before = live.get(PIT)
    assert {row["stage"] for row in before["now"]} == {"excavating", "started"}
    assert before["now"][0]["by"] == "the site file"
    after = declare(live, {"stage": "slab_cast", "note": "section A", "depth_m": 17.5})
    rows = {row["line"]: row for row in after["now"]}
    assert rows["pit"]["stage"] == "slab_cast"
    assert (rows["pit"]["by"], rows["pit"]["note"]) == ("An Engineer", "section A")
    assert rows["project"]["stage"] == "started"
    declare(live, {"stage": "stopped", "device": "PIT-CX3"})
    own = [row for row in live.get(PIT)["now"] if row["device"] == "PIT-CX3"]
    assert [row["stage"] for row in own] == ["stopped"]


def test_a_mistake_is_told_with_what_is_allowed(live: Running) -> None:
    wrong = declare(live, {"stage": "slab_casted"}, 422)
    assert "slab_cast" in wrong["near"]
    wrong = declare(live, {"stage": "slab_cast", "device": "PIT-CX33"}, 422)
    assert "PIT-CX3" in wrong["near"]
    assert live.client.get(f"{API}/sites/jiahe/stages").status_code == 404


def test_a_zeroing_dated_too_far_back_is_refused(live: Running) -> None:
    at = (live.clock.now() - timedelta(hours=4)).isoformat()
    wrong = declare(live, {"stage": "zeroed", "at": at}, 422)
    assert "at most 2 h back" in str(wrong)
    assert "body.at" in str(wrong)
    declare(live, {"stage": "excavating", "at": at})


def test_couplings_say_what_they_do_and_that_they_are_not_in_force(live: Running) -> None:
    items = live.get(f"{API}/couplings", site="jiahe-pit")["items"]
    assert [item["gauge"] for item in items] == ["baiyun-rain/RG-05/rain_mm", None]
    assert [item["official"] for item in items] == [None, "rain"]
    assert items[0]["condition"] == "50 mm of rain in 24 h"
    assert items[1]["condition"] == "an official rain warning, red"
    assert items[0]["is_in_force"] is False


def test_rain_brings_a_coupling_into_force_and_devices_are_told(live: Running) -> None:
    now = live.clock.now()
    payloads = [
        {
            "at": (now - timedelta(minutes=30 - n)).isoformat(),
            "readings": {"rain_mm": 15.0, "rain_total_mm": 100.0 + 15.0 * n},
        }
        for n in range(6)
    ]
    live.publish("gw/1/baiyun-rain/RG-05/telemetry", *payloads)

    def is_told() -> bool:
        (item, _) = live.get(f"{API}/couplings", site="jiahe-pit")["items"]
        return bool(item["is_in_force"] and item["rates"])

    live.until(is_told)
    (item, _) = live.get(f"{API}/couplings", site="jiahe-pit")["items"]
    assert item["text"].startswith("limits tightened x 0.8 since ")
    assert {rate["every_s"] for rate in item["rates"]} == {300.0}


def test_a_borehole_s_profile_is_given_from_the_top_down(live: Running) -> None:
    now = live.clock.now()
    for depth, value in (("5.0", 4.0), ("7.5", 9.0)):
        values = {"deep_h_mm": value}
        reading = {"at": now.isoformat(), "point": f"CX3-{depth}m", "readings": values}
        live.publish("gw/1/jiahe-pit/PIT-CX3/telemetry", reading)
    url = f"{API}/boreholes/jiahe-pit/PIT-CX3/CX3"
    live.until(lambda: live.get(url)["points"][2]["value_mm"] == 9.0)
    found = live.get(url)
    assert [point["depth_m"] for point in found["points"]][:3] == [2.5, 5.0, 7.5]
    assert found["text"].startswith("borehole CX3 moved most at 7.5 m: 9 mm; nothing recent from")
    assert live.client.get(f"{API}/boreholes/jiahe-pit/PIT-CX3/CX9").status_code == 404


def test_a_person_s_word_outlasts_a_restart(tmp_path: Path) -> None:
    port = servers.start_mosquitto(tmp_path)
    for turn in range(2):
        with running(tmp_path / "state", port) as program:
            if turn == 0:
                declare(program, {"stage": "slab_cast"})
            stages = {row["stage"] for row in program.get(PIT)["now"]}
            assert "slab_cast" in stages
    servers.stop(port)
