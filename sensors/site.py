"""Site files: from a folder of YAML to the registry of sites, devices and sensors.

One file per site under `sites/` of the configuration folder. Every fault of every file is reported
at once with its line; the blocks that are sound are loaded all the same, so that a caller that only
wants to show the faults (`groundwatch check`) and one that starts (`run`, which must refuse on any
fault that is not a warning) use the same function.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from sensors.crane.chart_file import Charts, load_charts
from sensors.document import Document, Fault, listed, load_yaml, nearest
from sensors.door import DOORS, is_address
from sensors.qc.table import load_tables
from sensors.registry import (
    ClockRule,
    Device,
    FutureRule,
    Registry,
    Sensor,
    Site,
    SiteKind,
)
from sensors.site_build import Bounds, SiteReading
from sensors.site_claims import Claims, claims_of

__all__ = [
    "Bounds",
    "ClockRule",
    "Device",
    "FutureRule",
    "Registry",
    "Sensor",
    "Site",
    "SiteKind",
    "load_registry",
    "load_site",
]

FOLDER = "sites"
MAX_FILES = 10_000

_FIX_EMPTY = "write one YAML file per site there, or copy one of examples/baiyun/sites"


class Loaded(NamedTuple):
    """What one site file gave; `line` is where its id stands."""

    site: Site | None
    line: int
    faults: list[Fault]


def load_registry(
    directory: Path | str, *, bounds: Mapping[str, Bounds] | None = None
) -> tuple[Registry, list[Fault]]:
    """Load every `sites/*.yaml` and `sites/*.yml` below `directory`.

    `bounds` gives the bounding box of districts by name, where it is known; a site outside the box
    of its district is a warning. Returns the registry of all that is sound, and all faults in
    reading order; a registry with a fault that is not a warning must not be run on.
    """
    folder = Path(directory) / FOLDER
    files, faults = _site_files(folder)
    faults += load_tables()[1]
    charts, chart_faults = load_charts(directory)
    faults += chart_faults
    seen: dict[str, str] = {}
    addressed: dict[tuple[str, str], str] = {}
    sites: list[Site] = []
    for path in files:
        site, line, more = load_site(path, bounds=bounds, charts=charts)
        faults += more
        if site is None:
            continue
        if site.id in seen:
            what = f"site '{site.id}' already exists in {seen[site.id]}"
            faults.append(Fault(str(path), line, what, fix="give each site its own id"))
            continue
        faults += _address_faults(site, f"{path}:{line}", addressed)
        seen[site.id] = f"{path}:{line}"
        sites.append(site)
    registry = Registry(sites)
    faults += _gauges_missing(registry, seen, claims_of(folder, faults, registry))
    return registry, sorted(faults)


def load_site(
    path: Path | str,
    *,
    bounds: Mapping[str, Bounds] | None = None,
    charts: Charts | None = None,
) -> Loaded:
    """Load one site file; the site is None when its `site:` block is not sound."""
    document: Document = load_yaml(path)
    reading = SiteReading(document, bounds or {}, charts)
    site = reading.site()
    return Loaded(site, document.line(("site", "id")), reading.faults)


def _gauges_missing(registry: Registry, seen: Mapping[str, str], claims: Claims) -> Iterator[Fault]:
    """Find couplings whose gauge no site file has; they could never come into force.

    A gauge of a site whose file has a fault is looked for once that is mended.
    """
    for site in registry.sites.values():
        for coupling in site.couplings:
            key = coupling.gauge
            counter = key._replace(quantity="rain_total_mm")
            is_rain = key.quantity == "rain_mm"
            is_there = registry.sensor(key) or (is_rain and registry.sensor(counter))
            if not is_there and not claims.may_have(key.site, registry):
                path, _, line = seen[site.id].rpartition(":")
                what = f"coupling of {site.id}: there is no sensor {key}"
                known = [str(s.key) for s in registry.sensors() if s.key.quantity == key.quantity]
                yield Fault(path, int(line), what, listed(nearest(str(key), known, 4)))


def _address_faults(
    site: Site, where: str, addressed: dict[tuple[str, str], str]
) -> Iterator[Fault]:
    """Find addresses that are none, or that another device has too; `addressed` says whose."""
    path, _, line = where.rpartition(":")
    for device in site.devices:
        for door, address in device.addresses.items():
            if not is_address(door, address):
                what = f"{site.id}/{device.id}: '{address}' is no address behind {door}"
                yield Fault(path, int(line), what, DOORS[door])
            owner = addressed.setdefault((door, address), f"{site.id}/{device.id}")
            if owner != f"{site.id}/{device.id}":
                what = f"{site.id}/{device.id} has the {door} address '{address}' of {owner}"
                yield Fault(path, int(line), what, fix="give each device its own address")


def _site_files(folder: Path) -> tuple[list[Path], list[Fault]]:
    name = str(folder)
    try:
        files = sorted(
            path for path in folder.iterdir() if path.suffix in (".yaml", ".yml") and path.is_file()
        )
    except OSError as error:
        reason = "does not exist" if not folder.exists() else (error.strerror or "cannot be read")
        return [], [Fault(name, 0, f"the folder of site files {reason}", fix=_FIX_EMPTY)]
    if not files:
        return [], [Fault(name, 0, "there is no site file in this folder", fix=_FIX_EMPTY)]
    if len(files) > MAX_FILES:
        allowed = f"at most {MAX_FILES}"
        return [], [Fault(name, 0, f"{len(files)} site files are too many", allowed)]
    return files, []
