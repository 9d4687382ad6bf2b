"""What a test says of one reading, what it looks at, and how several verdicts become one flag."""

from collections.abc import Iterable
from typing import NamedTuple

from sensors.model import Qc


class Sample(NamedTuple):
    """One reading as a test sees it.

    `is_sound` says that its value passed where it came in and arrived on time: only such a reading
    is evidence against another one.
    """

    time_s: float
    value: float
    is_sound: bool = True


class Verdict(NamedTuple):
    """One test's flag for one reading and the reason in a sentence, "" when it passes."""

    flag: Qc
    test: str
    reason: str = ""


# From harmless to worst: a test that could be made and passed outweighs one that could not.
_ORDER = (Qc.NOT_EVALUATED, Qc.PASS, Qc.SUSPECT, Qc.FAIL)


def worst(verdicts: Iterable[Verdict], *, has_value: bool = True) -> Verdict:
    """Give the verdict that counts: 4 before 3 before 1 before 2, and 9 where no value came.

    >>> worst([Verdict(Qc.PASS, "range"), Verdict(Qc.SUSPECT, "rate", "too fast")]).flag
    <Qc.SUSPECT: 3>
    """
    if not has_value:
        return Verdict(Qc.MISSING, "gap", "no value came")
    found = Verdict(Qc.NOT_EVALUATED, "", "no test could be made")
    place = -1
    for verdict in verdicts:
        if (here := _ORDER.index(verdict.flag)) > place:
            found, place = verdict, here
    return found
