"""A loaded pack, and loading them: standard packs first, then the overlays of the district."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from alerting.basis import Basis, From, Layer
from alerting.model import Provenance
from alerting.numbers import Number
from alerting.rules.check import inner_faults
from alerting.rules.form import LevelSpec, OverlaySpec, PackSpec, RuleSpec
from alerting.rules.frequency import Frequency
from alerting.rules.layers import Disabled, Layered, Pile, Spot
from alerting.tables import TABLE_FOLDER, Table, load_tables
from sensors.document import Document, Fault, Location, check_model, did_you_mean, listed, load_yaml

# What decides on which sensors a rule works, and on which side.
REACH = ("quantities", "side", "only_where", "only_with")
PACK_FOLDER = Path(__file__).parent.parent / "packs"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One layer's numbers for one way to reach a level.

    `unit` is empty where they are in their measures' units.
    """

    limits: Mapping[str, Number]
    origin: From
    layer: Layer
    place: str
    unit: str = ""


# severity word to the ways of that level; of each way, the candidates from the lowest layer up
Ways = Mapping[str, tuple[tuple[Candidate, ...], ...]]


@dataclass(frozen=True, slots=True)
class Pack:
    """A loaded rule pack with everything that was laid over it.

    `before` holds the rules as they were before, where something was.
    """

    spec: PackSpec
    file: str
    overlays: tuple[OverlaySpec, ...] = ()
    disabled: Mapping[str, tuple[Disabled, ...]] = field(default_factory=dict)
    ways: Mapping[str, Ways] = field(default_factory=dict)
    origins: Mapping[str, Mapping[str, Basis]] = field(default_factory=dict)
    before: Mapping[str, RuleSpec] = field(default_factory=dict)
    frequency: Frequency | None = None

    @property
    def name(self) -> str:
        """Give pack and version, with those of its overlays, as alerts carry it."""
        laid = "".join(f"+{overlay.version}" for overlay in self.overlays)
        return f"{self.spec.pack}@{self.spec.version}{laid}"

    def why_disabled(self, rule_id: str, level: str | None = None) -> Disabled | None:
        """Give who took a rule, or one of its levels, out of use; None when nobody did."""
        for entry in self.disabled.get(rule_id, ()):
            if entry.level is None or entry.level == level:
                return entry
        return None


Packs = Mapping[str, tuple[Pack, ...]]


def load_packs(
    standard: Path = PACK_FOLDER, local: Path | None = None
) -> tuple[dict[str, tuple[Pack, ...]], list[Fault]]:
    """Load the standard packs and what a district lays over them, by kind of device.

    Faults name file and line. A file of the district is an overlay (`overlay: pit`) or a pack under
    a name of its own; one that would replace a standard pack unseen is a fault.
    """
    tables, faults = load_tables(TABLE_FOLDER, Layer.STANDARD)
    piles: dict[str, Pile] = {}
    for document in _documents(standard):
        faults += _take_pack(document, Layer.STANDARD, piles)
    if local is not None:
        tables, table_faults = _with_local(tables, local / "tables")
        faults += table_faults
        documents = list(_documents(local))
        for document in documents:
            if not _is_overlay(document):
                faults += _take_pack(document, Layer.LOCAL, piles)
        for document in documents:
            if _is_overlay(document):
                faults += _take_overlay(document, piles)
    packs: dict[str, tuple[Pack, ...]] = {}
    for pile in piles.values():
        pack, pack_faults = _made(pile, tables)
        faults += pack_faults
        if pack is not None:
            packs[pack.spec.kind] = (*packs.get(pack.spec.kind, ()), pack)
    return packs, [*faults, *_twice(packs)]


def _documents(folder: Path) -> Iterable[Document]:
    return (load_yaml(path) for path in sorted(folder.glob("*.yaml")))


def _is_overlay(document: Document) -> bool:
    return isinstance(document.value, dict) and "overlay" in document.value


def _take_pack(document: Document, layer: Layer, piles: dict[str, Pile]) -> list[Fault]:
    """Start a pile with a pack; its name must be new."""
    if not isinstance(document.value, dict):
        return check_model(document, PackSpec)[1]
    name = str(document.value.get("pack", document.path))
    if name in piles:
        what = f"pack '{name}' exists already, in {piles[name].path}, and would be replaced unseen"
        fix = f"say `overlay: {name}` and `change` what differs, or give the pack a new name"
        return [document.fault(("pack",), what, fix=fix)]
    piles[name] = Pile(document, layer)
    return []


def _take_overlay(document: Document, piles: dict[str, Pile]) -> list[Fault]:
    overlay, faults = check_model(document, OverlaySpec)
    if overlay is None:
        return faults
    pile = piles.get(overlay.overlay)
    if pile is None:
        what = f"there is no pack '{overlay.overlay}' to lay this over"
        hint = did_you_mean(overlay.overlay, piles)
        return [document.fault(("overlay",), what, allowed=listed(piles), fix=hint)]
    pile.lay(document, overlay)
    return []


def _with_local(tables: dict[str, Table], folder: Path) -> tuple[dict[str, Table], list[Fault]]:
    own, faults = load_tables(folder, Layer.LOCAL)
    for name in own.keys() & tables.keys():
        what = f"table {name} exists already, in {tables[name].file}"
        faults.append(Fault(own[name].file, 1, what, fix="give it a name of its own"))
    return {**own, **tables}, faults


def _made(pile: Pile, tables: Mapping[str, Table]) -> tuple[Pack | None, list[Fault]]:
    document = pile.layered()
    spec, faults = check_model(document, PackSpec, context={"tables": tables})
    faults = [*pile.faults, *faults]
    if spec is None:
        return None, faults
    faults += [document.fault(location, what) for location, what in inner_faults(spec)]
    ways: dict[str, Ways] = {}
    origins: dict[str, Mapping[str, Basis]] = {}
    for number, rule in enumerate(spec.rules):
        here: Location = ("rules", number)
        ways[rule.id] = {
            word: _ways(document, level, (*here, "levels", word))
            for word, level in rule.levels.items()
        }
        faults += _repeated(document, rule, here)
        origins[rule.id] = _origins(document, spec, rule, here)
    pack = Pack(
        spec=spec,
        file=pile.path,
        overlays=tuple(pile.overlays),
        disabled={rule_id: tuple(entries) for rule_id, entries in pile.disabled.items()},
        ways=ways,
        origins=origins,
        before=_before(pile, tables),
        frequency=_frequency(spec, tables),
    )
    if spec.frequency is not None and pack.frequency is None:
        what = f"there is no table '{spec.frequency.table}'"
        faults.append(document.fault(("frequency", "table"), what, allowed=listed(tables)))
    return pack, faults


def _frequency(spec: PackSpec, tables: Mapping[str, Table]) -> Frequency | None:
    table = tables.get(spec.frequency.table) if spec.frequency is not None else None
    return None if spec.frequency is None or table is None else Frequency(spec.frequency, table)


def _before(pile: Pile, tables: Mapping[str, Table]) -> dict[str, RuleSpec]:
    if not pile.overlays:
        return {}
    spec, _ = check_model(pile.standard, PackSpec, context={"tables": tables})
    return {} if spec is None else {rule.id: rule for rule in spec.rules}


def _ways(document: Layered, level: LevelSpec, at: Location) -> tuple[tuple[Candidate, ...], ...]:
    """Gather the layers of each way, which is known by its measures, in the order of the file."""
    found: dict[frozenset[str], list[Candidate]] = {}
    for number, way in enumerate(level.any):
        spot = document.spot((*at, "any", number))
        entry = Candidate(way.limits, level.origin_of(way), spot.layer, str(spot))
        found.setdefault(way.names, []).append(entry)
    return tuple(
        tuple(sorted(layers, key=lambda candidate: candidate.layer)) for layers in found.values()
    )


def _repeated(document: Layered, rule: RuleSpec, here: Location) -> list[Fault]:
    """Refuse two ways of one level and one file that need the same measures."""
    faults: list[Fault] = []
    for word, level in rule.levels.items():
        seen: set[tuple[str, frozenset[str]]] = set()
        for number, way in enumerate(level.any):
            at: Location = (*here, "levels", word, "any", number)
            key = (document.spot(at).file, way.names)
            if key in seen:
                what = f"level {word} has two ways with the same measures"
                faults.append(document.fault(at, what, fix="keep the one that warns earlier"))
            seen.add(key)
    return faults


def _origins(document: Layered, spec: PackSpec, rule: RuleSpec, here: Location) -> dict[str, Basis]:
    """Say for every number that is no limit where it was written."""
    places: dict[str, Location] = {key: (key,) for key in ("lateness", "stale", "offline")}
    for part in ("raise_when", "clear_when"):
        places[part] = (*here, part)
        for key in type(getattr(rule, part)).model_fields:
            places[f"{part}.{key}"] = (*here, part, key)
    for key in ("flat_after", *REACH):
        places[key] = (*here, key)
    for name in rule.measures:
        places[f"measures.{name}"] = (*here, "measures", name)
    return {key: _basis(document.spot(at), spec) for key, at in places.items()}


def _basis(spot: Spot, spec: PackSpec) -> Basis:
    source = f"rule pack {spec.pack}" if spot.layer is Layer.STANDARD else "local rule"
    return Basis(
        provenance=Provenance(source=source, confidence="D"), layer=spot.layer, place=str(spot)
    )


def _twice(packs: Packs) -> list[Fault]:
    """Refuse one rule id in two packs of a kind: a sensor's rules are known by their ids."""
    faults: list[Fault] = []
    for entries in packs.values():
        seen: dict[str, Pack] = {}
        for pack in entries:
            for rule in pack.spec.rules:
                if rule.id in seen and seen[rule.id] is not pack:
                    what = f"rule '{rule.id}' is also in {seen[rule.id].file}"
                    faults.append(Fault(pack.file, 1, what, fix="give it another id"))
                seen[rule.id] = pack
    return faults
