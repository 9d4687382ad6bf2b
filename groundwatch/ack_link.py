"""Links by which one person acknowledges one alert from a message, once and for a while.

    {subject}.{person}.{ordinal}.{until}.{proof}

Everything a link says can be read in it; the proof (HMAC-SHA256, cut to 96 bits) says that this
program wrote it. `ordinal` is the step of the alert's life the message was about: whoever was told
of yellow has not acknowledged red. Links are made when a message leaves and are kept nowhere.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from alerting.model import Notice

PATH = "/a/"
PURPOSE = "ack"
VALID_FOR = timedelta(hours=24)
MAX_TOKEN = 300

_PROOF_BYTES = 12
_PART = re.compile(r"[A-Za-z0-9_-]{1,120}")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a link entitles to: this person, to acknowledge an alert as of a step of its life.

    `subject` is the alert, or the notice where several alerts travelled in one.
    """

    subject: str
    person_id: str
    ordinal: int
    until: datetime


class WhyNot(StrEnum):
    """Why a link does nothing."""

    WRONG = "wrong"
    EXPIRED = "expired"
    USED = "used"
    RISEN = "risen"
    OVER = "over"
    NOT_YOURS = "not_yours"


def written(ticket: Ticket, key: bytes) -> str | None:
    """Write a ticket as text for an address; None when an id has signs no address may have."""
    until = _base36(int(ticket.until.timestamp()) // 60)
    parts = (ticket.subject, ticket.person_id, str(ticket.ordinal), until)
    if not all(_PART.fullmatch(part) for part in parts):
        return None
    return ".".join((*parts, _proof(parts, key)))


def read(text: str, key: bytes, now: datetime) -> Ticket | WhyNot:
    """Read a ticket; whoever did not get it from this program has none."""
    *parts, proof = text[: MAX_TOKEN + 1].split(".")
    if len(parts) != 4 or len(text) > MAX_TOKEN or not all(_PART.fullmatch(p) for p in parts):
        return WhyNot.WRONG
    if not hmac.compare_digest(_proof(tuple(parts), key).encode(), proof.encode()):
        return WhyNot.WRONG
    subject, person_id, ordinal, until = parts
    ticket = Ticket(
        subject=subject,
        person_id=person_id,
        ordinal=int(ordinal),
        until=datetime.fromtimestamp(int(until, 36) * 60, UTC),
    )
    return WhyNot.EXPIRED if now >= ticket.until else ticket


def linker(base_url: str, key: bytes, now: Callable[[], datetime]) -> Callable[[Notice], str]:
    """Give what writes the link of a notice; "" for what nobody acknowledges or has no address."""

    def link(notice: Notice) -> str:
        if not base_url or not notice.asks:
            return ""
        ticket = Ticket(
            subject=notice.subject,
            person_id=notice.recipient.id,
            ordinal=notice.transition.ordinal,
            until=now() + VALID_FOR,
        )
        text = written(ticket, key)
        return "" if text is None else f"{base_url.rstrip('/')}{PATH}{text}"

    return link


def fingerprint(text: str) -> str:
    """Give what is kept of a link that was used: it cannot be used again, nor by who reads this."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _proof(parts: tuple[str, ...], key: bytes) -> str:
    said = "\x1f".join((PURPOSE, *parts)).encode()
    digest = hmac.new(key, said, hashlib.sha256).digest()[:_PROOF_BYTES]
    return base64.urlsafe_b64encode(digest).decode()


def _base36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
