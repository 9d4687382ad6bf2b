"""The page behind the link in a message: a plain form that works on any telephone.

Looking at it does nothing, so that programs which fetch links in advance acknowledge nothing; the
button does. The page needs no script and loads nothing.
"""

from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from alerting.errors import JournalError
from alerting.model import Alert
from alerting.sentence import in_chinese
from groundwatch.ack_desk import Seen, acknowledged_words
from groundwatch.ack_link import PATH, WhyNot
from groundwatch.ack_words import by_other, say, what
from groundwatch.http.parts import ProgramPart

router = APIRouter()

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "X-Robots-Tag": "noindex, nofollow",
}
_STYLE = (
    "body{font:1.1rem/1.5 sans-serif;max-width:32rem;margin:1.5rem auto;padding:0 1rem}"
    "button{font:inherit;width:100%;padding:1rem;border:0;border-radius:.5rem;"
    "background:#0a58ca;color:#fff}"
)
_LISTED = 10
_STATUS = {WhyNot.WRONG: 404, WhyNot.EXPIRED: 410, WhyNot.USED: 410, WhyNot.NOT_YOURS: 403}


@router.get(PATH + "{token}", response_class=HTMLResponse, include_in_schema=False)
async def look(token: str, request: Request, program: ProgramPart) -> HTMLResponse:
    """Show what the link is about, and a button."""
    try:
        seen = await program.acks.look(token)
    except JournalError:
        return _later(request)
    if isinstance(seen, WhyNot):
        return _refused(seen, request)
    first = seen.alerts[0]
    if not seen.open and first.acknowledged_at is not None:
        return _page(by_other(first, first.acknowledged_at, seen.language), seen.language)
    return _page(_question(seen), seen.language, is_html=True)


@router.post(PATH + "{token}", response_class=HTMLResponse, include_in_schema=False)
async def press(token: str, request: Request, program: ProgramPart) -> HTMLResponse:
    """Acknowledge."""
    try:
        seen = await program.acks.acknowledge(token)
    except JournalError:
        return _later(request)
    if isinstance(seen, WhyNot):
        return _refused(seen, request)
    return _page(acknowledged_words(seen), seen.language)


def _question(seen: Seen) -> str:
    language, waiting = seen.language, seen.open
    shown = "".join(_alert(alert, language) for alert in waiting[:_LISTED])
    more = len(waiting) - _LISTED
    rest = f"<p>+ {more}</p>" if more > 0 else ""
    return (
        f"{shown}{rest}<p>{escape(say('ask', language))}</p><form method=post>"
        f"<button>{escape(say('button', language))}</button></form>"
        f"<p>{escape(say('for', language, name=seen.person.name))}</p>"
    )


def _alert(alert: Alert, language: str) -> str:
    reason = in_chinese(alert.said, alert.reason) if language == "zh" else alert.reason
    return f"<p><strong>{escape(what(alert, language))}</strong></p><p>{escape(reason)}</p>"


def _refused(why: WhyNot, request: Request) -> HTMLResponse:
    language = _wanted(request)
    return _page(say(why, language), language, status=_STATUS.get(why, 409))


def _later(request: Request) -> HTMLResponse:
    language = _wanted(request)
    return _page(say("later", language), language, status=503)


def _wanted(request: Request) -> str:
    """Give the language the browser asks for, where the person's is not known."""
    return "zh" if request.headers.get("accept-language", "").lower().startswith("zh") else "en"


def _page(said: str, language: str, *, status: int = 200, is_html: bool = False) -> HTMLResponse:
    title = escape(say("title", language))
    body = said if is_html else f"<p>{escape(said)}</p>"
    return HTMLResponse(
        f"<!doctype html>\n<html lang={language}><meta charset=utf-8>"
        f'<meta name=viewport content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1>{body}</html>\n",
        status,
        headers=_HEADERS,
    )
