"""What the robots of instant messengers share: a group's address in the settings, text, a code.

A robot's token is part of its address and belongs in the settings as a secret, so the address of a
recipient is no more than who of the group is to be called by name.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from pydantic import SecretStr

from alerting.channels.guard import why_unusable
from alerting.channels.http import Answer, Ask, HttpConfig, HttpRoad, at_endpoint
from alerting.channels.verdict import Codes, code_error, json_object
from alerting.model import Notice, Receipt

MAX_MENTIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BotConfig:
    """Which group is written to: the robot's address as the messenger shows it, and its secret."""

    name: str
    url: SecretStr
    secret: SecretStr | None = None
    base_url: str = ""
    http: HttpConfig = field(default_factory=HttpConfig)

    def __post_init__(self) -> None:
        """Refuse an address that could never be written to."""
        refused = why_unusable(self.url.get_secret_value())
        if refused is not None:
            raise ValueError(refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """How a messenger's robots answer: the names of code and message, and which codes pass."""

    code: str
    message: str
    passing: Codes


def mentions(address: str) -> list[str]:
    """Give who is to be called by name: the parts of a recipient's address."""
    return address.replace(",", " ").split()[:MAX_MENTIONS]


def why_no_mentions(address: str) -> str | None:
    """Say why an address names nobody of a group; None when it does, or is empty."""
    named = address.replace(",", " ").split()
    if len(named) > MAX_MENTIONS:
        return f"{len(named)} people are named; allowed: {MAX_MENTIONS}"
    if "/" in address:
        return "a robot's address belongs in the settings; allowed here: whom to call by name"
    return None


class BotRoad:
    """Posts one JSON object to a robot, and reads what its code says."""

    def __init__(self, config: BotConfig, tongue: Tongue, now: Callable[[], datetime]) -> None:
        """Make the client; nothing connects yet."""
        self._config = config
        self._tongue = tongue
        self._now = now
        http = at_endpoint(config.http, config.url.get_secret_value())
        self._road = HttpRoad(name=config.name, config=http, now=now)

    async def close(self) -> None:
        """Close the connections."""
        await self._road.close()

    async def post(self, notice: Notice, body: dict[str, Any], query: str = "") -> Receipt:
        """Post once.

        Raises:
            DeliveryError: it was not taken; `retryable` says whether to try again.
        """
        url = self._config.url.get_secret_value()
        if query:
            url = f"{url}{'&' if '?' in url else '?'}{query}"
        secret = self._config.secret
        ask = Ask(
            url=url,
            content=msgspec.json.encode(body),
            headers={"Content-Type": "application/json; charset=utf-8"},
            hidden=() if secret is None else (secret.get_secret_value(),),
        )
        answer = await self._road.taken(ask)
        self._check(answer)
        return Receipt(notice_id=notice.id, at=self._now(), reference=f"{answer.host} took it")

    def _check(self, answer: Answer) -> None:
        said = json_object(self._road, answer)
        code = said.get(self._tongue.code)
        if code in (0, "0"):
            return
        message = said.get(self._tongue.message, "")
        raise code_error(self._road, answer.host, code, message, self._tongue.passing)
