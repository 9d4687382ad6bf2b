"""Lays the overlays of a district over a standard pack, field by field, and remembers the places.

Works on the trees of values that the files hold, before the form is checked, so that a fault in the
result is shown in the file and line that made it. Limits are never overwritten: an overlay's way is
added behind the standard's, and `alerting.rules.bind` takes the last one that is in force, so that
a local limit that is not valid yet leaves the standard's in force.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from alerting.basis import Layer
from alerting.rules.form import FROM, OverlaySpec
from sensors.document import Document, Fault, Location, did_you_mean, listed

_ORIGIN_KEYS = ("source", "clause", "confidence", "valid_from", "valid_until", "remark")
_TIMES = ("lateness", "stale", "offline")


class Spot(NamedTuple):
    """Where one part of a pack was written: file, line and layer."""

    file: str
    line: int
    layer: Layer

    def __str__(self) -> str:
        """Give `file:line`."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Disabled:
    """A rule (or one level of it) that a person took out of use."""

    level: str | None
    reason: str
    by: str
    spot: Spot


@dataclass(frozen=True, slots=True)
class Layered(Document):
    """A pack with everything laid over it; faults name the file that made them."""

    spots: dict[Location, Spot] = field(default_factory=dict)

    def spot(self, location: Location) -> Spot:
        """Give where the deepest known part on the way to `location` was written."""
        at: Location = ()
        for part in location:
            if (*at, part) in self.spots:
                at = (*at, part)
        return self.spots.get(at, Spot(self.path, 1, Layer.STANDARD))

    def fault(self, location: Location, what: str, *, allowed: str = "", fix: str = "") -> Fault:
        """Make a fault at a location."""
        spot = self.spot(location)
        return Fault(spot.file, spot.line, what, allowed, fix)


class Pile:
    """One pack and the overlays laid on it so far."""

    def __init__(self, document: Document, layer: Layer) -> None:
        """Start with the pack's own document."""
        self.path = document.path
        self.standard = document
        self.faults: list[Fault] = []
        self.overlays: list[OverlaySpec] = []
        self.disabled: dict[str, list[Disabled]] = {}
        self._value = deepcopy(document.value)
        self._own_faults = document.faults
        self._spots = {at: Spot(document.path, line, layer) for at, line in document.lines.items()}

    def layered(self) -> Layered:
        """Give the result."""
        return Layered(self.path, self._value, {}, self._own_faults, self._spots)

    def lay(self, document: Document, overlay: OverlaySpec) -> None:
        """Lay one overlay over what is there."""
        self.overlays.append(overlay)
        if overlay.valid_from is not None or overlay.valid_until is not None:
            self._refuse_dated(document, overlay)
        for key in _TIMES:
            if key in document.value:
                self._put((key,), document.value[key], document, (key,))
        for rule_id, change in overlay.change.items():
            self._change(document, overlay, rule_id, change)
        self._disable(document, overlay)
        for number in range(len(overlay.rules)):
            self._add(document, ("rules", number))

    # --- rules ---

    def _ids(self) -> dict[str, int]:
        rules = self._value.get("rules") if isinstance(self._value, dict) else None
        return {
            str(rule["id"]): index
            for index, rule in enumerate(rules if isinstance(rules, list) else ())
            if isinstance(rule, dict) and "id" in rule
        }

    def _index(self, document: Document, at: Location, rule_id: str) -> int | None:
        ids = self._ids()
        if rule_id not in ids:
            what = f"the pack has no rule '{rule_id}'"
            fix = did_you_mean(rule_id, ids)
            self.faults.append(document.fault(at, what, allowed=listed(ids), fix=fix))
        return ids.get(rule_id)

    def _change(
        self, document: Document, overlay: OverlaySpec, rule_id: str, change: Mapping[str, Any]
    ) -> None:
        at: Location = ("change", rule_id)
        index = self._index(document, at, rule_id)
        if index is None:
            return
        if "id" in change:
            self.faults.append(document.fault((*at, "id"), "a rule's id cannot be changed"))
            return
        levels = change.get("levels")
        for key, value in change.items():
            if key == "levels" and isinstance(levels, dict):
                continue
            self._merge(("rules", index, key), value, document, (*at, key))
        for word, level in (levels if isinstance(levels, dict) else {}).items():
            self._change_level(
                document, overlay, ("rules", index, "levels", word), (*at, "levels", word), level
            )

    def _change_level(
        self, document: Document, overlay: OverlaySpec, to: Location, at: Location, level: Any
    ) -> None:
        """Add an overlay's ways to a level; what is said of their source is said of them alone."""
        ways = level.get("any") if isinstance(level, dict) else None
        if not isinstance(ways, list):
            self._merge(to, level, document, at)
            return
        origin = _origin(overlay, level)
        if self._at(to) is None:
            self._put(to, {"any": [], **origin}, document, at)
        seen: set[frozenset[str]] = set()
        for number, way in enumerate(ways):
            here: Location = (*at, "any", number)
            if not isinstance(way, dict):
                self.faults.append(document.fault(here, "a way is a block of `measure: limit`"))
                continue
            names = frozenset(way) - {FROM}
            if names in seen:
                self.faults.append(document.fault(here, "the same measures are given twice"))
            seen.add(names)
            own = way.get(FROM)
            full = {**way, FROM: {**origin, **own} if isinstance(own, dict) else origin}
            place = (*to, "any", len(self._at((*to, "any"))))
            self._put(place, full, document, here)

    def _disable(self, document: Document, overlay: OverlaySpec) -> None:
        for number, entry in enumerate(overlay.disable):
            at: Location = ("disable", number)
            index = self._index(document, at, entry.rule)
            if index is None:
                continue
            levels = self._at(("rules", index, "levels"))
            if entry.level is not None and entry.level not in (levels or {}):
                what = f"rule {entry.rule} has no level {entry.level}"
                self.faults.append(document.fault(at, what, allowed=listed(levels or {})))
                continue
            spot = Spot(document.path, document.line(at), Layer.LOCAL)
            self.disabled.setdefault(entry.rule, []).append(
                Disabled(entry.level, entry.reason, entry.by, spot)
            )

    def _add(self, document: Document, at: Location) -> None:
        rule = document.at(at)
        rule_id = rule.get("id") if isinstance(rule, dict) else None
        known = self._ids()
        if rule_id in known:
            spot = self._spots[("rules", known[str(rule_id)])]
            what = f"rule '{rule_id}' exists already, at {spot}, and would be replaced unseen"
            fix = f"put what differs under `change: {{{rule_id}: …}}`, or `disable` the old one"
            self.faults.append(document.fault((*at, "id"), what, fix=fix))
            return
        self._put(("rules", len(self._at(("rules",)) or ())), rule, document, at)

    def _refuse_dated(self, document: Document, overlay: OverlaySpec) -> None:
        """Refuse a date on what is no limit: only limits are chosen by the time of a reading."""
        undated: list[Location] = [
            ("change", rule_id, key)
            for rule_id, change in overlay.change.items()
            for key in change
            if key != "levels"
        ]
        undated += [(key,) for key in ("disable", "rules", *_TIMES) if document.value.get(key)]
        for at in undated:
            what = f"`{at[-1]}` would hold at once, whatever `valid_from` and `valid_until` say"
            fix = "dates work on limits only; put it into an overlay without dates"
            self.faults.append(document.fault(at, what, fix=fix))

    # --- the tree ---

    def _at(self, location: Location) -> Any:
        value = self._value
        for part in location:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def _merge(self, to: Location, value: Any, document: Document, at: Location) -> None:
        """Let a value win over what is there, key by key where both are blocks."""
        before = self._at(to)
        if not isinstance(value, dict) or not isinstance(before, dict) or _is_number(value):
            self._put(to, value, document, at)
            return
        for key, inner in value.items():
            self._merge((*to, key), inner, document, (*at, key))

    def _put(self, to: Location, value: Any, document: Document, at: Location) -> None:
        parent, last = self._at(to[:-1]), to[-1]
        if isinstance(parent, list) and last == len(parent):
            parent.append(deepcopy(value))
        elif isinstance(parent, list | dict):
            parent[last] = deepcopy(value)  # type: ignore[index]
        for known in [known for known in self._spots if known[: len(to)] == to]:
            del self._spots[known]
        self._spots[to] = Spot(document.path, document.line(at), Layer.LOCAL)
        for inner in _below(value, ()):
            line = document.line((*at, *inner))
            self._spots[(*to, *inner)] = Spot(document.path, line, Layer.LOCAL)


def _is_number(value: Mapping[str, Any]) -> bool:
    """Say whether a block is one number of a pack, which is replaced as a whole."""
    return any(key in value for key in ("design", "table", "least"))


def _below(value: Any, at: Location) -> Iterator[Location]:
    pairs: Any = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        pairs = enumerate(value)
    for key, inner in pairs:
        yield (*at, key)
        yield from _below(inner, (*at, key))


def _origin(overlay: OverlaySpec, level: Mapping[str, Any]) -> dict[str, Any]:
    """Give where an overlay's limits come from: the level's own word, else the overlay's."""
    said: dict[str, Any] = {
        "source": overlay.source,
        "clause": overlay.clause,
        "confidence": overlay.confidence,
    }
    for key in ("valid_from", "valid_until"):
        if (day := getattr(overlay, key)) is not None:
            said[key] = day
    return said | {key: level[key] for key in _ORIGIN_KEYS if key in level}
