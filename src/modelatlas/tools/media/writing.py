"""Sound and film written to files: the same input gives the same bytes, without a clock or a name in them."""

import wave
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

from modelatlas.tools.backends.backend import RunFailed
from modelatlas.tools.media.measures import NoMediaLibrary, UnreadableMedia
from modelatlas.tools.media.sniffing import sniff
from modelatlas.tools.media.streams import film_of, opened, sound_of

_AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_BARE = {"fflags": "+bitexact", "movflags": "+faststart"}
_H264 = {"crf": "18", "preset": "medium", "bf": "0", "threads": "2", "flags": "+bitexact"}


def write_wav(path: Path, samples: Any, rate: int) -> None:
    """Write sound as 16-bit PCM; samples (n,) or (n, channels), floats of full scale ±1 or 16-bit integers.

    Louder floats are cut to full scale. Raises RunFailed where some are no numbers or there are none.
    """
    import numpy as np

    sound = np.asarray(samples)
    if sound.ndim == 1:
        sound = sound[:, None]
    if sound.ndim != 2 or sound.shape[0] == 0 or not 1 <= sound.shape[1] <= 64:
        raise RunFailed(
            f"{path.name} was not written: sound of shape {np.shape(samples)} is not (n,) or (n, channels)."
        )
    if sound.dtype != np.int16:
        if sound.dtype.kind != "f":
            raise RunFailed(
                f"{path.name} was not written: sound of {sound.dtype} is neither floats nor 16-bit integers."
            )
        if not np.isfinite(sound).all():
            raise RunFailed(f"{path.name} was not written: the sound holds values that are no numbers.")
        sound = np.rint(np.clip(sound.astype(np.float64), -1, 1) * 32767).astype(np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(sound.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(sound.astype("<i2").tobytes())


def write_video(path: Path, frames: Any, fps: float) -> None:
    """Write frames (n, h, w, 3) of 8 bits as H.264 in MP4, in exactly their size.

    Even sizes are yuv420p, which everything plays; an odd one is yuv444p, because half a colour does not exist.
    Raises RunFailed for anything else than such frames.
    """
    import numpy as np

    film = np.asarray(frames)
    if film.ndim != 4 or film.shape[3] != 3 or film.dtype != np.uint8 or 0 in film.shape:
        raise RunFailed(
            f"{path.name} was not written: frames of shape {film.shape} and {film.dtype} are not (n, h, w, 3) of uint8."
        )
    height, width = film.shape[1:3]
    with _new(path) as (av, container):
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001), options=_H264)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuv444p" if width % 2 or height % 2 else "yuv420p"
        for picture in film:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def join(video: Path, audio: Path, path: Path) -> None:
    """Put sound under a film: the film's stream is copied, the sound becomes AAC, the shorter one ends both.

    Sound of more than two channels is mixed down to two.
    """
    with opened(video, sniff(video)) as film, opened(audio, sniff(audio)) as sound, _new(path) as (av, container):
        pictures, voice = film_of(film), sound_of(sound)
        if pictures is None or voice is None:
            which, lacks = (video, "film") if pictures is None else (audio, "sound")
            raise UnreadableMedia(which.name, f"there is no {lacks} in it to join")
        heard = [frame for packet in sound.demux(voice) for frame in packet.decode()]
        heard_s = Fraction(sum(frame.samples for frame in heard), voice.codec_context.sample_rate)
        packets = [packet for packet in film.demux(pictures) if packet.pts is not None]
        base = pictures.time_base
        begins = min((packet.pts for packet in packets), default=0)
        for packet in packets:
            packet.pts, packet.dts = packet.pts - begins, None if packet.dts is None else packet.dts - begins
        # In the order of decoding, up to the last picture that is still shown.
        shown = [at for at, packet in enumerate(packets) if packet.pts * base < heard_s]
        if not shown:
            raise UnreadableMedia(audio.name if packets else video.name, "there is nothing in it to join")
        packets = packets[: shown[-1] + 1]
        film_s = max((packet.pts + (packet.duration or 0)) * base for packet in packets)
        copied = container.add_stream_from_template(pictures)
        rate = voice.codec_context.sample_rate
        coded = container.add_stream(
            "aac",
            rate=rate if rate in _AAC_RATES else 48000,
            layout="mono" if voice.codec_context.channels == 1 else "stereo",
            options={"flags": "+bitexact"},
        )
        for packet in packets:
            packet.stream = copied
            container.mux(packet)
        for frame in _ending(av, heard, coded, min(film_s, heard_s)):
            container.mux(coded.encode(frame))
        container.mux(coded.encode(None))


def _ending(av: Any, heard: list[Any], coded: Any, end: Fraction) -> Iterator[Any]:
    """The sound in the shape that the coder takes, up to the end and no sample further."""
    resampler = av.AudioResampler(format="fltp", layout=coded.layout.name, rate=coded.rate)
    left = round(end * coded.rate)
    at = 0
    for frame in [*heard, None]:
        if frame is not None:
            frame.pts = None
        for plain in resampler.resample(frame):
            if left <= 0:
                return
            block = plain.to_ndarray()[:, :left]
            piece = av.AudioFrame.from_ndarray(block, format="fltp", layout=coded.layout.name)
            piece.sample_rate, piece.pts, piece.time_base = coded.rate, at, Fraction(1, coded.rate)
            left, at = left - block.shape[1], at + block.shape[1]
            yield piece


@contextmanager
def _new(path: Path) -> Iterator[tuple[Any, Any]]:
    """A new MP4 file, and the library that writes it; where that fails no half of it is left."""
    try:
        import av
    except ModuleNotFoundError as missing:
        raise NoMediaLibrary("av") from missing
    try:
        with av.open(str(path), "w", format="mp4", options=_BARE) as container:
            yield av, container
    except BaseException:
        path.unlink(missing_ok=True)
        raise
