"""A notice as lines of text for people, in English or Chinese.

Says what, where, how bad, against which limit and where that limit comes from, when it was
measured, who and what is near, and in words what is missing.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from alerting.model import (
    Alert,
    AlertKind,
    Batch,
    Card,
    Mark,
    Notice,
    NotifyReason,
    Provenance,
    Responder,
    Transition,
    TransitionKind,
)
from alerting.render.answer import order_called
from alerting.render.gathered import lines_of, near_line
from alerting.render.nearby import nearby_lines
from alerting.render.phrases import card_words, is_short, thing_words
from alerting.render.sources import confidence_words, source_words
from alerting.render.words import (
    Words,
    counted_unit,
    distance_words,
    number_words,
    remark_words,
    span_words,
    words_of,
)
from alerting.sentence import is_told_by_title, quantity_name, say
from sensors.local_time import shown_time

MAX_LISTED = 3

_NO_CARD = frozenset({NotifyReason.CLEARED, NotifyReason.WITHDRAWN})


def alert_path(alert_id: str) -> str:
    """Give the path under which the program answers for an alert."""
    return f"/api/v1/alerts/{alert_id}"


def path_of(notice: Notice) -> str:
    """Give the path under which the program answers for what a notice is about."""
    return f"/api/v1/tasks/{notice.task}" if notice.task else alert_path(notice.alert.id)


def render_text(notice: Notice, language: str, *, base_url: str = "") -> str:
    """Give the notice as lines of text.

    `language` is `en` or `zh`; any other is read as English. `base_url` (for example
    `http://127.0.0.1:8080`) is put before the path of the link.
    """
    words = words_of(language)
    marked = [] if notice.mark is Mark.ACTUAL else [f"[{words[notice.mark]}]"]
    if notice.batch is not None:
        several = list(lines_of(notice, notice.batch, language, base_url=base_url))
        near = _near_the_worst(notice, notice.batch, language)
        return "\n".join(_printable(line) for line in (*marked, *several[:-1], *near, several[-1]))
    remarks = [_labelled(words, "note", remark_words(text, language)) for text in notice.remarks]
    lines = [
        *marked,
        _headline(notice, language, words),
        *(remarks if notice.task else ()),
        *_happened_lines(notice, words),
        _labelled(words, "where", where(notice, language)),
        *_value_lines(notice, language, words),
        _labelled(words, _time_label(notice), _taken_line(notice.transition, words)),
        _labelled(words, "why", why(notice, language)),
    ]
    if notice.card is not None and notice.reason not in _NO_CARD:
        lines += card_lines(notice.card, language)
    lines += () if notice.task else remarks
    called = order_called(notice, language)
    if called:
        lines.append(_labelled(words, "answer", called))
    elif notice.ack_link:
        lines.append(_labelled(words, "acknowledge", notice.ack_link))
    lines.append(_labelled(words, "open", base_url.rstrip("/") + path_of(notice)))
    return "\n".join(_printable(line) for line in lines)


def _near_the_worst(notice: Notice, batch: Batch, language: str) -> list[str]:
    """Say who and what is near the worst of several alerts, while any of them stands."""
    if notice.card is None or not any(batch.counts):
        return []
    return [near_line(notice.alert, notice.card, language), *card_lines(notice.card, language)]


def where(notice: Notice, language: str) -> str:
    """Say in words where an alert is: site, device, point, place in the command chain, position."""
    words = words_of(language)
    alert, card, name = notice.alert, notice.card, notice.place_name
    key = alert.sensor
    parts = [f"{name} ({key.site})" if name and name != key.site else key.site]
    if key.device:
        parts.append(f"{words['device']} {key.device}")
    if key.point:
        parts.append(f"{words['point']} {key.point}")
    if card is not None:
        places = dict.fromkeys(link.place for link in reversed(card.chain) if link.place)
        parts += [place for place in places if place != name]
    place = words["comma"].join(parts)
    lat, lon = alert.position.lat, alert.position.lon
    if not (math.isfinite(lat) and math.isfinite(lon)):
        return place
    return f"{place} ({lat:.5f}, {lon:.5f})"


def why(notice: Notice, language: str) -> str:
    """Say why, in the language; English where the parts of the sentence were not kept."""
    said = notice.transition.said or (None if notice.transition.reason else notice.alert.said)
    return (
        say(said, language) if said is not None else notice.transition.reason or notice.alert.reason
    )


def subject_words(alert: Alert, language: str) -> str:
    """Say what the alert's value is of: what its rule judges, or the quantity itself.

    A rule may judge something else than the quantity: the minutes until a stage are no stage.
    """
    said = alert.said
    if said is not None and said.against:
        return said.title_zh if language == "zh" else said.title
    key = alert.sensor.quantity
    return quantity_name(key, language, alert.hazard) if key else ""


def _printable(line: str) -> str:
    """Replace what could break a line or steer a terminal; names may come from the wire."""
    return "".join(sign if sign.isprintable() else " " for sign in line)


def _headline(notice: Notice, language: str, words: Words) -> str:
    alert = notice.alert
    what = subject_words(alert, language)
    subject = _subject(alert, what, words, is_over=notice.reason in _NO_CARD)
    if alert.kind is AlertKind.SYSTEM:
        subject = words["system"]
    site = notice.place_name or alert.site
    colour = words[alert.severity.colour]
    return f"[{colour}] {words[notice.reason]}{words['colon']}{site}{words['comma']}{subject}"


def kind_words(alert: Alert, what: str, words: Words, gap: str = " ") -> str:
    """Say what is wrong with what, for whatever is no limit."""
    if alert.kind is AlertKind.BLIND and not what:
        return words["blind_device"]
    return f"{what}{gap}{words[alert.kind]}".strip()


def _subject(alert: Alert, what: str, words: Words, *, is_over: bool) -> str:
    """Say what an alert is about, and what is wrong unless that is over or is its name."""
    if alert.kind is not AlertKind.LIMIT:
        return kind_words(alert, what, words)
    if is_over or _is_sign(alert):
        return what
    return words["comma"].join(part for part in (what, words["limit"]) if part)


def _labelled(words: Words, label: str, text: str) -> str:
    return f"{words[label]}{words['colon']}{text}"


def is_measured(notice: Notice) -> bool:
    """Say whether a notice tells of a reading, and not of silence or of what a person did."""
    if notice.batch is not None or notice.happened_at is not None:
        return False
    is_deed = notice.transition.kind is TransitionKind.SIGNED_OFF
    return not is_deed and notice.alert.kind not in (AlertKind.BLIND, AlertKind.SYSTEM)


def _time_label(notice: Notice) -> str:
    """Name the time of the alert's step; the news of an order has one of its own beside it."""
    told = replace(notice, happened_at=None, batch=None)
    return "taken" if is_measured(told) else "happened"


def _value_lines(notice: Notice, language: str, words: Words) -> list[str]:
    """Give the value against its limit; how many sensors are silent, or that a sign is there, is
    none: the reason says it.
    """
    alert = notice.alert
    if alert.kind is AlertKind.BLIND and alert.value is not None:
        return []
    if _is_sign(alert):
        source = _named_source(alert.provenance, language)
        return [_labelled(words, "source_line", source)] if source else []
    label = "value_was" if notice.reason in _NO_CARD else "value"
    return [_labelled(words, label, _value_line(alert, language, words))]


def _value_line(alert: Alert, language: str, words: Words) -> str:
    name = subject_words(alert, language)
    value = words["no_value"] if alert.value is None else number_words(alert.value, alert.unit)
    parts = [f"{name} {value}".strip()]
    if alert.limit is not None:
        parts.append(f"{words['limit_is']} {number_words(alert.limit, alert.unit)}")
    source = _source(alert.provenance, language)
    return words["comma"].join(parts) + (f" ({source})" if source else "")


def _is_sign(alert: Alert) -> bool:
    return alert.said is not None and is_told_by_title(alert.said)


def _source(provenance: Provenance, language: str) -> str:
    named = _named_source(provenance, language)
    return f"{words_of(language)['source']} {named}" if named else ""


def _named_source(provenance: Provenance, language: str) -> str:
    named = source_words(provenance, language)
    if not named:
        return ""
    return f"{named}{words_of(language)['comma']}{confidence_words(provenance, language)}"


def _happened_lines(notice: Notice, words: Words) -> list[str]:
    """Give when what is told happened; the reading of the alert has a time of its own."""
    at = notice.happened_at
    return [] if at is None else [_labelled(words, "happened", shown_time(at))]


def _taken_line(transition: Transition, words: Words) -> str:
    text = shown_time(transition.taken_at)
    if transition.late_by_s is None:
        return text
    return f"{text}{words['comma']}{words['late']} {span_words(transition.late_by_s)}"


def card_lines(card: Card, language: str) -> list[str]:
    """Say who and what is near, what is short, and who was sent; a line for each kind."""
    words = words_of(language)
    lines = [
        _labelled(words, label, _responders(found, card, language))
        for label, found in (
            ("team", card.teams),
            ("supply", card.supplies),
            ("camera", card.cameras),
        )
        if found
    ]
    lines += [_labelled(words, label, said) for label, said in nearby_lines(card, language)]
    if card.chain:
        links = [
            " ".join(part for part in (link.place, link.person, link.phone) if part)
            for link in card.chain
        ]
        lines.append(_labelled(words, "chain", words["semicolon"].join(links)))
    lines += _missing_lines(card, language, words)
    lines += [
        _labelled(words, "orders", said.zh if language == "zh" and said.zh else said.en)
        for said in card.orders
    ]
    lines += [
        _labelled(words, "official", said.zh if language == "zh" and said.zh else said.en)
        for said in card.official
    ]
    if card.missing:
        lines.append(_labelled(words, "card_missing", card_words(card.missing, language)))
    return lines


def _missing_lines(card: Card, language: str, words: Words) -> list[str]:
    said = [(text, card_words(text, language, card.glossary)) for text in card.shortfall]
    notes = [_labelled(words, "note", shown) for text, shown in said if not is_short(text)]
    missing = [shown for text, shown in said if is_short(text)]
    if not missing:
        return notes
    return [_labelled(words, "shortfall", words["semicolon"].join(missing)), *notes]


def _responders(found: Sequence[Responder], card: Card, language: str) -> str:
    words = words_of(language)
    listed = found[:MAX_LISTED]
    hows = ["", *(responder.travel_how for responder in listed)]
    shown = [
        responder_words(each if each.travel_how != before else _as_before(each), card, language)
        for each, before in zip(listed, hows, strict=False)
    ]
    if len(found) > MAX_LISTED:
        shown.append(words["more"].format(count=len(found) - MAX_LISTED))
    return words["semicolon"].join(shown)


def _as_before(responder: Responder) -> Responder:
    """Leave out how a travel time was found, where the one before it was found the same way."""
    return replace(responder, travel_how="")


def responder_words(responder: Responder, card: Card, language: str) -> str:
    """Say who or what it is, how far away, and how to reach it."""
    words = words_of(language)
    parts = [responder.name, distance_words(responder.distance_m)]
    if responder.travel_s is not None:
        minutes = max(1, round(responder.travel_s / 60))
        travel = words["travel"].format(minutes=minutes)
        how = card_words(responder.travel_how, language)
        parts.append(f"{travel} ({how})" if how else travel)
    for name, count, unit in responder.items:
        thing = thing_words(name, language, card.glossary)
        parts.append(f"{thing} {number_words(count, counted_unit(unit, language))}")
    parts += [text for text in (responder.phone, responder.link) if text]
    if responder.as_of:
        parts.append(card_words(responder.as_of, language))
    return words["comma"].join(parts)
