"""Small real files for the tests: pictures, tones, films and meshes, written by the libraries that make such files."""

import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import trimesh
from PIL import Image


def picture(path: Path, width: int = 64, height: int = 48, seed: int = 0, **options: Any) -> Path:
    """A picture of noise, in the format of the suffix."""
    noise = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    Image.fromarray(noise).save(path, **options)
    return path


def tone(path: Path, seconds: float = 1.0, rate: int = 16000, loud: float = 0.5, channels: int = 1) -> Path:
    """A tone of 440 Hz as WAV; silence where `loud` is 0."""
    wave_form = loud * np.sin(2 * np.pi * 440 * np.arange(round(seconds * rate)) / rate)
    samples = np.repeat((wave_form * 32767).astype("<i2")[:, None], channels, axis=1)
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, len(samples), "NONE", "not compressed"))
        file.writeframes(samples.tobytes())
    return path


def film(path: Path, frames: int = 10, fps: float = 10, width: int = 64, height: int = 48, sound_s: float = 0) -> Path:
    """A film of moving noise as the suffix says, with a tone of so many seconds."""
    codecs = {".webm": ("libvpx", "libopus", 48000)}
    coder, voice, rate = codecs.get(path.suffix, ("libx264", "aac", 16000))
    noise = np.random.default_rng(1).integers(0, 255, (height, width + frames, 3), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(coder, rate=Fraction(fps).limit_denominator(1001))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        sound: Any = container.add_stream(voice, rate=rate) if sound_s else None
        for number in range(frames):
            seen = np.ascontiguousarray(noise[:, number : number + width])
            container.mux(stream.encode(av.VideoFrame.from_ndarray(seen, format="rgb24")))
        container.mux(stream.encode(None))
        if sound is not None:
            samples = (0.4 * np.sin(2 * np.pi * 440 * np.arange(round(sound_s * rate)) / rate)).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(samples[None, :], format="fltp", layout="mono")
            frame.sample_rate = rate
            resampler = av.AudioResampler(sound.format.name, sound.layout.name, rate, sound.frame_size or 1024)
            for block in [*resampler.resample(frame), *resampler.resample(None)]:
                container.mux(sound.encode(block))
            container.mux(sound.encode(None))
    return path


def mesh(path: Path, parts: int = 1, empty: int = 0) -> Path:
    """Boxes side by side, and parts that are a single point as a failed generator writes them."""
    scene: Any = trimesh.Scene()
    for number in range(parts):
        scene.add_geometry(trimesh.creation.box().apply_translation([2 * number, 0, 0]))
    for _ in range(empty):
        scene.add_geometry(trimesh.Trimesh(vertices=[[0, 0, 0]], faces=[[0, 0, 0]], process=False))
    scene.export(path) if path.suffix == ".glb" else scene.to_mesh().export(path)
    return path


def textured_mesh(path: Path) -> Path:
    """A square with a picture on it."""
    picture = Image.fromarray(np.full((4, 4, 3), 90, dtype=np.uint8))
    laid: Any = trimesh.visual.TextureVisuals
    square = trimesh.Trimesh(
        vertices=[[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]],
        faces=[[0, 1, 2], [0, 2, 3]],
        visual=laid(uv=[[0, 0], [1, 0], [1, 1], [0, 1]], image=picture),
        process=False,
    )
    square.export(path)
    return path
