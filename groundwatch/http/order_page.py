"""The page behind the link of an order: a plain form on which the responder answers.

Looking at it does nothing; the buttons do. It needs no script and loads nothing.
"""

from html import escape
from typing import Literal

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from alerting.errors import DeedRefused, JournalError
from alerting.model import Mark
from alerting.tasks.deadline import due
from alerting.tasks.model import EventKind, Task, TaskState
from groundwatch.http.parts import ProgramPart
from groundwatch.program import Program
from groundwatch.task_desk import Act, UnknownTask
from groundwatch.task_link import PATH, DeadLink, OrderTicket, read
from groundwatch.task_notices import status_line

router = APIRouter()

AnswerWord = Literal["accept", "decline", "on-scene", "done"]
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "X-Robots-Tag": "noindex, nofollow",
}
_STYLE = (
    "body{font:1.1rem/1.5 sans-serif;max-width:32rem;margin:1.5rem auto;padding:0 1rem}"
    "button{font:inherit;width:100%;padding:1rem;margin:.3rem 0;border:0;border-radius:.5rem;"
    "background:#0a58ca;color:#fff}"
)
_KINDS = {
    "accept": EventKind.ACCEPTED,
    "decline": EventKind.DECLINED,
    "on-scene": EventKind.ON_SCENE,
    "done": EventKind.DONE,
}
_OFFERED: dict[TaskState, tuple[AnswerWord, ...]] = {
    TaskState.SENT: ("accept", "on-scene", "decline"),
    TaskState.ACCEPTED: ("on-scene", "done", "decline"),
    TaskState.ON_SCENE: ("done",),
}
_WORDS = {
    "en": {
        "title": "Order", "accept": "Accept", "decline": "Cannot come", "on-scene": "On scene",
        "done": "Done", "wrong": "This link is not valid. Use the link in your message as it is, or"
        " call the duty office.",
        "expired": "The time of this link is over. Use the one in a newer message, or call the duty"
        " office.",
        "not_taken": "Not taken: {why}",
        "over": "Nothing more is to be done here.", "exercise": "EXERCISE",
        "later": "The record cannot be reached. Press again in a moment, or call the duty office.",
    },
    "zh": {
        "title": "任务指令", "accept": "接受", "decline": "无法前往", "on-scene": "已到场",
        "done": "已完成", "wrong": "链接无效。请原样使用消息中的链接，或致电值班室。",
        "expired": "链接已过期。请使用较新消息中的链接，或致电值班室。",
        "not_taken": "未受理，任务状态如下。", "over": "无需进一步操作。",
        "exercise": "演练", "later": "记录暂不可用，请稍后再按，或致电值班室。",
    },
}  # fmt: skip


@router.get(PATH + "{token}", response_class=HTMLResponse, include_in_schema=False)
async def look(token: str, program: ProgramPart) -> HTMLResponse:
    """Show the order and what may be answered."""
    ticket = _ticket(program, token)
    if isinstance(ticket, DeadLink):
        return _dead(ticket)
    try:
        task = await program.desks.orders.task(ticket.task_id)
    except UnknownTask:
        return _said("wrong", ticket.language, status=404)
    except JournalError:
        return _said("later", ticket.language, status=503)
    return _page(_order(program, task, token, ticket.language), ticket.language)


@router.post(PATH + "{token}/{word}", response_class=HTMLResponse, include_in_schema=False)
async def press(token: str, word: AnswerWord, program: ProgramPart) -> HTMLResponse:
    """Take the answer, and show the order as it is then."""
    ticket = _ticket(program, token)
    if isinstance(ticket, DeadLink):
        return _dead(ticket)
    orders, said = program.desks.orders, ""
    try:
        task = await orders.task(ticket.task_id)
        note = "declined by link" if word == "decline" else ""
        act = Act(kind=_KINDS[word], actor=task.order.name, note=note)
        task = await orders.act(task.id, act)
    except UnknownTask:
        return _said("wrong", ticket.language, status=404)
    except JournalError:
        return _said("later", ticket.language, status=503)
    except DeedRefused as error:
        said = f"<p>{escape(_words(ticket)['not_taken'].format(why=error))}</p>"
        task = await orders.task(ticket.task_id)
    shown = said + _order(program, task, token, ticket.language)
    return _page(shown, ticket.language, status=409 if said else 200)


def _ticket(program: Program, token: str) -> OrderTicket | DeadLink:
    return read(token, program.desks.link_key, program.clock.now())


def _words(ticket: OrderTicket) -> dict[str, str]:
    return _WORDS[ticket.language] if ticket.language in _WORDS else _WORDS["en"]


def _order(program: Program, task: Task, token: str, language: str) -> str:
    words = _WORDS.get(language, _WORDS["en"])
    deadlines = program.desks.orders.deadlines
    line = status_line(task, deadlines)
    mark = "" if task.order.mark is Mark.ACTUAL else f"<p><strong>{words['exercise']}</strong></p>"
    state = line.zh if language == "zh" else line.en
    body = f"{mark}<p><strong>{escape(task.order.what)}</strong></p><p>{escape(state)}</p>"
    if due(task, deadlines) is None:
        return f"{body}<p>{words['over']}</p>"
    return body + "".join(
        f'<form method=post action="{PATH}{escape(token)}/{word}"><button>{words[word]}</button>'
        "</form>"
        for word in _OFFERED[task.state]
    )


def _dead(link: DeadLink) -> HTMLResponse:
    """Say why a link does nothing: in the language it was written for, in both where it is none."""
    if link.language:
        return _said("expired", link.language, status=410)
    zh, en = _WORDS["zh"], _WORDS["en"]
    said = f"<p>{zh['wrong']}</p><p lang=en>{en['wrong']}</p>"
    return _page(said, "zh", title=f"{zh['title']} / {en['title']}", status=404)


def _said(name: str, language: str, *, status: int) -> HTMLResponse:
    return _page(f"<p>{_WORDS.get(language, _WORDS['en'])[name]}</p>", language, status=status)


def _page(said: str, language: str, *, title: str = "", status: int = 200) -> HTMLResponse:
    title = escape(title or _WORDS.get(language, _WORDS["en"])["title"])
    return HTMLResponse(
        f"<!doctype html>\n<html lang={escape(language)}><meta charset=utf-8>"
        f'<meta name=viewport content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1>{said}</html>\n",
        status,
        headers=_HEADERS,
    )
