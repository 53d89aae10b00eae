"""What media files are, read from the files themselves."""

import json
import pickle
import random
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from media_samples import film, mesh, picture, textured_mesh, tone
from modelatlas.tools.media.measures import (
    MeasuredArray,
    MeasuredAudio,
    MeasuredImage,
    MeasuredMesh,
    MeasuredVideo,
    NoMediaLibrary,
    UnreadableMedia,
)
from modelatlas.tools.media.measuring import measure
from modelatlas.tools.media.policy import Policy
from modelatlas.tools.media.streams import usual_type


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "bmp", "tiff", "avif"])
def test_a_picture_of_any_usual_format_has_its_size(suffix: str, tmp_path: Path) -> None:
    measured = measure(picture(tmp_path / f"p.{suffix}", 40, 30).rename(tmp_path / "p"))

    assert measured == MeasuredImage(format={"jpg": "jpeg"}.get(suffix, suffix), width=40, height=30)


def test_loudness_and_length_of_sound_are_those_of_its_samples(tmp_path: Path) -> None:
    measured = measure(tone(tmp_path / "t.wav", seconds=0.75, rate=22050, loud=0.5, channels=4))

    assert isinstance(measured, MeasuredAudio)
    assert (measured.codec, measured.sample_rate, measured.channels) == ("pcm_s16le", 22050, 4)
    assert measured.duration_s == pytest.approx(0.75, abs=1e-4)
    assert measured.peak == pytest.approx(0.5, abs=1e-3)
    assert measured.rms == pytest.approx(0.5 / 2**0.5, abs=1e-3)


def test_silence_has_no_loudness(tmp_path: Path) -> None:
    measured = measure(tone(tmp_path / "t.wav", loud=0))

    assert isinstance(measured, MeasuredAudio)
    assert (measured.peak, measured.rms) == (0, 0)


def test_sound_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "nan.wav"), "w") as container:
        stream = container.add_stream("pcm_f32le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.full((1, 800), np.nan, dtype=np.float32), format="flt", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))

    with pytest.raises(UnreadableMedia, match="values that are no numbers"):
        measure(tmp_path / "nan.wav")


@pytest.mark.parametrize(("suffix", "fps"), [("mp4", 16.0), ("mkv", 25.0), ("webm", 30.0), ("mp4", 23.976)])
def test_frames_are_counted_and_the_rate_is_real(suffix: str, fps: float, tmp_path: Path) -> None:
    measured = measure(film(tmp_path / f"f.{suffix}", frames=13, fps=fps))

    assert isinstance(measured, MeasuredVideo)
    assert (measured.frames, measured.width, measured.height, measured.audio) == (13, 64, 48, None)
    assert measured.fps == pytest.approx(fps, rel=1e-3)
    assert measured.duration_s == pytest.approx(13 / fps, abs=0.01)


def test_a_film_has_its_sound_measured_too(tmp_path: Path) -> None:
    measured = measure(film(tmp_path / "f.mp4", frames=10, fps=10, sound_s=1))

    assert isinstance(measured, MeasuredVideo)
    assert measured.audio is not None
    assert measured.audio.codec == "aac"
    assert measured.audio.duration_s == pytest.approx(1, abs=0.07)
    assert measured.audio.peak > 0.2


def test_a_film_of_one_frame_lasts_as_long_as_that_frame(tmp_path: Path) -> None:
    measured = measure(film(tmp_path / "f.mp4", frames=1, fps=16))

    assert isinstance(measured, MeasuredVideo)
    assert (measured.frames, measured.fps, measured.duration_s) == (1, 16, 0.0625)


def test_a_container_with_sound_only_is_sound(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "s.mp4"), "w") as container:
        stream = container.add_stream("aac", rate=16000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16000), dtype=np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16000
        for block in av.AudioResampler("fltp", "mono", 16000, 1024).resample(frame):
            container.mux(stream.encode(block))
        container.mux(stream.encode(None))

    assert measure(tmp_path / "s.mp4").kind == "audio"
    assert usual_type(tmp_path / "s.mp4") == (".m4a", "audio/mp4")
    assert usual_type(film(tmp_path / "f.mp4")) == (".mp4", "video/mp4")


def test_a_recording_with_a_picture_on_its_cover_is_sound(tmp_path: Path) -> None:
    cover = picture(tmp_path / "cover.jpg").read_bytes()
    frame = b"\0image/jpeg\0\x03\0" + cover
    apic = b"APIC" + struct.pack(">I", len(frame)) + b"\0\0" + frame
    size = len(apic)
    header = b"ID3\x03\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    with av.open(str(tmp_path / "plain.mp3"), "w", options={"write_xing": "0", "id3v2_version": "0"}) as container:
        stream = container.add_stream("mp3", rate=16000)
        samples = np.zeros((1, 16000), dtype=np.float32)
        sound = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        sound.sample_rate = 16000
        for block in av.AudioResampler(stream.format.name, stream.layout.name, 16000, 576).resample(sound):
            container.mux(stream.encode(block))
        container.mux(stream.encode(None))
    (tmp_path / "covered.mp3").write_bytes(header + apic + (tmp_path / "plain.mp3").read_bytes())

    with av.open(str(tmp_path / "covered.mp3")) as container:
        assert len(container.streams.video) == 1
    for name in ("plain.mp3", "covered.mp3"):
        assert measure(tmp_path / name).kind == "audio"


@pytest.mark.parametrize(
    ("make", "name", "library"), [(picture, "p.png", "PIL"), (tone, "t.wav", "av"), (mesh, "m.glb", "trimesh")]
)
def test_a_library_that_is_missing_is_told_with_what_brings_it(
    make: Callable[[Path], Path], name: str, library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(tmp_path / name)
    monkeypatch.setitem(sys.modules, library, None)

    with pytest.raises(NoMediaLibrary, match=r"pip install 'modelatlas\[media\]'"):
        measure(made)


def test_the_tools_are_imported_without_the_libraries_that_read_media() -> None:
    modules = ("actions.verification", "actions.checks", "artifacts", "media.inputs", "media.writing", "media.tagging")
    code = f"""
import sys
for name in ("PIL", "av", "trimesh"):
    sys.modules[name] = None
for name in {modules!r}:
    __import__("modelatlas.tools." + name)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("suffix", ["glb", "obj", "ply", "stl"])
def test_faces_of_a_mesh_are_counted(suffix: str, tmp_path: Path) -> None:
    measured = measure(mesh(tmp_path / f"m.{suffix}").rename(tmp_path / "m"))

    assert isinstance(measured, MeasuredMesh)
    assert (measured.faces, measured.parts, measured.empty_parts, measured.textured) == (12, 1, 0, False)


def test_parts_and_dummy_parts_are_told_apart(tmp_path: Path) -> None:
    measured = measure(mesh(tmp_path / "m.glb", parts=3, empty=2))

    assert isinstance(measured, MeasuredMesh)
    assert (measured.faces, measured.parts, measured.empty_parts) == (36, 3, 2)


@pytest.mark.parametrize("suffix", ["glb", "obj"])
def test_a_picture_on_a_mesh_is_seen(suffix: str, tmp_path: Path) -> None:
    measured = measure(textured_mesh(tmp_path / f"m.{suffix}"))

    assert isinstance(measured, MeasuredMesh)
    assert measured.textured


def test_a_mesh_that_points_at_other_files_does_not_read_them(tmp_path: Path) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(np.eye(3, dtype="<f4").tobytes())
    structure = {
        "asset": {"version": "2.0"},
        "buffers": [{"uri": "secret.bin", "byteLength": 36}],
        "bufferViews": [{"buffer": 0, "byteOffset": 0, "byteLength": 36}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "nodes": [{"mesh": 0}],
        "scenes": [{"nodes": [0]}],
        "scene": 0,
    }
    text = json.dumps(structure).encode()
    text += b" " * (-len(text) % 4)
    (tmp_path / "m.glb").write_bytes(
        struct.pack("<4sII", b"glTF", 2, 20 + len(text)) + struct.pack("<I4s", len(text), b"JSON") + text
    )

    with pytest.raises(UnreadableMedia, match="not whole in one file"):
        measure(tmp_path / "m.glb")


def test_an_array_has_its_shape_and_whether_all_of_it_is_finite(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((2, 3, 4), dtype=np.float32))
    np.save(tmp_path / "b.npy", np.array([1.0, np.inf]))

    assert measure(tmp_path / "a.npy") == MeasuredArray(shape=(2, 3, 4), dtype="float32", finite=True)
    assert measure(tmp_path / "b.npy") == MeasuredArray(shape=(2,), dtype="float64", finite=False)


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.target,)


def test_objects_in_an_array_are_never_unpacked(tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    np.save(tmp_path / "a.npy", np.array([Trap(sprung)], dtype=object), allow_pickle=True)
    (tmp_path / "b.npy").write_bytes(pickle.dumps(Trap(sprung)))

    for name in ("a.npy", "b.npy"):
        with pytest.raises(UnreadableMedia):
            measure(tmp_path / name)
    assert not sprung.exists()


@pytest.mark.parametrize("name", ["m.glb", "m.ply", "m.stl", "a.npy"])
def test_a_cut_off_mesh_or_array_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if path.suffix == ".npy":
        np.save(path, np.zeros(1000))
    else:
        mesh(path)
    path.write_bytes(path.read_bytes()[:-200])

    with pytest.raises(UnreadableMedia) as refused:
        measure(path)
    assert str(refused.value).startswith(f"{name} cannot be used: ")


def test_sound_of_more_channels_than_a_plane_each_is_measured(tmp_path: Path) -> None:
    measured = measure(tone(tmp_path / "t.wav", channels=24))

    assert isinstance(measured, MeasuredAudio)
    assert (measured.channels, measured.duration_s) == (24, 1)
    assert measured.rms == pytest.approx(0.5 / 2**0.5, abs=1e-3)


@pytest.mark.parametrize(
    "make",
    [
        *(lambda folder, suffix=suffix: picture(folder / f"p.{suffix}") for suffix in ("png", "jpg", "webp", "gif")),
        *(lambda folder, suffix=suffix: picture(folder / f"p.{suffix}") for suffix in ("bmp", "tiff", "avif")),
        *(lambda folder, suffix=suffix: film(folder / f"f.{suffix}", sound_s=0.5) for suffix in ("mp4", "webm", "mkv")),
        *(lambda folder, suffix=suffix: mesh(folder / f"m.{suffix}") for suffix in ("glb", "obj", "ply", "stl")),
        lambda folder: tone(folder / "t.wav", 0.1),
        lambda folder: textured_mesh(folder / "t.glb"),
    ],
)
def test_a_damaged_file_is_measured_or_refused_and_nothing_else(make: Callable[[Path], Path], tmp_path: Path) -> None:
    whole = make(tmp_path).read_bytes()
    chance = random.Random(7)
    refused = []
    for _ in range(15):
        damaged = bytearray(whole)
        for _ in range(chance.choice([1, 5, 30])):
            damaged[chance.randrange(min(len(damaged), chance.choice([64, 300, len(damaged)])))] = chance.randrange(256)
        (tmp_path / "damaged").write_bytes(damaged[: chance.choice([len(damaged), len(damaged) // 2])])
        try:
            measure(tmp_path / "damaged", Policy(max_pixels=10**6, max_seconds=60, max_frames=1000))
        except UnreadableMedia as refusal:
            refused.append(str(refusal))
    assert refused
    assert all(it.startswith("damaged cannot be used: ") and it.endswith(".") for it in refused)
