"""Turns pydantic's error records into sentences for the person who wrote the file.

Or the settings, or the request: `Written` says which, for a list is written in each as it is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import AfterValidator, BaseModel, SecretStr
from pydantic_core import ErrorDetails

from sensors.duration import duration_text
from sensors.fault import Refused, did_you_mean, listed

_SECRET = re.compile(r"secret|token|passw|credential|api_?key", re.IGNORECASE)
_QUOTED = re.compile(r"'([^']*)'")
_BARE = re.compile(r"(?<![^\s,])(?!or\b)[^\s,]+")


class Written(StrEnum):
    """How what was given is written down."""

    YAML = "yaml"
    TOML = "toml"
    JSON = "json"


class Words(NamedTuple):
    """What is wrong with a value, what is allowed, how to mend it."""

    what: str
    allowed: str = ""
    fix: str = ""

    def __str__(self) -> str:
        """Give all of it as one sentence."""
        allowed = f"allowed: {self.allowed}" if self.allowed else ""
        return "; ".join(part for part in (self.what, allowed, self.fix) if part)


class Worded(NamedTuple):
    """What one pydantic error says to a person; `loc` is pydantic's location."""

    loc: tuple[int | str, ...]
    what: str
    allowed: str = ""
    fix: str = ""


def worded(detail: ErrorDetails, model: type[BaseModel]) -> Worded:
    """Word one pydantic error that validating against `model` gave."""
    kind, loc = detail["type"], detail["loc"]
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return _unknown_key(loc, model)
    if kind == "missing":
        return _missing(loc, model)
    what, allowed, fix = words_of_value(detail, Written.YAML)
    return Worded(loc, f"{_prefix(loc)}{what}", allowed, fix)


def words_of_value(detail: ErrorDetails, written: Written, *, shows: bool = True) -> Words:
    """Word one pydantic error about a value that is there; repeats it only where it `shows` it."""
    refused = detail.get("ctx", {}).get("error")
    if isinstance(refused, Refused):
        return Words(refused.what, refused.allowed, refused.fix)
    if detail["input"] is None:
        return Words("no value is given", fix="give one or remove the key")
    kind = detail["type"]
    if kind in _SHAPES:
        thing, ways = _SHAPES[kind]
        return Words(f"{_shown(detail, shows=shows)} is not {thing}", ways[written])
    wording = _WORDINGS.get(kind)
    if wording is None:
        return Words(_lowered(detail["msg"]))
    return Words(*wording(detail, _shown(detail, shows=shows)))


def _unknown_key(loc: tuple[int | str, ...], model: type[BaseModel]) -> Worded:
    known = _keys(loc[:-1], model)
    key = str(loc[-1])
    return Worded(loc, f"unknown key '{key[:64]}'", listed(known), did_you_mean(key, known))


def _missing(loc: tuple[int | str, ...], model: type[BaseModel]) -> Worded:
    key = str(loc[-1])
    meant = next(
        (
            field.description
            for owner in _models_at(loc[:-1], model)
            for name, field in owner.model_fields.items()
            if key in (name, field.alias) and field.description
        ),
        "",
    )
    return Worded(loc, f"'{key}' is missing", meant or "", f"add `{key}:`")


# --- one wording per pydantic error type: (what is wrong, what is allowed, how to mend it) ---

_Wording = tuple[str, str, str]
_Say = Callable[[ErrorDetails, str], _Wording]  # of an error, and of its value as it may be shown


def _shown(detail: ErrorDetails, *, shows: bool) -> str:
    is_secret = any(isinstance(part, str) and _SECRET.search(part) for part in detail["loc"])
    if is_secret or not shows:
        return "the value"
    value = detail["input"]
    if isinstance(value, str):
        return f"'{value[:48]}'"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a block of keys"
    if isinstance(value, list):
        return "a list"
    return f"{value}"[:48] if not isinstance(value, int) or abs(value) < 10**40 else "a huge number"


def _not_a(thing: str, allowed: str, fix: str = "") -> _Say:
    return lambda _, shown: (f"{shown} is not {thing}", allowed, fix)


def _word(detail: ErrorDetails, shown: str) -> _Wording:
    expected = str(detail.get("ctx", {}).get("expected", ""))
    words = _QUOTED.findall(expected) or _BARE.findall(expected)
    value = detail["input"]
    near = did_you_mean(value, words) if isinstance(value, str) else ""
    return f"{shown} is not one of the words known here", listed(words), near


def _tag(detail: ErrorDetails, _: str) -> _Wording:
    context = detail.get("ctx", {})
    words = _QUOTED.findall(str(context.get("expected_tags", "")))
    tag = str(context.get("tag", ""))
    key = str(context.get("discriminator", "")).strip("'")
    if not tag:
        return f"'{key}' is missing", listed(words), f"add `{key}:`"
    return f"{key} '{tag[:48]}' is not known", listed(words), did_you_mean(tag, words)


_TIMEDELTA = re.compile(r"datetime\.timedelta\((.*)\)")
_PART = re.compile(r"(days|seconds|microseconds)=(-?\d+)")


def _bound(key: str, word: str) -> _Say:
    def wording(detail: ErrorDetails, shown: str) -> _Wording:
        bound = detail.get("ctx", {}).get(key)
        return f"{shown} is out of range", f"{word} {_bound_text(bound)}", ""

    return wording


def _bound_text(bound: object) -> str:
    if isinstance(bound, timedelta):
        return duration_text(bound)
    if isinstance(bound, str) and (found := _TIMEDELTA.fullmatch(bound)):
        # Where a field may be something else too, pydantic gives the bound as Python writes it.
        return duration_text(timedelta(**{n: int(v) for n, v in _PART.findall(found[1])}))
    return bound.isoformat() if isinstance(bound, date) else str(bound)


def _count(key: str, word: str) -> _Say:
    """Word the length of a list; a text that was changed before it is counted has one, too."""

    def wording(detail: ErrorDetails, shown: str) -> _Wording:
        context = detail.get("ctx", {})
        if isinstance(detail["input"], str | SecretStr):
            return _length(key, word)(detail, shown)
        allowed = f"{word} {context.get(key)}"
        given = context.get("actual_length")
        what = "has the wrong length" if given is None else f"has {given} entries"
        return what, allowed, ""

    return wording


def _length(key: str, word: str) -> _Say:
    def wording(detail: ErrorDetails, shown: str) -> _Wording:
        bound = detail.get("ctx", {}).get(key)
        allowed = f"{word} {bound} character{'' if bound == 1 else 's'}"
        if not detail["input"]:
            return "it is empty", allowed, ""
        return f"{shown} is too {'short' if key == 'min_length' else 'long'}", allowed, ""

    return wording


def _pattern(detail: ErrorDetails, shown: str) -> _Wording:
    return f"{shown} is not written as needed", str(detail.get("ctx", {})["pattern"]), ""


def matching(pattern: str, allowed: str) -> AfterValidator:
    """Give the check of a text against a pattern, where what is allowed is said in words."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise Refused("it is not written as needed", allowed=allowed)
        return text

    return AfterValidator(check)


def _own_check(detail: ErrorDetails, _: str) -> _Wording:
    return _lowered(str(detail.get("ctx", {}).get("error", detail["msg"]))), "", ""


_BLOCK = (
    "a block of keys",
    {
        Written.YAML: "a block of `key: value` lines",
        Written.TOML: "a section of `key = value` lines",
        Written.JSON: 'an object: {"key": value}',
    },
)
_LIST = (
    "a list",
    {
        Written.YAML: "a list, one `- ` line per entry",
        Written.TOML: 'a list in brackets, for example ["a", "b"]',
        Written.JSON: 'a list in brackets, for example ["a", "b"]',
    },
)
_NUMBER = _not_a("a number", "a number, without quotes or unit")
_WHOLE = _not_a("a whole number", "a whole number")
_TRUTH = _not_a("true or false", "true, false")
_DATE = _not_a("a date", "YYYY-MM-DD")
_INSTANT = _not_a("a date and time", "RFC 3339, for example 2026-05-01T08:00:00+08:00")
_TIME = _not_a("a time of day", "HH:MM")

_SHAPES = {
    **dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type"), _LIST),
    **dict.fromkeys(("dict_type", "mapping_type", "dataclass_type"), _BLOCK),
    **dict.fromkeys(("model_type", "model_attributes_type"), _BLOCK),
}
_WORDINGS: dict[str, _Say] = {
    "string_type": _not_a("text", "text", "put it in quotes"),
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "decimal_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "finite_number": _not_a("a finite number", "a finite number"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": _WHOLE,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "literal_error": _word,
    "enum": _word,
    "union_tag_invalid": _tag,
    "union_tag_not_found": _tag,
    "greater_than": _bound("gt", "more than"),
    "greater_than_equal": _bound("ge", "at least"),
    "less_than": _bound("lt", "less than"),
    "less_than_equal": _bound("le", "at most"),
    "too_short": _count("min_length", "at least"),
    "too_long": _count("max_length", "at most"),
    "string_too_short": _length("min_length", "at least"),
    "string_too_long": _length("max_length", "at most"),
    "string_pattern_mismatch": _pattern,
    "date_type": _DATE,
    "date_parsing": _DATE,
    "date_from_datetime_parsing": _DATE,
    "date_from_datetime_inexact": _DATE,
    "datetime_type": _INSTANT,
    "datetime_parsing": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "timezone_aware": _INSTANT,
    "time_type": _TIME,
    "time_parsing": _TIME,
    "value_error": _own_check,
    "assertion_error": _own_check,
}


def _prefix(loc: tuple[int | str, ...]) -> str:
    if loc[-1:] == ("[key]",):
        loc = loc[:-2]
    named = [part for part in loc if isinstance(part, str)]
    if not named:
        return ""
    last = loc[-1]
    entry = f" entry {last + 1}" if isinstance(last, int) else ""
    return f"{named[-1][:64]}{entry}: "


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


# --- which model a location of the file belongs to ---


def _keys(loc: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    keys: dict[str, None] = {}
    for owner in _models_at(loc, model):
        for name, field in owner.model_fields.items():
            keys[field.alias or name] = None
    return list(keys)


def _models_at(loc: tuple[int | str, ...], model: type[BaseModel]) -> list[type[BaseModel]]:
    """Give the models whose keys may stand at `loc`; several where a union leaves it open."""
    models = [model]
    for part in loc:
        below: list[type[BaseModel]] = []
        for owner in models:
            for name, field in owner.model_fields.items():
                if part in (name, field.alias):
                    below += _models_in(field.annotation)
        # A part that names no key is an index, a key of a dict or a member of a union.
        models = below or [known for known in models if known.__name__ == part] or models
    return models


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    arguments = get_args(annotation)
    if get_origin(annotation) is Annotated:
        arguments = arguments[:1]
    for argument in arguments:
        yield from _models_in(argument)
