"""Media as models take it: images as PIL, film as evenly chosen frames, sound as one channel at a given rate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelatlas.tools.backends.backend import Input, RunFailed
from modelatlas.tools.media.measures import MeasuredVideo, NoMediaLibrary, UnreadableMedia
from modelatlas.tools.media.sniffing import sniff
from modelatlas.tools.media.streams import opened


@dataclass(frozen=True)
class Sampled:
    """Chosen frames of a film, (n, h, w, 3) of 8 bits, and where in the film they stood."""

    frames: Any
    indices: tuple[int, ...]
    film: MeasuredVideo


def image(path: Path) -> Any:
    """A picture in RGB, the right way up."""
    try:
        from PIL import Image, ImageOps
    except ModuleNotFoundError as missing:
        raise NoMediaLibrary("pillow") from missing
    with Image.open(path) as picture:
        return ImageOps.exif_transpose(picture).convert("RGB")


def film_of(given: Input) -> MeasuredVideo:
    """What was measured of an input that is a film."""
    if not isinstance(given.measured, MeasuredVideo):
        raise RunFailed(f"{given.path.name} is no video but {given.measured.kind}.")
    return given.measured


def sampled(given: Input, count: int) -> Sampled:
    """Frames from the whole of a film, evenly apart; all of them where there are fewer."""
    film = film_of(given)
    step = film.frames / count
    indices = [int(step * (at + 0.5)) for at in range(count)] if film.frames > count else list(range(film.frames))
    return Sampled(_at(given.path, indices), tuple(indices), film)


def at_rate(given: Input, fps: float, most: int) -> Any:
    """The first frames of a film as it would be at another rate, at most so many."""
    film = film_of(given)
    count = max(1, min(most, round(film.duration_s * fps)))
    indices = [min(film.frames - 1, int((at + 0.5) * film.fps / fps)) for at in range(count)]
    return _at(given.path, indices)


def _at(path: Path, indices: Sequence[int]) -> Any:
    """The frames at these places, which only grow; a place may come twice."""
    import numpy as np

    wanted = list(indices)
    chosen: list[Any] = []
    for place, picture in enumerate(_decoded(path)):
        while wanted and wanted[0] == place:
            chosen.append(picture.to_ndarray(format="rgb24"))
            wanted.pop(0)
        if not wanted:
            break
    if not chosen:
        raise UnreadableMedia(path.name, "not one of the frames asked for can be decoded")
    if any(it.shape != chosen[0].shape for it in chosen):
        raise UnreadableMedia(path.name, "the size of its frames changes along the way")
    return np.stack(chosen)


def _decoded(path: Path) -> Iterator[Any]:
    try:
        with opened(path, sniff(path)) as container:
            yield from container.decode(video=0)
    except ModuleNotFoundError as missing:
        raise NoMediaLibrary("av") from missing


def sound(path: Path, rate: int) -> Any:
    """All of a sound as one channel of floats at this rate."""
    import numpy as np

    try:
        import av
    except ModuleNotFoundError as missing:
        raise NoMediaLibrary("av") from missing
    resampler = av.AudioResampler(format="flt", layout="mono", rate=rate)
    blocks: list[Any] = []
    with opened(path, sniff(path)) as container:
        for frame in [*container.decode(audio=0), None]:
            blocks.extend(piece.to_ndarray().reshape(-1) for piece in resampler.resample(frame))
    if not blocks:
        raise UnreadableMedia(path.name, "there is no sound in it")
    return np.concatenate(blocks).astype(np.float32)


def fitted(picture: Any, width: int, height: int) -> Any:
    """A picture brought to a size: scaled until it covers it, then cut at both sides alike."""
    from PIL import Image, ImageOps

    if picture.size == (width, height):
        return picture
    return ImageOps.fit(picture, (width, height), method=Image.Resampling.LANCZOS)
