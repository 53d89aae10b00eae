"""Models that look at a film and give labels or features, as V-JEPA 2."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from modelatlas.tools.actions.requests import ClassifyVideo
from modelatlas.tools.backends.backend import Json, Made, Order, Progress
from modelatlas.tools.backends.local_device import precision
from modelatlas.tools.backends.local_faults import running
from modelatlas.tools.backends.local_media import sampled
from modelatlas.tools.backends.local_task import Given, only
from modelatlas.tools.backends.local_weights import loading, whole
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.local_settings import TransformersSettings

_LESS = "name fewer frames in extra, or take smaller weights"
_EXTRA: dict[str, tuple[type, ...]] = {"frames": (int,)}


class _Watching:
    """A loaded model and its video processor."""

    kind: str

    def __init__(self, given: Given) -> None:
        self._given = given
        with loading(given.route, given.weights):
            import transformers

            where = {"local_files_only": True, "trust_remote_code": given.settings.trust_remote_code}
            folder = given.weights.folder
            self._processor: Any = transformers.AutoVideoProcessor.from_pretrained(folder, **where)
            loaded, told = getattr(transformers, self.kind).from_pretrained(
                folder, dtype=precision(given.settings.dtype, given.device), output_loading_info=True, **where
            )
            whole(given.route, given.weights, told)
            self._model: Any = loaded.to(given.device).eval()

    @staticmethod
    def call(route: Route, settings: TransformersSettings, order: Order) -> Json:
        """The film, and how many of its frames are looked at."""
        asked = only(order.request.extra, _EXTRA, route).get("frames") or settings.frames
        return {"videos": str(order.inputs["video"].path), "frames": asked}

    def _seen(self, order: Order, progress: Progress) -> tuple[Any, int]:
        """The film as the model takes it, and how many frames there are."""
        config = self._model.config
        asked = self.call(self._given.route, self._given.settings, order)["frames"]
        count = int(asked or getattr(config, "frames_per_clip", 16))
        progress("reading", 0, None)
        film = sampled(order.inputs["video"], count)
        inputs = self._processor(film.frames, return_tensors="pt", do_sample_frames=False)
        return inputs.to(self._given.device, dtype=self._model.dtype), len(film.indices)


class Classifying(_Watching):
    """Labels with scores."""

    kind = "AutoModelForVideoClassification"

    def run(self, order: Order, progress: Progress) -> Made:
        """The most likely labels, best first; the scores of all labels add up to 1."""
        import torch

        top = cast(ClassifyVideo, order.request).top
        with running(self._given.route.id, self._given.device, _LESS), torch.inference_mode():
            inputs, count = self._seen(order, progress)
            with _listening(self._model.vjepa2.encoder.layer, progress):
                logits = self._model(**inputs).logits[0]
            scores = logits.float().softmax(-1)
            best = scores.topk(min(top, len(scores)))
        names = self._model.config.id2label
        labels = [
            {"label": str(names[int(at)]), "score": float(score)}
            for score, at in zip(best.values, best.indices, strict=True)
        ]
        return Made(data={"labels": labels}, used={"frames": count, "top": len(labels)})


class Embedding(_Watching):
    """Features, one vector for each piece of the film."""

    kind = "AutoModel"

    def run(self, order: Order, progress: Progress) -> Made:
        """The features as a .npy file, (pieces, width) of 32-bit floats."""
        import numpy as np
        import torch

        with running(self._given.route.id, self._given.device, _LESS), torch.inference_mode():
            inputs, count = self._seen(order, progress)
            with _listening(self._model.encoder.layer, progress):
                features = self._model.get_vision_features(**inputs)[0].float().cpu().numpy()
        path = order.folder / "embedding.npy"
        np.save(path, features, allow_pickle=False)
        return Made(files=(path,), data={"shape": list(features.shape)}, used={"frames": count})


@contextmanager
def _listening(layers: Any, progress: Progress) -> Iterator[None]:
    """Tell of each layer before it runs, so that a run can end between two."""

    def told(at: int) -> Any:
        return lambda *_: progress("looking", at, len(layers))

    hooks = [layer.register_forward_pre_hook(told(at)) for at, layer in enumerate(layers)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
