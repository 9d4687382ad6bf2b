"""Looking at what could not be decoded, and decoding it again after something was mended.

`storage.log.Log` is the shelf; after a codec or a site file was corrected, `replay` gives each
message another chance, in order of arrival and with its first time of arrival; the owner may let it
count as received later, and `groundwatch.pipeline` does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ingest.intake import Intake
from ingest.source import Decoded, Owner, RawMessage

_PAGE = 200


class QuarantineEntry(Protocol):
    """One message in quarantine; `origin` is `ingest` for what came through a source."""

    @property
    def id(self) -> int:
        """Give the number it is known by; later ones are larger."""
        ...

    @property
    def origin(self) -> str:
        """Say which part of the program put it there."""
        ...

    @property
    def topic(self) -> str:
        """Give the topic it came on."""
        ...

    @property
    def payload(self) -> bytes:
        """Give its bytes."""
        ...

    @property
    def received_at(self) -> datetime:
        """Say when it arrived first."""
        ...

    @property
    def reason(self) -> str:
        """Say why it is here."""
        ...


class QuarantineShelf(Protocol):
    """Where the quarantine is kept (implemented by `storage.log.Log`)."""

    async def quarantined(
        self, *, after_id: int = 0, limit: int = 100, with_replayed: bool = False
    ) -> Sequence[QuarantineEntry]:
        """List entries, oldest first."""
        ...

    async def mark_replayed(self, entry_ids: Sequence[int], at: datetime) -> int:
        """Note that these are done with."""
        ...


@dataclass(slots=True)
class ReplayReport:
    """What a replay did: entries seen, reports won from them, and entries that stay.

    `n_renewed` are entries that stay with a new reason, as new entries; `n_skipped` came from
    elsewhere than a source and are not for a codec.
    """

    n_seen: int = 0
    n_reports: int = 0
    n_replayed: int = 0
    n_renewed: int = 0
    n_left: int = 0
    n_skipped: int = 0


async def replay(
    shelf: QuarantineShelf, intake: Intake, owner: Owner, *, at: datetime, limit: int = 100_000
) -> ReplayReport:
    """Decode up to `limit` entries again; own what is good now and leave the rest.

    A crash in between leaves an entry that is replayed once more, and its readings are recognised
    as duplicates or overwrite themselves.

    Raises:
        OSError: the owner or the shelf cannot write; what was done so far is done.
    """
    report = ReplayReport()
    last_id = 0
    while report.n_seen < limit:
        page = await shelf.quarantined(after_id=last_id, limit=min(_PAGE, limit - report.n_seen))
        if not page:
            break
        for entry in page:
            report.n_seen += 1
            last_id = entry.id
            if entry.origin != "ingest":
                report.n_skipped += 1
            elif await _replay_one(entry, intake, owner, report):
                await shelf.mark_replayed([entry.id], at)
    return report


async def _replay_one(
    entry: QuarantineEntry, intake: Intake, owner: Owner, report: ReplayReport
) -> bool:
    """Decode one entry again; True if it is done with, as good or under a new reason."""
    message = RawMessage(entry.topic, entry.payload, entry.received_at)
    decoded = intake.decode([message], is_replay=True)
    is_same = any(each.reason == entry.reason for each in decoded.rejects)
    if not decoded.reports and is_same:
        report.n_left += 1
        return False
    await owner.own(Decoded(decoded.reports, decoded.rejects))
    intake.remember(decoded.reports)
    report.n_reports += len(decoded.reports)
    if decoded.rejects:
        report.n_renewed += 1
    else:
        report.n_replayed += 1
    return True
