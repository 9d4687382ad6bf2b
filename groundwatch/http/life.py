"""Endpoints of life cycles, couplings and boreholes."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from alerting.history import History
from alerting.joints.borehole import profile, profile_words
from alerting.zero import ZeroedTooLongAgo
from groundwatch.http.life_models import (
    CouplingAnswer,
    CouplingPage,
    DepthAnswer,
    ProfileAnswer,
    RateAnswer,
    StageAnswer,
    StagesAnswer,
    StageWord,
)
from groundwatch.http.named_site import check_site
from groundwatch.http.parts import ProgramPart
from groundwatch.http.problems import field_problem, near_words, not_found
from groundwatch.http.words import Asked, Instant
from groundwatch.program import Program
from sensors.lifecycle import STAGES, StageChange
from sensors.model import SensorKey
from sensors.registry import Site
from sensors.virtual.ground import boreholes

router = APIRouter()


class SiteFilter(Asked):
    """Which couplings."""

    site: str | None = Field(default=None, description="Only of this site.")


class AtFilter(Asked):
    """Which instant."""

    at: Instant | None = Field(default=None, description="Now if not given.")


@router.get("/sites/{site_id}/stages", tags=["sites"], summary="Stages of a site and its devices")
async def stages(site_id: str, program: ProgramPart) -> StagesAnswer:
    """Give what holds now and everything that was told."""
    return _stages(program, _site(program, site_id))


@router.post("/sites/{site_id}/stages", tags=["sites"], summary="Say which stage holds from when")
async def declare(site_id: str, word: StageWord, program: ProgramPart) -> StagesAnswer:
    """Take a person's word; readings since then that are not settled are judged again."""
    site, device = _site(program, site_id), word.device or ""
    known = [entry.id for entry in site.devices]
    if device and device not in known:
        what = f"site {site.id} has no device of this id"
        raise field_problem("body.device", what, near=near_words(device, known))
    if word.stage not in STAGES:
        what = f"there is no such stage; allowed: {', '.join(STAGES)}"
        raise field_problem("body.stage", what, near=near_words(word.stage, STAGES))
    change = StageChange(
        at=word.at or program.clock.now(),
        stage=word.stage,
        by=word.actor,
        note=word.note,
        depth_m=word.depth_m,
    )
    try:
        await program.engine.declare_stage(site.id, device, change)
    except ZeroedTooLongAgo as error:
        raise field_problem("body.at", str(error)) from error
    except ValueError as error:
        raise field_problem("body.stage", str(error)) from error
    return _stages(program, site)


@router.get("/couplings", tags=["sites"], summary="Couplings of hazards, and which are in force")
async def couplings(program: ProgramPart, wanted: Annotated[SiteFilter, Query()]) -> CouplingPage:
    """Give every coupling with when it was in force, and what devices were told."""
    check_site(program, wanted.site)
    now_s = program.clock.now().timestamp()
    return CouplingPage(
        items=[
            CouplingAnswer.of(
                force, now_s, [RateAnswer.of(v) for v in program.rates.views(force.coupling.site)]
            )
            for force in program.engine.judge.governor.forces
            if wanted.site in (None, force.coupling.site)
        ]
    )


@router.get(
    "/boreholes/{site_id}/{device_id}/{hole}",
    tags=["sensors"],
    summary="A borehole's profile at an instant",
)
async def borehole(
    site_id: str,
    device_id: str,
    hole: str,
    program: ProgramPart,
    wanted: Annotated[AtFilter, Query()],
) -> ProfileAnswer:
    """Give what every depth last said by an instant, as far back as judging remembers."""
    site = _site(program, site_id)
    device = next((entry for entry in site.devices if entry.id == device_id), None)
    if device is None:
        raise not_found("device", device_id, [entry.id for entry in site.devices])
    holes = boreholes(device)
    if hole not in holes:
        raise not_found("borehole", hole, list(holes))
    at = wanted.at or program.clock.now()

    def history_of(key: SensorKey) -> History | None:
        watch = program.engine.judge.find(key)
        return watch.history if watch is not None else None

    points = profile(holes[hole], history_of, at.timestamp())
    return ProfileAnswer(
        borehole=f"{site.id}/{device.id}/{hole}",
        at=at,
        text=profile_words(hole, points).en,
        points=[DepthAnswer.of(point) for point in points],
    )


def _stages(program: Program, site: Site) -> StagesAnswer:
    lives, now_s = program.engine.judge.governor.lives, program.clock.now().timestamp()
    names = ["", *(device.id for device in site.devices)]
    changes = [(name, change) for name in names for change in lives.changes(site.id, name)]
    own = {name for name, _ in changes}
    return StagesAnswer(
        now=[
            StageAnswer.of(name, change)
            for name in names
            if name in own
            for change in lives.own(site.id, name).stages_at(now_s).values()
        ],
        changes=[StageAnswer.of(name, change) for name, change in changes],
    )


def _site(program: Program, site_id: str) -> Site:
    site = program.district.registry.sites.get(site_id)
    if site is None:
        raise not_found("site", site_id, list(program.district.registry.sites))
    return site
