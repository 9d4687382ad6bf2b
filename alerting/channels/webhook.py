"""Channel that posts each notice as signed JSON to an HTTP address of the recipient's.

The body is `alerting.render.render_json`. Every request carries

    Idempotency-Key: <notice id>
    X-Groundwatch-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>." + body>

so that a receiver can drop a second copy and refuse a forged one (`verify_signature` does the
latter). An answer 2xx takes the notice. 408, 425, 429, 5xx, time-outs and broken connections are
tried again; every other answer, and a redirect, is final. Proxies, passwords and redirects of the
environment are not followed.
"""

import asyncio
import hashlib
import hmac
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import metadata
from types import TracebackType
from typing import Self
from urllib.parse import unquote, urlsplit

import httpx2
import msgspec
from pydantic import SecretStr

from alerting.channels.fresh import Freshness
from alerting.channels.guard import host_of, why_refused
from alerting.errors import DeliveryError
from alerting.model import Notice, Receipt
from alerting.render import render_json

SIGNATURE_HEADER = "X-Groundwatch-Signature"
KEY_HEADER = "Idempotency-Key"
TOLERANCE_S = 300.0
RETRIED_STATUSES = frozenset({408, 425, 429})

_MAX_SHOWN = 200
_SHORTEST_HIDDEN = 6

# The library logs every whole address at INFO, and an address may carry a token.
logging.getLogger("httpx2").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig:
    """How webhooks are sent. Without a secret the requests are not signed.

    `allowed_hosts` is as in `alerting.channels.guard`. `total_timeout_s` bounds one attempt from
    connecting to the status line; after that `body_timeout_s` and `max_body_bytes` bound how much
    of the answer is read. `tls` replaces the system's certificate authorities.
    """

    secret: SecretStr | None = None
    allowed_hosts: tuple[str, ...] = ()
    connect_timeout_s: float = 3.0
    read_timeout_s: float = 8.0
    total_timeout_s: float = 10.0
    body_timeout_s: float = 1.0
    max_body_bytes: int = 16_384
    max_retry_after_s: float = 300.0
    max_connections: int = 64
    keep_alive_s: float = 300.0
    tls: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        """Refuse what could never work."""
        if self.secret is not None and len(self.secret.get_secret_value()) < 16:
            raise ValueError("the webhook secret is shorter than 16 characters")
        limits = (
            self.connect_timeout_s,
            self.read_timeout_s,
            self.total_timeout_s,
            self.body_timeout_s,
            self.max_body_bytes,
            self.max_connections,
        )
        if min(limits) <= 0:
            raise ValueError("time-outs and sizes of a webhook must be above zero")


class Webhook:
    """Posts notices over connections that are kept open between notices."""

    name = "webhook"

    def __init__(self, *, config: WebhookConfig, now: Callable[[], datetime]) -> None:
        """Make the client; nothing connects before the first notice. `now` is wall-clock time."""
        self._config = config
        self._now = now
        self._client = httpx2.AsyncClient(
            headers={
                "User-Agent": _user_agent(),
                "Content-Type": "application/json",
                "Accept": "application/json, text/plain",
                "Accept-Encoding": "identity",
            },
            timeout=httpx2.Timeout(config.read_timeout_s, connect=config.connect_timeout_s),
            limits=httpx2.Limits(
                max_connections=config.max_connections,
                max_keepalive_connections=config.max_connections,
                keepalive_expiry=config.keep_alive_s,
            ),
            verify=True if config.tls is None else config.tls,
            follow_redirects=False,
            trust_env=False,
        )

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
        await self._client.aclose()

    async def send(self, notice: Notice) -> Receipt:
        """Post once.

        Raises:
            DeliveryError: it was not taken; `retryable` says whether to try again.
        """
        address = notice.recipient.address
        refused = why_refused(address, self._config.allowed_hosts)
        if refused is not None:
            raise DeliveryError(f"webhook: {refused}", retryable=False)
        body = msgspec.json.encode(render_json(notice))
        headers = {KEY_HEADER: notice.id}
        if self._config.secret is not None:
            headers[SIGNATURE_HEADER] = signature(self._config.secret, body, self._now())
        response, text = await self._post(address, body, headers)
        now = self._now()
        error = self._why_not_taken(address, response, text, now)
        if error is not None:
            raise error
        return Receipt(notice_id=notice.id, at=now, reference=_reference(response))

    async def _post(
        self, address: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[httpx2.Response, str]:
        """Make the request; give the response and as much of its text as is worth reading."""
        host = host_of(address)
        freshness = Freshness()
        try:
            request = self._client.build_request(
                "POST",
                address,
                content=body,
                headers=headers,
                extensions={"trace": freshness.trace},
            )
            async with asyncio.timeout(self._config.total_timeout_s):
                response = await self._client.send(request, stream=True)
        except (httpx2.TimeoutException, TimeoutError):
            # The cause is left out of this and the next two: its text may hold the address.
            raise DeliveryError(f"webhook: {host} did not answer in time", retryable=True) from None
        except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
            raise DeliveryError(f"webhook: {host}: unusable address", retryable=False) from None
        except httpx2.TransportError as error:
            reason = f"webhook: {host}: {_what_broke(error)}"
            raise DeliveryError(reason, retryable=True) from None
        if freshness.is_stale:
            await response.aclose()
            reason = f"webhook: {host} answered before it was asked; connection dropped"
            raise DeliveryError(reason, retryable=True)
        return response, await self._read(response)

    async def _read(self, response: httpx2.Response) -> str:
        """Read a bounded part of the answer; the status is known, so no failure here matters."""
        body = b""
        try:
            async with asyncio.timeout(self._config.body_timeout_s):
                async for chunk in response.aiter_raw():
                    body += chunk
                    if len(body) >= self._config.max_body_bytes:
                        break
        except (httpx2.TransportError, TimeoutError):
            return body.decode("utf-8", "replace")
        finally:
            await response.aclose()
        return body.decode("utf-8", "replace")

    def _why_not_taken(
        self, address: str, response: httpx2.Response, text: str, now: datetime
    ) -> DeliveryError | None:
        status = response.status_code
        if 200 <= status < 300:
            return None
        reason = f"webhook: {host_of(address)} answered {status}"
        if 300 <= status < 400:
            return DeliveryError(f"{reason}, a redirect; mend the address", retryable=False)
        if text:
            reason = f"{reason}: {_shown(_redacted(text, address))}"
        if status in RETRIED_STATUSES or status >= 500:
            asked = retry_after_s(response.headers.get("Retry-After"), now)
            wait_s = None if asked is None else min(asked, self._config.max_retry_after_s)
            return DeliveryError(reason, retryable=True, retry_after_s=wait_s)
        return DeliveryError(reason, retryable=False)


def signature(secret: SecretStr, body: bytes, now: datetime) -> str:
    """Give the value of the signature header for a body sent at `now`."""
    at = int(now.timestamp())
    return f"t={at},v1={_digest(secret.get_secret_value(), at, body)}"


def verify_signature(
    secret: str,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    *,
    tolerance_s: float = TOLERANCE_S,
) -> None:
    """Check, as a receiver, that a request came from somebody who knows the secret, lately.

    `body` is the bytes exactly as received, before any parsing; `headers` any mapping of names to
    values, upper or lower case. A request older or newer than `tolerance_s` is refused so that a
    recorded one cannot be played again later.

    Raises:
        ValueError: it is not genuine, and why; the text never holds the secret or the right answer.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    given = lowered.get(SIGNATURE_HEADER.lower())
    if given is None:
        raise ValueError(f"there is no {SIGNATURE_HEADER} header")
    at, digests = _parse_signature(given)
    if abs(now.timestamp() - at) > tolerance_s:
        raise ValueError(f"the signature's time is more than {tolerance_s:.0f} s from now")
    right = _digest(secret, at, body)
    if not any(hmac.compare_digest(right.encode(), digest.encode()) for digest in digests):
        raise ValueError("the signature does not fit the body and the secret")


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


def _digest(secret: str, at: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()


def _parse_signature(header: str) -> tuple[int, list[str]]:
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    digests = [value for name, _, value in pairs if name == "v1"]
    if len(times) != 1 or not digests or not (times[0].isascii() and times[0].isdigit()):
        raise ValueError(f"{SIGNATURE_HEADER} is not of the form t=<unix seconds>,v1=<hex>")
    return int(times[0][:12]), digests


def _reference(response: httpx2.Response) -> str:
    given = response.headers.get("X-Message-Id") or response.headers.get("X-Request-Id")
    return _shown(given or f"HTTP {response.status_code}")


def _what_broke(error: httpx2.TransportError) -> str:
    if isinstance(error, httpx2.ConnectError):
        return "cannot connect"
    if isinstance(error, httpx2.PoolTimeout):
        return "too many connections in use"
    return "the connection broke before an answer"


def _shown(text: str) -> str:
    printable = (sign if sign.isprintable() else " " for sign in text[:_MAX_SHOWN])
    return "".join(printable).strip()


def _redacted(text: str, address: str) -> str:
    """Hide what an answer repeats of the address: path parts and query values may be tokens."""
    parts = urlsplit(address)
    pieces = {parts.path, parts.query, *parts.path.split("/")}
    pieces |= {piece for pair in parts.query.split("&") for piece in pair.split("=")}
    pieces |= {unquote(piece) for piece in pieces}
    for piece in sorted(pieces, key=len, reverse=True):
        if len(piece) >= _SHORTEST_HIDDEN:
            text = text.replace(piece, "…")
    return text


def _user_agent() -> str:
    try:
        return f"groundwatch/{metadata.version('groundwatch')}"
    except metadata.PackageNotFoundError:
        return "groundwatch"
