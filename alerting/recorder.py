"""Makes effects last, then lets people know; with the journal away, the other way round.

The record keeps its order: while older effects wait for the journal, newer ones wait behind them,
and no warning spends its time on a journal that is known to be away. What it will never take must
not hold up the rest: such a step is recorded alert by alert, and the part that is refused is put
aside for a person.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Iterator

from alerting.deliver import Deliverer
from alerting.errors import JournalError, JournalRefused
from alerting.model import NoticeState
from alerting.ports import Aside, Effects, Journal

_LOG = logging.getLogger(__name__)
MAX_WAITING = 10_000


class Recorder:
    """Writes effects to the journal and hands their notices to delivery."""

    def __init__(
        self,
        *,
        journal: Journal,
        deliverer: Deliverer,
        aside: Aside,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        """Start with nothing waiting; `n_refused` counts what was put aside."""
        self.n_refused = 0
        self._journal = journal
        self._aside = aside
        self._deliverer = deliverer
        self._max_waiting = max_waiting
        self._waiting: deque[Effects] = deque()
        self._writing = asyncio.Lock()

    @property
    def n_waiting(self) -> int:
        """Count the steps that wait for the journal to come back."""
        return len(self._waiting)

    async def take(self, effects: Effects) -> None:
        """Record and send; with the journal away, send at once and record when it is back.

        Past `max_waiting` steps the oldest are put aside for a person: they have been told.
        """
        made = (*effects.notices, *effects.settled)
        sent = [each for each in made if each.state is NoticeState.PENDING]
        is_recorded = not self._waiting and await self._is_recorded(effects)
        for alert_id in effects.cancelled:
            self._deliverer.cancel(alert_id)
        if is_recorded:
            self._deliverer.put(sent)
            return
        self._waiting.append(effects)
        self._deliverer.send_unrecorded(sent)
        if len(self._waiting) > self._max_waiting:
            await self._put_oldest_aside()

    async def catch_up(self) -> None:
        """Write what the journal missed, oldest first.

        Notices are written too: should this program die before they were sent, they are sent then.
        """
        async with self._writing:
            while self._waiting:
                if not await self._is_recorded(self._waiting[0]):
                    return  # still away: tried again at the next tick
                self._waiting.popleft()

    async def _put_oldest_aside(self) -> None:
        """Make room; the step that is being written at the moment is left to that."""
        place = 1 if self._writing.locked() else 0
        oldest = self._waiting[place]
        del self._waiting[place]
        self.n_refused += 1
        await self._aside.put(oldest, f"more than {self._max_waiting} steps wait for the journal")

    async def _is_recorded(self, effects: Effects) -> bool:
        try:
            await self._journal.record(effects)
        except (JournalRefused, ValueError) as error:  # a value of ours that has no place there
            _LOG.exception("the journal refuses a step", extra={"why": str(error)})
            return await self._are_parts_recorded(effects)
        except JournalError as error:
            _LOG.warning("journal away; warning anyway", extra={"why": str(error)})
            return False
        return True

    async def _are_parts_recorded(self, effects: Effects) -> bool:
        """Record alert by alert, and put aside what is refused; False when the journal is away."""
        for part in _parts(effects):
            try:
                await self._journal.record(part)
            except (JournalRefused, ValueError) as error:
                self.n_refused += 1
                await self._aside.put(part, str(error))
            except JournalError as error:
                _LOG.warning("journal away; warning anyway", extra={"why": str(error)})
                return False
        return True


def _parts(effects: Effects) -> Iterator[Effects]:
    """Cut a step into one part for each alert, and a last one that says how far the log was."""
    ids = dict.fromkeys(
        [
            *(alert.id for alert in effects.alerts),
            *(transition.alert_id for transition in effects.transitions),
            *(entry.notice.alert.id for entry in effects.notices),
            *(entry.notice.alert.id for entry in effects.settled),
            *effects.cancelled,
            *(action.alert_id for action in effects.actions),
            *(response.alert_id for response in effects.responses),
            *(step.alert_id for step in effects.steps),
            *(proof.alert_id for proof in effects.proofs),
        ]
    )
    for alert_id in ids:
        yield Effects(
            alerts=tuple(alert for alert in effects.alerts if alert.id == alert_id),
            transitions=tuple(t for t in effects.transitions if t.alert_id == alert_id),
            notices=tuple(e for e in effects.notices if e.notice.alert.id == alert_id),
            settled=tuple(e for e in effects.settled if e.notice.alert.id == alert_id),
            cancelled=(alert_id,) if alert_id in effects.cancelled else (),
            actions=tuple(action for action in effects.actions if action.alert_id == alert_id),
            responses=tuple(each for each in effects.responses if each.alert_id == alert_id),
            steps=tuple(step for step in effects.steps if step.alert_id == alert_id),
            proofs=tuple(proof for proof in effects.proofs if proof.alert_id == alert_id),
        )
    yield Effects(seq=effects.seq)
