"""Channel that writes to a group of DingTalk (钉钉) through the group's robot, signed.

The robot takes 20 messages a minute, and is deaf for ten minutes after more. With a secret every
request carries the time in milliseconds and HMAC-SHA256 of it. A recipient's address lists the
mobile numbers of those who are called by name.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from pydantic import SecretStr

from alerting.channels.bot import BotConfig, BotRoad, Tongue, mentions
from alerting.channels.verdict import Wait
from alerting.model import Notice, Receipt
from alerting.render import render_chat

MAX_BYTES = 18_000
_TONGUE = Tongue(
    code="errcode",
    message="errmsg",
    passing={"-1": Wait(), "130101": Wait(60.0), "410100": Wait(60.0)},
)


class DingTalk:
    """Writes notices to one group."""

    def __init__(self, *, config: BotConfig, now: Callable[[], datetime]) -> None:
        """Make the client; nothing connects before the first notice."""
        self.name = config.name
        self._config = config
        self._now = now
        self._road = BotRoad(config, _TONGUE, now)

    async def close(self) -> None:
        """Close the connections."""
        await self._road.close()

    async def send(self, notice: Notice) -> Receipt:
        """Write once.

        Raises:
            DeliveryError: it was not taken; `retryable` says whether to try again.
        """
        to = notice.recipient
        base_url = self._config.base_url
        text = render_chat(notice, to.language, max_bytes=MAX_BYTES, base_url=base_url)
        called = mentions(to.address)
        if called:
            text = f"{text}\n{' '.join(f'@{mobile}' for mobile in called)}"
        body = {
            "msgtype": "text",
            "text": {"content": text},
            "at": {"atMobiles": called, "isAtAll": False},
        }
        secret = self._config.secret
        query = "" if secret is None else urlencode(signed(secret, self._now()))
        return await self._road.post(notice, body, query)


def signed(secret: SecretStr, now: datetime) -> dict[str, str]:
    """Give what a signed request carries in its query."""
    at, key = f"{int(now.timestamp() * 1000)}", secret.get_secret_value()
    digest = hmac.new(key.encode(), f"{at}\n{key}".encode(), hashlib.sha256).digest()
    return {"timestamp": at, "sign": base64.b64encode(digest).decode()}
