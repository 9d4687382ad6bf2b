"""What is wrong with a message by the text of CAP 1.2, beyond what its schema can say; pure.

The same questions are asked of our own messages, which must have no fault, and of foreign ones,
whose faults become remarks as long as it is clear what is meant.
"""

from collections.abc import Iterator, Sequence

from alerting.cap.form import FORBIDDEN, is_place
from alerting.cap.values import (
    CATEGORIES,
    CERTAINTIES,
    KINDS,
    REFERRING,
    RESPONSES,
    SCOPES,
    SEVERITIES,
    STATUSES,
    URGENCIES,
    Area,
    Info,
    Message,
)
from sensors.document import listed


def faults_of(message: Message) -> list[str]:
    """Give everything that is wrong, in sentences; none where it is as the standard wants it."""
    found = [*_about_identity(message), *_about_purpose(message)]
    for number, info in enumerate(message.infos, 1):
        found += [f"info {number}: {said}" for said in _about_info(info)]
    return found


def _about_identity(message: Message) -> Iterator[str]:
    for name, text in (("identifier", message.identifier), ("sender", message.sender)):
        if not text:
            yield f"{name} is empty"
        elif FORBIDDEN.search(text):
            yield f"{name} {text[:60]!r} holds a space, a comma, `<` or `&`"
    if message.sent.tzinfo is None:
        yield "sent has no offset"
    for each in message.references:
        if any(not part or FORBIDDEN.search(part) for part in each):
            yield f"reference {','.join(each)[:80]!r} is no sender,identifier,sent"


def _about_purpose(message: Message) -> Iterator[str]:
    yield from _word("status", message.status, STATUSES)
    yield from _word("msgType", message.kind, KINDS)
    yield from _word("scope", message.scope, SCOPES)
    if message.kind in REFERRING and not message.references:
        yield f"{message.kind} names no earlier message in references"
    if message.scope == "Restricted" and not message.restriction:
        yield "scope Restricted needs a restriction"
    if message.scope == "Private" and not message.addresses:
        yield "scope Private needs addresses"


def _about_info(info: Info) -> Iterator[str]:
    if not info.categories:
        yield "there is no category"
    for category in info.categories:
        yield from _word("category", category, CATEGORIES)
    for response in info.responses:
        yield from _word("responseType", response, RESPONSES)
    if not info.event:
        yield "event is empty"
    yield from _word("urgency", info.urgency, URGENCIES)
    yield from _word("severity", info.severity, SEVERITIES)
    yield from _word("certainty", info.certainty, CERTAINTIES)
    for resource in info.resources:
        if not resource.description or not resource.media_type:
            yield "a resource has no resourceDesc or no mimeType"
    for area in info.areas:
        yield from _about_area(area)


def _about_area(area: Area) -> Iterator[str]:
    if not area.description:
        yield "areaDesc is empty"
    for polygon in area.polygons:
        if len(polygon) < 4:
            yield f"a polygon has {len(polygon)} points; allowed: 4 or more"
        elif polygon[0] != polygon[-1]:
            yield "a polygon is open; its last point must be its first"
        if not all(map(is_place, polygon)):
            yield "a polygon has a point off the earth; latitude comes first"
    for circle in area.circles:
        if not is_place(circle.centre) or not circle.radius_km >= 0.0:
            yield "a circle is off the earth, or its radius is below zero"


def _word(name: str, word: str, allowed: Sequence[str]) -> Iterator[str]:
    if word not in allowed:
        yield f"{name} is {word[:40]!r}; allowed: {listed(allowed)}"
