"""Feeds: the one of our messages, an Atom document whose entries lead to them, and others' links.

Ours says for itself whether the messages behind it are signed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from lxml import etree

from alerting.cap.entry import FEED_TYPE, Entry, FeedConfig
from alerting.cap.form import instant_text
from alerting.cap.heard import CapRefused
from alerting.cap.read import tree_of
from alerting.cap.values import MEDIA_TYPE
from alerting.cap.write import writable

ATOM = "http://www.w3.org/2005/Atom"
MAX_ENTRIES = 1000
_PREFIXES: Any = {None: ATOM}


def feed_of(entries: Sequence[Entry], config: FeedConfig, now: datetime) -> bytes:
    """Give the feed; the newest entry comes first."""
    root = etree.Element(f"{{{ATOM}}}feed", nsmap=_PREFIXES)
    newest = max((entry.message.sent for entry in entries), default=now)
    here = config.base_url.rstrip("/") + config.path
    _add(root, "id", f"urn:groundwatch:cap:{config.sender}")
    _add(root, "title", f"{config.name} (CAP 1.2)")
    signed = "every message is signed" if config.is_signing else (
        "messages are not signed: no key is set"
    )  # fmt: skip
    _add(root, "subtitle", f"Own measurements of sites, no official warnings; {signed}.")
    _add(root, "updated", instant_text(newest))
    author = etree.SubElement(root, f"{{{ATOM}}}author")
    _add(author, "name", config.name)
    _link(root, "self", FEED_TYPE, here)
    for entry in sorted(entries, key=lambda each: (each.message.sent, each.path), reverse=True):
        _add_entry(root, entry, config)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def links_of(body: bytes) -> list[str] | None:
    """Give where the entries of an Atom or RSS feed lead, in its order; None for a CAP message.

    Raises:
        CapRefused: it is neither.
    """
    root = tree_of(body)
    name = etree.QName(root).localname
    if name == "alert":
        return None
    if name not in ("feed", "rss", "RDF"):
        raise CapRefused(f"the document is <{name}>; allowed: an Atom or RSS feed, or a message")
    found: list[str] = []
    for entry in root.iter(f"{{{ATOM}}}entry", "item"):
        links = [each.get("href") or "" for each in _links_to_cap(entry)]
        links += [(each.text or "").strip() for each in entry.iter("link")]
        found += [link for link in links if link][:1]
    return list(dict.fromkeys(found[:MAX_ENTRIES]))


def _links_to_cap(entry: "etree._Element") -> "list[etree._Element]":
    """Give an entry's links, those that say they lead to CAP first."""
    links = entry.findall(f"{{{ATOM}}}link")
    return sorted(links, key=lambda link: link.get("type") != MEDIA_TYPE)


def _add_entry(root: "etree._Element", entry: Entry, config: FeedConfig) -> None:
    message = entry.message
    node = etree.SubElement(root, f"{{{ATOM}}}entry")
    sent = instant_text(message.sent)
    _add(node, "id", f"urn:groundwatch:cap:{message.sender}:{message.identifier}")
    info = message.infos[0]
    _add(node, "title", info.headline)
    _add(node, "updated", sent)
    _add(node, "published", sent)
    _add(node, "summary", info.description)
    for term in (message.status, message.kind, info.severity):
        etree.SubElement(node, f"{{{ATOM}}}category", term=term)
    _link(node, "alternate", MEDIA_TYPE, config.base_url.rstrip("/") + entry.path)


def _link(parent: "etree._Element", rel: str, kind: str, href: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}link", rel=rel, type=kind, href=href)


def _add(parent: "etree._Element", name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{name}").text = writable(text)
