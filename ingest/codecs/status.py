"""The status message of docs/wire-format.md: a device's birth, or its last will."""

from datetime import UTC, datetime
from typing import Annotated, NamedTuple

import msgspec

from ingest.codecs.sample import shown

MAX_BYTES = 16 * 1024


class StatusSample(NamedTuple):
    """What a status message says; `at` is None where the sender (a last will) could not know."""

    is_online: bool
    at: datetime | None
    detail: dict[str, str]


class _Wire(msgspec.Struct, gc=False):
    online: bool
    at: int | float | Annotated[datetime, msgspec.Meta(tz=True)] | None = None


_decode = msgspec.json.Decoder(_Wire).decode
_decode_all = msgspec.json.Decoder(dict[str, object]).decode


def decode(payload: bytes) -> StatusSample | str:
    """Read a status message, or say why it cannot be read.

    Fields besides `online` and `at` are the sender's own (firmware, reason of the restart, …).
    """
    if len(payload) > MAX_BYTES:
        return f"{len(payload)} bytes; at most {MAX_BYTES} are allowed in a status message"
    try:
        wire = _decode(payload)
        others = _decode_all(payload)
        at = wire.at
        if isinstance(at, datetime):
            at = at.astimezone(UTC)
        elif at is not None:
            at = datetime.fromtimestamp(at / 1000, UTC)
    except (msgspec.MsgspecError, ValueError, OverflowError, OSError, RecursionError) as fault:
        return f'not a status message: {fault}; {{"online": true or false, "at": …}} is needed'
    detail = {key: _text(value) for key, value in others.items() if key not in ("online", "at")}
    return StatusSample(wire.online, at, detail)


def _text(value: object) -> str:
    return value[:200] if isinstance(value, str) else shown(value)
