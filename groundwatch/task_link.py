"""Links by which a responder answers one order from the message, for as long as it is open.

    {order}.{language}.{until}.{proof}

As with the links that acknowledge (`groundwatch.ack_link`) everything a link says can be read in
it, the proof says that this program wrote it, and links are kept nowhere. The purpose is part of
the proof, so that neither kind does what the other does. One link serves every answer to its order.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from alerting.model import Notice, NotifyReason

PATH = "/o/"
PURPOSE = "order"
VALID_FOR = timedelta(days=7)
MAX_TOKEN = 200

_PROOF_BYTES = 12
_PART = re.compile(r"[A-Za-z0-9_-]{1,80}")


class OrderTicket(NamedTuple):
    """What a link entitles to: answering this order until then."""

    task_id: str
    language: str
    until: datetime


class DeadLink(NamedTuple):
    """A link that does nothing; of one of ours whose time is over its language is known."""

    language: str = ""


def written(ticket: OrderTicket, key: bytes) -> str:
    """Write a ticket as text for an address."""
    until = str(int(ticket.until.timestamp()) // 60)
    parts = (ticket.task_id, ticket.language, until)
    return ".".join((*parts, _proof(parts, key)))


def read(text: str, key: bytes, now: datetime) -> OrderTicket | DeadLink:
    """Read a ticket; one that is not ours, or over, is dead."""
    *parts, proof = text[: MAX_TOKEN + 1].split(".")
    if len(parts) != 3 or len(text) > MAX_TOKEN or not all(map(_PART.fullmatch, parts)):
        return DeadLink()
    if not hmac.compare_digest(_proof(tuple(parts), key).encode(), proof.encode()):
        return DeadLink()
    task_id, language, until = parts
    ends_at = datetime.fromtimestamp(int(until) * 60, UTC)
    return OrderTicket(task_id, language, ends_at) if now < ends_at else DeadLink(language)


def linker(base_url: str, key: bytes, now: Callable[[], datetime]) -> Callable[[Notice], str]:
    """Give what writes the link of an order's notice; "" for every other and without an address."""

    def link(notice: Notice) -> str:
        if not base_url or notice.reason is not NotifyReason.ORDER:
            return ""
        language = "zh" if notice.recipient.language == "zh" else "en"
        text = written(OrderTicket(notice.task, language, now() + VALID_FOR), key)
        return f"{base_url.rstrip('/')}{PATH}{text}"

    return link


def _proof(parts: tuple[str, ...], key: bytes) -> str:
    said = "\x1f".join((PURPOSE, *parts)).encode()
    digest = hmac.new(key, said, hashlib.sha256).digest()[:_PROOF_BYTES]
    return base64.urlsafe_b64encode(digest).decode()
