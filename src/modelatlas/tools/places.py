"""Where a person has what a route needs: checkouts, weights, servers, keys. Nothing is looked for, all is told."""

from pathlib import Path

from pydantic import Field, SecretStr

from modelatlas.graph.dates import Value


class Place(Value):
    """What is told about one route; None leaves it to the card."""

    weights: str | None = Field(default=None, description="a folder, or another id on the hub")
    revision: str | None = None
    device: str | None = Field(default=None, description="cpu, cuda, cuda:1; None: a GPU if there is one")
    checkout: Path | None = None
    python: Path | None = Field(default=None, description="the interpreter of the checkout's own environment")
    base_url: str | None = None
    api_key: SecretStr | None = None
    model: str | None = Field(default=None, description="the model's id at the server")
    workflow: Path | None = Field(default=None, description="a ComfyUI workflow in API format")
    bindings: dict[str, tuple[str, str]] = Field(default_factory=dict)
    timeout_s: float | None = Field(default=None, gt=0)


class Places(Value):
    """Places by the id of the route."""

    routes: dict[str, Place] = Field(default_factory=dict)

    def of(self, route: str) -> Place:
        """What is told about a route."""
        return self.routes.get(route) or Place()
