"""What devices answer to commands, on `gw/1/{site}/{device}/command/reply`."""

from typing import Annotated

import msgspec

from ingest.codecs.heard import Heard, Incoming
from ingest.codecs.sample import Fault, shown
from ingest.source import CommandReply

MAX_BYTES = 16 * 1024


class _Wire(msgspec.Struct, gc=False):
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    ok: bool
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


_decode = msgspec.json.Decoder(_Wire).decode
_decode_all = msgspec.json.Decoder(dict[str, object]).decode


def read(incoming: Incoming) -> Heard:
    """Read one reply; fields besides `id`, `ok` and `reason` are the device's own."""
    payload = incoming.payload
    if len(payload) > MAX_BYTES:
        reason = f"{len(payload)} bytes; at most {MAX_BYTES} are allowed in a reply"
        return Heard(faults=[Fault(reason, payload)])
    try:
        wire, others = _decode(payload), _decode_all(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
        reason = f'not a reply: {fault}; {{"id": …, "ok": true or false}} is needed'
        return Heard(faults=[Fault(reason, payload)])
    detail = {
        key[:64]: value[:200] if isinstance(value, str) else shown(value)
        for key, value in list(others.items())[:20]
        if key not in ("id", "ok", "reason")
    }
    site, device = incoming.levels[2], incoming.levels[3]
    at = incoming.received_at
    return Heard(replies=[CommandReply(site, device, wire.id, wire.ok, wire.reason, detail, at)])
