"""Cameras of a GB/T 28181 catalogue: the answers of a platform to a Catalog query, as rows.

A file holds one or several MANSCDP documents (`<Response>` or `<Notify>` with CmdType Catalog), as
they came one after the other, in GB2312, GBK, GB18030 or UTF-8. The standard states no datum, eight
compass steps for the direction, and neither field of view nor range: those stay unsaid.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from xml.parsers import expat

_DECLARED: Final = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_PROLOGUE: Final = re.compile(r"<\?xml[^>]*\?>")
_ROOTS: Final = re.compile(r"<(Response|Notify)\b.*?</\1\s*>", re.DOTALL)
_CODECS: Final = {
    "GB2312": "gb18030",
    "GBK": "gb18030",
    "GB18030": "gb18030",
    "UTF-8": "utf-8-sig",
    "UTF8": "utf-8-sig",
}
MAX_DEPTH: Final = 12
MAX_TEXT: Final = 4096
CAMERA_TYPES: Final = frozenset({"131", "132"})
# "East" means looking from west to east. Code 1 has a source, the rest is from memory (high).
HEADINGS: Final = {
    "1": "90",
    "2": "270",
    "3": "180",
    "4": "0",
    "5": "135",
    "6": "45",
    "7": "225",
    "8": "315",
}
# The types that turn all round by themselves: a dome (1), in 2022 also the remote half dome (5).
_TURNS_ROUND: Final = frozenset({"1", "5"})
_WIDTHS: Final = {"1": 176, "2": 352, "3": 704, "4": 704, "5": 1280, "6": 1920}
_STATUS: Final = {"ON": "online", "OFF": "offline", "VLOST": "offline", "DEFECT": "offline"}


class Found(NamedTuple):
    """One camera as text fields, or what is wrong with one, and its line."""

    line: int
    fields: dict[str, str]
    wrong: str = ""


class CatalogueError(Exception):
    """The file is no catalogue that can be read."""

    def __init__(self, line: int, what: str) -> None:
        """Say where and what."""
        super().__init__(what)
        self.line, self.what = line, what


def decoded(data: bytes) -> tuple[str, str]:
    """Give the text, and what is odd about its encoding ("" for nothing).

    Raises:
        CatalogueError: it is in none of the encodings of the standard.
    """
    stated = _DECLARED.search(data)
    name = stated[1].decode("ascii").upper() if stated else "UTF-8"
    if name not in _CODECS:
        allowed = ", ".join(_CODECS)
        raise CatalogueError(1, f"encoding {name!r} is not used by GB/T 28181; allowed: {allowed}")
    codec = _CODECS[name]
    if codec == "gb18030" and _is_utf8(data):
        return data.decode("utf-8-sig"), f"says {name} and is UTF-8: read as that"
    try:
        return data.decode(codec), ""
    except UnicodeDecodeError:
        if codec != "gb18030":
            try:
                return data.decode("gb18030"), f"says {name} and is GB18030: read as that"
            except UnicodeDecodeError:
                pass
    raise CatalogueError(1, f"not readable as {name}: send it again as the platform gave it")


def _is_utf8(data: bytes) -> bool:
    """Say whether it is UTF-8 with Chinese in it; a few GB letters alone may pass as UTF-8."""
    try:
        return any("\u4e00" <= letter <= "\u9fff" for letter in data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return False


def cameras(text: str) -> Iterator[Found]:
    """Give every camera of every document in the text; other kinds of entries are passed over.

    Raises:
        CatalogueError: it is not XML, or holds no catalogue.
    """
    text = _PROLOGUE.sub(lambda match: " " * len(match[0]), text)
    documents = list(_ROOTS.finditer(text))
    if not documents:
        raise CatalogueError(1, "holds no <Response> or <Notify>: give Catalog answers (MANSCDP)")
    for document in documents:
        first = text.count("\n", 0, document.start())
        for line, item in _items(document[0], first):
            found = _camera(item)
            if found is not None:
                yield found._replace(line=line)


def _camera(item: dict[str, str]) -> Found | None:
    device = item.get("DeviceID", "")
    if len(device) != 20 or not device.isdigit():
        return Found(0, {}, f"DeviceID {device!r} is not 20 digits")
    if device[10:13] not in CAMERA_TYPES:
        return None
    lat, lon = item.get("Latitude", ""), item.get("Longitude", "")
    if not lat or not lon or _is_zero(lat, lon):
        name = item.get("Name", "")
        return Found(0, {}, f"camera {device} {name!r} has no Longitude and Latitude")
    fields = {
        "id": device,
        "name": item.get("Name", "") or device,
        "lat": lat,
        "lon": lon,
        "heading_deg": HEADINGS.get(item.get("DirectionType", ""), ""),
        "status": _STATUS.get(item.get("Status", "").upper(), ""),
        "width_px": _width(item.get("Resolution", "")),
    }
    if item.get("PTZType", "") in _TURNS_ROUND:
        fields |= {"pan_from_deg": "0", "pan_to_deg": "360"}
    return Found(0, {name: value for name, value in fields.items() if value})


def _is_zero(lat: str, lon: str) -> bool:
    """Say whether it is the 0, 0 that platforms send for want of a position."""
    try:
        return float(lat) == 0.0 and float(lon) == 0.0
    except ValueError:
        return False


def _width(resolution: str) -> str:
    """Give the widest of the codes `6/5`, or the width of `1920x1080`; "" when neither is said."""
    pair = re.fullmatch(r"\s*(\d{3,5})\s*[xX*]\s*\d{3,5}\s*", resolution)
    if pair:
        return pair[1]
    widths = [_WIDTHS[code] for code in resolution.split("/") if code in _WIDTHS]
    return str(max(widths)) if widths else ""


def _items(document: str, first_line: int) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the fields of every <Item> of a catalogue with its line."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, _: reader.start(name, parser.CurrentLineNumber)
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(document, True)  # noqa: FBT003 - the C function takes no keyword
    except expat.ExpatError as error:
        what = expat.errors.messages[error.code]
        raise CatalogueError(first_line + error.lineno, f"not readable as XML: {what}") from error
    if reader.command != "Catalog":
        what = f"CmdType is {reader.command!r}, not Catalog: give the answers to a Catalog query"
        raise CatalogueError(first_line + 1, what)
    yield from ((first_line + line, item) for line, item in reader.items)


class _Reader:
    """Gathers what a document says, a leaf at a time."""

    def __init__(self) -> None:
        self.command = ""
        self.items: list[tuple[int, dict[str, str]]] = []
        self._path: list[str] = []
        self._said = ""

    def start(self, name: str, line: int) -> None:
        self._path.append(name)
        self._said = ""
        if len(self._path) > MAX_DEPTH:
            raise CatalogueError(line, "nested too deep to be a catalogue")
        if name == "Item":
            self.items.append((line, {}))

    def text(self, said: str) -> None:
        if len(self._said) < MAX_TEXT:
            self._said += said

    def end(self, name: str) -> None:
        said = self._said.strip()
        self._said = ""
        if name == "CmdType":
            self.command = said
        elif "Item" in self._path[:-1] and said:
            self.items[-1][1].setdefault(name, said)
        self._path.pop()
