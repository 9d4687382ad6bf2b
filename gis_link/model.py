"""The values of the map: positions, teams, depots with stock, cameras, places and their people.

Everything in here is plain frozen data in WGS 84, made by `gis_link.loaders` from files and asked
by the look-ups (`match`, `view`, `area`). Nothing in here knows sensors or alerts.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class Position:
    """A place in WGS 84 degrees."""

    lat: float
    lon: float


class Fault(NamedTuple):
    """One thing wrong in one file: where, what, what is allowed and how to mend it."""

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        """Give the line people and editors understand: `file:line: what`."""
        return f"{self.file}:{self.line}: {self.what}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Depot:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ptz:
    """How far a camera can turn, clockwise from one true heading to the other, and zoom.

    `from_deg` equal to `to_deg` means it turns all the way round.
    """

    from_deg: float
    to_deg: float
    presets: tuple[Preset, ...] = ()
    tele_hfov_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A camera and the sector of ground it can show.

    `heading_deg` is the optical axis clockwise from true north, `hfov_deg` the horizontal field
    of view (the widest one of a zoom lens), `range_m` the useful distance.
    """

    id: str
    name: str
    position: Position
    heading_deg: float
    hfov_deg: float
    range_m: float
    min_range_m: float = 0.0
    height_m: float = 0.0
    width_px: int = 1920
    ptz: Ptz | None = None
    status: CameraStatus = CameraStatus.UNKNOWN
    last_seen: datetime | None = None
    stream: str = ""
    snapshot: str = ""


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
