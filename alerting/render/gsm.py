"""The alphabet of short messages (GSM 03.38), and how long a text is in it.

A message in this alphabet has 160 signs, one of several parts 153; any sign outside it turns the
whole message into UCS-2 with 70 and 67.
"""

from alerting.render.atoms import Size, atoms, pieces, utf16_size

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
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
