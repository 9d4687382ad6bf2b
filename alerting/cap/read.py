"""Foreign messages of CAP 1.2 (and 1.1), taken apart with care: bytes to a message, or why not.

What comes from outside is bounded and trusted with nothing: no document types, entities, network or
huge trees. A message is refused where nobody could say which it is, whether it is real, or what it
does; everything else that is not as the standard wants it becomes a remark, because a warning must
not be lost over an offset.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TypeVar

from lxml import etree

from alerting.cap.check import faults_of
from alerting.cap.form import circle_of, instant_of, number_of, polygon_of, references_of, words_of
from alerting.cap.gbt35965 import cap_severity
from alerting.cap.heard import MAX_BYTES, CapRefused, Heard
from alerting.cap.values import KINDS, NAMESPACE, STATUSES, Area, Info, Message, Pair, Resource
from sensors.document import listed

MAX_INFOS = 20
MAX_RESOURCES = 50
MAX_AREAS = 500
MAX_PARTS = 2000
MAX_TEXT = 20_000
MAX_POLYGON_TEXT = 400_000
MAX_REMARKS = 20

_NAMESPACES = (NAMESPACE, "urn:oasis:names:tc:emergency:cap:1.1")
_Value = TypeVar("_Value")


def tree_of(body: bytes) -> "etree._Element":
    """Parse XML from outside.

    Raises:
        CapRefused: it is too large, no XML, or declares a document type.
    """
    if len(body) > MAX_BYTES:
        raise CapRefused(f"the message has {len(body)} bytes; allowed: {MAX_BYTES}")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise CapRefused(f"not XML: line {error.lineno}: {error.msg}") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise CapRefused("it declares a document type (DOCTYPE), which no CAP message needs")
    return root


def read_message(body: bytes) -> Heard:
    """Take a message apart.

    Raises:
        CapRefused: it is no CAP message, or it is not clear which one or what it does.
    """
    root = tree_of(body)
    name = etree.QName(root)
    if name.localname != "alert" or name.namespace not in _NAMESPACES:
        raise CapRefused(
            f"the document is <{name.localname}> of {name.namespace or 'no namespace'};"
            f" allowed: <alert> of {_NAMESPACES[0]}"
        )
    return _Reading(root, name.namespace or "").heard()


class _Reading:
    """One message on its way to a value; `remarks` gather what had to be passed over."""

    def __init__(self, root: "etree._Element", namespace: str) -> None:
        """Hold the root."""
        self._root, self._namespace = root, namespace
        self._remarks: list[str] = []

    def heard(self) -> Heard:
        """Read everything; the faults of the standard join the remarks."""
        self._refuse_unclear()
        message = self._message()
        remarks = dict.fromkeys([*self._remarks, *faults_of(message)])
        return Heard(message=message, remarks=tuple(remarks)[:MAX_REMARKS])

    def _refuse_unclear(self) -> None:
        root = self._root
        faults = [
            f"<{name}> is missing"
            for name in ("identifier", "sender", "sent", "status", "msgType")
            if not self._text(root, name)
        ]
        status, kind = self._text(root, "status"), self._text(root, "msgType")
        if status and status not in STATUSES:
            faults.append(f"status is {status[:40]!r}; allowed: {listed(STATUSES)}")
        if kind and kind not in KINDS:
            faults.append(f"msgType is {kind[:40]!r}; allowed: {listed(KINDS)}")
        sent = self._text(root, "sent")
        if sent and _lenient_instant(sent) is None:
            faults.append(f"sent is {sent[:40]!r}; allowed: 2026-06-01T14:03:22+08:00")
        references = self._text(root, "references")
        try:
            references_of(references)
        except ValueError as error:
            faults.append(f"references: {error}")
        if faults:
            raise CapRefused(*faults)

    def _message(self) -> Message:
        root = self._root
        return Message(
            identifier=self._text(root, "identifier"),
            sender=self._text(root, "sender"),
            sent=self._instant(root, "sent") or datetime.fromtimestamp(0, UTC),
            status=self._text(root, "status"),
            kind=self._text(root, "msgType"),
            scope=self._text(root, "scope"),
            source=self._text(root, "source"),
            restriction=self._text(root, "restriction"),
            addresses=words_of(self._text(root, "addresses")),
            codes=self._texts(root, "code"),
            note=self._text(root, "note"),
            references=references_of(self._text(root, "references")),
            incidents=words_of(self._text(root, "incidents")),
            infos=tuple(self._info(node) for node in self._nodes(root, "info", MAX_INFOS)),
        )

    def _info(self, node: "etree._Element") -> Info:
        severity = self._text(node, "severity")
        colour = cap_severity(severity)
        if colour is not None:
            self._remarks.append(f"severity {severity!r} is a colour, taken as {colour}")
        return Info(
            language=self._text(node, "language") or "en-US",
            categories=self._texts(node, "category"),
            event=self._text(node, "event"),
            responses=self._texts(node, "responseType"),
            urgency=self._text(node, "urgency") or "Unknown",
            severity=colour or severity or "Unknown",
            certainty=self._text(node, "certainty") or "Unknown",
            audience=self._text(node, "audience"),
            event_codes=self._pairs(node, "eventCode"),
            effective=self._instant(node, "effective"),
            onset=self._instant(node, "onset"),
            expires=self._instant(node, "expires"),
            sender_name=self._text(node, "senderName"),
            headline=self._text(node, "headline"),
            description=self._text(node, "description"),
            instruction=self._text(node, "instruction"),
            web=self._text(node, "web"),
            contact=self._text(node, "contact"),
            parameters=self._pairs(node, "parameter"),
            resources=tuple(
                self._resource(each) for each in self._nodes(node, "resource", MAX_RESOURCES)
            ),
            areas=tuple(self._area(each) for each in self._nodes(node, "area", MAX_AREAS)),
        )

    def _resource(self, node: "etree._Element") -> Resource:
        size = self._number(node, "size")
        return Resource(
            description=self._text(node, "resourceDesc"),
            media_type=self._text(node, "mimeType"),
            size=None if size is None else int(size),
            uri=self._text(node, "uri"),
            deref="".join(self._texts(node, "derefUri", MAX_BYTES)[:1]),
            digest=self._text(node, "digest"),
        )

    def _area(self, node: "etree._Element") -> Area:
        polygons = self._texts(node, "polygon", MAX_POLYGON_TEXT)
        return Area(
            description=self._text(node, "areaDesc"),
            polygons=tuple(self._each(polygons, polygon_of)),
            circles=tuple(self._each(self._texts(node, "circle"), circle_of)),
            geocodes=self._pairs(node, "geocode"),
            altitude_ft=self._number(node, "altitude"),
            ceiling_ft=self._number(node, "ceiling"),
        )

    def _each(self, texts: tuple[str, ...], read: Callable[[str], _Value]) -> Iterator[_Value]:
        """Read each of several texts; one that cannot be read is passed over and remarked on."""
        for text in texts:
            try:
                yield read(text)
            except ValueError as error:
                self._remarks.append(f"passed over: {error}")

    def _number(self, node: "etree._Element", name: str) -> float | None:
        text = self._text(node, name)
        return next(self._each((text,), number_of), None) if text else None

    def _instant(self, node: "etree._Element", name: str) -> datetime | None:
        text = self._text(node, name)
        if not text:
            return None
        try:
            return instant_of(text)
        except ValueError as error:
            lenient = _lenient_instant(text)
            taken = "passed over" if lenient is None else f"taken as {lenient.isoformat()}"
            self._remarks.append(f"{name}: {error}; {taken}")
            return lenient

    def _pairs(self, node: "etree._Element", name: str) -> tuple[Pair, ...]:
        return tuple(
            Pair(self._text(each, "valueName"), self._text(each, "value"))
            for each in self._nodes(node, name, MAX_PARTS)
        )

    def _texts(self, node: "etree._Element", name: str, most: int = MAX_TEXT) -> tuple[str, ...]:
        found = (self._own(each, name, most) for each in self._nodes(node, name, MAX_PARTS))
        return tuple(text for text in found if text)

    def _text(self, node: "etree._Element", name: str) -> str:
        found = node.find(f"{{{self._namespace}}}{name}")
        return "" if found is None else self._own(found, name, MAX_TEXT)

    def _own(self, node: "etree._Element", name: str, most: int) -> str:
        text = (node.text or "").strip()
        if len(text) > most:
            raise CapRefused(f"<{name}> has {len(text)} characters; allowed: {most}")
        return text

    def _nodes(self, node: "etree._Element", name: str, most: int) -> "list[etree._Element]":
        found = node.findall(f"{{{self._namespace}}}{name}")
        if len(found) > most:
            raise CapRefused(f"there are {len(found)} <{name}>; allowed: {most}")
        return found


def _lenient_instant(text: str) -> datetime | None:
    """Read an instant that is not quite as CAP wants it; None where nobody can say which it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
