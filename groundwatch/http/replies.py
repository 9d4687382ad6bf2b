"""What providers of messages tell this program: answers of people, and what became of notices.

Only a provider that signs (`replies.secret`) or calls from a network that is named
(`replies.networks`) is heard: an answer acknowledges an alert.
"""

import ipaddress
from typing import Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from alerting.channels.signing import verify_signature
from alerting.ports import ProofKind
from groundwatch.ack_reply import MAX_TEXT
from groundwatch.http.parts import ProgramPart
from groundwatch.http.problems import Problem, ProblemError, not_found
from groundwatch.http.words import Answer, Asked, Instant

_FORBIDDEN: dict[int | str, dict[str, Any]] = {
    403: {"model": Problem, "description": "The sender is neither signed nor from a known network."}
}
router = APIRouter(responses=_FORBIDDEN)

OutcomeWord = Literal[
    "acknowledged", "not_understood", "unknown_sender", "nothing_open", "wrong_number",
    "risen", "order_answered", "order_refused", "which_order", "no_order", "order_not_understood",
]  # fmt: skip


class ReplyWord(Asked):
    """An answer somebody sent to a message."""

    sender: str = Field(min_length=1, max_length=200, description="The number or address of who.")
    text: str = Field(max_length=MAX_TEXT, description="As it was written: `1`, `收到`, `ack …`.")


class ReplyAnswer(Answer):
    """What became of an answer, and what to send back."""

    outcome: OutcomeWord
    text: str = Field(description="In the language of who answered.")
    alert: str | None = Field(description="The alert it was about.")
    task: str | None = Field(default=None, description="The order it was about.")


class ReceiptWord(Asked):
    """What became of a notice that a provider took."""

    notice: str = Field(min_length=1, max_length=200, description="The id the notice carried.")
    kind: Literal["delivered", "read", "undelivered"]
    by: str = Field(min_length=1, max_length=80, description="Which provider says so.")
    note: str = Field(default="", max_length=200)


class ReceiptAnswer(Answer):
    """What was kept."""

    notice: str
    alert: str
    kind: str
    at: Instant


async def _entitled(request: Request, program: ProgramPart) -> None:
    """Hear only providers who prove who they are."""
    replies = program.settings.replies
    if _is_from(request, replies.networks):
        return
    if replies.secret is None:
        detail = "answers are not set up: give `replies.secret`, or the provider's `networks`"
        raise ProblemError(403, "not-entitled", detail)
    try:
        secret, body = replies.secret.get_secret_value(), await request.body()
        verify_signature(secret, request.headers, body, program.clock.now())
    except ValueError as error:
        raise ProblemError(403, "not-entitled", str(error)) from error


def _is_from(request: Request, networks: tuple[str, ...]) -> bool:
    if request.client is None:
        return False
    address = ipaddress.ip_address(request.client.host)
    return any(address in ipaddress.ip_network(network) for network in networks)


@router.post(
    "/replies",
    tags=["alerts"],
    summary="An answer to a message: received, or to an order",
    dependencies=[Depends(_entitled)],
)
async def reply(said: ReplyWord, program: ProgramPart) -> ReplyAnswer:
    """Answer an order, or acknowledge the newest open alert of whoever sent it, or one it names."""
    about = await program.desks.replies.reply(said.sender, said.text)
    if about is not None:
        return ReplyAnswer(
            outcome=about.outcome.value, text=about.text, alert=None, task=about.task_id or None
        )
    done = await program.acks.reply(said.sender, said.text)
    return ReplyAnswer(outcome=done.outcome.value, text=done.text, alert=done.alert_id or None)


@router.post(
    "/receipts",
    tags=["alerts"],
    summary="What became of a notice",
    dependencies=[Depends(_entitled)],
)
async def receipt(said: ReceiptWord, program: ProgramPart) -> ReceiptAnswer:
    """Keep it; where nobody of a step was reached the next is asked at once."""
    proof = await program.acks.note(said.notice, ProofKind(said.kind), said.by, said.note)
    if proof is None:
        raise not_found("notice", said.notice, [])
    return ReceiptAnswer(
        notice=proof.notice_id, alert=proof.alert_id, kind=proof.kind.value, at=proof.at
    )
