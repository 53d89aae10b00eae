"""A pipeline of diffusers, or of a checkout written against it: found, loaded, and put where it runs."""

import importlib
import inspect
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from modelatlas.tools.backends.backend import CannotRun, Json, Progress, RunFailed
from modelatlas.tools.backends.local_device import let_go, precision
from modelatlas.tools.backends.local_weights import Weights, loading
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.local_settings import DiffusersSettings
from modelatlas.tools.places import Place

_NOT_PLAIN = (
    "embeds", "embeds_mask", "latents", "image", "images", "video", "mask", "inputs", "callback_on_step_end",
    "generator", "output_type", "return_dict", "prompt", "kwargs", "self",
)  # fmt: skip


@dataclass(frozen=True)
class Produced:
    """What a call gave: pictures, or the frames of one film; and which pictures the model's own checker blacked out."""

    pictures: tuple[Any, ...]
    frames: Any | None
    blacked_out: tuple[int, ...] = ()


class Pipeline:
    """A loaded pipeline; it is moved to the device when it first runs, whole or part by part as is asked then."""

    def __init__(self, route: Route, settings: DiffusersSettings, place: Place, weights: Weights, device: str) -> None:
        self._route = route
        self._settings = settings
        self._device = device
        self._standing: str | None = None
        with loading(route, weights):
            kind = self._kind(place)
            where: Json = {"local_files_only": True, "trust_remote_code": settings.trust_remote_code}
            types = {"default": precision(settings.dtype, device)}
            types |= {part: precision(name, device) for part, name in settings.dtypes.items()}
            parts = {
                name: _named(path, route, settings, place).from_pretrained(
                    weights.folder, subfolder=name, dtype=types.get(name, types["default"]), local_files_only=True
                )
                for name, path in settings.components.items()
            }
            self._whole: Any = kind.from_pretrained(weights.folder, dtype=types, **where, **parts)
            self._whole.set_progress_bar_config(disable=True)
        self._for_images: Any = None

    def _kind(self, place: Place) -> Any:
        settings = self._settings
        if settings.module is not None:
            return _named(f"{settings.module}.{settings.pipeline}", self._route, settings, place)
        return of_diffusers(settings.pipeline, self._route)

    def standing(self, offload: str | None) -> str:
        """How the parts will stand: whole on the device, or offloaded; on a processor there is nothing to offload."""
        return "whole" if offload is None or self._device == "cpu" else offload

    def _ready(self, offload: str | None, with_image: bool) -> Any:
        """The pipeline to call, on the device or offloaded part by part."""
        standing = self.standing(offload)
        if standing != self._standing:
            if self._standing is not None:
                self._whole.remove_all_hooks()
                self._whole.to("cpu")
                let_go(self._device)
            if standing == "whole":
                self._whole.to(self._device)
            elif standing == "model":
                self._whole.enable_model_cpu_offload(device=self._device)
            else:
                self._whole.enable_sequential_cpu_offload(device=self._device)
            self._standing = standing
            self._for_images = None
        if not with_image or self._settings.image_pipeline is None:
            return self._whole
        if self._for_images is None:
            kind = of_diffusers(self._settings.image_pipeline, self._route)
            self._for_images = _of_the_same_parts(kind, self._whole)
            self._for_images.set_progress_bar_config(disable=True)
        return self._for_images

    def call(self, given: Json, offload: str | None, with_image: bool, progress: Progress) -> Produced:
        """Call the pipeline, telling of each step. Raises RunFailed for an argument that it does not have."""
        pipeline = self._ready(offload, with_image)
        known = inspect.signature(type(pipeline).__call__).parameters
        accepted(self._route, type(pipeline).__name__, given, list(known))

        def told(running: Any, step: int, _time: Any, values: Json) -> Json:
            total = getattr(running, "num_timesteps", None) or given.get("num_inference_steps")
            progress("denoising", step + 1, int(total) if total else None)
            return values

        if "callback_on_step_end" in known:
            given = {**given, "callback_on_step_end": told}
        made = pipeline(**given)
        found = getattr(made, "nsfw_content_detected", None) or ()
        return Produced(
            pictures=tuple(getattr(made, "images", ())),
            frames=made.frames[0] if hasattr(made, "frames") else None,
            blacked_out=tuple(at for at, is_so in enumerate(found, 1) if is_so),
        )

    def rest(self) -> None:
        """Bring the parts that were on the device back to main memory, where they are offloaded."""
        if self._standing not in (None, "whole"):
            self._whole.maybe_free_model_hooks()


def accepted(route: Route, pipeline: str, given: Json, known: Sequence[str]) -> None:
    """Raise RunFailed for an argument that the pipeline does not have."""
    if unknown := [name for name in given if name not in known]:
        plain = [name for name in known if not name.endswith(_NOT_PLAIN)]
        raise RunFailed(f"{pipeline} of {route.id} has no {unknown[0]}: extra may name {', '.join(plain)}.")


def _of_the_same_parts(kind: Any, pipeline: Any) -> Any:
    """Another pipeline around the parts of a loaded one, which are not copied nor converted."""
    there = {**dict(pipeline.config), **pipeline.components}
    return kind(**{name: there[name] for name in inspect.signature(kind.__init__).parameters if name in there})


def of_diffusers(name: str, route: Route) -> Any:
    import diffusers

    kind = getattr(diffusers, name, None)
    if kind is None:
        raise CannotRun(
            f"diffusers {diffusers.__version__} has no {name}, which {route.id} needs: "
            "run pip install --upgrade 'modelatlas[local]'."
        )
    return kind


def _named(path: str, route: Route, settings: DiffusersSettings, place: Place) -> Any:
    """A class of the checkout, by module and name."""
    module, _, name = path.rpartition(".")
    if place.checkout is None or not place.checkout.is_dir():
        have = f"{place.checkout} is no folder" if place.checkout else "none is named"
        raise CannotRun(
            f"{route.id} runs with {path} from a checkout of its repository ({route.revision}), and {have}: "
            "clone it and name the folder as its checkout."
        )
    folder = str(place.checkout.resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as missing:
        what = f"has no {module}.py" if missing.name == module else f"needs {missing.name}: pip install {missing.name}"
        raise CannotRun(f"the checkout {place.checkout} of {route.id} {what}.") from missing
    except AttributeError as missing:
        raise CannotRun(f"{module}.py in {place.checkout} has no {name}: check out {route.revision}.") from missing
