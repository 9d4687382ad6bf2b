"""What the files of people and routes may name."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the files may name; None where the caller does not know, and then it is not checked.

    `places` are names of districts, streets, towns and villages, `places_of` says in which of them
    a site lies. `language` is that of people who name none. `why_refused` is asked about each
    address: channel and address, answer a reason or None.
    """

    sites: Collection[str] | None = None
    hazards: Collection[str] | None = None
    places: Collection[str] | None = None
    places_of: Mapping[str, frozenset[str]] = field(default_factory=dict)
    channels: Collection[str] | None = ("cap", "console", "webhook")
    why_refused: Callable[[str, str], str | None] | None = None
    language: str = "en"


NOTHING_KNOWN = Known()
