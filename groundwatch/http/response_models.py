"""Requests and answers about responses: what people do, until when, and how far it is."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from alerting.response.model import Response
from groundwatch.http.words import Actor, Answer, Asked, Instant, Minutes, Note

_NAME = Field(min_length=1, max_length=200, description="A person or a unit, as people know it.")


class Deed(Asked):
    """What a person does about an alert."""

    actor: Actor
    note: Note = ""


class Assignment(Deed):
    """To whom an alert is given."""

    to: Annotated[str, _NAME]


class ShelfWord(Deed):
    """For how long an alert is set aside, and why."""

    note: Note = Field(min_length=1, description="Why; it is kept.")
    minutes: Minutes | None = Field(default=None, description="From now on.")
    until: Instant | None = Field(default=None, description="Instead of `minutes`.")

    @model_validator(mode="after")
    def one_of_both(self) -> Self:
        """Ask for exactly one of `minutes` and `until`."""
        if (self.minutes is None) == (self.until is None):
            raise ValueError("give either minutes or until")
        return self

    def until_from(self, now: Instant) -> Instant:
        """Give the instant at which it comes back."""
        if self.until is not None:
            return self.until
        return now + timedelta(minutes=self.minutes or 0.0)


class MarkAnswer(Answer):
    """One phase that was reached."""

    phase: str
    at: Instant
    actor: str


class ShelfAnswer(Answer):
    """An alert set aside for a while."""

    since: Instant
    until: Instant = Field(description="It comes back by itself then.")
    actor: str
    note: str


class ResponseAnswer(Answer):
    """How far people are with an alert; its condition stands beside it."""

    alert_id: str
    phase: str = Field(
        description="raised, verified, notified, acknowledged, dispatched, on_scene, contained,"
        " closed or false."
    )
    since: Instant
    marks: list[MarkAnswer] = Field(description="Phases that were reached and still count.")
    assigned_to: str
    shelf: ShelfAnswer | None
    review_at: Instant | None = Field(
        description='When a "false" is asked about again, should the condition still stand.'
    )
    over_by: str = Field(description="Who closed it or said that it is false.")

    @classmethod
    def of(cls, response: Response) -> "ResponseAnswer":
        """Make it of a response."""
        shelf = response.shelf
        return cls(
            alert_id=response.alert_id,
            phase=response.phase.value,
            since=response.since,
            marks=[
                MarkAnswer(phase=mark.phase.value, at=mark.at, actor=mark.actor)
                for mark in response.marks
            ],
            assigned_to=response.assigned_to,
            shelf=None
            if shelf is None
            else ShelfAnswer(
                since=shelf.since, until=shelf.until, actor=shelf.actor, note=shelf.note
            ),
            review_at=response.review_at,
            over_by=response.over_by,
        )


class AttachedAnswer(Answer):
    """A picture that was kept with an alert."""

    picture: str = Field(description="Its name: the SHA-256 of its bytes and its kind.")
    size: int
    link: str
