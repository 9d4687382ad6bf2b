"""Commands of the response: what people do with an alert, from `verify` to `close`."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from groundwatch.cli_words import Actor, AsJson, Note, Url, Why, asked, clock_time, named, show
from groundwatch.client import DEFAULT_URL, call, send_picture
from sensors.duration import parse_duration
from sensors.fault import Refused

AlertId = Annotated[str, typer.Argument(help="id of the alert")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of the response to the command line."""
    for command in (
        *(verify, dispatch, on_scene, contain, close, reopen),
        *(false, assign, shelve, unshelve, attach),
    ):
        app.command()(command)


def verify(
    alert_id: AlertId,
    actor: Actor,
    note: Note = "",
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Say that a person has seen that an alert is so."""
    _do("verify", alert_id, {"actor": actor, "note": note}, url, as_json=as_json)


def dispatch(
    alert_id: AlertId,
    actor: Actor,
    note: Note = "",
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Say that help was sent."""
    _do("dispatch", alert_id, {"actor": actor, "note": note}, url, as_json=as_json)


def on_scene(
    alert_id: AlertId,
    actor: Actor,
    note: Note = "",
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Say that help is there."""
    _do("on_scene", alert_id, {"actor": actor, "note": note}, url, as_json=as_json)


def contain(
    alert_id: AlertId,
    actor: Actor,
    note: Note = "",
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Say that it gets no worse."""
    _do("contain", alert_id, {"actor": actor, "note": note}, url, as_json=as_json)


def close(
    alert_id: AlertId,
    actor: Actor,
    note: Note = "",
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Close the response to an alert that is over; `ack --sign-off` ends one by a word."""
    _do("close", alert_id, {"actor": actor, "note": note}, url, as_json=as_json)


def reopen(
    alert_id: AlertId, actor: Actor, note: Why, url: Url = DEFAULT_URL, as_json: AsJson = False
) -> None:
    """Open a response again that was closed or said to be false."""
    _do("reopen", alert_id, {"actor": actor, "note": note}, url, as_json=as_json)


def false(
    alert_id: AlertId, actor: Actor, note: Why, url: Url = DEFAULT_URL, as_json: AsJson = False
) -> None:
    """Say that an alert is false; while its condition stands it comes back after a while."""
    _do("false", alert_id, {"actor": actor, "note": note}, url, as_json=as_json)


def assign(
    alert_id: AlertId,
    to: Annotated[str, typer.Option(help="a person or a unit")],
    actor: Actor,
    note: Note = "",
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Give an alert to a person or a unit."""
    _do("assign", alert_id, {"actor": actor, "note": note, "to": to}, url, as_json=as_json)


def shelve(
    alert_id: AlertId,
    span: Annotated[str, typer.Option("--for", help="how long, for example 30m or 2h")],
    actor: Actor,
    note: Why,
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Set an alert aside: nothing is sent until it comes back, by itself or by getting worse."""
    body = {"actor": actor, "note": note, "minutes": minutes_of(span)}
    _do("shelve", alert_id, body, url, as_json=as_json)


def unshelve(
    alert_id: AlertId,
    actor: Actor,
    note: Note = "",
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Bring an alert back that was set aside."""
    _do("unshelve", alert_id, {"actor": actor, "note": note}, url, as_json=as_json)


def attach(
    alert_id: AlertId,
    picture: Annotated[Path, typer.Argument(help="a JPEG, PNG or WebP file, at most 5 MiB")],
    actor: Actor,
    note: Note = "",
    url: Url = DEFAULT_URL,
    as_json: AsJson = False,
) -> None:
    """Keep a picture with an alert."""
    path = f"/alerts/{quote(alert_id, safe='')}/attach"
    answer = asked(lambda: send_picture(url, path, picture, actor=named(actor), note=note))
    show(answer, f"{alert_id}: {answer['link']}", as_json=as_json)


def minutes_of(span: str) -> float:
    """Give a span in minutes; a wrong one says what is allowed."""
    try:
        found = parse_duration(span)
    except Refused as error:
        said = f"{error}; allowed is {error.allowed}"
        raise typer.BadParameter(said, param_hint="'--for'") from error
    if found <= timedelta(0):
        raise typer.BadParameter("must be above zero", param_hint="'--for'")
    return found.total_seconds() / 60


_DONE = {
    "verify": "verified",
    "dispatch": "dispatched",
    "on_scene": "on scene",
    "contain": "contained",
    "close": "closed",
    "reopen": "reopened",
    "false": "false",
    "assign": "assigned",
    "shelve": "set aside",
    "unshelve": "brought back",
}


def _do(deed: str, alert_id: str, body: dict[str, Any], url: str, *, as_json: bool) -> None:
    named(body["actor"])
    path = f"/alerts/{quote(alert_id, safe='')}/{deed}"
    answer = asked(lambda: call("POST", url, path, body))
    show(answer, _line(_DONE[deed], answer), as_json=as_json)


def _line(done: str, answer: dict[str, Any]) -> str:
    """Say what was done, and then how far the response is, which it need not have moved."""
    phase = answer["phase"].replace("_", " ")
    words = [f"{answer['alert_id']}: {done}"]
    if phase != done:
        words.append(f"the response stands at {phase}")
    if answer["assigned_to"]:
        words.append(f"with {answer['assigned_to']}")
    if answer["shelf"]:
        words.append(f"shelved until {clock_time(answer['shelf']['until'])}")
    if answer["review_at"]:
        words.append(f"asked about again at {clock_time(answer['review_at'])}")
    return ", ".join(words)
