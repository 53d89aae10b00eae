"""A modular pipeline of diffusers: blocks that share a state, loaded part by part and called by their inputs."""

from typing import Any

from modelatlas.tools.backends.backend import Json, Progress
from modelatlas.tools.backends.local_device import precision
from modelatlas.tools.backends.local_pipeline import Produced, accepted, of_diffusers
from modelatlas.tools.backends.local_weights import Weights, loading
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.local_settings import DiffusersSettings


class ModularPipeline:
    """A loaded modular pipeline, whole on the device; it tells of each pass through the transformer."""

    def __init__(self, route: Route, settings: DiffusersSettings, weights: Weights, device: str) -> None:
        self._route = route
        self._settings = settings
        with loading(route, weights):
            types = {"default": precision(settings.dtype, device)}
            types |= {part: precision(name, device) for part, name in settings.dtypes.items()}
            self._whole: Any = of_diffusers(settings.pipeline, route).from_pretrained(
                weights.folder, local_files_only=True, trust_remote_code=settings.trust_remote_code
            )
            # The index names each part by its id on the hub; the parts lie in this folder.
            self._whole.load_components(
                dtype=types, local_files_only=True, pretrained_model_name_or_path=str(weights.folder)
            )
            lacking = [name for name, part in self._whole.components.items() if part is None]
            if lacking:
                raise OSError(f"there is no {lacking[0]} that can be read in it")
            self._whole.to(device)

    def standing(self, offload: str | None) -> str:
        """Always whole: its parts cannot be offloaded."""
        return "whole"

    def call(self, given: Json, offload: str | None, with_image: bool, progress: Progress) -> Produced:
        """Call it for its films or pictures. Raises RunFailed for an argument that it does not have."""
        known = [str(it.name) for it in self._whole.blocks.inputs]
        accepted(self._route, self._settings.pipeline, given, known)
        passes = 0

        def told(*_: Any) -> None:
            nonlocal passes
            passes += 1
            progress("denoising", passes, None)

        hook = self._whole.transformer.register_forward_pre_hook(told)
        try:
            made = self._whole(**given, output="videos" if self._settings.gives == "video" else "images")
        finally:
            hook.remove()
        if self._settings.gives == "video":
            return Produced(pictures=(), frames=made[0])
        return Produced(pictures=tuple(made), frames=None)

    def rest(self) -> None:
        """There is nothing to bring back."""
