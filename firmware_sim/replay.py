"""Publishes recorded readings from a CSV through MQTT: in order, shuffled or duplicated."""

import asyncio
import csv
import gzip
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from firmware_sim import encode
from firmware_sim.encode import Sample
from firmware_sim.errors import Misuse
from firmware_sim.link import Broker
from firmware_sim.mapping import Mapping, Row, fault_of
from firmware_sim.pump import PATIENCE_S, Parcel, Pumped, pump
from firmware_sim.uplink import Trunk

MAX_ROWS = 5_000_000
IN_FLIGHT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to replay: `speed` None is as fast as the broker takes it."""

    speed: float | None = None
    shuffle_s: float = 0.0
    duplicate: float = 0.0
    batch: int = 1
    seed: int = 1
    since: datetime | None = None
    until: datetime | None = None
    patience_s: float = PATIENCE_S

    def __post_init__(self) -> None:
        if not 0.0 <= self.duplicate <= 1.0:
            raise Misuse([f"--duplicate {self.duplicate}: a share from 0 to 1"])
        if not 1 <= self.batch <= 1000:
            raise Misuse([f"--batch {self.batch}: from 1 to 1000"])
        if self.speed is not None and self.speed <= 0.0:
            raise Misuse([f"--speed {self.speed}: a positive number, or max"])


@dataclass(frozen=True, slots=True)
class Message:
    """Consecutive samples of one device, sent when the last was taken, or later when shuffled."""

    sent_s: float
    device: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did; `distinct` counts samples (a device, point and instant) once."""

    published: int
    acknowledged: int
    distinct: int
    readings: int
    seconds: float


async def replay(
    path: Path, mapping: Mapping, manner: Manner, broker: Broker, stop: asyncio.Event
) -> Replayed:
    """Publish everything of `path`, until `stop`, and wait until the broker has acknowledged it.

    Raises:
        Misuse: the file cannot be read, lacks a column, or the broker refuses us.
        LinkDown: the broker stays away.
    """
    messages = arrange(load_rows(path, mapping), manner)
    pumped = Pumped(patience_s=manner.patience_s)
    trunk = Trunk(broker, f"sim-replay-{mapping.site}", in_flight=IN_FLIGHT)
    await pump(trunk, _parcels(messages, mapping.site, manner.speed), pumped, stop)
    unique = {(m.device, s.point, s.at): len(s.values) for m in messages for s in m.samples}
    return Replayed(
        pumped.published,
        pumped.acknowledged,
        len(unique),
        sum(unique.values()),
        round(pumped.seconds, 3),
    )


def load_rows(path: Path, mapping: Mapping) -> list[Row]:
    """Read a CSV, gzipped or not, and merge the rows of one device, point and instant.

    Raises:
        Misuse: with file and line.
    """
    try:
        with _open(path) as text:
            for _ in range(mapping.skip_lines):
                text.readline()
            return _merge(_read(path, text, mapping))
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise Misuse([f"{path}: cannot be read: {error}"]) from error


def arrange(rows: list[Row], manner: Manner) -> list[Message]:
    """Give the messages in the order in which they are sent."""
    since, until = manner.since, manner.until
    chosen = [r for r in rows if not (since and r.at < since) and not (until and r.at >= until)]
    chosen.sort(key=lambda row: row.at)
    random = Random(manner.seed)
    messages = list(_messages(chosen, manner.batch))
    sent: list[Message] = []
    for message in messages:
        sent.append(_later(message, manner.shuffle_s * random.random()))
        if manner.duplicate and random.random() < manner.duplicate:
            sent.append(_later(message, manner.shuffle_s * random.random()))
    sent.sort(key=lambda message: message.sent_s)
    return sent


def _messages(rows: list[Row], batch: int) -> Iterator[Message]:
    open_: dict[str, list[Sample]] = {}
    counted: dict[str, int] = {}
    for row in rows:
        seq = counted[row.device] = counted.get(row.device, -1) + 1
        samples = open_.setdefault(row.device, [])
        samples.append(Sample(row.at, seq, row.values, row.point))
        if len(samples) >= batch:
            yield _message(row.device, open_.pop(row.device))
    for device, samples in open_.items():
        yield _message(device, samples)


def _message(device: str, samples: list[Sample]) -> Message:
    return Message(samples[-1].at.timestamp(), device, tuple(samples))


def _later(message: Message, delay_s: float) -> Message:
    return Message(message.sent_s + delay_s, message.device, message.samples)


def _parcels(messages: list[Message], site: str, speed: float | None) -> Iterator[Parcel]:
    first_s = messages[0].sent_s if messages else 0.0
    for message in messages:
        due_s = (message.sent_s - first_s) / speed if speed is not None else 0.0
        topic = encode.topic(site, message.device, "telemetry")
        yield Parcel(due_s, topic, encode.telemetry(message.samples))


def _read(path: Path, text: io.TextIOBase, mapping: Mapping) -> Iterator[Row]:
    records = csv.reader(text, delimiter=mapping.delimiter)
    header = [name.strip().lstrip("\ufeff") for name in next(records, [])]
    absent = [name for name in mapping.columns() if name not in header]
    if absent:
        raise Misuse([f"{path}: no column {', '.join(absent)}; it has {', '.join(header)}"])
    read: Callable[[list[str]], Row | None] = mapping.reader(header)
    for count, record in enumerate(records):
        line = records.line_num + mapping.skip_lines
        if count >= MAX_ROWS:
            raise Misuse([f"{path}:{line}: more than {MAX_ROWS} rows; split the file"])
        if not record:
            continue
        try:
            row = read(record)
        except (ValueError, IndexError) as error:
            raise fault_of(error, path, line) from error
        if row is not None:
            yield row


def _merge(rows: Iterator[Row]) -> list[Row]:
    merged: dict[tuple[datetime, str, str], Row] = {}
    for row in rows:
        known = merged.setdefault((row.at, row.device, row.point), row)
        if known is not row:
            known.values.update(row.values)
    return list(merged.values())


def _open(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="")
    return path.open("rt", encoding="utf-8", newline="")
