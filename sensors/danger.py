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

DANGER_SIGNS_ZH: dict[int, str] = {
    1: "位移突变，或流砂、管涌、隆起、陷落",
    2: "支撑或锚杆变形、压屈、断裂、松弛或拔出",
    3: "周边建筑结构开裂",
    4: "周边地面突发裂缝、空洞或下陷",
    5: "管线突发变形、裂缝或渗漏",
    6: "冻融变形",
    7: "位移达到设计限值",
    8: "变形速率增大且不收敛",
    9: "构件内力超过设计值",
    10: "沉降达到限值或周边开裂",
    11: "局部坍塌或开挖面隆起",
    12: "开挖面流土或管涌",
    21: "现场读数达到报警值",
    22: "支架可见变形、松动或异响",
    23: "立杆弯曲或断裂",
    24: "模板破损或漏浆",
    25: "立杆基础开裂或下沉",
    26: "现场判断存在险情",
    99: "设计方列明的其他险情",
}


def danger_words(code: float) -> tuple[str, str]:
    """Give what a code means in English and Chinese; an unknown one is a danger sign all the same.

    >>> danger_words(23)
    ('pole bent or broken', '立杆弯曲或断裂')
    """
    known = int(code)
    if known not in DANGER_SIGNS:
        return f"danger sign of unknown kind {code:g}", f"未知类别险情（代码{code:g}）"
    return DANGER_SIGNS[known], DANGER_SIGNS_ZH[known]
