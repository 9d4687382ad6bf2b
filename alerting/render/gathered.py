"""A notice about several alerts in words: how many, how bad, where, and which are the worst."""

from collections.abc import Iterator

from alerting.model import Alert, AlertState, Batch, Card, Gathering, Member, Notice, Severity
from alerting.render.names import own_name
from alerting.render.words import number_words, words_of
from alerting.sentence import is_told_by_title, say
from sensors.local_time import shown_time

MAX_LINES = 30
MAX_SHORT = 5

_KINDS = {
    "en": {
        Gathering.GROUP: "{n} alerts together",
        Gathering.STORM: "Alert storm, {n} alerts",
        Gathering.STORM_OVER: "Alert storm over, {n} alerts came",
    },
    "zh": {
        Gathering.GROUP: "{n}条警报合并通知",
        Gathering.STORM: "警报风暴，{n}条警报",
        Gathering.STORM_OVER: "警报风暴结束，共{n}条警报",
    },
}
_WORDS = {
    "en": {
        "everywhere": "all areas",
        "stand": "Standing",
        "none": "none",
        "over": "{n} over already",
        "before": "{n} more of these were told before",
        "since": "Since",
        "seen": "acknowledged",
        "gone": "over",
        "more": "and {n} more",
        "near": "Near the worst",
        "all": "All",
        "each": "no notice for each alert while it lasts",
    },
    "zh": {
        "everywhere": "所有区域",
        "stand": "未解除",
        "none": "无",
        "over": "{n}条已解除",
        "before": "此前已通知同类{n}条",
        "since": "自",
        "seen": "已确认",
        "gone": "已解除",
        "more": "另有{n}条",
        "near": "最严重处附近",
        "all": "全部",
        "each": "风暴期间不再逐条通知",
    },
}
_LIST = "/api/v1/alerts?state=firing"


def headline(notice: Notice, batch: Batch, language: str) -> str:
    """Give colour, how many, and where."""
    tongue, words = _tongue(language), words_of(language)
    colour = words[notice.alert.severity.colour]
    what = _KINDS[tongue][batch.kind].format(n=len(batch.alert_ids))
    return f"[{colour}] {what}{words['colon']}{place(batch, language)}"


def place(batch: Batch, language: str) -> str:
    """Give the street, town or site; a notice about reds is about all of them."""
    return own_name(batch.place, language) or _WORDS[_tongue(language)]["everywhere"]


def counted(batch: Batch, language: str) -> str:
    """Give how many stand of each colour, the worst first."""
    own, words = _WORDS[_tongue(language)], words_of(language)
    each = "{colour}{n}条" if _tongue(language) == "zh" else "{colour} {n}"
    parts = [
        each.format(colour=words[severity.colour], n=batch.counts[severity - 1])
        for severity in reversed(Severity)
        if batch.counts[severity - 1]
    ]
    if batch.n_over:
        parts.append(own["over"].format(n=batch.n_over))
    return words["comma"].join(parts) or own["none"]


def lines_of(notice: Notice, batch: Batch, language: str, *, base_url: str) -> Iterator[str]:
    """Give the lines of the notice."""
    own, words = _WORDS[_tongue(language)], words_of(language)
    colon = words["colon"]
    yield headline(notice, batch, language)
    yield f"{own['stand']}{colon}{counted(batch, language)}"
    yield f"{own['since']}{colon}{shown_time(batch.since)}"
    if batch.n_before:
        yield own["before"].format(n=batch.n_before)
    n_lines = max(MAX_LINES, batch.counts[Severity.EXTREME - 1])
    for member in batch.members[:n_lines]:
        yield member_line(member, language)
    left = len(batch.alert_ids) - min(len(batch.members), n_lines)
    if left:
        yield own["more"].format(n=left)
    if batch.kind is Gathering.STORM:
        yield f"{words['note']}{colon}{own['each']}"
    yield f"{own['all']}{colon}{base_url.rstrip('/')}{_LIST}"


def member_line(member: Member, language: str) -> str:
    """Give one alert of several in one line."""
    own, words = _WORDS[_tongue(language)], words_of(language)
    where = _where(member.site, member.device, member.site_name)
    said = say(member.said, language) if member.said is not None else member.reason
    state = ""
    if member.state is not AlertState.FIRING:
        state = f" ({own['gone']})"
    elif member.is_acknowledged:
        state = f" ({own['seen']})"
    return f"- {words[member.severity.colour]} {where}{state}{words['colon']}{said}"


def _where(site: str, device: str, site_name: str) -> str:
    """Name a place as people do, or by its ids where they have no name for it."""
    if site_name:
        return f"{site_name} {device}".rstrip()
    return "/".join(part for part in (site, device) if part)


def near_line(alert: Alert, card: Card, language: str) -> str:
    """Say near which of several alerts those are who are named next."""
    words = words_of(language)
    where = _where(alert.site, alert.sensor.device, card.site_name)
    return f"{_WORDS[_tongue(language)]['near']}{words['colon']}{where}"


def worst(batch: Batch, language: str) -> list[str]:
    """Say of the worst, each in few words, where and what they are."""
    return [_in_few_words(member, language) for member in batch.members[:MAX_SHORT]]


def _in_few_words(member: Member, language: str) -> str:
    """Give where, what, and the value against its limit."""
    where = _where(member.site, member.device, member.site_name)
    said = member.said
    first = said.against[0] if said is not None and said.against else None
    if said is None or first is None or first.value is None or is_told_by_title(said):
        why = say(said, language) if said is not None else member.reason
        return f"{where} {why.rstrip('。.')}"
    title = said.title_zh if language == "zh" and said.title_zh else said.title
    value, limit = number_words(first.value, ""), number_words(first.limit, first.unit)
    return f"{where} {title} {value}/{limit}"


def batch_json(batch: Batch) -> dict[str, object]:
    """Give the several alerts of a notice for systems."""
    return {
        "kind": batch.kind.value,
        "place": batch.place,
        "since": batch.since.isoformat().replace("+00:00", "Z"),
        "counts": {severity.word: batch.counts[severity - 1] for severity in Severity},
        "over": batch.n_over,
        "told_before": batch.n_before,
        "alert_ids": list(batch.alert_ids),
        "worst": [
            {
                "alert_id": member.alert_id,
                "severity": member.severity.word,
                "state": member.state.value,
                "site": member.site,
                "site_name": member.site_name,
                "device": member.device,
                "hazard": member.hazard,
                "reason": member.reason,
                "acknowledged": member.is_acknowledged,
            }
            for member in batch.members
        ],
    }


def _tongue(language: str) -> str:
    return "zh" if language == "zh" else "en"
