"""The channels of the settings: opened by name, and asked which addresses they can use."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Protocol, TextIO, cast

from alerting.channels.console import Console
from alerting.channels.guard import AllowList, why_refused, why_unusable
from alerting.channels.http import HttpConfig
from alerting.channels.webhook import Webhook, WebhookConfig
from alerting.ports import Channel
from groundwatch.channel_entry import Back, RoadParts
from groundwatch.channel_settings import BUILT_IN
from groundwatch.settings import Settings


class Closing(Protocol):
    """A channel that holds something open."""

    async def close(self) -> None:
        """Let it go."""
        ...


@dataclass(frozen=True, slots=True)
class Roads:
    """Which channels there are, and which addresses each can use; for checks that start nothing.

    Without settings those that always are, and of addresses only their form. `named` are those of
    settings that have a fault; None where it is such that nobody knows which channels there are.
    """

    settings: Settings | None = None
    named: frozenset[str] | None = frozenset()

    @property
    def names(self) -> tuple[str, ...]:
        """Give the words that people files may use."""
        if self.settings is not None:
            return (*BUILT_IN, *self.settings.channels)
        return (*BUILT_IN, *sorted((self.named or frozenset()) - {*BUILT_IN}))

    def why_refused(self, channel: str, address: str) -> str | None:
        """Say why nobody can be reached at an address by a channel; None when they can."""
        entry = self.settings.channels.get(channel) if self.settings is not None else None
        if entry is not None:
            return entry.why_refused(address)
        if channel == "webhook" and self.settings is not None:
            return why_refused(address, AllowList.of(self.settings.webhook.allowed_hosts))
        return why_unusable(address) if channel in ("webhook", "cap") else None


BUILT_IN_ROADS = Roads()


def ways_back(settings: Settings) -> Back:
    """Say how people who were told come back to this program."""
    return Back(base_url=settings.http.public_url, hears_answers=settings.replies.hears)


def open_roads(
    settings: Settings, console: TextIO, parts: RoadParts, stack: AsyncExitStack
) -> dict[str, Channel]:
    """Open the channels that need nothing of the running program; `stack` closes them."""
    shown = Console(stream=console, now=parts.now, base_url=parts.back.base_url)
    roads: dict[str, Channel] = {"console": shown, "webhook": _webhook(settings, parts)}
    for name, entry in settings.channels.items():
        roads[name] = entry.open(name, parts)
    for road in roads.values():
        stack.push_async_callback(cast(Closing, road).close)
    return roads


def _webhook(settings: Settings, parts: RoadParts) -> Webhook:
    http = HttpConfig(allowed_hosts=settings.webhook.allowed_hosts)
    config = WebhookConfig(secret=settings.webhook.secret, http=http)
    return Webhook(config=config, now=parts.now, foreign=parts.foreign)
