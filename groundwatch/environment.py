"""What is read from the environment alone, by what must not wait for all the settings to load."""

from pathlib import Path

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """What systemd says to a service of `Type=notify`."""

    model_config = SettingsConfigDict(frozen=True)

    notify_socket: str = ""


class ClientSettings(BaseSettings):
    """What the command line brings to a running program that asks for a key."""

    model_config = SettingsConfigDict(env_prefix="GROUNDWATCH_", frozen=True)

    key: SecretStr | None = None
    key_file: Path | None = None

    def secret(self) -> str | None:
        """Give the key, of the variable or of the file; OSError where that cannot be read."""
        if self.key is not None:
            return self.key.get_secret_value()
        return self.key_file.read_text(encoding="utf-8").strip() if self.key_file else None
