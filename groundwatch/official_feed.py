"""Fetches official messages from feeds, again and again; what was taken once is not taken again.

A feed that does not answer, or a message that cannot be used, is said in the log and counted; it
never stops the others.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urljoin

from pydantic import SecretStr

from alerting.cap.heard import CapRefused
from alerting.channels.guard import host_of
from alerting.channels.http import Ask, HttpConfig, HttpRoad, at_endpoint
from alerting.errors import DeliveryError, JournalError
from groundwatch.official_desk import OfficialDesk

_LOG = logging.getLogger(__name__)
MAX_A_ROUND = 50
MAX_SEEN = 5_000


@dataclass(slots=True)
class FeedState:
    """What is known of one feed, for people to look at; `host` is all of its address that shows."""

    host: str
    asked_at: datetime | None = None
    taken: int = 0
    refused: int = 0
    problem: str = ""


@dataclass(slots=True)
class _Feed:
    url: SecretStr
    road: HttpRoad
    state: FeedState
    seen: dict[str, None] = field(default_factory=dict)


class OfficialFeeds:
    """Asks every feed in turn."""

    def __init__(
        self,
        *,
        urls: Sequence[SecretStr],
        desk: OfficialDesk,
        every: timedelta,
        http: HttpConfig,
        now: Callable[[], datetime],
    ) -> None:
        """Make the clients; nothing connects before `run`."""
        self._desk = desk
        self._every_s = every.total_seconds()
        self._now = now
        self._feeds = [
            _Feed(
                url=url,
                road=HttpRoad(
                    name="official feed", config=at_endpoint(http, url.get_secret_value()), now=now
                ),
                state=FeedState(host=host_of(url.get_secret_value())),
            )
            for url in urls
        ]

    @property
    def states(self) -> list[FeedState]:
        """Say how each feed stands."""
        return [feed.state for feed in self._feeds]

    async def run(self) -> None:
        """Ask until cancelled; ends at once where there are no feeds."""
        while self._feeds:
            for feed in self._feeds:
                await self.ask(feed)
            await asyncio.sleep(self._every_s)

    async def ask_all(self) -> None:
        """Ask every feed once."""
        for feed in self._feeds:
            await self.ask(feed)

    async def close(self) -> None:
        """Close the connections."""
        for feed in self._feeds:
            await feed.road.close()

    async def ask(self, feed: _Feed) -> None:
        """Ask one feed and take what is new; never raises for a feed or a message that is wrong."""
        before, feed.state.problem = feed.state.problem, ""
        feed.state.asked_at = self._now()
        try:
            await self._take_new(feed)
        except (DeliveryError, CapRefused, JournalError) as error:
            feed.state.problem = str(error)
        if feed.state.problem not in ("", before):
            extra = {"feed": feed.state.host, "why": feed.state.problem}
            _LOG.warning("official feed", extra=extra)

    async def _take_new(self, feed: _Feed) -> None:
        from alerting.cap.feed import links_of  # and with it lxml, once there is a feed

        url = feed.url.get_secret_value()
        body = await self._fetched(feed, url)
        links = links_of(body)
        if links is None:  # the address is that of a message itself
            await self._take(feed, body)
            return
        fresh = [link for link in (urljoin(url, each) for each in links) if link not in feed.seen]
        for link in reversed(fresh[:MAX_A_ROUND]):
            await self._follow(feed, link)
        while len(feed.seen) > MAX_SEEN:
            del feed.seen[next(iter(feed.seen))]

    async def _follow(self, feed: _Feed, link: str) -> None:
        """Take the message behind a link; one that fails for a while is asked for again."""
        try:
            await self._take(feed, await self._fetched(feed, link))
        except DeliveryError as error:
            feed.state.problem = str(error)
            if error.retryable:
                return
        feed.seen[link] = None

    async def _take(self, feed: _Feed, body: bytes) -> None:
        try:
            answer = await self._desk.take(body, f"feed {feed.state.host}")
        except CapRefused as error:
            feed.state.refused += 1
            feed.state.problem = f"a message was not taken: {str(error)[:500]}"
            return
        feed.state.taken += answer.is_new

    async def _fetched(self, feed: _Feed, url: str) -> bytes:
        return await feed.road.fetched(Ask(url=url, method="GET"))
