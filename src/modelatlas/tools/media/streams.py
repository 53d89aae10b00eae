"""Sound and film, read with PyAV: everything is decoded once, and reading stops at the first bound that is passed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite, sqrt
from pathlib import Path
from typing import Any

from modelatlas.tools.media.measures import MeasuredAudio, MeasuredVideo, NoMediaLibrary, UnreadableMedia
from modelatlas.tools.media.pictures import too_many_pixels
from modelatlas.tools.media.policy import Policy
from modelatlas.tools.media.sniffing import Sniffed, sniff

_MOST_CHANNELS = 64
_HIGHEST_RATE = 768_000


@contextmanager
def opened(path: Path, found: Sniffed) -> Iterator[Any]:
    """The container, opened as what it was found to be, so that a playlist is never followed."""
    try:
        import av
    except ModuleNotFoundError as missing:
        raise NoMediaLibrary("av") from missing
    if cut_off(path, found):
        raise UnreadableMedia(path.name, "it is cut off: the file ends before its own table of contents says")
    try:
        with av.open(
            str(path), format=found.format, options={"protocol_whitelist": "file"}, metadata_errors="replace"
        ) as container:
            yield container
    except (av.FFmpegError, EOFError, OverflowError, MemoryError) as damage:
        raise UnreadableMedia(
            path.name, f"it begins as {found.format} sound or film but is damaged or cut off"
        ) from damage


def cut_off(path: Path, found: Sniffed) -> bool:
    """Whether the boxes of an MP4, or the one chunk of a WAV or AVI, reach beyond the end of the file."""
    end = path.stat().st_size
    with path.open("rb") as file:
        if found.format in ("wav", "avi"):
            head = file.read(8)
            size = int.from_bytes(head[4:8], "little")
            return head[:4] == b"RIFF" and size not in (0, 0xFFFFFFFF, 0x7FFFFFFF) and 8 + size > end + 1
        if found.format != "mp4":
            return False
        at = 0
        while at + 8 <= end:
            file.seek(at)
            head = file.read(16)
            size = int.from_bytes(head[:4], "big")
            if size == 1:
                size = int.from_bytes(head[8:16], "big")
            elif size == 0:
                return False
            if size < 8:
                return True
            at += size
        return at > end


def measure_stream(path: Path, found: Sniffed, policy: Policy) -> MeasuredAudio | MeasuredVideo:
    """What the streams of a file are; a file without pictures, or with a cover only, is sound."""
    import av

    with opened(path, found) as container:
        film_stream = film_of(container)
        sound_stream = sound_of(container)
        if film_stream is None and sound_stream is None:
            raise UnreadableMedia(path.name, "it holds neither sound nor film that can be read here")
        film = _Film(path.name, film_stream, policy) if film_stream is not None else None
        sound = _Sound(path.name, sound_stream, policy) if sound_stream is not None else None
        streams = [it for it in (film_stream, sound_stream) if it is not None]
        broken = 0
        for packet in container.demux(streams):
            try:
                for frame in packet.decode():
                    if isinstance(frame, av.VideoFrame) and film is not None:
                        film.see(frame)
                    elif isinstance(frame, av.AudioFrame) and sound is not None:
                        sound.hear(frame)
            except av.InvalidDataError:
                broken += 1
        heard = sound.measured() if sound is not None and sound.samples else None
        if film is not None and film.frames:
            return film.measured(heard)
        if film is not None or heard is None:
            what = "frame" if film is not None else "sound"
            raise UnreadableMedia(path.name, f"not one {what} in it can be decoded" if broken else f"it has no {what}")
        return heard


def film_of(container: Any) -> Any:
    """The first stream of film that can be decoded and is no cover, or None."""
    return next((it for it in container.streams.video if it.codec_context is not None and not _cover(it)), None)


def sound_of(container: Any) -> Any:
    """The best stream of sound, or None where there is none that can be decoded."""
    best = container.streams.best("audio")
    return best if best is not None and best.codec_context is not None else None


def usual_type(path: Path) -> tuple[str, str]:
    """The suffix and the type that a file should go by; those of sound for a container without film.

    Raises UnreadableMedia for a file that is no media.
    """
    found = sniff(path)
    if found.sound_suffix is not None and found.sound_mime is not None:
        with opened(path, found) as container:
            if all(_cover(it) for it in container.streams.video):
                return found.sound_suffix, found.sound_mime
    return found.suffix, found.mime


def _cover(stream: Any) -> bool:
    from av.stream import Disposition

    return bool(stream.disposition & Disposition.attached_pic)


@dataclass
class _Film:
    """Counts frames and keeps the bounds."""

    name: str
    stream: Any
    policy: Policy
    frames: int = 0
    pixels: int = 0
    first: Fraction | None = None
    last: Fraction = Fraction(0)
    last_lasts: Fraction = Fraction(0)
    size: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self._bound(self.stream.codec_context.width, self.stream.codec_context.height)
        self.stream.thread_type = "AUTO"

    def _bound(self, width: int, height: int) -> None:
        if width * height > self.policy.max_pixels:
            raise UnreadableMedia(self.name, too_many_pixels(width, height, self.policy))

    def see(self, frame: Any) -> None:
        """Count one frame."""
        if self.frames == 0:
            self.size = (frame.width, frame.height)
        self._bound(frame.width, frame.height)
        self.frames += 1
        self.pixels += frame.width * frame.height
        if frame.pts is not None and frame.time_base is not None:
            at = frame.pts * frame.time_base
            self.first = at if self.first is None else min(self.first, at)
            if at >= self.last:
                self.last, self.last_lasts = at, (frame.duration or 0) * frame.time_base
        if self.frames > self.policy.max_frames:
            raise UnreadableMedia(self.name, f"it has more than {self.policy.max_frames} frames")
        if self.pixels > self.policy.max_film_pixels:
            raise UnreadableMedia(
                self.name, f"its frames have more than {self.policy.max_film_pixels / 1e6:g} million pixels together"
            )
        if self.first is not None and self.last - self.first > self.policy.max_seconds:
            raise UnreadableMedia(self.name, f"it is longer than {self.policy.max_seconds:g} s")

    def measured(self, sound: MeasuredAudio | None) -> MeasuredVideo:
        """What was seen."""
        told = self.stream.average_rate
        span = self.last - self.first if self.first is not None else Fraction(0)
        step = span / (self.frames - 1) if self.frames > 1 else Fraction(0)
        # The last frame stands as long as it says, unless that is out of all proportion to the others.
        lasts = self.last_lasts if step == 0 or 0 < self.last_lasts < 4 * step else step
        seconds = span + lasts or (self.frames / told if told else Fraction(0))
        rate = self.frames / seconds if seconds else Fraction(0)
        if told and abs(self.frames / told - seconds) <= Fraction(1, 2) / told:
            rate = told
        return MeasuredVideo(
            codec=str(self.stream.codec_context.name),
            width=self.size[0],
            height=self.size[1],
            fps=round(float(rate), 3),
            frames=self.frames,
            duration_s=round(float(seconds), 4),
            audio=sound,
        )


@dataclass
class _Sound:
    """Counts samples, and how loud they are."""

    name: str
    stream: Any
    policy: Policy
    samples: int = 0
    peak: float = 0.0
    squares: float = 0.0
    resampler: Any = field(default=None)

    def __post_init__(self) -> None:
        import av

        context = self.stream.codec_context
        if not 0 < context.sample_rate <= _HIGHEST_RATE or not 0 < context.channels <= _MOST_CHANNELS:
            raise UnreadableMedia(self.name, f"its sound has {context.channels} channels at {context.sample_rate} Hz")
        # Interleaved: one block of memory, where PyAV reads beyond its eight planes for more channels than that.
        self.resampler = av.AudioResampler(format="flt")

    def hear(self, frame: Any) -> None:
        """Count the samples of one frame."""
        import numpy as np

        try:
            blocks = self.resampler.resample(frame)
        except ValueError as change:
            raise UnreadableMedia(self.name, "its sound changes its rate or its channels midway") from change
        for plain in blocks:
            block: Any = plain.to_ndarray()
            self.samples += plain.samples
            with np.errstate(all="ignore"):
                self.peak = max(self.peak, float(np.max(np.abs(block), initial=0.0)))
                self.squares += float(np.square(block, dtype=np.float64).sum())
        if not isfinite(self.squares):
            raise UnreadableMedia(self.name, "its sound holds values that are no numbers")
        if self.samples > self.policy.max_seconds * self.stream.codec_context.sample_rate:
            raise UnreadableMedia(self.name, f"it is longer than {self.policy.max_seconds:g} s")

    def measured(self) -> MeasuredAudio:
        """What was heard."""
        context = self.stream.codec_context
        seconds = self.samples / context.sample_rate
        if self.stream.duration and self.stream.time_base:
            # The last block of AAC is filled up beyond the end, which the container knows.
            seconds = min(seconds, float(self.stream.duration * self.stream.time_base))
        return MeasuredAudio(
            codec=str(context.name),
            sample_rate=context.sample_rate,
            channels=context.channels,
            duration_s=round(seconds, 4),
            peak=round(self.peak, 5),
            rms=round(sqrt(self.squares / (self.samples * context.channels)), 5),
        )
