"""What a demonstration shows where there is no terminal: every notice, as it is sent."""

import io
from pathlib import Path

from groundwatch.demo import LastNotices


def test_notices_go_to_the_file_and_beside_it(tmp_path: Path) -> None:
    beside = io.StringIO()
    notices = LastNotices(tmp_path / "notices.txt", beside=beside)
    notices.write("→ Duty officer\n橙 severe\n\n")
    notices.flush()
    assert beside.getvalue() == "→ Duty officer\n橙 severe\n\n"
    assert list(notices.lines)[:2] == ["→ Duty officer", "橙 severe"]
    notices.close()
    assert (tmp_path / "notices.txt").read_text(encoding="utf-8") == beside.getvalue()
    assert not beside.closed, "it stays the caller's"
