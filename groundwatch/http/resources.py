"""Who and what can help near a point, and the quarantine of what could not be used."""

import asyncio
import base64
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from alerting.model import Severity
from groundwatch.cards import Around
from groundwatch.http import live_resources
from groundwatch.http.alert_models import CardAnswer
from groundwatch.http.parts import ProgramPart
from groundwatch.http.problems import field_problem, near_words
from groundwatch.http.words import Answer, Asked, Instant, SeverityWord
from ingest.quarantine import replay
from sensors.fault import listed
from sensors.model import Position
from storage.log import Log
from storage.log_file import LogStatus
from storage.quarantine import Quarantined

router = APIRouter()

_SHOWN_BYTES = 4096


class NearQuestion(Asked):
    """Where, for what, and how bad."""

    lat: float = Field(ge=-90, le=90, description="WGS 84 degrees.")
    lon: float = Field(ge=-180, le=180, description="WGS 84 degrees.")
    hazard: str = Field(description="For example river_flood; an unknown one lists all.")
    severity: SeverityWord = "severe"
    danger_m: float = Field(
        default=0.0, ge=0.0, le=5000.0, description="Nobody is sent from within so many metres."
    )


class QuarantineFilter(Asked):
    """Which entries."""

    after_id: int = Field(default=0, ge=0, description="Those with larger numbers only.")
    limit: int = Field(default=100, ge=1, le=1000)
    with_replayed: bool = Field(default=False, description="Also what was replayed already.")


class QuarantineCount(Answer):
    """How full the quarantine is, and what it ever took and let go."""

    n_rows: int
    n_bytes: int
    n_total: int
    n_dropped_replayed: int
    n_dropped_unseen: int = Field(description="Made room before anybody replayed them.")

    @classmethod
    def of(cls, status: LogStatus) -> "QuarantineCount":
        """Make it of the log's status."""
        counts = status.quarantine
        return cls(
            n_rows=counts.n_rows,
            n_bytes=counts.n_bytes,
            n_total=counts.n_total,
            n_dropped_replayed=counts.n_dropped_replayed,
            n_dropped_unseen=counts.n_dropped_unseen,
        )


class QuarantineEntry(Answer):
    """One message, or part of one, that could not be used, and why."""

    id: int
    origin: str = Field(description="`ingest`: not decoded; `store`: refused by the database.")
    topic: str
    text: str | None = Field(description="Its first 4096 bytes, where they are UTF-8 text.")
    base64: str | None = Field(description="Its first 4096 bytes, where they are not.")
    n_bytes: int
    received_at: Instant
    reason: str
    replayed_at: Instant | None

    @classmethod
    def of(cls, entry: Quarantined) -> "QuarantineEntry":
        """Make it of an entry."""
        head = entry.payload[:_SHOWN_BYTES]
        text = _text(head)
        return cls(
            id=entry.id,
            origin=entry.origin,
            topic=entry.topic,
            text=text,
            base64=None if text is not None else base64.b64encode(head).decode(),
            n_bytes=len(entry.payload),
            received_at=entry.received_at,
            reason=entry.reason,
            replayed_at=entry.replayed_at,
        )


class QuarantinePage(Answer):
    """One page of the quarantine, oldest first, and its counts."""

    items: list[QuarantineEntry]
    counts: QuarantineCount
    next_after_id: int | None = Field(
        description="Give it as `after_id` to go on; null at the end."
    )


class ReplayOrder(Asked):
    """Which entries to decode again."""

    ids: list[Annotated[int, Field(ge=1)]] | None = Field(
        default=None, max_length=1000, description="Only these; all when not given."
    )
    limit: int = Field(default=10_000, ge=1, le=100_000, description="At most so many.")


class ReplayAnswer(Answer):
    """What a replay did."""

    seen: int
    reports: int = Field(description="Reports won from them, owned and judged.")
    replayed: int = Field(description="Entries that are done with.")
    renewed: int = Field(description="Entries that stay, with a new reason, as new entries.")
    left: int = Field(description="Entries that stay as they are.")
    skipped: int = Field(description="Entries that are not for a codec.")


class _Chosen:
    """The quarantine limited to some entries; an `ingest.quarantine.QuarantineShelf`."""

    def __init__(self, log: Log, ids: Sequence[int]) -> None:
        self._log = log
        self._ids = sorted(set(ids))
        self.mark_replayed = log.mark_replayed

    async def quarantined(
        self, *, after_id: int = 0, limit: int = 100, with_replayed: bool = False
    ) -> Sequence[Quarantined]:
        found: list[Quarantined] = []
        for entry_id in self._ids:
            if entry_id > after_id and len(found) < limit:
                entry = await self._log.quarantined_one(entry_id)
                if entry is not None and (with_replayed or entry.replayed_at is None):
                    found.append(entry)
        return found


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


@router.get("/quarantine", tags=["quarantine"], summary="What could not be used, and why")
async def list_quarantine(
    program: ProgramPart, wanted: Annotated[QuarantineFilter, Query()]
) -> QuarantinePage:
    """Give one page of the quarantine and its counts."""
    found = await program.log.quarantined(
        after_id=wanted.after_id, limit=wanted.limit, with_replayed=wanted.with_replayed
    )
    return QuarantinePage(
        items=[QuarantineEntry.of(entry) for entry in found],
        counts=QuarantineCount.of(await program.log.status()),
        next_after_id=found[-1].id if len(found) == wanted.limit else None,
    )


@router.post("/quarantine/replay", tags=["quarantine"], summary="Decode quarantined messages again")
async def replay_quarantine(order: ReplayOrder, program: ProgramPart) -> ReplayAnswer:
    """Decode again after a site file or codec was mended; what is good is owned and judged."""
    shelf = program.log if order.ids is None else _Chosen(program.log, order.ids)
    report = await replay(
        shelf,
        program.pipeline.intake,
        program.pipeline,
        at=program.clock.now(),
        limit=order.limit,
    )
    return ReplayAnswer(
        seen=report.n_seen,
        reports=report.n_reports,
        replayed=report.n_replayed,
        renewed=report.n_renewed,
        left=report.n_left,
        skipped=report.n_skipped,
    )


def _text(payload: bytes) -> str | None:
    """Give the bytes as text, also where the cut went through a character; None if not text."""
    for cut in range(4):
        try:
            text = payload[: len(payload) - cut].decode()
        except UnicodeDecodeError:
            continue
        return text if cut == 0 or len(payload) == _SHOWN_BYTES else None
    return None
