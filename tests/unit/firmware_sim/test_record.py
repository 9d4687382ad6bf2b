"""A scenario written down: complete, in order of arrival, the same for the same seed."""

import io
import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from firmware_sim.library import DEFAULT_START, find, staged
from firmware_sim.mishap import FAULTY, SMOOTH, Rough
from firmware_sim.nature import Nature
from firmware_sim.record import Script, write

TEXT = """\
name: small
sites: examples/proving
duration: 3h
devices: [proving-river/WL-1, proving-rain/RG-1]
events:
  - {at: 1h, do: outage, target: proving-river/WL-1, lasting: 40m}
  - {at: 2h, do: die, target: proving-rain/RG-1}
"""


def lines(folder: Path, *, seed: int = 1, rough: Rough = SMOOTH) -> list[dict[str, Any]]:
    path = folder / "small.yaml"
    path.write_text(TEXT, encoding="utf-8")
    stage = staged(find(str(path)))
    out = io.StringIO()
    plan = Script(
        devices=stage.devices,
        fleet=stage.fleet,
        events=stage.script.events,
        seed=seed,
        start=DEFAULT_START,
        duration_s=stage.script.duration_s,
        nature=Nature(),
        rough=rough,
    )
    number = write(plan, out)
    found = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(found) == number
    return found


def taken(found: list[dict[str, Any]], device: str) -> list[str]:
    """Give the instants of every sample of a device, in order of arrival."""
    instants: list[str] = []
    for line in found:
        if line["topic"].endswith(f"/{device}/telemetry"):
            body = json.loads(line["payload"])
            instants += [part["at"] for part in (body if isinstance(body, list) else [body])]
    return instants


def test_every_sample_arrives_once_in_order_and_what_was_stored_in_bursts(tmp_path: Path) -> None:
    found = lines(tmp_path)
    assert [line["at"] for line in found] == sorted(line["at"] for line in found)
    river = taken(found, "WL-1")
    assert len(river) == 36
    assert river == sorted(set(river))
    bursts = [line for line in found if line["payload"].startswith("[")]
    assert len(bursts) == 1
    assert len(json.loads(bursts[0]["payload"])) >= 8
    late = datetime.fromisoformat(bursts[0]["at"]) - DEFAULT_START
    assert 100 * 60 <= late.total_seconds() <= 103 * 60
    assert len(taken(found, "RG-1")) == 119 or len(taken(found, "RG-1")) == 120


def test_birth_and_last_will_are_written_too(tmp_path: Path) -> None:
    said = [
        (line["topic"].split("/")[3], json.loads(line["payload"])["online"])
        for line in lines(tmp_path)
        if line["topic"].endswith("/status")
    ]
    assert Counter(said) == {("WL-1", True): 2, ("WL-1", False): 1, ("RG-1", True): 1,
                             ("RG-1", False): 1}  # fmt: skip


def test_the_seed_decides_and_nothing_else(tmp_path: Path) -> None:
    assert lines(tmp_path) == lines(tmp_path)
    assert lines(tmp_path) != lines(tmp_path, seed=2)


def test_a_rough_way_loses_doubles_and_reorders(tmp_path: Path) -> None:
    rough = taken(lines(tmp_path, rough=FAULTY), "RG-1")
    assert rough != sorted(rough)
    assert 110 <= len(set(rough)) <= 120
    assert len(rough) > len(set(rough))
