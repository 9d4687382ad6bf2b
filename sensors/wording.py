"""Turns pydantic's error records into sentences for the person who wrote the file."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from sensors.duration import duration_text
from sensors.fault import Refused, did_you_mean, listed

_SECRET = re.compile(r"secret|token|passw|credential|api_?key", re.IGNORECASE)
_QUOTED = re.compile(r"'([^']*)'")


class Worded(NamedTuple):
    """What one pydantic error says to a person; `loc` is pydantic's location."""

    loc: tuple[int | str, ...]
    what: str
    allowed: str = ""
    fix: str = ""


def worded(detail: ErrorDetails, model: type[BaseModel]) -> Worded:
    """Word one pydantic error that validating against `model` gave."""
    kind, loc = detail["type"], detail["loc"]
    refused = detail.get("ctx", {}).get("error")
    if isinstance(refused, Refused):
        what = f"{_prefix(loc)}{refused.what}"
        return Worded(loc, what, refused.allowed, refused.fix)
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        return _unknown_key(loc, model)
    if kind == "missing":
        return _missing(loc, model)
    if detail["input"] is None:
        return Worded(loc, f"{_prefix(loc)}no value is given", fix="give one or remove the key")
    wording = _WORDINGS.get(kind)
    if wording is None:
        return Worded(loc, f"{_prefix(loc)}{_lowered(detail['msg'])}")
    what, allowed, fix = wording(detail)
    return Worded(loc, f"{_prefix(loc)}{what}", allowed, fix)


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


def _shown(detail: ErrorDetails) -> str:
    if any(isinstance(part, str) and _SECRET.search(part) for part in detail["loc"]):
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


def _not_a(thing: str, allowed: str, fix: str = "") -> Callable[[ErrorDetails], _Wording]:
    return lambda detail: (f"{_shown(detail)} is not {thing}", allowed, fix)


def _word(detail: ErrorDetails) -> _Wording:
    words = _QUOTED.findall(str(detail.get("ctx", {}).get("expected", "")))
    value = detail["input"]
    near = did_you_mean(value, words) if isinstance(value, str) else ""
    return f"{_shown(detail)} is not one of the words known here", listed(words), near


def _tag(detail: ErrorDetails) -> _Wording:
    context = detail.get("ctx", {})
    words = _QUOTED.findall(str(context.get("expected_tags", "")))
    tag = str(context.get("tag", ""))
    key = str(context.get("discriminator", "")).strip("'")
    if not tag:
        return f"'{key}' is missing", listed(words), f"add `{key}:`"
    return f"{key} '{tag[:48]}' is not known", listed(words), did_you_mean(tag, words)


_TIMEDELTA = re.compile(r"datetime\.timedelta\((.*)\)")
_PART = re.compile(r"(days|seconds|microseconds)=(-?\d+)")


def _bound(key: str, word: str) -> Callable[[ErrorDetails], _Wording]:
    def wording(detail: ErrorDetails) -> _Wording:
        bound = detail.get("ctx", {}).get(key)
        return f"{_shown(detail)} is out of range", f"{word} {_bound_text(bound)}", ""

    return wording


def _bound_text(bound: object) -> str:
    if isinstance(bound, timedelta):
        return duration_text(bound)
    if isinstance(bound, str) and (found := _TIMEDELTA.fullmatch(bound)):
        # Where a field may be something else too, pydantic gives the bound as Python writes it.
        return duration_text(timedelta(**{n: int(v) for n, v in _PART.findall(found[1])}))
    return bound.isoformat() if isinstance(bound, date) else str(bound)


def _count(key: str, word: str) -> Callable[[ErrorDetails], _Wording]:
    def wording(detail: ErrorDetails) -> _Wording:
        context = detail.get("ctx", {})
        allowed = f"{word} {context.get(key)}"
        given = context.get("actual_length")
        what = "has the wrong length" if given is None else f"has {given} entries"
        return what, allowed, ""

    return wording


def _length(key: str, word: str) -> Callable[[ErrorDetails], _Wording]:
    def wording(detail: ErrorDetails) -> _Wording:
        allowed = f"{word} {detail.get('ctx', {}).get(key)} characters"
        return f"{_shown(detail)} has the wrong length", allowed, ""

    return wording


def _pattern(detail: ErrorDetails) -> _Wording:
    return f"{_shown(detail)} is not written as needed", str(detail.get("ctx", {})["pattern"]), ""


def _own_check(detail: ErrorDetails) -> _Wording:
    return _lowered(str(detail.get("ctx", {}).get("error", detail["msg"]))), "", ""


_BLOCK = _not_a("a block of `key: value` lines", "a block of `key: value` lines")
_LIST = _not_a("a list", "a list, one `- ` line per entry")
_NUMBER = _not_a("a number", "a number, without quotes or unit")
_WHOLE = _not_a("a whole number", "a whole number")
_TRUTH = _not_a("true or false", "true, false")
_DATE = _not_a("a date", "YYYY-MM-DD")
_INSTANT = _not_a("a date and time", "RFC 3339, for example 2026-05-01T08:00:00+08:00")
_TIME = _not_a("a time of day", "HH:MM")

_WORDINGS: dict[str, Callable[[ErrorDetails], _Wording]] = {
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
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "dict_type": _BLOCK,
    "mapping_type": _BLOCK,
    "model_type": _BLOCK,
    "model_attributes_type": _BLOCK,
    "dataclass_type": _BLOCK,
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
