"""The pages for site engineers say what the rule packs say, in both languages."""

import re
from pathlib import Path

import pytest

from evaluation.hazards import filled, language_of, main, rules

FOLDER = Path(__file__).parents[3] / "docs/hazards"
PAGES = sorted(FOLDER.glob("*.md"))
HAZARDS = (
    "camera",
    "crane",
    "formwork",
    "hoist",
    "pit",
    "platform",
    "ponding",
    "rain",
    "water-level",
)


def test_every_hazard_has_a_page_in_both_languages() -> None:
    assert {page.name for page in PAGES} == {
        f"{name}{ending}" for name in HAZARDS for ending in (".md", ".zh.md")
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_tables_say_what_the_packs_say(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    said = "run: python -m evaluation.hazards docs/hazards"
    assert text == filled(text, language_of(page)), said
    assert text.count("| ---") == 0
    assert re.findall(r"<!-- limits ", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_level_of_its_rules_has_a_line(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.search(r"<!-- limits ([a-z0-9_ ]+) -->", text)
    assert named is not None
    levels = sum(len(rules()[name][1].levels) for name in named[1].split())
    table = text[named.end() : text.index("<!-- /limits -->")]
    assert table.count("\n| ") - 1 == levels


def test_every_rule_stands_on_a_page() -> None:
    named = {
        name
        for page in PAGES
        for found in re.findall(r"<!-- limits ([a-z0-9_ ]+) -->", page.read_text("utf-8"))
        for name in found.split()
    }
    like_the_counter = {"rain_total", "rain_intensity"}  # asserted below
    assert set(rules()) - named == like_the_counter


def test_no_name_on_a_page_is_a_pattern() -> None:
    assert [page.name for page in PAGES if "{stem}" in page.read_text("utf-8")] == []


def test_both_languages_speak_of_the_same_rules() -> None:
    for name in HAZARDS:
        pages = [(FOLDER / f"{name}{ending}").read_text("utf-8") for ending in (".md", ".zh.md")]
        named = [re.findall(r"<!-- limits ([a-z0-9_ ]+) -->", text) for text in pages]
        assert named[0] == named[1]


def test_a_folder_without_pages_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 2
    assert "usage" in capsys.readouterr().err


def test_a_changed_table_is_made_anew(tmp_path: Path) -> None:
    page = tmp_path / "ponding.md"
    page.write_text("a\n<!-- limits ponding -->\nold\n<!-- /limits -->\nb\n", encoding="utf-8")
    assert main([str(tmp_path)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "old" not in text
    assert "| Ponding depth | red | ≥ 0.4 m |" in text
    assert text.startswith("a\n")
    assert text.endswith("\nb\n")


def test_rain_has_the_same_limits_by_whatever_a_gauge_reports() -> None:
    levels = [rules()[name][1].levels for name in ("rain_total", "rain_counter", "rain_intensity")]
    assert levels[0] == levels[1] == levels[2]
