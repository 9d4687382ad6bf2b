"""A notice in few words: what must be read first, and what is worth saying after it.

First come the colour, what, where in words, the value against its limit and the time of the
reading, in forms that get leaner until they fit; names are shortened, numbers never. Then who is
near.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from alerting.model import Alert, AlertKind, Batch, Card, Notice, NotifyReason, Responder
from alerting.render.atoms import Size, cut
from alerting.render.gathered import counted, headline, place, worst
from alerting.render.names import own_name
from alerting.render.nearby import helping, nearby_words, threatened
from alerting.render.phrases import card_words, is_short, thing_words
from alerting.render.text import kind_words, path_of, subject_words, why
from alerting.render.words import (
    counted_unit,
    distance_words,
    mark_words,
    number_words,
    remark_words,
    short_time,
    span_words,
    words_of,
)
from alerting.sentence import NO_NUMBER, is_told_by_title

_LONGEST_UNIT = 8
_LEAST_NAME = 2
_LEAST_WHY = 8

_REASONS: dict[str, dict[NotifyReason, str]] = {
    "en": {
        NotifyReason.FIRST: " alert",
        NotifyReason.SEVERITY_ROSE: ", risen",
        NotifyReason.SEVERITY_FELL: ", fallen",
        NotifyReason.REPEAT: ", not acknowledged",
        NotifyReason.ESCALATED: ", nobody has acknowledged",
        NotifyReason.CLEARED: " cleared",
        NotifyReason.WITHDRAWN: " withdrawn",
        NotifyReason.CARD: ", who is near",
        NotifyReason.RENEWED: ", still so",
        NotifyReason.RETURNED: ", still stands",
        NotifyReason.RECURRED: ", again",
        NotifyReason.ORDER: ", ORDER",
        NotifyReason.ORDER_OVER: ", order taken back",
        NotifyReason.ORDER_NEWS: ", news of an order",
    },
    "zh": {
        NotifyReason.FIRST: "警报",
        NotifyReason.SEVERITY_ROSE: "警报升级",
        NotifyReason.SEVERITY_FELL: "警报降级",
        NotifyReason.REPEAT: "警报未确认",
        NotifyReason.ESCALATED: "警报无人确认",
        NotifyReason.CLEARED: "警报解除",
        NotifyReason.WITHDRAWN: "警报撤回",
        NotifyReason.CARD: "警报周边力量",
        NotifyReason.RENEWED: "警报仍在持续",
        NotifyReason.RETURNED: "警报仍在持续",
        NotifyReason.RECURRED: "警报再次触发",
        NotifyReason.ORDER: "任务指令",
        NotifyReason.ORDER_OVER: "任务撤回",
        NotifyReason.ORDER_NEWS: "任务动态",
    },
}
_ALERT = {"en": " alert", "zh": "警报"}
_NO_CARD = frozenset({NotifyReason.CLEARED, NotifyReason.WITHDRAWN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Essentials:
    """The parts of what must be read first; `wheres` from the fullest to the leanest.

    `lean_value` has value and limit in one. `whys` are, where there is no value, from the fullest
    to the leanest why, each in its pieces. With `is_order` what is to be done matters more than
    what it is about.
    """

    head: str
    lean_head: str
    what: str
    wheres: tuple[str, ...]
    value: str
    limit: str
    lean_value: str
    whys: tuple[tuple[str, ...], ...]
    taken: str
    is_order: bool = False

    @property
    def why(self) -> str:
        """Give the first piece of the fullest why."""
        return self.whys[0][0]


class First(NamedTuple):
    """What is read first, and which pieces of the why it says whole."""

    text: str
    said: tuple[str, ...] = ()


def essentials(notice: Notice, language: str) -> Essentials:
    """Give the parts of what must be read first."""
    tongue = "zh" if language == "zh" else "en"
    alert, words = notice.alert, words_of(language)
    mark, colour = mark_words(notice.mark, language), words[alert.severity.colour]
    if notice.batch is not None:
        return _several(notice, notice.batch, language, mark)
    is_order = bool(notice.task and notice.remarks)
    is_said = is_order or _is_said_in_words(notice)
    numbers = ("", "", "") if is_said else _numbers(alert, words["limit_is"], tongue)
    value, limit, lean_value = numbers
    head = f"{mark}{colour}{_REASONS[tongue].get(notice.reason, _ALERT[tongue])}"
    return Essentials(
        head=head,
        # A bare colour over an end would read as one more alert.
        lean_head=head if is_order or notice.reason in _NO_CARD else f"{mark}{colour}",
        what=_one_line(_what(alert, language)),
        wheres=tuple(_one_line(text) for text in _wheres(notice, language)),
        value=value,
        limit=limit,
        lean_value=lean_value,
        whys=_pieces(notice.remarks[:2] if is_order else (_short_why(notice, language),)),
        taken=short_time(notice.happened_at or notice.transition.taken_at),
        is_order=is_order,
    )


def _short_why(notice: Notice, language: str) -> str:
    """Say why, without what is named already: of a sign that is there its kind, if known."""
    said = notice.transition.said or notice.alert.said
    if said is None or notice.reason in _NO_CARD or not is_told_by_title(said):
        return why(notice, language)
    return said.remark_zh if language == "zh" else said.remark


def _is_said_in_words(notice: Notice) -> bool:
    """Say whether a number would tell nothing: of an end, of silence, of a sign that is there."""
    alert = notice.alert
    if notice.reason in _NO_CARD:
        return True  # the value it had is the one that raised it
    return alert.kind is AlertKind.BLIND or alert.unit in NO_NUMBER


def _several(notice: Notice, batch: Batch, language: str, mark: str) -> Essentials:
    """Give the parts about several alerts: how many, where, how bad, and which are the worst."""
    head = headline(notice, batch, language).partition(words_of(language)["colon"])[0]
    return Essentials(
        head=f"{mark}{head}",
        lean_head=f"{mark}{head}",
        what=counted(batch, language),
        # "All areas" may be left out for the worst of them; the name of one may not.
        wheres=(_one_line(place(batch, language)), *(() if batch.place else ("",))),
        value="",
        limit="",
        lean_value="",
        whys=_pieces(worst(batch, language)),
        taken=short_time(notice.created_at),
    )


def _pieces(texts: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Give as many of some texts as there are, then one less, down to the first alone."""
    said = tuple(_one_line(text).rstrip("。.") for text in texts)
    return tuple(said[:count] for count in range(len(said), 0, -1)) or (("",),)


def first_words(parts: Essentials, language: str, *, limit: int, size: Size) -> First:
    """Give what must be read first within `limit`: the fullest form that fits."""
    abouts = _abouts(parts)
    for about in abouts:
        for whys in parts.whys:
            text = _sentence(parts, language, about, whys)
            if size(text) <= limit:
                return First(text, whys)
    if not parts.value:
        bare = _sentence(parts, language, abouts[-1])
        room = limit - size(bare) - size("，" if language == "zh" else ", ")
        if room >= _LEAST_WHY:
            cut_why = cut(parts.why, room, size)
            return First(_sentence(parts, language, abouts[-1], (cut_why,)))
        if size(bare) <= limit and not parts.is_order:
            return First(bare)
    return First(_leanest(parts, language, limit=limit, size=size))


def _abouts(parts: Essentials) -> list[tuple[str, str]]:
    """Give what and where, from the fullest to the leanest; an order can do without both."""
    found = [(parts.what, where) for where in parts.wheres]
    return [*found, ("", parts.wheres[-1]), ("", "")] if parts.is_order else found


def further(notice: Notice, language: str, base_url: str = "") -> Iterator[str]:
    """Give what is worth saying after it, the most useful first; not the link that acknowledges."""
    words = words_of(language)
    late_by_s = notice.transition.late_by_s
    if late_by_s is not None:
        yield f"{words['late']} {span_words(late_by_s)}"
    if notice.batch is not None:
        yield from (_one_line(text) for text in worst(notice.batch, language))
    if notice.card is not None and notice.reason not in _NO_CARD:
        yield from (_one_line(text) for text in _near(notice.card, language))
    yield from (_one_line(remark_words(text, language)) for text in notice.remarks)
    if base_url and not notice.ack_link:
        yield base_url.rstrip("/") + path_of(notice)


def _numbers(alert: Alert, limit_is: str, tongue: str) -> tuple[str, str, str]:
    if alert.value is None:
        return "", "", ""
    unit = alert.unit if len(alert.unit) <= _LONGEST_UNIT else ""
    value = number_words(alert.value, unit)
    if alert.limit is None:
        return value, "", value
    limit = number_words(alert.limit, unit)
    gap = "" if tongue == "zh" else " "
    return value, f"{limit_is}{gap}{limit}", f"{number_words(alert.value, '')}/{limit}"


def _what(alert: Alert, language: str) -> str:
    words = words_of(language)
    if alert.kind is AlertKind.SYSTEM:
        return words["system"]
    what = subject_words(alert, language)
    if alert.kind is AlertKind.LIMIT:
        return what
    return kind_words(alert, what, words, "" if language == "zh" else " ")


def _wheres(notice: Notice, language: str) -> Iterator[str]:
    """Say where, by the name people have for the site, by its id where there is little room."""
    key, card = notice.alert.sensor, notice.card
    here = " ".join(part for part in (key.device, key.point) if part)
    own = f"{key.site} {here}".strip()
    name = own_name(notice.place_name, language)
    named = f"{name} {here}".strip() if name else own
    links = reversed(card.chain) if card else ()
    places = dict.fromkeys(own_name(link.place, language) for link in links if link.place)
    near = [place for place in places if place not in (*own.split(), name)]
    gap = "" if language == "zh" else " "
    if near:
        yield f"{gap.join(reversed(near[:2]))} {named}"
        yield f"{near[0]} {named}"
    yield named
    if named != own:
        yield own


def _sentence(
    parts: Essentials, language: str, about: tuple[str, str], whys: tuple[str, ...] = ()
) -> str:
    zh = language == "zh"
    colon, comma, gap = ("：", "，", "；") if zh else (": ", ", ", "; ")
    if parts.is_order:  # a time at the end would read as one more deadline
        said = comma.join(part for part in (*about, gap.join(whys)) if part)
        return f"{parts.head} {parts.taken}{colon}{said}"
    numbers = [parts.value, parts.limit] if parts.value else [gap.join(whys)]
    return parts.head + colon + comma.join(part for part in (*about, *numbers, parts.taken) if part)


def _leanest(parts: Essentials, language: str, *, limit: int, size: Size) -> str:
    """Give colour, numbers and time whole, and as much of the names as there is room for.

    Of an order what is to be done matters more than the time.
    """
    comma = "，" if language == "zh" else ", "
    head = parts.lean_head + ("：" if language == "zh" else ": ")
    if parts.is_order:
        return head + cut(parts.why, max(limit - size(head), 0), size)
    tail = comma.join(part for part in (parts.lean_value, parts.taken) if part)
    room = limit - size(head) - size(tail) - 2 * size(comma)
    what = cut(parts.what, max(room // 2, 0), size)
    where = cut(parts.wheres[-1], max(room - size(what), 0), size)
    names = [name for name in (what, where) if len(name) >= _LEAST_NAME]
    return head + comma.join([*names, tail])


def _near(card: Card, language: str) -> Iterator[str]:
    words = words_of(language)
    for responder in card.teams[:2]:
        yield _responder(responder, card, language)
    responsible = list(_responsible(card, language))
    yield from responsible[:1]
    for each in threatened(card)[:2]:
        yield f"{words['danger']}{words['colon']}{_place(each, language)}"
    for responder in card.supplies[:1]:
        yield _responder(responder, card, language)
    for each in helping(card)[:1]:
        yield _place(each, language)
    for text in filter(is_short, card.shortfall):
        yield f"{words['shortfall']}{words['colon']}{card_words(text, language, card.glossary)}"
    if card.missing:
        missing = card_words(card.missing, language)
        yield f"{words['card_missing']}{words['colon']}{missing}"
    yield from responsible[1:]


def _responsible(card: Card, language: str) -> Iterator[str]:
    """Give who answers for each place, the smallest place first, one person a place."""
    first: dict[str, str] = {}
    for link in card.chain:
        if link.phone:
            named = (own_name(link.place, language), own_name(link.person, language), link.phone)
            first.setdefault(link.place, " ".join(part for part in named if part))
    yield from reversed(first.values())


def _responder(responder: Responder, card: Card, language: str) -> str:
    parts = [own_name(responder.name, language), distance_words(responder.distance_m)]
    if responder.travel_s is not None:
        minutes = max(1, round(responder.travel_s / 60))
        parts.append(words_of(language)["travel"].format(minutes=minutes))
    for name, count, unit in responder.items[:2]:
        number = number_words(count, counted_unit(unit, language))
        thing = thing_words(name, language, card.glossary)
        parts.append(f"{own_name(thing, language)} {number}")
    return " ".join(part for part in (*parts, responder.phone) if part)


def _place(place: Responder, language: str) -> str:
    named = replace(place, name=own_name(place.name, language))
    return nearby_words(named, language, is_short=True)


def _one_line(text: str) -> str:
    """Replace what could break a line, steer a terminal, or has no form on the wire."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
