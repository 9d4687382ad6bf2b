"""Builds one site from its document and judges what only several blocks together can show.

The input is `sensors.document.Document`, the blocks are those of `sensors.site_schema`; the result
is a `sensors.registry.Site` and the list of faults.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from math import cos, hypot, radians
from typing import NamedTuple, TypeGuard

from sensors.calibrate import Line, resolved, sent_unit, units_of
from sensors.catalogue import KINDS, Quantity
from sensors.coupling import Coupling, OfficialCoupling
from sensors.crane.chart import Chart
from sensors.crane.chart_file import Charts
from sensors.crane.zone import Zone
from sensors.design import DESIGN, RISING_STAGES, WORDS
from sensors.document import Document, Fault, Location, check_model, did_you_mean, listed
from sensors.lifecycle import StageChange
from sensors.model import Position, SensorKey
from sensors.neighbours import Neighbours
from sensors.plausible import Believable, believable
from sensors.qc.table import checks_for, why_not_partner
from sensors.rating import Rating, Segment, why_no_rating
from sensors.recipes.table import with_derived
from sensors.registry import ClockRule, Device, Given, Sensor, Site
from sensors.sheet import given_at, own_limit
from sensors.site_schema import (
    CouplingBlock,
    DeviceBlock,
    OfficialBlock,
    PositionBlock,
    SensorBlock,
    SheetBlock,
    SiteBlock,
    SiteFile,
    StageBlock,
    ZoneBlock,
)
from sensors.underpass import Underpass
from sensors.units import Unit
from sensors.virtual.crane import with_virtual
from sensors.virtual.crane_rail import on_rail, rail_faults
from sensors.virtual.due import with_due
from sensors.virtual.ground import SETTLES, pole, with_virtual_ground
from sensors.virtual.water import why_not, with_virtual_water

# A device farther than this from its site is more likely a typing error than a large site.
FAR_KM = 50.0


_TELL_APART = {
    "device": "change its id",
    "sensor": "give each point its own `point`",
    "zone": "change its id",
    "underpass": "give each zone one gauge, the lowest one",
    "name": "give each sensor of the device its own `sent_as`",
}


class Bounds(NamedTuple):
    """A bounding box in WGS 84 degrees."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, position: Position) -> bool:
        """Whether the position lies inside or on the edge."""
        return self.south <= position.lat <= self.north and self.west <= position.lon <= self.east


class Design(NamedTuple):
    """Design values as they reach a sensor: numbers, words, and where each is given.

    `sheet` is the design sheet of whatever inside names no other.
    """

    numbers: Mapping[str, float]
    words: Mapping[str, str]
    given: Mapping[str, Given]
    sheet: SheetBlock | None


_NO_DESIGN = Design({}, {}, {}, None)


class _Parent(NamedTuple):
    """What a sensor takes from its device and site; None and "" where those are not sound."""

    site: str
    device: str
    kind: str
    every: timedelta
    position: Position | None
    design: Design


class SiteReading:
    """Reads one site document; `faults` fills as `site` works."""

    def __init__(
        self, document: Document, bounds: Mapping[str, Bounds], charts: Charts | None = None
    ) -> None:
        """Take the document, the known boxes of districts by name and the load charts."""
        self.faults: list[Fault] = []
        self._document = document
        self._bounds = bounds
        self._charts = charts or {}

    def site(self) -> Site | None:
        """Build the site, or None when the file or its `site:` block is not sound."""
        file, faults = check_model(self._document, SiteFile)
        self.faults += faults
        if self._document.value is None or not isinstance(self._document.value, dict):
            return None
        header = self._header()
        devices = self._devices(header)
        if file is None or header is None:
            return None
        site = Site(
            id=header.id,
            name=header.name,
            zh=header.zh or "",
            position=_position(header.position),
            kind=header.kind,
            address=header.address or "",
            district=header.district,
            street=header.street,
            village=header.village,
            clock=ClockRule(
                future=header.clock.future,
                not_before=datetime.combine(header.clock.not_before, time(), UTC),
            ),
            devices=devices,
            zones=self._zones(),
            stages=_changes(file.stages),
            couplings=self._couplings(file.couplings, header.id),
            official=self._official(file.official, header.id),
            neighbours=tuple(
                Neighbours(one=block.poles[0], other=block.poles[1], spacing_m=block.spacing_m)
                for block in file.neighbours
            ),
            underpasses=tuple(
                Underpass(zone=block.zone, gauge=block.gauge) for block in file.underpasses
            ),
        )
        self._check_ends(site)
        return with_virtual_water(with_virtual_ground(with_virtual(site)))

    def _check_ends(self, site: Site) -> None:
        """Find poles, zones and gauges that entries of the site name and it does not have."""
        for index, pair in enumerate(site.neighbours):
            for name in (pair.one, pair.other):
                if pole(site, name) is None:
                    what = f"neighbours: no pole {name} that measures its settlement"
                    self._fault(("neighbours", index), what, f"device/point with {listed(SETTLES)}")
        zones: dict[str, int] = {}
        for index, underpass in enumerate(site.underpasses):
            at: Location = ("underpasses", index)
            if what := why_not(site, underpass):
                self._fault(at, f"underpasses: {what}", "device or device/point of this site")
            self._given_before(underpass.zone, (*at, "zone"), zones, "underpass")

    def _couplings(self, blocks: Sequence[CouplingBlock], site: str) -> tuple[Coupling, ...]:
        """Build the couplings; whether their gauges exist is seen when all sites are loaded."""
        found: list[Coupling] = []
        for index, block in enumerate(blocks):
            gauge_site, _, device = block.gauge.partition("/")
            at: Location = ("couplings", index)
            if not device or (block.rain_mm is None) == (block.ponding_m is None):
                what = "a coupling needs the gauge's `site/device`, and `rain_mm` or `ponding_m`"
                self._fault(at, what, "gauge: rain/RG-01, and one of rain_mm and ponding_m")
                continue
            is_rain = block.rain_mm is not None
            quantity = "rain_mm" if is_rain else "ponding_depth_m"
            found.append(
                Coupling(
                    site=site,
                    gauge=SensorKey(gauge_site, device, "", quantity),
                    over=block.rain_mm or block.ponding_m or 0.0,
                    window=block.window if is_rain else timedelta(),
                    hold=block.hold,
                    factor=block.tighten,
                    every=block.every,
                    source=block.source,
                    confidence=block.confidence,
                )
            )
        return tuple(found)

    def _official(self, blocks: Sequence[OfficialBlock], site: str) -> tuple[OfficialCoupling, ...]:
        """Build what official warnings tighten."""
        words = ("minor", "moderate", "severe", "extreme")
        return tuple(
            OfficialCoupling(
                site=site,
                topic=block.warning,
                at_least=words.index(block.severity) + 1,
                hold=block.hold,
                factor=block.tighten,
                every=block.every,
                kinds=tuple(block.kinds),
                source=block.source,
                confidence=block.confidence,
            )
            for block in blocks
        )

    # --- the site's own block ---

    def _header(self) -> SiteBlock | None:
        if "site" not in self._document.value:
            return None
        header, faults = check_model(self._document, SiteBlock, ("site",))
        self.faults += faults
        if header is None:
            return None
        box = self._bounds.get(header.district)
        if box is not None and not box.holds(_position(header.position)):
            what = f"the position lies outside the district {header.district}"
            allowed = f"lat {box.south:g} to {box.north:g}, lon {box.west:g} to {box.east:g}"
            self._warn(("site", "position"), what, allowed)
        return header

    # --- devices ---

    def _devices(self, header: SiteBlock | None) -> tuple[Device, ...]:
        entries = self._document.value.get("devices")
        if not isinstance(entries, list):
            return ()
        seen: dict[str, int] = {}
        devices: list[Device] = []
        for index in range(len(entries)):
            at: Location = ("devices", index)
            block, faults = check_model(self._document, DeviceBlock, at)
            self.faults += faults
            parent = self._parent(block, header, at)
            sensors = self._sensors(parent, at)
            chart = self._chart(block, at)
            rating = self._rating(block, at)
            if block is None or self._given_before(block.id, (*at, "id"), seen, "device"):
                continue
            if header is not None and parent.position is not None:
                device = Device(
                    site=header.id,
                    id=block.id,
                    kind=block.kind,
                    name=block.name or block.id,
                    position=parent.position,
                    every=block.every,
                    sensors=sensors,
                    addresses=block.addresses,
                    chart=chart,
                    rating=rating,
                    dates=block.dates,
                    stages=_changes(block.stages),
                )
                self.faults += rail_faults(device)
                devices.append(with_due(with_derived(on_rail(device))))
        return tuple(devices)

    def _chart(self, block: DeviceBlock | None, at: Location) -> Chart | None:
        """Find the load chart that a crane names; a fault where there is none."""
        if block is None or block.chart is None:
            return None
        wanted = block.chart
        found = self._charts.get((wanted.model, wanted.jib_m))
        if found is None:
            known = [f"{model} with {jib_m:g} m" for model, jib_m in sorted(self._charts)]
            what = f"no load chart of '{wanted.model[:64]}' with a jib of {wanted.jib_m:g} m"
            fix = "put it into charts/*.yaml"
            self._fault((*at, "chart"), what, listed(known) if known else "", fix)
        elif block.kind != "crane":
            self._fault((*at, "chart"), f"a {block.kind} has no load chart", fix="remove it")
            return None
        return found

    def _rating(self, block: DeviceBlock | None, at: Location) -> Rating | None:
        """Give a gauge's rating curve; a fault where it cannot be used."""
        if block is None or block.rating is None:
            return None
        here: Location = (*at, "rating")
        if block.kind != "water_level":
            self._fault(here, f"a {block.kind} has no rating curve", fix="remove it")
            return None
        rating = Rating(
            segments=tuple(
                Segment(low_m=s.from_m, high_m=s.to_m, c=s.c, h0_m=s.h0_m, b=s.b)
                for s in block.rating.segments
            ),
            n_gaugings=block.rating.gaugings,
            highest_gauging_m=block.rating.highest_gauging_m,
            dated=block.rating.dated,
            source=block.rating.source,
            valid_from=block.rating.valid_from,
            valid_until=block.rating.valid_until,
        )
        if (why_not := why_no_rating(rating)) is not None:
            self._fault(here, why_not, "segments that rise and join, each from_m below to_m")
            return None
        return rating

    # --- zones ---

    def _zones(self) -> tuple[Zone, ...]:
        entries = self._document.value.get("zones")
        seen: dict[str, int] = {}
        zones: list[Zone] = []
        for index in range(len(entries) if isinstance(entries, list) else 0):
            at: Location = ("zones", index)
            block, faults = check_model(self._document, ZoneBlock, at)
            self.faults += faults
            if block is None or self._given_before(block.id, (*at, "id"), seen, "zone"):
                continue
            if block.ground_m is not None and block.top_m is None:
                what = "ground_m says where top_m is counted from, and there is no top_m"
                self._fault((*at, "ground_m"), what, fix="give top_m or remove ground_m")
            top_m = block.top_m + (block.ground_m or 0.0) if block.top_m is not None else None
            zones.append(
                Zone(
                    id=block.id,
                    name=block.name or block.id,
                    kind=block.kind,
                    corners=tuple(_position(corner) for corner in block.polygon),
                    top_m=top_m,
                )
            )
        return tuple(zones)

    def _parent(self, block: DeviceBlock | None, header: SiteBlock | None, at: Location) -> _Parent:
        """Gather what the sensors need; as much as is sound, so that they are all checked."""
        site_id = header.id if header else ""
        position = _position(header.position) if header else None
        design = self._design(("site",), header, _NO_DESIGN) if header else _NO_DESIGN
        if block is None:
            entry = self._document.at(at)
            kind = entry.get("kind") if isinstance(entry, dict) else None
            known = kind if isinstance(kind, str) and kind in KINDS else ""
            return _Parent(site_id, "", known, timedelta(), position, design)
        position = self._place(block.position, position, at)
        design = self._design(at, block, design)
        return _Parent(site_id, block.id, block.kind, block.every, position, design)

    # --- sensors ---

    def _sensors(self, parent: _Parent, at: Location) -> tuple[Sensor, ...]:
        entry = self._document.at(at)
        entries = entry.get("sensors") if isinstance(entry, dict) else None
        if not isinstance(entries, list):
            return ()
        seen: dict[str, int] = {}
        sent: dict[str, int] = {}
        sensors: list[Sensor] = []
        for index in range(len(entries)):
            here = (*at, "sensors", index)
            block, faults = check_model(self._document, SensorBlock, here)
            self.faults += faults
            if block is None:
                continue
            name = f"{block.point}/{block.quantity}" if block.point else block.quantity
            sensor = self._sensor(block, parent, here)
            if self._given_before(name, (*here, "quantity"), seen, "sensor"):
                continue
            if self._given_before(block.sent_as or name, (*here, "sent_as"), sent, "name"):
                continue
            if sensor is not None:
                sensors.append(sensor)
        return _side_by_side(sensors)

    def _sensor(self, block: SensorBlock, parent: _Parent, at: Location) -> Sensor | None:
        """Build one sensor; None after a fault, or where device or site are not sound."""
        quantity = self._quantity(block.quantity, parent.kind, at)
        design = self._design(at, block, parent.design)
        position = self._place(block.position, parent.position, at)
        if quantity is None:
            return None
        if block.quality and (what := why_not_partner(block.quality, parent.kind)) is not None:
            self._fault((*at, "quality", "against", "partner"), what)
        unit = self._unit(block.unit, quantity, at)
        every = block.every or parent.every
        usual = believable(quantity, parent.kind, design.numbers, every)
        ranges = self._ranges(block, usual, quantity, at)
        if unit is None or ranges is None or position is None:
            return None
        line = resolved(unit, Line(block.calibration.scale, block.calibration.offset))
        return Sensor(
            key=SensorKey(parent.site, parent.device, block.point, quantity.key),
            kind=parent.kind,
            unit=quantity.unit,
            sent_unit=unit.symbol,
            scale=line.scale,
            offset=line.offset,
            low=ranges.low,
            high=ranges.high,
            suspect_low=ranges.suspect_low,
            suspect_high=ranges.suspect_high,
            every=every,
            position=position,
            design=design.numbers,
            sent_as=block.sent_as or "",
            words=design.words,
            design_from=design.given,
            limits=tuple(
                own_limit(entry, self._document, (*at, "limits", number))
                for number, entry in enumerate(block.limits)
            ),
            checks=checks_for(parent.kind, quantity.key, block.quality),
        )

    def _quantity(self, name: str, kind: str, at: Location) -> Quantity | None:
        if not kind:
            return None
        known = KINDS[kind].quantities
        if name not in known:
            what = f"'{name[:64]}' is not a quantity of kind {kind}"
            self._fault((*at, "quantity"), what, listed(known), did_you_mean(name, known))
            return None
        return known[name]

    def _unit(self, symbol: str | None, quantity: Quantity, at: Location) -> Unit | None:
        unit = sent_unit(symbol or quantity.unit, quantity.unit)
        if unit is None:
            known = units_of(quantity.unit)
            what = f"unit '{symbol}' cannot be turned into {quantity.unit} for {quantity.key}"
            self._fault((*at, "unit"), what, listed(known), did_you_mean(symbol or "", known))
        return unit

    def _ranges(
        self, block: SensorBlock, usual: Believable, quantity: Quantity, at: Location
    ) -> Believable | None:
        """Narrow the usual ranges by the site file's own; None after a fault."""
        low, high = block.range or (usual.low, usual.high)
        most = max(quantity.high, usual.high)
        if low < quantity.low or high > most:
            what = f"range [{low:g}, {high:g}] is wider than {quantity.key} can be"
            allowed = f"within [{quantity.low:g}, {most:g}] {quantity.unit}"
            self._fault((*at, "range"), what, allowed)
            return None
        first, last = block.typical or (usual.suspect_low, usual.suspect_high)
        if block.typical and (first < low or last > high):
            what = f"typical [{first:g}, {last:g}] reaches outside the gross range"
            self._fault((*at, "typical"), what, f"within [{low:g}, {high:g}]")
            return None
        first, last = max(low, first), min(high, last)
        if first >= last:
            what = f"no value of {quantity.key} would pass: its range and typical range do not meet"
            fix = "give `range` and `typical`, or correct the design values"
            self._fault(at, what, fix=fix)
            return None
        return Believable(low, high, first, last)

    # --- what several blocks share ---

    def _design(
        self, at: Location, block: SiteBlock | DeviceBlock | SensorBlock, before: Design
    ) -> Design:
        """Lay a block's own design values over those of the blocks around it."""
        sheet = block.design_sheet or before.sheet
        if not block.design:
            return before._replace(sheet=sheet)
        numbers = {name: value for name, value in block.design.items() if _is_number(value, name)}
        words = {name: value for name, value in block.design.items() if _is_word(value, name)}
        for name in block.design.keys() - numbers.keys() - words.keys():
            self._wrong_design((*at, "design", name), name, block.design[name])
        given = {
            name: given_at(self._document, (*at, "design", name), sheet) for name in block.design
        }
        design = Design(
            {**before.numbers, **numbers},
            {**before.words, **words},
            {**before.given, **given},
            sheet,
        )
        self._check_numbers(at, numbers, design.numbers)
        return design

    def _wrong_design(self, at: Location, name: str, value: float | str) -> None:
        entry = WORDS.get(name)
        if entry is None:
            what = f"{name}: '{str(value)[:48]}' is not a number"
            self._fault(at, what, "a number, without quotes or unit")
            return
        what = f"'{str(value)[:48]}' is no {name}, {entry.what}"
        hint = did_you_mean(value, entry.words) if isinstance(value, str) else ""
        self._fault(at, what, listed(entry.words), hint)

    def _check_numbers(
        self, at: Location, own: Mapping[str, float], every: Mapping[str, float]
    ) -> None:
        for name, value in own.items():
            entry = DESIGN.get(name)
            if entry is not None and not entry.low <= value <= entry.high:
                what = f"{name} {value:g} cannot be: {entry.what}"
                allowed = f"{entry.low:g} to {entry.high:g} {entry.unit}"
                self._fault((*at, "design", name), what, allowed)
        given = [name for name in RISING_STAGES if name in every]
        for lower, upper in pairwise(given):
            mine = upper if upper in own else lower
            if every[lower] > every[upper] and mine in own:
                what = f"{lower} {every[lower]:g} lies above {upper} {every[upper]:g}"
                self._fault((*at, "design", mine), what, " ≤ ".join(RISING_STAGES))

    def _given_before(self, name: str, at: Location, seen: dict[str, int], thing: str) -> bool:
        if name in seen:
            what = f"{thing} '{name}' already exists on line {seen[name]}"
            self._fault(at, what, fix=_TELL_APART[thing])
            return True
        seen[name] = self._document.line(at)
        return False

    def _place(
        self, block: PositionBlock | None, home: Position | None, at: Location
    ) -> Position | None:
        """Give the block's own position or the one it inherits, and warn of a far one."""
        if block is None:
            return home
        position = _position(block)
        if home is not None and (km := _km_between(position, home)) > FAR_KM:
            what = f"the position is {km:.0f} km from what it belongs to"
            self._warn((*at, "position"), what, f"usually within {FAR_KM:g} km")
        return position

    def _fault(self, at: Location, what: str, allowed: str = "", fix: str = "") -> None:
        self.faults.append(self._document.fault(at, what, allowed=allowed, fix=fix))

    def _warn(self, at: Location, what: str, allowed: str) -> None:
        path, line = self._document.path, self._document.line(at)
        self.faults.append(Fault(path, line, what, allowed, is_warning=True))


@lru_cache(maxsize=4096)
def _kept(names: frozenset[str]) -> frozenset[str]:
    """Give the one set that all who ask for the same names share: most devices are alike."""
    return names


def _side_by_side(sensors: Sequence[Sensor]) -> tuple[Sensor, ...]:
    """Let every sensor know what else is measured at its point."""
    points: dict[str, set[str]] = {}
    for sensor in sensors:
        points.setdefault(sensor.key.point, set()).add(sensor.key.quantity)
    return tuple(
        replace(sensor, beside=_kept(frozenset(points[sensor.key.point] - {sensor.key.quantity})))
        for sensor in sensors
    )


def _changes(blocks: Iterable[StageBlock]) -> tuple[StageChange, ...]:
    return tuple(
        StageChange(
            at=block.at.astimezone(UTC),
            stage=block.stage,
            depth_m=block.depth_m,
            note=block.note or "",
        )
        for block in blocks
    )


def _is_number(value: float | str, name: str) -> TypeGuard[float]:
    return name not in WORDS and not isinstance(value, str)


def _is_word(value: float | str, name: str) -> TypeGuard[str]:
    return name in WORDS and value in WORDS[name].words


def _position(block: PositionBlock) -> Position:
    return Position(block.lat, block.lon)


def _km_between(one: Position, other: Position) -> float:
    """Give the rough distance in km (equirectangular), good enough to spot a typing error."""
    east = (one.lon - other.lon) * cos(radians((one.lat + other.lat) / 2))
    return 111.2 * hypot(one.lat - other.lat, east)
