"""The grade of an accident by casualties and loss; a plain question.

From the State Council's order 493 (production safety accidents), confidence H: check it against the
printed order. It is no colour of a warning: an alert may be red and nobody hurt.
"""

from typing import NamedTuple

from alerting.model import Remark
from alerting.report.facts import Facts


class Grade(NamedTuple):
    """A grade with its names; `rank` 1 is the worst."""

    rank: int
    zh: str
    en: str
    dead: int
    injured: int
    loss_cny: float


# Each from so many dead, or so many seriously injured, or so much direct loss.
GRADES = (
    Grade(1, "特别重大", "especially serious", 30, 100, 100e6),
    Grade(2, "重大", "serious", 10, 50, 50e6),
    Grade(3, "较大", "larger", 3, 10, 10e6),
    Grade(4, "一般", "ordinary", 0, 0, 0.0),
)
SOURCE = "Order 493 (H)"


def grade_of(facts: Facts) -> Grade | None:
    """Give the grade; None while nobody dead or injured and no loss was entered.

    A missing person is not counted as dead; what is unknown can only make it worse.
    """
    dead, injured, loss = facts.dead or 0, facts.injured or 0, facts.loss_cny or 0.0
    if not (dead or injured or loss):
        return None
    for grade in GRADES[:-1]:
        if dead >= grade.dead or injured >= grade.injured or loss >= grade.loss_cny:
            return grade
    return GRADES[-1]


def why_no_grade(facts: Facts) -> Remark:
    """Say why there is no grade, and what is to be known first."""
    entered = (
        ("dead", "死亡", facts.dead),
        ("injured", "受伤", facts.injured),
        ("direct loss", "直接经济损失", facts.loss_cny),
    )
    unknown = [(en, zh) for en, zh, value in entered if value is None]
    if len(unknown) == len(entered):
        return Remark("grade not known: no casualties entered", "等级未定：尚未录入伤亡情况")
    if not unknown:
        return Remark("no grade: nobody hurt and no loss", "不定级：无伤亡、无直接经济损失")
    en, zh = ", ".join(en for en, _ in unknown), "、".join(zh for _, zh in unknown)
    return Remark(
        f"grade not known: no harm entered so far, and unknown: {en}",
        f"等级未定：目前录入无损害，尚不明：{zh}",
    )
