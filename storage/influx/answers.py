"""What InfluxDB's answers mean: stored, partly refused, try later, or a person must mend it.

Pure functions over status, headers and body. The forms come from InfluxDB 1.6.7 as tried, and from
the vendor's API references for 2.x and 3 Core.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from storage.errors import StoreRefused, StoreUnavailable

_DROPPED = re.compile(r"\s*dropped=(\d+)")
# A body without one of these is not about single points, and no point must be blamed for it.
_ABOUT_POINTS = (
    "partial write",
    "unable to parse",
    "field type conflict",
    "beyond retention",
    "outside retention",
    "max-series-per-database",
    "max-values-per-tag",
    "invalid field",
    "invalid line",
    "line protocol",
    "time outside range",
    "key size exceeded",
)
_MAX_REASON_CHARS = 500


@dataclass(frozen=True, slots=True)
class Rejection:
    """The server kept some points out; what it took is stored.

    `n_dropped` is how many it says it dropped (None: it does not say). `by_line` gives the reason
    by index of the line in the request where it names lines. `is_too_large` means that nothing was
    looked at: the same points in smaller requests may pass.
    """

    reason: str
    n_dropped: int | None = None
    by_line: Mapping[int, str] = field(default_factory=dict)
    is_too_large: bool = False


class DatabaseMissing(StoreRefused):
    """The database or bucket does not exist (yet)."""


def judge(status: int, headers: Mapping[str, str], body: bytes) -> Rejection | None:
    """Say what an answer to a write means; None is all stored.

    Raises:
        StoreUnavailable: overloaded or failing; try again.
        StoreRefused: password, database name or address must be mended.
    """
    if 200 <= status < 300:
        return None
    fields = _fields_of(body)
    reason = _reason(fields, body)
    if status == 413:
        return Rejection(reason or "request body too large", is_too_large=True)
    if status in (400, 422) and any(sign in reason for sign in _ABOUT_POINTS):
        return _rejection(reason, fields)
    raise error_of(status, headers, reason)


def error_of(
    status: int, headers: Mapping[str, str], reason: str
) -> StoreUnavailable | StoreRefused:
    """Turn an answer that is not about points into the error to raise."""
    said = f"InfluxDB answered {status}: {reason or 'nothing more'}"
    if status in (401, 403):
        return StoreRefused(f"{said}; check user and password, or the token and its permissions")
    if status == 404 or "database not found" in reason or "bucket not found" in reason:
        return DatabaseMissing(f"{said}; check the database's name, or make it")
    if status in (408, 425, 429) or status >= 500:
        return StoreUnavailable(said, retry_after_s=_seconds(headers))
    if 300 <= status < 400:
        return StoreRefused(f"{said}; it sends us to {headers.get('location', 'another address')}")
    return StoreRefused(said)


def reason_of(body: bytes) -> str:
    """Give the sentence in an error body."""
    return _reason(_fields_of(body), body)


def _fields_of(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _reason(fields: dict[str, Any], body: bytes) -> str:
    """Give the error in words: `error` (1.x, 3), `message` (2.x), else the bare body."""
    for name in ("error", "message"):
        if isinstance(fields.get(name), str):
            return str(fields[name])[:_MAX_REASON_CHARS]
    return body.decode("utf-8", "replace").strip()[:_MAX_REASON_CHARS]


def _rejection(reason: str, fields: dict[str, Any]) -> Rejection:
    by_line = _lines_of(fields.get("data"))
    dropped = _DROPPED.search(reason)
    # Lines that cannot be parsed are not counted: 1.x says "dropped=0" for them.
    n_dropped = int(dropped[1]) if dropped and "unable to parse" not in reason else None
    return Rejection(_DROPPED.sub("", reason), n_dropped, by_line)


def _lines_of(data: object) -> dict[int, str]:
    """Read 3 Core's list of refused lines; its line numbers start at 1."""
    found = {}
    for entry in data if isinstance(data, list) else ():
        number = entry.get("line_number") if isinstance(entry, dict) else None
        if isinstance(number, int):
            found[number - 1] = str(entry.get("error_message", "refused"))[:_MAX_REASON_CHARS]
    return found


def _seconds(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After where it is a number of seconds."""
    for name, text in headers.items():
        if name.lower() == "retry-after" and re.fullmatch(r"\d{1,6}(\.\d+)?", text.strip()):
            return float(text)
    return None
