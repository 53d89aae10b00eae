"""Small real media files, orders made of them, and how far a run was told to be."""

import io
import wave
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from modelatlas.tools.actions.requests import Request
from modelatlas.tools.backends.backend import Input, Order, Stopped
from modelatlas.tools.cards.card import Route
from modelatlas.tools.media.measuring import measure


@dataclass(frozen=True)
class Studio:
    """Makes pictures, sound and films, each known by its size."""

    folder: Path

    def image(self, width: int, height: int, name: str = "image.png") -> Input:
        """A picture."""
        path = self.folder / name
        path.write_bytes(png(width, height))
        return taken(path)

    def sound(self, seconds: float, name: str = "audio.wav") -> Input:
        """A tone."""
        path = self.folder / name
        path.write_bytes(wav(seconds))
        return taken(path)

    def film(self, frames: int, fps: int, name: str = "video.mp4", width: int = 64, height: int = 48) -> Input:
        """A film whose frames get brighter from black to white."""
        path = self.folder / name
        path.write_bytes(mp4(frames, fps, width, height))
        return taken(path)

    def order(self, tool: str, request: Request, inputs: dict[str, Input] | None = None) -> Order:
        """A run in a fresh folder."""
        folder = self.folder.parent / f"run_{len(list(self.folder.parent.glob('run_*')))}"
        folder.mkdir()
        return Order(tool, request, inputs or {}, folder)


@dataclass
class Told:
    """A progress that remembers; stops the run once `until` is true of what was told."""

    stop_at: Any = None
    told: list[tuple[str, int, int | None]] = field(default_factory=list)

    def __call__(self, part: str, done: int, total: int | None) -> None:
        """Take note."""
        self.told.append((part, done, total))
        if self.stop_at is not None and self.stop_at():
            raise Stopped


def route(id: str, tools: tuple[str, ...], run: dict[str, Any]) -> Route:
    """A route with these settings of its backend."""
    return Route.model_validate(
        {
            "id": id,
            "preferred": True,
            "tools": tools,
            "tasks": ["understand_image"],
            "inputs": ["text"],
            "outputs": ["text"],
            "entrypoint": "toy-server --model toy",
            "runnable": True,
            "confidence": "primary",
            "run": run,
        }
    )


def taken(path: Path) -> Input:
    """A file as it is brought in."""
    return Input(path, "0" * 64, measure(path))


def png(width: int, height: int) -> bytes:
    """A grey picture."""
    from PIL import Image

    held = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 150)).save(held, "PNG")
    return held.getvalue()


def size_of(picture: bytes) -> tuple[int, int]:
    """Width and height, by decoding all of it."""
    from PIL import Image

    with Image.open(io.BytesIO(picture)) as opened:
        opened.load()
        return int(opened.width), int(opened.height)


def wav(seconds: float, rate: int = 8000) -> bytes:
    """A saw tooth."""
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join((index % 80 * 200).to_bytes(2, "little") for index in range(int(seconds * rate))))
    return held.getvalue()


def seconds_of(sound: bytes) -> float:
    """How long a WAV is."""
    with wave.open(io.BytesIO(sound)) as file:
        return float(file.getnframes() / file.getframerate())


def mp4(frames: int, fps: int, width: int = 64, height: int = 48) -> bytes:
    """Frames from black to white."""
    import av
    from PIL import Image

    held, frames_of = io.BytesIO(), cast(Any, av.VideoFrame)
    with av.open(held, "w", format="mp4") as container:
        stream: Any = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(frames):
            grey = 255 * index // max(1, frames - 1)
            container.mux(stream.encode(frames_of.from_image(Image.new("RGB", (width, height), (grey, grey, grey)))))
        container.mux(stream.encode(None))
    return held.getvalue()
