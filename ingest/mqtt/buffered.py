"""A socket with userland buffers for paho, which reads byte by byte and writes packet by packet.

paho asks an SSL context for the socket it talks through (`Client.tls_set_context`). `Opener` is
such a context: it wraps the connected TCP socket, with TLS where configured, in a
`BufferedSocket`. One `recv` of the kernel then brings hundreds of packets, which are cut here so
that `link` can read plain messages itself, and the acknowledgements of a whole batch leave in one
`send`.
"""

import socket
import ssl
from contextlib import suppress
from typing import NamedTuple

_CHUNK = 64 * 1024
_MAX_UNSENT = 256 * 1024
_LONGEST_HEAD = 5  # one byte of kind and four of length


class Packet(NamedTuple):
    """A whole packet that is next in the stream: its first byte, and its body in `stream`."""

    head: int
    stream: bytes
    start: int
    end: int


class BufferedSocket:
    """What paho needs of a socket, served from buffers.

    `drained` says that the last look at the kernel found nothing to read: only then may the reader
    wait for the descriptor to become readable. `fault` keeps the last error for a good message.
    """

    def __init__(self, raw: socket.socket) -> None:
        self._raw = raw
        self._chunk = b""
        self._at = 0
        self._later: list[bytes] = []  # what follows the chunk while a packet is not whole
        self._missing = 1  # bytes without which nothing more can be cut
        self._is_over = False
        self._lent_to = 0
        self._unsent = bytearray()
        self.drained = False
        self.fault: OSError | None = None

    def next_packet(self) -> Packet | None:
        """Give the next whole packet without taking it: `skip` it, or `lend` it to paho.

        None when `drained`; otherwise the stream has ended or cannot be cut, and `lend` lets paho
        find out.
        """
        while True:
            if self._missing <= 0:
                packet = self._cut()
                if packet is not None or self._missing <= 0:
                    return packet
            is_more = self._fill()
            if self._missing <= 0 or self._is_over:
                self._join()
            if not is_more:
                return None

    def skip(self, packet: Packet) -> None:
        """Take the packet that was just given."""
        self._pass(packet.end)

    def lend(self, packet: Packet | None) -> None:
        """Let `recv` give this packet and nothing behind it; None lends whatever there is."""
        self._lent_to = len(self._chunk) if packet is None else packet.end

    def _pass(self, at: int) -> None:
        self._at = at
        self._missing = 1 if at == len(self._chunk) else 0

    def _cut(self) -> Packet | None:
        """Cut the packet at the present place, or note how much of it is missing.

        A length of more than four bytes cannot be cut: then nothing is missing.
        """
        chunk, at = self._chunk, self._at
        count = len(chunk)
        length = shift = 0
        for start in range(at + 1, min(count, at + _LONGEST_HEAD)):
            byte = chunk[start]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                end = start + 1 + length
                self._missing = end - count
                return Packet(chunk[at], chunk, start + 1, end) if end <= count else None
        self._missing = 1 if count < at + _LONGEST_HEAD else 0
        return None

    def _join(self) -> None:
        if self._later:
            self._lent_to = 0
            self._chunk = b"".join((self._chunk[self._at :], *self._later))
            self._at = 0
            self._later.clear()

    def recv(self, size: int) -> bytes:
        """Give up to `size` bytes of what was lent; b"" at the end of the stream.

        Raises:
            BlockingIOError: nothing is lent, or nothing of it is left.
            OSError: the connection is broken.
        """
        at = self._at
        if at < self._lent_to:
            end = min(at + size, self._lent_to)
            piece = self._chunk[at:end]
            self._pass(end)
            return piece
        if not self._is_over or at < len(self._chunk):
            raise BlockingIOError
        if self.fault is not None:
            raise self.fault
        return b""

    def _fill(self) -> bool:
        """Look at the kernel once; False when nothing came, because of `drained` or the end."""
        try:
            piece = self._raw.recv(min(max(self._missing, _CHUNK), 16 * _CHUNK))
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            self.drained = True
            return False
        except OSError as fault:
            self.fault = fault
            piece = b""
        self.drained = False
        self._is_over = not piece
        self._missing -= len(piece)
        self._later.append(piece)
        return bool(piece)

    def send(self, packet: bytes | bytearray) -> int:
        """Take a packet; it leaves with the next `flush`.

        Raises:
            BlockingIOError: too much is unsent already.
        """
        if len(self._unsent) > _MAX_UNSENT:
            raise BlockingIOError
        self._unsent += packet
        return len(packet)

    def put(self, packets: bytes | bytearray) -> None:
        """Take whole packets whose number the caller bounds; they leave with the next `flush`."""
        self._unsent += packets

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
