"""A made-up district for measuring: tower cranes of eight sensors, people and one webhook.

Two kinds of cranes: those of the load, which speak once a second, and one per probe, which speaks
only when its alert is wanted.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

QUANTITIES = (
    "load_t",
    "moment_pct",
    "radius_m",
    "hook_height_m",
    "slew_deg",
    "wind_ms",
    "tilt_x_deg",
    "clearance_m",
)
_CRANES_PER_SITE = 50
_SITE = """\
site:
  id: {site}
  name: Made-up site {number}
  position: {{lat: {lat:.5f}, lon: {lon:.5f}}}
  kind: building
  district: Made-up district
  street: Made-up street
  village: Made-up village
  clock: {{not_before: 2020-01-01}}
  design: {{building_height_m: 120.0, wind_stop_ms: 10.8}}

devices:
"""
_CRANE = """\
  - id: {crane}
    kind: crane
    position: {{lat: {lat:.5f}, lon: {lon:.5f}}}
    every: {every}
    design: {{max_load_t: 8, jib_length_m: 60, mast_height_m: 90.0, hook_min_m: 2.5}}
    sensors:
"""
_PEOPLE = """\
timezone: Asia/Shanghai
people:
  - id: receiver
    name: Receiver Example
    role: duty
    system: true
    contacts:
      - {{channel: webhook, address: "{address}"}}
  - id: nobody
    name: Nobody Example
    role: reader
    contacts:
      - {{channel: console, address: "+86 000 0000 0000"}}
"""
_ROUTES = """\
routes:
  - name: probes
    match: {hazards: [crane_collision]}
    recipients: {roles: [duty]}
    repeat_every: {extreme: never}
  - name: everything else
    recipients: {roles: [reader]}
    repeat_every: {minor: never, moderate: never, severe: never, extreme: never}
last_resort: {channel: console}
"""


@dataclass(frozen=True, slots=True)
class Crane:
    """One crane of the district: where its messages go."""

    site: str
    device: str

    def topic_under(self, root: str) -> str:
        """Give the topic of its readings; the program listens under the root `gw`."""
        return f"{root}/1/{self.site}/{self.device}/telemetry"


@dataclass(frozen=True, slots=True)
class Cranes:
    """The cranes of the load and those of the probes."""

    load: tuple[Crane, ...]
    probes: tuple[Crane, ...]


def write_district(directory: Path, *, n_load: int, n_probes: int, webhook: str) -> Cranes:
    """Write sites, people and routes into `directory`; notices about probes go to `webhook`."""
    (directory / "sites").mkdir(parents=True)
    cranes = cranes_named(n_load, n_probes)
    numbers = {crane.site: at for at, crane in enumerate((*cranes.load, *cranes.probes))}
    for at, site in enumerate(numbers):
        members = [crane for crane in (*cranes.load, *cranes.probes) if crane.site == site]
        text = _site_text(site, at, members)
        (directory / "sites" / f"{site}.yaml").write_text(text, encoding="utf-8")
    (directory / "people.yaml").write_text(_PEOPLE.format(address=webhook), encoding="utf-8")
    (directory / "routes.yaml").write_text(_ROUTES, encoding="utf-8")
    (directory / "resources").mkdir()
    return cranes


def cranes_named(n_load: int, n_probes: int) -> Cranes:
    """Name the cranes of a district of this size."""
    return Cranes(_named("load", n_load), _named("probe", n_probes))


def _named(prefix: str, count: int) -> tuple[Crane, ...]:
    return tuple(
        Crane(f"{prefix}-{number // _CRANES_PER_SITE:03d}", f"TC-{number % _CRANES_PER_SITE:02d}")
        for number in range(count)
    )


def _site_text(site: str, number: int, cranes: list[Crane]) -> str:
    lat, lon = 23.15 + 0.005 * (number % 40), 113.15 + 0.005 * (number // 40)
    # A probe speaks when it is asked to; its silence before that is no blindness.
    every = "1h" if site.startswith("probe") else "1s"
    text = [_SITE.format(site=site, number=number, lat=lat, lon=lon)]
    for at, crane in enumerate(cranes):
        place = {"lat": lat + 1e-5 * at, "lon": lon}
        text.append(_CRANE.format(crane=crane.device, every=every, **place))
        text += [f"      - {{quantity: {quantity}}}\n" for quantity in QUANTITIES]
    return "".join(text)


def message(crane: int, turn: int, at_ms: int) -> bytes:
    """Give the `turn`-th message of a crane at work: plausible, never the same twice, no alarm."""
    phase = 0.7 * crane + 0.05 * turn
    swing, drift = math.sin(phase), math.sin(0.31 * phase + crane)
    jitter = ((crane * 7919 + turn * 104729) % 1000) / 1000.0
    values = (
        2.5 + 2.0 * swing + 0.01 * jitter,
        40 + 20 * swing + 0.1 * jitter,
        30 + 15 * drift,
        45 + 20 * drift + 0.01 * jitter,
        180 + 90 * drift,
        4 + swing + 0.3 * jitter,
        0.1 * drift + 0.01 * jitter,
        40 + 10 * drift,
    )
    return _encoded(at_ms, turn, values)


def probe_message(probe: int, at_ms: int) -> bytes:
    """Give the first message of a crane that is about to hit another one: clearance 1 m."""
    return _encoded(at_ms, probe, (2.0, 40.0, 30.0, 45.0, 180.0, 4.0, 0.1, 1.0))


def _encoded(at_ms: int, turn: int, values: Sequence[float]) -> bytes:
    pairs = zip(QUANTITIES, values, strict=True)
    readings = ", ".join(f'"{quantity}": {value:.6f}' for quantity, value in pairs)
    return f'{{"at": {at_ms}, "seq": {turn}, "readings": {{{readings}}}}}'.encode()
