"""How jobs are carried out in one workshop: what an executor is told, and hands on to the processes it starts.

It holds keys, so it goes to another process by its standard input only, never by the command line or the environment.
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Self

from pydantic import Field, SecretStr

from modelatlas.graph.dates import Value
from modelatlas.tools.backends.backend import Backend
from modelatlas.tools.cards.card import Card, Route
from modelatlas.tools.media.policy import Policy
from modelatlas.tools.places import Place, Places
from modelatlas.tools.workshop import Workshop

_ON_A_GPU = frozenset({"transformers", "diffusers", "repo_script"})


class Handed(Value):
    """What is handed to a process as JSON; secrets are written out."""

    def written(self) -> str:
        """As JSON, with its secrets."""
        return json.dumps(self.model_dump(), default=_plain)

    @classmethod
    def read(cls, text: str) -> Self:
        """What `written` wrote."""
        return cls.model_validate_json(text)


class Arrangement(Handed):
    """The workshop, what is where, what may be brought in, and how many models may be loaded how long.

    `slots`: how many models that need a GPU may be loaded at once; `idle_s`: how long one stays loaded with nothing to
    do; `patience_s`: how long one that has work keeps others from its slot; `environment`: all that the processes see
    of the environment; `cards`: a folder of a person's own cards. `route_of` and `open_backend` are named as
    module:function.
    """

    folder: Path
    places: Places
    policy: Policy
    environment: dict[str, str]
    cards: Path | None = None
    slots: int = Field(default=1, ge=1)
    idle_s: float = Field(default=300, ge=0)
    patience_s: float = Field(default=60, ge=0)
    route_of: str = "modelatlas.tools.cards.shelf:route"
    open_backend: str = "modelatlas.tools.backends.opening:open_backend"

    @property
    def workshop(self) -> Workshop:
        """The folders and files."""
        return Workshop(self.folder)

    def route(self, id: str) -> tuple[Card, Route]:
        """A route and the card it stands on. Raises BadInput for one there is none of."""
        find: Callable[[str, Path | None], tuple[Card, Route]] = resolve_name(self.route_of)
        return find(id, self.cards)

    def needs_gpu(self, route: Route) -> bool:
        """Whether a process of ours loads the route's model onto a GPU."""
        return route.run is not None and route.run.backend in _ON_A_GPU and self.places.of(route.id).device != "cpu"

    def log(self, route: str) -> Path:
        """The file that the processes of a route write their output to."""
        return self.folder / "logs" / f"{''.join(it if it.isalnum() or it in '-_.' else '_' for it in route)}.log"


class Post(Handed):
    """What one worker is to do: a route of a model, at its place.

    `keeper` is the pid and start of the executor without which it leaves, `needs_slot` whether it waits for a slot.
    """

    arrangement: Arrangement
    model: str
    route: Route
    keeper: tuple[int, float] | None
    needs_slot: bool

    def backend(self) -> Backend:
        """The backend, not yet loaded. Raises CannotRun."""
        opened: Callable[[Route, Place, Mapping[str, str]], Backend] = resolve_name(self.arrangement.open_backend)
        return opened(self.route, self.arrangement.places.of(self.route.id), self.arrangement.environment)


class Errand(Handed):
    """What a process stays behind for: the jobs of one route; on Ray where it is told how much of a GPU to take."""

    arrangement: Arrangement
    route: str
    gpus: float | None = None
    address: str | None = None


def command(module: str) -> list[str]:
    """The command line of a process of ours; no module beside where it starts is taken for one of the library."""
    return [sys.executable, "-P", "-m", module]


def _plain(value: Any) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
