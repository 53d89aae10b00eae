"""How far what was made is what was asked, in short sentences: what was measured against request and run."""

from collections.abc import Mapping, Sequence
from typing import Any

from modelatlas.tools.actions.answers import finite
from modelatlas.tools.actions.checks import Inputs
from modelatlas.tools.actions.requests import (
    EditImage,
    ExploreWorld,
    Generate3D,
    GenerateAudio,
    GenerateImage,
    GenerateVideo,
    Request,
    RestoreVideo,
)
from modelatlas.tools.cards.card import Route
from modelatlas.tools.media.measures import Measured, MeasuredAudio, MeasuredImage, MeasuredMesh, MeasuredVideo

_NOUNS = {
    "frames": "frames",
    "fps": "frames per second",
    "seconds": "seconds",
    "width": "pixels of width",
    "height": "pixels of height",
    "shorter_side": "pixels on the shorter side",
    "sample_rate": "Hz",
    "channels": "channels",
}
_SPATIAL = ("foa_audio",)
_AMBISONIC_CHANNELS = 4
Figures = dict[str, float]


def differences(
    request: Request, inputs: Inputs, route: Route, used: Mapping[str, Any], made: Sequence[Measured]
) -> list[str]:
    """Every difference between what was asked, what the run says it used, and what the files are."""
    asked = _asked(request)
    expected = {name: value for name in _NOUNS if (value := finite(used.get(name))) is not None}
    if isinstance(request, GenerateAudio) and set(_SPATIAL) & set(route.outputs):
        expected["channels"] = _AMBISONIC_CHANNELS
    if isinstance(request, RestoreVideo):
        # A run counts the rows of its result by another name than the shorter side, which is what is asked.
        expected = {name: value for name, value in expected.items() if name not in ("width", "height")}
    said = list(dict.fromkeys(line for it in made for line in _of_figures(asked, expected, _figures(it))))
    said += _of_count(request, made)
    said += _of_source(request, inputs, made)
    return said


def _asked(request: Request) -> Figures:
    names: tuple[str, ...]
    match request:
        case GenerateVideo():
            names = ("frames", "fps", "seconds", "width", "height")
        case GenerateImage() | EditImage():
            names = ("width", "height")
        case RestoreVideo(height=int(side)):
            return {"shorter_side": side}
        case ExploreWorld(actions=actions) if actions:
            return {"frames": sum(it.frames for it in actions)}
        case _:
            return {}
    return {name: float(value) for name in names if (value := getattr(request, name)) is not None}


def _figures(made: Measured) -> Figures:
    match made:
        case MeasuredVideo():
            return {
                "frames": made.frames,
                "fps": made.fps,
                "seconds": made.duration_s,
                "width": made.width,
                "height": made.height,
                "shorter_side": min(made.width, made.height),
            }
        case MeasuredImage():
            return {"width": made.width, "height": made.height, "shorter_side": min(made.width, made.height)}
        case MeasuredAudio():
            return {"sample_rate": made.sample_rate, "channels": made.channels, "seconds": made.duration_s}
        case _:
            return {}


def _of_figures(asked: Figures, expected: Figures, made: Figures) -> list[str]:
    said = []
    for name, noun in _NOUNS.items():
        if name not in made:
            continue
        for wanted, how in ((asked.get(name), "asked"), (expected.get(name), "expected")):
            if wanted is not None and abs(made[name] - wanted) > _slack(name, made):
                said.append(f"{_number(wanted)} {noun} {how}, {_number(made[name])} made")
                break
    return said


def _slack(name: str, made: Figures) -> float:
    if name == "fps":
        return 0.01 * made["fps"]
    if name == "seconds":
        return max(2 / made["fps"] if made.get("fps") else 0.0, 0.1)
    return 0


def _of_count(request: Request, made: Sequence[Measured]) -> list[str]:
    said = []
    images = sum(1 for it in made if isinstance(it, MeasuredImage))
    if isinstance(request, GenerateImage) and images != request.count:
        said.append(f"{request.count} images asked, {images} made")
    if isinstance(request, Generate3D):
        meshes = [it for it in made if isinstance(it, MeasuredMesh)]
        whole = max((it.parts for it in meshes), default=0)
        parts = max(whole, sum(1 for it in meshes if it.faces and it.parts == 1))
        empty = max((it.empty_parts for it in meshes), default=0) or sum(1 for it in meshes if not it.faces)
        if request.parts is not None and parts != request.parts:
            said.append(f"{request.parts} parts asked, {parts} made")
        if empty:
            said.append(f"{empty} {'part is' if empty == 1 else 'parts are'} empty: a mesh without a face")
        if request.texture and not any(it.textured for it in meshes):
            said.append("a texture was asked, the mesh has none")
    return said


def _of_source(request: Request, inputs: Inputs, made: Sequence[Measured]) -> list[str]:
    """Differences from the video that the result should be as long as."""
    source = inputs["video"].measured if "video" in inputs else None
    if not isinstance(source, MeasuredVideo):
        return []
    said = []
    for it in made:
        if isinstance(request, RestoreVideo) and isinstance(it, MeasuredVideo):
            if it.frames != source.frames:
                said.append(f"{source.frames} frames given, {it.frames} made")
            if source.audio is not None and it.audio is None:
                said.append("the video given has sound, the one made has none")
        if isinstance(request, GenerateAudio) and isinstance(it, MeasuredAudio | MeasuredVideo):
            allowed = max(2 / source.fps if source.fps else 0.0, 0.1)
            if abs(it.duration_s - source.duration_s) > allowed:
                said.append(f"the video lasts {source.duration_s:g} s, the sound made {it.duration_s:g} s")
    return said


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"
