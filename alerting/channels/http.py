"""What every channel that speaks HTTP shares: one guarded, bounded, secretive request.

408, 425, 429, 5xx, time-outs and broken connections may be tried again; every other answer that is
no 2xx, and a redirect, is final. Proxies, passwords and redirects of the environment are not
followed. Nothing that goes out or comes back is logged.

Every request has a connection of its own. On one that is kept open, a receiver that answers twice
would answer the next request before it was asked: a notice nobody took would count as taken, or one
that was taken would be sent again.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import metadata
from urllib.parse import unquote, urlsplit

import httpx2

from alerting.channels.guard import AllowList, host_of, why_refused
from alerting.channels.reach import AddressRefused, GuardedTransport, Resolve
from alerting.errors import DeliveryError

RETRIED_STATUSES = frozenset({408, 425, 429})

_MAX_SHOWN = 200
_SHORTEST_HIDDEN = 6

# The libraries log whole addresses and headers, which may carry tokens.
for _noisy in ("httpx2", "httpcore2"):
    logging.getLogger(_noisy).setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpConfig:
    """How requests are made.

    `allowed_hosts` is as in `alerting.channels.guard`. `total_timeout_s` bounds one attempt from
    connecting to the status line; after that `body_timeout_s` and `max_body_bytes` bound how much
    of the answer is read. `tls` replaces the system's certificate authorities, `resolve` its
    look-up of names.
    """

    allowed_hosts: tuple[str, ...] = ()
    connect_timeout_s: float = 3.0
    read_timeout_s: float = 8.0
    total_timeout_s: float = 10.0
    body_timeout_s: float = 1.0
    max_body_bytes: int = 16_384
    max_retry_after_s: float = 300.0
    max_connections: int = 64
    tls: ssl.SSLContext | None = None
    resolve: Resolve | None = None

    def __post_init__(self) -> None:
        """Refuse what could never work."""
        AllowList.of(self.allowed_hosts)
        limits = (
            self.connect_timeout_s,
            self.read_timeout_s,
            self.total_timeout_s,
            self.body_timeout_s,
            self.max_body_bytes,
            self.max_connections,
        )
        if min(limits) <= 0:
            raise ValueError("time-outs and sizes of an HTTP channel must be above zero")


def at_endpoint(config: HttpConfig, url: str) -> HttpConfig:
    """Give the configuration of a channel whose settings name where it writes: that is allowed."""
    return replace(config, allowed_hosts=(*config.allowed_hosts, host_of(url)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request; `hidden` are secrets that no answer may bring back into a reason."""

    url: str = field(repr=False)
    content: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "POST"
    hidden: Sequence[str] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, secrets taken out of its text; `is_whole` when it was read to its end."""

    host: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    text: str = field(repr=False)
    is_whole: bool


class HttpRoad:
    """Makes requests for one channel, each over a connection of its own."""

    def __init__(self, *, name: str, config: HttpConfig, now: Callable[[], datetime]) -> None:
        """Make the client; nothing connects before the first request. `now` is wall-clock time."""
        self._name = name
        self._config = config
        self._now = now
        self._allowed = AllowList.of(config.allowed_hosts)
        transport = GuardedTransport(
            allowed=self._allowed,
            tls=config.tls,
            limits=httpx2.Limits(
                max_connections=config.max_connections, max_keepalive_connections=0
            ),
            resolve=config.resolve,
        )
        self._client = httpx2.AsyncClient(
            headers={
                "User-Agent": _user_agent(),
                "Accept": "application/json, text/plain",
                "Accept-Encoding": "identity",
            },
            timeout=httpx2.Timeout(config.read_timeout_s, connect=config.connect_timeout_s),
            transport=transport,
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections; asking afterwards is a programming error."""
        await self._client.aclose()

    async def ask(self, ask: Ask) -> Answer:
        """Make one request and give the answer, whatever its status but a redirect.

        Raises:
            DeliveryError: there is no answer, or one that cannot be this request's.
        """
        refused = why_refused(ask.url, self._allowed)
        if refused is not None:
            raise self.failed(refused, retryable=False)
        response = await self._sent(ask)
        host = host_of(ask.url)
        body, is_whole = await self._read(response)
        if 300 <= response.status_code < 400:
            why = f"{host} answered {response.status_code}, a redirect; mend the address"
            raise self.failed(why, retryable=False)
        return Answer(
            host=host,
            status=response.status_code,
            headers=response.headers,
            text=_redacted(body.decode("utf-8", "replace"), ask.url, ask.hidden),
            is_whole=is_whole,
        )

    async def fetched(self, ask: Ask) -> bytes:
        """Make one request and give the body of a 2xx as it came, whole.

        Raises:
            DeliveryError: it was not answered so, or with more than `max_body_bytes`.
        """
        refused = why_refused(ask.url, self._allowed)
        if refused is not None:
            raise self.failed(refused, retryable=False)
        response = await self._sent(ask)
        body, is_whole = await self._read(response)
        host = host_of(ask.url)
        if not 200 <= response.status_code < 300:
            is_passing = response.status_code in RETRIED_STATUSES or response.status_code >= 500
            raise self.failed(f"{host} answered {response.status_code}", retryable=is_passing)
        if not is_whole:
            why = f"{host} gave no whole answer of at most {self._config.max_body_bytes} bytes"
            raise self.failed(why, retryable=True)
        return body

    async def taken(self, ask: Ask) -> Answer:
        """Make one request that a 2xx takes.

        Raises:
            DeliveryError: it was not taken; `retryable` says whether to try again.
        """
        answer = await self.ask(ask)
        error = self.why_not_taken(answer)
        if error is not None:
            raise error
        return answer

    def why_not_taken(self, answer: Answer) -> DeliveryError | None:
        """Give what a status other than 2xx means; None for 2xx."""
        if 200 <= answer.status < 300:
            return None
        reason = f"{answer.host} answered {answer.status}"
        if answer.text:
            reason = f"{reason}: {shown(answer.text)}"
        if answer.status in RETRIED_STATUSES or answer.status >= 500:
            return self.failed(reason, retryable=True, retry_after_s=self._asked_wait(answer))
        return self.failed(reason, retryable=False)

    def failed(
        self, reason: str, *, retryable: bool, retry_after_s: float | None = None
    ) -> DeliveryError:
        """Give the error of this channel for a reason."""
        return DeliveryError(
            f"{self._name}: {reason}", retryable=retryable, retry_after_s=retry_after_s
        )

    async def _sent(self, ask: Ask) -> httpx2.Response:
        host = host_of(ask.url)
        try:
            request = self._client.build_request(
                ask.method,
                ask.url,
                content=ask.content,
                headers=dict(ask.headers),
            )
            async with asyncio.timeout(self._config.total_timeout_s):
                response = await self._client.send(request, stream=True)
        except AddressRefused as error:
            raise self.failed(str(error), retryable=False) from None
        except (httpx2.TimeoutException, TimeoutError):
            # The cause is left out of this and the next two: its text may hold the address.
            raise self.failed(f"{host} did not answer in time", retryable=True) from None
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
            raise self.failed(f"{host}: unusable address", retryable=False) from None
        except httpx2.TransportError as error:
            raise self.failed(f"{host}: {_what_broke(error)}", retryable=True) from None
        return response

    async def _read(self, response: httpx2.Response) -> tuple[bytes, bool]:
        """Read a bounded part of the answer, and say whether that was all of it."""
        body, is_whole = b"", True
        try:
            async with asyncio.timeout(self._config.body_timeout_s):
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) >= self._config.max_body_bytes:
                        is_whole = False
                        break
        except (httpx2.TransportError, TimeoutError):
            is_whole = False
        finally:
            await response.aclose()
        return body, is_whole

    def _asked_wait(self, answer: Answer) -> float | None:
        asked = retry_after_s(answer.headers.get("Retry-After"), self._now())
        return None if asked is None else min(asked, self._config.max_retry_after_s)


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Give the seconds a Retry-After header asks for: a number or an HTTP date; else None."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())


def reference(answer: Answer) -> str:
    """Give the receiver's own id of what it took, or its status."""
    given = answer.headers.get("X-Message-Id") or answer.headers.get("X-Request-Id")
    return shown(given or f"HTTP {answer.status}")


def shown(text: str) -> str:
    """Give what of a foreign text may stand in a reason: printable, and not much of it."""
    printable = (sign if sign.isprintable() else " " for sign in text[:_MAX_SHOWN])
    return "".join(printable).strip()


def _what_broke(error: httpx2.TransportError) -> str:
    if isinstance(error, httpx2.ConnectError):
        return "cannot connect"
    if isinstance(error, httpx2.PoolTimeout):
        return "too many connections in use"
    return "the connection broke before an answer"


def _redacted(text: str, address: str, hidden: Sequence[str]) -> str:
    """Hide what an answer repeats of secrets: path parts and query values may be tokens."""
    parts = urlsplit(address)
    pieces = {parts.path, parts.query, *parts.path.split("/")}
    pieces |= {piece for pair in parts.query.split("&") for piece in pair.split("=")}
    pieces |= {unquote(piece) for piece in pieces}
    pieces = {piece for piece in pieces if len(piece) >= _SHORTEST_HIDDEN} | set(hidden)
    for piece in sorted(pieces, key=len, reverse=True):
        if piece:
            text = text.replace(piece, "…")
    return text


def _user_agent() -> str:
    try:
        return f"groundwatch/{metadata.version('groundwatch')}"
    except metadata.PackageNotFoundError:
        return "groundwatch"
