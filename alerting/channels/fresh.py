"""Tells an answer to this request from one that was already lying in the connection.

A broken receiver may answer one request twice. On a connection that is kept open the second answer
is then taken for that of the next request, and every later one is off by one: a notice nobody took
would count as taken. An answer that was read before the event loop turned even once after the
request was sent cannot have come from the network since, so it is not ours.
"""

import asyncio
from typing import Any

_SENT = "http11.send_request_body.complete"
_ANSWERED = "http11.receive_response_headers.complete"


class Freshness:
    """Watches one request; pass `trace` as the HTTP library's trace extension."""

    __slots__ = ("_has_turned", "is_stale")

    def __init__(self) -> None:
        """Watch nothing yet."""
        self.is_stale = False
        self._has_turned = False

    async def trace(self, event: str, _: dict[str, Any]) -> None:
        """Note when the request was sent and whether its answer took a turn of the loop."""
        if event == _SENT:
            asyncio.get_running_loop().call_soon(self._turn)
        elif event == _ANSWERED and not self._has_turned:
            self.is_stale = True

    def _turn(self) -> None:
        self._has_turned = True
