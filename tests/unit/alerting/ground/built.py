"""A pit, formwork and a rain gauge to judge, with packs small enough to see what they do."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from alerting.book import Change
from alerting.joints.table import joints_for
from alerting.judge import Judge
from alerting.model import AlertState
from alerting.rules import load_packs
from sensors.coupling import Coupling, OfficialCoupling
from sensors.lifecycle import StageChange
from sensors.model import Qc, Report, SensorKey
from sensors.neighbours import Neighbours
from sensors.qc.checks import NO_CHECKS
from sensors.registry import Device, Registry, Sensor
from sensors.virtual.ground import with_virtual_ground
from tests.builders import at, registry, sensor

LATENESS_S = 600.0
GAUGE = SensorKey("rain", "RG", "", "rain_mm")

PIT = """\
pack: pit
version: "1"
kind: pit
lateness: 10m
stale: 30m
offline: 1h
rules:
  - id: moved
    hazard: pit_deformation
    quantities: [wall_top_h_mm, deep_h_max_mm]
    title: Moved
    title_zh: 位移
    side: either
    measures:
      size: {of: value, unit: mm, baseline: zero, factor: {after: slab_cast, times: 0.5}}
    levels:
      moderate: {any: [{size: 10}], source: made for tests}
      severe: {any: [{size: 20}], source: made for tests}
    raise_when: {n: 2, of: 2, at_once: 3}
    clear_when: {ratio: 0.95, hold: 0s, readings: 3}
  - id: slack
    hazard: pit_support
    quantities: [anchor_force_kn]
    title: Slack
    title_zh: 松弛
    side: below
    measures: {force: {of: value, unit: kN, baseline: no force}}
    levels: {severe: {any: [{force: 80}], source: made for tests}}
    raise_when: {n: 1}
    clear_when: {ratio: 1.0, hold: 0s, readings: 3}
"""
FORMWORK = """\
pack: formwork
version: "1"
kind: formwork
lateness: 10m
stale: 10m
offline: 20m
patience:
  - {stage: [pouring], stale: 60s, offline: 60s}
  - {stage: [removed], stale: 365d, offline: 365d}
rules:
  - id: sunk
    hazard: formwork_collapse
    quantities: [settlement_mm, differential_mm]
    title: Sunk
    title_zh: 沉降
    side: either
    when: {stage: [pouring, curing]}
    measures: {sunk: {of: since_zero, zeroed_over: 30m, unit: mm, baseline: the zeroing}}
    levels: {severe: {any: [{sunk: 8}], source: made for tests}}
    raise_when: {n: 2, of: 2}
    clear_when: {ratio: 0.95, hold: 0s, readings: 3}
"""
RAIN = """\
pack: rain
version: "1"
kind: rain
lateness: 10m
stale: 30m
offline: 1h
rules:
  - id: wet
    hazard: rainstorm
    quantities: [intensity_mm_per_h]
    title: Wet
    title_zh: 雨
    measures: {rain: {of: value, unit: mm/h, baseline: no rain}}
    levels: {severe: {any: [{rain: 1000}], source: made for tests}}
    clear_when: {hold: 0s}
"""


@cache
def folder() -> Path:
    place = Path(mkdtemp(prefix="packs"))
    for name, text in (("pit", PIT), ("formwork", FORMWORK), ("rain", RAIN)):
        (place / f"{name}.yaml").write_text(text, encoding="utf-8")
    return place


def change(seconds: float, stage: str, by: str = "the site file") -> StageChange:
    return StageChange(at=at(seconds), stage=stage, by=by)


def coupling(*, every_s: float = 300.0) -> Coupling:
    return Coupling(
        site="site",
        gauge=GAUGE,
        over=50.0,
        window=timedelta(hours=2),
        hold=timedelta(hours=1),
        factor=0.8,
        every=timedelta(seconds=every_s),
        source="test",
    )


def district(
    *sensors: Sensor,
    stages: Iterable[StageChange] = (),
    device_stages: Mapping[str, Sequence[StageChange]] | None = None,
    couplings: Iterable[Coupling] = (),
    official: Iterable[OfficialCoupling] = (),
    neighbours: Iterable[Neighbours] = (),
    has_counter: bool = False,
) -> Registry:
    """Make a site of these sensors, and a rain gauge of another site; none has quality tests."""
    (site,) = registry(*(replace(each, checks=NO_CHECKS) for each in sensors)).sites.values()
    own = device_stages or {}
    devices = tuple(replace(d, stages=tuple(own.get(d.id, ()))) for d in site.devices)
    site = replace(
        site,
        devices=devices,
        stages=tuple(stages),
        couplings=tuple(couplings),
        official=tuple(official),
        neighbours=tuple(neighbours),
    )
    gauge = replace(
        sensor("rain_mm", "rain", device="RG", every_s=300.0), key=GAUGE, checks=NO_CHECKS
    )
    counter = replace(
        sensor("rain_total_mm", "rain", every_s=300.0),
        key=GAUGE._replace(quantity="rain_total_mm"),
        checks=NO_CHECKS,
    )
    rain = replace(
        site,
        id="rain",
        stages=(),
        couplings=(),
        official=(),
        neighbours=(),
        devices=(
            Device(
                site="rain",
                id="RG",
                kind="rain",
                name="RG",
                position=gauge.position,
                every=gauge.every,
                sensors=(gauge, counter) if has_counter else (gauge,),
            ),
        ),
    )
    return Registry([with_virtual_ground(site), rain])


def judge_of(known: Registry) -> Judge:
    packs, faults = load_packs(folder())
    assert not faults, [str(fault) for fault in faults]
    joints = joints_for(known)
    return Judge(registry=known, packs=packs, detector_for=lambda _: None, joints=joints)


def rain(seconds: float, millimetres: float, delay_s: float = 1.0) -> Report:
    return a_report("rain", "RG", "rain", seconds, {"rain_mm": millimetres}, delay_s=delay_s)


def a_report(
    site: str,
    device: str,
    kind: str,
    seconds: float,
    values: Mapping[str, float],
    *,
    point: str = "",
    delay_s: float = 1.0,
    qc: Qc = Qc.PASS,
) -> Report:
    taken = at(seconds)
    flags = {} if qc == Qc.PASS else dict.fromkeys(values, int(qc))
    received = taken + timedelta(seconds=delay_s)
    return Report(site, device, kind, point, taken, received, dict(values), flags)


def wall(seconds: float, value: float, *, delay_s: float = 1.0, qc: Qc = Qc.PASS) -> Report:
    values = {"wall_top_h_mm": value}
    return a_report("site", "D-01", "pit", seconds, values, delay_s=delay_s, qc=qc)


def pole(seconds: float, value: float, device: str = "D-01", delay_s: float = 1.0) -> Report:
    values = {"settlement_mm": value}
    return a_report("site", device, "formwork", seconds, values, point="P1", delay_s=delay_s)


def phase(seconds: float, code: float, delay_s: float = 1.0) -> Report:
    return a_report("site", "D-01", "formwork", seconds, {"phase_code": code}, delay_s=delay_s)


def run(judge: Judge, reports: Sequence[Report], first_seq: int = 1) -> list[Change]:
    changes: list[Change] = []
    for seq, entry in enumerate(reports, first_seq):
        changes += judge.take([entry], seq, entry.received_at)
    return changes


def firing(changes: Iterable[Change]) -> list[Change]:
    last = {each.alert.id: each for each in changes}
    return [each for each in last.values() if each.alert.state is AlertState.FIRING]


def final(changes: Iterable[Change]) -> list[tuple[float, str, str, int]]:
    rows = {
        (
            each.transition.taken_at.timestamp(),
            each.alert.rule_id,
            each.transition.kind.value,
            int(each.transition.severity),
        )
        for each in changes
        if each.transition.final
    }
    return sorted(rows)


def shuffled(
    entries: Sequence[Report], seed: int, within_s: float = LATENESS_S - 1
) -> list[Report]:
    """Let readings arrive late within the lateness, out of order, and some of them twice."""
    chance = random.Random(seed)
    delays = {id(entry): chance.uniform(0, within_s) for entry in entries}
    doubled = [*entries, *(entry for entry in entries if chance.random() < 0.1)]
    doubled.sort(key=lambda entry: entry.taken_at.timestamp() + delays[id(entry)])
    return [
        Report(
            *(entry.site, entry.device, entry.kind, entry.point, entry.taken_at),
            entry.taken_at + timedelta(seconds=delays[id(entry)]),
            entry.values,
            entry.qc,
        )
        for entry in doubled
    ]
