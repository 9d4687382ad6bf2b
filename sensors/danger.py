"""Kinds of danger sign that a patrol or a camera may report, by the code a device sends.

1 to 7 are GB 50497-2019 8.0.9 and 8 to 12 what JGJ 120-2012 8.2.23 adds, for pits; 21 to 26 are
DBJ/T 15-197-2020 8.0.5, for high formwork; 99 is anything the designer lists (domain reference B4
and C3, transcriptions S6 and S7).
"""

DANGER_SIGNS: dict[int, str] = {
    1: "sudden jump of displacement, quicksand, piping, heave or subsidence",
    2: "strut or anchor deforms, buckles, breaks, slackens or is pulled out",
    3: "structural crack in a neighbouring building",
    4: "sudden crack, cavity or sinking of the ground",
    5: "pipe suddenly deforms, cracks or leaks",
    6: "freeze-thaw deformation",
    7: "design limit of displacement reached",
    8: "rate grows and does not converge",
    9: "force in a member above its design value",
    10: "limit of settlement reached or the surroundings crack",
    11: "local collapse, or heave of the excavation face",
    12: "soil flow or piping at the excavation face",
    21: "alarm value reached, as read on the spot",
    22: "visible deformation, loosening or noise of the formwork",
    23: "pole bent or broken",
    24: "form breaks or concrete leaks",
    25: "pole base cracks or sinks",
    26: "local judgement of danger",
    99: "a sign on the designer's own list",
}


def danger_words(code: float) -> str:
    """Give what a code means; an unknown one is a danger sign all the same.

    >>> danger_words(23)
    'pole bent or broken'
    """
    return DANGER_SIGNS.get(int(code), f"danger sign of unknown kind {code:g}")
