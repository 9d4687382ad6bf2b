"""A GB/T 28181 catalogue becomes cameras: every cell of the mapping, every encoding, no guess."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis_link.datum import Datum
from gis_link.importing import Beside, Imported, import_file, kind_named
from gis_link.need import BUILT_IN
from gis_link.rows import Reading

CAMERA = "44011100001310000001"
Read = Callable[..., Imported]


def item(device: str = CAMERA, info: str = "", **fields: str) -> str:
    said = {"Name": "白云桥", "Status": "ON", "Longitude": "113.27", "Latitude": "23.16", **fields}
    inner = "".join(f"<{name}>{value}</{name}>\n" for name, value in said.items() if value)
    return f"<Item>\n<DeviceID>{device}</DeviceID>\n{inner}<Info>{info}</Info>\n</Item>\n"


def answer(*items: str, encoding: str = "GB2312", command: str = "Catalog") -> str:
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<Response>\n<CmdType>{command}</CmdType>\n'
        f"<SN>1</SN>\n<DeviceID>44011100002000000001</DeviceID>\n<SumNum>{len(items)}</SumNum>\n"
        f'<DeviceList Num="{len(items)}">\n{"".join(items)}</DeviceList>\n</Response>\n'
    )


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def run(data: bytes | str, datum: Datum | None = Datum.WGS84) -> Imported:
        path = tmp_path / "catalogue.xml"
        path.write_bytes(data if isinstance(data, bytes) else data.encode("gb18030"))
        return import_file(
            path, kind_named("cameras"), Reading(datum=datum), Beside(needs=BUILT_IN)
        )

    return run


def test_a_camera_is_taken_with_what_the_standard_says(read: Read) -> None:
    found = read(answer(item(info="<DirectionType>6</DirectionType><Resolution>5/6</Resolution>")))
    assert found.faults == ()
    row = found.rows[CAMERA]
    assert row["name"] == "白云桥"
    assert row["status"] == "online"
    assert row["width_px"] == "1920"
    assert (float(row["lat"]), float(row["lon"])) == (23.16, 113.27)
    assert "hfov_deg" not in row
    assert "range_m" not in row


@pytest.mark.parametrize(
    ("code", "heading"),
    [
        *(("1", "90"), ("2", "270"), ("3", "180"), ("4", "0")),
        *(("5", "135"), ("6", "45"), ("7", "225"), ("8", "315")),
        *(("0", None), ("9", None), ("", None)),
    ],
)
def test_eight_directions(read: Read, code: str, heading: str | None) -> None:
    found = read(answer(item(info=f"<DirectionType>{code}</DirectionType>")))
    assert found.rows[CAMERA].get("heading_deg") == heading


@pytest.mark.parametrize(
    ("said", "status"),
    [("ON", "online"), ("OFF", "offline"), ("off", "offline"), ("", "unknown"), ("?", "unknown")],
)
def test_status(read: Read, said: str, status: str) -> None:
    assert read(answer(item(Status=said))).rows[CAMERA]["status"] == status


@pytest.mark.parametrize(("ptz", "turns"), [("1", True), ("5", True), ("3", False), ("", False)])
def test_a_dome_turns_all_round(read: Read, ptz: str, turns: bool) -> None:
    row = read(answer(item(info=f"<PTZType>{ptz}</PTZType>"))).rows[CAMERA]
    assert (row.get("pan_to_deg") == "360") is turns


@pytest.mark.parametrize(
    ("stated", "codec", "odd"),
    [
        ("GB2312", "gb18030", ""),
        ("GBK", "gb18030", ""),
        ("GB18030", "gb18030", ""),
        ("UTF-8", "utf-8", ""),
        ("GB2312", "utf-8", "says GB2312 and is UTF-8"),
        ("UTF-8", "gb18030", "says UTF-8 and is GB18030"),
    ],
)
def test_encodings(read: Read, stated: str, codec: str, odd: str) -> None:
    found = read(answer(item(), encoding=stated).encode(codec))
    assert found.rows[CAMERA]["name"] == "白云桥"
    assert [fault.what for fault in found.faults] == ([f"{odd}: read as that"] if odd else [])


def test_two_letters_that_could_be_either_are_what_they_are_said_to_be(read: Read) -> None:
    """The two signs of 联通 in GB are valid UTF-8 as well, of no Chinese sign."""
    assert read(answer(item(Name="联通"))).rows[CAMERA]["name"] == "联通"


def test_answers_one_after_the_other_are_one_catalogue(read: Read) -> None:
    other = f"{CAMERA[:-1]}2"
    found = read(answer(item()) + answer(item(other)))
    assert list(found.rows) == [CAMERA, other]


def test_what_is_no_camera_is_passed_over_and_what_is_wrong_is_told_with_its_line(
    read: Read,
) -> None:
    text = answer(
        item("44011100002150000001", Name="分组"),
        item("440111", Name="short"),
        item(f"{CAMERA[:-1]}3", Longitude="0", Latitude="0"),
        item(f"{CAMERA[:-1]}4", Longitude=""),
        item(f"{CAMERA[:-1]}5", Longitude="east"),
        item(),
    )
    found = read(text)
    assert list(found.rows) == [CAMERA]
    lines = text.splitlines()
    said = [(lines[fault.line - 1], fault.what) for fault in found.faults]
    assert all(line == "<Item>" for line, _ in said)
    assert said[0][1] == "DeviceID '440111' is not 20 digits"
    assert "has no Longitude and Latitude" in said[1][1]
    assert "has no Longitude and Latitude" in said[2][1]
    assert "not a place" in said[3][1]


def test_without_a_datum_nothing_is_taken(read: Read) -> None:
    found = read(answer(item()), datum=None)
    assert found.rows == {}
    assert "GB/T 28181 states no datum" in found.faults[0].what


def test_a_stated_datum_is_converted(read: Read) -> None:
    row = read(answer(item()), datum=Datum.GCJ02).rows[CAMERA]
    assert float(row["lat"]) == pytest.approx(23.16266, abs=1e-4)
    assert float(row["lon"]) == pytest.approx(113.26471, abs=1e-4)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "holds no <Response> or <Notify>"),
        ("<Response><CmdType>Catalog</CmdType><Item></Response>", "not readable as XML"),
        (answer(item(), command="RecordInfo"), "CmdType is 'RecordInfo', not Catalog"),
        (answer(item(), encoding="BIG5"), "encoding 'BIG5' is not used by GB/T 28181"),
        ("<Response>" + "<a>" * 20 + "</a>" * 20 + "</Response>", "nested too deep"),
        (
            '<!DOCTYPE a [<!ENTITY x "y">]>' + answer(item(Name="&x;")).partition("?>")[2],
            "not readable as XML",
        ),
    ],
)
def test_what_is_no_catalogue_is_refused(read: Read, text: str, said: str) -> None:
    found = read(text)
    assert found.rows == {}
    assert said in found.faults[0].what


@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: f"<Response>{text}</Response>".encode())
)
def test_no_bytes_make_it_fail(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("gb") / "catalogue.xml"
    path.write_bytes(data)
    how = Reading(datum=Datum.WGS84)
    found = import_file(path, kind_named("cameras"), how, Beside(needs=BUILT_IN))
    assert found.rows or found.faults
