"""HJ 212 over TCP: which packets are messages, and what the station is told when.

Data that want an answer get 9014 once they are owned. A station that asks for the time (1013) gets
9013 and the order to set its clock (1012). Of a message in several packets each is answered by
itself; one without a time is kept together with the packet that has it, so that it can be read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from hmac import compare_digest
from re import compile as pattern

from ingest.codecs.hj212.frame import WANTS_ANSWER, Packet, scanner
from ingest.codecs.hj212.reader import DOOR, data_time
from ingest.codecs.hj212.reply import answer, clock_order
from ingest.tcp.dialect import Answer, Given, Heard, Refused, heard_in

_CLOCK_WANTED, _NOTICE_TAKEN, _DATA_TAKEN = "1013", "9013", "9014"
_ANSWERS = ("9011", "9012", "9013", "9014")
_STATION = pattern(r"[0-9A-Za-z_.\-]{1,64}")
_MAX_TIMED = 4
_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Hj212Config:
    """How we answer stations. `password` is what PW must be, None for anything."""

    password: str | None = field(default=None, repr=False)


class Hj212Dialect:
    """The stations' side of HJ 212."""

    name = DOOR

    def __init__(self, config: Hj212Config) -> None:
        self._config = config

    def converse(self) -> "Hj212Conversation":
        """Begin with a new connection."""
        return Hj212Conversation(self._config)


class Hj212Conversation:
    """One connection of a station."""

    def __init__(self, config: Hj212Config) -> None:
        self._config = config
        self._scanner = scanner()
        self._timed: dict[tuple[str, str, str], Packet] = {}

    @property
    def is_within(self) -> bool:
        """Tell whether a packet has begun and not ended."""
        return self._scanner.n_pending > 0

    def hear(self, data: bytes, now: datetime) -> Iterator[Heard]:
        """Take bytes and yield what they amount to."""
        pieces = self._scanner.feed(data)
        return heard_in(pieces, lambda piece: self._take(piece, now), _noise)

    def tick(self, now: datetime) -> Iterator[Heard]:
        """Yield nothing: no packet waits for another."""
        del now
        return iter(())

    def _take(self, packet: Packet, now: datetime) -> Iterator[Heard]:
        station = packet.field("MN")
        if not _STATION.fullmatch(station):
            yield Refused(f"a packet without a station's number in MN: {packet.raw[:_SHOWN]!r}")
            return
        if packet.why_damaged:
            reason = f"station {station}: {packet.why_damaged}"
            yield Given(_topic(packet), packet.raw, None, reason)
            return
        wanted = self._config.password
        if wanted is not None and not compare_digest(packet.field("PW").encode(), wanted.encode()):
            yield Refused(f"station {station} sends a password that is not the one set")
            return
        if packet.field("CN") == _CLOCK_WANTED:
            yield Answer(answer(packet, _NOTICE_TAKEN) + clock_order(packet, now))
        elif packet.field("CN") in _ANSWERS:
            yield Answer(b"")
        else:
            yield self._data(packet)

    def _data(self, packet: Packet) -> Heard:
        """Give a packet of data; one without a time goes with the one before it that has it."""
        if packet.split is None:
            return _given([packet])
        key = (packet.field("MN"), packet.field("CN"), packet.field("QN"))
        if data_time(packet.content) is not None:
            self._timed.pop(key, None)
            if len(self._timed) >= _MAX_TIMED:
                del self._timed[next(iter(self._timed))]
            self._timed[key] = packet
            return _given([packet])
        timed = self._timed.get(key)
        if timed is None:
            total, number = packet.split
            said = f"packet {number} of {total} has no DataTime, nor had one before it"
            return Refused(f"station {key[0]}: {said}")
        return _given([timed, packet])


def _given(packets: list[Packet]) -> Given:
    last = packets[-1]
    confirm = partial(_confirmed, last) if last.flag & WANTS_ANSWER else None
    return Given(_topic(last), b"".join(packet.raw for packet in packets), confirm)


def _confirmed(packet: Packet, now: datetime) -> bytes:
    del now  # an answer carries the QN of what it answers
    return answer(packet, _DATA_TAKEN)


def _topic(packet: Packet) -> str:
    return f"{DOOR}/{packet.field('MN')}"


def _noise(noise: bytes) -> Refused:
    return Refused(f"{len(noise)} bytes that are no packet of HJ 212: {noise[:_SHOWN]!r}")
