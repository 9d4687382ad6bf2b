"""A report as Markdown for people, and as a JSON object for systems."""

import re
from typing import Any

from alerting.model import Remark
from alerting.report.build import Report

FORMAT = "groundwatch.report/1"
_SIGNS = re.compile(r"([\\`*_\[\]<>#|])")


def markdown(report: Report, language: str) -> str:
    """Write a report in `en` or `zh`; any other language is answered in English."""
    lines = [f"# {_said(report.title, language)}", ""]
    for section in report.sections:
        lines += [f"## {_said(section.title, language)}", ""]
        lines += [f"- {_said(line, language)}" for line in section.lines]
        lines.append("")
    return "\n".join(lines)


def as_json(report: Report) -> dict[str, Any]:
    """Give a report as an object; every text in both languages."""
    grade = report.grade
    return {
        "format": FORMAT,
        "stage": report.stage.value,
        "number": report.number,
        "title": _both(report.title),
        "at": report.at.isoformat(),
        "alert_id": report.alert_id,
        "reporter": report.reporter,
        "grade": None if grade is None else {"rank": grade.rank, "en": grade.en, "zh": grade.zh},
        "sections": [
            {
                "key": section.key,
                "title": _both(section.title),
                "lines": [_both(line) for line in section.lines],
            }
            for section in report.sections
        ],
    }


def _both(said: Remark) -> dict[str, str]:
    return {"en": said.en, "zh": said.zh or said.en}


def _said(said: Remark, language: str) -> str:
    text = said.zh if language == "zh" and said.zh else said.en
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return _SIGNS.sub(r"\\\1", printable)
