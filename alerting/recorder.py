"""Makes effects last, then lets people know; with the journal away, the other way round.

The record keeps its order: while older effects wait for the journal, newer ones wait behind them,
and no warning spends its time on a journal that is known to be away.
"""

import asyncio
import logging
from collections import deque

from alerting.deliver import Deliverer
from alerting.errors import JournalError
from alerting.ports import Effects, Journal

_LOG = logging.getLogger(__name__)
MAX_WAITING = 10_000


class Recorder:
    """Writes effects to the journal and hands their notices to delivery."""

    def __init__(self, *, journal: Journal, deliverer: Deliverer) -> None:
        """Start with nothing waiting."""
        self._journal = journal
        self._deliverer = deliverer
        self._waiting: deque[Effects] = deque()
        self._writing = asyncio.Lock()

    @property
    def n_waiting(self) -> int:
        """Count the steps that wait for the journal to come back."""
        return len(self._waiting)

    async def take(self, effects: Effects) -> None:
        """Record and send; with the journal away, send at once and record when it is back.

        Past `MAX_WAITING` steps the oldest leave without a record, with a line in the log: their
        notices have been sent.
        """
        is_recorded = not self._waiting and await self._is_recorded(effects)
        for alert_id in effects.cancelled:
            self._deliverer.cancel(alert_id)
        if is_recorded:
            self._deliverer.put(effects.notices)
            return
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popleft()
            _LOG.warning("more than %d steps wait for the journal", MAX_WAITING)
        self._waiting.append(effects)
        self._deliverer.send_unrecorded(effects.notices)

    async def catch_up(self) -> None:
        """Write what the journal missed, oldest first.

        Notices are written too: should this program die before they were sent, they are sent then.
        """
        async with self._writing:
            while self._waiting:
                if not await self._is_recorded(self._waiting[0]):
                    return  # still away: tried again at the next tick
                self._waiting.popleft()

    async def _is_recorded(self, effects: Effects) -> bool:
        try:
            await self._journal.record(effects)
        except JournalError as error:
            _LOG.warning("journal away; warning anyway", extra={"why": str(error)})
            return False
        return True
