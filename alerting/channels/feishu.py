"""Channel that writes to a group of Feishu (飞书) through the group's robot, signed.

The robot takes 100 messages a minute, five a second, and 20 KB. With a secret every request carries
the time in seconds and HMAC-SHA256 of nothing under the time and the secret. A recipient's address
lists the ids (`ou_…`, or `all`) of those who are called by name.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Any
from xml.sax.saxutils import quoteattr

from pydantic import SecretStr

from alerting.channels.bot import BotConfig, BotRoad, Tongue, mentions
from alerting.channels.verdict import Wait
from alerting.model import Notice, Receipt
from alerting.render import render_chat

MAX_BYTES = 18_000
_TONGUE = Tongue(
    code="code",
    message="msg",
    passing={"11232": Wait(60.0), "99991400": Wait(60.0), "11233": Wait(), "11247": Wait()},
)


class Feishu:
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
        called = [f"<at user_id={quoteattr(who)}></at>" for who in mentions(to.address)]
        text = "\n".join([_plain(text), *([" ".join(called)] if called else [])])
        body: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        secret = self._config.secret
        signature = {} if secret is None else signed(secret, self._now())
        return await self._road.post(notice, {**signature, **body})


def signed(secret: SecretStr, now: datetime) -> dict[str, str]:
    """Give what a signed request carries in its body."""
    at = str(int(now.timestamp()))
    key = f"{at}\n{secret.get_secret_value()}".encode()
    digest = hmac.new(key, b"", hashlib.sha256).digest()
    return {"timestamp": at, "sign": base64.b64encode(digest).decode()}


def _plain(text: str) -> str:
    """Keep a name from the wire from calling everybody: `<at …>` is a tag here."""
    return text.replace("<", "＜")
