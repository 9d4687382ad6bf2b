"""A record written as a row and read again is the record; a datum is never lost on the way."""

from datetime import UTC, date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gis_link.datum import Datum
from gis_link.fields import Fields
from gis_link.kinds import KINDS, kind_of
from gis_link.model import (
    Camera,
    CameraStatus,
    Depot,
    Facility,
    FacilityKind,
    Position,
    Preset,
    Ptz,
    Stock,
    Team,
)
from gis_link.need import BUILT_IN, CAPABILITIES, ITEMS
from gis_link.rows import FaultList, Row, read_rows
from gis_link.unload import fields_of, stock_fields, write_csv

words = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters='"#'), min_size=1, max_size=12
)
# 0, 0 is refused: it is what is written where no position is known.
positions = st.builds(Position, st.floats(-90, 90), st.floats(-180, 180)).filter(
    lambda place: place != Position(0.0, 0.0)
)
instants = st.none() | st.datetimes(timezones=st.just(UTC))
some = st.none() | st.floats(1.0, 360.0)
teams = st.builds(
    Team,
    id=words,
    name=words,
    capabilities=st.frozensets(st.sampled_from(sorted(CAPABILITIES)), min_size=1, max_size=4),
    strength=st.integers(0, 100),
    on_duty=st.booleans(),
    phone=words,
    position=positions,
    as_of=instants,
    base=st.none() | positions,
)
depots = st.builds(
    Depot, id=words, name=words, position=positions, keeper=words, phone=words, stock=st.just(())
)
presets = st.builds(Preset, st.sampled_from(["gate", "坝顶"]), st.floats(0, 360))
ptz = st.builds(
    Ptz,
    from_deg=st.floats(0, 360),
    to_deg=st.floats(0, 360),
    presets=st.lists(st.builds(Preset, st.sampled_from(["gate", "坝顶"]), st.floats(0, 360))).map(
        tuple
    ),
    tele_hfov_deg=st.none() | st.floats(1, 60),
)
cameras = st.builds(
    Camera,
    id=words,
    name=words,
    position=positions,
    heading_deg=some,
    hfov_deg=some,
    range_m=some,
    height_m=st.floats(0, 100),
    width_px=st.integers(160, 8000),
    ptz=st.none() | ptz,
    status=st.sampled_from(CameraStatus),
    last_seen=instants,
    snapshot=st.sampled_from(["", "https://cameras.example/1.jpg"]),
)
facilities = st.builds(
    Facility,
    id=words,
    name=words,
    kind=st.sampled_from(FacilityKind),
    position=positions,
    capacity=st.none() | st.floats(100, 1e6),
    in_use=st.none() | st.floats(0, 100),
    unit=st.sampled_from(["people", "beds"]),
    is_open=st.none() | st.booleans(),
    as_of=instants,
)


@settings(max_examples=300, deadline=None)
@given(teams | depots | cameras | facilities)
def test_a_record_is_what_its_fields_make(record: Team | Depot | Camera | Facility) -> None:
    faults = FaultList()
    fields = Fields(Row("edit", 1, fields_of(record), Datum.WGS84), faults)
    assert KINDS[kind_of(record)].build(fields, BUILT_IN) == record
    assert faults == []


@settings(max_examples=60, deadline=None)
@given(st.lists(teams, max_size=5))
def test_a_written_file_is_read_as_it_was(tmp_path_factory: object, records: list[Team]) -> None:
    path = Path(tmp_path_factory.mktemp("unload")) / "teams.csv"  # type: ignore[attr-defined]
    kind = KINDS["teams"]
    with path.open("w", encoding="utf-8") as out:
        table = ([found.get(n, "") for n in kind.columns] for found in map(fields_of, records))
        write_csv(out, table, kind.columns, has_positions=True)
    faults = FaultList()
    rows = list(read_rows(path, faults))
    assert faults == []
    assert [kind.build(Fields(row, faults), BUILT_IN) for row in rows] == records


@given(
    st.builds(
        Stock,
        item=st.just("cable"),
        quantity=st.floats(10, 1e6),
        unit=st.just(ITEMS["cable"].unit),
        reserved=st.floats(0, 10),
        expires=st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1)),
        checked_at=instants,
    )
)
def test_a_line_of_stock_is_what_its_fields_make(stock: Stock) -> None:
    faults = FaultList()
    row = Row("edit", 1, stock_fields("D-1", stock), None)
    assert KINDS["stock"].build(Fields(row, faults), BUILT_IN) == ("D-1", stock)
    assert faults == []
