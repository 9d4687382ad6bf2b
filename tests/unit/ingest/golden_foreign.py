"""Golden cases of foreign formats: a message, and everything it says."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ingest.codecs.heard import Heard, Incoming

GOLDEN = Path(__file__).parents[2] / "golden"
FOLDERS = ("senml", "sparkplug", "chirpstack", "frigate", "yunzhu", "regulator", "crane_alarm")
ARRIVED = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)


def cases(folder: str) -> Iterator[Path]:
    yield from sorted((GOLDEN / folder).glob("*.json"))


def load(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return case


def message(case: dict[str, Any]) -> Incoming:
    sent = case["payload"]
    if "payload_hex" in case:
        sent = bytes.fromhex(case["payload_hex"])
    elif isinstance(sent, str):
        sent = sent.encode()
    else:
        sent = json.dumps(sent, ensure_ascii=False).encode()
    return Incoming(case["topic"].split("/"), sent, ARRIVED)


def plain(heard: Heard) -> dict[str, Any]:
    """Write what was heard as the golden files do; what is empty is left out."""
    said = {
        "samples": [
            {
                "address": sample.address,
                "taken_at": sample.taken_at.isoformat(),
                "values": dict(sample.values),
                **({"units": dict(sample.units)} if sample.units else {}),
                **({"seq": sample.seq} if sample.seq is not None else {}),
                **({"is_reckoned": True} if sample.is_reckoned else {}),
            }
            for sample in heard.samples
        ],
        "statuses": [
            {"address": each.address, "is_online": each.is_online, "below": each.reaches_below}
            for each in heard.statuses
        ],
        "faults": [each.reason for each in heard.faults],
        "ignored": heard.ignored,
    }
    return {key: value for key, value in said.items() if value}
