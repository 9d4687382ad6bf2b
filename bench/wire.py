"""The least of MQTT 3.1.1 that the measuring ends need: packets built and cut by hand.

No library stands between the socket and the clock, so that what is measured is the other side. The
broker is on loopback and ours; nothing here reconnects.
"""

import socket

PUBLISH_QOS1 = 0x32
PUBACK = 0x40
SUBACK = 0x90
_LONGEST_HEAD = 5
_CHUNK = 256 * 1024


class WireError(RuntimeError):
    """The broker did not answer as it should."""


def remaining_length(count: int) -> bytes:
    """Encode a packet's length (MQTT 3.1.1, 2.2.3).

    >>> remaining_length(127).hex(), remaining_length(321).hex()
    ('7f', 'c102')
    """
    coded = bytearray()
    while True:
        count, low = divmod(count, 128)
        coded.append(low | 0x80 if count else low)
        if not count:
            return bytes(coded)


def text(value: str) -> bytes:
    """Encode a text with its length before it."""
    raw = value.encode()
    return len(raw).to_bytes(2, "big") + raw


def packet(head: int, body: bytes) -> bytes:
    """Put the fixed header before a body."""
    return bytes((head,)) + remaining_length(len(body)) + body


def publish_parts(topic: str, payload: bytes) -> tuple[bytes, bytes]:
    """Give what stands before and behind the packet id of a QoS 1 PUBLISH."""
    body = text(topic)
    before = bytes((PUBLISH_QOS1,)) + remaining_length(len(body) + 2 + len(payload)) + body
    return before, payload


def connect(port: int, client_id: str, *, keepalive_s: int = 600) -> socket.socket:
    """Connect to the broker on loopback with a clean session, and wait for its yes.

    Raises:
        WireError: it refuses.
    """
    sock = socket.create_connection(("127.0.0.1", port), timeout=10)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    body = text("MQTT") + bytes((4, 0x02)) + keepalive_s.to_bytes(2, "big") + text(client_id)
    sock.sendall(packet(0x10, body))
    if (said := sock.recv(4)) != b"\x20\x02\x00\x00":
        raise WireError(f"the broker answered {said.hex()} to CONNECT")
    return sock


def subscribe(sock: socket.socket, topic_filter: str) -> None:
    """Subscribe at QoS 1, and wait for the answer; to be called before anything else arrives.

    Raises:
        WireError: it refuses.
    """
    sock.sendall(packet(0x82, b"\x00\x01" + text(topic_filter) + b"\x01"))
    if (said := sock.recv(5)) != b"\x90\x03\x00\x01\x01":
        raise WireError(f"the broker answered {said.hex()} to SUBSCRIBE")


class Cutter:
    """Cuts a stream into packets; keeps the unfinished one for the next piece."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._rest = b""

    def cut(self, piece: bytes) -> list[tuple[int, int, int]]:
        """Give (first byte, start of body, end) of every whole packet of `self.stream`."""
        self.stream = stream = self._rest + piece
        found: list[tuple[int, int, int]] = []
        at, count = 0, len(stream)
        while at + 2 <= count:
            length, shift, start = 0, 0, at + 1
            while start < count:
                byte = stream[start]
                length |= (byte & 0x7F) << shift
                shift += 7
                start += 1
                if byte < 0x80:
                    break
            else:
                break
            if start - at > _LONGEST_HEAD or start + length > count:
                break
            found.append((stream[at], start, start + length))
            at = start + length
        self._rest = stream[at:]
        return found


def receive(sock: socket.socket) -> bytes:
    """Read what is there.

    Raises:
        WireError: the broker hung up.
    """
    piece = sock.recv(_CHUNK)
    if not piece:
        raise WireError("the broker closed the connection")
    return piece
