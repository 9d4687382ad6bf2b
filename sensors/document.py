"""YAML files with line numbers, so that every mistake in them can be shown as `file:line`.

Site files, rule packs and files of people all come through here. The dialect is YAML 1.2's core
schema, narrower than PyYAML's default: `yes`, `on`, `08:00`, `020 123` and `2026-01-01` stay text
instead of turning into true, 480 or 16; keys are always text; a key given twice is a fault; anchors
and aliases are refused because a few lines of them can expand to gigabytes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from sensors.duration import Duration, parse_duration
from sensors.fault import Fault, Refused, did_you_mean, listed, nearest
from sensors.wording import worded

__all__ = [
    "Document",
    "Duration",
    "Fault",
    "FileModel",
    "Location",
    "Refused",
    "check_model",
    "did_you_mean",
    "listed",
    "load_yaml",
    "nearest",
    "parse_duration",
    "parse_yaml",
]

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 32
MAX_FAULTS = 500

Location = tuple[int | str, ...]
_Model = TypeVar("_Model", bound=BaseModel)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's safe loader (in C where it was built) with the YAML 1.2 core schema's words."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {}


_TAG = "tag:yaml.org,2002:"
for _tag, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9]+(?:[eE][-+]?[0-9]+)?"
        r"|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    _Loader.add_implicit_resolver(_TAG + _tag, re.compile(rf"^(?:{_pattern})$"), _first)


_SCALARS: dict[str, Callable[[str], Any]] = {
    _TAG + "str": str,
    _TAG + "null": lambda _: None,
    _TAG + "bool": lambda text: text.lower() == "true",
    _TAG + "int": int,
    _TAG + "float": lambda text: float(re.sub(r"\.(inf|nan)$", r"\1", text.lower())),
}


class FileModel(BaseModel):
    """The base of every model of a file: refuses unknown keys and numbers that are not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class Document:
    """The value tree of one file and the line of each of its parts.

    `lines` maps a location (keys and indices from the root) to its line, counted from 1. `faults`
    says why the file could not be read at all, or names keys given twice (the first one counts).
    """

    path: str
    value: Any = None
    lines: dict[Location, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    def line(self, location: Location) -> int:
        """Give the line of the deepest known part on the way to `location`.

        Parts that are not in the file (a missing key, pydantic's names of union members) are
        skipped, so a pydantic `loc` can be passed as it is.
        """
        at: Location = ()
        for part in location:
            if (*at, part) in self.lines:
                at = (*at, part)
        return self.lines.get(at, 1)

    def at(self, location: Location) -> Any:
        """Give the value at an existing location."""
        value = self.value
        for part in location:
            value = value[part]
        return value

    def fault(self, location: Location, what: str, *, allowed: str = "", fix: str = "") -> Fault:
        """Make a fault at a location."""
        return Fault(self.path, self.line(location), what, allowed, fix)


def load_yaml(path: Path | str, *, shown_as: str = "") -> Document:
    """Read one file; what is wrong with it is in `Document.faults`, nothing is raised.

    `shown_as` replaces the path in what people read.
    """
    name = shown_as or str(path)
    try:
        with Path(path).open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        fault = Fault(name, 0, f"cannot be read: {reason}", "a readable file")
        return Document(name, faults=(fault,))
    return parse_yaml(content, name)


def parse_yaml(content: bytes, name: str) -> Document:
    """Parse the bytes of one file that people know as `name`, as `load_yaml` does."""
    if len(content) > MAX_BYTES:
        allowed = f"at most {MAX_BYTES // 1024 // 1024} MiB"
        fault = Fault(name, 0, "the file is too large", allowed, "split it into several files")
        return Document(name, faults=(fault,))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = Fault(name, line, "not UTF-8 text", "UTF-8", "save the file as UTF-8")
        return Document(name, faults=(fault,))
    return _Reading(name).read(text)


def check_model(
    document: Document,
    model: type[_Model],
    at: Location = (),
    *,
    context: Mapping[str, Any] | None = None,
) -> tuple[_Model | None, list[Fault]]:
    """Validate a document, or the part of it `at` a location, and word every mistake as a fault.

    `context` is what validators of the model may ask for. Returns the model and no fault, or None
    and at least one. The document's own faults (it could not be read, a key is given twice) belong
    to the check of the whole, not of a part.
    """
    faults = [] if at else list(document.faults)
    if document.value is None and faults:
        return None, faults
    value, more = _validated(document, model, at, context)
    faults += more
    return (None if faults else value), sorted(faults)


def _validated(
    document: Document, model: type[_Model], at: Location, context: Mapping[str, Any] | None
) -> tuple[_Model | None, list[Fault]]:
    value = document.at(at)
    if value is None:
        what = f"{_called(at)} is empty"
        return None, [document.fault(at, what, allowed=listed(model.model_fields))]
    try:
        return model.model_validate(value, context=context), []
    except ValidationError as error:
        details = error.errors(include_url=False)[:MAX_FAULTS]
    faults = {
        document.fault((*at, *said.loc), said.what, allowed=said.allowed, fix=said.fix)
        for said in (worded(detail, model) for detail in details)
    }
    return None, list(faults)


def _called(at: Location) -> str:
    if not at:
        return "the file"
    return f"'{at[-1]}'" if isinstance(at[-1], str) else f"entry {at[-1] + 1}"


class _Unreadable(Exception):
    """Stops the reading of one file; carries the fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.what)
        self.fault = fault


class _Reading:
    """Turns one YAML text into a value tree and the lines of its parts."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lines: dict[Location, int] = {(): 1}
        self._faults: list[Fault] = []

    def read(self, text: str) -> Document:
        try:
            root = self._compose(text)
            value = None if root is None else self._value(root, ())
        except _Unreadable as stop:
            return Document(self._name, faults=(stop.fault,))
        return Document(self._name, value, self._lines, tuple(self._faults))

    def _compose(self, text: str) -> yaml.Node | None:
        """Build the node tree, once a first pass over the flat events has found it harmless."""
        try:
            self._refuse_bombs(yaml.parse(text, Loader=_Loader))
            return yaml.compose(text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 0
            raise self._stop(line, f"not YAML: {_problem(error)}") from error
        except yaml.YAMLError as error:
            position = getattr(error, "position", None)
            line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 0
            raise self._stop(line, "not YAML: a control character in the text") from error

    def _refuse_bombs(self, events: Iterator[yaml.Event]) -> None:
        depth = 0
        for event in events:
            line = _line(event)
            if isinstance(event, yaml.AliasEvent):
                raise self._stop(line, f"an alias (*{event.anchor}) is used", fix="write it out")
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    allowed = f"{MAX_DEPTH} levels"
                    raise self._stop(line, "nested too deeply", allowed=allowed)
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1

    def _value(self, node: yaml.Node, at: Location) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, at)
        if isinstance(node, yaml.SequenceNode):
            return self._sequence(node, at)
        return self._scalar(node)

    def _sequence(self, node: yaml.SequenceNode, at: Location) -> list[Any]:
        self._check_tag(node, "tag:yaml.org,2002:seq")
        values = []
        for index, item in enumerate(node.value):
            here = (*at, index)
            self._lines[here] = _line(item)
            values.append(self._value(item, here))
        return values

    def _mapping(self, node: yaml.MappingNode, at: Location) -> dict[str, Any]:
        self._check_tag(node, "tag:yaml.org,2002:map")
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = _line(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                raise self._stop(line, "a key is a list or a block", allowed="a plain word")
            here = (*at, key_node.value)
            if key_node.value in values:
                what = f"'{key_node.value[:64]}' is given twice"
                fix = f"it is already on line {self._lines[here]}; keep one"
                self._faults.append(Fault(self._name, line, what, fix=fix))
                continue
            self._lines[here] = line
            values[key_node.value] = self._value(value_node, here)
        return values

    def _scalar(self, node: yaml.Node) -> Any:
        read = _SCALARS.get(node.tag)
        if read is None:
            what = f"the tag '{node.tag[:40]}' is used"
            raise self._stop(_line(node), what, allowed="no tags", fix="remove it")
        try:
            return read(node.value)
        except ValueError as error:
            what = f"{node.value[:40]!r} cannot be read as a number"
            raise self._stop(_line(node), what) from error

    def _check_tag(self, node: yaml.Node, tag: str) -> None:
        if node.tag != tag:
            what = f"the tag '{node.tag[:40]}' is used"
            raise self._stop(_line(node), what, allowed="no tags", fix="remove it")

    def _stop(self, line: int, what: str, *, allowed: str = "", fix: str = "") -> _Unreadable:
        return _Unreadable(Fault(self._name, line, what, allowed, fix))


def _line(part: yaml.Node | yaml.Event) -> int:
    mark: Any = part.start_mark
    return int(mark.line) + 1


def _problem(error: yaml.MarkedYAMLError) -> str:
    parts = (error.context, error.problem)
    return " ".join(part for part in parts if part).replace("\n", " ")[:200]
