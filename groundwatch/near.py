"""`groundwatch near`: the card of a point, offline."""

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from alerting.model import Card, Responder, Severity
from alerting.render.text import card_lines, responder_words
from gis_link.closures import Closures
from gis_link.loaders import load_resources
from groundwatch.cards import CardDesk
from groundwatch.clock import SystemClock
from groundwatch.demo import card_json
from groundwatch.settings import SettingsError
from groundwatch.travel import open_travel
from groundwatch.travel_settings import TravelSettings
from sensors.model import Position


def print_near(
    *, lat: float, lon: float, hazard: str, severity: str, sites: Path, language: str = "en"
) -> Callable[[bool], None]:
    """Look up the card of a point; call the answer with whether to print JSON.

    Raises:
        SettingsError: a value is out of range or unknown; says what is allowed.
    """
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise SettingsError(f"--lat {lat} --lon {lon}: allowed are -90 to 90 and -180 to 180")
    words = [entry.word for entry in Severity]
    if severity not in words:
        raise SettingsError(f"--severity {severity!r}: allowed are {', '.join(words)}")
    resources, faults = load_resources(sites / "resources", sites / "map")
    if not (sites / "resources").is_dir():
        raise SettingsError(f"--sites {sites}: holds no folder `resources` of teams and supplies")
    for fault in faults:
        print(fault, file=sys.stderr)  # noqa: T201 - the rest is good and may be needed now
    clock = SystemClock()
    with ExitStack() as stack:
        reach = open_travel(TravelSettings(), resources, Closures(), stack)
    desk = CardDesk(resources, clock, reach)
    known = resources.needs.hazards
    if hazard not in known:
        raise SettingsError(f"--hazard {hazard!r}: allowed are {', '.join(sorted(known))}")
    card = desk.near(Position(lat, lon), hazard, Severity.of(severity), clock.now())

    def show(as_json: bool) -> None:  # noqa: FBT001 - the last step of one command
        if as_json:
            print(json.dumps(card_json(card), ensure_ascii=False, indent=2))  # noqa: T201
        else:
            print("\n".join(lines(card, language)))  # noqa: T201

    return show


def _in_chinese(card: Card) -> list[str]:
    """Write a card as a notice would, with one line for everyone who can help."""
    found: list[str] = []
    for title, responders in (
        ("队伍", card.teams),
        ("物资", card.supplies),
        ("摄像头", card.cameras),
    ):
        found.append(f"{title}：")
        found += [f"  {responder_words(each, card, 'zh')}" for each in responders] or [
            "  范围内没有"
        ]
    return found + card_lines(replace(card, teams=(), supplies=(), cameras=()), "zh")


def lines(card: Card, language: str = "en") -> list[str]:
    """Write a card as lines for a terminal."""
    if language == "zh":
        return _in_chinese(card)
    found: list[str] = []
    for title, responders in (
        ("teams", card.teams),
        ("supplies", card.supplies),
        ("cameras", card.cameras),
    ):
        found.append(f"{title}:")
        found += [f"  {_line(entry, card)}" for entry in responders] or ["  none within reach"]
    if card.places:
        found += ["places:", *map(_place, card.places)]
    found.append("command chain:")
    found += [
        f"  {link.tier}: {link.place} {link.person} {link.phone}".rstrip() for link in card.chain
    ]
    found += [f"short: {said}" for said in card.shortfall]
    if card.missing:
        found.append(f"missing: {card.missing}")
    return found


def _line(entry: Responder, card: Card) -> str:
    """Write who or what it is as a notice would, and why it was chosen."""
    return f"{responder_words(entry, card, 'en')}; {entry.why}"


def _place(entry: Responder) -> str:
    said = ", ".join(part for part in (entry.what, entry.phone, entry.why) if part)
    return f"  {entry.name}: {said}"
