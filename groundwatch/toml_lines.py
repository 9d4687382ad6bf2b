"""On which line of a TOML file a setting stands, which the standard library's parser hides."""

import re
from collections.abc import Sequence

_TABLE = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*(#.*)?")
_KEY = re.compile(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_TRIPLE = re.compile(r'"""|\'\'\'')


def lines_of(text: str) -> dict[tuple[str, ...], int]:
    """Give the line of every table and key that begins a line.

    >>> lines_of('a = 1\\n[b.c]\\nd = 2')[("b", "c", "d")]
    3
    """
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    is_text = False
    for number, line in enumerate(text.splitlines(), start=1):
        was_text, is_text = is_text, is_text ^ bool(len(_TRIPLE.findall(line)) % 2)
        if was_text:
            continue
        header, key = _TABLE.fullmatch(line), _KEY.match(line)
        if header is not None:
            table = _parts(header[1])
            found.setdefault(table, number)
        elif key is not None:
            found.setdefault((*table, *_parts(key[1])), number)
    return found


def line_at(lines: dict[tuple[str, ...], int], where: Sequence[str]) -> int | None:
    """Give the line of a setting, or of what it stands in; None where the file has neither."""
    for length in range(len(where), 0, -1):
        line = lines.get(tuple(where[:length]))
        if line is not None:
            return line
    return None


def _parts(name: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(name))
