"""The only reader of the environment."""

import os
from datetime import datetime
from functools import cache
from pathlib import Path

from platformdirs import user_config_path, user_data_path
from pydantic import AwareDatetime, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from modelatlas.graph.embed import Embedder
from modelatlas.graph.errors import BadInput
from modelatlas.graph.neo4j.address import Address, is_address
from modelatlas.graph.served_embedder import ServedEmbedder
from modelatlas.tools.media.policy import Policy
from modelatlas.tools.places import Places, read_places
from modelatlas.tools.proposal import Approval
from modelatlas.tools.workshop import Workshop

os.environ.setdefault("GRAPHITI_TELEMETRY_ENABLED", "false")
os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")
for _tracing in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2"):
    os.environ[_tracing] = "false"
for _gateway in [name for name in os.environ if name.startswith("LANGSMITH_GATEWAY")]:
    del os.environ[_gateway]


_SEEN = frozenset(["PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "XDG_CACHE_HOME"])
_SEEN_FROM = ("CUDA_", "NVIDIA_", "HF_", "TRANSFORMERS_", "OMP_")


class Settings(BaseSettings):
    """What the environment says: MODELATLAS_DB, MODELATLAS_TENANT, MODELATLAS_NOW, MODELATLAS_NEO4J_USER, …"""

    model_config = SettingsConfigDict(env_prefix="MODELATLAS_", frozen=True, extra="ignore")

    db: str = Field(
        default_factory=lambda: str(user_data_path("modelatlas", appauthor=False) / "atlas.sqlite"),
        description="a file, or a Neo4j server as neo4j://host:7687/database",
    )
    neo4j_user: str | None = None
    neo4j_password: SecretStr | None = None
    tenant: str = "main"
    now: AwareDatetime | None = Field(default=None, description="stands in for the clock, to repeat an old answer")
    embedder_base_url: str | None = Field(default=None, description="an OpenAI-compatible server's …/v1")
    embedder_model: str | None = None
    embedder_dimensions: int | None = None
    embedder_api_key: SecretStr | None = None
    checkpoints: SecretStr | None = Field(default=None, description="a postgresql:// URL, for sessions on many servers")
    workshop: Path | None = Field(default=None, description="where jobs and artifacts are; None: beside it")
    places: Path = Field(
        default_factory=lambda: user_config_path("modelatlas", appauthor=False) / "places.toml",
        description="where checkouts, weights and servers are",
    )
    cards: Path | None = Field(default=None, description="a folder of one's own cards")
    media_hosts: str = Field(default="", description="hosts that URLs of media may lead to, with commas between")
    media_private_hosts: str = Field(default="", description="those of them that are inside the own network")
    approval: Approval = Field(default="costly", description="which runs wait for a yes: costly, every or none")
    gpus: int = Field(default=1, ge=1, description="how many models may be on GPUs at once")

    def clock(self) -> datetime:
        """The present, or the time that stands in for it."""
        return self.now or datetime.now().astimezone()

    def place(self, db: str | Path | None) -> Path | Address:
        """Where the atlas is: what is given, else what the environment names. Raises BadInput for no such place."""
        given = str(self.db if db is None else db)
        if not is_address(given):
            return Path(given)
        password = self.neo4j_password.get_secret_value() if self.neo4j_password is not None else None
        return Address.read(given, self.neo4j_user, password)

    def workshop_of(self, db: str | Path | None) -> Workshop:
        """Where the jobs of an atlas are kept: beside a file, or in the user's data folder for a server."""
        if self.workshop is not None:
            return Workshop(self.workshop)
        place = self.place(db)
        if isinstance(place, Path):
            return Workshop(place.with_suffix(".workshop"))
        return Workshop(user_data_path("modelatlas", appauthor=False) / "workshop")

    def told_places(self) -> Places:
        """What is told about routes, with the keys that it names. Raises BadInput for a file that cannot be used."""
        return read_places(self.places, os.environ)

    def environment(self) -> dict[str, str]:
        """What the processes that run models see of the environment: where things are, and nothing else."""
        return {name: value for name, value in os.environ.items() if name in _SEEN or name.startswith(_SEEN_FROM)}

    def media_policy(self) -> Policy:
        """From where media may come."""
        return Policy(allowed_hosts=_several(self.media_hosts), private_hosts=_several(self.media_private_hosts))

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


def _several(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


@cache
def settings() -> Settings:
    """The settings, read once, when first asked for. Raises BadInput for one that cannot be."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = "".join(f"MODELATLAS_{part}".upper() for part in first["loc"])
        raise BadInput(f"{name} in the environment cannot be used: {first['msg']}.") from None
