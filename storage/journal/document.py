"""An outbox entry as one versioned JSON text, from which exactly the same entry is read back.

Python's json rather than msgspec's writes the text: it keeps infinities and not-a-number, and a
character that UTF-8 cannot hold, where msgspec would write null or refuse.
"""

import json
import re
from datetime import UTC, datetime

import msgspec

from alerting.model import OutboxEntry

_VERSION = 1
_SURROGATE = re.compile("[\ud800-\udfff]")


def encode(entry: OutboxEntry) -> str:
    """Give the text; raises ValueError when an instant in it is naive."""
    plain = {"v": _VERSION, "entry": msgspec.to_builtins(entry, builtin_types=(datetime,))}
    text = json.dumps(plain, default=_instant, ensure_ascii=False, separators=(",", ":"))
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def decode(text: str) -> OutboxEntry:
    """Give the entry; raises ValueError with what is wrong in the text."""
    try:
        plain = json.loads(text)
        if plain["v"] != _VERSION:
            raise ValueError(f"version {plain['v']}, this program reads {_VERSION}")
        return msgspec.convert(plain["entry"], OutboxEntry)
    except (KeyError, TypeError, msgspec.MsgspecError) as error:
        raise ValueError(f"not an outbox entry: {error}") from error


def _instant(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"no JSON form for {type(value).__name__}")
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value.isoformat()}: instants must be aware")
    return value.astimezone(UTC).isoformat()
