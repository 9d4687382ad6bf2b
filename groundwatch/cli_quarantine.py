"""The command `groundwatch quarantine`: what could not be used, whose it is, and what to do."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from groundwatch.cli_words import AsJson, Url, asked, clock_time, show
from groundwatch.client import DEFAULT_URL, call

_MAX_TEXT = 200


def quarantine(
    reason: Annotated[str, typer.Option(help="only where this is in the reason")] = "",
    topic: Annotated[str, typer.Option(help="only where this is in the topic")] = "",
    each: Annotated[bool, typer.Option("--each", help="single messages, newest first")] = False,
    every: Annotated[bool, typer.Option("--all", help="also what was replayed already")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="at most so many")] = 20,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """List what could not be used: whose it is, why, how often and since when, and what to do."""
    wanted: dict[str, Any] = {
        "reason": reason,
        "topic": topic,
        "limit": limit,
        "with_replayed": "true" if every else None,
    }
    if each:
        page = asked(lambda: call("GET", url, "/quarantine", newest="true", **wanted))
        lines = _messages(page)
    else:
        page = asked(lambda: call("GET", url, "/quarantine/groups", **wanted))
        lines = _groups(page)
    show(page, "\n".join(lines), as_json=as_json)


def _groups(page: dict[str, Any]) -> Iterator[str]:
    for group in page["items"]:
        n = group["n_entries"]
        first, last = clock_time(group["first_at"]), clock_time(group["last_at"])
        when = last if first == last else f"{first} to {last}"
        yield f"{_sender(group)}: {_counted(n, 'message', 'messages')}, {when}"
        yield from _why(group)
    left = page["n_groups"] - len(page["items"])
    if left:
        yield f"and {left} more; --limit shows them, --reason and --topic choose"
    if page["n_forgotten"]:
        yield (
            f"{page['n_forgotten']} times a sender or sensor of no site file was too many to be"
            " remembered: --topic and --reason choose among their messages"
        )
    yield _end(page, page["n_entries"])


def _messages(page: dict[str, Any]) -> Iterator[str]:
    for entry in page["items"]:
        at = clock_time(entry["received_at"], to="seconds")
        done = f", replayed {clock_time(entry['replayed_at'])}" if entry["replayed_at"] else ""
        yield f"{entry['id']}  {at}  {_sender(entry)}{done}"
        yield from _why(entry)
        yield f"  {_payload(entry)}"
    yield _end(page, len(page["items"]))


def _why(entry: dict[str, Any]) -> Iterator[str]:
    yield f"  why: {_printable(entry['reason'])}"
    yield f"  do:  {entry['what_to_do']}"


def _end(page: dict[str, Any], n_found: int) -> str:
    counts = page["counts"]
    if not counts["n_total"]:
        return "nothing is in quarantine, and nothing ever was: every message could be used"
    held = _counted(counts["n_rows"], "message", "messages")
    lost = counts["n_dropped_unseen"]
    unread = f", {lost} more made room before anybody looked" if lost else ""
    none = "" if n_found else "nothing there that was asked for; "
    return f"{none}the quarantine holds {held}, with those replayed{unread}"


def _sender(entry: dict[str, Any]) -> str:
    topic = _printable(entry["topic"])
    if entry["site"] is None:
        return topic
    return f"{_printable(entry['site'])}/{_printable(entry['device'])} ({topic})"


def _payload(entry: dict[str, Any]) -> str:
    said = entry["text"]
    if said is None:
        return f"{entry['n_bytes']} bytes, no text, in base64: {entry['base64'][:_MAX_TEXT]}"
    more = " …" if len(said) > _MAX_TEXT or entry["n_bytes"] > len(said.encode()) else ""
    return _printable(said[:_MAX_TEXT]) + more


def _counted(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _printable(text: str) -> str:
    """Replace what could break a line or steer a terminal; senders choose these words."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
