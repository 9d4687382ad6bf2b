"""The command line `groundwatch-sim`, without a broker: what it prints, and how it says no."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware_sim import fleet
from firmware_sim.cli import app
from firmware_sim.clock import SimClock
from firmware_sim.errors import Misuse
from firmware_sim.link import parse_broker

ROOT = Path(__file__).parents[3]
SITES = str(ROOT / "examples" / "baiyun")
EXCERPT = str(ROOT / "tests" / "fixtures" / "hubeau_gloria_excerpt.csv.gz")
HUBEAU = str(ROOT / "examples" / "replay" / "hubeau.yaml")
START = datetime(2026, 7, 1, tzinfo=UTC)


def call(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.stdout, result.stderr


def test_list_names_the_built_in_scenarios() -> None:
    code, out, _ = call("list", "--json")
    assert code == 0
    assert {"district-storm", "quiet-day", "cut-and-burst"} <= {s["name"] for s in json.loads(out)}


def test_labels_are_given_for_each_device_with_instants() -> None:
    start = "2026-07-01T08:00:00+08:00"
    code, out, _ = call("labels", "district-storm", "--sites", SITES, "--start", start, "--json")
    assert code == 0
    found = json.loads(out)
    wind = found["labels"][0]
    assert (wind["hazard"], wind["site"], wind["device"]) == (
        "crane_wind",
        "huanghe-tower",
        "TC-03",
    )
    assert (wind["from_s"], wind["from"]) == (240.0, "2026-07-01T00:04:00.000Z")
    assert {x["device"] for x in found["labels"] if x["hazard"] == "rainstorm"} >= {"RG-01"}
    assert "taihe-hall/FW-01" in next(
        scope["devices"] for scope in found["quiet"] if "taihe-hall/FW-02" in scope["devices"]
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("run", "distrikt-storm"), "no scenario `distrikt-storm`; did you mean `district-storm`?"),
        (("run", "zzz"), "no scenario `zzz`; `groundwatch-sim list` shows the "),
        (("labels",), "labels: name one scenario, or give --all"),
        (("labels", "quiet-day", "--all"), "labels: name one scenario, or give --all"),
        (("run", "silent-crane", "--to", "no/such/folder/x"), "--to no/such/folder/x: No such"),
        (("run", "quiet-day", "--sites", "nowhere"), "nowhere: no site file"),
        (("run", "quiet-day", "--sites", SITES, "--speed", "0"), "--speed 0: must be a positive"),
        (("run", "quiet-day", "--sites", SITES, "--start", "noon"), "--start: "),
        (("run", "quiet-day", "--sites", SITES, "--mqtt", "4"), "--mqtt 4: allowed are 5 and 311"),
        (("run", "quiet-day", "--sites", SITES, "--broker", "host:x"), "--broker host:x: write"),
        (("run", "quiet-day", "--sites", SITES, "--tls-ca", "no.pem"), "--tls-ca no.pem: No such"),
        (("fleet", "--rate", "-5"), "--rate -5: from 0.001 to 1e+06"),
        (("replay", EXCERPT, "--map", "no.yaml"), "no.yaml: cannot be read"),
        (("replay", EXCERPT, "--map", HUBEAU, "--shuffle", "x"), "`x` is not a duration"),
        (("replay", EXCERPT, "--map", HUBEAU, "--speed", "fast"), "could not convert"),
    ],
)
def test_a_mistake_ends_with_code_2_and_a_sentence(words: tuple[str, ...], expected: str) -> None:
    code, out, error = call(*words)
    assert (code, out) == (2, "")
    assert expected in error
    assert "Traceback" not in error


def test_the_truth_of_the_whole_library_comes_at_once() -> None:
    code, out, _ = call("labels", "--all", "--json")
    assert code == 0
    found = {entry["scenario"]: entry for entry in json.loads(out)}
    assert len(found) >= 40
    gale = found["crane-gale"]
    assert gale["sites"] == "examples/proving"
    assert gale["devices"] == ["proving-tower/TC-5", "proving-tower/SJ-1"]
    assert gale["disturbed"] == gale["devices"]
    assert {label["hazard"] for label in gale["labels"]} == {"crane_wind"}


def test_a_scenario_is_written_to_a_file_or_the_screen(tmp_path: Path) -> None:
    path = tmp_path / "messages.jsonl"
    code, out, _ = call("run", "pit-danger-sign", "--to", str(path))
    assert code == 0
    count = json.loads(out)["messages"]
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == count > 100
    code, out, _ = call("run", "pit-danger-sign", "--to", "-")
    assert (code, out.splitlines()) == (0, lines)
    assert call("run", "pit-danger-sign", "--to", "-", "--faults")[1] != out


def test_a_broker_that_is_not_there_is_told_with_what_to_do() -> None:
    code, _, error = call("fleet", "--broker", "127.0.0.1:1", "--seconds", "1")
    assert code == 2
    assert "127.0.0.1:1" in error
    assert "--broker host:port" in error


def test_a_password_is_never_shown() -> None:
    code, out, error = call("fleet", "--password", "s3cret-word")
    assert code == 2
    assert "--password needs --user" in error
    assert "s3cret-word" not in out + error


def test_help_does_not_wait_for_heavy_imports() -> None:
    heavy = "numpy,pandas,aiomqtt,paho,sklearn,msgspec,yaml"
    script = (
        "import sys, firmware_sim.cli; "
        f"print([m for m in '{heavy}'.split(',') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("example.org", ("example.org", 1883)),
        ("localhost:1999", ("localhost", 1999)),
        ("mqtt://10.0.0.1:1884/", ("10.0.0.1", 1884)),
        ("[::1]:1885", ("::1", 1885)),
        ("::1", ("::1", 1883)),
    ],
)
def test_broker_addresses(address: str, expected: tuple[str, int]) -> None:
    assert parse_broker(address) == expected


def test_one_clock_for_server_and_simulator() -> None:
    wall = [1000.0]
    clock = SimClock(start=START, anchor=900.0, speed=60.0, wall=lambda: wall[0])
    assert clock.t_s() == 6000.0
    assert clock.wait_s(6060.0) == pytest.approx(1.0)
    wall[0] = 1002.0
    assert clock.wait_s(6060.0) == 0.0


def test_a_fleet_s_messages_are_due_evenly_and_never_twice_the_same() -> None:
    load = fleet.Load(devices=7, rate=50.0, seconds=4.0, lines=3, seed=5)
    parcels = [p for number in range(3) for p in fleet.share(load, START, number, 3)]
    assert sorted(p.due_s for p in parcels) == pytest.approx([n / 50.0 for n in range(200)])
    keys = {(p.topic, json.loads(p.payload)["at"]) for p in parcels}
    assert len(keys) == 200
    assert len({p.topic for p in parcels}) == 7
    again = [p for number in range(3) for p in fleet.share(load, START, number, 3)]
    assert parcels == again


def test_a_fleet_faster_than_a_message_a_millisecond_keeps_instants_apart() -> None:
    load = fleet.Load(devices=1, rate=5000.0, seconds=0.1, lines=1)
    ats = [json.loads(p.payload)["at"] for p in fleet.share(load, START, 0, 1)]
    assert len(set(ats)) == len(ats) == 500


def test_impossible_loads_are_refused_all_at_once() -> None:
    with pytest.raises(Misuse) as caught:
        fleet.Load(devices=0, rate=0.0)
    assert len(caught.value.faults) == 2


def test_a_fleet_writes_the_site_file_a_server_needs(tmp_path: Path) -> None:
    code, out, _ = call("fleet", "--devices", "3", "--write-sites", str(tmp_path))
    assert code == 0
    text = Path(json.loads(out)["file"]).read_text()
    assert text.count("kind: crane") == 3
