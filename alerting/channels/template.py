"""Templates of providers and of settings: which pieces of a notice they may name."""

import re
from collections.abc import Callable, Iterable, Mapping

PIECES = ("text", "colour", "what", "where", "value", "taken", "near", "answer", "id")
_SAYS_MARK = ("text", "colour")
_SLOT = re.compile(r"\{([a-z_]+)\}")


def check_variables(pieces: Iterable[str]) -> None:
    """Check what fills a provider's template.

    Raises:
        ValueError: a piece is not known, or none says whether the notice is meant.
    """
    named = list(pieces)
    unknown = [piece for piece in named if piece not in PIECES]
    if unknown:
        raise ValueError(f"there is no piece {unknown[0]!r}; allowed: {', '.join(PIECES)}")
    if not any(piece in _SAYS_MARK for piece in named):
        raise ValueError("a variable must be `text` or `colour`: they tell exercises from alerts")


def slots_of(template: str) -> list[str]:
    """Give the names that stand in braces in a template."""
    return _SLOT.findall(template)


def filled(template: str, values: Mapping[str, str], escape: Callable[[str], str]) -> str:
    """Give a template with its slots filled, each value escaped for where it stands."""
    return _SLOT.sub(lambda slot: escape(values[slot[1]]), template)
