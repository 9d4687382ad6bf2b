"""Short ways to make the values tests need."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from alerting.joint import Joint
from alerting.judge import Judge
from alerting.rules import PACK_FOLDER, Packs, load_packs
from sensors.catalogue import KINDS
from sensors.model import Position, Qc, Report, SensorKey
from sensors.qc.checks import Checks
from sensors.qc.table import checks_for
from sensors.registry import ClockRule, Device, Registry, Sensor, Site, SiteKind

START = datetime(2026, 6, 1, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def sensor(
    quantity: str,
    kind: str = "water_level",
    *,
    device: str = "D-01",
    point: str = "",
    every_s: float = 300.0,
    design: Mapping[str, float] | None = None,
    words: Mapping[str, str] | None = None,
    checks: Checks | None = None,
) -> Sensor:
    entry = KINDS[kind].quantities[quantity]
    return Sensor(
        key=SensorKey("site", device, point, quantity),
        kind=kind,
        unit=entry.unit,
        sent_unit=entry.unit,
        scale=1.0,
        offset=0.0,
        low=entry.low,
        high=entry.high,
        suspect_low=entry.low if entry.suspect_low is None else entry.suspect_low,
        suspect_high=entry.high if entry.suspect_high is None else entry.suspect_high,
        every=timedelta(seconds=every_s),
        position=Position(23.2, 113.2),
        design=dict(design or {}),
        words=dict(words or {}),
        checks=checks_for(kind, quantity) if checks is None else checks,
    )


def registry(*sensors: Sensor) -> Registry:
    devices: dict[str, list[Sensor]] = {}
    for entry in sensors:
        devices.setdefault(entry.key.device, []).append(entry)
    made = tuple(
        Device(
            site="site",
            id=name,
            kind=entries[0].kind,
            name=name,
            position=entries[0].position,
            every=entries[0].every,
            sensors=tuple(entries),
        )
        for name, entries in devices.items()
    )
    site = Site(
        id="site",
        name="Site",
        zh="",
        position=Position(23.2, 113.2),
        kind=SiteKind.RIVER,
        address="",
        district="",
        street="",
        village="",
        clock=ClockRule(),
        devices=made,
    )
    return Registry([site])


def report(
    seconds: float,
    values: Mapping[str, float],
    *,
    kind: str = "water_level",
    device: str = "D-01",
    point: str = "",
    delay_s: float = 1.0,
    qc: Mapping[str, int] | None = None,
) -> Report:
    flags = {name: flag for name, flag in (qc or {}).items() if flag != Qc.PASS}
    taken_at = at(seconds)
    received_at = taken_at + timedelta(seconds=delay_s)
    return Report("site", device, kind, point, taken_at, received_at, dict(values), flags)


@cache
def packs_of(folder: Path) -> Packs:
    packs, faults = load_packs(folder)
    assert not faults, [str(fault) for fault in faults]
    return packs


def judge(*sensors: Sensor, folder: Path = PACK_FOLDER, joints: Sequence[Joint] = ()) -> Judge:
    """Make a judge of these sensors, and of the outputs of the joints."""
    known = registry(*sensors, *(joint.output for joint in joints))
    packs = packs_of(folder)
    return Judge(registry=known, packs=packs, detector_for=lambda _: None, joints=joints)
