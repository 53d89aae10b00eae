"""What a model of the transformers library is loaded for: one small protocol, and what every kind is given."""

from dataclasses import dataclass
from typing import Protocol

from modelatlas.tools.backends.backend import Json, Made, Order, Progress, RunFailed
from modelatlas.tools.backends.local_weights import Weights
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.local_settings import TransformersSettings


@dataclass(frozen=True)
class Given:
    """The route of a model, how its card says it is run, its weights and the device for it."""

    route: Route
    settings: TransformersSettings
    weights: Weights
    device: str


class Task(Protocol):
    """One kind of model, loaded."""

    def run(self, order: Order, progress: Progress) -> Made:
        """Run once; the seed is set."""


class TaskKind(Protocol):
    """A kind of model: what a call would be, and how it is loaded."""

    def __call__(self, given: Given) -> Task:
        """Load the model. Raises CannotRun."""

    @staticmethod
    def call(route: Route, settings: TransformersSettings, order: Order) -> Json:
        """The arguments of the call that would be made; media by their paths."""


def only(extra: Json, allowed: dict[str, tuple[type, ...]], route: Route) -> Json:
    """The settings of one model only, each known and of a plain kind. Raises RunFailed for any other."""
    for name, value in extra.items():
        if name not in allowed or not isinstance(value, allowed[name]):
            known = ", ".join(sorted(allowed)) or "nothing"
            raise RunFailed(f"{route.id} has no setting {name} = {value!r}: extra may name {known}.")
    return dict(extra)
