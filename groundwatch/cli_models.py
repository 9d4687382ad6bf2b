"""The command `groundwatch models`: what the detectors have learned, and what they lack."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from groundwatch.cli_words import AsJson, Url, asked, clock_time, show
from groundwatch.client import DEFAULT_URL, call
from sensors.local_time import SHOWN_ZONE


def models(url: Url = DEFAULT_URL, as_json: AsJson = False) -> None:
    """Show which models of what is usual are ready, and what the others still lack."""
    answer = asked(lambda: call("GET", url, "/models"))
    show(answer, "\n".join(_lines(answer)), as_json=as_json)


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    if not answer["is_enabled"]:
        yield "models are switched off in the settings: models.enabled is false"
        return
    at = datetime.combine(date.min + timedelta(days=1), time(answer["train_at_hour_utc"]), UTC)
    yield (
        f"trained anew each night at {at.astimezone(SHOWN_ZONE):%H:%M %Z} from stored readings,"
        " for the kinds of devices in the site files"
    )
    for each in answer["items"]:
        if each["is_ready"]:
            until = clock_time(each["trained_until"])
            yield f"{each['name']}: ready, {each['rows']} rows up to {until}"
            yield f"  judges {', '.join(each['known'])}"
        else:
            yield f"{each['name']}: not ready, {each['reason']}"
        if each["problem"] and each["is_ready"]:
            yield f"  the newest training gave none: {each['problem']}"
        for key, why in each["lacking"].items():
            yield f"  {key} {why}"
