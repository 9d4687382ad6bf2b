"""What a codec of a foreign format gives: samples by the address and names the sender uses.

The native format says in its topic whose message it is and speaks in our quantities. Behind a
foreign door (`sensors.door`) topic or payload say it, one message may speak for several devices,
some senders state their units, and some formats can only be read by what was said before. A codec
of such a format is one function from `Incoming` to `Heard`, or a bound method where it must
remember; what it remembers is bounded. `ingest.foreign` finds devices and sensors.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from ingest.codecs.sample import Fault
from ingest.source import CommandReply, Order
from sensors.model import Qc

NOTHING_SAID: Mapping[str, str] = MappingProxyType({})
NOTHING_FLAGGED: Mapping[str, Qc] = MappingProxyType({})
NOTHING_KNOWN: Mapping[str, "SaidBefore"] = MappingProxyType({})


class Incoming(NamedTuple):
    """A message as a codec sees it: the topic's levels, the bytes, and when they arrived.

    `is_replay` is true for what comes from quarantine: it says nothing about how its sender is now.
    """

    levels: Sequence[str]
    payload: bytes
    received_at: datetime
    is_replay: bool = False


class SaidBefore(NamedTuple):
    """A value said at an earlier instant; `unit` is a symbol, "" where the sender states none."""

    at: datetime
    value: float
    unit: str


class ForeignSample(NamedTuple):
    """What a device says it measured at one instant; `address` and names are the sender's.

    `units` holds symbols of `sensors.units` for the names whose unit the sender states itself,
    `flags` what the sender's own quality flag makes of a name's value: it is never better than
    that. `part` says which of `Heard.parts` it came from. Where the sender gives no instant of its
    own, `taken_at` is reckoned from arrival and `is_reckoned`: such a value is suspect at best.
    `known` is what a sender that sends only changes said before: no reading of now, but what a
    value that needs several is computed from.
    """

    address: str
    taken_at: datetime
    values: Mapping[str, float]
    units: Mapping[str, str] = NOTHING_SAID
    seq: int | None = None
    part: int = 0
    is_reckoned: bool = False
    flags: Mapping[str, Qc] = NOTHING_FLAGGED
    known: Mapping[str, "SaidBefore"] = NOTHING_KNOWN


class ForeignStatus(NamedTuple):
    """What is said about a device being there; `at` is None where nobody could know.

    With `reaches_below` it holds for every device whose address continues this one after a `/` as
    well, and for all behind the door where the address is empty.
    """

    address: str
    is_online: bool
    at: datetime | None
    detail: Mapping[str, str] = NOTHING_SAID
    reaches_below: bool = False


class Heard(NamedTuple):
    """Everything one message said.

    `parts` are the pieces that can go to quarantine one by one, each a whole message for the same
    topic; without them it is the message as a whole. `ignored` is the reason why a message that is
    well understood says nothing to us; it is counted by that reason. `orders` are what the sender
    must be told, `replies` what devices answered to commands.
    """

    samples: Sequence[ForeignSample] = ()
    faults: Sequence[Fault] = ()
    statuses: Sequence[ForeignStatus] = ()
    orders: Sequence[Order] = ()
    replies: Sequence[CommandReply] = ()
    parts: Sequence[bytes] = ()
    ignored: str = ""


Read = Callable[[Incoming], Heard]
"""Reads one message and never raises.

The same message may come again (sent twice, or decoded again because it could not be owned), and
must then say the same again.
"""


class Cleaning(NamedTuple):
    """What may be kept of a payload in quarantine, and of a sentence about it: here, all.

    Both must take anything, never raise, and leave their own results as they are.
    """

    copy: Callable[[bytes], bytes] = bytes
    text: Callable[[str], str] = str
