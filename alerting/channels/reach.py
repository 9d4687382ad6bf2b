"""Connects to what a host's name stands for, after that address was allowed and not before.

The name is looked up here, once, and the connection goes to the very address that was judged: a
name that answers differently the second time it is asked (DNS rebinding) is asked only once.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence

import httpcore2
import httpx2

from alerting.channels.guard import AllowList

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
_Option = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


class AddressRefused(Exception):
    """No address of the host may be connected to; the text says why and holds no secret."""


async def look_up(host: str, port: int) -> Sequence[str]:
    """Give the addresses of a host in the order the system prefers.

    Raises:
        OSError: the name is not known, or nobody could be asked.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedTransport(httpx2.AsyncHTTPTransport):
    """HTTP over connections that an allow-list let through; no proxy of the environment."""

    def __init__(
        self,
        *,
        allowed: AllowList,
        tls: ssl.SSLContext | None,
        limits: httpx2.Limits,
        resolve: Resolve | None = None,
    ) -> None:
        """Make the pool; nothing connects yet."""
        context = httpx2.create_ssl_context(trust_env=False) if tls is None else tls
        super().__init__(verify=context, limits=limits, trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=context,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            network_backend=_Guarded(allowed, resolve or look_up),
        )


class _Guarded(httpcore2.AsyncNetworkBackend):
    def __init__(self, allowed: AllowList, resolve: Resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        local_address: str | None = None,
        socket_options: Iterable[_Option] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first address of the host that is allowed and answers."""
        failure: Exception | None = None
        for address in await self._addresses(host, port):
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore2.ConnectError("the host has no address")

    async def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = await self._resolve(host, port)
        except OSError:
            raise httpcore2.ConnectError("the host's name is not known") from None
        refused = ""
        allowed = []
        for text in found:
            address = ipaddress.ip_address(text.partition("%")[0])
            why = self._allowed.why_address_refused(address, host, port)
            if why is None:
                allowed.append(text)
            else:
                refused = why
        if found and not allowed:
            raise AddressRefused(refused)
        return allowed

    async def sleep(self, seconds: float) -> None:
        """Sleep."""
        await asyncio.sleep(seconds)
