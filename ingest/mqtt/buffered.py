"""A socket with userland buffers for paho, which reads byte by byte and writes packet by packet.

paho asks an SSL context for the socket it talks through (`Client.tls_set_context`). `Opener` is
such a context: it wraps the connected TCP socket, with TLS where configured, in a
`BufferedSocket`. One `recv` of the kernel then serves hundreds of paho's, and the
acknowledgements of a whole batch leave in one `send`.
"""

import socket
import ssl
from contextlib import suppress

_CHUNK = 64 * 1024
_MAX_UNSENT = 256 * 1024


class BufferedSocket:
    """What paho needs of a socket, served from buffers.

    `drained` says that the last look at the kernel found nothing to read: only then may the reader
    wait for the descriptor to become readable. `fault` keeps the last error for a good message.
    """

    def __init__(self, raw: socket.socket) -> None:
        self._raw = raw
        self._chunk = b""
        self._at = 0
        self._unsent = bytearray()
        self.drained = False
        self.fault: OSError | None = None

    def recv(self, size: int) -> bytes:
        """Give up to `size` bytes; b"" at the end of the stream.

        Raises:
            BlockingIOError: nothing to read now (also for TLS).
            OSError: the connection is broken.
        """
        at = self._at
        piece = self._chunk[at : at + size]
        if piece:
            self._at = at + len(piece)
            return piece
        self._fill(size)
        piece = self._chunk[:size]
        self._at = len(piece)
        return piece

    def _fill(self, size: int) -> None:
        try:
            self._chunk = self._raw.recv(max(size, _CHUNK) if size < 16 * _CHUNK else 16 * _CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self._chunk, self._at = b"", 0
            self.drained = True
            raise BlockingIOError from None
        except OSError as fault:
            self.fault = fault
            raise
        self.drained = False

    def send(self, packet: bytes | bytearray) -> int:
        """Take a packet; it leaves with the next `flush`.

        Raises:
            BlockingIOError: too much is unsent already.
        """
        if len(self._unsent) > _MAX_UNSENT:
            raise BlockingIOError
        self._unsent += packet
        return len(packet)

    def flush(self) -> bool:
        """Send what the kernel takes now; True if nothing is left.

        Raises:
            OSError: the connection is broken.
        """
        while self._unsent:
            try:
                n_sent = self._raw.send(self._unsent)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return False
            except OSError as fault:
                self.fault = fault
                raise
            del self._unsent[:n_sent]
        return True

    def close(self) -> None:
        """Send what can be sent at once, and close."""
        with suppress(OSError):
            self.flush()
        self._raw.close()

    def fileno(self) -> int:
        """Give the descriptor to wait on."""
        return self._raw.fileno()

    def setblocking(self, flag: bool) -> None:  # noqa: FBT001 - the signature of a socket
        """Pass on to the socket."""
        self._raw.setblocking(flag)

    def settimeout(self, seconds: float | None) -> None:
        """Pass on to the socket."""
        self._raw.settimeout(seconds)

    def do_handshake(self) -> None:
        """Make the TLS handshake, where there is TLS."""
        if isinstance(self._raw, ssl.SSLSocket):
            self._raw.do_handshake()


class Opener:
    """Stands where paho expects an `ssl.SSLContext` and gives it a `BufferedSocket`.

    `check_hostname` tells paho that the host name needs no second check: the real context has
    done it, or there is no TLS.
    """

    check_hostname = True

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        self.socket: BufferedSocket | None = None

    def wrap_socket(
        self,
        sock: socket.socket,
        server_hostname: str | None = None,
        *,
        do_handshake_on_connect: bool = True,
    ) -> BufferedSocket:
        """Wrap a connected socket; the caller makes the handshake."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is not None:
            sock = self._context.wrap_socket(
                sock,
                server_hostname=server_hostname,
                do_handshake_on_connect=do_handshake_on_connect,
            )
        self.socket = BufferedSocket(sock)
        return self.socket
