"""The device's own encoder of the native wire format (docs/wire-format.md, version 1).

Written from the text of the format, not from the server's decoder: golden payload files under
tests/golden/native hold the two ends together.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

MAX_PAYLOAD_BYTES = 256 * 1024
_JSON = msgspec.json.Encoder()


class Sample(NamedTuple):
    """What one device measured at one instant and point; `values` by quantity, in base units."""

    at: datetime
    seq: int
    values: dict[str, float]
    point: str = ""


def topic(site: str, device: str, leaf: str) -> str:
    """Give the topic of a device: `leaf` is telemetry, status, event, command or command/reply."""
    return f"gw/1/{site}/{device}/{leaf}"


def telemetry(samples: Sequence[Sample], *, epoch_ms: bool = False) -> bytes:
    """Encode one object for one sample, an array for several; `at` as RFC 3339 or epoch ms.

    Raises:
        ValueError: no sample, a value that is not finite, or more than 256 KiB.
    """
    if not samples:
        raise ValueError("a telemetry message needs at least one sample")
    parts = [_part(sample, epoch_ms=epoch_ms) for sample in samples]
    payload = _JSON.encode(parts[0] if len(parts) == 1 else parts)
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"{len(payload)} bytes exceed {MAX_PAYLOAD_BYTES}; send fewer samples")
    return payload


def status(*, online: bool, at: datetime, firmware: str) -> bytes:
    """Encode the birth message (`online` true) or the last will (false)."""
    return _JSON.encode({"online": online, "at": rfc3339(at), "firmware": firmware})


def reply(name: str, *, is_done: bool, reason: str = "") -> bytes:
    """Encode the answer to the command whose id is `name`."""
    body: dict[str, Any] = {"id": name, "ok": is_done}
    return _JSON.encode(body | ({"reason": reason} if reason else {}))


def rfc3339(at: datetime) -> str:
    """Write an aware instant in UTC with milliseconds, for example 2026-07-01T00:00:05.250Z."""
    utc = at.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


def _part(sample: Sample, *, epoch_ms: bool) -> dict[str, Any]:
    for quantity, value in sample.values.items():
        if not math.isfinite(value):
            raise ValueError(f"{quantity} is {value}; JSON has no such number")
    part: dict[str, Any] = {
        "at": round(sample.at.timestamp() * 1000.0) if epoch_ms else rfc3339(sample.at),
        "seq": sample.seq,
        "readings": sample.values,
    }
    if sample.point:
        part["point"] = sample.point
    return part
