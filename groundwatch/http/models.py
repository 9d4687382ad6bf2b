"""The endpoint of trained models: which there are, what they know, what they still lack."""

from fastapi import APIRouter
from pydantic import Field

from groundwatch.http.parts import ProgramPart
from groundwatch.http.words import Answer, Instant
from groundwatch.training import MODELS, ModelStatus

router = APIRouter()


class ModelAnswer(Answer):
    """One model of the detectors."""

    name: str = Field(description="The kind of device for a forest, or `crane-mast`.")
    kind: str = Field(description="The kind of device whose rows it judges.")
    is_ready: bool
    reason: str = Field(description="Why there is none yet; empty where it is ready.")
    problem: str = Field(description="Why the newest training gave none; the old one stays.")
    trained_until: Instant | None = Field(description="Newest reading it learned from.")
    tried_at: Instant | None = Field(description="When training was tried last.")
    rows: int = Field(description="Rows of history it learned from.")
    known: list[str] = Field(description="Device points it judges, `site/device[/point]`.")
    lacking: dict[str, str] = Field(description="Those it does not judge yet, and why.")

    @classmethod
    def of(cls, status: ModelStatus) -> "ModelAnswer":
        """Make it of a status."""
        return cls(
            name=status.name,
            kind=MODELS[status.name],
            is_ready=status.readiness.is_ready,
            reason=status.readiness.reason,
            problem=status.problem,
            trained_until=status.trained_until,
            tried_at=status.tried_at,
            rows=status.n_rows,
            known=[key.rstrip("/") for key in status.known],
            lacking={key.rstrip("/"): why for key, why in status.lacking.items()},
        )


class ModelsAnswer(Answer):
    """Every model, or why none is used."""

    items: list[ModelAnswer]
    is_enabled: bool = Field(description="False where the settings switch models off.")
    train_at_hour_utc: int = Field(description="At which hour all are trained anew each night.")
    dropped: int = Field(description="Rows that came faster than models could judge them.")


@router.get("/models", tags=["sensors"], summary="What the detectors have learned, and lack")
async def models(program: ProgramPart) -> ModelsAnswer:
    """Give every model that is trained each night, of the kinds of devices the site files name."""
    in_use = program.models.in_use if program.models is not None else None
    return ModelsAnswer(
        items=[ModelAnswer.of(status) for status in program.models_here()],
        is_enabled=in_use is not None,
        train_at_hour_utc=program.settings.models.train_at_hour_utc,
        dropped=in_use.n_dropped if in_use else 0,
    )
