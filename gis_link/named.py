"""Codes and what people call them, in either language: one means the other."""

import difflib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Protocol


class Named(Protocol):
    """What has a code, and a name in either language."""

    @property
    def name(self) -> str:
        """Give what it is called in English."""
        ...

    @property
    def zh(self) -> str:
        """Give what it is called in Chinese."""
        ...


def closest(word: str, allowed: Iterable[str]) -> str:
    """Suggest the word that was probably meant, and list what is allowed."""
    return _closest(word, tuple(sorted(str(name) for name in allowed)))


@lru_cache(maxsize=256)
def _closest(word: str, names: tuple[str, ...]) -> str:
    """Compare once: the same slip may stand in every row of a long file."""
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    meant = f"did you mean {near[0]!r}? " if near else ""
    return f"{meant}allowed: {', '.join(names)}"


def code_of(word: str, known: Mapping[str, Named]) -> str:
    """Give the code that a code or a name means; the word itself where it means none."""
    code = word.lower()
    if code in known:
        return code
    return next((each for each, of in known.items() if word in (of.name, of.zh)), code)


def sayable(word: str, known: Mapping[str, Named]) -> list[str]:
    """Give what may be written, in the writing of the word that means nothing."""
    return list(known) if word.isascii() else [of.zh for of in known.values() if of.zh]
