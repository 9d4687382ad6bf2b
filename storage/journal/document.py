"""Outbox entries and sentences as JSON texts, from which exactly the same is read back.

Python's json rather than msgspec's writes the text: it keeps infinities and not-a-number, and a
character that UTF-8 cannot hold, where msgspec would write null or refuse.
"""

import json
import re
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from alerting.model import OutboxEntry, Sentence

_T = TypeVar("_T")
_VERSION = 1
_OWN = (datetime,)
_SURROGATE = re.compile("[\ud800-\udfff]")


def encode(entry: OutboxEntry) -> str:
    """Give the text; raises ValueError when an instant in it is naive."""
    return _text({"v": _VERSION, "entry": msgspec.to_builtins(entry, builtin_types=_OWN)})


def decode(text: str) -> OutboxEntry:
    """Give the entry; raises ValueError with what is wrong in the text."""
    try:
        plain = json.loads(text)
        if plain["v"] != _VERSION:
            raise ValueError(f"version {plain['v']}, this program reads {_VERSION}")
        return msgspec.convert(plain["entry"], OutboxEntry)
    except (KeyError, TypeError, msgspec.MsgspecError) as error:
        raise ValueError(f"not an outbox entry: {error}") from error


def encode_part(part: object) -> str:
    """Give a response or a silence as one JSON text; ValueError when an instant in it is naive."""
    return _text({"v": _VERSION, "part": msgspec.to_builtins(part, builtin_types=_OWN)})


def decode_part(text: str, wanted: type[_T]) -> _T:
    """Give a response or a silence back; raises ValueError with what is wrong in the text."""
    try:
        plain = json.loads(text)
        if plain["v"] != _VERSION:
            raise ValueError(f"version {plain['v']}, this program reads {_VERSION}")
        return msgspec.convert(plain["part"], wanted)
    except (KeyError, TypeError, msgspec.MsgspecError) as error:
        raise ValueError(f"not a {wanted.__name__}: {error}") from error


def said_text(said: Sentence | None) -> str | None:
    """Give the parts of a sentence as one JSON text, or None."""
    if said is None:
        return None
    text = json.dumps(msgspec.to_builtins(said), ensure_ascii=False, separators=(",", ":"))
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def said_of(text: str | None) -> Sentence | None:
    """Give a sentence back; None where none was kept, or where another version wrote it.

    Its English wording stands beside it in the record, so nothing is lost.
    """
    try:
        return None if text is None else msgspec.convert(json.loads(text), Sentence)
    except (ValueError, msgspec.MsgspecError):
        return None


def _text(plain: object) -> str:
    text = json.dumps(plain, default=_instant, ensure_ascii=False, separators=(",", ":"))
    return _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _instant(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"no JSON form for {type(value).__name__}")
    if value.tzinfo is None:
        raise ValueError(f"naive datetime {value.isoformat()}: instants must be aware")
    return value.astimezone(UTC).isoformat()
