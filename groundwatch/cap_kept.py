"""Keeps our messages of CAP as they were first given out.

A message is made from the record, and from names and settings that may change afterwards; under an
identifier that others have received it must say the same for ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from alerting.cap.values import Message
from storage.journal.document import decode_part, encode_part

MAX_KNOWN = 2_000


class MessageRecord(Protocol):
    """What keeps texts for ever."""

    async def cap_messages(self, made: Mapping[str, str]) -> dict[str, str]:
        """Give texts by identifier as they were when first given; what is new is kept so.

        Raises:
            JournalError: the record is away.
        """
        ...


@dataclass(slots=True, kw_only=True)
class KeptMessages:
    """Gives messages as they were first given out; the newest are known without asking."""

    record: MessageRecord
    _known: dict[str, Message] = field(default_factory=dict)

    async def as_first(self, made: Sequence[Message]) -> list[Message]:
        """Give the messages of these identifiers as they were first given out.

        Raises:
            JournalError: the record is away.
        """
        names = [each.identifier for each in made]
        first = {name: self._known[name] for name in names if name in self._known}
        unknown = {m.identifier: encode_part(m) for m in made if m.identifier not in first}
        if unknown:
            kept = await self.record.cap_messages(unknown)
            first |= {name: decode_part(kept[name], Message) for name in unknown}
            self._known |= first
        found = [first[name] for name in names]
        while len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]
        return found
