"""Cuts a stream of bytes into frames of one protocol and finds its way again behind anything.

A protocol says how its frames begin, how long the one that begins here is, and how to read it.
"""

from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar


class Framed(Protocol):
    """One frame as received, and how its checksum differs, if it does."""

    @property
    def raw(self) -> bytes:
        """Give the bytes."""
        ...

    @property
    def why_damaged(self) -> str | None:
        """Say what is wrong with them, or None."""
        ...


F = TypeVar("F", bound=Framed)


class Scanner(Generic[F]):
    """Cuts a stream into frames; what is none comes out as bytes, in order.

    It holds one frame at most. `size_at` gives the size of the frame that begins at a place,
    0 where it cannot be known yet, None where it is none; `read` gives the frame of so many bytes,
    or None. Between frames `between` is no noise.
    """

    __slots__ = ("_between", "_held", "_read", "_size_at", "_start")

    def __init__(
        self,
        *,
        start: bytes,
        size_at: Callable[[bytes, int], int | None],
        read: Callable[[bytes], F | None],
        between: bytes = b"",
    ) -> None:
        self._start, self._size_at, self._read = start, size_at, read
        self._between = between
        self._held = b""

    @property
    def n_pending(self) -> int:
        """Count the bytes of a frame that has begun and not ended."""
        return len(self._held)

    def feed(self, data: bytes) -> Iterator[F | bytes]:
        """Take bytes and yield what they complete."""
        held = self._held + data
        at = 0
        while at < len(held):
            begin = self._begin(held, at)
            if begin > at:
                noise = held[at:begin].strip(self._between)
                at = begin
                if noise:
                    yield noise
                continue
            size = self._size_at(held, at)
            if size == 0 or (size is not None and at + size > len(held)):
                break
            frame = None if size is None else self._read(held[at : at + size])
            if frame is None:  # a start that is none
                yield held[at : at + 1]
                at += 1
                continue
            inner = frame.raw.find(self._start, 1) if frame.why_damaged else -1
            if inner > 0:  # its length is not to be believed: the next frame may be inside
                yield frame.raw[:inner]
            else:
                yield frame
            at += inner if inner > 0 else len(frame.raw)
        self._held = held[at:]

    def _begin(self, held: bytes, at: int) -> int:
        """Give where a frame may begin, at `at` or behind it; the last byte may be half a start."""
        found = held.find(self._start, at)
        if found >= 0:
            return found
        return len(held) - 1 if held.endswith(self._start[:1]) else len(held)
