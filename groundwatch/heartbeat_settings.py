"""Settings of the heartbeat: which monitor outside hears that this program lives."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from alerting.channels.guard import why_unusable
from groundwatch.secret import Secret


class HeartbeatSettings(BaseModel):
    """The address that is posted to `every_s` seconds; its host needs no other permission."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    url: Secret | None = None
    """Address of a monitor outside that is to hear that the program lives."""
    every_s: float = Field(default=60.0, ge=5.0, le=3600.0)
    """How often it hears so."""

    @field_validator("url")
    @classmethod
    def _is_address(cls, url: SecretStr | None) -> SecretStr | None:
        wrong = None if url is None else why_unusable(url.get_secret_value())
        if wrong is not None:
            raise ValueError(wrong)
        return url
