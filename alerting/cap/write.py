"""A message as XML, its elements in the order in which the schema of CAP 1.2 wants them.

lxml makes the XML here, and takes it apart in `alerting.cap.read`.
"""

import re
from datetime import datetime
from typing import Any

from lxml import etree

from alerting.cap.form import circle_text, instant_text, number_text, polygon_text, reference_text
from alerting.cap.values import NAMESPACE, Area, Info, Message, Pair, Resource

_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_PREFIXES: Any = {None: NAMESPACE}

Value = str | datetime | None


def element_of(message: Message) -> "etree._Element":
    """Give the element of a message, unsigned."""
    root = etree.Element(f"{{{NAMESPACE}}}alert", nsmap=_PREFIXES)
    _add(root, "identifier", message.identifier)
    _add(root, "sender", message.sender)
    _add(root, "sent", message.sent)
    _add(root, "status", message.status)
    _add(root, "msgType", message.kind)
    _add(root, "source", message.source)
    _add(root, "scope", message.scope)
    _add(root, "restriction", message.restriction)
    _add(root, "addresses", _quoted(message.addresses))
    for code in message.codes:
        _add(root, "code", code)
    _add(root, "note", message.note)
    _add(root, "references", reference_text(message.references))
    _add(root, "incidents", _quoted(message.incidents))
    for info in message.infos:
        _add_info(root, info)
    return root


def bytes_of(element: "etree._Element") -> bytes:
    """Give the bytes of an element; what is signed must not be laid out again."""
    return etree.tostring(element, encoding="UTF-8", xml_declaration=True)


def _add_info(root: "etree._Element", info: Info) -> None:
    node = etree.SubElement(root, f"{{{NAMESPACE}}}info")
    _add(node, "language", info.language)
    for category in info.categories:
        _add(node, "category", category)
    _add(node, "event", info.event)
    for response in info.responses:
        _add(node, "responseType", response)
    _add(node, "urgency", info.urgency)
    _add(node, "severity", info.severity)
    _add(node, "certainty", info.certainty)
    _add(node, "audience", info.audience)
    for pair in info.event_codes:
        _add_pair(node, "eventCode", pair)
    _add(node, "effective", info.effective)
    _add(node, "onset", info.onset)
    _add(node, "expires", info.expires)
    _add(node, "senderName", info.sender_name)
    _add(node, "headline", info.headline)
    _add(node, "description", info.description)
    _add(node, "instruction", info.instruction)
    _add(node, "web", info.web)
    _add(node, "contact", info.contact)
    for pair in info.parameters:
        _add_pair(node, "parameter", pair)
    for resource in info.resources:
        _add_resource(node, resource)
    for area in info.areas:
        _add_area(node, area)


def _add_resource(parent: "etree._Element", resource: Resource) -> None:
    node = etree.SubElement(parent, f"{{{NAMESPACE}}}resource")
    _add(node, "resourceDesc", resource.description)
    _add(node, "mimeType", resource.media_type)
    _add(node, "size", "" if resource.size is None else str(resource.size))
    _add(node, "uri", resource.uri)
    _add(node, "derefUri", resource.deref)
    _add(node, "digest", resource.digest)


def _add_area(parent: "etree._Element", area: Area) -> None:
    node = etree.SubElement(parent, f"{{{NAMESPACE}}}area")
    _add(node, "areaDesc", area.description)
    for polygon in area.polygons:
        _add(node, "polygon", polygon_text(polygon))
    for circle in area.circles:
        _add(node, "circle", circle_text(circle))
    for pair in area.geocodes:
        _add_pair(node, "geocode", pair)
    for name, feet in (("altitude", area.altitude_ft), ("ceiling", area.ceiling_ft)):
        _add(node, name, "" if feet is None else number_text(feet))


def _add_pair(parent: "etree._Element", name: str, pair: Pair) -> None:
    node = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    for part, text in (("valueName", pair.name), ("value", pair.value)):
        etree.SubElement(node, f"{{{NAMESPACE}}}{part}").text = writable(text)


def _add(parent: "etree._Element", name: str, value: Value) -> None:
    """Add an element, unless there is nothing to put into it."""
    if not value:
        return
    text = instant_text(value) if isinstance(value, datetime) else value
    etree.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = writable(text)


def _quoted(words: tuple[str, ...]) -> str:
    """Give words between spaces, each in quotation marks where it has a space itself."""
    return " ".join(f'"{word}"' if " " in word else word for word in words)


def writable(text: str) -> str:
    """Replace what XML cannot hold; names and notes may come from anywhere."""
    return _UNWRITABLE.sub("\ufffd", text)
