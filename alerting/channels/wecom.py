"""Channel that writes to a group of WeCom (企业微信) through the group's robot.

The robot takes 20 messages a minute and 2,048 bytes of text; it has no signature, so its address is
the secret. A recipient's address lists the mobile numbers of those who are called by name.
"""

from collections.abc import Callable
from datetime import datetime

from alerting.channels.bot import BotConfig, BotRoad, Tongue, mentions
from alerting.channels.verdict import Wait
from alerting.model import Notice, Receipt
from alerting.render import render_chat

MAX_BYTES = 2048
_TONGUE = Tongue(
    code="errcode",
    message="errmsg",
    passing={"-1": Wait(), "45009": Wait(60.0), "45033": Wait(), "50002": Wait()},
)


class WeCom:
    """Writes notices to one group."""

    def __init__(self, *, config: BotConfig, now: Callable[[], datetime]) -> None:
        """Make the client; nothing connects before the first notice."""
        self.name = config.name
        self._base_url = config.base_url
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
        text = render_chat(notice, to.language, max_bytes=MAX_BYTES, base_url=self._base_url)
        said = {"content": text, "mentioned_mobile_list": mentions(to.address)}
        return await self._road.post(notice, {"msgtype": "text", "text": said})
