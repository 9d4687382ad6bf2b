"""Delivery's side of the journal: outcomes are kept here until the journal has taken them.

Every call has a deadline, because a journal that hangs must hold up nothing but itself. While it is
known to be away nobody waits for it; the next `flush` finds out whether it is back.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from alerting.errors import JournalError
from alerting.model import OutboxEntry
from alerting.ports import Effects, Journal

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an entry, and the entries that follow from it."""

    entry: OutboxEntry
    follow: tuple[OutboxEntry, ...] = ()


class Ledger:
    """Writes outcomes, and reads what is due."""

    def __init__(self, journal: Journal, *, timeout_s: float, max_kept: int) -> None:
        """Keep at most `max_kept` outcomes that the journal did not take."""
        self.is_away = False
        self._journal = journal
        self._timeout_s = timeout_s
        self._max_kept = max_kept
        self._kept: dict[str, Outcome] = {}

    def __len__(self) -> int:
        """Give how many outcomes the journal has not taken yet."""
        return len(self._kept)

    def __contains__(self, notice_id: str) -> bool:
        """Say whether an outcome of this notice is waiting to be written."""
        return notice_id in self._kept

    async def save(self, outcome: Outcome) -> None:
        """Write an outcome, or keep it until the journal is back."""
        if not self.is_away:
            try:
                await self._write(outcome)
            except JournalError:
                self.keep(outcome)
            return
        self.keep(outcome)

    def keep(self, outcome: Outcome) -> None:
        """Take an outcome to be written at the next `flush`."""
        old = self._kept.pop(outcome.entry.notice.id, None)
        if old is not None:
            outcome = Outcome(outcome.entry, (*old.follow, *outcome.follow))
        elif len(self._kept) >= self._max_kept:
            oldest = next(iter(self._kept))
            del self._kept[oldest]
            _LOG.error("an outcome could not be kept for the journal; %s may go again", oldest)
        self._kept[outcome.entry.notice.id] = outcome

    async def flush(self) -> None:
        """Write what was kept, oldest first, until the journal fails again.

        The one it failed on goes to the end, so that one refused outcome does not hold up others.
        """
        for notice_id, outcome in list(self._kept.items()):
            try:
                await self._write(outcome)
            except JournalError:
                self._kept[notice_id] = self._kept.pop(notice_id, outcome)
                return
            if self._kept.get(notice_id) is outcome:
                del self._kept[notice_id]

    async def due(self, now: datetime, limit: int) -> list[OutboxEntry]:
        """List pending entries whose time has come; raises JournalError."""
        async with self._asked():
            return await self._journal.due(now, limit)

    async def _write(self, outcome: Outcome) -> None:
        """Write what follows first: a crash in between sends again rather than never."""
        async with self._asked():
            if outcome.follow:
                await self._journal.record(Effects(notices=outcome.follow))
            await self._journal.save_outcome(outcome.entry)

    @asynccontextmanager
    async def _asked(self) -> AsyncIterator[None]:
        """Ask the journal within the deadline, and notice when it goes and when it is back."""
        try:
            async with asyncio.timeout(self._timeout_s):
                yield
        except TimeoutError as error:
            late = JournalError(f"the journal did not answer within {self._timeout_s:g} s")
            self._gone(late)
            raise late from error
        except JournalError as error:
            self._gone(error)
            raise
        if self.is_away:
            self.is_away = False
            _LOG.info("the journal is back; writing what it missed")

    def _gone(self, error: JournalError) -> None:
        if not self.is_away:
            self.is_away = True
            _LOG.error("the journal is away; notices go out all the same: %s", error)
