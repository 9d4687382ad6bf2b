"""What a foreign message is to us: topic, severity, time, and the sites it is for; pure.

Where it cannot be told whether a message is for a site (it names neither outline nor a code that
is known here) it is taken to be, and says so: unknown is not calm.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field, RootModel

from alerting.cap.heard import CapRefused, Heard
from alerting.cap.place import Spot, why_over
from alerting.cap.values import Info, Message
from alerting.model import Remark, Severity
from alerting.warning import Name, OfficialWarning, Over
from sensors.coupling import TOPICS
from sensors.document import FileModel, check_model, load_yaml
from sensors.local_time import shown_time

BUILT_IN = Path(__file__).with_name("topics.yaml")
MAX_HEADLINE = 200
MAX_AHEAD = timedelta(minutes=5)

Words = Annotated[list[Annotated[str, Field(min_length=1, max_length=60)]], Field(max_length=100)]


class TopicSpec(FileModel):
    """By what a topic is known."""

    words: Words
    codes: Words = Field(default_factory=list)


class _TopicsFile(RootModel[dict[str, TopicSpec]]):
    """The whole table."""


Topics = dict[str, TopicSpec]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialRules:
    """How messages are taken.

    `own_sender` is ourselves, whose messages are never official. Of `senders`, where any are named,
    no other is believed. A message without `expires` holds for `unnamed_valid`, none longer than
    `most_valid`.
    """

    topics: Topics
    own_sender: str = ""
    senders: tuple[str, ...] = ()
    unnamed_valid: timedelta = timedelta(hours=24)
    most_valid: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A warning, and what must be known about how it was understood."""

    warning: OfficialWarning
    remarks: tuple[str, ...]


def warning_of(heard: Heard, spots: Sequence[Spot], rules: OfficialRules, now: datetime) -> Taken:
    """Understand a message.

    Raises:
        CapRefused: it must not be taken; the text says why and what to do.
    """
    message = heard.message
    _refuse(message, rules, now)
    topic = _topic(message, rules.topics)
    over, remarks = _over(message, spots)
    ends_at, said = _ends_at(message, rules)
    warning = OfficialWarning(
        name=Name(message.sender, message.identifier),
        sender_name=next((info.sender_name for info in message.infos if info.sender_name), ""),
        sent_at=message.sent,
        status=message.status,
        kind=message.kind,
        references=tuple(Name(each.sender, each.identifier) for each in message.references),
        topic=topic,
        severity=max(filter(None, map(_severity, message.infos)), default=None),
        begins_at=_begins_at(message),
        ends_at=ends_at,
        headline=_headline(message),
        over=over,
    )
    return Taken(warning=warning, remarks=(*heard.remarks, *said, *remarks))


@cache
def built_in_topics() -> Topics:
    """Give the table that comes with the program."""
    file, faults = check_model(load_yaml(BUILT_IN, shown_as=BUILT_IN.name), _TopicsFile)
    if file is None:
        raise ValueError("\n".join(map(str, faults)))
    unknown = file.root.keys() - TOPICS.keys()
    if unknown:
        raise ValueError(f"{BUILT_IN.name}: there is no topic {', '.join(sorted(unknown))}")
    return file.root


def _refuse(message: Message, rules: OfficialRules, now: datetime) -> None:
    if message.kind in ("Ack", "Error"):
        raise CapRefused(f"msgType {message.kind} is between systems and warns of nothing")
    if message.kind == "Cancel" and not message.references:
        raise CapRefused("a Cancel must name in references what it cancels")
    if message.sender == rules.own_sender:
        raise CapRefused("it is a message of this program itself, which is never official")
    if rules.senders and message.sender not in rules.senders:
        raise CapRefused(
            f"sender {message.sender[:80]!r} is not believed; allowed: {', '.join(rules.senders)}"
            " (official.senders in the settings)"
        )
    if message.sent - now > MAX_AHEAD:
        ahead = message.sent - now
        raise CapRefused(f"sent is {ahead} ahead of this machine's clock; one of the two is wrong")


def _severity(info: Info) -> Severity | None:
    try:
        return Severity.of(info.severity)
    except KeyError:
        return None


def _topic(message: Message, topics: Topics) -> str:
    """Find the first topic that fits any block of information."""
    texts = " ".join(f"{info.event} {info.headline}" for info in message.infos).lower()
    codes = {pair.value for info in message.infos for pair in info.event_codes}
    for name, spec in topics.items():
        if codes & set(spec.codes) or any(word.lower() in texts for word in spec.words):
            return name
    return ""


def _begins_at(message: Message) -> datetime:
    """Say from when on it counts: from when it says, or from when it was sent."""
    told = [info.effective for info in message.infos if info.effective is not None]
    return min(told, default=message.sent)


def _ends_at(message: Message, rules: OfficialRules) -> tuple[datetime, list[str]]:
    told = [info.expires for info in message.infos if info.expires is not None]
    if not told:
        hours = rules.unnamed_valid.total_seconds() / 3600
        said = [] if message.kind == "Cancel" else [f"it names no end: taken to hold {hours:g} h"]
        return message.sent + rules.unnamed_valid, said
    ends_at, latest = max(told), message.sent + rules.most_valid
    if ends_at > latest:
        days = rules.most_valid.total_seconds() / 86400
        return latest, [f"it expires at {shown_time(ends_at)}: taken to hold {days:g} d at most"]
    return ends_at, []


def _over(message: Message, spots: Sequence[Spot]) -> tuple[tuple[Over, ...], list[str]]:
    """Say which sites it is for, and how bad there: the worst of the blocks that are for one."""
    found: dict[str, Over] = {}
    remarks: dict[str, None] = {}
    for info in message.infos:
        severity = _severity(info)
        if severity is None:
            remarks[f"severity {info.severity!r} tightens nothing"] = None
            continue
        for spot in spots:
            why = why_over(info.areas, spot)
            if why is None:
                continue
            if why.is_doubtful:
                remarks[why.text] = None
            known = found.get(spot.site)
            if known is None or severity > known.severity:
                found[spot.site] = Over(spot.site, severity, why.text)
    return tuple(found.values()), list(remarks)


def _headline(message: Message) -> Remark:
    zh = _first(message.infos, is_zh=True)
    en = _first(message.infos, is_zh=False)
    return Remark((en or zh)[:MAX_HEADLINE], (zh or en)[:MAX_HEADLINE])


def _first(infos: Iterable[Info], *, is_zh: bool) -> str:
    for info in infos:
        if info.language.lower().startswith("zh") is is_zh:
            return info.headline or info.event
    return ""
