"""Batches that were judged and wait for the log to take them, in order and in bounded number."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ingest.source import Decoded, RawMessage, Source


@dataclass(frozen=True, slots=True)
class Held:
    """A batch that is judged and not owned yet."""

    batch: Sequence[RawMessage]
    decoded: Decoded


@dataclass(slots=True, kw_only=True)
class Waiting:
    """A line of held batches of one source, oldest first, with at most `max_messages` in it.

    Beyond that those leave first that nobody will acknowledge (QoS 0), then those of earlier
    connections. What can still be acknowledged stays: the source lets only so much be in flight.
    """

    source: Source
    max_messages: int
    n_messages: int = 0
    n_dropped: int = 0
    _line: deque[Held] = field(default_factory=deque)

    def __bool__(self) -> bool:
        """Say whether anything waits."""
        return bool(self._line)

    @property
    def first(self) -> Held:
        """Give the batch that has waited longest."""
        return self._line[0]

    def put(self, held: Held) -> None:
        """Let a batch wait whose messages are of one connection (see `split`).

        What the sender gives again leaves without being counted: it is on its way here once more.
        What leaves for want of room is counted in `n_dropped`.
        """
        self._leave([each for each in self._line if self.source.gives_again(each.batch[0])])
        self._line.append(held)
        self.n_messages += len(held.batch)
        surplus = list(self._surplus())
        self.n_dropped += sum(len(each.batch) for each in surplus)
        self._leave(surplus)

    def take(self) -> Held:
        """Take the batch that has waited longest out of the line."""
        held = self._line.popleft()
        self.n_messages -= len(held.batch)
        return held

    def _surplus(self) -> Iterator[Held]:
        n_over = self.n_messages - self.max_messages
        if n_over <= 0:
            return
        newest = max((_connection(each) for each in self._line), default=0)
        fleeting = [each for each in self._line if each.batch[0].token is None]
        gone = [each for each in self._line if 0 < _connection(each) < newest]
        for each in (*fleeting, *gone):
            if n_over > 0:
                n_over -= len(each.batch)
                yield each

    def _leave(self, leaving: Iterable[Held]) -> None:
        ids = {id(each) for each in leaving}
        if ids:
            self._line = deque(each for each in self._line if id(each) not in ids)
            self.n_messages = sum(len(each.batch) for each in self._line)


def split(batch: Sequence[RawMessage]) -> list[list[RawMessage]]:
    """Part a batch by connection, and what nobody acknowledges from the rest; in order."""
    found: dict[int, list[RawMessage]] = {}
    for message in batch:
        found.setdefault(message.token[0] if message.token else 0, []).append(message)
    return list(found.values())


def _connection(held: Held) -> int:
    """Give the number of the connection that a batch is of, 0 where nothing is acknowledged."""
    token = held.batch[0].token
    return token[0] if token else 0
