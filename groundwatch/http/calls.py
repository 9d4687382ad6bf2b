"""What a voice service says of its calls: a person who pressed the key has acknowledged."""

import json
import logging
from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alerting.channels.signing import verify_signature
from alerting.ports import ProofKind
from groundwatch.channel_settings import VoiceEntry
from groundwatch.clock import SystemClock
from groundwatch.http.parts import ProgramPart
from groundwatch.http.problems import Problem, ProblemError, field_problem, not_found

router = APIRouter()
_LOG = logging.getLogger(__name__)
_MAX_BYTES = 16_384
_PROOFS = {
    "confirmed": ProofKind.CONFIRMED,
    "answered": ProofKind.DELIVERED,
    "no_answer": ProofKind.UNDELIVERED,
    "busy": ProofKind.UNDELIVERED,
    "failed": ProofKind.UNDELIVERED,
}


class CallOutcome(BaseModel):
    """What became of a call that `alerting.channels.voice` asked for."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    key: str = Field(min_length=1, max_length=100, description="The notice's id, as it was given.")
    alert: str = Field(min_length=1, max_length=100, description="The alert's id, as given.")
    person: str = Field(min_length=1, max_length=100, description="The person's id, as given.")
    call_id: str = Field(min_length=1, max_length=100, description="The service's own id.")
    result: Literal["confirmed", "answered", "no_answer", "busy", "failed"] = Field(
        description="`confirmed`: the key was pressed, which acknowledges the alert."
    )


class CallNoted(BaseModel):
    """That the outcome was taken, and what followed."""

    acknowledged: bool


@router.post(
    "/calls/{channel}",
    tags=["alerts"],
    summary="Say what became of a call; signed",
    responses={401: {"model": Problem, "description": "The signature is missing or wrong."}},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": CallOutcome.model_json_schema()}},
        }
    },
)
async def outcome(channel: str, request: Request, program: ProgramPart) -> CallNoted:
    """Take a voice service's word, signed like its requests from us with the channel's secret."""
    entries = program.settings.channels
    entry = entries.get(channel)
    if not isinstance(entry, VoiceEntry):
        known = [name for name, each in entries.items() if isinstance(each, VoiceEntry)]
        raise not_found("channel of calls", channel, known)
    body = await _body(request)
    try:
        secret = entry.secret.get_secret_value()
        verify_signature(secret, request.headers, body, SystemClock().now())
    except ValueError as error:
        raise ProblemError(401, "not-signed", str(error)) from error
    said = _outcome(body)
    _LOG.info("call %s: %s", said.result, said.key, extra={"alert": said.alert})
    await program.acks.note(said.key, _PROOFS[said.result], channel, f"call {said.call_id}")
    if said.result != "confirmed" or await program.acks.is_stale(said.key):
        return CallNoted(acknowledged=False)
    note = f"call {said.call_id}, key pressed"
    await program.engine.acknowledge(said.alert, f"{said.person} by telephone", note)
    return CallNoted(acknowledged=True)


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise field_problem("body", f"more than {_MAX_BYTES} bytes")
    return body


def _outcome(body: bytes) -> CallOutcome:
    try:
        return CallOutcome.model_validate(json.loads(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(["body", *(str(part) for part in first["loc"])])
        raise field_problem(where, first["msg"]) from error
    except ValueError as error:
        raise field_problem("body", "it is no JSON object") from error
