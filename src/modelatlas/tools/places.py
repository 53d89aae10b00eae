"""Where a person has what a route needs: checkouts, weights, servers, keys. Nothing is looked for, all is told.

The file is TOML with a table a route:

    [routes."wan2.1.t2v-1.3b"]
    weights = "/models/wan"
    [routes."seed-2.1.ark"]
    api_key_variable = "ARK_API_KEY"
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError

from modelatlas.graph.dates import Value
from modelatlas.graph.errors import BadInput


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
    download: bool = Field(default=False, description="whether missing weights may be fetched from the hub")
    offload: Literal["model", "sequential"] | None = Field(
        default=None, description="keep the parts of a pipeline in main memory and move them to the GPU in turn"
    )
    speech: "Place | None" = Field(default=None, description="for a talking picture: where the route that speaks is")


class Places(Value):
    """Places by the id of the route."""

    routes: dict[str, Place] = Field(default_factory=dict)

    def of(self, route: str) -> Place:
        """What is told about a route."""
        return self.routes.get(route) or Place()


def read_places(path: Path, environment: Mapping[str, str]) -> Places:
    """The places of a file, none where there is no file. Raises BadInput for one that cannot be used."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return Places()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}.") from None
    try:
        given = tomllib.loads(text)
        for route in given.get("routes", {}).values():
            if isinstance(route, dict) and (variable := route.pop("api_key_variable", None)) is not None:
                route["api_key"] = environment.get(str(variable))
        return Places.model_validate(given)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path} is not TOML: {error}.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{path}: {where}: {first['msg']}; a route takes {', '.join(Place.model_fields)}.") from None
