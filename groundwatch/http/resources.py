"""Who and what can help near a point."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from alerting.model import Severity
from groundwatch.cards import Around
from groundwatch.http import live_resources
from groundwatch.http.alert_models import CardAnswer
from groundwatch.http.parts import ProgramPart
from groundwatch.http.problems import field_problem, near_words
from groundwatch.http.words import Asked, SeverityWord
from sensors.fault import listed
from sensors.model import Position

router = APIRouter()


class NearQuestion(Asked):
    """Where, for what, and how bad."""

    lat: float = Field(ge=-90, le=90, description="WGS 84 degrees.")
    lon: float = Field(ge=-180, le=180, description="WGS 84 degrees.")
    hazard: str = Field(description="For example river_flood; an unknown one lists all.")
    severity: SeverityWord = "severe"
    danger_m: float = Field(
        default=0.0, ge=0.0, le=5000.0, description="Nobody is sent from within so many metres."
    )


@router.get("/resources/near", tags=["resources"], summary="Who and what can help near a point")
async def near(program: ProgramPart, asked: Annotated[NearQuestion, Query()]) -> CardAnswer:
    """Look up the card of a point, as an alert there would carry it."""
    known = sorted(program.live.now.needs.hazards)
    if asked.hazard not in known:
        what = f"not a hazard that is described; allowed: {listed(known)}"
        raise field_problem("query.hazard", what, near=near_words(asked.hazard, known))
    position = Position(asked.lat, asked.lon)
    severity = Severity.of(asked.severity)
    now = program.clock.now()
    around = Around(danger_m=asked.danger_m)
    found = await asyncio.to_thread(
        program.cards.near, position, asked.hazard, severity, now, around
    )
    return CardAnswer.of(found, "now")


router.include_router(live_resources.router)
