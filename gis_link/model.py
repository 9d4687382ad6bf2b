"""The values of the map: positions, teams, depots with stock, cameras, places and their people.

Everything in here is plain frozen data in WGS 84, made by `gis_link.loaders` from files and asked
by the look-ups (`match`, `view`, `area`). Nothing in here knows sensors or alerts.

What there can be a million of is a msgspec struct without keys: `gis_link.shelf` holds it packed
in a tenth of the memory of an object and makes the object again for the few that are chosen.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from msgspec import Struct


class Position(Struct, frozen=True, array_like=True):
    """A place in WGS 84 degrees."""

    lat: float
    lon: float


class Fault(NamedTuple):
    """One thing wrong in one file: where, what, what is allowed and how to mend it.

    A warning does not stop a start, and its row is taken.
    """

    file: str
    line: int
    what: str
    is_warning: bool = False

    def __str__(self) -> str:
        """Give the line people and editors understand: `file:line: what`."""
        return f"{self.file}:{self.line}: {'warning: ' if self.is_warning else ''}{self.what}"


class Team(Struct, frozen=True, kw_only=True, array_like=True):
    """People who can be sent: what they can do, how many, and where they were last known to be.

    `position` is the last known one and `as_of` its instant (None: the file did not say); `base`
    is where they wait when nobody has called them.
    """

    id: str
    name: str
    capabilities: frozenset[str]
    strength: int
    on_duty: bool
    phone: str
    position: Position
    as_of: datetime | None = None
    base: Position | None = None


class Stock(Struct, frozen=True, kw_only=True, array_like=True):
    """How much of one item a depot has; `quantity` counts the reserved part too."""

    item: str
    quantity: float
    unit: str
    reserved: float = 0.0
    expires: date | None = None
    checked_at: datetime | None = None

    def available(self, on: date) -> float:
        """Give what is left after reservations, nothing once expired."""
        if self.expires is not None and self.expires < on:
            return 0.0
        return max(0.0, self.quantity - self.reserved)


class Depot(Struct, frozen=True, kw_only=True, array_like=True):
    """A store of supplies with the person who holds the key."""

    id: str
    name: str
    position: Position
    keeper: str
    phone: str
    stock: tuple[Stock, ...] = ()


class CameraStatus(StrEnum):
    """Whether a picture is to be expected."""

    ONLINE = "online"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


class Preset(NamedTuple):
    """A stored direction of a camera that can turn."""

    name: str
    heading_deg: float


class Ptz(Struct, frozen=True, kw_only=True, array_like=True):
    """How far a camera can turn, clockwise from one true heading to the other, and zoom.

    `from_deg` equal to `to_deg` means it turns all the way round.
    """

    from_deg: float
    to_deg: float
    presets: tuple[Preset, ...] = ()
    tele_hfov_deg: float | None = None


class Camera(Struct, frozen=True, kw_only=True, array_like=True):
    """A camera and the sector of ground it can show.

    `heading_deg` is the optical axis clockwise from true north, `hfov_deg` the horizontal field
    of view (the widest one of a zoom lens), `range_m` the useful distance. Each is None when
    nobody has said it (a GB/T 28181 catalogue has neither field of view nor range): what the
    camera shows is then not known, and never guessed.
    """

    id: str
    name: str
    position: Position
    heading_deg: float | None = None
    hfov_deg: float | None = None
    range_m: float | None = None
    min_range_m: float = 0.0
    height_m: float = 0.0
    width_px: int = 1920
    ptz: Ptz | None = None
    status: CameraStatus = CameraStatus.UNKNOWN
    last_seen: datetime | None = None
    stream: str = ""
    snapshot: str = ""


class FacilityKind(StrEnum):
    """Kinds of places worth knowing near an alert, beside teams, depots and cameras."""

    SHELTER = "shelter"
    HOSPITAL = "hospital"
    PUMP = "pump"
    SCHOOL = "school"
    KINDERGARTEN = "kindergarten"
    CARE_HOME = "care_home"
    UNDERPASS = "underpass"
    OTHER = "other"


# What an alert threatens rather than what helps against it.
SENSITIVE = frozenset(
    {
        FacilityKind.SCHOOL,
        FacilityKind.KINDERGARTEN,
        FacilityKind.CARE_HOME,
        FacilityKind.UNDERPASS,
        FacilityKind.OTHER,
    }
)


class Facility(Struct, frozen=True, kw_only=True, array_like=True):
    """A shelter, hospital, fixed pump or sensitive place.

    `capacity` counts in `unit`: people for a shelter, beds for a hospital, m3/h for a pump,
    people for a school. `in_use` is how much of it is taken. None: nobody has said.
    """

    id: str
    name: str
    kind: FacilityKind
    position: Position
    phone: str = ""
    contact: str = ""
    capacity: float | None = None
    in_use: float | None = None
    unit: str = ""
    is_open: bool | None = None
    as_of: datetime | None = None


class Tier(StrEnum):
    """The tiers of the command chain that have a place, widest first."""

    CITY = "city"
    DISTRICT = "district"
    STREET = "street"
    VILLAGE = "village"
    SITE = "site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who answers for a place; `duty` is `flood`, `construction` or `any`.

    People of one place are called in the order of `rank`, lowest first.
    """

    name: str
    role: str
    phone: str
    duty: str = "any"
    rank: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A district, street (or town), village or site, with its outline and responsible people.

    `outline` is a shapely polygon in (lon, lat) degrees, None for a site. `file` and `line` say
    where the outline was read, so that overlaps can be reported there.
    """

    tier: Tier
    code: str
    name: str
    people: tuple[Person, ...] = ()
    outline: Any = field(default=None, compare=False, repr=False)
    file: str = ""
    line: int = 0
