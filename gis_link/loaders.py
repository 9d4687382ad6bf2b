"""A directory of files to resources: teams, depots with stock, cameras, places and their people.

`resources/` holds `teams*`, `depots*`, `cameras*`, `shelters*`, `hospitals*`, `pumps*` and
`sensitive*` as `.csv`, `.geojson` or `.xlsx`, `stock*`, `people*.csv`, perhaps `needs.yaml` and a
road graph (`gis_link.load_roads`); the `map/` directory beside it holds the outlines as
`*.geojson`. Every bad row is reported with its file and line, and the good ones are taken: half a
list of teams is worth more in the night than none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import chain
from pathlib import Path
from typing import Any, Final, TypeVar

from msgspec import structs

from gis_link.area import check_areas
from gis_link.fields import Bounds, Fields
from gis_link.kinds import FACILITY_KINDS, KINDS
from gis_link.load_place import PEOPLE_COLUMNS, PLACE_COLUMNS, person_of, place_of
from gis_link.load_roads import load_roads
from gis_link.model import Camera, Depot, Facility, Fault, Person, Place, Stock, Team, Tier
from gis_link.named import closest
from gis_link.need import BUILT_IN, NeedTable
from gis_link.need_file import parse_needs
from gis_link.roads import Graph
from gis_link.rows import FaultList, Reading, Row, read_rows, read_text
from gis_link.shelf import Shelf

T = TypeVar("T")
_NAMES: Final = (*KINDS, "people", "needs", "roads")
_TABLES: Final = (".csv", ".geojson", ".xlsx")
_OPTIONAL: Final = frozenset(FACILITY_KINDS)
_MARGIN_DEG: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """Everything known about who and what can help; `absent` names what no file was found for."""

    teams: Shelf[Team] = field(default_factory=lambda: Shelf(Team))
    depots: Shelf[Depot] = field(default_factory=lambda: Shelf(Depot))
    cameras: Shelf[Camera] = field(default_factory=lambda: Shelf(Camera))
    facilities: Shelf[Facility] = field(default_factory=lambda: Shelf(Facility))
    places: tuple[Place, ...] = ()
    needs: NeedTable = BUILT_IN
    absent: tuple[str, ...] = ()
    roads: Graph | None = None


def load_resources(
    directory: Path, map_directory: Path | None = None
) -> tuple[Resources, list[Fault]]:
    """Load every file of a directory and of the map beside it; gives all faults at once.

    `map_directory` defaults to `map` beside `directory`. Nothing is raised for what the files
    hold; a directory that is not there is one fault.
    """
    faults = FaultList()
    outlines = map_directory or directory.parent / "map"
    if not directory.is_dir():
        faults.add(str(directory), 1, "is not a directory: create it or correct the path")
    loading = _Loading(directory, outlines, faults)
    return loading.all(), list(faults)


def load_bounds(map_directory: Path) -> Bounds | None:
    """Give a box around the outlines of a map, None without any; their faults are not told."""
    return _Loading(map_directory, map_directory, FaultList()).bounds()


class _Loading:
    """One pass over one directory."""

    def __init__(self, directory: Path, outlines: Path, faults: FaultList) -> None:
        self._directory, self._outlines, self._faults = directory, outlines, faults
        self._bounds: Bounds | None = None
        self._needs = BUILT_IN
        self._absent: list[str] = []

    def all(self) -> Resources:
        """Read everything, the table of needs and the map first because they check the rest."""
        self._report_strangers()
        self._needs = self._read_needs()
        outlines = self._places()
        self._bounds = _bounds_of(outlines)
        facilities = chain.from_iterable(map(self._of_kind, FACILITY_KINDS))
        return Resources(
            teams=Shelf(Team, self._of_kind("teams")),
            depots=self._with_stock(list(self._of_kind("depots"))),
            cameras=Shelf(Camera, self._of_kind("cameras")),
            facilities=Shelf(Facility, facilities),
            places=self._with_people(outlines),
            needs=self._needs,
            absent=tuple(self._absent),
            roads=load_roads(self._directory, self._faults),
        )

    def _report_strangers(self) -> None:
        for path in sorted(self._directory.glob("*")):
            is_table = path.suffix in (*_TABLES, ".yaml", ".yml", ".json")
            if is_table and not path.name.startswith(_NAMES):
                what = f"is not read: its name must begin with one of {', '.join(_NAMES)}"
                self._faults.add(str(path), 1, what)

    def _files(self, kind: str) -> list[Path]:
        found = [path for path in self._directory.glob(f"{kind}*") if path.suffix in _TABLES]
        if not found and kind not in _OPTIONAL:
            self._absent.append(kind)
        return sorted(found)

    def bounds(self) -> Bounds | None:
        """Give the box around the map."""
        return _bounds_of(self._places())

    def _of_kind(self, word: str) -> Iterator[Any]:
        """Build one record per good row of every file of a kind, the first of each id."""
        kind = KINDS[word]
        found = self._entries(word, kind.columns, lambda fields: kind.build(fields, self._needs))
        return _first_of_each(found, lambda record: str(record.id), kind.one, self._faults)

    def _read_needs(self) -> NeedTable:
        path = self._directory / "needs.yaml"
        text = read_text(path, self._faults) if path.exists() else None
        if text is None:
            return BUILT_IN
        needs, faults = parse_needs(text, str(path))
        for fault in faults:
            self._faults.note(fault)
        return needs

    def _entries(
        self,
        kind: str,
        columns: tuple[str, ...],
        build: Callable[[Fields], T],
        *,
        has_positions: bool = True,
    ) -> Iterator[tuple[Row, T]]:
        """Build one entry per good row of every file of a kind."""
        for path in self._files(kind):
            yield from self._of_file(path, columns, build, has_positions=has_positions)

    def _of_file(
        self,
        path: Path,
        columns: tuple[str, ...],
        build: Callable[[Fields], T],
        *,
        has_positions: bool = True,
    ) -> Iterator[tuple[Row, T]]:
        known = set(columns)
        for row in read_rows(path, self._faults, Reading(has_positions=has_positions)):
            for name in row.fields.keys() - known:
                known.add(name)
                self._report_column(row, name, columns)
            fields = Fields(row, self._faults, self._bounds)
            entry = build(fields)
            if fields.is_good:
                yield row, entry

    def _report_column(self, row: Row, name: str, columns: tuple[str, ...]) -> None:
        """Report a column that was probably meant to be a known one; others are ignored."""
        if meant := get_close_matches(name, columns, n=1, cutoff=0.8):
            what = f"column {name!r} is not used: did you mean {meant[0]!r}?"
            self._faults.add(row.file, row.line, what)

    def _with_stock(self, depots: list[Depot]) -> Shelf[Depot]:
        by_depot: dict[str, list[Stock]] = {depot.id: [] for depot in depots}
        kind = KINDS["stock"]
        rows = self._entries(
            "stock",
            kind.columns,
            lambda fields: kind.build(fields, self._needs),
            has_positions=False,
        )
        for row, (depot, stock) in rows:
            if depot in by_depot:
                by_depot[depot].append(stock)
            else:
                what = f"depot {depot!r} is in no depots file: correct the id or add the depot"
                self._faults.add(row.file, row.line, what)
        return Shelf(
            Depot,
            (structs.replace(depot, stock=tuple(by_depot[depot.id])) for depot in depots),
        )

    def _places(self) -> list[Place]:
        """Read every outline of the map."""
        files = sorted(self._outlines.glob("*.geojson"))
        if not files:
            self._absent.append("map")
        found = (pair for path in files for pair in self._of_file(path, PLACE_COLUMNS, place_of))
        places = list(_first_of_each(found, _place_key, "place", self._faults))
        for fault in check_areas(places):
            self._faults.note(fault)
        return places

    def _with_people(self, outlines: list[Place]) -> tuple[Place, ...]:
        places = {_place_key(place): place for place in outlines}
        people: dict[str, list[Person]] = {}
        rows = self._entries("people", PEOPLE_COLUMNS, person_of, has_positions=False)
        for row, (place, person) in rows:
            key = _place_key(place)
            if key not in places and place.tier is not Tier.SITE:
                codes = [known.code for known in outlines if known.tier is place.tier]
                what = f"{place.tier.value} {place.code!r} is not on the map; "
                self._faults.add(row.file, row.line, what + closest(place.code, codes))
                continue
            places.setdefault(key, place)
            people.setdefault(key, []).append(person)
        return tuple(
            replace(place, people=tuple(people.get(key, ()))) for key, place in places.items()
        )


def _place_key(place: Place) -> str:
    return f"{place.tier.value} {place.code}"


def _bounds_of(places: list[Place]) -> Bounds | None:
    if not places:
        return None
    boxes = [place.outline.bounds for place in places]
    west, south, east, north = (
        pick(box[i] for box in boxes) for i, pick in enumerate((min, min, max, max))
    )
    return Bounds(south - _MARGIN_DEG, west - _MARGIN_DEG, north + _MARGIN_DEG, east + _MARGIN_DEG)


def _first_of_each(
    pairs: Iterator[tuple[Row, T]], key: Callable[[T], str], kind: str, faults: FaultList
) -> Iterator[T]:
    """Give each entry whose id is new; a second one of the same id is a fault."""
    seen: dict[str, str] = {}
    for row, entry in pairs:
        name = key(entry)
        if name in seen:
            what = f"{kind} {name!r} stands already at {seen[name]}: give it an id of its own"
            faults.add(row.file, row.line, what)
            continue
        seen[name] = f"{row.file}:{row.line}"
        yield entry
