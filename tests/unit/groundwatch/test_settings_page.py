"""The page of settings is that of the code, and says of every setting what it does."""

import re
import tomllib
from pathlib import Path

import pytest

from groundwatch.settings import SettingsError, load_settings
from groundwatch.settings_page import page

PAGE = Path(__file__).parents[3] / "docs/settings.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in page().splitlines()
    if line.startswith("| `")
]


def test_the_committed_page_is_that_of_the_code() -> None:
    said = "run: python -m groundwatch.settings_page > docs/settings.md"
    assert PAGE.read_text(encoding="utf-8") == page(), said


def test_every_setting_says_what_it_does_and_what_is_allowed() -> None:
    assert len(ROWS) > 150
    for name, variable, default, _, allowed, does in ROWS:
        assert variable == f"`GROUNDWATCH_{name.strip('`').upper().replace('.', '__')}`"
        assert default, name
        assert allowed, name
        assert re.fullmatch(r".+\.", does), name


def test_units_defaults_and_bounds_are_those_of_the_models() -> None:
    rows = {row[0].strip("`"): row for row in ROWS}
    assert rows["heartbeat.every_s"][2:5] == ["60", "s", "a number, from 5, up to 3600"]
    assert rows["travel.deadline_ms"][3] == "ms"
    assert rows["mqtt.version"][4] == "5, 311"
    assert rows["influx.url"][2] == "must be given"
    assert rows["http.keys.NAME.secret"][4] == "a secret, 24 signs at least"
    assert rows["channels.NAME.sender"][4] == "a text, 3 signs at least, 320 signs at most"
    assert rows["doors.yunzhu.bit_order"][4] == "list, reversed"


@pytest.mark.parametrize(
    "section",
    sorted({row[0].strip("`").rpartition(".")[0] for row in ROWS if "NAME" not in row[0]} - {""}),
)
def test_the_settings_of_a_section_are_those_that_a_mistake_is_told(
    section: str, tmp_path: Path
) -> None:
    path = tmp_path / "groundwatch.toml"
    path.write_text(f"[{section}]\nnonsense = 1\n")
    assert tomllib.loads(path.read_text())
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    said = str(caught.value)
    listed = [row[0].strip("`").rpartition(".") for row in ROWS]
    allowed = re.search(rf"no setting `{re.escape(section)}\.nonsense`; allowed: ([^;\n]*)", said)
    assert allowed is not None, said
    known = set(allowed[1].split(", "))
    assert {name for place, _, name in listed if place == section} <= known
