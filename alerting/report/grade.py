"""The grade of an accident by casualties and loss; a plain question.

From the State Council's order 493 (production safety accidents), confidence H: check it against the
printed order. It is no colour of a warning: an alert may be red and nobody hurt.
"""

from typing import NamedTuple

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
    """Give the grade; None while nothing was entered of casualties and loss.

    A missing person is not counted as dead; what is unknown can only make it worse.
    """
    if facts.dead is None and facts.injured is None and facts.loss_cny is None:
        return None
    dead, injured, loss = facts.dead or 0, facts.injured or 0, facts.loss_cny or 0.0
    for grade in GRADES[:-1]:
        if dead >= grade.dead or injured >= grade.injured or loss >= grade.loss_cny:
            return grade
    return GRADES[-1]
