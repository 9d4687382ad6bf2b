"""What a TCP listener asks of a protocol of stations, and what it gets to do."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

F = TypeVar("F")


class Given(NamedTuple):
    """A message for the pipeline. `confirm` writes the confirmation once it is owned, if any.

    One that is not sound is kept as evidence, and counts as refused: `why_refused` says why.
    """

    topic: str
    payload: bytes
    confirm: Callable[[datetime], bytes] | None
    why_refused: str = ""


class Answer(NamedTuple):
    """Bytes to write at once; they confirm nothing."""

    data: bytes


class Refused(NamedTuple):
    """Something that is no message of a station we listen to, and why; it is not confirmed."""

    reason: str


Heard = Given | Answer | Refused


def heard_in(
    pieces: Iterable[F | bytes],
    take: Callable[[F], Iterator[Heard]],
    noise: Callable[[bytes], Refused],
) -> Iterator[Heard]:
    """Yield what frames amount to, and one refusal for all the bytes between two of them."""
    stray = b""
    for piece in pieces:
        if isinstance(piece, bytes):
            stray += piece
            continue
        if stray:
            yield noise(stray)
            stray = b""
        yield from take(piece)
    if stray:
        yield noise(stray)


class Conversation(Protocol):
    """One connection of one protocol; it never raises, whatever the bytes."""

    @property
    def is_within(self) -> bool:
        """Tell whether a frame has begun and not ended."""
        ...

    def hear(self, data: bytes, now: datetime) -> Iterator[Heard]:
        """Take bytes and yield, one by one, what they amount to."""
        ...

    def tick(self, now: datetime) -> Iterator[Heard]:
        """Yield what time alone brings: asking again for what did not come."""
        ...


class Dialect(Protocol):
    """A protocol of stations."""

    @property
    def name(self) -> str:
        """Give the door's name in `sensors.door`."""
        ...

    def converse(self) -> Conversation:
        """Begin with a new connection."""
        ...
