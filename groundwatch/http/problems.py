"""Errors as problem documents (RFC 9457): what is wrong, where, what is allowed, how to mend it."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from http import HTTPStatus
from itertools import islice

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException

from alerting.errors import DeedRefused, JournalError, UnknownAlert
from groundwatch.explain import UnknownSensor
from sensors.wording import Written, words_of_value
from storage.errors import LogFull, LogUnusable, StorageError

_LOG = logging.getLogger(__name__)
_RETRY_AFTER_S = "5"
_MAX_SHOWN = 80
_MAX_COMPARED = 2000

MEDIA_TYPE = "application/problem+json"


class FieldFault(BaseModel):
    """One field of the request that cannot be used."""

    field: str = Field(description="Where: `query.limit`, `body.actor`, `path.sensor`.")
    what: str = Field(description="What is wrong with it, and what is allowed.")


class Problem(BaseModel):
    """What went wrong, as a problem document (RFC 9457)."""

    type: str = Field(description="Which kind of problem, a stable URN.")
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong here and how to mend it.")
    instance: str = Field(description="The path that was asked for.")
    faults: list[FieldFault] = Field(default=[], description="Every field that cannot be used.")
    near: list[str] = Field(default=[], description="What may have been meant.")
    part: str | None = Field(
        default=None, description="Which part of the program is away: journal, store or log."
    )


class ProblemError(Exception):
    """Raised by an endpoint to answer with a problem document."""

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        near: Sequence[str] = (),
        faults: Sequence[FieldFault] = (),
    ) -> None:
        """Keep everything the document says; `kind` ends the type's URN."""
        super().__init__(detail)
        self.status = status
        self.kind = kind
        self.detail = detail
        self.near = list(near)
        self.faults = list(faults)


def not_found(what: str, given: str, known: Sequence[str]) -> ProblemError:
    """Make the answer for an id that does not exist, with those most like it."""
    detail = f"there is no {what} {shown(given)}"
    return ProblemError(404, f"unknown-{what}", detail, near=near_words(given, known))


def near_words(given: str, known: Iterable[str]) -> list[str]:
    """Give at most three of `known` that are much like what was given, most alike first."""
    return get_close_matches(given[:_MAX_SHOWN], list(islice(known, _MAX_COMPARED)), 3, 0.5)


def field_problem(field: str, what: str, *, near: Sequence[str] = ()) -> ProblemError:
    """Make the answer for one field whose fault only the program's own tables can tell."""
    fault = FieldFault(field=field, what=what)
    return ProblemError(422, "invalid-request", f"{field}: {what}", near=near, faults=[fault])


def shown(text: str) -> str:
    """Quote what a person gave, cut and printable."""
    return repr(text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…")


def answer(problem: Problem, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """Give the problem as an HTTP answer."""
    body = problem.model_dump(exclude_defaults=True)
    return JSONResponse(body, problem.status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def problem_of(request_path: str, error: ProblemError) -> Problem:
    """Make the document of an error."""
    return Problem(
        type=f"urn:groundwatch:problem:{error.kind}",
        title=error.kind.replace("-", " "),
        status=error.status,
        detail=_with_near(error.detail, error.near),
        instance=request_path,
        faults=error.faults,
        near=error.near,
    )


def add_handlers(app: FastAPI) -> None:
    """Answer every error of the application with a problem document."""
    app.add_exception_handler(ProblemError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(JournalError, _on_away)
    app.add_exception_handler(StorageError, _on_away)
    app.add_exception_handler(UnknownSensor, _on_unknown_sensor)
    app.add_exception_handler(UnknownAlert, _on_unknown_alert)
    app.add_exception_handler(DeedRefused, _on_refused)
    app.add_exception_handler(Exception, _on_defect)


async def _on_problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)  # noqa: S101 - registered for it only
    return answer(problem_of(request.url.path, error))


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it only
    faults = [_fault(entry) for entry in error.errors()]
    detail = "; ".join(f"{fault.field}: {fault.what}" for fault in faults)
    found = ProblemError(422, "invalid-request", detail, faults=faults)
    return answer(problem_of(request.url.path, found))


def _fault(entry: ErrorDetails) -> FieldFault:
    field = ".".join(str(part) for part in entry["loc"])
    if entry["type"] == "extra_forbidden":
        return FieldFault(field=field, what="there is no such parameter")
    if entry["type"] == "missing":
        return FieldFault(field=field, what="it is missing")
    if entry["type"] == "json_invalid":
        where, *_, at = entry["loc"]
        why = str(entry.get("ctx", {}).get("error", entry["msg"]))
        return FieldFault(field=str(where), what=f"not JSON, from character {at} on: {why}")
    return FieldFault(field=field, what=str(words_of_value(entry, Written.JSON)))


async def _on_http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it only
    status = HTTPStatus(error.status_code)
    kind = status.phrase.lower().replace(" ", "-")
    detail = str(error.detail)
    if status is HTTPStatus.NOT_FOUND:
        detail = "nothing is here; / lists where to go"
    elif status is HTTPStatus.METHOD_NOT_ALLOWED:
        detail = f"{request.method} is not possible here"
    found = ProblemError(status.value, kind, detail)
    return answer(problem_of(request.url.path, found), error.headers)


async def _on_away(request: Request, error: Exception) -> JSONResponse:
    part = "store"
    if isinstance(error, JournalError):
        part = "journal"
    elif isinstance(error, LogFull | LogUnusable):
        part = "log"
    found = ProblemError(503, f"{part}-away", f"the {part} does not answer: {error}")
    problem = problem_of(request.url.path, found).model_copy(update={"part": part})
    return answer(problem, {"Retry-After": _RETRY_AFTER_S})


async def _on_unknown_sensor(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, UnknownSensor)  # noqa: S101 - registered for it only
    detail = f"there is no sensor {shown(error.key)}; name it site/device/quantity"
    detail += ", or site/device/point/quantity where the device has points"
    found = ProblemError(404, "unknown-sensor", detail, near=error.near)
    return answer(problem_of(request.url.path, found))


async def _on_unknown_alert(request: Request, error: Exception) -> JSONResponse:
    given = str(error)
    try:
        recent = [alert.id for alert in await request.app.state.program.journal.alerts(limit=500)]
    except JournalError:
        recent = []  # the same journal has just said that it knows no such alert
    return answer(problem_of(request.url.path, not_found("alert", given, recent)))


async def _on_refused(request: Request, error: Exception) -> JSONResponse:
    found = ProblemError(409, "not-allowed-now", str(error))
    return answer(problem_of(request.url.path, found))


async def _on_defect(request: Request, error: Exception) -> JSONResponse:
    _LOG.error("a request failed", extra={"path": request.url.path, "why": repr(error)})
    detail = "a defect of the program; its log has the details"
    found = ProblemError(500, "defect", detail)
    return answer(problem_of(request.url.path, found))


def _with_near(detail: str, near: Sequence[str]) -> str:
    return f"{detail}; did you mean {', '.join(near)}?" if near else detail
