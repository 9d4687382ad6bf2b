"""How reasons of routing are said in both languages.

What people named themselves (routes, rotas, places) stands as they wrote it, in Chinese in quotes;
so do hazards, which routes name by their ids.
"""

from collections.abc import Iterable

from alerting.model import AlertKind, Remark, Severity

KINDS_ZH = {
    AlertKind.LIMIT: "超限",
    AlertKind.BLIND: "无法判断",
    AlertKind.ANOMALY: "异常变化",
    AlertKind.DOUBTFUL: "传感器存疑",
    AlertKind.SYSTEM: "系统",
}


def quoted(name: str) -> str:
    """Give a name as it stands within Chinese.

    >>> quoted("floods")
    '“floods”'
    """
    return f"“{name}”"


def either(words: Iterable[str]) -> Remark:
    """Give one or the other of names that people gave.

    >>> either({"rain", "flood"})
    Remark(en='flood or rain', zh='“flood”或“rain”')
    """
    ordered = sorted(words)
    return Remark(" or ".join(ordered), "或".join(map(quoted, ordered)))


def either_kind(kinds: Iterable[AlertKind]) -> Remark:
    """Give one or the other of kinds of alerts."""
    ordered = sorted(kinds)
    return Remark(" or ".join(ordered), "或".join(KINDS_ZH[kind] for kind in ordered))


def severity_words(severity: Severity) -> Remark:
    """Give a severity as a word, in Chinese as the colour people know."""
    return Remark(severity.word, f"{severity.zh}色")


def noted(said: Remark, note: str) -> Remark:
    """Give what is said with a remark of people behind it, where there is one."""
    return Remark(f"{said.en} ({note})", f"{said.zh}（{note}）") if note else said
