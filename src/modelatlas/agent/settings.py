"""The only reader of the environment."""

import os
from datetime import datetime
from functools import cache
from pathlib import Path

from platformdirs import user_data_path
from pydantic import AwareDatetime, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from modelatlas.graph.embed import Embedder
from modelatlas.graph.errors import BadInput
from modelatlas.graph.served_embedder import ServedEmbedder

os.environ.setdefault("GRAPHITI_TELEMETRY_ENABLED", "false")
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
for _tracing in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"):
    os.environ[_tracing] = "false"
for _gateway in [name for name in os.environ if name.startswith("LANGSMITH_GATEWAY")]:
    del os.environ[_gateway]


class Settings(BaseSettings):
    """What the environment says: MODELATLAS_DB, MODELATLAS_TENANT, MODELATLAS_NOW, MODELATLAS_EMBEDDER_BASE_URL, …"""

    model_config = SettingsConfigDict(env_prefix="MODELATLAS_", frozen=True, extra="ignore")

    db: Path = Field(default_factory=lambda: user_data_path("modelatlas", appauthor=False) / "atlas.sqlite")
    tenant: str = "main"
    now: AwareDatetime | None = Field(default=None, description="stands in for the clock, to repeat an old answer")
    embedder_base_url: str | None = Field(default=None, description="an OpenAI-compatible server's …/v1")
    embedder_model: str | None = None
    embedder_dimensions: int | None = None
    embedder_api_key: SecretStr | None = None

    def clock(self) -> datetime:
        """The present, or the time that stands in for it."""
        return self.now or datetime.now().astimezone()

    def embedder(self) -> Embedder | None:
        """The embedder that is named, or None. Raises BadInput for half a name."""
        if self.embedder_base_url is None:
            return None
        if self.embedder_model is None or self.embedder_dimensions is None:
            raise BadInput(
                "MODELATLAS_EMBEDDER_BASE_URL needs MODELATLAS_EMBEDDER_MODEL and MODELATLAS_EMBEDDER_DIMENSIONS"
                " beside it: which model, and how many numbers a vector of it has."
            )
        key = self.embedder_api_key.get_secret_value() if self.embedder_api_key is not None else None
        return ServedEmbedder(self.embedder_base_url, self.embedder_model, self.embedder_dimensions, key)


@cache
def settings() -> Settings:
    """The settings, read once, when first asked for. Raises BadInput for one that cannot be."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "".join(f"MODELATLAS_{part}".upper() for part in first["loc"])
        raise BadInput(f"{name} in the environment cannot be used: {first['msg']}.") from None
