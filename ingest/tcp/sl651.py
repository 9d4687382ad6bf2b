"""SL 651 over TCP: which frames are messages, and what the station is told when.

A report is confirmed once it is owned; keep-alives are not answered. Packets of one message are
gathered, asked for again when they do not come, and confirmed together.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from hmac import compare_digest

from ingest.codecs.sl651.body import serial_of
from ingest.codecs.sl651.frame import KEEP_ALIVE, MORE, Frame, Packet, scanner
from ingest.codecs.sl651.reader import DOOR
from ingest.codecs.sl651.reply import AGAIN, GO_ON, OVER, STAY, Downlink, downlink
from ingest.tcp.dialect import Answer, Given, Heard, Refused, heard_in

_MAX_GATHERED = 4
_SHOWN = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Sl651Config:
    """How we answer stations. `password` is its two bytes as four hexadecimal digits, None for any.

    Packets that do not come within `packet_s` are asked for again, `max_asked` times. A message has
    at most `max_message_bytes` in all its packets.
    """

    password: str | None = field(default=None, repr=False)
    stay_online: bool = True
    packet_s: float = 15.0
    max_asked: int = 3
    max_message_bytes: int = 1024 * 1024

    @property
    def end(self) -> int:
        """Give the end byte behind the last report of a session."""
        return STAY if self.stay_online else OVER


class Sl651Dialect:
    """The stations' side of SL 651."""

    name = DOOR

    def __init__(self, config: Sl651Config) -> None:
        self._config = config

    def converse(self) -> "Sl651Conversation":
        """Begin with a new connection."""
        return Sl651Conversation(self._config)


@dataclass(slots=True)
class _Gathering:
    """The packets of one message that have come so far, by index."""

    total: int
    heard_at: datetime
    packets: dict[int, Frame] = field(default_factory=dict)
    n_bytes: int = 0
    n_asked: int = 0

    @property
    def missing(self) -> list[int]:
        """List the packets that have not come."""
        return [index for index in range(1, self.total + 1) if index not in self.packets]


class Sl651Conversation:
    """One connection of a station."""

    def __init__(self, config: Sl651Config) -> None:
        self._config = config
        self._scanner = scanner()
        self._gathered: dict[tuple[str, int], _Gathering] = {}

    @property
    def is_within(self) -> bool:
        """Tell whether a frame has begun and not ended."""
        return self._scanner.n_pending > 0

    def hear(self, data: bytes, now: datetime) -> Iterator[Heard]:
        """Take bytes and yield what they amount to."""
        pieces = self._scanner.feed(data)
        return heard_in(pieces, lambda piece: self._take(piece, now), _noise)

    def tick(self, now: datetime) -> Iterator[Heard]:
        """Ask again for packets that did not come, and give messages up that never will."""
        patience = timedelta(seconds=self._config.packet_s)
        for key, gathering in list(self._gathered.items()):
            if now - gathering.heard_at < patience:
                continue
            gathering.heard_at = now
            yield self._ask(key, gathering, now)

    def _take(self, frame: Frame, now: datetime) -> Iterator[Heard]:
        wanted = self._config.password
        damage = frame.why_damaged
        if damage is None and wanted and not compare_digest(frame.password.hex(), wanted.lower()):
            yield Refused(f"station {frame.station} sends a password that is not the one set")
            return
        if frame.packet is not None:
            yield from self._gather(frame, frame.packet, damage, now)
        elif damage is not None:
            reason = f"station {frame.station}: {damage}"
            yield Given(_topic(frame), frame.raw, None, reason)
        elif frame.function == KEEP_ALIVE:
            yield Given(_topic(frame), frame.raw, None)
        else:
            end = GO_ON if frame.end == MORE else self._config.end
            said = Downlink(serial_of(frame.body), end)
            yield Given(_topic(frame), frame.raw, partial(downlink, frame, said))

    # Packets

    def _gather(
        self, frame: Frame, packet: Packet, damage: str | None, now: datetime
    ) -> Iterator[Heard]:
        if not 1 <= packet.number <= packet.total:
            yield Refused(f"station {frame.station}: packet {packet.number} of {packet.total}")
            return
        if damage is not None:
            yield Refused(f"station {frame.station}, packet {packet.number}: {damage}")
            yield Answer(downlink(frame, Downlink(0, AGAIN, packet), now))
            return
        key = (frame.station, frame.function)
        gathering = self._gathered.get(key)
        if gathering is None or gathering.total != packet.total:
            if key not in self._gathered and len(self._gathered) >= _MAX_GATHERED:
                yield Refused(f"station {frame.station}: {_MAX_GATHERED} messages are unfinished")
                return
            gathering = self._gathered[key] = _Gathering(packet.total, now)
        yield from self._put(key, gathering, frame, now)

    def _put(
        self, key: tuple[str, int], gathering: _Gathering, frame: Frame, now: datetime
    ) -> Iterator[Heard]:
        assert frame.packet is not None  # noqa: S101 - only packets come here
        known = gathering.packets.get(frame.packet.number)
        gathering.n_bytes += len(frame.raw) - (len(known.raw) if known else 0)
        gathering.packets[frame.packet.number] = frame
        gathering.heard_at = now
        if gathering.n_bytes > self._config.max_message_bytes:
            del self._gathered[key]
            most = self._config.max_message_bytes
            yield Refused(f"station {frame.station}: a message of more than {most} bytes")
        elif len(gathering.packets) == gathering.total:
            del self._gathered[key]
            yield self._whole(gathering)
        elif frame.packet.number == gathering.total:
            yield self._ask(key, gathering, now)

    def _whole(self, gathering: _Gathering) -> Given:
        frames = [gathering.packets[index] for index in range(1, gathering.total + 1)]
        first = frames[0]
        said = Downlink(serial_of(first.body), GO_ON, Packet(gathering.total, gathering.total))
        payload = b"".join(frame.raw for frame in frames)
        return Given(_topic(first), payload, partial(downlink, first, said))

    def _ask(self, key: tuple[str, int], gathering: _Gathering, now: datetime) -> Heard:
        """Ask for the first packet that is missing, or give the message up."""
        missing = gathering.missing
        if gathering.n_asked >= self._config.max_asked * gathering.total:
            del self._gathered[key]
            said = f"{len(missing)} of {gathering.total} packets never came"
            return Refused(f"station {key[0]}: {said}")
        gathering.n_asked += 1
        frame = next(iter(gathering.packets.values()))
        again = Packet(gathering.total, missing[0])
        return Answer(downlink(frame, Downlink(serial_of(frame.body), AGAIN, again), now))


def _topic(frame: Frame) -> str:
    return f"{DOOR}/{frame.station}"


def _noise(noise: bytes) -> Refused:
    shown = noise[:_SHOWN].hex().upper() + ("…" if len(noise) > _SHOWN else "")
    return Refused(f"{len(noise)} bytes that are no frame of SL 651: {shown}")
