"""The values of a message of the Common Alerting Protocol 1.2, and the words it allows.

A message is what `alerting.cap.write` puts into XML and what `alerting.cap.read` makes of XML.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sensors.model import Position

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"

STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")
KINDS = ("Alert", "Update", "Cancel", "Ack", "Error")
SCOPES = ("Public", "Restricted", "Private")
CATEGORIES = (
    "Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra",
    "CBRNE", "Other",
)  # fmt: skip
RESPONSES = (
    "Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None",
)  # fmt: skip
URGENCIES = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITIES = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
CERTAINTIES = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")
REFERRING = frozenset({"Update", "Cancel", "Ack", "Error"})


class Reference(NamedTuple):
    """An earlier message: who sent it, its identifier, and when it was sent, as it was written."""

    sender: str
    identifier: str
    sent: str


class Pair(NamedTuple):
    """A value of a named list: an event code, a geocode, a parameter."""

    name: str
    value: str


class Circle(NamedTuple):
    """A circle on the ground."""

    centre: Position
    radius_km: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A file a message speaks of: at an address, or within it (`deref`, base 64)."""

    description: str
    media_type: str
    size: int | None = None
    uri: str = ""
    deref: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Where a message is for. A polygon's first and last points are the same.

    `altitude_ft` and `ceiling_ft` are feet above mean sea level, as the standard has them.
    """

    description: str
    polygons: tuple[tuple[Position, ...], ...] = ()
    circles: tuple[Circle, ...] = ()
    geocodes: tuple[Pair, ...] = ()
    altitude_ft: float | None = None
    ceiling_ft: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What a message says, in one language."""

    language: str = "en-US"
    categories: tuple[str, ...]
    event: str
    responses: tuple[str, ...] = ()
    urgency: str
    severity: str
    certainty: str
    audience: str = ""
    event_codes: tuple[Pair, ...] = ()
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    web: str = ""
    contact: str = ""
    parameters: tuple[Pair, ...] = ()
    resources: tuple[Resource, ...] = ()
    areas: tuple[Area, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message: an alert, its update or its end."""

    identifier: str
    sender: str
    sent: datetime
    status: str
    kind: str
    scope: str
    source: str = ""
    restriction: str = ""
    addresses: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    note: str = ""
    references: tuple[Reference, ...] = ()
    incidents: tuple[str, ...] = ()
    infos: tuple[Info, ...] = ()
