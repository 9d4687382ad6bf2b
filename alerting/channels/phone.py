"""Telephone numbers as people write them in files, and as providers want them."""

import re

_GAPS = re.compile(r"[ ().\-]")
_NUMBER = re.compile(r"\+?[0-9]{5,15}")


def dialled(address: str) -> str:
    """Give a number as it is dialled.

    >>> dialled("+86 (000) 0000-0101")
    '+8600000000101'
    """
    return _GAPS.sub("", address)


def why_no_number(address: str) -> str | None:
    """Say why something is no telephone number; None when it is one. It is not repeated."""
    if _NUMBER.fullmatch(dialled(address)):
        return None
    return "this is no telephone number; allowed: 5 to 15 digits, a + before them, gaps between"
