"""What is known of a Sparkplug edge node: its births, its aliases, and where its sequence stands.

Decisions are plain functions of what is known and what came; `ingest.codecs.sparkplug` acts.
"""

import hashlib
from bisect import bisect_right, insort
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from ingest.codecs.heard import SaidBefore
from ingest.codecs.sparkplug_proto import Metric

MAX_METRICS = 20_000
MAX_DEVICES = 2_000
MAX_RECENT = 200  # fewer than the sequence has numbers
MAX_KEPT = 64  # values of one metric, so that a batch read again finds what it found before
SEQ_WRAPS = 256


class Known(NamedTuple):
    """What a birth said about a metric; data may leave it out."""

    name: str
    datatype: int | None
    unit: str


@dataclass(slots=True)
class Births:
    """The metrics that the last birth of a device (or of the node itself) named.

    `changed_at` says when an alias or a name last took on another meaning, None if never. `said`
    has the newest values of each metric since that birth with their instants, None for a null:
    a node sends only what has changed.
    """

    by_alias: dict[int, Known] = field(default_factory=dict)
    by_name: dict[str, Known] = field(default_factory=dict)
    changed_at: datetime | None = None
    said: dict[str, list[tuple[datetime, SaidBefore | None]]] = field(default_factory=dict)

    def note(self, name: str, at: datetime, said: SaidBefore | None) -> None:
        """Keep what was said of a metric that the birth named."""
        if name not in self.by_name:
            return
        kept = self.said.setdefault(name, [])
        if (at, said) not in kept:
            insort(kept, (at, said), key=_instant)
            del kept[:-MAX_KEPT]

    def known_at(self, at: datetime, but: Collection[str]) -> dict[str, SaidBefore]:
        """Give the newest value of every other metric up to an instant, where it has one."""
        found: dict[str, SaidBefore] = {}
        for name, kept in self.said.items():
            place = bisect_right(kept, at, key=_instant)
            if name not in but and place and (said := kept[place - 1][1]) is not None:
                found[name] = said
        return found

    def find(self, metric: Metric) -> Known | None:
        """Give what a metric is, as its birth said; None for an alias that has no name."""
        if metric.name is None:
            return self.by_alias.get(metric.alias) if metric.alias is not None else None
        known = self.by_name.get(metric.name)
        return known or Known(metric.name, metric.datatype, metric.unit)


def _instant(entry: tuple[datetime, SaidBefore | None]) -> datetime:
    return entry[0]


@dataclass(slots=True)
class Node:
    """One edge node. `seq` is that of its newest message, None while it must be born (again).

    `births` is by device, "" for the node's own; `recent` are the newest messages, by a digest, so
    that one that comes twice is no gap.
    """

    seq: int | None = None
    bd_seq: int | None = None
    births: dict[str, Births] = field(default_factory=dict)
    born: set[str] = field(default_factory=set)
    asked_at: datetime | None = None
    recent: "OrderedDict[bytes, None]" = field(default_factory=OrderedDict)

    def is_again(self, kind: str, payload: bytes) -> bool:
        """Tell whether this very message came lately, and note it."""
        digest = hashlib.blake2b(payload, digest_size=16, person=kind.encode()[:16]).digest()
        if digest in self.recent:
            return True
        self.recent[digest] = None
        if len(self.recent) > MAX_RECENT:
            self.recent.popitem(last=False)
        return False

    def forget(self) -> None:
        """Trust nothing before the next birth; names stay, for what lies in quarantine."""
        self.seq = None
        self.born.clear()


def why_gap(node: Node, seq: int | None) -> str | None:
    """Say why a message does not follow the last one; None where it does."""
    if node.seq is None:
        return "no birth of the node is known"
    if seq is None or seq == (node.seq + 1) % SEQ_WRAPS:
        return None
    return f"seq {seq} came after {node.seq}: something in between is lost"


def may_ask(node: Node, now: datetime, every: timedelta) -> bool:
    """Tell whether a rebirth may be asked for again."""
    return node.asked_at is None or not timedelta(0) <= now - node.asked_at < every


def reborn(old: Births | None, metrics: list[Metric], at: datetime) -> Births:
    """Take the metrics of a birth in place of those of the one before."""
    births = Births(changed_at=old.changed_at if old else None)
    for metric in metrics[:MAX_METRICS]:
        if metric.name is None:
            continue
        known = Known(metric.name, metric.datatype, metric.unit)
        births.by_name[metric.name] = known
        if metric.alias is not None:
            births.by_alias[metric.alias] = known
    if old is not None and _is_other(old, births):
        births.changed_at = at
    return births


def _is_other(old: Births, new: Births) -> bool:
    aliases = (new.by_alias.get(alias, known) != known for alias, known in old.by_alias.items())
    names = (new.by_name.get(name, known) != known for name, known in old.by_name.items())
    return any(aliases) or any(names)
