"""Channel that posts each notice as signed JSON to an HTTP address of the recipient's.

The body is `alerting.render.render_json`. Every request carries

    Idempotency-Key: <notice id>
    X-Groundwatch-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>." + body>

so that a receiver can drop a second copy and refuse a forged one (`alerting.channels.signing`). An
answer 2xx takes the notice.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import Self

import msgspec
from pydantic import SecretStr

from alerting.channels.guard import why_unusable
from alerting.channels.http import Ask, HttpConfig, HttpRoad, at_endpoint, reference
from alerting.channels.signing import KEY_HEADER, SIGNATURE_HEADER, signature, why_weak
from alerting.model import Notice, Receipt
from alerting.render import render_json

Foreign = Callable[[Notice], Awaitable[Mapping[str, str] | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig:
    """How webhooks are sent. Without a secret the requests are not signed.

    `url` is where they go for recipients without an address; its host needs not be allowed besides.
    """

    name: str = "webhook"
    url: SecretStr | None = None
    secret: SecretStr | None = None
    http: HttpConfig = field(default_factory=HttpConfig)

    def __post_init__(self) -> None:
        """Refuse what could never protect."""
        wrong = why_weak(self.secret, "webhook")
        if self.url is not None:
            wrong = wrong or why_unusable(self.url.get_secret_value())
        if wrong is not None:
            raise ValueError(wrong)


class Webhook:
    """Posts notices."""

    def __init__(
        self,
        *,
        config: WebhookConfig,
        now: Callable[[], datetime],
        foreign: Foreign | None = None,
    ) -> None:
        """Make the client; nothing connects before the first notice. `now` is wall-clock time.

        `foreign` says what systems of GB/T 35965 know a notice's message by.
        """
        self._foreign = foreign
        self.name = config.name
        self._config = config
        self._now = now
        http = config.http
        if config.url is not None:
            http = at_endpoint(http, config.url.get_secret_value())
        self._road = HttpRoad(name=config.name, config=http, now=now)

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
        known_as = None if self._foreign is None else await self._foreign(notice)
        body = msgspec.json.encode(render_json(notice, known_as))
        headers = {KEY_HEADER: notice.id, "Content-Type": "application/json"}
        hidden: tuple[str, ...] = ()
        if self._config.secret is not None:
            headers[SIGNATURE_HEADER] = signature(self._config.secret, body, self._now())
            hidden = (self._config.secret.get_secret_value(),)
        url = notice.recipient.address
        if not url and self._config.url is not None:
            url = self._config.url.get_secret_value()
        ask = Ask(url=url, content=body, headers=headers, hidden=hidden)
        answer = await self._road.taken(ask)
        return Receipt(notice_id=notice.id, at=self._now(), reference=reference(answer))
