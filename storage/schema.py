"""The one place that says how telemetry, alerts and sites look in a time-series database.

One measurement per device kind with tags `site`, `device`, `point` (left out when empty), a float
field per quantity and an integer `<quantity>_qc` only where the flag is not `Qc.PASS`; see
docs/decisions/0002-stores.md for why. `alert` holds transitions, `site` the state of sites.

Line protocol is written by hand because `influxdb_client.Point` costs five times as much per report
(38 µs against 7), and drops values that are not finite without a word.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import NamedTuple

import msgspec

from alerting.model import Alert, Transition
from sensors.catalogue import STORED
from sensors.model import Qc, Report
from storage.ports import Refused, SiteRow

ALERT = "alert"
SITE = "site"
MAX_TAG_CHARS = 256

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIELDS = {key: {q: f"{q}=" for q in kind.quantities} for key, kind in STORED.items()}
_FLAGS = frozenset(Qc)
_TAG_ESCAPES = str.maketrans({",": "\\,", "=": "\\=", " ": "\\ "})
_TEXT_ESCAPES = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": " ", "\r": " "})
_float_text = float.__repr__
_JUST_FLOATS = {float}
_encode = msgspec.json.Encoder().encode

FieldValue = str | float | int | bool | None


class Rendered(NamedTuple):
    """Lines of line protocol beside the reports they stand for, and what has no line."""

    lines: list[str]
    reports: list[Report]
    refused: list[Refused]


def to_us(instant: datetime) -> int:
    """Give microseconds since 1970 of an aware instant.

    >>> to_us(datetime(1970, 1, 1, 0, 0, 1, 5, tzinfo=UTC))
    1000005
    """
    return (instant - _EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """Give the UTC instant of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=microseconds)


def why_unstorable(report: Report) -> str | None:
    """Say why no store can take `report`, or None when it can."""
    kind = STORED.get(report.kind)
    if kind is None:
        return f"kind {report.kind!r} is none of {', '.join(STORED)}"
    fault = (
        _why_not_tag("site", report.site)
        or _why_not_tag("device", report.device)
        or (report.point and _why_not_tag("point", report.point))
    )
    if fault:
        return fault
    if not report.values and not report.qc:
        return "it holds no quantity"
    for quantity in (*report.values, *report.qc):
        if quantity not in kind.quantities:
            return f"a {report.kind} has no quantity {quantity!r}"
    return _why_not_numbers(report)


def _why_not_numbers(report: Report) -> str | None:
    for quantity, value in report.values.items():
        if not isfinite(value):
            return f"{quantity} is {value}, which is not a finite number"
    for quantity, flag in report.qc.items():
        if flag not in _FLAGS:
            allowed = ", ".join(str(int(known)) for known in Qc)
            return f"quality flag {flag} of {quantity} is none of {allowed}"
    return None


def _why_not_tag(name: str, text: str) -> str | None:
    """Say why line protocol cannot carry `text` as a tag; it has no way to escape these."""
    if not text:
        return f"{name} is empty"
    if len(text) > MAX_TAG_CHARS:
        return f"{name} has {len(text)} characters, at most {MAX_TAG_CHARS} are allowed"
    if text.endswith("\\"):
        return f"{name} {text!r} ends in a backslash"
    if not text.isprintable():
        return f"{name} {text!r} holds a control character"
    return None


def _plain_cells(report: Report) -> str | None:
    """Render the fields of a report without flags, as nearly all are; None where more care is due.

    JSON of a flat object of floats differs from line protocol by its quotes and colons only, and
    msgspec writes it five times as fast as `repr` of each; what is not finite would be `null`.
    """
    values = report.values
    if report.qc or not values.keys() <= _FIELDS[report.kind].keys():
        return None
    if set(map(type, values.values())) != _JUST_FLOATS:
        return None
    text = _encode(values)
    if b"null" in text:
        return None
    return text[2:-1].replace(b'":', b"=").replace(b',"', b",").decode()


def _cells(report: Report) -> str | None:
    """Render the fields of a report with its flags, or None when one cannot be carried."""
    names = _FIELDS[report.kind]
    parts: list[str] = []
    for quantity, value in report.values.items():
        name = names.get(quantity)
        if name is None or not isfinite(value):
            return None
        parts.append(name + _float_text(float(value)))
    for quantity, flag in report.qc.items():
        if quantity not in names or flag not in _FLAGS:
            return None
        if flag != 1:
            parts.append(f"{quantity}_qc={int(flag)}i")
    return ",".join(parts) or None


class LineWriter:
    """Renders reports as line protocol, remembering the escaped head of every device point."""

    def __init__(self, *, max_heads: int = 100_000) -> None:
        """Keep at most `max_heads` heads (about 150 bytes each)."""
        self._max_heads = max_heads
        self._heads: dict[tuple[str, str, str, str], str] = {}

    def render(self, reports: Sequence[Report]) -> Rendered:
        """Render every report that a database could take; instants are in microseconds."""
        rendered = Rendered([], [], [])
        for report in reports:
            line = self._line(report)
            if line is None:
                reason = why_unstorable(report) or "its values are not floats"
                rendered.refused.append(Refused(report, reason))
            else:
                rendered.lines.append(line)
                rendered.reports.append(report)
        return rendered

    def _line(self, report: Report) -> str | None:
        """Render one report, or None when anything in it cannot be carried."""
        key = (report.kind, report.site, report.device, report.point)
        head = self._heads.get(key) or self._make_head(key)
        if head is None:
            return None
        cells = _plain_cells(report) or _cells(report)
        if cells is None:
            return None
        return f"{head}{cells} {(report.taken_at - _EPOCH) // _MICROSECOND}"

    def _make_head(self, key: tuple[str, str, str, str]) -> str | None:
        kind, site, device, point = key
        if kind not in STORED or _why_not_tag("site", site) or _why_not_tag("device", device):
            return None
        if point and _why_not_tag("point", point):
            return None
        if len(self._heads) >= self._max_heads:
            self._heads.clear()
        tags = {"device": device, "point": point, "site": site}
        head = self._heads[key] = _head(kind, tags)
        return head


def transition_line(alert: Alert, transition: Transition) -> str:
    """Render one transition as a line of `alert`.

    Two transitions of one instant must not overwrite each other: tags name the sensor and the
    rule, and the transition's ordinal is added to the instant as microseconds.
    """
    sensor = alert.sensor
    head = _head(
        ALERT,
        {
            "device": sensor.device,
            "hazard": alert.hazard,
            "kind": str(alert.kind),
            "point": sensor.point,
            "quantity": sensor.quantity,
            "rule": alert.rule_id,
            "severity": transition.severity.word,
            "site": sensor.site,
        },
    )
    fields: dict[str, FieldValue] = {
        "id": alert.id,
        "ordinal": transition.ordinal,
        "transition": str(transition.kind),
        "severity_number": int(transition.severity),
        "value": None if transition.value is None else float(transition.value),
        "limit": None if alert.limit is None else float(alert.limit),
        "unit": alert.unit,
        "reason": transition.reason,
        "lat": float(alert.position.lat),
        "lon": float(alert.position.lon),
        "final": transition.final,
    }
    return f"{head}{_fields(fields)} {to_us(transition.taken_at) + transition.ordinal}"


def site_line(row: SiteRow) -> str:
    """Render how one site stands as a line of `site`."""
    fields: dict[str, FieldValue] = {
        "name": row.name,
        "lat": float(row.lat),
        "lon": float(row.lon),
        "worst": row.worst,
        "n_firing": row.n_firing,
        "n_blind": row.n_blind,
    }
    return f"{_head(SITE, {'site': row.site})}{_fields(fields)} {to_us(row.at)}"


def _head(measurement: str, tags: dict[str, str]) -> str:
    """Give measurement and tags up to the blank before the fields; `tags` are in key order."""
    written = [measurement]
    written += [f"{name}={_tag(text)}" for name, text in tags.items() if text]
    return ",".join(written) + " "


def _tag(text: str) -> str:
    """Escape a tag value; what no escape can carry is replaced, so that no alert is lost."""
    printable = "".join(char if char.isprintable() else "_" for char in text)
    if printable.endswith("\\"):
        printable = printable[:-1] + "_"
    return printable.translate(_TAG_ESCAPES)


def _fields(fields: dict[str, FieldValue]) -> str:
    """Render fields by type, leaving out what is None or not finite."""
    return ",".join(f"{name}={text}" for name, value in fields.items() if (text := _field(value)))


def _field(value: FieldValue) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return f"{value}i"
        case float():
            return _float_text(value) if isfinite(value) else ""
        case str():
            return f'"{value.translate(_TEXT_ESCAPES)}"'
