"""Settings of orders: deadlines, and how responders without a person of their own are told."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerting.tasks.deadline import Deadlines, DeadlinesRefused, built_in, load_deadlines


class TaskSettings(BaseModel):
    """How orders go out.

    A responder whose id is that of a person in people.yaml is told over that person's roads. Any
    other is told over `channel` at its phone; without a channel those on duty are asked to call.
    `deadlines` is a table of one's own in place of the one that comes with the program.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    channel: str = Field(default="", max_length=64)
    """Channel by which responders without a person of their own are told, at their telephone
    number.
    """
    deadlines: Path | None = None
    """File of a table of deadlines of one's own, in place of the program's."""

    @model_validator(mode="after")
    def _can_be_used(self) -> "TaskSettings":
        self.table()
        return self

    def table(self) -> Deadlines:
        """Give the deadlines; ValueError where the table cannot be used."""
        try:
            return built_in() if self.deadlines is None else load_deadlines(self.deadlines)
        except DeadlinesRefused as error:
            raise ValueError(str(error)) from error
