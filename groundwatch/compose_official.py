"""Makes what takes official messages in, from settings and a loaded district."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from alerting.cap.heard import MAX_BYTES
from alerting.channels.http import HttpConfig
from alerting.engine import Engine
from groundwatch.district import District
from groundwatch.official_desk import OfficialDesk, spots_of
from groundwatch.official_feed import OfficialFeeds
from groundwatch.settings import Settings
from storage.journal import SqlJournal

_BODY_TIMEOUT_S = 10.0


def official_desk(
    settings: Settings,
    district: District,
    engine: Engine,
    journal: SqlJournal,
    now: Callable[[], datetime],
) -> OfficialDesk:
    """Make the desk over the engine's board."""
    certificate = settings.official.certificate
    return OfficialDesk(
        recorder=engine,
        shelf=journal,
        board=engine.judge.governor.official,
        spots=spots_of(district.registry, district.resources.places),
        rules=settings.official.rules(settings.cap.sender),
        now=now,
        certificate="" if certificate is None else certificate.read_text(encoding="ascii"),
    )


def official_feeds(
    settings: Settings, desk: OfficialDesk, now: Callable[[], datetime]
) -> OfficialFeeds:
    """Make what asks the feeds."""
    http = HttpConfig(allowed_hosts=settings.official.allowed_hosts)
    return OfficialFeeds(
        urls=settings.official.feeds,
        desk=desk,
        every=timedelta(seconds=settings.official.every_s),
        http=replace(http, max_body_bytes=MAX_BYTES + 1, body_timeout_s=_BODY_TIMEOUT_S),
        now=now,
    )
