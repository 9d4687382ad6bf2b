"""What people answer to a message: whether it means "received", and about which alert."""

import re
import unicodedata
from dataclasses import dataclass

from alerting.route import Person

MAX_TEXT = 500
YES = frozenset(
    {"1", "ok", "ack", "yes", "y", "收到", "已收到", "确认", "已确认", "知道了", "明白"}
)
_ENDS = " \t\r\n.。!！,，;；"
_REFERENCE = re.compile(r"#?([a-z2-7]{4,12})")
_LEAST_DIGITS = 7
_COMPARED_DIGITS = 11


@dataclass(frozen=True, slots=True)
class Reply:
    """ "Received", about the alert whose id begins with `reference` (any, when empty)."""

    reference: str = ""


def understood(text: str) -> Reply | None:
    """Read an answer; None when it does not plainly say "received".

    >>> understood(" 收到！ "), understood("ACK bcdf23"), understood("not me")
    (Reply(reference=''), Reply(reference='bcdf23'), None)
    """
    plain = unicodedata.normalize("NFKC", text[:MAX_TEXT]).casefold().strip(_ENDS)
    word, _, rest = plain.partition(" ")
    if word.strip(_ENDS) not in YES:
        return None
    rest = rest.strip(_ENDS)
    found = _REFERENCE.fullmatch(rest)
    if rest and found is None:
        return None
    return Reply(found[1] if found else "")


def is_from(person: Person, sender: str) -> bool:
    """Say whether a person is reached at the address an answer came from.

    Telephone numbers are compared by their last eleven digits, whatever stands before them.

    >>> is_same_address("+86 000 0000 0125", "00000000125")
    True
    >>> is_same_address("http://a/1", "http://a/1?x")
    False
    """
    return any(is_same_address(road.address, sender) for road in person.roads if road.address)


def masked(sender: str) -> str:
    """Give an address as logs may show it.

    >>> masked("+86 138 0000 0125")
    '…25'
    """
    return f"…{sender.strip()[-2:]}" if len(sender.strip()) > 4 else "…"


def is_same_address(address: str, sender: str) -> bool:
    """Say whether two addresses are the same one; telephone numbers by their last digits."""
    ours, theirs = _digits(address), _digits(sender)
    if ours and theirs:
        return ours == theirs
    return address.strip().casefold() == sender.strip().casefold()


def _digits(text: str) -> str:
    """Give the digits of a telephone number that tell it apart; "" for what is none."""
    if not re.fullmatch(r"[+0-9() \-]+", text.strip()):
        return ""
    digits = re.sub(r"\D", "", text)
    return digits[-_COMPARED_DIGITS:] if len(digits) >= _LEAST_DIGITS else ""
