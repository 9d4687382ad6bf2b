"""Notices in memory on their way out: the most severe first, then the oldest, per channel.

Everything here is also in the journal, except what could not be recorded; so when the room is full
a recorded entry may be put out of it and comes back from the journal, and an unrecorded one takes
its place.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from alerting.model import NotifyReason, OutboxEntry, Severity

_COMPACT_FROM = 64

HasSlot = Callable[[str, Severity], bool]


@dataclass(slots=True)
class Held:
    """An entry in memory; what is not recorded is nowhere else."""

    entry: OutboxEntry
    is_recorded: bool

    @property
    def id(self) -> str:
        """Give the notice id."""
        return self.entry.notice.id

    @property
    def alert_id(self) -> str:
        """Give the id of the alert it is about, of several the notice's own."""
        return self.entry.notice.subject

    @property
    def channel(self) -> str:
        """Give the channel of the road now tried."""
        return self.entry.notice.recipient.channel

    @property
    def severity(self) -> Severity:
        """Give the severity that decides the order."""
        return self.entry.notice.alert.severity


_Item = tuple[int, datetime, int, Held]
_Rank = tuple[bool, bool, int]


class WaitingRoom:
    """Holds at most `max_held` entries by notice id."""

    def __init__(self, max_held: int) -> None:
        """Start empty."""
        self.max_held = max_held
        self._held: dict[str, Held] = {}
        self._ranks: dict[_Rank, dict[str, Held]] = {}
        self._by_alert: dict[str, dict[str, Held]] = {}
        self._later: list[tuple[datetime, int, Held]] = []
        self._ready: dict[str, list[_Item]] = {}
        self._tickets = count()

    def __len__(self) -> int:
        """Give how many entries are held."""
        return len(self._held)

    def __contains__(self, notice_id: str) -> bool:
        """Say whether a notice is held."""
        return notice_id in self._held

    @property
    def n_ready(self) -> int:
        """Give about how many entries are due and wait for a slot."""
        return sum(len(heap) for heap in self._ready.values())

    @property
    def n_unrecorded(self) -> int:
        """Give how many entries are nowhere but here."""
        return sum(not held.is_recorded for held in self._held.values())

    def put(self, held: Held) -> Held | None:
        """Hold an entry; give the one that had to go for it when full, which may be itself.

        Recorded entries go first, of those repeats, then the least severe, then the newest.
        """
        old = self._held.get(held.id)
        if old is not None:
            self.remove(old)
        self._held[held.id] = held
        self._ranks.setdefault(_rank(held), {})[held.id] = held
        self._by_alert.setdefault(held.alert_id, {})[held.id] = held
        heapq.heappush(self._later, (held.entry.due_at, next(self._tickets), held))
        out = self._least() if len(self._held) > self.max_held else None
        if out is not None:
            self.remove(out)
        self._compact()
        return out

    def take(self, now: datetime, has_slot: HasSlot) -> Held | None:
        """Take out the first entry that is due and whose channel has a slot; None when none is."""
        self._promote(now)
        for channel, heap in self._ready.items():
            self._drop_stale(heap)
            if heap and has_slot(channel, heap[0][3].severity):
                held = heapq.heappop(heap)[3]
                self.remove(held)
                return held
        return None

    def about(self, alert_id: str) -> list[Held]:
        """List what is held about an alert."""
        return list(self._by_alert.get(alert_id, {}).values())

    def remove(self, held: Held) -> None:
        """Take out one held entry."""
        del self._held[held.id]
        del self._ranks[_rank(held)][held.id]
        same_alert = self._by_alert[held.alert_id]
        del same_alert[held.id]
        if not same_alert:
            del self._by_alert[held.alert_id]

    def hasten(self, now: datetime) -> None:
        """Let everything be due now: the clock was set back, and waits mean nothing any more."""
        self._later = [(min(due_at, now), ticket, held) for due_at, ticket, held in self._later]
        heapq.heapify(self._later)

    def next_due(self) -> datetime | None:
        """Give when the next entry that is not yet due will be; None when there is none."""
        while self._later and self._is_stale(self._later[0][2]):
            heapq.heappop(self._later)
        return self._later[0][0] if self._later else None

    def _promote(self, now: datetime) -> None:
        while self._later and self._later[0][0] <= now:
            due_at, ticket, held = heapq.heappop(self._later)
            if not self._is_stale(held):
                item = (-held.severity, due_at, ticket, held)
                heapq.heappush(self._ready.setdefault(held.channel, []), item)

    def _is_stale(self, held: Held) -> bool:
        return self._held.get(held.id) is not held

    def _drop_stale(self, heap: list[_Item]) -> None:
        while heap and self._is_stale(heap[0][3]):
            heapq.heappop(heap)

    def _least(self) -> Held:
        worst = max(rank for rank, held in self._ranks.items() if held)
        return next(reversed(self._ranks[worst].values()))

    def _compact(self) -> None:
        """Rebuild the heaps when most of what they hold was cancelled."""
        n_items = len(self._later) + sum(len(heap) for heap in self._ready.values())
        if n_items <= 2 * len(self._held) + _COMPACT_FROM:
            return
        self._later = [item for item in self._later if not self._is_stale(item[2])]
        heapq.heapify(self._later)
        for channel, heap in list(self._ready.items()):
            kept = [item for item in heap if not self._is_stale(item[3])]
            heapq.heapify(kept)
            self._ready[channel] = kept


def _rank(held: Held) -> _Rank:
    """Give how readily an entry is put out, higher first."""
    is_repeat = held.entry.notice.reason is NotifyReason.REPEAT
    return held.is_recorded, is_repeat, -held.severity
