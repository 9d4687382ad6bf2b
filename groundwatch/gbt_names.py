"""Gives messages of ours the identifiers of GB/T 35965 under which other systems know them.

An identifier is given once and kept in the journal, so that the feed, the channel and the webhook
say the same of the same message, before and after a restart.
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Protocol

from alerting.cap.gbt35965 import Agency, next_identifier, parameters_of, span_of
from alerting.cap.values import Message
from alerting.errors import JournalError

MAX_KNOWN = 2000
_NOT_NAMED = "Its identifier of GB/T 35965 is not known now. 暂无GB/T 35965标识。"


class NameRecord(Protocol):
    """What keeps names for ever."""

    async def foreign_name(
        self, message: str, span: tuple[str, str], choose: Callable[[Collection[str]], str]
    ) -> str:
        """Give the name a message has, or give it one.

        Raises:
            JournalError: the record is away.
            ValueError: none is free.
        """
        ...


@dataclass(slots=True, kw_only=True)
class GbtNames:
    """Names messages for one issuing unit; a message is never held up for want of a name."""

    record: NameRecord
    agency: Agency
    _known: dict[str, str] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def named(self, message: Message) -> Message:
        """Give a message with its identifier among the parameters, or with why it has none."""
        try:
            identifier = await self._identifier(message)
        except (JournalError, ValueError):
            return replace(message, note=f"{message.note} {_NOT_NAMED}".strip())
        return replace(
            message,
            infos=tuple(
                replace(info, parameters=info.parameters + parameters_of(identifier, info.severity))
                for info in message.infos
            ),
        )

    async def _identifier(self, message: Message) -> str:
        async with self._turn:
            known = self._known.get(message.identifier)
            if known is not None:
                return known
            agency, sent = self.agency, message.sent
            given = await self.record.foreign_name(
                message.identifier,
                span_of(agency, sent),
                lambda taken: str(next_identifier(agency, sent, taken)),
            )
            if len(self._known) >= MAX_KNOWN:
                del self._known[next(iter(self._known))]
            self._known[message.identifier] = given
            return given
