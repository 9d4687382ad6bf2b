"""What every request passes before the application sees it, as one ASGI middleware.

Names: a browser that was led here by a foreign page under a foreign name is turned away (DNS
rebinding), and so is what a foreign page asks a browser to change here. Keys: see `access`. Bodies:
read whole, bounded in size and time. Answers: headers that keep browsers from guessing, framing,
caching and passing on.
"""

import asyncio
import ipaddress
import re
from collections.abc import Iterable, MutableMapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerting.cap.heard import MAX_BYTES as MAX_MESSAGE_BYTES
from groundwatch.http.access import CHALLENGE, Access
from groundwatch.http.problems import ProblemError, answer, problem_of, shown
from groundwatch.pictures import MAX_BYTES

MAX_BODY_BYTES = 64 * 1024
_PICTURES = re.compile(r"/api/v1/(?:alerts/[^/]+/attach|tasks/[^/]+/picture)")
_API = "/api/"
_OFFICIAL = "/api/v1/official"
_BODY_WITHIN_S = 10.0
_WITH_BODY = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """Wraps the application; `names` are host names besides localhost it answers under."""

    def __init__(self, app: ASGIApp, *, access: Access, names: Iterable[str] = ()) -> None:
        """Answer under addresses, `localhost` and `names`, to whom `access` lets in."""
        self._app = app
        self._access = access
        self._names = frozenset({"localhost", *(name.lower() for name in names)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, or answer why not."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sender = _Sender(send)
        try:
            headers = Headers(scope=scope)
            self._check_name(headers.get("host", ""))
            self._access.check(scope["method"], scope["path"], headers.get("authorization", ""))
            if scope["method"] in _WITH_BODY:
                self._check_origin(scope["path"], headers)
                receive = _Replayed(await _body(scope, receive), receive)
        except ProblemError as error:
            challenge = CHALLENGE if error.status == HTTPStatus.UNAUTHORIZED else {}
            await answer(problem_of(scope["path"], error), challenge)(scope, receive, sender)
            return
        await self._app(scope, receive, sender)

    def _check_origin(self, path: str, headers: Headers) -> None:
        """Turn away what a page of another place asks a browser to change (its cookies or login).

        Pages of links in messages are known by their ticket; browsers hide where they come from.
        """
        origin = headers.get("origin")
        if origin is None or not path.startswith(_API):
            return
        host = urlsplit(origin).hostname
        if host is not None and host == _name_of(headers.get("host", "")):
            return
        if host is not None and host in self._names and host != "localhost":
            return  # a proxy in front may call this program by another name than people do
        detail = f"a page of {shown(origin)} asks for this, which is no page of this program;"
        raise ProblemError(403, "foreign-page", f"{detail} add its host to http.names if it is one")

    def _check_name(self, host: str) -> None:
        name = _name_of(host)
        if name in self._names or _is_address(name):
            return
        detail = f"this program does not answer under the name {shown(name)}; use its address,"
        raise ProblemError(421, "wrong-host", f"{detail} or add the name to http.names")


def _name_of(host: str) -> str:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return name.strip("[]").lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _body(scope: Scope, receive: Receive) -> bytes:
    """Read the body, bounded in size (pictures and messages may be larger) and in time."""
    most = _most(scope["path"])
    declared = Headers(scope=scope).get("content-length", "0")
    if declared.isdigit() and int(declared) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(_BODY_WITHIN_S):
            return await _read(receive, most)
    except TimeoutError as error:
        detail = f"the body did not arrive within {_BODY_WITHIN_S:g} s"
        raise ProblemError(408, "request-timeout", detail) from error


def _most(path: str) -> int:
    if _PICTURES.fullmatch(path):
        return MAX_BYTES
    return MAX_MESSAGE_BYTES if path == _OFFICIAL else MAX_BODY_BYTES


async def _read(receive: Receive, most: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return bytes(body)
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_large(most)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(most: int) -> ProblemError:
    return ProblemError(413, "body-too-large", f"a body may have {most} bytes")


class _Replayed:
    """Gives the body that was read, then whatever the server says."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> MutableMapping[str, Any]:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


class _Sender:
    """Adds the headers to an answer, where the endpoint gave none of its own."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)
