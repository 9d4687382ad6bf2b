"""The HTTP server inside the program's own loop and task group: uvicorn, told when to stop.

The socket is bound before anything else starts, so that a port in use is found at once.
"""

import asyncio
import contextlib
import errno
import ipaddress
import logging
import socket
from collections.abc import Iterator

import uvicorn

from alerting.errors import JournalError
from groundwatch.http.app import make_app
from groundwatch.program import Program
from groundwatch.settings import SettingsError

_LOG = logging.getLogger(__name__)
_BACKLOG = 256
_MAX_CONNECTIONS = 256
_GRACE_S = 3


class CannotListen(SettingsError):
    """The address that was set cannot be listened on; the text says why and what to do."""


class PortInUse(CannotListen):
    """Another program listens there already."""


def bind(host: str, port: int) -> socket.socket:
    """Take an address and listen on it, before anything else is started; port 0 takes any.

    Raises:
        PortInUse: another program has it.
        CannotListen: the address is not one of this machine, or this user may not use it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
        listener.settimeout(0)
    except OSError as error:
        listener.close()
        raise _why_not(host, port, error) from error
    return listener


def _why_not(host: str, port: int, error: OSError) -> CannotListen:
    where = f"http {host}:{port}"
    if error.errno == errno.EADDRINUSE:
        return PortInUse(
            f"{where}: another program listens there (perhaps this one, already running); end it,"
            " or choose another port with --port (0 takes any) or http.port in the settings"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return CannotListen(
            f"{where}: this user may not listen there; choose a port from 1024 on with --port or"
            " http.port in the settings"
        )
    return CannotListen(
        f"{where}: cannot be listened on ({error.strerror or error}); http.host must be an address"
        " of this machine, for example 127.0.0.1, or 0.0.0.0 for all of them"
    )


class _Uvicorn(uvicorn.Server):
    """Leaves the signals to the program, which stops everything in the right order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """Serves the HTTP interface of a program on a socket that `bind` gave."""

    def __init__(self, program: Program, listener: socket.socket) -> None:
        """Make the application; nothing is answered before `run`."""
        self.app = make_app(program)
        self._listener = listener
        host, self._port = listener.getsockname()[:2]
        if not program.settings.http.keys and not ipaddress.ip_address(host).is_loopback:
            _LOG.warning(
                "the HTTP interface asks for no key: whoever reaches it can acknowledge alerts",
                extra={"host": host, "port": self._port},
            )
        self._is_stopping = False
        self._config = uvicorn.Config(
            self.app,
            http="httptools",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_MAX_CONNECTIONS,
            backlog=_BACKLOG,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=_GRACE_S,
        )
        self._server = _Uvicorn(self._config)

    @property
    def port(self) -> int:
        """Give the port it listens on."""
        return int(self._port)

    async def run(self) -> None:
        """Answer until `stop`, or until cancelled; open event streams are told and ended.

        It may be run again after it failed: each run has a copy of the socket, which it closes.
        """
        hub = self.app.state.hub
        if self._is_stopping:
            return
        hub.is_closed = False
        self._server = _Uvicorn(self._config)
        listener = self._listener.dup()
        async with asyncio.TaskGroup() as group:
            telling = group.create_task(self._tell(), name="event stream status")
            try:
                await self._server.serve(sockets=[listener])
            except asyncio.CancelledError:
                hub.close()
                self._server.force_exit = True
                if self._server.started:
                    await self._server.shutdown(sockets=[listener])
                raise
            finally:
                telling.cancel()
                listener.close()

    async def _tell(self) -> None:
        """Know what stands before the journal may be away, then tell the status."""
        with contextlib.suppress(JournalError):  # it is asked again with the first question
            await self.app.state.board.standing()
        await self.app.state.hub.run()

    def stop(self) -> None:
        """Take no new connection; requests under way are answered, event streams end."""
        self.app.state.hub.close()
        self._is_stopping = self._server.should_exit = True
        self._listener.close()
