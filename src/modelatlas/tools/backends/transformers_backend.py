"""Models of the transformers library, run in this process: questions, labels, features and speech."""

from dataclasses import replace
from typing import assert_never

from modelatlas.tools.backends.backend import CannotRun, Json, Made, Order, Progress
from modelatlas.tools.backends.local_device import chosen_device, give_back, let_go, peak_gb, seeded, start_counting
from modelatlas.tools.backends.local_task import Given, Task, TaskKind
from modelatlas.tools.backends.local_weights import find_weights, loading
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.local_settings import TransformersSettings
from modelatlas.tools.places import Place


class TransformersBackend:
    """Runs one route whose card names a task of transformers; `downloading` allows to fetch missing weights."""

    def __init__(self, route: Route, place: Place, downloading: bool = False) -> None:
        if not isinstance(route.run, TransformersSettings):
            raise CannotRun(f"the card of {route.id} does not say how transformers runs it.")
        self._route = route
        self._place = place
        self._settings: TransformersSettings = route.run
        self._downloading = downloading or place.download
        self._loaded: tuple[Task, Given] | None = None

    def preview(self, order: Order) -> Json:
        """The task, the weights and the arguments of the call."""
        return {
            "backend": "transformers",
            "task": self._settings.task,
            "weights": self._place.weights or self._route.weights,
            "revision": self._place.revision,
            "device": self._place.device or "a GPU if there is one, else the processor",
            "seed": order.request.seed,
            "call": _kind(self._settings).call(self._route, self._settings, order),
        }

    def load(self, progress: Progress) -> None:
        """Read the weights. Raises CannotRun with what is missing and how to get it."""
        if self._loaded is not None:
            return
        progress("loading", 0, None)
        weights = find_weights(self._route, self._place, self._downloading)
        device = chosen_device(self._place)
        with loading(self._route, weights):
            given = Given(self._route, self._settings, weights, device)
            self._loaded = _kind(self._settings)(given), given
        progress("loading", 1, 1)

    def run(self, order: Order, progress: Progress) -> Made:
        """Run once from the seed of the request."""
        self.load(progress)
        if self._loaded is None:
            raise CannotRun(f"{self._route.id} is not loaded.")
        task, given = self._loaded
        start_counting(given.device)
        seeded(order.request.seed)
        try:
            made = task.run(order, progress)
        finally:
            give_back(given.device)
        return replace(
            made,
            used={**made.used, "weights_id": self._place.weights or self._route.weights},
            weights_revision=given.weights.revision,
            device=given.device,
            peak_vram_gb=peak_gb(given.device),
        )

    def close(self) -> None:
        """Let go of the model and its memory."""
        if self._loaded is not None:
            device = self._loaded[1].device
            self._loaded = None
            let_go(device)


def _kind(settings: TransformersSettings) -> TaskKind:
    match settings.task:
        case "image-text-to-text" | "any-to-text":
            from modelatlas.tools.backends.local_answering import Answering

            return Answering
        case "video-classification":
            from modelatlas.tools.backends.local_watching import Classifying

            return Classifying
        case "video-embedding":
            from modelatlas.tools.backends.local_watching import Embedding

            return Embedding
        case "text-to-speech":
            from modelatlas.tools.backends.local_speaking import Speaking

            return Speaking
    assert_never(settings.task)
