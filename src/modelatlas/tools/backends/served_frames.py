"""Frames of a video, for servers that look at pictures in the place of a video."""

import io
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from modelatlas.graph.errors import BadInput
from modelatlas.tools.backends.backend import CannotRun, Input
from modelatlas.tools.media.measures import MeasuredVideo

MOST_FRAMES = 256
LONGEST_SIDE = 1024


class Film:
    """Moments of a video, in seconds from its start; decoded once, when the pictures are first asked for."""

    def __init__(self, path: Path, seconds: tuple[float, ...]) -> None:
        self.path, self.seconds = path, seconds
        self._jpegs: tuple[bytes, ...] | None = None

    @property
    def jpegs(self) -> tuple[bytes, ...]:
        """A JPEG of each moment."""
        return self._jpegs if self._jpegs is not None else self.read(lambda done, total: None)

    def read(self, tell: Callable[[int, int], None]) -> tuple[bytes, ...]:
        """Decode, and tell how many of how many pictures are there. Raises BadInput where that cannot be."""
        try:
            import av
        except ImportError as error:
            raise CannotRun("Frames of a video need PyAV: pip install 'modelatlas[media]'.") from error
        try:
            with av.open(str(self.path)) as container:
                stream = container.streams.video[0]
                stream.thread_type = "AUTO"
                found: list[bytes] = []
                for picture in self._pictures(container.decode(stream), float(stream.average_rate or 25)):
                    found.append(picture)
                    tell(len(found), len(self.seconds))
        except (av.FFmpegError, IndexError) as error:
            raise BadInput(f"{self.path.name} cannot be decoded as a video: {error}.") from error
        if len(found) != len(self.seconds):
            raise BadInput(f"{self.path.name} has no picture to decode.")
        self._jpegs = tuple(found)
        return self._jpegs

    def _pictures(self, frames: Iterator[Any], fps: float) -> Iterator[bytes]:
        wanted = iter(self.seconds)
        moment = next(wanted, None)
        shown: bytes | None = None
        last, first = None, 0.0
        for index, frame in enumerate(frames):
            shown, last = None, frame
            begun = frame.time if frame.time is not None else index / fps
            first = begun if index == 0 else first
            begun -= first
            while moment is not None and begun + 0.5 / fps >= moment:
                shown = shown or _jpeg(frame)
                yield shown
                moment = next(wanted, None)
            if moment is None:
                return
        while moment is not None and last is not None:
            shown = shown or _jpeg(last)
            yield shown
            moment = next(wanted, None)


def film(video: Input, fps: float, at_least: int = 1) -> Film:
    """Moments spread evenly over a video, `fps` a second but no more than it has or than MOST_FRAMES."""
    measured = video.measured
    if not isinstance(measured, MeasuredVideo):
        raise BadInput(f"{video.path.name} is no video.")
    wanted = max(at_least, math.ceil(measured.duration_s * fps))
    count = max(1, min(wanted, measured.frames, MOST_FRAMES))
    step = measured.duration_s / count
    return Film(video.path, tuple(index * step for index in range(count)))


def _jpeg(frame: Any) -> bytes:
    picture = frame.to_image()
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    held = io.BytesIO()
    picture.save(held, "JPEG", quality=90)
    return held.getvalue()
