"""What the journal never takes lies in a file that a person can read."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from alerting.ports import Effects
from storage.aside import EffectsAside
from tests.contract.journal_values import a_raise

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def aside(path: Path, **bounds: int) -> EffectsAside:
    return EffectsAside(path, now=lambda: NOW, **bounds)


async def test_each_step_is_a_line_with_when_and_why(tmp_path: Path) -> None:
    kept = aside(tmp_path / "refused.jsonl")
    await kept.put(a_raise(3), "no such column")
    await kept.put(Effects(seq=7), "again")
    first, second = (tmp_path / "refused.jsonl").read_text().splitlines()
    assert json.loads(first)["why"] == "no such column"
    assert json.loads(first)["at"] == "2026-06-01T00:00:00Z"
    assert json.loads(first)["effects"]["alerts"][0]["id"] == "a3"
    assert json.loads(second)["effects"]["seq"] == 7


async def test_a_full_file_or_disk_is_told_in_the_log_with_all_of_the_step(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await aside(tmp_path / "refused.jsonl", max_bytes=10).put(a_raise(3), "why")
    await aside(tmp_path / "no" / "such" / "folder").put(a_raise(4), "why")
    assert not (tmp_path / "refused.jsonl").exists()
    one, other = caplog.records
    assert json.loads(one.__dict__["effects"])["effects"]["alerts"][0]["id"] == "a3"
    assert json.loads(other.__dict__["effects"])["effects"]["alerts"][0]["id"] == "a4"
