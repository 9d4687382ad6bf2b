"""The HTTP application: every endpoint, its errors and its guard, around one program."""

import secrets
import socket
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from groundwatch import __version__
from groundwatch.http import (
    ack,
    alerts,
    calls,
    cap,
    closed_roads,
    drills,
    health,
    life,
    models,
    official,
    order_page,
    page,
    places,
    quarantine,
    replies,
    reports,
    resources,
    response,
    silences,
    stream,
    tasks,
)
from groundwatch.http.access import Access
from groundwatch.http.board import Board
from groundwatch.http.events import Hub
from groundwatch.http.guard import Guard
from groundwatch.http.problems import MEDIA_TYPE, Problem, add_handlers
from groundwatch.http_settings import HttpSettings
from groundwatch.program import Program

_API = "/api/v1"
_ABOUT = (
    "Telemetry and early warning for construction sites and flood defence. Instants are RFC 3339"
    " with an offset; keys are only ever added within /api/v1; every error is a problem document"
    " (RFC 9457)."
)
_ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "A key is needed, where the settings have `http.keys`."},
    403: {"model": Problem, "description": "The key may only look, or a foreign page asks."},
    404: {"model": Problem, "description": "There is no such thing; `near` may be meant."},
    422: {"model": Problem, "description": "The request cannot be used; `faults` names fields."},
    503: {"model": Problem, "description": "A part is away; `part` says which."},
}


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Include every part once for all programs of this process.

    Parts go into one router each by itself: FastAPI works out what a route takes and gives (half a
    second for all of them) anew for every router that it is nested in.
    """
    every = APIRouter()
    told = (response, silences, drills, replies, calls)
    of_alerts = (places, life, models, alerts, *told, cap, official)
    for part in (*of_alerts, tasks, reports, resources, quarantine, closed_roads, stream):
        every.include_router(part.router, prefix=_API, responses=_ERRORS)
    for alone in (health, page, ack, order_page):
        every.include_router(alone.router)
    return tuple(every.routes)


def bare_app() -> FastAPI:
    """Make the application without a program: enough to describe it."""
    app = FastAPI(
        title="Groundwatch",
        version=__version__,
        description=_ABOUT,
        openapi_url=f"{_API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        routes=[*_routes()],
    )
    add_handlers(app)
    describe = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_problems(describe())
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]
    return app


def make_app(program: Program) -> FastAPI:
    """Make the application of a program; it follows the program's alerts from now on."""
    app = bare_app()
    board = Board(program.journal)
    hub = Hub(
        epoch=secrets.token_hex(4),
        status=lambda: stream.status_of(program, board),
    )
    app.state.program, app.state.board, app.state.hub = program, board, hub
    program.engine.listeners.append(board.note)
    program.engine.listeners.append(lambda changes: stream.tell_changes(hub, changes))
    program.desks.orders.listeners.append(partial(stream.tell_task, hub, program))
    program.watching.listeners.append(partial(stream.tell_card, hub))
    settings = program.settings.http
    app.add_middleware(Guard, access=Access(settings.keys), names=_names(settings))
    return app


def _names(settings: HttpSettings) -> tuple[str, ...]:
    """Give the host names it answers under; people come by the one in their messages."""
    public = urlsplit(settings.public_url).hostname
    return (socket.gethostname(), *settings.names, *((public,) if public else ()))


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    """Say how a key is given, and of every error answer that it is a problem document."""
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "login": {"type": "http", "scheme": "basic", "description": "any name, the key after it"},
    }
    document["security"] = [{}, {"bearer": []}, {"login": []}]
    for path in document["paths"].values():
        for operation in path.values():
            for answer in operation["responses"].values():
                content = answer.get("content", {})
                schema = content.get("application/json", {}).get("schema", {})
                if schema.get("$ref", "").endswith("/Problem"):
                    answer["content"] = {MEDIA_TYPE: {"schema": schema}}
    return document
