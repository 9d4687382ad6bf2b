"""Sites, sensors and readings."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from alerting.model import Alert
from groundwatch.cycles import KIND
from groundwatch.explain import sensor_named, sensor_view, why_flagged
from groundwatch.http.alert_models import AlertAnswer
from groundwatch.http.parts import BoardPart, ProgramPart, StorePart
from groundwatch.http.problems import field_problem, near_words, not_found
from groundwatch.http.sensor_models import (
    CycleAnswer,
    CyclePage,
    DeviceAnswer,
    LatestPage,
    ReadingAnswer,
    ReadingPage,
    SensorAnswer,
    SensorDetail,
    SensorPage,
    SiteAnswer,
    SiteDetail,
    SitePage,
)
from groundwatch.http.words import Asked, Instant, cursor_of, values_of
from groundwatch.limits import silence_view
from groundwatch.program import Program
from sensors.registry import Device, Sensor, Site

router = APIRouter()

KindOfDevice = Literal[
    "crane", "hoist", "pit", "formwork", "rain", "water_level", "platform", "camera"
]
_BACK = timedelta(hours=24)
_STEP = timedelta(microseconds=1)
_MAX_CYCLES = 100_000


class SensorFilter(Asked):
    """Which sensors."""

    site: str | None = Field(default=None, description="Only of this site.")
    kind: KindOfDevice | None = Field(default=None, description="Only of this kind of device.")
    device: str | None = Field(default=None, description="Only of this device.")
    limit: int = Field(default=200, ge=1, le=2000)
    cursor: str | None = Field(default=None, description="`next` of the page before.")


class ReadingFilter(Asked):
    """Which readings of one sensor: `since` <= taken_at < `until`."""

    sensor: str = Field(description="`site/device/quantity`, or with the point between.")
    since: Instant | None = Field(default=None, description="24 hours before `until` if not given.")
    until: Instant | None = Field(default=None, description="Now if not given.")
    limit: int = Field(default=1000, ge=1, le=10_000)


class LatestFilter(Asked):
    """Which sensors' newest readings."""

    site: str | None = Field(default=None, description="Only of this site.")


class CycleFilter(Asked):
    """Which lifts: those that began at `since` <= t < `until`."""

    site: str | None = Field(default=None, description="Only of this site.")
    device: str | None = Field(default=None, description="Only of this crane.")
    since: Instant | None = Field(default=None, description="24 hours before `until` if not given.")
    until: Instant | None = Field(default=None, description="Now if not given.")
    limit: int = Field(default=200, ge=1, le=5000)


@router.get("/sites", tags=["sites"], summary="List sites with their worst standing alert")
async def list_sites(program: ProgramPart, board: BoardPart) -> SitePage:
    """Give every site with how it stands now."""
    standing = await board.standing()
    sites = program.district.registry.sites.values()
    items = [SiteAnswer(**SiteAnswer.parts(site, _on(standing, site))) for site in sites]
    return SitePage(items=items)


@router.get("/sites/{site_id}", tags=["sites"], summary="One site with devices and worst alert")
async def one_site(site_id: str, program: ProgramPart, board: BoardPart) -> SiteDetail:
    """Give one site with its devices, their sensors, and its worst standing alert."""
    site = _site(program, site_id, "site")
    standing = await board.standing()
    alerts = _on(standing, site)
    return SiteDetail(
        **SiteAnswer.parts(site, alerts),
        devices=[_device(program, device, alerts) for device in site.devices],
        worst_alert=alerts[0] if alerts else None,
    )


@router.get("/sensors", tags=["sensors"], summary="List sensors by site, kind and device")
async def list_sensors(
    program: ProgramPart, wanted: Annotated[SensorFilter, Query()]
) -> SensorPage:
    """Give one page of sensors in the order of the registry."""
    registry = program.district.registry
    if wanted.site is not None:
        site = _site(program, wanted.site, "query.site")
        devices = [device.id for device in site.devices]
        if wanted.device is not None and wanted.device not in devices:
            near = near_words(wanted.device, devices)
            what = f"site {site.id} has no device of this id"
            raise field_problem("query.device", what, near=near)
    found = [sensor for sensor in registry.sensors() if _is_wanted(sensor, wanted)]
    first = 0 if wanted.cursor is None else values_of(wanted.cursor, [int])[0]
    page = found[first : first + wanted.limit]
    is_last = first + wanted.limit >= len(found)
    return SensorPage(
        items=[SensorAnswer(**_sensor_parts(program, sensor)) for sensor in page],
        next=None if is_last else cursor_of([first + wanted.limit]),
    )


@router.get(
    "/sensors/{key:path}", tags=["sensors"], summary="One sensor with its limits and newest value"
)
async def one_sensor(key: str, program: ProgramPart) -> SensorDetail:
    """Give one sensor: newest value and age, every limit with its source, what is not judged."""
    sensor = sensor_named(program.district.registry, key)
    remarks: list[str] = []
    view = await sensor_view(program, sensor, remarks)
    return SensorDetail.of(view, remarks)


@router.get("/readings", tags=["readings"], summary="Stored readings of one sensor")
async def list_readings(
    program: ProgramPart, store: StorePart, wanted: Annotated[ReadingFilter, Query()]
) -> ReadingPage:
    """Give one sensor's readings, oldest first; the very newest are not stored yet."""
    sensor = sensor_named(program.district.registry, wanted.sensor)
    until = wanted.until or program.clock.now() + timedelta(seconds=1)
    since = wanted.since or until - _BACK
    if since >= until:
        raise field_problem("query.since", f"{since.isoformat()} is not before `until`")
    found = await store.history(sensor.key, sensor.kind, since, until, wanted.limit)
    is_cut = len(found) >= wanted.limit
    return ReadingPage(
        sensor=str(sensor.key),
        unit=sensor.unit,
        items=[ReadingAnswer.of(reading, why_flagged(program, reading)) for reading in found],
        next_since=found[-1].taken_at + _STEP if is_cut else None,
    )


@router.get("/readings/latest", tags=["readings"], summary="Newest stored reading of each sensor")
async def latest_readings(
    program: ProgramPart, store: StorePart, wanted: Annotated[LatestFilter, Query()]
) -> LatestPage:
    """Give the newest stored reading of every sensor, of one site or of all."""
    if wanted.site is not None:
        _site(program, wanted.site, "query.site")
    found = await store.latest(wanted.site)
    items = [ReadingAnswer.of(reading, why_flagged(program, reading)) for reading in found]
    return LatestPage(items=items)


@router.get("/cycles", tags=["readings"], summary="Lifts of tower cranes")
async def list_cycles(
    program: ProgramPart, store: StorePart, wanted: Annotated[CycleFilter, Query()]
) -> CyclePage:
    """Give the lifts of one crane, of a site's cranes or of all, the newest first."""
    if wanted.site is not None:
        site = _site(program, wanted.site, "query.site")
        cranes = [device.id for device in site.devices if device.kind == "crane"]
        if wanted.device is not None and wanted.device not in cranes:
            what = f"site {site.id} has no crane of this id"
            raise field_problem("query.device", what, near=near_words(wanted.device, cranes))
    until = wanted.until or program.clock.now()
    since = wanted.since or until - _BACK
    if since >= until:
        raise field_problem("query.since", f"{since.isoformat()} is not before `until`")
    rows = [
        row
        for row in await store.rows(KIND, since, until, _MAX_CYCLES)
        if wanted.site in (None, row.site) and wanted.device in (None, row.device)
    ]
    return CyclePage(items=[CycleAnswer.of(row) for row in reversed(rows)][: wanted.limit])


def _site(program: Program, site_id: str, where: str) -> Site:
    """Find a site; `where` says whether it was named in the path or in the query."""
    sites = program.district.registry.sites
    site = sites.get(site_id)
    if site is not None:
        return site
    if where == "site":
        raise not_found("site", site_id, list(sites))
    raise field_problem(where, "there is no such site", near=near_words(site_id, sites))


def _on(standing: list[Alert], site: Site) -> list[AlertAnswer]:
    return [AlertAnswer.of(alert) for alert in standing if alert.site == site.id]


def _device(program: Program, device: Device, alerts: list[AlertAnswer]) -> DeviceAnswer:
    status = program.devices_online.get((device.site, device.id))
    own = [alert for alert in alerts if alert.device == device.id]
    return DeviceAnswer(
        **DeviceAnswer.parts(device),
        is_online=None if status is None else status.is_online,
        status_at=None if status is None else status.received_at,
        worst=own[0].severity if own else None,
    )


def _is_wanted(sensor: Sensor, wanted: SensorFilter) -> bool:
    return (
        wanted.site in (None, sensor.key.site)
        and wanted.kind in (None, sensor.kind)
        and wanted.device in (None, sensor.key.device)
    )


def _sensor_parts(program: Program, sensor: Sensor) -> dict[str, Any]:
    judge = program.engine.judge
    watch = judge.find(sensor.key)
    if watch is None:
        raise LookupError(f"{sensor.key} is in the registry and not under watch")
    silence = silence_view(watch, program.clock.now(), judge.silence.watching_s)
    return SensorAnswer.parts(sensor, silence)
