"""Names that stand in Latin and in Chinese letters, in the script of whoever reads them."""

import re

_BOTH = re.compile(
    r"(?P<latin>[A-Za-z][A-Za-z' .-]*) (?P<chinese>[\u4e00-\u9fff]{2,})"
    r"(?P<note> \([A-Za-z -]+\))?(?P<role>, .+)?"
)


def own_name(name: str, language: str) -> str:
    """Give a name in the script of a language where it stands in both; any other as it is.

    >>> own_name("Helong Street 鹤龙街道", "en"), own_name("Helong Street 鹤龙街道", "zh")
    ('Helong Street', '鹤龙街道')
    >>> own_name("3号楼 Tower B", "en"), own_name("鹤龙街道", "en")
    ('3号楼 Tower B', '鹤龙街道')
    """
    found = _BOTH.fullmatch(name)
    if found is None:
        return name
    if language == "zh":
        return found["chinese"]
    return f"{found['latin']}{found['note'] or ''}{found['role'] or ''}"
