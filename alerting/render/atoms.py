"""Where a text may be cut: never in a number, a word or a sign that is written with several.

An atom is a number with what belongs to it (`21.4`, `2026-06-01 14:03`, `+86 000 0000 0101`), a
word in Latin letters, or one sign with its marks. Texts are cut between atoms only; an atom that
does not fit by itself is left out and the cut is shown.
"""

import re
from collections.abc import Callable

ELLIPSIS = "…"

Size = Callable[[str], int]

_MARKS = "\u0300-\u036f\u20d0-\u20ff\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff"
_URL = r"https?://[^\s；;，,]+"
_PLAIN = (
    r"[+\-−±]?\d(?:[\d.,:/+-]|[ ](?=\d))*(?:[ ]?[%‰°]|[ ]?[A-Za-zµ²³/·]+(?![A-Za-z]))?"
    rf"|[A-Za-z_](?:[A-Za-z_0-9-])*"
    rf"|.[{_MARKS}]*(?:(?<=\u200d).[{_MARKS}]*)*"
)
_ATOM = re.compile(rf"{_URL}|{_PLAIN}", re.DOTALL)
_SMALLER = re.compile(_PLAIN, re.DOTALL)


def atoms(text: str) -> list[str]:
    """Give the atoms of a text, which joined are the text.

    >>> atoms("风速21.4 m/s超限")
    ['风', '速', '21.4 m/s', '超', '限']
    """
    return _ATOM.findall(text)


def pieces(atom: str) -> list[str]:
    """Give what an atom that is too long may be cut into: a link at its parts, a word anywhere.

    A number stays whole.
    """
    if atom.startswith(("http://", "https://")):
        return _SMALLER.findall(atom)
    return [atom] if any(sign.isdigit() for sign in atom) else list(atom)


def cut(text: str, limit: int, size: Size = len) -> str:
    """Give as much of a text as fits, with a sign for what was left out.

    >>> cut("limit 20 m/s", 9)
    'limit…'
    """
    if size(text) <= limit:
        return text
    room = limit - size(ELLIPSIS)
    if room < 0:
        return ""
    kept = _fitting(atoms(text), room, size)
    if not kept:  # a long name is better than none
        kept = _fitting(pieces(atoms(text)[0]), room, size)
    return kept.rstrip() + ELLIPSIS


def _fitting(pieces: list[str], room: int, size: Size) -> str:
    kept = ""
    for piece in pieces:
        if size(kept + piece) > room:
            break
        kept += piece
    return kept


def cut_lines(text: str, limit: int, size: Size) -> str:
    """Give as many whole lines as fit; the first is cut where even that one does not.

    The first lines of a notice say what matters most.
    """
    if size(text) <= limit:
        return text
    kept = ""
    for line in text.split("\n"):
        longer = f"{kept}\n{line}" if kept else line
        if size(f"{longer}\n{ELLIPSIS}") > limit:
            break
        kept = longer
    return f"{kept}\n{ELLIPSIS}" if kept else cut(text.split("\n")[0], limit, size)


def utf8_size(text: str) -> int:
    """Give how many bytes a text has in UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def utf16_size(text: str) -> int:
    """Give how many units of 16 bits a text has; a sign beyond them takes two."""
    return sum(2 if ord(sign) > 0xFFFF else 1 for sign in text)
