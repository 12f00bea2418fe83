"""The only reader of the environment, and the only clock.

Everything else receives a `Settings` or calls `now()`; no other module touches os.environ.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT = Path(__file__).resolve().parent.parent
SQL = PROJECT / "sql"
SAMPLE_NOW = datetime(2025, 1, 15, 6, tzinfo=UTC)  # the moment at which the built-in sample ends
SHORTEST_KEY = 6


class Origin(StrEnum):
    """Where the data of a folder came from; a folder never mixes two."""

    LIVE = "live"
    MIRROR = "mirror"
    SAMPLE = "sample"


class Settings(BaseSettings):
    """Every variable that Floodmark reads; `.env.example` has a line for each."""

    model_config = SettingsConfigDict(
        env_file=".env", env_prefix="", extra="ignore", populate_by_name=True, env_ignore_empty=True
    )

    warehouse: Path = Field(default=PROJECT / "warehouse", alias="FLOODMARK_WAREHOUSE")
    mirror: str | None = Field(default=None, alias="FLOODMARK_MIRROR")
    frozen_now: datetime | None = Field(default=None, alias="FLOODMARK_NOW")
    rate_scale: float = Field(default=1.0, alias="FLOODMARK_RATE_SCALE", ge=0)
    assets: str | None = Field(default=None, alias="FLOODMARK_ASSETS")
    sample: bool = Field(default=False, alias="FLOODMARK_SAMPLE")
    coinalyze_api_key: SecretStr | None = Field(default=None, alias="COINALYZE_API_KEY")
    coinglass_api_key: SecretStr | None = Field(default=None, alias="COINGLASS_API_KEY")
    sosovalue_api_key: SecretStr | None = Field(default=None, alias="SOSOVALUE_API_KEY")
    tardis_api_key: SecretStr | None = Field(default=None, alias="TARDIS_API_KEY")

    @field_validator("warehouse")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().resolve()

    @model_validator(mode="after")
    def _sample_has_its_own_folder(self) -> Settings:
        if self.sample:
            self.mirror = None  # the sample asks nobody
        if self.sample and "warehouse" not in self.model_fields_set:
            self.warehouse = PROJECT / "warehouse" / "sample"
        return self

    @field_validator("mirror")
    @classmethod
    def _no_trailing_slash(cls, value: str | None) -> str | None:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("FLOODMARK_MIRROR must look like http://host:port")
        return value.rstrip("/") if value else None

    @field_validator("frozen_now")
    @classmethod
    def _aware(cls, value: datetime | None) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    @property
    def origin(self) -> Origin:
        if self.sample:
            return Origin.SAMPLE
        return Origin.MIRROR if self.mirror else Origin.LIVE

    def now(self) -> datetime:
        """The moment the run believes in (UTC): FLOODMARK_NOW where set, else the real clock.

        The built-in sample has an end, so its clock stands there.
        """
        return self.frozen_now or (SAMPLE_NOW if self.sample else datetime.now(UTC))

    def key(self, variable: str) -> str | None:
        """The key held by an environment variable of this class, or None where it is not set."""
        secret: SecretStr | None = getattr(self, variable.lower())
        return secret.get_secret_value() or None if secret else None

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """Every configured key, longest first, for redaction.

        Nobody issues keys of fewer than six letters; one such as `any`, which a mirror takes, would
        only be found inside words and numbers, and spoil them.
        """
        keys = [self.key(name) for name in type(self).model_fields if name.endswith("_api_key")]
        return tuple(sorted((k for k in keys if k and len(k) >= SHORTEST_KEY), key=len, reverse=True))

    @property
    def asset_list(self) -> tuple[str, ...] | None:
        """FLOODMARK_ASSETS as upper-case symbols; None where it is not set."""
        if not self.assets:
            return None
        return tuple(a.strip().upper() for a in self.assets.split(",") if a.strip())
