"""JSON objects of foreign senders as flat names: `object.tilt.x` for a value three levels down."""

from typing import Any

import msgspec

MAX_NAMES = 1_000
MAX_DEPTH = 8


class NotAnObject(ValueError):
    """The bytes are no JSON object; the text says why."""


def load_object(payload: bytes, max_bytes: int) -> dict[str, Any]:
    """Read one JSON object.

    Raises:
        NotAnObject: it is too long, or something else.
    """
    if len(payload) > max_bytes:
        raise NotAnObject(f"{len(payload)} bytes; at most {max_bytes} are allowed in one message")
    try:
        value = msgspec.json.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError) as fault:
        raise NotAnObject(f"not JSON: {fault}") from fault
    if not isinstance(value, dict):
        raise NotAnObject("the message is no JSON object")
    return value


def numbers(value: dict[str, Any]) -> dict[str, float]:
    """Give every number and truth value in an object by its dotted path; texts are left out.

    At most `MAX_NAMES` of them, at most `MAX_DEPTH` levels down.
    """
    found: dict[str, float] = {}
    _gather(value, "", found, MAX_DEPTH)
    return found


def as_number(value: object) -> float | None:
    """Give a JSON number or truth value as a number; None for anything else."""
    if isinstance(value, bool | int | float):
        try:
            return float(value)
        except OverflowError:
            return float("inf")
    return None


def _gather(value: Any, path: str, found: dict[str, float], depth: int) -> None:
    if len(found) >= MAX_NAMES or depth == 0:
        return
    number = as_number(value)
    if number is not None:
        found[path] = number
        return
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = {str(index): each for index, each in enumerate(value)}.items()
    else:
        return
    for key, each in inner:
        _gather(each, f"{path}.{key}" if path else str(key), found, depth - 1)
