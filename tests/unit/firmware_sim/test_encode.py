"""The simulator's encoder writes the golden payloads, to the last digit and in their order."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from firmware_sim import encode
from firmware_sim.encode import Sample

GOLDEN = Path(__file__).parents[2] / "golden" / "native"
PAYLOADS = sorted(GOLDEN.glob("*.payload.json"))
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def meaning(path: Path) -> list[dict[str, Any]]:
    decoded = path.with_name(path.name.replace(".payload.", ".decoded."))
    return list(json.loads(decoded.read_text(encoding="utf-8")))


def exactly(payload: bytes) -> Any:
    """Read JSON with its keys in order and its numbers exact; 1e-05 and 0.00001 are the same."""
    return json.loads(payload, parse_float=Decimal, object_pairs_hook=list)


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.name.split(".")[0])
def test_the_meaning_of_a_golden_payload_encodes_to_it(path: Path) -> None:
    samples = [
        Sample(datetime.fromisoformat(m["taken_at"]), m["seq"], m["values"], m["point"])
        for m in meaning(path)
    ]
    assert exactly(encode.telemetry(samples)) == exactly(path.read_bytes())


@pytest.mark.parametrize("name", ["birth", "will"])
def test_a_golden_status_encodes_to_its_bytes(name: str) -> None:
    decoded = json.loads((GOLDEN / "status" / f"{name}.decoded.json").read_text())
    payload = encode.status(
        online=decoded["is_online"],
        at=datetime.fromisoformat(decoded["at"]),
        firmware=decoded["detail"]["firmware"],
    )
    assert payload == (GOLDEN / "status" / f"{name}.payload.json").read_bytes()


def test_there_are_golden_payloads_of_one_object_and_of_an_array() -> None:
    first_bytes = {path.read_bytes()[:1] for path in PAYLOADS}
    assert first_bytes == {b"{", b"["}


def test_epoch_milliseconds_are_whole_numbers() -> None:
    at = datetime(2026, 7, 1, 0, 0, 5, 250_000, tzinfo=UTC)
    payload = encode.telemetry([Sample(at, 1, {"stage_m": 3.42})], epoch_ms=True)
    golden = json.loads((GOLDEN / "accepted" / "epoch-milliseconds.payload.json").read_bytes())
    assert json.loads(payload)["at"] == golden["at"]


def test_local_time_is_written_in_utc() -> None:
    beijing = datetime(2026, 7, 1, 20, tzinfo=timezone(timedelta(hours=8)))
    assert encode.rfc3339(beijing) == "2026-07-01T12:00:00.000Z"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_json_does_not_have_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="rain_mm is"):
        encode.telemetry([Sample(NOON, 1, {"rain_mm": value})])


def test_nothing_and_too_much_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        encode.telemetry([])
    burst = [Sample(NOON, n, {f"quantity_{q}": 0.125 for q in range(20)}) for n in range(700)]
    with pytest.raises(ValueError, match="fewer samples"):
        encode.telemetry(burst)
