"""Messages of the devices in the small registry, as they come through the door."""

import json
from datetime import UTC, datetime, timedelta

from ingest.source import RawMessage

RECEIVED_AT = datetime(2026, 7, 1, 4, 0, tzinfo=UTC)
TAKEN_AT = RECEIVED_AT - timedelta(seconds=2)


def message(
    *objects: object,
    device: str = "TC-1",
    leaf: str = "telemetry",
    received_at: datetime = RECEIVED_AT,
    site: str = "site",
) -> RawMessage:
    payload = json.dumps(objects[0] if len(objects) == 1 else objects).encode()
    return RawMessage(f"gw/1/{site}/{device}/{leaf}", payload, received_at, (1, 1))


def sample(
    at: datetime = TAKEN_AT, *, point: str = "", seq: int | None = None, **readings: float
) -> dict[str, object]:
    made: dict[str, object] = {"at": at.isoformat(), "readings": readings}
    return made | ({"point": point} if point else {}) | ({} if seq is None else {"seq": seq})
