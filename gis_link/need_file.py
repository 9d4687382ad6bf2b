"""Reads `needs.yaml`: a district's own items, capabilities and needs over the built-in table.

A hazard in the file replaces the built-in one whole; hazards, items and capabilities it does not
name stay as they are. Every fault is reported with its line, and a hazard with a fault keeps its
built-in need.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

import yaml

from gis_link.model import Fault
from gis_link.named import Named, closest, code_of, sayable
from gis_link.need import (
    BUILT_IN,
    DUTIES,
    SEVERITIES,
    Capability,
    Item,
    ItemNeed,
    Need,
    NeedTable,
)

T = TypeVar("T")
MAX_ENTRIES: Final = 500
MAX_RADIUS_M: Final = 5_000.0
_SECTIONS = ("items", "capabilities", "hazards")
_ITEM_KEYS = ("name", "plural", "zh", "unit")
_CAPABILITY_KEYS = ("name", "zh")
_HAZARD_KEYS = (
    "duty",
    "flooded",
    "primary",
    "support",
    "teams",
    "supplies",
    "danger_m",
    "source",
    "closes_m",
)
_MAX_TEXT = 80


class _Wrong(Exception):
    """Something is wrong at a node of the file."""

    def __init__(self, node: yaml.Node, what: str) -> None:
        super().__init__(what)
        self.line = node.start_mark.line + 1
        self.what = what


def parse_needs(text: str, file: str) -> tuple[NeedTable, list[Fault]]:
    """Give the built-in table with what the file changes, and every fault of the file."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or "not readable as YAML"
        return BUILT_IN, [Fault(file, mark.line + 1 if mark else 1, f"{problem}: mend the YAML")]
    reader = _Reader(file)
    table = BUILT_IN if root is None else reader.table(root)
    return table, reader.faults


class _Reader:
    """Turns the nodes of one file into values, gathering faults."""

    def __init__(self, file: str) -> None:
        self._file = file
        self.faults: list[Fault] = []

    def table(self, root: yaml.Node) -> NeedTable:
        try:
            sections = _mapping(root, _SECTIONS)
        except _Wrong as wrong:
            self.faults.append(Fault(self._file, wrong.line, wrong.what))
            return BUILT_IN
        items = self._entries(sections.get("items"), _item)
        capabilities = self._entries(sections.get("capabilities"), _capability)
        known = replace(
            BUILT_IN,
            items={**BUILT_IN.items, **items},
            capabilities={**BUILT_IN.capabilities, **capabilities},
        )
        hazards = self._entries(
            sections.get("hazards"), lambda name, node: _hazard(name, node, known)
        )
        return replace(known, hazards={**BUILT_IN.hazards, **hazards})

    def _entries(
        self, section: yaml.Node | None, build: Callable[[str, yaml.Node], T]
    ) -> dict[str, T]:
        """Build every entry of a section that can be built."""
        if section is None:
            return {}
        built: dict[str, T] = {}
        try:
            entries = _mapping(section, None)
        except _Wrong as wrong:
            self.faults.append(Fault(self._file, wrong.line, wrong.what))
            return {}
        for name, node in entries.items():
            try:
                built[name] = build(name, node)
            except _Wrong as wrong:
                self.faults.append(Fault(self._file, wrong.line, f"{name}: {wrong.what}"))
        return built


def _item(code: str, node: yaml.Node) -> Item:
    fields = _mapping(node, _ITEM_KEYS)
    name = _text(node, fields, "name")
    plural = _text(node, fields, "plural", name + "s")
    return Item(code, name, plural, _text(node, fields, "zh", name), _text(node, fields, "unit"))


def _capability(code: str, node: yaml.Node) -> Capability:
    fields = _mapping(node, _CAPABILITY_KEYS)
    name = _text(node, fields, "name")
    return Capability(code, name, _text(node, fields, "zh", name))


def _hazard(name: str, node: yaml.Node, table: NeedTable) -> Need:
    fields = _mapping(node, _HAZARD_KEYS)
    duty = _text(node, fields, "duty", "any")
    if duty not in DUTIES:
        raise _Wrong(fields["duty"], f"duty {duty!r} is not known; {closest(duty, DUTIES)}")
    supplies = _mapping(fields["supplies"], None) if "supplies" in fields else {}
    teams = [int(n) for n in _numbers(fields["teams"])] if "teams" in fields else [1, 1, 1, 2]
    return Need(
        hazard=name,
        duty=duty,
        flooded=_flag(fields["flooded"]) if "flooded" in fields else False,
        primary=_codes(fields.get("primary"), table.capabilities, "capability"),
        support=_codes(fields.get("support"), table.capabilities, "capability"),
        n_teams=(teams[0], teams[1], teams[2], teams[3]),
        supplies=_item_needs(supplies, table),
        danger_m=_radii(fields.get("danger_m")),
        closes_m=_radii(fields.get("closes_m")),
        source=_text(node, fields, "source", "the district's own"),
    )


def _radii(node: yaml.Node | None) -> tuple[float, float, float, float]:
    minor, moderate, severe, extreme = (0.0,) * 4 if node is None else _numbers(node)
    if node is not None and max(minor, moderate, severe, extreme) > MAX_RADIUS_M:
        raise _Wrong(node, f"a radius may be {MAX_RADIUS_M:g} m at most")
    return minor, moderate, severe, extreme


def _item_needs(supplies: Mapping[str, yaml.Node], table: NeedTable) -> tuple[ItemNeed, ...]:
    """Build every need of an item; a code and its name are the same item."""
    needs: dict[str, ItemNeed] = {}
    for word, row in supplies.items():
        need = _item_need(word, row, table)
        if need.item in needs:
            raise _Wrong(row, f"{word!r} is item {need.item!r} once more: keep one")
        needs[need.item] = need
    return tuple(needs.values())


def _item_need(code: str, node: yaml.Node, table: NeedTable) -> ItemNeed:
    item = code_of(code, table.items)
    if item not in table.items:
        near = closest(code, sayable(code, table.items))
        raise _Wrong(node, f"item {code!r} is not known; {near}")
    minor, moderate, severe, extreme = _numbers(node)
    return ItemNeed(item, (minor, moderate, severe, extreme))


def _mapping(node: yaml.Node, allowed: Iterable[str] | None) -> dict[str, yaml.Node]:
    """Give the entries of a mapping by name; refuses other nodes, strangers and repeats."""
    if not isinstance(node, yaml.MappingNode):
        raise _Wrong(node, "expected `name: value` lines here")
    if len(node.value) > MAX_ENTRIES:
        raise _Wrong(node, f"more than {MAX_ENTRIES} entries")
    entries: dict[str, yaml.Node] = {}
    for key, value in node.value:
        name = _scalar(key)
        if allowed is not None and name not in allowed:
            raise _Wrong(key, f"{name!r} is not known here; {closest(name, allowed)}")
        if name in entries:
            raise _Wrong(key, f"{name!r} stands twice: keep one")
        entries[name] = value
    return entries


def _scalar(node: yaml.Node) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise _Wrong(node, "expected a single word or number")
    return str(node.value)


def _text(
    owner: yaml.Node, fields: Mapping[str, yaml.Node], key: str, default: str | None = None
) -> str:
    if key not in fields:
        if default is None:
            raise _Wrong(owner, f"{key} is missing: add `{key}: …`")
        return default
    text = _scalar(fields[key]).strip()
    if not 0 < len(text) <= _MAX_TEXT:
        raise _Wrong(fields[key], f"{key} must have 1 to {_MAX_TEXT} letters")
    return text


def _flag(node: yaml.Node) -> bool:
    word = _scalar(node).lower()
    if word not in ("true", "false", "yes", "no"):
        raise _Wrong(node, f"{word!r} is not true or false")
    return word in ("true", "yes")


def _codes(node: yaml.Node | None, known: Mapping[str, Named], kind: str) -> tuple[str, ...]:
    if node is None:
        return ()
    if not isinstance(node, yaml.SequenceNode):
        raise _Wrong(node, f"expected a list such as [{next(iter(known))}]")
    codes = []
    for child in node.value:
        word = _scalar(child)
        code = code_of(word, known)
        if code not in known:
            near = closest(word, sayable(word, known))
            raise _Wrong(child, f"{kind} {word!r} is not known; {near}")
        codes.append(code)
    return tuple(codes)


def _numbers(node: yaml.Node) -> list[float]:
    """Give four numbers, one per severity."""
    wanted = f"expected four numbers from 0, for {', '.join(SEVERITIES)}, such as [0, 1, 2, 4]"
    if not isinstance(node, yaml.SequenceNode) or len(node.value) != len(SEVERITIES):
        raise _Wrong(node, wanted)
    try:
        numbers = [float(_scalar(child)) for child in node.value]
    except ValueError:
        raise _Wrong(node, wanted) from None
    if not all(math.isfinite(number) and number >= 0.0 for number in numbers):
        raise _Wrong(node, wanted)
    return numbers
