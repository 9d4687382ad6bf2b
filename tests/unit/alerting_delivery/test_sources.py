"""Where a limit comes from, in Chinese: each clause and confidence with its own document."""

import pytest

from alerting.model import Provenance
from alerting.render.sources import confidence_words, source_words

SHEET = "sheet 3, 2026-01-20, signed by Chen Yifan"
CASES = [
    ("GB 50911-2013 practice", "orange", "H", "GB 50911-2013 应用惯例", "可信度 H"),
    (
        "GB 50911-2013 practice",
        "orange; 100 % is 30 mm by GB 50497-2019 Table 8.0.4",
        "V",
        "GB 50911-2013 应用惯例；100 %为30 mm，依据 GB 50497-2019 表8.0.4",
        "最低可信度 V",
    ),
    (
        "project colour scale",
        "60 % of the limit; 100 % is 30 mm by GB 50497-2019 Table 8.0.4",
        "V",
        "规则所列；100 %为30 mm，依据 GB 50497-2019 表8.0.4",
        "最低可信度 V",
    ),
    (
        "JGJ 33-2012",
        f"stop outdoor lifting; value by Lifting plan HH-05 {SHEET}",
        "S",
        "JGJ 33-2012；数值依据 Lifting plan HH-05 图表 3，2026-01-20，签字：Chen Yifan",
        "数值可信度 S",
    ),
    (
        "JGJ 33-2012",
        "value by site file, no design sheet named",
        "V",
        "JGJ 33-2012；数值依据 现场文件（未注明设计图表）",
        "数值可信度 V",
    ),
    (
        "GB 50911-2013 practice",
        f"orange; value by Plan A; part 2 {SHEET}; 100 % is 2 mm/d by Plan B {SHEET}",
        "S",
        "GB 50911-2013 应用惯例；数值依据 Plan A; part 2 图表 3，2026-01-20，签字：Chen Yifan；"
        "100 %为2 mm/d，依据 Plan B 图表 3，2026-01-20，签字：Chen Yifan",
        "数值可信度 S",
    ),
    (
        "Flood-season plan of the district",
        "annex 2, table 1",
        "S",
        "Flood-season plan of the district annex 2, table 1",
        "可信度 S",
    ),
    (
        "Site rule 4 after GB 50911-2013",
        "8.0.4",
        "D",
        "Site rule 4 after GB 50911-2013 8.0.4",
        "可信度 D",
    ),
    ("DBJ/T 15-197-2020", "8.0.4, 0.8 L/1000", "S7", "DBJ/T 15-197-2020 第8.0.4条", "可信度 S7"),
    (
        "GB 50497-2019",
        "Table 8.0.5, keeps growing; 0.05 mm a day",
        "D",
        "GB 50497-2019 表8.0.5",
        "可信度 D",
    ),
    ("design default for small urban streams", "0.5 m/h", "D", "项目默认值", "可信度 D"),
    (
        "DBJ/T 15-197-2020",
        "8.0.4, L/1000: 1 mm for each metre of spacing",
        "S7",
        "DBJ/T 15-197-2020 第8.0.4条",
        "可信度 S7",
    ),
    ("GB 5144-2006", "0.5 m/h", "D", "GB 5144-2006", "可信度 D"),
    ("国办发明电〔2025〕7号", "", "S", "国办发明电〔2025〕7号", "可信度 S"),
    ("warning stage 警戒水位 of the station", "", "H", "警戒水位", "可信度 H"),
    ("Beaufort scale", "force 5 begins", "H", "蒲福风级", "可信度 H"),
    (
        "internal alert after the amounts of a rainstorm signal",
        "value by national rainstorm signals four colours, orange, 50 mm",
        "S16",
        "规则所列；数值依据 国家暴雨预警信号",
        "数值可信度 S16",
    ),
    ("", "", "D", "", "可信度 D"),
]


@pytest.mark.parametrize(("source", "clause", "confidence", "zh", "sure"), CASES)
def test_each_source_is_said_with_its_own_clause_and_confidence(
    source: str, clause: str, confidence: str, zh: str, sure: str
) -> None:
    given = Provenance(source=source, clause=clause, confidence=confidence)
    assert source_words(given, "zh") == zh
    assert confidence_words(given, "zh") == sure
    assert source_words(given, "en") == f"{source} {clause}".strip()
    assert confidence_words(given, "en") == f"confidence {confidence}"
