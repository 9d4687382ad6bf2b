"""A small language that says which answers of an HTTP service mean "taken".

    status == 200 and json.code == 0
    text contains "OK"
    json.result.0.state in ["queued", "sent"]

A subject (`status`, `text`, or `json` with names and numbers behind dots), an operator (`==`, `!=`,
`in`, `contains`) and a value as in JSON; several joined by `and`. A part of the answer that is not
there equals nothing.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Self

_TERM = re.compile(
    r"(status|text|json(?:\.[\w-]+)*)\s*(==|!=|\bin\b|\bcontains\b)\s*(.+)", re.DOTALL
)
_AND = re.compile(r"\s+and\s+(?=(?:status|text|json)\b)")
_SHAPE = 'status == 200, text contains "OK", json.code in [0, 1], several joined by `and`'
_MISSING = object()


@dataclass(frozen=True, slots=True)
class _Term:
    subject: str
    operator: str
    value: Any

    def holds(self, status: int, text: str, body: Any) -> bool:
        found = {"status": status, "text": text}.get(self.subject, _MISSING)
        if self.subject.startswith("json"):
            found = at_path(body, self.subject)
        if self.operator == "contains":
            return isinstance(found, str | list) and self.value in found
        if self.operator == "in":
            return found in self.value
        is_equal = found is not _MISSING and found == self.value
        return is_equal == (self.operator == "==")


@dataclass(frozen=True, slots=True)
class Expression:
    """What an answer must be, read once."""

    text: str
    terms: tuple[_Term, ...]

    @classmethod
    def of(cls, text: str) -> Self:
        """Read an expression.

        Raises:
            ValueError: it cannot be read; the text says what is allowed.
        """
        return cls(text, tuple(_term(part) for part in _AND.split(text.strip())))

    def holds(self, status: int, text: str) -> bool:
        """Say whether an answer is as the expression says."""
        body = _parsed(text)
        return all(term.holds(status, text, body) for term in self.terms)


def at_path(body: Any, path: str) -> Any:
    """Give what stands at `json.a.0.b` of a body, or something that equals nothing."""
    for name in path.split(".")[1:]:
        if isinstance(body, dict) and name in body:
            body = body[name]
        elif isinstance(body, list) and name.isdigit() and int(name) < len(body):
            body = body[int(name)]
        else:
            return _MISSING
    return body


def found_text(text: str, path: str) -> str:
    """Give what stands at a path of an answer as text; "" where there is nothing."""
    found = at_path(_parsed(text), path) if path else _MISSING
    return "" if found is _MISSING else str(found)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return _MISSING


def _term(text: str) -> _Term:
    found = _TERM.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text.strip()!r} cannot be read; allowed are {_SHAPE}")
    subject, operator, literal = found.groups()
    try:
        value = json.loads(literal)
    except ValueError:
        raise ValueError(
            f"{literal!r} is no value of JSON; a text stands in double quotes"
        ) from None
    if operator == "in" and not isinstance(value, list):
        raise ValueError(f"what follows `in` is a list in brackets, not {literal}")
    return _Term(subject, operator, value)
