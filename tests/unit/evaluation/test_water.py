"""Matching alerts with onsets by hand-made rivers, and a measured one where the data are there."""

import os
from pathlib import Path

import pytest

from alerting.rules import PACK_FOLDER
from evaluation.river import River, rivers
from evaluation.water import CLOSES, OPENS, Raised, main, onsets, raised, score

HOUR = 3600.0
DATA = Path(os.environ.get("GROUNDWATCH_DATA", Path(__file__).parents[3] / "../shared/data"))


def river(*hours_and_stages: tuple[float, float]) -> River:
    series = [(hours * HOUR, stage) for hours, stage in hours_and_stages]
    return River("made", "up", 600.0, series, 3.0)


def test_an_onset_is_the_first_reading_at_the_stage_after_six_hours_below() -> None:
    series = river((0, 1), (1, 3.0), (2, 2.9), (3, 3.1), (8.9, 2), (9.5, 3.2)).series
    assert onsets(series, 3.0) == [HOUR, 9.5 * HOUR]


@pytest.mark.parametrize(
    ("raised_h", "hits", "false"),
    [
        ([9.0], 1, 0),
        ([3.9], 0, 1),  # more than six hours ahead
        ([9.0, 9.5], 1, 0),  # two alerts before one onset are one hit and no false alert
        ([10.5], 0, 0),  # the river is above already
        ([], 0, 0),
    ],
)
def test_an_alert_is_a_hit_when_the_onset_follows_within_six_hours(
    raised_h: list[float], hits: int, false: int
) -> None:
    made = river((0, 1), (9.0, 2.0), (10, 3.0), (10.5, 3.2), (20, 1))
    found = score([made], [[Raised(hours * HOUR, "stage_soon", 2) for hours in raised_h]])
    assert (found.onsets, found.hits, found.missed, found.false) == (1, hits, 1 - hits, false)
    assert list(found.leads_min) == [60.0] * hits


def test_a_river_is_judged_reading_by_reading() -> None:
    rows = [(n / 6.0, 1.0 + max(0.0, 0.1 * (n - 30))) for n in range(60)]
    found = raised(river(*rows), PACK_FOLDER)
    assert {entry.rule for entry in found} == {"stage", "stage_rise", "stage_soon"}
    assert min(entry.at_s for entry in found) < onsets(river(*rows).series, 3.0)[0]


def test_a_folder_without_rivers_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path), str(tmp_path / "report.md")]) == 2
    assert "no river is there" in capsys.readouterr().err


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the measured data are not at {DATA}")
def test_the_report_keeps_what_people_wrote(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for file in DATA.glob("uk_avon_*"):
        (folder / file.name).symlink_to(file)
    report = tmp_path / "report.md"
    report.write_text(f"before\n{OPENS}\nold\n{CLOSES}\nafter\n", encoding="utf-8")
    assert main([str(folder), str(report)]) == 0
    text = report.read_text(encoding="utf-8")
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert text.count("| Aire and Avon: stage_soon") == 2
    assert len(rivers(folder)) == 3
