"""Chat messages with media, and what a chat server answers: a stream of words, or pictures."""

import base64
import binascii
import io
import json
import wave
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

from modelatlas.graph.errors import BadInput
from modelatlas.tools.backends.backend import CannotRun, Input, Json, NoOutput, RunFailed
from modelatlas.tools.backends.served_call import Attached, Frames, attached
from modelatlas.tools.backends.served_content import shortened, words
from modelatlas.tools.backends.served_frames import film
from modelatlas.tools.cards.served_settings import ChatSettings

LEAST_TIMED_FRAMES = 16
_SENT_AS_IT_IS = {"audio/wav": "wav", "audio/mpeg": "mp3"}


def image_part(image: Input) -> Json:
    """An image as a data URI."""
    return {"type": "image_url", "image_url": {"url": attached(image)}}


def video_parts(video: Input, settings: ChatSettings) -> list[Json]:
    """A video in the way that the server reads it."""
    match settings.video:
        case "video_url":
            return [{"type": "video_url", "video_url": {"url": attached(video)}}]
        case "jpeg_frames":
            looked_at = film(video, settings.fps, at_least=2)
            frames = Frames(looked_at, tuple(range(len(looked_at.seconds))))
            return [{"type": "video_url", "video_url": {"url": frames}}]
        case "timed_frames":
            looked_at = film(video, settings.fps, at_least=LEAST_TIMED_FRAMES)
            parts: list[Json] = []
            for index, moment in enumerate(looked_at.seconds):
                parts.append({"type": "text", "text": f"[{moment:.1f} second]"})
                parts.append({"type": "image_url", "image_url": {"url": Frames(looked_at, (index,))}})
            return parts
    raise BadInput("This route takes no video: give images, or use another route.")


def audio_part(audio: Input, folder: Path) -> Json:
    """Sound as WAV or MP3, which are all that servers must read; another format is made WAV first."""
    held = attached(audio, "base64")
    written = _SENT_AS_IT_IS.get(held.mime)
    if written is None:
        held, written = Attached(_wav(audio.path, folder / "audio_sent.wav"), "audio/wav", "base64"), "wav"
    return {"type": "input_audio", "input_audio": {"data": held, "format": written}}


def _wav(path: Path, to: Path) -> Path:
    try:
        import av
    except ImportError as error:
        raise CannotRun("To read this sound file needs PyAV: pip install 'modelatlas[media]'.") from error
    held = io.BytesIO()
    try:
        with av.open(str(path)) as container, wave.open(held, "wb") as written:
            stream = container.streams.audio[0]
            layout = "mono" if stream.channels == 1 else "stereo"
            resampler = av.AudioResampler(format="s16", layout=layout, rate=stream.rate)
            written.setnchannels(1 if layout == "mono" else 2)
            written.setsampwidth(2)
            written.setframerate(stream.rate)
            for frame in [*container.decode(stream), None]:
                for part in resampler.resample(frame):
                    written.writeframes(part.to_ndarray().tobytes())
    except (av.FFmpegError, IndexError) as error:
        raise BadInput(f"{path.name} cannot be decoded as sound: {error}.") from error
    to.write_bytes(held.getvalue())
    return to


class Said:
    """An answer as it grows, from the lines of a stream or from one JSON body."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._texts: list[str] = []
        self._over = False
        self.pieces = 0
        self.ended_by: str | None = None
        self.usage: Json = {}

    @property
    def text(self) -> str:
        """The words so far."""
        return "".join(self._texts)

    async def read(self, lines: AsyncIterator[str]) -> AsyncGenerator[int, None]:
        """Take an answer in, and give how many pieces of it came after each. Raises RunFailed where it breaks off."""
        body: list[str] = []
        async for line in lines:
            if line.startswith("data:"):
                self._take(line[5:].strip())
                yield self.pieces
                if self._over:
                    return
            elif line and not line.startswith((":", "event:", "id:", "retry:")):
                body.append(line)
        if body and not self.pieces:
            self._take("\n".join(body))
        elif self.ended_by is None:
            raise RunFailed(f"{self._server} broke off in the middle of its answer: run it again.")
        yield self.pieces

    def _take(self, text: str) -> None:
        if text == "[DONE]":
            self._over = True
            self.ended_by = self.ended_by or "stop"
            return
        try:
            event = json.loads(text)
        except (ValueError, RecursionError) as error:
            said = words(text.encode()) or "nothing"
            raise NoOutput(f"{self._server} answered with something that is no JSON: {said}.") from error
        if not isinstance(event, dict) or event.get("error"):
            raise RunFailed(f"{self._server} failed: {words(text.encode()) or 'it does not say why'}.")
        self.pieces += 1
        if isinstance(event.get("usage"), dict):
            self.usage = {name: it for name, it in event["usage"].items() if isinstance(it, int)}
        for choice in _dicts(event.get("choices")):
            for message in _dicts([choice.get("delta"), choice.get("message")]):
                self._texts.append(_text(message.get("content")))
            ended_by = choice.get("finish_reason")
            self.ended_by = shortened(ended_by) if isinstance(ended_by, str) and ended_by else self.ended_by


def _text(content: Any) -> str:
    match content:
        case str():
            return content
        case list():
            return "".join(part["text"] for part in _dicts(content) if isinstance(part.get("text"), str))
    return ""


def _dicts(value: Any) -> list[Json]:
    """The objects of a list; whatever else a server has put there is passed over."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def pictures(answer: Any, server: str) -> list[bytes]:
    """The pictures of a chat answer: parts of its content, or the list `images` beside it."""
    found, texts = [], []
    choices = _dicts(answer.get("choices")) if isinstance(answer, dict) else []
    for message in _dicts([choice.get("message") for choice in choices]):
        content = message.get("content")
        texts.append(_text(content))
        for part in [*_dicts(content), *_dicts(message.get("images"))]:
            match part:
                case {"image_url": {"url": str() as url}} if url.startswith("data:"):
                    try:
                        found.append(base64.b64decode(url.partition(",")[2], validate=True))
                    except binascii.Error as error:
                        raise NoOutput(f"{server} answered with a picture that is no base64.") from error
    if not found:
        said = words(" ".join(texts).encode())
        raise NoOutput(f"{server} answered with no picture" + (f", but: {said}." if said else "."))
    return found
