"""Media brought in from paths and data URIs, and everything that is refused on the way."""

import base64
import os
import struct
import zlib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from bringing import POLICY, data_uri, of_image, refusal

from media_samples import film, mesh, picture, tone
from modelatlas.graph.errors import StoreError
from modelatlas.tools.actions.requests import (
    Avatar,
    EditImage,
    GenerateVideo,
    Person,
    Speak,
    Understand,
)
from modelatlas.tools.media.fields import named_media
from modelatlas.tools.media.inputs import bring_in
from modelatlas.tools.media.measures import MeasuredImage, MeasuredVideo
from modelatlas.tools.media.policy import Policy


@pytest.fixture
def inside(tmp_path: Path) -> Path:
    """The folder that inputs are brought into."""
    return tmp_path / "run" / "in"


def test_every_field_that_names_media_is_found_wherever_it_stands() -> None:
    request = Avatar(image="a", persons=(Person(audio="b", mask="c"), Person(text="words"), Person(audio="d")))

    found = {it.field: (it.text, it.takes.kinds) for it in named_media(request)}

    assert found == {
        "image": ("a", ("image",)),
        "persons[0].audio": ("b", ("audio",)),
        "persons[0].mask": ("c", ("image",)),
        "persons[2].audio": ("d", ("audio",)),
    }
    assert [it.field for it in named_media(EditImage(images=("x", "y"), instruction="i", mask="z"))] == [
        "images[0]",
        "images[1]",
        "mask",
    ]


def test_files_come_under_safe_names_of_ours_with_their_hash_and_measure(tmp_path: Path, inside: Path) -> None:
    portrait = picture(tmp_path / "my photo; rm -rf ~ '$(x)'@@.png")
    voice = tone(tmp_path / "..voice.dat.wav", seconds=0.5)

    found = bring_in(
        Avatar(image=str(portrait), persons=(Person(text="hello"), Person(audio=str(voice)))), inside, POLICY
    )

    assert {field: it.path.name for field, it in found.items()} == {
        "image": "image.png",
        "persons[1].audio": "persons-1-audio.wav",
    }
    assert found["image"].sha256 == sha256(portrait.read_bytes()).hexdigest()
    assert found["image"].path.read_bytes() == portrait.read_bytes()
    assert found["image"].measured == MeasuredImage(format="png", width=64, height=48)
    assert all(it.path.parent == inside for it in found.values())


def test_a_path_that_climbs_still_comes_under_a_name_of_ours(tmp_path: Path, inside: Path) -> None:
    picture(tmp_path / "p.png")
    (tmp_path / "sub").mkdir()

    found = bring_in(of_image(f"{tmp_path}/sub/../p.png"), inside, POLICY)

    assert found["image"].path == inside / "image.png"


def test_content_and_not_the_name_says_what_a_file_is(tmp_path: Path, inside: Path) -> None:
    really_jpeg = picture(tmp_path / "a.jpg").rename(tmp_path / "a.png")

    found = bring_in(of_image(str(really_jpeg)), inside, POLICY)

    assert found["image"].path.name == "image.jpg"


def test_sound_in_a_container_of_film_comes_as_sound(tmp_path: Path, inside: Path) -> None:
    both = film(tmp_path / "with.mp4", sound_s=1)

    found = bring_in(Understand(question="?", video=str(both)), inside, POLICY)

    film_found = found["video"].measured
    assert isinstance(film_found, MeasuredVideo)
    assert film_found.audio is not None
    said = refusal(Speak(text="t", voice_sample=str(both)), inside / "other")
    assert said == "voice_sample cannot be used: it is a film (video/mp4), not sound."


def test_a_link_to_a_file_is_followed_and_a_link_to_a_device_is_not(tmp_path: Path, inside: Path) -> None:
    (tmp_path / "link").symlink_to(picture(tmp_path / "p.png"))
    (tmp_path / "zero").symlink_to("/dev/zero")

    assert bring_in(of_image(str(tmp_path / "link")), inside, POLICY)["image"].path.name == "image.png"
    assert "a device or a pipe" in refusal(of_image(str(tmp_path / "zero")), inside / "other")


def test_what_is_no_regular_file_is_refused_without_being_read(tmp_path: Path, inside: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", tmp_path, Path("/dev/null")):
        assert refusal(of_image(str(path)), inside).startswith("image cannot be used: ")


def test_a_path_outside_the_folders_of_the_policy_is_refused_also_through_a_link(tmp_path: Path, inside: Path) -> None:
    allowed = tmp_path / "media"
    allowed.mkdir()
    secret = picture(tmp_path / "secret.png")
    (allowed / "link.png").symlink_to(secret)
    policy = Policy(folders=(allowed,))

    assert bring_in(of_image(str(picture(allowed / "p.png"))), inside, policy)
    for way in (secret, allowed / "link.png", allowed / ".." / "secret.png"):
        assert "outside the folders" in refusal(of_image(str(way)), inside / "other", policy)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("/nowhere/at/all.png", "there is no file"),
        ("a\0b.png", "cannot be opened"),
        ("x" * 5000, "cannot be opened"),
        ("file:///etc/passwd", "file addresses are not read"),
        ("ftp://example.org/a.png", "ftp addresses are not read"),
        ("concat:a.png|b.png", "there is no file"),
    ],
)
def test_a_text_that_names_no_file_is_refused(text: str, why: str, inside: Path) -> None:
    assert why in refusal(of_image(text), inside)


def small_png(width: int, height: int) -> bytes:
    """A PNG of one grey tone that is tiny as a file, however many pixels it unfolds to."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    rows = zlib.compress(b"\0" * (1 + (width + 7) // 8) * height, 9)
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"just some words\n" * 40, "it is a text, not a media file"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "it is a web page"),
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", "it is a text"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n", "it is a text"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>', "it is a text"),
        (os.urandom(1).join([b"\0\x01\x02"] * 300), "no kind of picture, sound, film or mesh"),
        (b"%PDF-1.7\n\0\xff\xfe" + b"\0" * 200, "no kind of picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "begins as a PNG picture but is damaged"),
        (small_png(10_000, 10_000), "it has 10000×10000 pixels, and at most 50 million are taken"),
        (small_png(60_000, 60_000), "million"),
    ],
)
def test_content_that_is_no_picture_is_refused_whatever_its_name(
    content: bytes, why: str, tmp_path: Path, inside: Path
) -> None:
    (tmp_path / "lie.png").write_bytes(content)

    assert why in refusal(of_image(str(tmp_path / "lie.png")), inside)


def test_a_cut_off_file_is_refused(tmp_path: Path, inside: Path) -> None:
    for whole, request in (
        (picture(tmp_path / "a.png"), of_image),
        (picture(tmp_path / "a.jpg", 200, 200), of_image),
        (picture(tmp_path / "a.webp"), of_image),
        (film(tmp_path / "a.mp4"), lambda path: Understand(question="?", video=path)),
        (tone(tmp_path / "a.wav"), lambda path: Speak(text="t", voice_sample=path)),
    ):
        content = whole.read_bytes()
        whole.write_bytes(content[: len(content) * 2 // 3])
        assert "cut off" in refusal(request(str(whole)), inside / whole.suffix[1:])


@pytest.mark.parametrize(
    ("make", "called"),
    [
        (lambda folder: tone(folder / "a.wav"), "sound (audio/wav), not a picture"),
        (lambda folder: film(folder / "a.mp4"), "a film (video/mp4), not a picture"),
        (lambda folder: mesh(folder / "a.glb"), "a mesh (model/gltf-binary), not a picture"),
    ],
)
def test_another_kind_than_the_field_takes_is_refused(
    make: Callable[[Path], Path], called: str, tmp_path: Path, inside: Path
) -> None:
    lie = make(tmp_path).rename(tmp_path / "lie.png")

    assert refusal(of_image(str(lie)), inside) == f"image cannot be used: it is {called}."


def test_bounds_of_the_policy_stop_the_reading(tmp_path: Path, inside: Path) -> None:
    moving = GenerateVideo(prompt="p", video=str(film(tmp_path / "a.mp4", frames=30, fps=10, sound_s=3)))
    said = Understand(question="?", audio=str(tone(tmp_path / "a.wav", seconds=3)))

    assert "more than 20 frames" in refusal(moving, inside, Policy(max_frames=20))
    assert "longer than 1 s" in refusal(moving, inside, Policy(max_seconds=1))
    assert "pixels together" in refusal(moving, inside, Policy(max_film_pixels=64 * 48 * 5))
    assert "64×48 pixels" in refusal(moving, inside, Policy(max_pixels=3000))
    assert "longer than 2 s" in refusal(said, inside, Policy(max_seconds=2))
    assert "larger than 0.000953674 MiB" in refusal(said, inside, Policy(max_bytes=1000))


def test_sound_whose_few_bytes_unfold_to_hours_is_stopped(tmp_path: Path, inside: Path) -> None:
    import av

    with av.open(str(tmp_path / "quiet.flac"), "w") as container:
        stream = container.add_stream("flac", rate=8000)
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 4096), dtype=np.int16), format="s16", layout="mono")
        silence.sample_rate = 8000
        for _ in range(400):
            silence.pts = None
            container.mux(stream.encode(silence))
        container.mux(stream.encode(None))
    assert (tmp_path / "quiet.flac").stat().st_size < 60_000

    request = Speak(text="t", voice_sample=str(tmp_path / "quiet.flac"))
    assert "longer than 60 s" in refusal(request, inside, Policy(max_seconds=60))


def test_data_uris_in_base64_and_percent_encoding_are_read(tmp_path: Path, inside: Path) -> None:
    content = picture(tmp_path / "p.png", 8, 8).read_bytes()

    for number, text in enumerate(
        (
            data_uri(content),
            data_uri(content).rstrip("="),
            data_uri(content, "image/png;name=x"),
            data_uri(content, ""),
            "data:image/png," + quote(content),
            "DATA:image/png;BASE64," + quote(base64.b64encode(content)),
        )
    ):
        found = bring_in(of_image(text), inside / str(number), POLICY)
        assert found["image"].sha256 == sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("data:image/png;base64", "no comma"),
        ("data:image/png;base64,****", "not valid base64"),
        ("data:image/png;base64,é", "not valid base64"),
        ("data:image/png,", "it is empty"),
        (data_uri(b"hello hello"), "it is a text"),
        ("data:text/html;base64," + base64.b64encode(small_png(8, 8)).decode(), "its source calls it text/html"),
        ("data:audio/wav;base64," + base64.b64encode(small_png(8, 8)).decode(), "its source calls it audio/wav"),
    ],
)
def test_a_bad_data_uri_is_refused(text: str, why: str, inside: Path) -> None:
    assert why in refusal(of_image(text), inside)


def test_a_data_uri_beyond_the_bound_is_refused_before_it_is_decoded(inside: Path) -> None:
    not_even_base64 = "data:image/png;base64," + "*" * 2_000
    escaped = "data:image/png," + "%00" * 1_500

    assert "larger than" in refusal(of_image(not_even_base64), inside, Policy(max_bytes=1000))
    assert "larger than" in refusal(of_image(escaped), inside, Policy(max_bytes=1000))


def test_a_disk_without_room_is_told(tmp_path: Path, inside: Path) -> None:
    import resource

    large = picture(tmp_path / "large.bmp", 200, 200)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(StoreError, match=r"There is no room in .* for image"):
            bring_in(of_image(str(large)), inside, POLICY)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(inside.iterdir()) == []
