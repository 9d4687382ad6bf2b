"""Messages to trusted reports: decode, find the sensors, calibrate, judge, and drop duplicates.

Everything a topic needs (codec, device, sensors, clock rule) is looked up once and kept, so that a
message costs its decoding, one multiplication and two comparisons per value, and little else. Each
thing that cannot be used becomes an `Undecodable` with a sentence; nothing is lost silently.
"""

import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from ingest.codecs import status
from ingest.codecs.heard import ForeignSample, Heard, Incoming
from ingest.codecs.sample import Codec, Sample, meant, named, shown
from ingest.codecs.table import LANES, AnyLane, ForeignLane, lane_of
from ingest.foreign import devices_of, known_of, translated, why_no_device, why_unnamed
from ingest.memory import DEFAULT_WINDOW
from ingest.source import Decoded, DeviceStatus, RawMessage, Undecodable
from ingest.taking import MAX_NAMED, Desk, IntakeCounts, Taking, Turn, keep, point_of
from ingest.unlisted import Unlisted
from sensors.model import Report
from sensors.registry import Device, Registry

log = logging.getLogger(__name__)

_MAX_REJECTS_PER_MESSAGE = 50
_STATUS = "/status"
# What a fault in a codec or in here could raise on some message that nobody thought of.
_UNFORESEEN = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    msgspec.MsgspecError,
)


class _ForeignDesk(NamedTuple):
    """What is known of a topic behind a foreign door; its devices are known per message."""

    lane: ForeignLane
    levels: Sequence[str]


class Intake:
    """Decodes batches against a registry; `remember` tells it what has become owned.

    Values that were remembered for the same sensor and instant are duplicates and dropped; other
    values for them are refused. Remember reports only once they are owned: what was decoded and
    then not owned must come through again when the broker sends it again.
    """

    def __init__(
        self, registry: Registry, *, lanes: Sequence[AnyLane] = LANES, window: int = DEFAULT_WINDOW
    ) -> None:
        self.counts = IntakeCounts()
        self._registry = registry
        self._lanes = lanes
        self._desks: dict[str, Desk | _ForeignDesk] = {}
        self._refusals: dict[str, str] = {}
        self.unlisted = Unlisted()
        self._taking = Taking(self.counts, self.unlisted)
        self._strangers: dict[tuple[str, str], str] = {}
        self._unnamed: dict[tuple[str, str, tuple[str, ...]], str] = {}
        self._points = {
            (device.site, device.id): {
                point: point_of(device, sensors.values(), window)
                for point, sensors in device.points.items()
            }
            for device in registry.devices()
        }

    def decode(self, batch: Sequence[RawMessage], *, is_replay: bool = False) -> Decoded:
        """Turn messages into reports to own, rejects for quarantine, and device statuses.

        `is_replay` is for what comes from quarantine and says nothing about its sender now.
        """
        turn = Turn(is_replay=is_replay)
        for message in batch:
            try:
                self._take(turn, message)
            except _UNFORESEEN as fault:
                self._refuse_unforeseen(turn, message, fault)
        counts = self.counts
        counts.messages += len(batch)
        counts.reports += len(turn.reports)
        counts.rejects += len(turn.rejects)
        counts.statuses += len(turn.decoded.statuses)
        return turn.decoded

    def remember(self, reports: Iterable[Report]) -> None:
        """Note reports that are owned: those just written, or after a start the newest ones."""
        for report in reports:
            points = self._points.get((report.site, report.device))
            point = points.get(report.point) if points else None
            if point is not None:
                point.memory.remember(report.taken_at.timestamp(), report.values)

    # Topics

    def _desk(self, topic: str) -> Desk | _ForeignDesk | str:
        """Look a topic up, or say why it cannot be used; both answers are kept."""
        known = self._refusals.get(topic)
        if known is not None:
            return known
        desk = self._look_up(topic)
        if isinstance(desk, str):
            keep(self._refusals, topic, desk)
        else:
            keep(self._desks, topic, desk)
        return desk

    def _look_up(self, topic: str) -> Desk | _ForeignDesk | str:
        found = lane_of(topic, self._lanes)
        if found is None:
            return f"no codec is set for the topic {named(topic)}; see docs/wire-format.md"
        lane, levels = found
        if isinstance(lane, ForeignLane):
            return _ForeignDesk(lane, levels)
        address = lane.address(levels)
        site = self._registry.sites.get(address.site)
        if site is None:
            hint = meant(address.site, self._registry.sites)
            return f"the site '{named(address.site)}' is not in the site files{hint}"
        device = self._registry.device(address.site, address.device)
        if device is None:
            hint = meant(address.device, [each.id for each in site.devices])
            return f"site '{site.id}' has no device '{named(address.device)}'{hint}"
        return self._desk_of(device, lane.codec)

    def _desk_of(self, device: Device, codec: Codec | None = None) -> Desk:
        clock = self._registry.sites[device.site].clock
        return Desk(codec, device, clock, self._points[(device.site, device.id)])

    # Messages

    def _take(self, turn: Turn, message: RawMessage) -> None:
        desk = self._desks.get(message.topic) or self._desk(message.topic)
        if isinstance(desk, str):
            self._refuse_sender(turn, message, desk)
        elif isinstance(desk, _ForeignDesk):
            self._take_foreign(turn, message, desk)
        elif desk.codec is None:
            self._take_status(turn, message, desk.device)
        else:
            self._take_readings(turn, message, desk, desk.codec)

    def _refuse_sender(self, turn: Turn, message: RawMessage, reason: str) -> None:
        """Put aside what nobody listed; a status that a broker retains is no sign of a sender."""
        if not turn.is_replay and not message.topic.endswith(_STATUS):
            self.unlisted.hear(message.topic, reason)
        self._reject(turn, message, message.payload, reason)

    def _refuse_unforeseen(self, turn: Turn, message: RawMessage, fault: Exception) -> None:
        """Put a message aside that our own code stumbled over; the others must not wait for it."""
        self.counts.unforeseen += 1
        desk = self._desks.get(message.topic)
        lane = desk.lane if isinstance(desk, _ForeignDesk) else None
        reason = f"could not be read: {type(fault).__name__}: {shown(str(fault))}"
        if self.counts.unforeseen.bit_count() == 1:  # the 1st, 2nd, 4th, 8th, …
            # What a foreign sender wrote about people must not reach the log.
            told, trace = (reason, fault) if lane is None else (type(fault).__name__, None)
            log.error("%s on %s", told, named(message.topic), exc_info=trace)
        if lane is None:
            self._reject(turn, message, message.payload, reason)
        else:
            self._reject_safely(turn, message, lane, [(message.payload, reason)])

    def _take_status(self, turn: Turn, message: RawMessage, device: Device) -> None:
        said = status.decode(message.payload)
        if isinstance(said, str):
            self._reject(turn, message, message.payload, said)
            return
        turn.decoded.statuses.append(
            DeviceStatus(
                device.site, device.id, said.is_online, said.at, message.received_at, said.detail
            )
        )

    def _take_readings(self, turn: Turn, message: RawMessage, desk: Desk, codec: Codec) -> None:
        samples, faults = codec.decode(message.payload)
        refused = self._taking.take(turn, message, desk, samples)
        if refused or faults:
            rejected = [(fault.payload, fault.reason) for fault in faults]
            if refused:
                parts = codec.parts(message.payload)
                rejected += [(parts[part], reason) for part, reason in refused]
            self._reject_all(turn, message, rejected)

    # Foreign doors

    def _take_foreign(self, turn: Turn, message: RawMessage, desk: _ForeignDesk) -> None:
        lane = desk.lane
        heard = lane.read(
            Incoming(desk.levels, message.payload, message.received_at, turn.is_replay)
        )
        refused = self._take_heard(turn, message, lane, heard)
        rejected = [(fault.payload, fault.reason) for fault in heard.faults]
        reasons: dict[int, list[str]] = {}
        for part, reason in refused:
            reasons.setdefault(part, []).append(reason)
        for part, told in reasons.items():
            payload = heard.parts[part] if heard.parts else message.payload
            rejected.append((payload, _some(told)))
        self._reject_safely(turn, message, lane, rejected)
        for said in heard.statuses:
            for device in devices_of(self._registry, lane.door, said):
                detail = dict(said.detail)
                turn.decoded.statuses.append(
                    DeviceStatus(
                        device.site,
                        device.id,
                        said.is_online,
                        said.at,
                        message.received_at,
                        detail,
                    )
                )
        turn.decoded.orders += heard.orders
        turn.decoded.replies += heard.replies
        if heard.ignored:
            ignored, key = self.counts.ignored, (lane.door, heard.ignored)
            ignored[key] = ignored.get(key, 0) + 1

    def _take_heard(
        self, turn: Turn, message: RawMessage, lane: ForeignLane, heard: Heard
    ) -> list[tuple[int, str]]:
        """Take the samples of a message device by device, in the order they are in."""
        refused: list[tuple[int, str]] = []
        found: dict[str, tuple[Desk, list[Sample]]] = {}
        for sample in heard.samples:
            device = self._registry.addressed(lane.door, sample.address)
            if device is None:
                reason = self._why_stranger(lane.door, sample.address)
                if not turn.is_replay:
                    self.unlisted.hear(f"{lane.door}:{sample.address}", reason)
                refused.append((sample.part, reason))
                continue
            desk, samples = found.setdefault(sample.address, (self._desk_of(device), []))
            said = translated(device, sample)
            refused += [(sample.part, reason) for reason in said.faults]
            unnamed = self._note_unnamed(lane, device, sample, said.unnamed)
            if unnamed and not turn.is_replay:
                self.unlisted.hear(f"{device.site}/{device.id}", unnamed[0][1])
            refused += unnamed
            for point, values in said.points.items():
                flags = said.flags.get(point)
                known = known_of(device, sample, point) if sample.known else None
                made = Sample(sample.taken_at, sample.seq, point, values, sample.part, flags, known)
                if sample.is_reckoned:
                    refused += self._taking.take_reckoned(turn, message, desk, made)
                else:
                    samples.append(made)
        for desk, samples in found.values():
            refused += self._taking.take(turn, message, desk, samples)
        return refused

    def _why_stranger(self, door: str, address: str) -> str:
        """Say that nobody has an address; looking for near ones among many is done once."""
        reason = self._strangers.get((door, address))
        if reason is None:
            reason = why_no_device(self._registry, door, address)
            keep(self._strangers, (door, address), reason)
        return reason

    def _note_unnamed(
        self, lane: ForeignLane, device: Device, sample: ForeignSample, unnamed: list[str]
    ) -> list[tuple[int, str]]:
        """Refuse names without a sensor, or count them where the sender says much besides."""
        if not unnamed:
            return []
        key = (device.site, device.id, tuple(unnamed))
        reason = self._unnamed.get(key)
        if reason is None:
            reason = why_unnamed(device, unnamed)
            keep(self._unnamed, key, reason)
            if lane.is_selective:
                log.info("not asked for and left out: %s", reason)
        if lane.is_selective:
            self.counts.unnamed += len(unnamed)
            return []
        return [(sample.part, reason)]

    # Rejects

    def _reject_all(
        self, turn: Turn, message: RawMessage, rejected: list[tuple[bytes, str]]
    ) -> None:
        if len(rejected) > _MAX_REJECTS_PER_MESSAGE:
            reason = f"{len(rejected)} parts are refused, the first because: {rejected[0][1]}"
            rejected = [(message.payload, reason)]
        for payload, reason in rejected:
            self._reject(turn, message, payload, reason)

    def _reject_safely(
        self,
        turn: Turn,
        message: RawMessage,
        lane: ForeignLane,
        rejected: list[tuple[bytes, str]],
    ) -> None:
        """Reject what a foreign sender said, without what must not be kept in clear."""
        copy, text = lane.cleaning
        safe = [(copy(payload), text(reason)) for payload, reason in rejected]
        if len(safe) > _MAX_REJECTS_PER_MESSAGE:
            reason = f"{len(safe)} parts are refused, the first because: {safe[0][1]}"
            safe = [(copy(message.payload), reason)]
        for payload, reason in safe:
            self._reject(turn, message, payload, reason)

    def _reject(self, turn: Turn, message: RawMessage, payload: bytes, reason: str) -> None:
        turn.rejects.append(Undecodable(message.topic, payload, message.received_at, reason))


def _some(reasons: Sequence[str]) -> str:
    more = f"; and {len(reasons) - MAX_NAMED} more" if len(reasons) > MAX_NAMED else ""
    return "; ".join(reasons[:MAX_NAMED]) + more
