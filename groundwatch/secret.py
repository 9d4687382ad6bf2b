"""The one type of secrets: written in the settings, or in a file or variable that they name.

    secret = "…"                        in the settings file, or in the environment
    secret = {file = "/run/secrets/x"}  the text of a file, without the line's end

It never prints itself.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

_MAX_BYTES = 16_384


def _read(given: Any) -> Any:
    if not isinstance(given, dict):
        return given
    if set(given) != {"file"} or not isinstance(given["file"], str):
        raise ValueError('a secret is a text, or {file = "path"}')
    path = Path(given["file"])
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ValueError(f"{path} is no secret: more than {_MAX_BYTES} bytes")
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text") from error
    if not text:
        raise ValueError(f"{path} is empty")
    return text


Secret = Annotated[SecretStr, BeforeValidator(_read), Field(json_schema_extra={"takes_file": True})]
