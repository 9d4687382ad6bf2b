"""Plain messages read without paho: what is taken and what is left to it, however it arrives."""

import socket
from collections.abc import Iterator

import pytest

from ingest.mqtt.buffered import BufferedSocket, Packet
from ingest.mqtt.express import puback, read_publish

Ends = tuple[socket.socket, BufferedSocket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    far, near = socket.socketpair()
    near.setblocking(False)
    yield far, BufferedSocket(near)
    far.close()
    near.close()


def packet(head: int, content: bytes) -> bytes:
    """Build a packet of any length (MQTT 3.1.1, section 2.2.3)."""
    length, left = bytearray(), len(content)
    while left > 127:
        length.append(left % 128 | 128)
        left //= 128
    length.append(left)
    return bytes([head]) + length + content


def cut(raw: bytes) -> Packet:
    """Cut one packet with a length of one byte."""
    return Packet(raw[0], raw, 2, len(raw))


def body(topic: bytes, mid: int | None, payload: bytes, properties: bytes = b"") -> bytes:
    number = b"" if mid is None else mid.to_bytes(2, "big")
    return len(topic).to_bytes(2, "big") + topic + number + properties + payload


@pytest.mark.parametrize(
    ("head", "raw", "is_v5", "expected"),
    [
        (0x32, body(b"a/b", 7, b"hello"), False, ("a/b", b"hello", 7)),
        (0x3B, body(b"a/b", 0xFFFF, b""), False, ("a/b", b"", 0xFFFF)),
        (0x30, body(b"a/b", None, b"hello"), False, ("a/b", b"hello", 0)),
        (0x32, body("塔/1".encode(), 7, b"x"), False, ("塔/1", b"x", 7)),
        (0x32, body(b"a/b", 7, b"hello", b"\0"), True, ("a/b", b"hello", 7)),
        (0x30, body(b"a/b", None, b"", b"\0"), True, ("a/b", b"", 0)),
    ],
)
def test_plain_messages_are_read(
    head: int, raw: bytes, is_v5: bool, expected: tuple[str, bytes, int]
) -> None:
    assert read_publish(cut(packet(head, raw)), is_v5=is_v5) == expected


@pytest.mark.parametrize(
    ("head", "raw", "is_v5"),
    [
        pytest.param(0x34, body(b"a/b", 7, b"xyzxyz"), False, id="QoS 2"),
        pytest.param(0x36, body(b"a/b", 7, b"xyzxyz"), False, id="QoS 3"),
        pytest.param(0x62, body(b"a/b", 7, b"xyz"), False, id="not a PUBLISH"),
        pytest.param(0x32, body(b"a/b", 0, b"x"), False, id="packet id 0"),
        pytest.param(0x32, body(b"", 7, b"xyz"), False, id="no topic"),
        pytest.param(0x32, b"\0\3a/b\0", False, id="cut before the end of the packet id"),
        pytest.param(0x32, b"\xff\xffab", False, id="topic longer than the packet"),
        pytest.param(0x32, b"\0", False, id="one byte"),
        pytest.param(0x32, body(b"\xff\xfe", 7, b"x"), False, id="topic is not UTF-8"),
        pytest.param(0x32, body(b"a/b", 7, b"x", b"\2\1\0"), True, id="with properties"),
        pytest.param(0x32, body(b"a/b", 7, b""), True, id="cut before the properties"),
    ],
)
def test_everything_else_is_left_to_paho(head: int, raw: bytes, is_v5: bool) -> None:
    assert read_publish(cut(packet(head, raw)), is_v5=is_v5) is None


def test_an_acknowledgement_is_four_bytes() -> None:
    assert puback(0x1234) == b"\x40\x02\x12\x34"


@pytest.mark.parametrize("piece", [1, 2, 3, 5, 64, 4096])
def test_packets_come_whole_wherever_the_stream_tears(ends: Ends, piece: int) -> None:
    far, near = ends
    bodies = [b"", b"x" * 10, b"y" * 127, b"z" * 128, b"w" * 20_000]
    stream = b"".join(packet(0x30, each) for each in bodies)
    found: list[bytes] = []
    for at in range(0, len(stream), piece):
        far.sendall(stream[at : at + piece])
        while (next_one := near.next_packet()) is not None:
            found.append(next_one.stream[next_one.start : next_one.end])
            near.skip(next_one)
        assert near.drained
    assert found == bodies


def test_what_is_lent_is_one_packet_and_nothing_behind_it(ends: Ends) -> None:
    far, near = ends
    far.sendall(packet(0xD0, b"") + packet(0x30, b"\0\1a"))
    near.lend(near.next_packet())
    assert near.recv(1) + near.recv(100) == b"\xd0\x00"
    with pytest.raises(BlockingIOError):
        near.recv(1)
    behind = near.next_packet()
    assert behind is not None
    assert behind.head == 0x30


def test_an_unfinished_packet_and_the_end_are_lent_when_the_stream_ends(ends: Ends) -> None:
    far, near = ends
    far.sendall(packet(0x30, b"abc")[:-1])
    assert (near.next_packet(), near.drained) == (None, True)
    far.close()
    assert (near.next_packet(), near.drained) == (None, False)
    near.lend(None)
    assert near.recv(100) == b"\x30\x03ab"
    assert near.recv(100) == b""


def test_a_length_of_five_bytes_is_lent_as_it_is(ends: Ends) -> None:
    far, near = ends
    far.sendall(b"\x30\xff\xff\xff\xff\x01")
    assert (near.next_packet(), near.drained) == (None, False)
    near.lend(None)
    assert near.recv(100) == b"\x30\xff\xff\xff\xff\x01"
