"""Sound and film written, joined and marked, and read back."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from media_samples import film, mesh, picture, tone
from modelatlas.tools.backends.backend import RunFailed
from modelatlas.tools.media.measures import MeasuredAudio, MeasuredVideo, UnreadableMedia
from modelatlas.tools.media.measuring import measure
from modelatlas.tools.media.tagging import Mark, tag, told
from modelatlas.tools.media.writing import join, write_video, write_wav

MARK = Mark(
    ai_generated=True, tool="generate_image", model="Tiny & <Small> «模»", weights_id="a/b", seed=7, licence="MIT"
)


def frames(count: int, height: int = 32, width: int = 32) -> Any:
    """Frames of noise."""
    return np.random.default_rng(0).integers(0, 255, (count, height, width, 3), dtype=np.uint8)


def video(path: Path) -> MeasuredVideo:
    """A file that is film, measured."""
    measured = measure(path)
    assert isinstance(measured, MeasuredVideo)
    return measured


@pytest.mark.parametrize(("height", "width"), [(32, 48), (33, 48), (32, 47), (17, 19), (2, 2), (250, 122)])
def test_a_film_is_written_in_exactly_its_size(height: int, width: int, tmp_path: Path) -> None:
    write_video(tmp_path / "v.mp4", frames(5, height, width), 16)

    made = video(tmp_path / "v.mp4")
    assert (made.codec, made.height, made.width, made.frames, made.fps) == ("h264", height, width, 5, 16)
    assert made.duration_s == pytest.approx(5 / 16, abs=1e-3)


def test_even_sizes_are_what_everything_plays(tmp_path: Path) -> None:
    write_video(tmp_path / "v.mp4", frames(3), 25)

    with av.open(str(tmp_path / "v.mp4")) as container:
        assert container.streams.video[0].pix_fmt == "yuv420p"


def test_colours_come_back_nearly_as_they_were(tmp_path: Path) -> None:
    red = np.zeros((4, 64, 64, 3), dtype=np.uint8)
    red[..., 0] = 200
    write_video(tmp_path / "v.mp4", red, 8)

    with av.open(str(tmp_path / "v.mp4")) as container:
        seen = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert np.abs(seen.astype(int) - [200, 0, 0]).max() <= 4


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_video(tmp_path / f"{name}.mp4", frames(9), 16)
        write_wav(tmp_path / f"{name}.wav", np.linspace(-1, 1, 9000), 16000)
        join(tmp_path / f"{name}.mp4", tmp_path / f"{name}.wav", tmp_path / f"{name}-joined.mp4")

    for suffix in (".mp4", ".wav", "-joined.mp4"):
        assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


@pytest.mark.parametrize(
    "wrong", [np.zeros((3, 8, 8, 3)), np.zeros((8, 8, 3), np.uint8), np.zeros((0, 8, 8, 3), np.uint8)]
)
def test_what_is_no_film_is_not_written(wrong: Any, tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match=r"v\.mp4 was not written"):
        write_video(tmp_path / "v.mp4", wrong, 8)
    assert not (tmp_path / "v.mp4").exists()


def test_sound_is_written_as_16_bits_and_cut_to_full_scale(tmp_path: Path) -> None:
    write_wav(tmp_path / "s.wav", np.array([[0.5, -3.0], [0.25, 3.0]] * 4000, dtype=np.float32), 8000)

    made = measure(tmp_path / "s.wav")
    assert isinstance(made, MeasuredAudio)
    assert (made.channels, made.sample_rate, made.duration_s) == (2, 8000, 1)
    assert made.peak == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("wrong", [np.array([]), np.array([0.1, np.nan]), np.zeros((2, 2, 2)), np.array([1, 2])])
def test_what_is_no_sound_is_not_written(wrong: Any, tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match=r"s\.wav was not written"):
        write_wav(tmp_path / "s.wav", wrong, 8000)
    assert not (tmp_path / "s.wav").exists()


@pytest.mark.parametrize("rate", [16000, 22050, 44100, 10000])
def test_a_film_and_its_speech_are_joined_without_coding_the_film_again(rate: int, tmp_path: Path) -> None:
    write_video(tmp_path / "v.mp4", frames(13), 16)
    tone(tmp_path / "s.wav", seconds=0.8, rate=rate)

    join(tmp_path / "v.mp4", tmp_path / "s.wav", tmp_path / "j.mp4")

    made = video(tmp_path / "j.mp4")
    assert (made.frames, made.duration_s) == (13, 0.8125)
    assert made.audio is not None
    assert made.audio.codec == "aac"
    assert made.audio.duration_s == pytest.approx(0.8, abs=0.01)
    assert packets(tmp_path / "j.mp4") == packets(tmp_path / "v.mp4")


def packets(path: Path) -> list[bytes]:
    """The coded pictures of a film."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_the_shorter_of_the_two_ends_both(tmp_path: Path) -> None:
    write_video(tmp_path / "v.mp4", frames(20), 10)

    join(tmp_path / "v.mp4", tone(tmp_path / "short.wav", 0.5), tmp_path / "a.mp4")
    join(tmp_path / "v.mp4", tone(tmp_path / "long.wav", 5), tmp_path / "b.mp4")

    cut, whole = video(tmp_path / "a.mp4"), video(tmp_path / "b.mp4")
    assert cut.frames == 5
    assert whole.frames == 20
    assert whole.audio is not None
    assert whole.audio.duration_s == pytest.approx(2, abs=0.01)


def test_a_film_from_elsewhere_with_sound_of_its_own_gets_the_new_sound(tmp_path: Path) -> None:
    film(tmp_path / "v.mp4", frames=30, fps=10, sound_s=3)

    join(tmp_path / "v.mp4", tone(tmp_path / "s.wav", 2, rate=48000, channels=2), tmp_path / "j.mp4")

    made = video(tmp_path / "j.mp4")
    assert made.audio is not None
    assert (made.audio.sample_rate, made.audio.channels) == (48000, 2)
    assert made.duration_s == pytest.approx(2, abs=0.31)
    with av.open(str(tmp_path / "j.mp4")) as container:
        assert len(container.streams) == 2


def test_what_cannot_be_joined_leaves_nothing(tmp_path: Path) -> None:
    write_video(tmp_path / "v.mp4", frames(3), 10)
    tone(tmp_path / "s.wav")

    for picture_file, sound in (("s.wav", "s.wav"), ("v.mp4", "v.mp4")):
        with pytest.raises(UnreadableMedia):
            join(tmp_path / picture_file, tmp_path / sound, tmp_path / "j.mp4")
    assert not (tmp_path / "j.mp4").exists()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("p.png", {}),
        ("p.jpg", {}),
        ("exif.jpg", {"exif": Image.Exif()}),
        ("p.webp", {"lossless": True}),
        ("q.webp", {"quality": 50}),
        ("r.webp", {"quality": 50, "exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}),
    ],
)
def test_a_marked_picture_says_so_and_has_the_same_pixels(name: str, options: Any, tmp_path: Path) -> None:
    path = picture(tmp_path / name, **options)
    with Image.open(path) as before:
        pixels = before.tobytes()

    assert tag(path, MARK)

    with Image.open(path) as after:
        assert after.tobytes() == pixels
        packet = after.info.get("xmp") or after.info["XML:com.adobe.xmp"].encode()
    assert b"trainedAlgorithmicMedia" in packet
    assert "Tiny &amp; &lt;Small&gt; «模»" in packet.decode()
    assert measure(path).kind == "image"


def test_a_transparent_picture_stays_so(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (9, 7), (10, 20, 30, 40))
    clear.save(tmp_path / "p.webp", lossless=True)

    assert tag(tmp_path / "p.webp", MARK)

    with Image.open(tmp_path / "p.webp") as after:
        assert (after.mode, after.tobytes()) == ("RGBA", clear.tobytes())


def test_a_marked_film_and_sound_say_so_and_play_as_before(tmp_path: Path) -> None:
    write_video(tmp_path / "v.mp4", frames(5), 16)
    tone(tmp_path / "s.wav")
    before = [measure(tmp_path / "v.mp4"), measure(tmp_path / "s.wav")]

    assert tag(tmp_path / "v.mp4", MARK)
    assert tag(tmp_path / "s.wav", MARK)

    assert [measure(tmp_path / "v.mp4"), measure(tmp_path / "s.wav")] == before
    with av.open(str(tmp_path / "v.mp4"), options={"export_xmp": "1"}) as container:
        assert "trainedAlgorithmicMedia" in container.metadata["xmp"]
    with av.open(str(tmp_path / "s.wav")) as container:
        assert container.metadata["comment"] == told(MARK)


def test_the_same_mark_gives_the_same_bytes_and_no_clock_is_in_them(tmp_path: Path) -> None:
    for suffix in ("png", "jpg", "webp"):
        marked = []
        for name in ("a", "b"):
            path = picture(tmp_path / f"{name}.{suffix}")
            tag(path, MARK)
            marked.append(path.read_bytes())
        assert marked[0] == marked[1]


def test_a_format_without_a_place_for_it_is_left_as_it_was(tmp_path: Path) -> None:
    for path in (picture(tmp_path / "p.gif"), mesh(tmp_path / "m.glb"), tone(tmp_path / "t.wav")):
        if path.suffix == ".wav":
            path.write_bytes(path.read_bytes()[:-1])
        before = path.read_bytes()
        assert not tag(path, MARK)
        assert path.read_bytes() == before
