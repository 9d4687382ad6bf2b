"""The sites, devices and sensors that are known, as frozen values with constant-time look-ups.

Everything is resolved once when the site files are loaded (`sensors.site.load_registry`), so that
the path every message takes only looks up, multiplies and compares.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import msgspec

from sensors.coupling import Coupling, OfficialCoupling
from sensors.crane.chart import Chart
from sensors.crane.zone import Zone
from sensors.lifecycle import StageChange
from sensors.model import Position, SensorKey
from sensors.neighbours import Neighbours
from sensors.qc.checks import NO_CHECKS, Checks
from sensors.rating import Rating
from sensors.underpass import Underpass


class SiteKind(StrEnum):
    """What a site is."""

    BUILDING = "building"
    PIT = "pit"
    RIVER = "river"
    STREET = "street"
    RESERVOIR = "reservoir"
    OTHER = "other"


class FutureRule(StrEnum):
    """What happens to a reading whose clock cannot be believed."""

    QUARANTINE = "quarantine"
    RESTAMP = "restamp"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule:
    """Which device clocks a site believes; `not_before` is aware and in UTC."""

    future: FutureRule = FutureRule.QUARANTINE
    not_before: datetime = datetime(2000, 1, 1, tzinfo=UTC)


class Place:
    """Where a person wrote something: `file:line`. It is no part of what was written."""

    __slots__ = ("file", "line")

    def __init__(self, file: str, line: int) -> None:
        """Take the file's path and the line, counted from 1."""
        self.file = file
        self.line = line

    def __str__(self) -> str:
        """Give `file:line`."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The document a project's own value comes from; `day` is empty where none is given."""

    document: str
    sheet: str
    day: str
    signed_by: str

    @property
    def clause(self) -> str:
        """Give sheet, date and signature in words."""
        dated = f", {self.day}" if self.day else ""
        return f"sheet {self.sheet}{dated}, signed by {self.signed_by}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Where a site file gives a design value, and from which sheet, if it says."""

    place: Place
    sheet: Sheet | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnLimit:
    """A limit of a rule that the project sets for one sensor; days in UTC, both included.

    `limits` are the numbers by the rule's measures, all of them in `unit`.
    """

    rule: str
    severity: str
    limits: Mapping[str, float] = field(hash=False)
    unit: str
    sheet: Sheet
    place: Place
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensor:
    """One quantity at one point of one device, with everything about it resolved.

    `sent_as` is the name by which a device behind a foreign door sends it, "" for the quantity's
    own. `unit` is the quantity's base unit and `sent_unit` the one the device speaks; `scale` and
    `offset` take a sent value to a calibrated one in the base unit (conversion and calibration in
    one step). `low` and `high` are the gross range, `suspect_low` and `suspect_high` the typical
    range inside it, all in the base unit. `every` is the nominal reporting interval. `design`
    holds the design values of site, device and sensor merged, the nearest to the sensor winning,
    `words` those of them that are words, `design_from` where each is given. `limits` are the
    project's own limits of rules on this sensor. `beside` names the other
    quantities at the same point. `derived` says how a virtual sensor is computed; "" for one that
    is measured. The silence of one that is not `is_steady` is no blindness: it has no value while
    what it is about is not there.
    `checks` are the quality tests that look beyond one value.
    """

    key: SensorKey
    kind: str
    unit: str
    sent_unit: str
    scale: float
    offset: float
    low: float
    high: float
    suspect_low: float
    suspect_high: float
    every: timedelta
    position: Position
    design: Mapping[str, float] = field(hash=False)
    sent_as: str = ""
    derived: str = ""
    beside: frozenset[str] = frozenset()
    words: Mapping[str, str] = field(hash=False, default_factory=dict)
    design_from: Mapping[str, Given] = field(hash=False, default_factory=dict)
    limits: tuple[OwnLimit, ...] = ()
    checks: Checks = NO_CHECKS
    is_steady: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """The box with a radio that carries sensors.

    `points` is the hot look-up: point, then quantity, to the sensor. `addresses` are its addresses
    behind foreign doors (`sensors.door`), `names` what the sensors are called there. `missing` says
    of each quantity (`point/quantity`) that could be computed, and cannot, what is missing. `dates`
    are those of `sensors.due`: when something was done that runs out. The position of a crane on a
    rail is the rail's middle, and `zero` is where it stands when its travel is 0.
    """

    site: str
    id: str
    kind: str
    name: str
    position: Position
    every: timedelta
    sensors: tuple[Sensor, ...]
    addresses: Mapping[str, str] = field(hash=False, default_factory=dict)
    chart: Chart | None = None
    rating: Rating | None = None
    missing: Mapping[str, str] = field(hash=False, default_factory=dict)
    dates: Mapping[str, date] = field(hash=False, default_factory=dict)
    stages: tuple[StageChange, ...] = ()
    zero: Position | None = None
    names: Mapping[str, Sensor] = field(init=False, repr=False, compare=False, default_factory=dict)
    points: Mapping[str, Mapping[str, Sensor]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        """Index the sensors by point and quantity, and by the names foreign doors use."""
        points: dict[str, dict[str, Sensor]] = {}
        names: dict[str, Sensor] = {}
        for sensor in self.sensors:
            points.setdefault(sensor.key.point, {})[sensor.key.quantity] = sensor
            if not sensor.derived:
                names[foreign_name(sensor)] = sensor
        object.__setattr__(self, "points", points)
        object.__setattr__(self, "names", names)


def foreign_name(sensor: Sensor) -> str:
    """Give what a sensor is called behind a foreign door: `point/quantity` unless it says else."""
    key = sensor.key
    own = f"{key.point}/{key.quantity}" if key.point else key.quantity
    return sensor.sent_as or own


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A named place with sensors, and the district, street and village it belongs to."""

    id: str
    name: str
    zh: str
    position: Position
    kind: SiteKind
    address: str
    district: str
    street: str
    village: str
    clock: ClockRule
    devices: tuple[Device, ...]
    zones: tuple[Zone, ...] = ()
    stages: tuple[StageChange, ...] = ()
    couplings: tuple[Coupling, ...] = ()
    official: tuple[OfficialCoupling, ...] = ()
    neighbours: tuple[Neighbours, ...] = ()
    underpasses: tuple[Underpass, ...] = ()


class Registry:
    """Every site, device and sensor that is known; immutable.

    `sites` maps a site's id to the site, in order of id. `fingerprint` is a hash of the content
    that is the same for the same content in any order of files.
    """

    __slots__ = ("_addresses", "_devices", "_sensors", "fingerprint", "sites")

    def __init__(self, sites: Iterable[Site] = ()) -> None:
        """Index the sites; ids must be unique (`load_registry` sees to it)."""
        self.sites: Mapping[str, Site] = {
            site.id: site for site in sorted(sites, key=lambda site: site.id)
        }
        self._devices = {
            (device.site, device.id): device
            for site in self.sites.values()
            for device in site.devices
        }
        self._sensors = {
            sensor.key: sensor for device in self._devices.values() for sensor in device.sensors
        }
        self._addresses = {
            (door, address): device
            for device in self._devices.values()
            for door, address in device.addresses.items()
        }
        self.fingerprint = _fingerprint(self.sites.values())

    def device(self, site: str, device: str) -> Device | None:
        """Give a device, or None where the registry knows none."""
        return self._devices.get((site, device))

    def addressed(self, door: str, address: str) -> Device | None:
        """Give the device with an address behind a foreign door, or None."""
        return self._addresses.get((door, address))

    def addresses(self, door: str) -> list[str]:
        """List the addresses that are known behind a door, for a sentence to a person."""
        return sorted(address for known, address in self._addresses if known == door)

    def sensor(self, key: SensorKey) -> Sensor | None:
        """Give a sensor, or None where the registry knows none."""
        return self._sensors.get(key)

    def devices(self) -> Iterator[Device]:
        """Yield every device, by site and then in file order."""
        return iter(self._devices.values())

    def sensors(self) -> Iterator[Sensor]:
        """Yield every sensor, by site and device and then in file order."""
        return iter(self._sensors.values())

    @property
    def n_devices(self) -> int:
        """Give how many devices there are."""
        return len(self._devices)

    @property
    def n_sensors(self) -> int:
        """Give how many sensors there are."""
        return len(self._sensors)


def _fingerprint(sites: Iterable[Site]) -> str:
    digest = hashlib.sha256()
    for site in sites:
        digest.update(msgspec.json.encode(site, order="sorted", enc_hook=_no_place))
    return digest.hexdigest()


def _no_place(value: object) -> None:
    """Leave places out: a line further down says the same."""
    if not isinstance(value, Place):
        raise TypeError(f"a registry holds no {type(value).__name__}")
