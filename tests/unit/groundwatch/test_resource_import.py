"""`groundwatch resources import`: the good rows are taken, every bad one is told with its line."""

import json
import shutil
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from gis_link.datum import Datum, from_wgs84
from gis_link.ground import distances_m
from gis_link.loaders import load_resources
from gis_link.model import FacilityKind, Position
from groundwatch.cli import app

EXAMPLE = Path(__file__).parents[3] / "examples" / "baiyun"

HERE = Position(23.2, 113.3)
WITHOUT_ZONE = datetime(2026, 6, 12, 8)  # noqa: DTZ001 - as sheets have it
TEAMS = "id,name,capabilities,strength,lat,lon,phone\n"


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    (tmp_path / "sites" / "resources").mkdir(parents=True)
    return tmp_path / "sites"


def run(sites: Path, file: Path, kind: str, *more: str) -> Result:
    return CliRunner().invoke(
        app, ["resources", "import", str(file), "--kind", kind, "--sites", str(sites), *more]
    )


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_text(text, encoding=encoding)
    return path


def workbook(path: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_good_rows_are_taken_and_bad_ones_told(sites: Path, tmp_path: Path) -> None:
    text = (
        "# datum: GCJ-02\n" + TEAMS + "T-1,Good,drainage;医疗救护,9,23.2,113.3,+86 000 0000 0001\n"
        "T-2,Bad,flying,9,23.2,113.3,\n"
        "T-1,Twice,drainage,9,23.2,113.3,\n"
        "T-3,Nowhere,drainage,many,,113.3,\n"
    )
    file = written(tmp_path / "sent.csv", text)
    done = run(sites, file, "teams")
    assert done.exit_code == 2
    told = done.stderr.splitlines()
    assert told[0].startswith(f"{file}:4: capability 'flying' is not known; ")
    assert told[1] == f"{file}:5: team 'T-1' stands already in line 3: give it an id of its own"
    assert told[2].startswith(f"{file}:6: strength 'many' is not a number")
    assert told[3].startswith(f"{file}:6: lat and lon are needed")
    assert "1 new, 0 updated, 4 wrong; written to" in done.stdout
    [team] = load_resources(sites / "resources")[0].teams
    assert team.capabilities == {"drainage", "medical"}
    there = from_wgs84(team.position, Datum.GCJ02)
    assert distances_m(there, [HERE])[0] < 0.001


def test_a_row_far_from_the_map_is_taken_with_a_warning(sites: Path, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLE / "map", sites / "map")
    text = f"# datum: WGS-84\n{TEAMS}T-1,Far,drainage,9,31.2,121.5,\n"
    file = written(tmp_path / "sent.csv", text)
    done = run(sites, file, "teams")
    assert done.exit_code == 0
    assert done.stderr.startswith(f"{file}:3: warning: lat 31.2, lon 121.5 lies ")
    assert "1 new, 0 updated, 0 wrong; written to" in done.stdout
    again = run(sites, file, "teams", "--update")
    assert again.exit_code == 0
    assert len(again.stderr.splitlines()) == 1


def test_an_excel_sheet_with_chinese_headings(sites: Path, tmp_path: Path) -> None:
    depots = workbook(
        tmp_path / "depots.xlsx",
        ["# datum: WGS-84"],
        ["编号", "名称", "纬度", "经度", "保管人", "电话"],
        ["D-1", "仓库一", 23.2, 113.3, "样例", 86000],
    )
    stock = workbook(
        tmp_path / "stock.xlsx",
        ["仓库", "物资", "数量", "单位", "有效期", "盘点时间"],
        ["D-1", "编织袋", 500, "条", date(2027, 5, 1), "2026-06-12T08:00:00+08:00"],
        ["D-1", "潜水泵", 3, "个", None, None],
        ["D-1", "排水泵车", 1, "台", None, WITHOUT_ZONE],
    )
    assert run(sites, depots, "depots").exit_code == 0
    done = run(sites, stock, "stock")
    assert done.exit_code == 2
    assert "stock.xlsx:3: unit '个' is not the one submersible_pump is counted in" in done.stderr
    assert "stock.xlsx:4: checked_at '2026-06-12T08:00:00' has no time zone" in done.stderr
    [depot] = load_resources(sites / "resources")[0].depots
    assert depot.phone == "86000"
    [line] = depot.stock
    assert (line.item, line.quantity, line.expires) == ("woven_bag", 500.0, date(2027, 5, 1))


@pytest.mark.parametrize("data", [b"", b"no workbook", b"PK\x03\x04broken"])
def test_what_is_no_workbook_is_refused(sites: Path, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "t.xlsx").write_bytes(data)
    done = run(sites, tmp_path / "t.xlsx", "teams")
    assert done.exit_code == 2
    assert "t.xlsx:1: not an .xlsx workbook" in done.stderr
    assert "nothing written" in done.stdout


@pytest.mark.parametrize(
    ("kind", "row", "what", "unit"),
    [
        ("shelters", "S,School hall,23.2,113.3,300,120", FacilityKind.SHELTER, "people"),
        ("hospitals", "H,Hospital,23.2,113.3,80,70", FacilityKind.HOSPITAL, "beds"),
        ("pumps", "P,Pump house,23.2,113.3,1200,", FacilityKind.PUMP, "m3/h"),
    ],
)
def test_places_that_help(
    sites: Path, tmp_path: Path, kind: str, row: str, what: FacilityKind, unit: str
) -> None:
    text = f"# datum: WGS-84\nid,name,lat,lon,capacity,in_use\n{row}\n"
    assert run(sites, written(tmp_path / "f.csv", text), kind).exit_code == 0
    [found] = load_resources(sites / "resources")[0].facilities
    assert (found.kind, found.unit) == (what, unit)


def test_sensitive_places_say_of_which_kind(sites: Path, tmp_path: Path) -> None:
    text = (
        "# datum: WGS-84\nkind,id,name,lat,lon\nschool,A,School,23.2,113.3\n"
        "underpass,B,Underpass,23.2,113.3\nzoo,C,Zoo,23.2,113.3\n"
    )
    done = run(sites, written(tmp_path / "f.csv", text), "sensitive")
    assert "f.csv:5: kind 'zoo' is not known" in done.stderr
    found = load_resources(sites / "resources")[0].facilities
    assert [each.kind.value for each in found] == ["school", "underpass"]


def test_an_update_keeps_what_the_import_leaves_empty(sites: Path, tmp_path: Path) -> None:
    own = sites / "resources" / "cameras.csv"
    text = "# datum: WGS-84\nid,name,lat,lon,heading_deg,hfov_deg,range_m,status\n"
    written(own, f"{text}C,Mine,23.2,113.3,90,60,200,online\nD,Other,23.2,113.3,0,60,200,online\n")
    sent = written(
        tmp_path / "sent.csv", "# datum: WGS-84\nid,name,lat,lon,status\nC,New,23.3,113.3,offline\n"
    )
    refused = run(sites, sent, "cameras", "--into", str(own))
    assert refused.exit_code == 2
    assert "is there already: --update keeps" in refused.stderr
    done = run(sites, sent, "cameras", "--into", str(own), "--update")
    assert "0 new, 1 updated, 0 wrong" in done.stdout
    first, second = load_resources(sites / "resources")[0].cameras
    assert (first.name, first.status.value, first.range_m) == ("New", "offline", 200.0)
    assert second.name == "Other"


def test_an_id_of_another_file_is_told_where_it_stands(sites: Path, tmp_path: Path) -> None:
    head = "# datum: WGS-84\n" + TEAMS
    kept = written(sites / "resources" / "teams.csv", head + "T-1,A,drainage,9,23.2,113.3,\n")
    sent = written(tmp_path / "sent.csv", head + "T-1,B,drainage,9,23.2,113.3,\n")
    done = run(sites, sent, "teams")
    assert f"sent.csv:3: team 'T-1' stands already at {kept}" in done.stderr
    assert not (sites / "resources" / "teams-sent.csv").exists()


def test_an_update_loses_no_row_that_cannot_be_read(sites: Path, tmp_path: Path) -> None:
    head = "# datum: WGS-84\n" + TEAMS
    text = head + "T-1,A,drainage,9,23.2,113.3,\nT-2,B,flying,9,23.2,113.3,\n"
    there = written(sites / "resources" / "teams-sent.csv", text)
    sent = written(tmp_path / "sent.csv", head + "T-1,C,drainage,9,23.2,113.3,\n")
    done = run(sites, sent, "teams", "--update")
    assert there.read_text(encoding="utf-8") == text
    assert done.exit_code == 2
    assert f"{there}:4: capability 'flying' is not known" in done.stderr
    assert "mend it first" in done.stderr


def test_another_encoding_is_said_and_not_guessed(sites: Path, tmp_path: Path) -> None:
    text = "# datum: WGS-84\n" + TEAMS + "T-1,抢险队,drainage,9,23.2,113.3,\n"
    sent = written(tmp_path / "sent.csv", text, "gb18030")
    assert "not UTF-8" in run(sites, sent, "teams").stderr
    assert run(sites, sent, "teams", "--encoding", "gbk").exit_code == 0
    [team] = load_resources(sites / "resources")[0].teams
    assert team.name == "抢险队"


def test_a_file_that_is_no_text_to_its_end_is_refused_whole(sites: Path, tmp_path: Path) -> None:
    rows = "".join(f"T-{n},A,drainage,9,23.2,113.3,\n" for n in range(1000))
    sent = written(tmp_path / "sent.csv", "# datum: WGS-84\n" + TEAMS + rows)
    sent.write_bytes(sent.read_bytes() + "T-x,抢险队,drainage,9,23.2,113.3,\n".encode("gb18030"))
    done = run(sites, sent, "teams")
    assert f"{sent}:1003: not UTF-8" in done.stderr
    assert list((sites / "resources").iterdir()) == []


@pytest.mark.parametrize(
    ("stated", "given", "said"),
    [
        ("", "", "no datum is stated"),
        ("# datum: GCJ-02\n", "BD-09", "the file states GCJ-02 and BD-09 was given: correct one"),
        ("", "mars", "--datum: datum 'mars' is not known"),
    ],
)
def test_the_datum_is_stated_once(
    sites: Path, tmp_path: Path, stated: str, given: str, said: str
) -> None:
    sent = written(tmp_path / "sent.csv", stated + TEAMS + "T-1,A,drainage,9,23.2,113.3,\n")
    done = run(sites, sent, "teams", *(["--datum", given] if given else []))
    assert done.exit_code == 2
    assert said in done.stderr
    assert list((sites / "resources").iterdir()) == []


def test_a_dry_run_writes_nothing_and_says_the_same(sites: Path, tmp_path: Path) -> None:
    sent = written(tmp_path / "sent.csv", TEAMS + "T-1,A,drainage,9,23.2,113.3,\n")
    done = run(sites, sent, "teams", "--datum", "WGS-84", "--dry-run", "--json")
    assert json.loads(done.stdout) == {"new": 1, "updated": 0, "faults": [], "written": None}
    assert list((sites / "resources").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "kind", "more", "said"),
    [
        ("a.csv", "boats", [], "--kind: kind 'boats' is not known; allowed: teams, depots"),
        ("a.pdf", "teams", [], "allowed are files ending in .csv, .xlsx"),
        ("none.csv", "teams", [], "there is no such file"),
        ("a.xml", "teams", [], "a GB/T 28181 catalogue holds cameras"),
        ("a.csv", "teams", ["--encoding", "latin"], "--encoding 'latin': allowed are utf-8"),
        ("a.csv", "teams", ["--into", "x.csv"], "its name must begin with teams"),
        ("a.csv", "teams", ["--into", "/no/teams.csv"], "there is no such folder"),
    ],
)
def test_options_that_are_not_allowed(
    sites: Path, tmp_path: Path, name: str, kind: str, more: list[str], said: str
) -> None:
    if name != "none.csv":
        written(tmp_path / name, "")
    done = run(sites, tmp_path / name, kind, *more)
    assert done.exit_code == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is nothing in it: a line of columns and rows are needed"),
        ("# datum: WGS-84\n" + TEAMS, "there is nothing in it"),
        ("# datum: WGS-84\n" + TEAMS.replace(",", ";") + "T;N;drainage;9;23.2;113.3;\n",
         "columns stand apart by ; or tabs: save it as CSV with commas between them"),
        ("# datum: WGS-84\n" + TEAMS.replace(",", "\t"), "columns stand apart by ; or tabs"),
    ],
)  # fmt: skip
def test_a_file_of_no_rows_is_one_fault(sites: Path, tmp_path: Path, text: str, said: str) -> None:
    file = written(tmp_path / "sent.csv", text)
    done = run(sites, file, "teams")
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{file}:1: {said}")
    assert "nothing written" in done.stdout


def test_yes_and_no_may_be_in_chinese(sites: Path, tmp_path: Path) -> None:
    text = "# datum: WGS-84\nid,name,capabilities,lat,lon,在岗\n"
    text += "A,甲队,排涝,23.2,113.3,是\nB,乙队,排涝,23.2,113.3,否\n"
    assert run(sites, written(tmp_path / "sent.csv", text), "teams").exit_code == 0
    found, faults = load_resources(sites / "resources")
    assert faults == []
    assert {team.id: team.on_duty for team in found.teams} == {"A": True, "B": False}


def test_a_bare_name_to_write_into_stands_beside_the_others_wherever_one_is(
    sites: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    sent = written(tmp_path / "sent.csv", f"# datum: WGS-84\n{TEAMS}A,N,drainage,9,23.2,113.3,\n")
    assert run(sites, sent, "teams", "--into", "teams-sent.csv").exit_code == 0
    assert list(elsewhere.iterdir()) == []
    assert (sites / "resources" / "teams-sent.csv").exists()
