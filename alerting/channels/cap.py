"""Channel that posts each notice as a message of CAP 1.2 to an HTTP address of the recipient's.

The message is the one that the feed has for the same step, under the same identifier, so that a
receiver of both takes it once. Every request carries `Idempotency-Key: <notice id>`; an answer 2xx
takes the notice.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from pydantic import SecretStr

from alerting.cap.sign import Writer
from alerting.cap.values import MEDIA_TYPE, Message
from alerting.channels.guard import why_unusable
from alerting.channels.http import Ask, HttpConfig, HttpRoad, at_endpoint, reference
from alerting.channels.signing import KEY_HEADER
from alerting.model import Notice, Receipt


class Messages(Protocol):
    """Finds the message that a notice stands for."""

    async def message_for(self, notice: Notice) -> Message:
        """Give the message.

        Raises:
            DeliveryError: there is none, or it cannot be said now which earlier ones it replaces.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CapRoadConfig:
    """How messages are posted; `url` is where they go for recipients without an address."""

    url: SecretStr | None = None
    http: HttpConfig = field(default_factory=HttpConfig)

    def __post_init__(self) -> None:
        """Refuse an address that could never be used."""
        wrong = None if self.url is None else why_unusable(self.url.get_secret_value())
        if wrong is not None:
            raise ValueError(wrong)


class CapChannel:
    """Posts messages."""

    name = "cap"

    def __init__(
        self,
        *,
        messages: Messages,
        writer: Writer,
        config: CapRoadConfig,
        now: Callable[[], datetime],
    ) -> None:
        """Make the client; nothing connects before the first notice. `now` is wall-clock time."""
        self._messages = messages
        self._writer = writer
        self._url = config.url
        self._now = now
        http = config.http
        if config.url is not None:
            http = at_endpoint(http, config.url.get_secret_value())
        self._road = HttpRoad(name=self.name, config=http, now=now)

    async def __aenter__(self) -> Self:
        """Give the channel itself; leaving the block closes it."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.close()

    async def close(self) -> None:
        """Close the connections; sending afterwards is a programming error."""
        await self._road.close()

    async def send(self, notice: Notice) -> Receipt:
        """Post once.

        Raises:
            DeliveryError: it was not taken; `retryable` says whether to try again.
        """
        body = self._writer.bytes_of(await self._messages.message_for(notice))
        url = notice.recipient.address
        if not url and self._url is not None:
            url = self._url.get_secret_value()
        headers = {KEY_HEADER: notice.id, "Content-Type": MEDIA_TYPE}
        answer = await self._road.taken(Ask(url=url, content=body, headers=headers))
        return Receipt(notice_id=notice.id, at=self._now(), reference=reference(answer))
