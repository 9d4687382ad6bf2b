"""Sparkplug B: births name the metrics, data may speak in aliases, and a gap is asked about.

Topics are `spBv1.0/{group}/{type}/{node}[/{device}]`, addresses `group/node[/device]`. Data that
cannot be trusted, because no birth is known or a message in between is lost, goes to quarantine
until the node was born again; it is told to, at most once in a while. Only nodes that a site file
names are remembered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import isfinite
from typing import NamedTuple

from ingest.codecs.heard import ForeignSample, ForeignStatus, Heard, Incoming, SaidBefore
from ingest.codecs.instant import from_posix_ms
from ingest.codecs.sample import Fault, named
from ingest.codecs.sparkplug_node import (
    MAX_DEVICES,
    Births,
    Node,
    may_ask,
    reborn,
    why_gap,
)
from ingest.codecs.sparkplug_proto import (
    Metric,
    NotSparkplug,
    Payload,
    decode,
    encode_command,
    number,
)
from ingest.codecs.sparkplug_unit import symbol_of
from ingest.source import Order

MAX_BYTES = 1024 * 1024
NAMESPACE = "spBv1.0"
REBIRTH = "Node Control/Rebirth"
BD_SEQ = "bdSeq"
ASK_EVERY = timedelta(seconds=30)
_MAX_SEQ = 2**63
_OF_NODE = ("NBIRTH", "NDATA", "NDEATH", "NCMD")
_OF_DEVICE = ("DBIRTH", "DDATA", "DDEATH", "DCMD")


class _Place(NamedTuple):
    """Whose message it is, and of what type; `device` is "" for the node's own."""

    kind: str
    group: str
    node: str
    device: str

    @property
    def address(self) -> str:
        own = f"{self.group}/{self.node}"
        return f"{own}/{self.device}" if self.device else own


class Sparkplug:
    """Reads Sparkplug messages, and keeps what must be known to read the next ones."""

    def __init__(self, addresses: Iterable[str], *, ask_every: timedelta = ASK_EVERY) -> None:
        """Take the addresses behind the door `sparkplug`."""
        self._ask_every = ask_every
        self._addresses = frozenset(addresses)
        names = {tuple(each.split("/")[:2]) for each in addresses if "/" in each}
        self._nodes = {(group, node): Node() for group, node in names}

    def read(self, incoming: Incoming) -> Heard:
        """Read one message."""
        place = _place(incoming.levels)
        if isinstance(place, Heard):
            return place
        if isinstance(place, str):
            return Heard(faults=[Fault(place, incoming.payload)])
        try:
            payload = _decoded(incoming.payload)
        except NotSparkplug as fault:
            return Heard(faults=[Fault(f"not a Sparkplug payload: {fault}", incoming.payload)])
        node = self._nodes.get((place.group, place.node))
        if node is None:
            return _of_nobody(place, incoming)
        if incoming.is_replay:
            return self._read_again(node, place, payload, incoming)
        return self._read_new(node, place, payload, incoming)

    def rebirths(self, now: datetime, reason: str) -> list[Order]:
        """Ask every node for its births, after we were away.

        Births that are known are believed as long as the sequence goes on.
        """
        orders: list[Order] = []
        for group, name in sorted(self._nodes):
            node = self._nodes[group, name]
            node.asked_at = None
            orders += self._ask(node, _Place("", group, name, ""), now, reason)
        return orders

    def _read_new(self, node: Node, place: _Place, payload: Payload, incoming: Incoming) -> Heard:
        is_again = node.is_again(place.kind + place.device, incoming.payload)
        is_again &= node.seq is not None or place.kind != "NBIRTH"
        if place.kind in ("NDEATH", "DDEATH"):
            return self._die(node, place, payload, incoming, is_again=is_again)
        if not is_again:
            why = self._follow(node, place, payload, incoming.received_at)
            if why is not None:
                return self._distrust(node, place, incoming, why)
        births = node.births.get(place.device)
        if births is None or place.device not in node.born:
            return self._unborn(node, place, incoming)
        why = _why_nameless(payload.metrics, births)
        if why is not None:
            return self._distrust(node, place, incoming, why)
        heard = _completed(_said(place, payload, incoming, births), payload, births)
        if not place.device and place.address not in self._addresses:
            heard = Heard(ignored="metrics of a node itself that no site file names")
        if not place.kind.endswith("BIRTH"):
            return heard
        at = _at(payload.timestamp_ms)
        status = ForeignStatus(place.address, is_online=True, at=at, detail={"said": place.kind})
        return heard._replace(statuses=[status])

    def _follow(self, node: Node, place: _Place, payload: Payload, now: datetime) -> str | None:
        """Step the sequence and take births; say why the message cannot be trusted."""
        if place.kind == "NBIRTH":
            node.forget()
            node.bd_seq = _bd_seq(payload)
            node.seq = 0 if payload.seq is None else payload.seq
        else:
            why = why_gap(node, payload.seq)
            if why is not None:
                node.forget()
                return why
            node.seq = node.seq if payload.seq is None else payload.seq
        if place.kind.endswith("BIRTH"):
            if place.device not in node.births and len(node.births) > MAX_DEVICES:
                return f"the node has more than {MAX_DEVICES} devices"
            old = node.births.get(place.device)
            node.births[place.device] = reborn(old, payload.metrics, now)
            node.born.add(place.device)
        return None

    def _unborn(self, node: Node, place: _Place, incoming: Incoming) -> Heard:
        """Data of a device whose birth is not known: it matters only if a site file names it."""
        if place.device and place.address not in self._addresses:
            return Heard(ignored="data of a device that no site file names")
        whose = "the node" if node.seq is None else named(place.address)
        return self._distrust(node, place, incoming, f"no birth of {whose} is known")

    def _distrust(self, node: Node, place: _Place, incoming: Incoming, why: str) -> Heard:
        orders = self._ask(node, place, incoming.received_at, why)
        return Heard(faults=[Fault(_untrusted(why), incoming.payload)], orders=orders)

    def _ask(self, node: Node, place: _Place, now: datetime, why: str) -> list[Order]:
        """Tell the node to be born again, unless it was told just now."""
        if not may_ask(node, now, self._ask_every):
            return []
        node.asked_at = now
        command = encode_command(REBIRTH, at_ms=int(now.timestamp() * 1000))
        return [Order(f"{NAMESPACE}/{place.group}/NCMD/{place.node}", command, why)]

    def _die(
        self, node: Node, place: _Place, payload: Payload, incoming: Incoming, *, is_again: bool
    ) -> Heard:
        """Take a death: the node's own says nothing if it is of an earlier connection."""
        orders: list[Order] = []
        if place.kind == "NDEATH":
            said = _bd_seq(payload)
            if node.bd_seq is not None and said is not None and said != node.bd_seq:
                return Heard(ignored="the death of an earlier connection (bdSeq)")
            node.forget()
        elif not is_again:
            why = why_gap(node, payload.seq)
            if why is not None:
                node.forget()
                orders = self._ask(node, place, incoming.received_at, why)
            elif payload.seq is not None:
                node.seq = payload.seq
            node.born.discard(place.device)
        status = ForeignStatus(
            place.address,
            is_online=False,
            at=None if place.kind == "NDEATH" else _at(payload.timestamp_ms),
            detail={"said": place.kind},
            reaches_below=place.kind == "NDEATH",
        )
        return Heard(statuses=[status], orders=orders)

    def _read_again(self, node: Node, place: _Place, payload: Payload, incoming: Incoming) -> Heard:
        """Read what lay in quarantine, by the births that are known now.

        An alias is believed only if none of its device's took on another meaning since.
        """
        if place.kind in ("NDEATH", "DDEATH"):
            return Heard(ignored="a death that came from quarantine")
        if place.kind.endswith("BIRTH"):
            births = reborn(None, payload.metrics, incoming.received_at)
            return _said(place, payload, incoming, births)
        births = node.births.get(place.device, Births())
        changed_at = births.changed_at
        is_older = changed_at is not None and incoming.received_at < changed_at
        is_aliased = any(each.name is None for each in payload.metrics)
        if is_aliased and (is_older or place.device not in node.born):
            why = "its aliases were given anew since" if is_older else "no birth is known"
            return Heard(faults=[Fault(_untrusted(why), incoming.payload)])
        why_not = _why_nameless(payload.metrics, births)
        if why_not is not None:
            return Heard(faults=[Fault(_untrusted(why_not), incoming.payload)])
        return _said(place, payload, incoming, births)


def _place(levels: Sequence[str]) -> _Place | Heard | str:
    """Read a topic; what is of no use here is counted, what cannot be is refused."""
    if "STATE" in levels[:2]:
        return Heard(ignored="the state of a host application")
    if len(levels) not in (4, 5) or levels[0] != NAMESPACE:
        return f"the topic is not {NAMESPACE}/group/type/node[/device]"
    kind = levels[2]
    if kind in ("NCMD", "DCMD"):
        return Heard(ignored="a command to a node or device")
    if kind not in (_OF_NODE if len(levels) == 4 else _OF_DEVICE):
        allowed = ", ".join(_OF_NODE if len(levels) == 4 else _OF_DEVICE)
        return f"'{named(kind)}' is no type of message at this depth of topic; allowed: {allowed}"
    return _Place(kind, levels[1], levels[3], levels[4] if len(levels) == 5 else "")


def _decoded(payload: bytes) -> Payload:
    if len(payload) > MAX_BYTES:
        raise NotSparkplug(f"{len(payload)} bytes; at most {MAX_BYTES} are allowed")
    return decode(payload)


def _untrusted(why: str) -> str:
    return f"{why}; kept until the births are known, then replay it"


def _why_nameless(metrics: Iterable[Metric], births: Births) -> str | None:
    for metric in metrics:
        if births.find(metric) is None:
            return f"the alias {metric.alias} has no name in the last birth"
    return None


def _bd_seq(payload: Payload) -> int | None:
    for metric in payload.metrics:
        if metric.name == BD_SEQ and metric.sent is not None:
            value = number(metric.sent, metric.datatype)
            return int(value) if isfinite(value) else None
    return None


def _at(timestamp_ms: int | None) -> datetime | None:
    return None if timestamp_ms is None else from_posix_ms(timestamp_ms)


def _of_nobody(place: _Place, incoming: Incoming) -> Heard:
    """Let the intake say that no device has this address, and which are near."""
    if place.kind in ("NDEATH", "DDEATH"):
        return Heard(ignored="the death of a node that no site file names")
    return Heard([ForeignSample(place.address, incoming.received_at, {})])


@dataclass(slots=True)
class _Values:
    values: dict[str, float] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)


def _said(place: _Place, payload: Payload, incoming: Incoming, births: Births) -> Heard:
    """Give the values of a message by instant; a null says nothing."""
    found: dict[tuple[datetime | None, int], _Values] = {}
    n_said: dict[tuple[datetime | None, str], int] = {}
    faults: list[Fault] = []
    for metric in payload.metrics:
        known = births.find(metric)
        if known is None or metric.sent is None or _is_housekeeping(known.name):
            continue
        sent_ms = metric.timestamp_ms or payload.timestamp_ms
        at = _at(sent_ms)
        if sent_ms is not None and at is None:
            reason = f"{named(known.name)} is of {sent_ms} ms, which is no instant"
            faults.append(Fault(reason, incoming.payload))
            continue
        nth = n_said.get((at, known.name), 0)  # a name may stand several times for one instant
        n_said[at, known.name] = nth + 1
        said = found.setdefault((at, nth), _Values())
        said.values[known.name] = number(metric.sent, metric.datatype or known.datatype)
        if unit := metric.unit or known.unit:
            said.units[known.name] = symbol_of(unit)
    samples = [
        ForeignSample(
            place.address,
            at or incoming.received_at,
            said.values,
            said.units,
            payload.seq if payload.seq is not None and payload.seq < _MAX_SEQ else None,
            is_reckoned=at is None,
        )
        for (at, _), said in found.items()
    ]
    return Heard(samples, faults)


def _completed(heard: Heard, payload: Payload, births: Births) -> Heard:
    """Note what was said, and give each sample what the device's other metrics said last."""
    for metric in payload.metrics:
        named_so, at = births.find(metric), _at(metric.timestamp_ms or payload.timestamp_ms)
        if metric.sent is None and named_so is not None and at is not None:
            births.note(named_so.name, at, None)
    for sample in heard.samples:
        for name, value in ({} if sample.is_reckoned else sample.values).items():
            said = SaidBefore(sample.taken_at, value, sample.units.get(name, ""))
            births.note(name, sample.taken_at, said)
    samples = [
        sample
        if sample.is_reckoned
        else sample._replace(known=births.known_at(sample.taken_at, sample.values))
        for sample in heard.samples
    ]
    return heard._replace(samples=samples)


def _is_housekeeping(name: str) -> bool:
    return name == BD_SEQ or name.startswith("Node Control/")
