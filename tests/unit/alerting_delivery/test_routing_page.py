"""The files shown in docs/routing.md are files this program reads without a fault."""

import re
from pathlib import Path

from alerting.route import Known, load_routes

PAGE = Path(__file__).parents[3] / "docs" / "routing.md"
BLOCK = re.compile(r"```yaml\n# (\w+\.yaml)[^\n]*\n(.*?)```", re.DOTALL)


def test_they_have_no_fault_and_say_who_is_told(tmp_path: Path) -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    assert [name for name, _ in blocks] == ["people.yaml", "holidays.yaml", "routes.yaml"]
    for name, text in blocks:
        (tmp_path / name).write_text(text, encoding="utf-8")
    known = Known(
        sites=["my-site"],
        places=["Example Street"],
        hazards=["river_flood", "ponding", "crane_wind", "sensor_silent", "sensor_doubtful"],
        channels=["sms", "voice", "console"],
    )
    table, faults = load_routes(tmp_path, known)
    assert [str(fault) for fault in faults] == []
    assert [route.name for route in table.routes] == ["floods", "everything else"]
