"""Messages of the kinds in the standard's appendix are read whole, and our own check is a check."""

import re
from collections.abc import Callable

import pytest
from lxml import etree

from alerting.cap.read import read_message
from alerting.cap.sign import Unsigned
from alerting.cap.values import Message, Pair
from tests.unit.alerting_cap.officials import GOLDEN
from tests.unit.alerting_cap.shape import CAP, SCHEMA, faults, faults_of_shape, schema

SAMPLES = sorted((GOLDEN / "appendix").glob("*.xml"))
NAMES = [path.stem for path in SAMPLES]


def sample(name: str) -> Message:
    heard = read_message((GOLDEN / "appendix" / f"{name}.xml").read_bytes())
    assert heard.remarks == ()
    return heard.message


def test_there_is_one_of_each_kind() -> None:
    assert NAMES == ["advisory", "earthquake", "missing-child", "thunderstorm"]


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_has_the_shape_and_survives_being_written(name: str) -> None:
    assert faults(etree.parse(str(GOLDEN / "appendix" / f"{name}.xml")).getroot()) == []
    message = sample(name)
    again = Unsigned().bytes_of(message)
    assert faults(etree.fromstring(again)) == []
    assert read_message(again).message == message


def test_an_advisory_keeps_its_pictures() -> None:
    info = sample("advisory").infos[0]
    assert info.language == "en-US"
    assert info.parameters == (Pair("ADVISORY", "STEP-2"),)
    there, inside = info.resources
    assert (there.uri, there.deref) == ("http://security.example.invalid/step2.gif", "")
    assert (inside.size, inside.deref[:8], inside.media_type) == (43, "R0lGODlh", "image/gif")


def test_a_storm_has_an_outline_and_every_code() -> None:
    area = sample("thunderstorm").infos[0].areas[0]
    assert [code.value for code in area.geocodes] == ["006109", "006009", "006003"]
    assert (area.polygons[0][0].lat, area.polygons[0][0].lon) == (38.47, -120.14)


def test_an_update_names_what_it_replaces() -> None:
    message = sample("earthquake")
    assert message.references[0].identifier == "EXQ13970876.1"
    area = message.infos[0].areas[0]
    assert (area.circles[0].radius_km, area.altitude_ft, area.ceiling_ft) == (0.0, -40.5, 120.0)
    assert [pair.name for pair in message.infos[0].parameters][-1] == "Quality"


def test_words_in_quotation_marks_stay_together() -> None:
    message = sample("missing-child")
    assert message.addresses == ("all stations", "north")
    assert message.incidents == ("case 12 of 2026", "X7")
    assert [each.language for each in message.infos] == ["en-US", "es-US"]
    assert message.infos[0].audience == "drivers"


def removed(root: "etree._Element", name: str) -> None:
    node = root.find(f".//{{{CAP}}}{name}")
    assert node is not None
    parent = node.getparent()
    assert parent is not None
    parent.remove(node)


def moved_first(root: "etree._Element", name: str) -> None:
    node = root.find(f".//{{{CAP}}}{name}")
    assert node is not None
    parent = node.getparent()
    assert parent is not None
    parent.insert(0, node)


def doubled(root: "etree._Element", name: str) -> None:
    node = root.find(f".//{{{CAP}}}{name}")
    assert node is not None
    node.addnext(etree.fromstring(etree.tostring(node)))


def spoilt(root: "etree._Element", name: str) -> None:
    node = root.find(f".//{{{CAP}}}{name}")
    assert node is not None
    node.text = "2026-06-01T14:03:22Z" if name in ("sent", "expires") else "~ ~"


CHANGES: dict[str, tuple[Callable[["etree._Element", str], None], str]] = {
    "removed": (
        removed,
        "identifier sender sent status msgType scope category event urgency severity certainty"
        " areaDesc valueName value resourceDesc mimeType",
    ),
    "moved first": (
        moved_first,
        "sent status msgType scope info event urgency severity certainty area polygon expires value"
        " headline web resource uri derefUri",
    ),
    "doubled": (
        doubled,
        "identifier sender sent status msgType scope event urgency severity certainty areaDesc"
        " valueName value senderName headline contact size digest altitude",
    ),
    "spoilt": (
        spoilt,
        "sent status msgType scope category responseType urgency severity certainty expires size"
        " language altitude ceiling",
    ),
}
BROKEN = [(how, name) for how, (_, names) in CHANGES.items() for name in names.split()]


@pytest.mark.parametrize(("how", "name"), BROKEN, ids=[f"{name} {how}" for how, name in BROKEN])
def test_what_is_broken_is_found_here_and_by_the_schema_alike(how: str, name: str) -> None:
    path = next(each for each in SAMPLES if re.search(rf"<{name}\b", each.read_text()))
    root = etree.parse(str(path)).getroot()
    CHANGES[how][0](root, name)
    assert faults_of_shape(root) != []
    if SCHEMA.is_file():
        assert not schema().validate(root)
