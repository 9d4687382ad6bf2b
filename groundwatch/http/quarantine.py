"""The quarantine of what could not be used: its entries, alike ones together, and their replay."""

import base64
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from groundwatch.http.parts import ProgramPart
from groundwatch.http.words import Answer, Asked, Instant
from groundwatch.quarantine_words import sender_of, what_to_do
from ingest.quarantine import replay
from storage.log import Log
from storage.log_file import LogStatus
from storage.quarantine import Quarantined
from storage.quarantine_list import QuarantineGroup, QuarantineQuery

router = APIRouter(tags=["quarantine"])

_SHOWN_BYTES = 4096


class QuarantineSearch(Asked):
    """Which entries, by what is in their reason and topic."""

    reason: str = Field(default="", max_length=200, description="A part of it, whatever its case.")
    topic: str = Field(default="", max_length=200, description="A part of it, whatever its case.")
    with_replayed: bool = Field(default=False, description="Also what was replayed already.")

    @property
    def query(self) -> QuarantineQuery:
        """Give it as the log asks for it."""
        return QuarantineQuery(
            reason=self.reason, topic=self.topic, with_replayed=self.with_replayed
        )


class QuarantineFilter(QuarantineSearch):
    """Which entries, oldest first or the newest."""

    after_id: int = Field(default=0, ge=0, description="Those with larger numbers only.")
    newest: bool = Field(default=False, description="The newest first, `after_id` does not count.")
    limit: int = Field(default=100, ge=1, le=1000)


class GroupFilter(QuarantineSearch):
    """Which groups."""

    limit: int = Field(default=100, ge=1, le=1000)


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
    site: str | None = Field(description="The site that the topic names, if any.")
    device: str | None = Field(description="The device that the topic names, if any.")
    text: str | None = Field(description="Its first 4096 bytes, where they are UTF-8 text.")
    base64: str | None = Field(description="Its first 4096 bytes, where they are not.")
    n_bytes: int
    received_at: Instant
    reason: str
    what_to_do: str = Field(description="What a person can do about it.")
    replayed_at: Instant | None

    @classmethod
    def of(cls, entry: Quarantined) -> "QuarantineEntry":
        """Make it of an entry."""
        head = entry.payload[:_SHOWN_BYTES]
        text = _text(head)
        site, device = sender_of(entry.origin, entry.topic) or (None, None)
        return cls(
            id=entry.id,
            origin=entry.origin,
            topic=entry.topic,
            site=site,
            device=device,
            text=text,
            base64=None if text is not None else base64.b64encode(head).decode(),
            n_bytes=len(entry.payload),
            received_at=entry.received_at,
            reason=entry.reason,
            what_to_do=what_to_do(entry.origin, entry.reason),
            replayed_at=entry.replayed_at,
        )


class QuarantinePage(Answer):
    """One page of the quarantine, oldest first, and its counts."""

    items: list[QuarantineEntry]
    counts: QuarantineCount
    next_after_id: int | None = Field(
        description="Give it as `after_id` to go on; null at the end."
    )


class QuarantineGroupAnswer(Answer):
    """Entries of one topic that are there for one reason; numbers in the reason do not count."""

    origin: str = Field(description="`ingest`: not decoded; `store`: refused by the database.")
    topic: str
    site: str | None = Field(description="The site that the topic names, if any.")
    device: str | None = Field(description="The device that the topic names, if any.")
    reason: str = Field(description="Of the newest entry.")
    what_to_do: str = Field(description="What a person can do about it.")
    n_entries: int
    first_at: Instant
    last_at: Instant
    newest_id: int

    @classmethod
    def of(cls, group: QuarantineGroup) -> "QuarantineGroupAnswer":
        """Make it of a group."""
        site, device = sender_of(group.origin, group.topic) or (None, None)
        return cls(
            origin=group.origin,
            topic=group.topic,
            site=site,
            device=device,
            reason=group.reason,
            what_to_do=what_to_do(group.origin, group.reason),
            n_entries=group.n_entries,
            first_at=group.first_at,
            last_at=group.last_at,
            newest_id=group.newest_id,
        )


class QuarantineGroupPage(Answer):
    """The groups with the newest entries, and how many there are in all."""

    items: list[QuarantineGroupAnswer]
    n_groups: int = Field(description="Of all that were asked for, also those left off.")
    n_entries: int = Field(description="Of all that were asked for, also those left off.")
    n_forgotten: int = Field(
        description="Senders and sensors of no site file, heard since the start, that the program"
        " no longer names in its alert; their messages stand here."
    )
    counts: QuarantineCount


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


@router.get("/quarantine", summary="What could not be used, and why")
async def list_quarantine(
    program: ProgramPart, wanted: Annotated[QuarantineFilter, Query()]
) -> QuarantinePage:
    """Give one page of the quarantine and its counts."""
    found = await program.log.quarantined_where(
        wanted.query, after_id=None if wanted.newest else wanted.after_id, limit=wanted.limit
    )
    has_more = len(found) == wanted.limit and not wanted.newest
    return QuarantinePage(
        items=[QuarantineEntry.of(entry) for entry in found],
        counts=QuarantineCount.of(await program.log.status()),
        next_after_id=found[-1].id if has_more else None,
    )


@router.get("/quarantine/groups", summary="What could not be used, alike entries together")
async def group_quarantine(
    program: ProgramPart, wanted: Annotated[GroupFilter, Query()]
) -> QuarantineGroupPage:
    """Give each topic and reason once, with how many times and since when, the newest first."""
    found = await program.log.quarantine_groups(wanted.query, limit=wanted.limit)
    return QuarantineGroupPage(
        items=[QuarantineGroupAnswer.of(group) for group in found.groups],
        n_groups=found.n_groups,
        n_entries=found.n_entries,
        n_forgotten=program.pipeline.intake.unlisted.n_forgotten,
        counts=QuarantineCount.of(await program.log.status()),
    )


@router.post("/quarantine/replay", summary="Decode quarantined messages again")
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
