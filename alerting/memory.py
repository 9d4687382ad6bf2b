"""What the judge must remember over a restart: one blob per device point, versioned MessagePack.

A track whose limits have changed since the blob was written is folded again over the history that
was kept; its past settled episodes are not in the blob's hands but in the journal's.
"""

import logging
from array import array
from zlib import crc32

import msgspec

from alerting.detect.errors import CheckpointError
from alerting.fold import CALM, Forced, State
from alerting.screen import Kept
from alerting.states import States
from alerting.terms import Wanted
from alerting.track import Track
from alerting.watch import Watch

_LOG = logging.getLogger(__name__)
VERSION = 1


class TrackMemory(msgspec.Struct, array_like=True):
    """One track: its base state, levels per reading, runs of equal states, late verdicts."""

    fingerprint: int
    base: State
    raws: bytes
    runs: list[tuple[int, State]]
    forced: list[Forced]


class WatchMemory(msgspec.Struct, array_like=True):
    """One sensor: sorted times, values and flags as raw doubles and bytes, and its tracks."""

    times: bytes
    values: bytes
    flags: bytes
    n_settled: int
    newest_s: float
    tracks: dict[str, TrackMemory]
    detector: bytes | None
    examine_from_s: float
    screen: Kept | None = None  # blobs written before quality tests were made have none
    notes: dict[str, list[tuple[float, float]]] = {}


class PointMemory(msgspec.Struct, array_like=True):
    """One device point: its watches by quantity."""

    version: int
    watches: dict[str, WatchMemory]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(PointMemory)


def fingerprint(track: Track) -> int:
    """Give a number that changes when any limit or count of the track's rule does."""
    rule = track.rule
    numbers = (
        rule.sign,
        *(
            (int(level.severity), way.limits, way.period.from_s, way.period.until_s)
            for level in rule.levels
            for way in level.ways
        ),
        rule.unclear,
        *(measure.terms for measure in rule.measures),
        (rule.n, rule.of, rule.dwell_s, rule.at_once or 0.0),
        (rule.margin, rule.ratio, rule.hold_s, rule.readings, rule.sign_off, rule.flat_s),
        (rule.stale_s, rule.lateness_s),
        (_sorted(rule.wanted), track.filed),
    )
    return crc32(repr(numbers).encode())


def _sorted(wanted: Wanted) -> tuple[object, ...]:
    """Write down what a rule asks of the life cycle in an order that is always the same."""
    levels = [(level, sorted(stages)) for level, stages in wanted.levels]
    return (
        (sorted(wanted.when), wanted.is_for_unknown),
        levels,
        wanted.factors,
        (wanted.baseline_s, wanted.is_coupled),
    )


def dump(watches: dict[str, Watch]) -> bytes:
    """Write the memory of one device point."""
    return _ENCODER.encode(
        PointMemory(VERSION, {quantity: _watch(watch) for quantity, watch in watches.items()})
    )


def load(blob: bytes, watches: dict[str, Watch]) -> str | None:
    """Put a memory back into fresh watches; give a sentence when it could not be used.

    Sensors that are no longer in the registry are left out.
    """
    try:
        memory = _DECODER.decode(blob)
    except msgspec.MsgspecError as error:
        return f"rule state is unreadable ({error}); judging starts afresh here"
    if memory.version != VERSION:
        return f"rule state has version {memory.version}, {VERSION} is known; starting afresh"
    for quantity, kept in memory.watches.items():
        watch = watches.get(quantity)
        if watch is not None:
            _restore(watch, kept)
    return None


def _watch(watch: Watch) -> WatchMemory:
    watch.freeze()
    history = watch.history
    return WatchMemory(
        times=history.times.tobytes(),
        values=history.values.tobytes(),
        flags=bytes(history.flags),
        n_settled=watch.n_settled,
        newest_s=watch.newest_s,
        tracks={track.rule.id: _track(track) for track in watch.tracks},
        detector=watch.detector.dump() if watch.detector is not None else None,
        examine_from_s=watch.examine_from_s if watch.detector is not None else 0.0,
        screen=watch.screen.keep() if watch.screen is not None else None,
        notes=watch.notes,
    )


def _track(track: Track) -> TrackMemory:
    runs: list[tuple[int, State]] = []
    before: State | None = None
    for index, state in enumerate(track.states):
        if state != before:
            runs.append((index, state))
            before = state
    return TrackMemory(fingerprint(track), track.base, bytes(track.raws), runs, track.forced)


def _restore(watch: Watch, kept: WatchMemory) -> None:
    history = watch.history
    history.times = array("d", kept.times)
    history.values = array("d", kept.values)
    history.flags = bytearray(kept.flags)
    history.has_doubtful = True  # looked at again when the oldest are forgotten
    watch.n_settled = kept.n_settled
    watch.notes.update(kept.notes)
    watch.newest_s = kept.newest_s
    if kept.screen is not None:
        watch.restore_screen(kept.screen)
    if watch.detector is not None and kept.detector is not None:
        try:
            watch.detector.load(kept.detector)
        except CheckpointError as error:  # another version: it says not ready until it has learned
            _LOG.warning(
                "detector starts afresh", extra={"sensor": str(watch.key), "why": str(error)}
            )
        else:
            watch.examine_from_s = kept.examine_from_s
    for track in watch.tracks:
        saved = kept.tracks.get(track.rule.id)
        if saved is not None and saved.fingerprint == fingerprint(track):
            _restore_track(track, saved, len(history))
        else:
            track.fold_all()


def _restore_track(track: Track, saved: TrackMemory, count: int) -> None:
    track.base = _shared(saved.base)
    track.raws = bytearray(saved.raws)
    track.forced = saved.forced
    states: States[State] = States(CALM)
    ends = [index for index, _ in saved.runs[1:]] + [count]
    for (index, state), end in zip(saved.runs, ends, strict=False):
        for _ in range(index, end):
            states.append(_shared(state))
    track.states = states
    track.look_back()


def _shared(state: State) -> State:
    """Give the one calm state for any calm one, so that `is CALM` holds after a restart."""
    return CALM if state == CALM else state
