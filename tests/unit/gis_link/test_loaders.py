"""Loading resources: every bad row is reported with its line, every good one is taken."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from gis_link.datum import Datum, from_wgs84
from gis_link.ground import distances_m
from gis_link.loaders import Resources, load_resources
from gis_link.model import CameraStatus, Fault, Position, Preset, Tier

Load = Callable[..., tuple[Resources, list[Fault]]]

TEAMS = "# datum: WGS-84\nid,name,capabilities,strength,on_duty,phone,lat,lon,as_of\n"
DEPOTS = "# datum: WGS-84\nid,name,lat,lon\nD-1,Store,23.2,113.2\n"
STOCK = "depot,item,quantity,unit,reserved,expires,checked_at\n"
CAMERAS = (
    "# datum: WGS-84\nid,name,lat,lon,heading_deg,hfov_deg,range_m,min_range_m,"
    "pan_from_deg,pan_to_deg,presets,status,snapshot\n"
)
GOOD_TEAM = "T-9,Good,drainage,5,true,,23.2,113.2,\n"
SQUARE = [[113.0, 23.0], [113.5, 23.0], [113.5, 23.5], [113.0, 23.5], [113.0, 23.0]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write files (a name with `/` goes into the map) and load them; faults name only the file."""

    def run(**files: str) -> tuple[Resources, list[Fault]]:
        resources, outlines = tmp_path / "resources", tmp_path / "map"
        resources.mkdir(exist_ok=True)
        outlines.mkdir(exist_ok=True)
        for name, text in files.items():
            stem, _, suffix = name.rpartition("_")
            folder = outlines if stem in ("district", "streets") else resources
            (folder / f"{stem}.{suffix}").write_text(text, encoding="utf-8")
        found, faults = load_resources(resources)
        return found, [fault._replace(file=Path(fault.file).name) for fault in faults]

    return run


def geojson(*features: dict[str, object], **head: object) -> str:
    lines = ",\n".join(json.dumps({"type": "Feature", **feature}) for feature in features)
    start = json.dumps({"type": "FeatureCollection", "datum": "WGS-84", **head})[:-1]
    return f'{start},\n"features": [\n{lines}\n]}}\n'


def point(lon: float, lat: float, **properties: object) -> dict[str, object]:
    return {
        "properties": properties,
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
    }


def outline(ring: object = SQUARE, **properties: object) -> dict[str, object]:
    said = {"tier": "district", "code": "d", "name": "District", **properties}
    return {"properties": said, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def test_a_full_row_becomes_a_team(load: Load) -> None:
    text = (
        "# datum: WGS-84\n# made up\n"
        "id,name,capabilities,strength,on_duty,phone,lat,lon,as_of,base_lat,base_lon\n"
        'T-1,"Drainers, north",drainage; Traffic_Control,12,no,+86 000 1,23.2,113.2,'
        "2026-11-01T08:00:00+08:00,23.21,113.21\n"
    )
    found, faults = load(teams_csv=text)
    assert faults == []
    [team] = found.teams
    assert team.name == "Drainers, north"
    assert team.capabilities == {"drainage", "traffic_control"}
    assert (team.strength, team.on_duty, team.phone) == (12, False, "+86 000 1")
    assert team.position == Position(23.2, 113.2)
    assert team.base == Position(23.21, 113.21)
    assert team.as_of == datetime(2026, 11, 1, tzinfo=UTC)


def test_optional_columns_may_be_missing(load: Load) -> None:
    text = (
        "# datum: WGS-84\nid,name,capabilities,base_lat,base_lon,remark\nT,N,medical,23.2,113.2,x\n"
    )
    found, faults = load(teams_csv=text)
    assert faults == []
    [team] = found.teams
    assert (team.on_duty, team.strength, team.as_of) == (True, 0, None)
    assert team.position == team.base == Position(23.2, 113.2)


def test_geojson_gives_the_same_team(load: Load) -> None:
    feature = point(
        113.2,
        23.2,
        id="T-1",
        name="N",
        capabilities=["drainage", "medical"],
        on_duty=False,
        strength=7,
    )
    found, faults = load(teams_geojson=geojson(feature))
    assert faults == []
    [team] = found.teams
    assert team.position == Position(23.2, 113.2)
    assert (team.capabilities, team.on_duty, team.strength) == (
        frozenset({"drainage", "medical"}),
        False,
        7,
    )


# A row of teams.csv, and words of its fault; the row is the third line.
TEAM_FAULTS = [
    ("T,N,drainage,5,true,,113.2,23.2,", "lat 113.2 and lon 23.2 look swapped"),
    ("T,N,drainage,5,true,,223.2,113.2,", "are not a place: lat is within -90 to 90"),
    ("T,N,drainage,5,true,,north,113.2,", "are not a place"),
    ("T,N,drainage,5,true,,nan,113.2,", "are not a place"),
    ("T,N,drainage,5,true,,,113.2,", "lat and lon are needed"),
    ("T,N,drainage,5,true,,0,0,", "lat 0 and lon 0 are what is written where no position is kn"),
    ("T,N,drainage,5,true,,0.000,-0.0,", "a place in the ocean: fill in where it is"),
    ("T,N,drainige,5,true,,23.2,113.2,", "did you mean 'drainage'?"),
    ("T,N,,5,true,,23.2,113.2,", "capabilities is missing"),
    ("T,N,;,5,true,,23.2,113.2,", "capabilities must list 1 to"),
    (",N,drainage,5,true,,23.2,113.2,", "id is missing"),
    ("T,,drainage,5,true,,23.2,113.2,", "name is missing"),
    ("T,N,drainage,five,true,,23.2,113.2,", "strength 'five' is not a number"),
    ("T,N,drainage,5.5,true,,23.2,113.2,", "strength 5.5 is not a whole number"),
    ("T,N,drainage,-1,true,,23.2,113.2,", "strength -1 is out of range: allowed are 0 to"),
    ("T,N,drainage,5,perhaps,,23.2,113.2,", "on_duty 'perhaps' is not understood: write true"),
    ("T,N,drainage,5,true,,23.2,113.2,2026-11-01T08:00", "no time zone: add +08:00"),
    ("T,N,drainage,5,true,,23.2,113.2,yesterday", "is not an instant: write 2026-"),
    ("T,N,drainage,5,true,,23.2,113.2,,,", "11 values for 9 columns: quote a value with commas"),
    (f"T,{'N' * 201},drainage,5,true,,23.2,113.2,", "at most 200 letters"),
]


@pytest.mark.parametrize(("row", "said"), TEAM_FAULTS)
def test_a_bad_team_is_reported_and_the_next_one_taken(load: Load, row: str, said: str) -> None:
    found, faults = load(teams_csv=f"{TEAMS}{row}\n{GOOD_TEAM}")
    assert [(fault.file, fault.line) for fault in faults] == [("teams.csv", 3)]
    assert said in faults[0].what
    assert [team.id for team in found.teams] == ["T-9"]
    assert str(faults[0]).startswith("teams.csv:3: ")


def test_one_row_tells_all_its_faults(load: Load) -> None:
    _, faults = load(teams_csv=f"{TEAMS},,drainage,x,true,,23.2,113.2,\n")
    assert [fault.line for fault in faults] == [3, 3, 3]


def test_an_id_used_twice_keeps_the_first(load: Load) -> None:
    found, [fault] = load(teams_csv=TEAMS + GOOD_TEAM + GOOD_TEAM.replace("Good", "Other"))
    assert [team.name for team in found.teams] == ["Good"]
    assert fault.line == 4
    assert "team 'T-9' stands already at" in fault.what
    assert "teams.csv:3" in fault.what


def test_a_misspelt_column_is_told_once(load: Load) -> None:
    text = "# datum: WGS-84\nid,name,capabilites,capabilities,lat,lon\n"
    _, faults = load(teams_csv=text + "A,N,x,medical,23,113\nB,N,x,medical,23,113\n")
    assert [fault.what for fault in faults] == [
        "column 'capabilites' is not used: did you mean 'capabilities'?"
    ]


def test_a_capability_in_chinese_is_taken_and_an_unknown_one_is_answered_in_chinese(
    load: Load,
) -> None:
    text = "# datum: WGS-84\nid,name,capabilities,lat,lon\nA,N,起重救援;排涝,23.2,113.2\n"
    found, faults = load(teams_csv=f"{text}B,N,起重救助,23.2,113.2\n")
    assert [team.capabilities for team in found.teams] == [{"heavy_lifting", "drainage"}]
    (fault,) = faults
    assert "did you mean '起重救援'? allowed: 交通管制, " in fault.what


# A whole file that cannot be read, the line, and words of its fault.
BROKEN_FILES = [
    ("teams_csv", "id,name,capabilities,lat,lon\nT,N,medical,23,113\n", 1, "no datum is stated"),
    ("teams_csv", "# datum: Mars\nid,name,lat,lon\n", 1, "datum 'Mars' is not known: write WGS-84"),
    ("teams_csv", "# datum: WGS-84\nid,id,lat,lon\n", 1, "column id stands twice"),
    ("teams_csv", '# datum: WGS-84\nid,name\n"T,N\n', 3, "not readable as CSV"),
    ("teams_geojson", '{"features": [}', 1, "not readable as JSON"),
    ("teams_geojson", '{"datum": "WGS-84",\n"features": 3}', 1, "not a GeoJSON FeatureCollection"),
    ("teams_geojson", "[]", 1, "not a GeoJSON FeatureCollection"),
    ("teams_geojson", geojson(datum=None), 1, "no datum is stated"),
    ("teams_geojson", geojson(datum="EPSG:3857"), 1, "datum 'EPSG:3857' is not known"),
    ("vans_csv", "id\n", 1, "is not read: its name must begin with one of teams"),
]


@pytest.mark.parametrize(("name", "text", "line", "said"), BROKEN_FILES)
def test_a_broken_file_is_one_fault(load: Load, name: str, text: str, line: int, said: str) -> None:
    found, faults = load(**{name: text})
    assert [fault.line for fault in faults] == [line]
    assert said in faults[0].what
    assert found.teams == ()


def test_a_crs_states_the_datum_too(load: Load) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    feature = point(113.2, 23.2, id="D", name="N")
    found, faults = load(depots_geojson=geojson(feature, datum=None, crs=crs))
    assert faults == []
    assert len(found.depots) == 1


@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_points_of_a_web_map_are_moved_to_where_they_are(load: Load, datum: Datum) -> None:
    true = Position(23.2, 113.2)
    drawn = from_wgs84(true, datum)
    text = f"# datum: {datum.value}\nid,name,lat,lon\nD-1,N,{drawn.lat:.9f},{drawn.lon:.9f}\n"
    [depot] = load(depots_csv=text)[0].depots
    assert distances_m(true, [depot.position])[0] < 0.1
    assert distances_m(true, [drawn])[0] > 300.0


def test_a_column_may_state_the_datum_of_each_row(load: Load) -> None:
    text = (
        "id,name,lat,lon,datum\nA,N,23.2,113.2,WGS-84\nB,N,23.2,113.2,GCJ-02\n"
        "C,N,23.2,113.2,\nD,N,23.2,113.2,mars\n"
    )
    found, faults = load(depots_csv=text)
    assert [depot.id for depot in found.depots] == ["A", "B"]
    assert found.depots[0].position != found.depots[1].position
    assert [(fault.line, fault.what[:20]) for fault in faults] == [
        (4, "no datum is stated f"),
        (5, "datum 'mars' is not "),
    ]


def test_swapped_points_within_range_are_found_by_the_map(load: Load) -> None:
    """Where both numbers could be either, the map tells."""
    ring = [[24.0, 60.0], [25.0, 60.0], [25.0, 60.5], [24.0, 60.5], [24.0, 60.0]]
    text = "# datum: WGS-84\nid,name,lat,lon\nA,N,24.9,60.2\nB,N,60.2,24.9\n"
    found, [fault] = load(district_geojson=geojson(outline(ring)), depots_csv=text)
    assert [depot.id for depot in found.depots] == ["B"]
    assert "look swapped: exchanged they would lie inside the district" in fault.what


def test_a_position_far_from_the_map_is_a_warning_and_the_row_is_taken(load: Load) -> None:
    rows = "T-1,Near,drainage,5,true,,24.4,113.2,\nT-2,Far,drainage,5,true,,31.2,121.5,\n"
    found, [warning] = load(district_geojson=geojson(outline()), teams_csv=TEAMS + rows)
    assert [team.id for team in found.teams] == ["T-1", "T-2"]
    assert warning.is_warning
    assert str(warning).startswith("teams.csv:4: warning: lat 31.2, lon 121.5 lies 1013 km outside")
    assert "(lat 22.0 to 24.5, lon 112.0 to 114.5): correct it" in warning.what


def test_however_many_warnings_hide_no_fault(load: Load) -> None:
    far = "".join(f"T-{n},Far,drainage,5,true,,31.2,121.5,\n" for n in range(210))
    bad = "T,N,drainage,5,true,,0,0,\n"
    _, faults = load(district_geojson=geojson(outline()), teams_csv=TEAMS + far + bad)
    [fault] = [each for each in faults if not each.is_warning]
    assert (fault.line, fault.what[:5]) == (213, "lat 0")
    said = [each.what for each in faults if each.is_warning]
    assert {what[:40] for what in said[:-1]} == {"lat 31.2, lon 121.5 lies 1013 km outside"}
    assert (len(said), said[-1]) == (201, "more warnings follow: mend these first")


def test_bytes_that_are_not_utf8_are_reported_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "teams.csv"
    path.write_bytes(b"# datum: WGS-84\nid,name\nT,\xb9\xe3\xd6\xdd\n")
    _, [fault] = load_resources(tmp_path)
    assert (fault.file, fault.line) == (str(path), 3)
    assert fault.what.startswith("not UTF-8: save it again as UTF-8 (in a spreadsheet, CSV UTF-8)")
    assert "--encoding gb18030" in fault.what


def test_a_file_saved_by_a_spreadsheet_is_read(load: Load) -> None:
    found, faults = load(
        depots_csv='\ufeff"# datum: WGS-84",,,\r\nid,name,lat,lon\r\nD,N,23.2,113.2\r\n,,,\r\n'
    )
    assert faults == []
    assert len(found.depots) == 1


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "teams.csv"
    with path.open("wb") as sparse:
        sparse.truncate(300 * 1024 * 1024)
    _, [fault] = load_resources(tmp_path)
    assert "314572800 bytes are more than 268435456: split the file" in fault.what


def test_a_directory_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    found, [fault] = load_resources(tmp_path / "none")
    assert "is not a directory" in fault.what
    assert set(found.absent) == {"map", "teams", "depots", "stock", "cameras", "people"}


def test_what_has_no_file_is_named(load: Load) -> None:
    found, _ = load(teams_csv=TEAMS + GOOD_TEAM)
    assert set(found.absent) == {"map", "depots", "stock", "cameras", "people"}


def test_faults_of_one_file_are_not_endless(load: Load) -> None:
    _, faults = load(teams_csv=TEAMS + "T,N,drainage,5,true,,999,999,\n" * 5_000)
    assert len(faults) == 201
    assert faults[-1].what == "more faults follow: mend these first"


def test_stock_is_put_into_its_depot(load: Load) -> None:
    row = "D-1,pump_truck,4,台,1,2028-12-31,2026-10-01T08:00:00+08:00\nD-1,cable,300,,,,\n"
    found, faults = load(depots_csv=DEPOTS, stock_csv=STOCK + row)
    assert faults == []
    pump, cable = found.depots[0].stock
    assert (pump.item, pump.quantity, pump.reserved) == ("pump_truck", 4.0, 1.0)
    assert (pump.expires, pump.available(date(2026, 11, 1))) == (date(2028, 12, 31), 3.0)
    assert (cable.unit, cable.checked_at) == ("m", None)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("D-2,cable,1,m,,,", "depot 'D-2' is in no depots file"),
        ("D-1,pump_trck,1,,,,", "did you mean 'pump_truck'?"),
        ("D-1,cable,1,台,,,", "unit '台' is not the one cable is counted in: write m"),
        ("D-1,cable,-1,m,,,", "quantity -1 is out of range"),
        ("D-1,cable,,m,,,", "quantity is missing"),
        ("D-1,cable,1,m,2,,", "reserved 2 is more than the quantity of 1"),
        ("D-1,cable,1,m,,31/12/2028,", "is not a date: write 2026-"),
        ("D-1,cable,inf,m,,,", "quantity 'inf' is not a number"),
    ],
)
def test_bad_stock_is_reported(load: Load, row: str, said: str) -> None:
    found, faults = load(depots_csv=DEPOTS, stock_csv=f"{STOCK}{row}\nD-1,cable,5,m,,,\n")
    assert [(fault.file, fault.line) for fault in faults] == [("stock.csv", 2)]
    assert said in faults[0].what
    assert [stock.quantity for stock in found.depots[0].stock] == [5.0]


def test_a_camera_that_turns_is_read(load: Load) -> None:
    row = (
        "C,N,23.2,113.2,90,60,200,2,300,60,gate:10;pit road:350.5,online,https://x.example/c.jpg\n"
    )
    found, faults = load(cameras_csv=CAMERAS + row)
    assert faults == []
    [camera] = found.cameras
    assert camera.ptz is not None
    assert (camera.ptz.from_deg, camera.ptz.to_deg) == (300.0, 60.0)
    assert camera.ptz.presets == (Preset("gate", 10.0), Preset("pit road", 350.5))
    assert (camera.status, camera.width_px) == (CameraStatus.ONLINE, 1920)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "C,N,23.2,113.2,400,60,200,,,,,,",
            "heading_deg 400 is out of range: allowed are 0 to 360",
        ),
        ("C,N,23.2,113.2,north,60,200,,,,,,", "heading_deg 'north' is not a number"),
        ("C,N,23.2,113.2,0,0,200,,,,,,", "hfov_deg 0 is out of range"),
        ("C,N,23.2,113.2,0,60,200,200,,,,,", "min_range_m 200 must be less than range_m 200"),
        ("C,N,23.2,113.2,0,60,200,,,,gate,,", "preset 'gate' is not `name:heading`"),
        ("C,N,23.2,113.2,0,60,200,,,,,onlin,", "did you mean 'online'?"),
        ("C,N,23.2,113.2,0,60,200,,,,,,rtsp://me:secret@x.example/1", "user or password in it"),
        ("C,N,23.2,113.2,0,60,200,,,,,,somewhere", "is not an address"),
    ],
)
def test_a_bad_camera_is_reported(load: Load, row: str, said: str) -> None:
    found, faults = load(cameras_csv=f"{CAMERAS}{row}\n")
    assert [fault.line for fault in faults] == [3]
    assert said in faults[0].what
    assert "secret" not in str(faults[0])
    assert found.cameras == ()


def test_people_join_their_places(load: Load) -> None:
    people = (
        "tier,place,place_name,name,role,phone,duty,rank\n"
        "district,d,,Chen Example,duty officer,+86 000 1,flood,2\n"
        "site,pit-1,The pit,Li Example,,+86 000 2,,\n"
    )
    found, faults = load(district_geojson=geojson(outline()), people_csv=people)
    assert faults == []
    district, site = found.places
    assert [(p.name, p.duty, p.rank) for p in district.people] == [("Chen Example", "flood", 2)]
    assert (site.tier, site.name, site.people[0].duty) == (Tier.SITE, "The pit", "any")


def test_people_of_a_place_nobody_drew_are_reported(load: Load) -> None:
    people = "tier,place,name,phone\nstreet,d,A,1\ndistrict,e,A,1\nregion,d,A,1\n"
    _, faults = load(district_geojson=geojson(outline()), people_csv=people)
    assert [fault.line for fault in faults] == [2, 3, 4]
    assert "street 'd' is not on the map" in faults[0].what
    assert "allowed: d" in faults[1].what
    assert "allowed: city, district" in faults[2].what


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        (outline([[23.0, 113.0], [23.5, 113.0], [23.5, 113.5], [23.0, 113.0]]), "look swapped"),
        (
            outline([[113.0, 23.0], [113.5, 23.5], [113.5, 23.0], [113.0, 23.5], [113.0, 23.0]]),
            "crosses",
        ),
        (outline([[113.0, 23.0], [113.5, 23.5]]), "not rings of [lon, lat]"),
        (outline("round"), "not rings of [lon, lat]"),
        (outline([[500.0, 23.0], [501.0, 23.5], [501.0, 23.0], [500.0, 23.0]]), "outside lat -90"),
        (outline(tier="kingdom"), "tier 'kingdom' is not known"),
        (outline(code=""), "code is missing"),
        (point(113.0, 23.0, tier="district", code="d", name="D"), "must be a Polygon"),
        ({"properties": {}, "geometry": None}, "feature 1 has no geometry"),
    ],
)
def test_a_bad_outline_is_reported_with_its_line(
    load: Load, feature: dict[str, object], said: str
) -> None:
    text = geojson(outline(code="good"), feature)
    found, faults = load(district_geojson=text)
    assert [(fault.file, fault.line) for fault in faults] == [("district.geojson", 4)]
    assert said in faults[0].what
    assert [place.code for place in found.places] == ["good"]


def test_an_outline_of_a_web_map_is_moved(load: Load) -> None:
    found, _ = load(district_geojson=geojson(outline(), datum="GCJ-02"))
    west, south, _, _ = found.places[0].outline.bounds
    assert 100.0 < distances_m(Position(23.0, 113.0), [Position(south, west)])[0] < 1000.0


def test_borders_that_overlap_are_reported_when_loading(load: Load) -> None:
    streets = geojson(outline(tier="street", code="a"), outline(tier="street", code="b"))
    found, [fault] = load(district_geojson=geojson(outline()), streets_geojson=streets)
    assert (fault.file, fault.line) == ("streets.geojson", 3)
    assert "overlaps" in fault.what
    assert len(found.places) == 3


def test_a_table_of_needs_beside_the_resources_is_used(load: Load) -> None:
    needs = "capabilities:\n  diving: {name: divers}\nhazards:\n  ponding: {primary: [diving]}\n"
    team = "T,N,diving,5,true,,23.2,113.2,\n"
    found, faults = load(needs_yaml=needs, teams_csv=TEAMS + team)
    assert faults == []
    assert found.needs.hazards["ponding"].primary == ("diving",)
    assert found.teams[0].capabilities == {"diving"}
