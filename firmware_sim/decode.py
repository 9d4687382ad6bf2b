"""The device's own reading of commands (docs/wire-format.md, version 1)."""

from datetime import datetime
from typing import Annotated

import msgspec

from firmware_sim.device import Command

MAX_BYTES = 16 * 1024


class _Wire(msgspec.Struct):
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    name: str
    args: dict[str, object] = {}
    expires: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


def command(payload: bytes) -> Command | str:
    """Read a command, or say why it is none."""
    if len(payload) > MAX_BYTES:
        return f"{len(payload)} bytes"
    try:
        wire = msgspec.json.decode(payload, type=_Wire)
    except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
        return str(fault)
    return Command(wire.id, wire.name, wire.args, wire.expires)
