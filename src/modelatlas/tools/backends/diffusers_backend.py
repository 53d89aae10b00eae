"""Pipelines that draw and film, of diffusers or of a checkout written against it, run in this process."""

from typing import Any

from modelatlas.tools.backends.backend import (
    Backend,
    CannotRun,
    Input,
    Json,
    Made,
    NoOutput,
    Order,
    Progress,
    RunFailed,
)
from modelatlas.tools.backends.local_arguments import Arguments, arguments
from modelatlas.tools.backends.local_device import chosen_device, give_back, let_go, peak_gb, seeded, start_counting
from modelatlas.tools.backends.local_faults import running
from modelatlas.tools.backends.local_media import at_rate, fitted, image
from modelatlas.tools.backends.local_modular import ModularPipeline
from modelatlas.tools.backends.local_pipeline import Pipeline, Produced
from modelatlas.tools.backends.local_weights import Weights, find_weights
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.local_settings import DiffusersSettings
from modelatlas.tools.media.measures import MeasuredVideo
from modelatlas.tools.media.writing import write_video
from modelatlas.tools.places import Place

_LESS = "ask for a smaller size or fewer frames, or for offload = model (sequential needs least) in extra"
_RATE_WITHOUT_ANY = 16.0


class DiffusersBackend:
    """Runs one route whose card names a pipeline; `downloading` allows to fetch missing weights."""

    def __init__(self, route: Route, place: Place, downloading: bool = False) -> None:
        if not isinstance(route.run, DiffusersSettings):
            raise CannotRun(f"the card of {route.id} does not say how diffusers runs it.")
        self._route = route
        self._place = place
        self._settings: DiffusersSettings = route.run
        self._downloading = downloading or place.download
        self._loaded: tuple[Pipeline | ModularPipeline, Weights, str] | None = None
        self._speech: Backend | None = None

    def preview(self, order: Order) -> Json:
        """The pipeline, the weights and the arguments of the call; speech of unknown length gives no frames yet."""
        from modelatlas.tools.backends.local_avatar import previewed

        called = arguments(self._route, self._settings, order)
        media = {name: [str(it.path) for it in given] for name, given in called.media.items()}
        shown: Json = {
            "backend": "diffusers",
            "pipeline": self._settings.pipeline,
            "weights": self._place.weights or self._route.weights,
            "revision": self._place.revision,
            "device": self._place.device or "a GPU if there is one, else the processor",
            "offload": called.offload or self._place.offload,
            "seed": order.request.seed,
            "call": {**called.plain, **media},
        }
        return shown if self._settings.speech is None else previewed(shown, self._settings, order)

    def load(self, progress: Progress) -> None:
        """Read the weights, and those of the route that speaks. Raises CannotRun with what is missing."""
        if self._loaded is not None:
            return
        progress("loading", 0, None)
        weights = find_weights(self._route, self._place, self._downloading)
        device = chosen_device(self._place)
        pipeline = (
            ModularPipeline(self._route, self._settings, weights, device)
            if self._settings.modular
            else Pipeline(self._route, self._settings, self._place, weights, device)
        )
        if self._settings.speech is not None:
            from modelatlas.tools.backends.local_avatar import speaker

            self._speech = speaker(self._settings.speech, self._place)
            self._speech.load(progress)
        self._loaded = pipeline, weights, device
        progress("loading", 1, 1)

    def run(self, order: Order, progress: Progress) -> Made:
        """Run once from the seed of the request; pictures as PNG, a film as MP4 at the rate of the card."""
        self.load(progress)
        if self._speech is None:
            return self.film(order, progress)
        from modelatlas.tools.backends.local_avatar import spoken_film

        return spoken_film(self._route, self._speech, self.film, order, progress)

    def film(self, order: Order, progress: Progress, speech_s: float | None = None) -> Made:
        """What the pipeline makes; at least so long as the speech, and no frame longer."""
        if self._loaded is None:
            raise CannotRun(f"{self._route.id} is not loaded.")
        pipeline, weights, device = self._loaded
        called = arguments(self._route, self._settings, order, speech_s)
        start_counting(device)
        try:
            with running(self._route.id, device, _LESS):
                made = self._called(pipeline, called, order, progress)
            progress("writing", 0, None)
            used = {name: value for name, value in called.plain.items() if value is not None}
            files, measures = self._written(made, called, order, speech_s)
        finally:
            pipeline.rest()
            give_back(device)
        standing = pipeline.standing(called.offload or self._place.offload)
        return Made(
            files=files,
            used={
                **used,
                **measures,
                "offload": None if standing == "whole" else standing,
                "weights_id": self._place.weights or self._route.weights,
            },
            warnings=(*called.warnings, *_blacked_out(made)),
            weights_revision=weights.revision,
            device=device,
            peak_vram_gb=peak_gb(device),
        )

    def _called(
        self, pipeline: Pipeline | ModularPipeline, called: Arguments, order: Order, progress: Progress
    ) -> Produced:
        """Call the pipeline with everything opened and fitted."""
        given: Json = {**called.plain, "generator": seeded(order.request.seed)}
        given |= {name: self._opened(name, media, called) for name, media in called.media.items()}
        given["output_type"] = "pil" if self._settings.gives == "images" else "np"
        progress("starting", 0, None)
        return pipeline.call(given, called.offload or self._place.offload, "image" in order.inputs, progress)

    def _opened(self, name: str, media: tuple[Input, ...], called: Arguments) -> Any:
        """Media as the pipeline takes it, in its size: one picture, several, or the frames of a film."""
        names = self._settings.arguments
        if name == names.get("references"):
            return [image(it.path) for it in media]
        if name == names.get("mask") and "video" in names:
            return self._masks(media[0], called)
        if isinstance(media[0].measured, MeasuredVideo):
            return self._frames_of(media[0], called)
        pictures = [self._sized(image(it.path), called) for it in media[:1]] + [image(it.path) for it in media[1:]]
        if name == names.get("mask"):
            return pictures[0].convert("L")
        return pictures if len(pictures) > 1 else pictures[0]

    def _masks(self, mask: Input, called: Arguments) -> Any:
        """One mask a frame; a single picture holds for all of them."""
        if isinstance(mask.measured, MeasuredVideo):
            return self._frames_of(mask, called)
        return [self._sized(image(mask.path), called)] * (called.frames or 1)

    def _frames_of(self, film: Input, called: Arguments) -> list[Any]:
        from PIL import Image

        measured = film.measured
        own = measured.fps if isinstance(measured, MeasuredVideo) else _RATE_WITHOUT_ANY
        frames = at_rate(film, called.fps or own, called.frames or 100_000)
        pictures = [self._sized(Image.fromarray(frame), called) for frame in frames]
        # A film that is too short stands still at its end.
        return pictures + pictures[-1:] * ((called.frames or 0) - len(pictures))

    @staticmethod
    def _sized(picture: Any, called: Arguments) -> Any:
        if called.width is None or called.height is None:
            return picture
        return fitted(picture, called.width, called.height)

    def _written(
        self, made: Produced, called: Arguments, order: Order, speech_s: float | None
    ) -> tuple[tuple[Any, ...], Json]:
        """Write what was made, and measure it as it is."""
        import numpy as np

        if self._settings.gives == "images":
            paths = [order.folder / f"image-{at}.png" for at in range(1, len(made.pictures) + 1)]
            for path, picture in zip(paths, made.pictures, strict=True):
                picture.save(path)
            if not paths:
                raise NoOutput(f"{self._route.id} made no picture.")
            width, height = made.pictures[0].size
            return tuple(paths), {"width": width, "height": height, "count": len(paths)}
        frames = np.asarray(made.frames)
        if not np.isfinite(frames).all():
            raise RunFailed(f"{self._route.id} made frames that are no numbers: try another seed or fewer steps.")
        fps = called.fps or _RATE_WITHOUT_ANY
        if speech_s is not None:
            frames = frames[: max(1, round(np.ceil(round(speech_s * fps, 6))))]
        path = order.folder / "video.mp4"
        write_video(path, np.rint(frames * 255).clip(0, 255).astype(np.uint8), fps)
        height, width = frames.shape[1:3]
        return (path,), {"width": width, "height": height, "frames": len(frames), "fps": fps}

    def close(self) -> None:
        """Let go of the models and their memory."""
        if self._speech is not None:
            self._speech.close()
            self._speech = None
        if self._loaded is not None:
            device = self._loaded[2]
            self._loaded = None
            let_go(device)


def _blacked_out(made: Produced) -> list[str]:
    """A warning where the pipeline's own safety checker put black in the place of a picture."""
    if not made.blacked_out:
        return []
    which = ", ".join(map(str, made.blacked_out))
    return [f"the safety checker of the model blacked out picture {which}: reword the prompt"]
