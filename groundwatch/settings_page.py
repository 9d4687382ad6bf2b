"""The page of every setting, made from the settings' models.

    python -m groundwatch.settings_page > docs/settings.md

Name, variable, default, unit, what is allowed and what it does all stand in the models; a test
compares the page with them.
"""

import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from groundwatch.channel_settings import ENTRIES, kind_of
from groundwatch.http_settings import KeySettings
from groundwatch.settings import SECTIONS, DoorSettings, Settings

_HEAD = """# Settings

Made by `python -m groundwatch.settings_page > docs/settings.md`; do not write here.

`groundwatch run --config groundwatch.toml` reads one TOML file, then the environment, then the
command line; what comes later wins. The variable of a setting is given beside it; `NAME` stands for
a name you choose, and a list or a table in a variable is JSON. `groundwatch check DIR --config F`
says every mistake with file and line and starts nothing.

A setting that does nothing beside the others is told with file and line: `run` logs a warning and
starts, `check` lists it among its warnings and `doctor` as a note. Where somebody relies on what it
would have done, every command refuses it: encryption and logging in at the broker (`mqtt.user`,
`password`, `tls_ca`, `tls_cert`, `tls_key`), `influx.password` without `user`, `cap.key_password`
without `key`, `models.key` where there are no models, and of a channel `answers`, `tls_ca`,
`secret` and `digit`. `groundwatch demo` starts whatever is said of a broker that it does not use.

A *secret* is a text, or `{file = "/run/secrets/x"}`: the text of a file. What is *kept secret* is a
text alone. Neither is ever printed."""
_COLUMNS = (
    "| setting | variable | default | unit | allowed | what it does |\n|---|---|---|---|---|---|"
)
_UNITS = {
    "_ms": "ms",
    "_s": "s",
    "_h": "h",
    "_days": "days",
    "_bytes": "bytes",
    "_km_per_h": "km/h",
}
_WORDS = {"boolean": "true, false", "array": "a list", "object": "a table", "null": "nothing"}
_TEXTS = {"path": "a path", "password": "a text, kept secret"}
_BOUNDS = (
    ("minimum", "from {}"),
    ("exclusiveMinimum", "above {}"),
    ("maximum", "up to {}"),
    ("exclusiveMaximum", "below {}"),
    ("minLength", "{} signs at least"),
    ("maxLength", "{} signs at most"),
    ("maxItems", "{} at most"),
)


class _Part(NamedTuple):
    """One heading: what it says, the path of its settings, their model, and those left out."""

    title: str
    path: str
    model: type[BaseModel]
    besides: frozenset[str] = frozenset()

    @property
    def about(self) -> str:
        """Give what the model says of itself."""
        return " ".join((self.model.__doc__ or "").split())


def page() -> str:
    """Give the page, the same for the same code."""
    return "\n\n".join([_HEAD, *map(_written, _parts())]) + "\n"


def _parts() -> Iterator[_Part]:
    yield _Part("Outside every section", "", Settings, frozenset(SECTIONS) | {"channels"})
    for name in Settings.model_fields:
        if name == "channels":
            for entry in ENTRIES:
                title = f'`[channels.NAME]` with `kind = "{kind_of(entry)}"`'
                yield _Part(title, "channels.NAME", entry, frozenset({"kind"}))
        elif name == "doors":
            yield from _doors()
        elif name in SECTIONS:
            yield _Part(f"`[{name}]`", name, SECTIONS[name], frozenset({"keys", "gbt35965"}))
        if name == "http":
            yield _Part("`[http.keys.NAME]`", "http.keys.NAME", KeySettings)
        if name == "cap":
            yield _Part("`[cap.gbt35965]`", "cap.gbt35965", SECTIONS["cap.gbt35965"])


def _doors() -> Iterator[_Part]:
    """Give a heading for each format; most have nothing to set but their topics."""
    for name in SECTIONS["doors"].model_fields:
        path = f"doors.{name}"
        yield _Part(f"`[{path}]`", path, SECTIONS[path])


def _written(part: _Part) -> str:
    about = [] if part.model is Settings else ["", _about(part)]
    return "\n".join([f"## {part.title}", *about, "", _COLUMNS, *_rows(part)])


def _about(part: _Part) -> str:
    if part.model is DoorSettings:
        field = SECTIONS["doors"].model_fields[part.path.removeprefix("doors.")]
        return f"{' '.join((field.description or '').split())} {part.about}"
    return part.about


def _rows(part: _Part) -> Iterator[str]:
    schema = part.model.model_json_schema()
    for name, field in part.model.model_fields.items():
        if name in part.besides or field.annotation is type(None):
            continue
        path = ".".join(each for each in (part.path, name) if each)
        form = _form(schema["properties"][name], schema.get("$defs", {}))
        cells = (
            f"`{path}`",
            f"`GROUNDWATCH_{path.upper().replace('.', '__')}`",
            _default(field),
            _unit(name),
            _allowed(form),
            " ".join((field.description or "").split()),
        )
        yield f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _form(said: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the schema of a setting itself, where it may also be left out."""
    choices = [each for each in said.get("anyOf", []) if each.get("type") != "null"]
    form = choices[0] if choices else said
    name = str(form.get("$ref", "")).rpartition("/")[2]
    return known[name] if name else form


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    value = field.default
    if value is None or value == "" or value == () or value == {}:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _unit(name: str) -> str:
    return next((unit for end, unit in _UNITS.items() if name.endswith(end)), "")


def _allowed(form: Mapping[str, Any]) -> str:
    """Say what may be written; bounds that no type states are said by the description."""
    if "enum" in form:
        return ", ".join(map(str, form["enum"]))
    kind = str(form.get("type", ""))
    bounds = [words.format(_number(form[key])) for key, words in _BOUNDS if key in form]
    bounds = ["not empty" if said == "1 signs at least" else said for said in bounds]
    if kind in ("integer", "number"):
        what = "a whole number" if kind == "integer" else "a number"
    elif kind == "string":
        text = _TEXTS.get(str(form.get("format", "")), "a text")
        what = "a secret" if "takes_file" in form else text
    else:
        what = _WORDS.get(kind, kind)
    return ", ".join([what, *bounds])


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


if __name__ == "__main__":
    sys.stdout.write(page())
