"""The alphabet of short messages (GSM 03.38), and how long a text is in it.

A message in this alphabet has 160 signs, one of several parts 153; any sign outside it turns the
whole message into UCS-2 with 70 and 67.
"""

from alerting.render.atoms import Size, atoms, pieces, utf16_size

# In the order of their codes; the escape to the extension stands at 0x1B.
_CODES = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPE = "\x1b"
_BASIC = frozenset(_CODES) - {_ESCAPE}
_EXTENDED = {
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
    "\f": 0x0A,
}
_PLAIN = str.maketrans(
    {
        "²": "2",
        "³": "3",
        "·": "*",
        "×": "x",
        "µ": "u",
        "°": " deg",
        "‰": " permille",
        "–": "-",
        "—": "-",
        "−": "-",
        "…": "...",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "≥": ">=",
        "≤": "<=",
        "±": "+-",
        "→": "->",
        "℃": "degC",
        "\u00a0": " ",
        "\u202f": " ",
    }
)


def is_gsm(text: str) -> bool:
    """Say whether every sign of a text is in the alphabet."""
    return all(sign in _BASIC or sign in _EXTENDED for sign in text)


def plain(text: str) -> str:
    """Give a text with signs of typesetting and units written in the alphabet, where it has any.

    >>> plain("12 m³/s – 21 °C")
    '12 m3/s - 21 degC'
    """
    return text.replace("°C", "degC").replace(" °", " deg").translate(_PLAIN).replace("  ", " ")


def gsm_size(text: str) -> int:
    """Give how many units of seven bits a text has; signs of the extension take two."""
    return sum(2 if sign in _EXTENDED else 1 for sign in text)


def gsm_octets(text: str) -> bytes:
    """Give a text of the alphabet as its codes, one in an octet.

    Raises:
        ValueError: a sign is not in the alphabet.
    """
    octets = bytearray()
    for sign in text:
        if sign in _EXTENDED:
            octets += bytes([0x1B, _EXTENDED[sign]])
        elif sign in _BASIC:
            octets.append(_CODES.index(sign))
        else:
            raise ValueError(f"{sign!r} is not in the alphabet of short messages")
    return bytes(octets)


def sizes_of(text: str) -> tuple[Size, int, int]:
    """Give how a text is measured, and what one message and one part of several hold."""
    return (gsm_size, 160, 153) if is_gsm(text) else (utf16_size, 70, 67)


def in_parts(text: str) -> tuple[str, ...]:
    """Cut a text into the parts of one short message; joined they are the text.

    No number, no Latin word and no sign of several units is cut, but for one that is longer than a
    part: a word is then cut between its letters, and a number left out with a sign for it.
    """
    size, whole, part = sizes_of(text)
    if size(text) <= whole:
        return (text,) if text else ()
    parts, at = list[str](), ""
    for atom in atoms(text):
        for piece in _pieces(atom, part, size):
            if size(at + piece) > part:
                parts.append(at)
                at = ""
            at += piece
    return (*parts, at) if at else tuple(parts)


def _pieces(atom: str, part: int, size: Size) -> list[str]:
    if size(atom) <= part:
        return [atom]
    return [piece if size(piece) <= part else "?" for piece in pieces(atom)]
