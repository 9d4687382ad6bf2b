"""What the pipeline asks of whatever brings messages in, and the values that cross the door."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from sensors.model import Report


class RawMessage(msgspec.Struct, frozen=True, gc=False):
    """Topic and bytes exactly as received.

    `token` is what the source that made the message needs to acknowledge it, None where there is
    nothing to acknowledge; its first number grows with each connection.
    """

    topic: str
    payload: bytes
    received_at: datetime
    token: tuple[int, int] | None = None


class Undecodable(msgspec.Struct, frozen=True):
    """A message, or one part of it, that could not be turned into a believable report, and why."""

    topic: str
    payload: bytes
    received_at: datetime
    reason: str


class DeviceStatus(msgspec.Struct, frozen=True):
    """What a device said about itself: its birth, or the last will the broker sent for it.

    `at` is the device's own instant, None where it gave none; a last will is written when the
    device connects, so that only `received_at` says when it was lost. `detail` is free text by name
    (firmware, cause of restart, …).
    """

    site: str
    device: str
    is_online: bool
    at: datetime | None
    received_at: datetime
    detail: dict[str, str]


class Order(msgspec.Struct, frozen=True):
    """Something a sender must be told so that it can be understood again, and why."""

    topic: str
    payload: bytes
    reason: str


class CommandReply(msgspec.Struct, frozen=True):
    """What a device answered to the command `id`; `detail` is its own text by name."""

    site: str
    device: str
    id: str
    is_done: bool
    reason: str
    detail: dict[str, str]
    received_at: datetime


class Decoded(msgspec.Struct):
    """Everything one batch of messages gave: reports to own, and what goes to quarantine.

    `statuses` are for whoever watches the devices, `orders` and `replies` for whoever commands
    them; these are not owned: the broker retains statuses, and what was not answered is asked
    again.
    """

    reports: list[Report]
    rejects: list[Undecodable]
    statuses: list[DeviceStatus] = []
    orders: list[Order] = []
    replies: list[CommandReply] = []


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """Whether messages can arrive now, since when that is so, and why."""

    connected: bool
    since: datetime
    reason: str
    n_reconnects: int


class Source(Protocol):
    """A door that gives batches of messages and is told when they are owned.

    A message that was never acknowledged is given again after a reconnect or a restart. `batches`
    ends when the source is closed; it raises `ingest.errors.SourceError` for what a person must
    mend (wrong password, refused subscription). At most `max_in_flight` messages are given and not
    yet acknowledged at any time; that bound is the only queue.
    """

    def batches(self) -> AsyncIterator[Sequence[RawMessage]]:
        """Yield non-empty batches in order of arrival until closed."""
        ...

    async def acknowledge(self, messages: Sequence[RawMessage]) -> None:
        """Tell the sender that these are owned; those of an earlier connection are ignored."""
        ...

    def gives_again(self, message: RawMessage) -> bool:
        """Tell whether this one, if never acknowledged, comes once more on this connection."""
        ...


class Owner(Protocol):
    """Takes lasting ownership of what was decoded (implemented by `storage.log.Log`)."""

    async def own(self, decoded: Decoded) -> int:
        """Write durably and return the block's sequence number.

        Raises:
            OSError: nothing of `decoded` is owned, and nothing may be acknowledged.
        """
        ...
