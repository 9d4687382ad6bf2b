"""The shelters, hospitals and pumps near an alert, and what may be in danger, in words.

A card says of each what it is in one word and why it is named in English parts between commas; both
have their Chinese here. A part that is not known is shown as it is, which loses nothing.
"""

import re
from collections.abc import Sequence

from alerting.model import Card, Responder
from alerting.render.words import distance_words, words_of

MAX_LISTED = 3
HELPING = frozenset({"shelter", "hospital", "pump"})

_KINDS = {
    "shelter": "避难场所",
    "hospital": "医院",
    "pump": "泵站",
    "school": "学校",
    "kindergarten": "幼儿园",
    "care home": "养老院",
    "underpass": "下穿通道",
    "other": "敏感场所",
}
_UNITS = {"people": "人", "beds": "床"}
_FREE = re.compile(r"(\S+) of (\S+) (.*) free")


def helping(card: Card) -> list[Responder]:
    """Give the places that help, in the card's order."""
    return [place for place in card.places if place.what in HELPING]


def threatened(card: Card) -> list[Responder]:
    """Give the places that may be in danger, nearest first."""
    found = [place for place in card.places if place.what not in HELPING]
    return sorted(found, key=lambda place: place.distance_m)


def nearby_lines(card: Card, language: str) -> list[tuple[str, str]]:
    """Give the lines of a notice about places, each with the name of its label."""
    lines = [("danger", threatened(card)), ("help", helping(card))]
    return [(label, _listed(places, language)) for label, places in lines if places]


def nearby_words(place: Responder, language: str, *, is_short: bool = False) -> str:
    """Say one place: name, kind, how far, its telephone and what is known of its room."""
    comma = words_of(language)["comma"]
    kind = _KINDS.get(place.what, place.what) if language == "zh" else place.what
    named = f"{place.name} ({kind}) {distance_words(place.distance_m)}"
    if is_short:
        return " ".join(part for part in (named, place.phone) if part)
    return comma.join(part for part in (named, place.phone, *_rest(place, language)) if part)


def _listed(places: Sequence[Responder], language: str) -> str:
    words = words_of(language)
    shown = [nearby_words(place, language) for place in places[:MAX_LISTED]]
    if len(places) > MAX_LISTED:
        shown.append(words["more"].format(count=len(places) - MAX_LISTED))
    return words["semicolon"].join(shown)


def _rest(place: Responder, language: str) -> list[str]:
    """Give what the reason says beside the distance and the danger, which are said already."""
    said = [part for part in place.why.split(", ")[1:] if part != "may be in danger"]
    return [_room(part, place, language) for part in said]


def _room(part: str, place: Responder, language: str) -> str:
    """Say one part; of a place in danger how many are there, and not how many more there may be."""
    found = _FREE.fullmatch(part)
    if found is None:
        return {"open": "开放", "closed": "关闭"}.get(part, part) if language == "zh" else part
    left, whole, unit = found.groups()
    if language == "zh":
        unit = _UNITS.get(unit, unit)
        return f"可用{left}/{whole}{unit}" if place.what in HELPING else f"{whole}{unit}"
    return part if place.what in HELPING else f"{whole} {unit}"
