"""The Chinese of what cards say in words: freshness, travel, shortfalls and what is missing.

Cards carry these as the English sentences of the look-up, so that a system reads one language. Each
is known here by its shape; one that is not is shown as it is, which loses nothing. A test goes
through the cards of the example district and finds none left over.
"""

import re
from collections.abc import Sequence

Glossary = Sequence[tuple[str, ...]]

# No shortfall: what is wrong is with the watching itself.
NOT_CALLED_FOR = "no team and no supplies are called for: look, and call the chain"

_TIERS = {"district": "区", "street": "镇街", "village": "村社", "site": "工地"}

_LINE = r"straight line x (\S+) at (\S+) km/h \(\w+ roads\)"
_SHAPES: tuple[tuple[str, str], ...] = (
    (r"as of (\S+) d ago", r"\1天前更新"),
    (r"as of (\S+) h ago", r"\1小时前更新"),
    (r"as of (\S+) min ago", r"\1分钟前更新"),
    (r"as of (.+) ago", r"\1前更新"),
    (r"age unknown", "更新时间不明"),
    (r"dated (.+) ahead of now", r"记录时间超前\1"),
    (r"at base, no live position", "在驻地，无实时位置"),
    (r"straight line x (\S+) at (\S+) km/h \(town roads\)", r"直线距离×\1，按\2 km/h估算"),
    (
        r"straight line x (\S+) at (\S+) km/h \(flooded roads\)",
        r"直线距离×\1，积水道路按\2 km/h估算",
    ),
    (r"road graph \(town roads\)", "按路网"),
    (r"road graph \(flooded roads\)", "按路网，积水慢行"),
    (r"road graph \(town roads\), (\d+) closed", r"按路网，封闭\1段"),
    (r"road graph \(flooded roads\), (\d+) closed", r"按路网，积水慢行，封闭\1段"),
    (r"(OSRM|Valhalla) \(town roads\)", r"\1测算"),
    (r"(OSRM|Valhalla) \(flooded roads\)", r"\1测算，积水慢行"),
    (rf"no open road leads there: {_LINE}", r"道路不通，直线距离×\1，按\2 km/h估算"),
    (rf"(?:the scene is )?off the road graph: {_LINE}", r"路网外，直线距离×\1，按\2 km/h估算"),
    (rf"(\w+) (?:gave no times|rests), .+: {_LINE}", r"\1无应答，直线距离×\2，按\3 km/h估算"),
    (rf"(\w+) knows no road there: {_LINE}", r"\1无通路，直线距离×\2，按\3 km/h估算"),
    (rf"not asked for, too many places: {_LINE}", r"未测算，直线距离×\1，按\2 km/h估算"),
    (r"needs (\d+) (.+) teams?, (\d+) on duty within (.+)", r"需要\1支\2队伍，\4内在岗\3支"),
    (r"off duty, to be called in: (.+)", r"不在岗可召回：\1"),
    (r"position old, ask where they are: (.+)", r"位置已过时须询问：\1"),
    (r"left out inside the danger area: (\d+)", r"危险区内不派\1处"),
    (r"nearest next: (.+)", r"其次最近：\1"),
    (r"none more within (.+), nearest known: (.+)", r"\1内再无，已知最近：\2"),
    (r"none more within (.+)", r"\1内再无"),
    (r"none known anywhere else", "别处未知有"),
    (r"shown are (\d+) of (\d+) depots that hold a part", r"存有部分物资的\2个仓库中列出\1个"),
    (r"no depot within (.+) holds the supplies that are called for", r"\1内没有仓库备有所需物资"),
    (r"what .+ needs is not described: general help is shown", "未说明所需力量，列出一般力量"),
    (NOT_CALLED_FOR, "无须队伍物资：查看现场并联系指挥链"),
    (r"nobody is on file for site (.+)", r"工地\1没有登记联系人"),
    (r"nobody is on file for (.+) \(\w+\)", r"\1没有登记联系人"),
    (r"every camera that could show the point is offline", "能看到该点的摄像头均离线"),
    (r"no camera is on file, so none shows the point", "没有登记摄像头"),
    (r"no camera shows the point", "没有摄像头能看到该点"),
    (r"nearest: (.+), (\S+ k?m) is beyond its range of (\S+) m", r"最近：\1，\2超出其\3 m视距"),
    (
        r"nearest: (.+), (\S+ k?m) is beyond the (\S+) m looked at, no range on file",
        r"最近：\1，\2超出\3 m（视距未登记）",
    ),
    (
        r"nearest: (.+), (\S+) m is nearer than the (\S+) m it can show",
        r"最近：\1，\2 m近于其\3 m盲区",
    ),
    (
        r"nearest: (.+), it looks another way: (\S+) degrees outside its view",
        r"最近：\1，朝向偏出\2°",
    ),
    (
        r"nearest: (.+), it cannot turn that way: (\S+) degrees outside its view",
        r"最近：\1，转不到，偏出\2°",
    ),
    (r"no teams are on file", "没有登记队伍"),
    (r"no depots are on file", "没有登记仓库"),
    (r"no stock is on file", "没有登记物资"),
    (r"no cameras are on file", "没有登记摄像头"),
    (r"nobody of the command chain is on file", "指挥链上没有登记人员"),
    (r"no map of the district is on file", "没有登记辖区地图"),
    (r"the look-up did not answer in time", "查询超时"),
    (r"no resources are configured: name a resources directory", "未配置资源目录"),
    (r"no place to look around: .+", "位置无效，无法查询周边"),
)
# How much of what is needed, and how much of it there is where.
_NEEDS = re.compile(
    r"needs (?P<n>\S+) (?:(?P<unit>\S+) of )?(?P<thing>.+), (?P<has>\S+)(?: \S+)?"
    r" (?:within (?P<reach>.+)|in the nearest (?P<depots>\d+) depots)"
)
_SHOWN = re.compile(r"shown are \d+ of \d+ depots that hold a part")
_HELD = re.compile(r"(.+) \(([\d.e+]+)(?: \S+)?\)")

_KNOWN = tuple((re.compile(shape, re.DOTALL), words) for shape, words in _SHAPES)
_OUTSIDE = re.compile(r"the point is outside every (\w+) on file")


def card_words(text: str, language: str, glossary: Glossary = ()) -> str:
    """Give what a card says in the language, part by part; `glossary` has the names of things.

    An entry of it is a name, its Chinese, and of supplies what they are counted in.
    """
    if language != "zh":
        return text
    first, *others = text.split("; ")
    needs = None if _is_known(first) else _NEEDS.fullmatch(first)
    if needs is None:
        said = "；".join(_part(part) for part in (first, *others))
    else:
        counted = _counted_in(needs, glossary)
        said = "；".join([_needs_words(needs, counted), *(_held(each, counted) for each in others)])
    return thing_words(said, language, glossary)


def _counted_in(needs: re.Match[str], glossary: Glossary) -> str:
    """Give what a thing is counted in: its own measure, or the Chinese word for one of it."""
    found = [entry[2] for entry in glossary if entry[0] == needs["thing"] and len(entry) > 2]
    return f" {needs['unit']}" if needs["unit"] else (found or [""])[0]


def _needs_words(needs: re.Match[str], counted: str) -> str:
    depots = needs["depots"]
    where = f"最近{depots}个仓库" if depots else f"{needs['reach']}内"
    has = f"仅有{needs['has']}{counted}" if needs["has"] != "0" else "没有"
    return f"需要{needs['thing']}{needs['n']}{counted}，{where}{has}"


def _held(part: str, counted: str) -> str:
    """Say of a depot that is named how much it has."""
    found = _HELD.fullmatch(part)
    return _part(part) if found is None else f"{_part(found[1])}（{found[2]}{counted}）"


def is_short(text: str) -> bool:
    """Say whether a remark of a card is of something that is short, and not of what is shown."""
    return text != NOT_CALLED_FOR and _SHOWN.fullmatch(text) is None


def thing_words(text: str, language: str, glossary: Glossary) -> str:
    """Give the names of supplies and capabilities in the language, longest first."""
    if language == "zh":
        for name, zh, *_ in sorted(glossary, key=lambda entry: -len(entry[0])):
            text = re.sub(rf"(?<![A-Za-z]){re.escape(name)}(?![A-Za-z])", zh, text)
    return text


def _is_known(text: str) -> bool:
    return any(shape.fullmatch(text) for shape, _ in _KNOWN)


def _part(text: str) -> str:
    outside = _OUTSIDE.fullmatch(text)
    if outside is not None:
        return f"该点不在任何已登记的{_TIERS.get(outside[1], outside[1])}范围内"
    for shape, words in _KNOWN:
        found = shape.fullmatch(text)
        if found is not None:
            return found.expand(words)
    return text
