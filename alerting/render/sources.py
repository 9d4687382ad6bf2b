"""What a limit stands on, as people read it: every source with its own clause, and how sure it is.

A source is one name, or several in one sentence: the rule's own, then `value by …` for each number
of another document, then `100 % is … by …`. Each is put into Chinese by itself, so that no clause
and no confidence is said of a document that is not its own.
"""

import re
from typing import NamedTuple

from alerting.model import Provenance
from alerting.render.words import words_of

_NUMBER = r"(?:GB|JGJ|DBJ|SL|CJJ|DB|ISO)(?:/T)?\s?\d[\d.]*(?:-\d+)*"
_STANDARD = re.compile(_NUMBER)
_PRACTICE = re.compile(rf"{_NUMBER} practice\b")
_CLAUSE = re.compile(r"(Table |[Cc]lause )?(\d+(?:\.\d+)+)(?=$|[,;:]|(?(1)\s|(?!)))")
_CHINESE = re.compile(r"[\u4e00-\u9fff]+")
_SHEET = re.compile(r" sheet (.+?)(?:, (\d{4}-\d\d-\d\d))?, signed by (.+)$")
_BY = re.compile(r"^(?:value|100 % is (?P<whole>\S+(?: \S+)??)) by (?P<named>.+)$")
_IN_CHINESE = {
    "Beaufort scale": "蒲福风级",
    "Fukuzono 1985": "Fukuzono 1985",
    "Guangdong rainstorm signals": "广东省暴雨预警信号",
    "national rainstorm signals": "国家暴雨预警信号",
}
_UNNAMED_SHEET = "site file, no design sheet named"
_KINDS_OF_SOURCE = {
    "S": "公开资料",
    "C": "计算得出",
    "H": "行业惯例",
    "V": "待核实资料",
    "D": "项目默认值",
}


class _Piece(NamedTuple):
    """One source of several; `whole` is what 100 % is, "" where it is a value."""

    whole: str
    named: str


def source_words(provenance: Provenance, language: str) -> str:
    """Say where a limit comes from.

    In Chinese a standard is its number and, where that is a number, its clause; a document with a
    name keeps the name; what the pack only describes in English is said by its kind.
    """
    if language != "zh":
        return f"{provenance.source} {provenance.clause}".strip()
    clause, pieces = _taken_apart(provenance.clause)
    if not provenance.source and not clause and not pieces:
        return ""
    kind = "规则所列" if pieces else _KINDS_OF_SOURCE.get(provenance.confidence[:1], "资料")
    return "；".join([_own(provenance.source, clause) or kind, *map(_piece_words, pieces)])


def confidence_words(provenance: Provenance, language: str) -> str:
    """Say how sure a limit is, and of what where several sources stand behind it.

    The certainty of a value by another document is that document's; where only what 100 % is comes
    from elsewhere, the least certain of all counts.
    """
    said = f"{words_of(language)['confidence']} {provenance.confidence}"
    if language != "zh":
        return said
    _, pieces = _taken_apart(provenance.clause)
    of = "数值" if any(not piece.whole for piece in pieces) else "最低" if pieces else ""
    return f"{of}{said}"


def _taken_apart(clause: str) -> tuple[str, tuple[_Piece, ...]]:
    """Give the rule's own clause, and the sources of its numbers; a `; ` may stand inside each."""
    own: list[str] = []
    pieces: list[_Piece] = []
    for part in filter(None, clause.split("; ")):
        found = _BY.match(part)
        if found is not None:
            pieces.append(_Piece(found["whole"] or "", found["named"]))
        elif pieces:
            pieces[-1] = pieces[-1]._replace(named=f"{pieces[-1].named}; {part}")
        else:
            own.append(part)
    return "; ".join(own), tuple(dict.fromkeys(pieces))


def _own(source: str, clause: str) -> str:
    if _STANDARD.match(source):
        return _standard(source, clause)
    if _is_name(source):
        return _document(f"{source} {clause}".strip())
    return " ".join(dict.fromkeys(_CHINESE.findall(f"{source} {clause}")))


def _piece_words(piece: _Piece) -> str:
    found = _STANDARD.match(piece.named)
    if found is None:
        named = _document(piece.named)
    else:
        named = _standard(piece.named, piece.named[found.end() :].strip())
    return f"100 %为{piece.whole}，依据 {named}" if piece.whole else f"数值依据 {named}"


def _standard(source: str, clause: str) -> str:
    """Give the number of a standard with its clause; another one's clause is never said of it."""
    numbers = list(dict.fromkeys(_STANDARD.findall(source)))
    found = _CLAUSE.match(clause)
    if found is not None and len(numbers) == 1:
        numbers.append(f"表{found[2]}" if found[1] == "Table " else f"第{found[2]}条")
    if _PRACTICE.match(source):
        numbers.append("应用惯例")
    return " ".join([*numbers, *dict.fromkeys(_CHINESE.findall(f"{source} {clause}"))])


def _is_name(source: str) -> bool:
    """Tell the name of a document from a description, which begins with a small letter."""
    return source[:1].isupper() or _CHINESE.match(source) is not None


def _document(named: str) -> str:
    """Give the name of a document as it was written, with sheet and signature in Chinese."""
    if named == _UNNAMED_SHEET:
        return "现场文件（未注明设计图表）"
    for name, chinese in _IN_CHINESE.items():
        if named == name or named.startswith(f"{name} "):
            return chinese
    return _SHEET.sub(_sheet_words, named)


def _sheet_words(found: re.Match[str]) -> str:
    day = f"，{found[2]}" if found[2] else ""
    return f" 图表 {found[1]}{day}，签字：{found[3]}"
