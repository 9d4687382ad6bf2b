"""A fault in a file that a person wrote: where, what is wrong, what is allowed, how to mend it."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

MAX_LISTED = 24


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong in one file; a list of them sorts into reading order.

    `line` counts from 1; 0 means the file or folder as a whole. A warning does not stop a start.
    """

    file: str
    line: int
    what: str
    allowed: str = ""
    fix: str = ""
    is_warning: bool = False

    def __str__(self) -> str:
        """Give `file:line: what is wrong; allowed: …; how to mend it`."""
        where = f"{self.file}:{self.line}" if self.line else self.file
        what = f"warning: {self.what}" if self.is_warning else self.what
        allowed = f"allowed: {self.allowed}" if self.allowed else ""
        said = f"{where}: " + "; ".join(part for part in (what, allowed, self.fix) if part)
        return _on_one_line(said)


def _on_one_line(text: str) -> str:
    """Escape what would break a line or a terminal: a fault may quote what a person wrote."""
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)


class Refused(ValueError):
    """Raised by a validator of a pydantic model to say what is wrong and what is allowed.

    `sensors.document.check_model` turns it into a `Fault` with file and line.
    """

    def __init__(self, what: str, *, allowed: str = "", fix: str = "") -> None:
        """Keep the parts of the sentence apart."""
        super().__init__(what)
        self.what = what
        self.allowed = allowed
        self.fix = fix


def listed(words: Iterable[str]) -> str:
    """Give the words as one readable list, in their order and cut at `MAX_LISTED`.

    >>> listed(["m", "cm"])
    'm, cm'
    """
    every = list(words)
    more = f", … ({len(every) - MAX_LISTED} more)" if len(every) > MAX_LISTED else ""
    return ", ".join(every[:MAX_LISTED]) + more


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Give `did you mean 'x'?` for a near miss among `words`, or "".

    >>> did_you_mean("quanity", ["quantity", "unit"])
    "did you mean 'quantity'?"
    """
    near = _near(word, words, 1, 0.6)
    return f"did you mean '{near[0]}'?" if near else ""


def nearest(word: str, words: Iterable[str], n: int) -> list[str]:
    """Give the `n` of `words` most like `word`, most alike first; for tables too long to list.

    >>> nearest("pit_dept", ["jib_length_m", "pit_depth_m"], 1)
    ['pit_depth_m']
    """
    return _near(word, words, n, 0.0)


def _near(word: str, words: Iterable[str], n: int, at_least: float) -> list[str]:
    by_folded = {known.casefold(): known for known in words}
    near = difflib.get_close_matches(word.casefold()[:64], by_folded, n, at_least)
    return [by_folded[folded] for folded in near]
