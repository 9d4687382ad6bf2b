"""What goes into our feed; needs no XML library itself."""

from dataclasses import dataclass

from alerting.cap.values import Message

FEED_TYPE = "application/atom+xml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One message, and the path under which it is."""

    message: Message
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedConfig:
    """Whose feed it is, where it is, and whether its messages are signed."""

    sender: str
    name: str
    path: str
    base_url: str = ""
    is_signing: bool = False
