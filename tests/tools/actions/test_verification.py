"""What a run made is opened, compared with what was asked, marked and kept; nothing is believed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from verifying import DAY, Verified, route, verifier

from media_samples import film, mesh, picture, textured_mesh, tone
from modelatlas.tools.actions.requests import (
    ClassifyVideo,
    EditImage,
    EmbedVideo,
    ExploreWorld,
    Generate3D,
    GenerateAudio,
    GenerateImage,
    GenerateVideo,
    RestoreVideo,
    Speak,
    Understand,
    WorldAction,
)
from modelatlas.tools.actions.results import Classified, Embedded, Result, Understood
from modelatlas.tools.artifacts import Artifacts
from modelatlas.tools.backends.backend import NoOutput
from modelatlas.tools.media.measures import MeasuredVideo
from modelatlas.tools.workshop import Workshop


@pytest.fixture
def verified(tmp_path: Path) -> Verified:
    """Verifies what a run of a request made."""
    return verifier(tmp_path)


def test_a_result_says_all_that_ran_and_its_files_are_kept_with_where_they_came_from(
    verified: Verified, tmp_path: Path
) -> None:
    clip = film(tmp_path / "clip.mp4", frames=9, fps=16)
    before = clip.read_bytes()
    used = {"frames": 9, "fps": 16, "steps": 2, "seed": 7}

    result = verified(
        GenerateVideo(prompt="p", frames=9),
        clip,
        used=used,
        weights_revision="abc",
        device="cpu",
        peak_vram_gb=1.5,
        warnings=("the sampler was chosen for you",),
    )

    assert type(result) is Result
    assert (result.tool, result.model, result.route) == ("generate_video", "Tiny", "tiny.script")
    assert (result.weights_id, result.weights_revision, result.licence) == ("somebody/tiny", "abc", "Apache-2.0")
    assert (result.seed, result.parameters, result.wall_s, result.device) == (7, used, 2.0, "cpu")
    assert result.ai_generated
    assert result.warnings == ("the sampler was chosen for you",)
    (made,) = result.files
    assert isinstance(made.measured, MeasuredVideo)
    assert (made.mime, made.measured.frames) == ("video/mp4", 9)
    kept = Artifacts(Workshop(tmp_path / "workshop")).find(made.sha256, "us")
    assert str(kept.path) == made.path
    assert (kept.provenance.job, kept.provenance.made_at, kept.provenance.parameters) == ("job-1", DAY, used)
    assert b"trainedAlgorithmicMedia" in kept.path.read_bytes()
    assert clip.read_bytes() == before
    assert Result.model_validate_json(result.model_dump_json()) == result


def test_the_hashes_of_the_inputs_are_on_record(verified: Verified, tmp_path: Path) -> None:
    source = picture(tmp_path / "source.png")

    result = verified(EditImage(images=(str(source),), instruction="i"), picture(tmp_path / "made.png", seed=3))

    kept = Artifacts(Workshop(tmp_path / "workshop")).find(result.files[0].sha256, "us")
    assert list(kept.provenance.inputs) == ["images[0]"]


def test_the_same_run_gives_the_same_bytes(verified: Verified, tmp_path: Path) -> None:
    request = GenerateImage(prompt="p")

    first = verified(request, picture(tmp_path / "a.png"))
    second = verified(request, picture(tmp_path / "b.png"))

    assert first.files[0].sha256 == second.files[0].sha256


@pytest.mark.parametrize(
    ("asked", "used", "warnings"),
    [
        ({"frames": 6}, {"frames": 5}, ("6 frames asked, 5 made",)),
        ({"frames": 5}, {"frames": 5}, ()),
        ({}, {"frames": 9}, ("9 frames expected, 5 made",)),
        ({"seconds": 1, "fps": 10}, {}, ("1 seconds asked, 0.5 made",)),
        ({"seconds": 0.4}, {}, ()),
        ({"fps": 24}, {}, ("24 frames per second asked, 10 made",)),
        ({"width": 64, "height": 50}, {}, ("50 pixels of height asked, 48 made",)),
        ({}, {"width": 128, "fps": "fast"}, ("128 pixels of width expected, 64 made",)),
    ],
)
def test_a_film_that_is_not_what_was_asked_is_told(
    asked: dict[str, Any], used: dict[str, Any], warnings: tuple[str, ...], verified: Verified, tmp_path: Path
) -> None:
    result = verified(GenerateVideo(prompt="p", **asked), film(tmp_path / "f.mp4", frames=5, fps=10), used=used)

    assert result.warnings == warnings


def test_images_are_counted_and_their_sizes_compared(verified: Verified, tmp_path: Path) -> None:
    files = [picture(tmp_path / f"{number}.png", 64, 64, seed=number) for number in range(2)]

    result = verified(GenerateImage(prompt="p", count=3, width=64, height=80), *files)

    assert result.warnings == ("80 pixels of height asked, 64 made", "3 images asked, 2 made")


def test_an_image_of_one_colour_is_told(verified: Verified, tmp_path: Path) -> None:
    Image.new("RGB", (32, 32)).save(tmp_path / "black.png")

    result = verified(GenerateImage(prompt="p"), tmp_path / "black.png")

    assert result.warnings == ("black.png is one plain colour: a safety filter or a failed run may have emptied it",)


def text_file(path: Path) -> Path:
    """A log in the place of a film."""
    path.write_text("Traceback (most recent call last)")
    return path


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda folder: (), "it left no file"),
        (lambda folder: (folder / "gone.mp4",), "gone.mp4 was named but is not there"),
        (lambda folder: (folder,), "was named but is not there"),
        (lambda folder: (text_file(folder / "v.mp4"),), "v.mp4 was made, but it is a text"),
        (lambda folder: (tone(folder / "t.wav"),), "t.wav is sound"),
        (lambda folder: (picture(folder / "p.png"),), "p.png is picture"),
    ],
)
def test_an_end_without_the_file_is_a_failure_with_its_reason(
    make: Callable[[Path], tuple[Path, ...]], why: str, verified: Verified, tmp_path: Path
) -> None:
    with pytest.raises(NoOutput) as failure:
        verified(GenerateVideo(prompt="p"), *make(tmp_path))

    assert str(failure.value).startswith("The run ended without the video that generate_video should give: ")
    assert why in str(failure.value)
    assert not (tmp_path / "workshop" / "artifacts").exists()


def test_an_empty_or_cut_off_file_is_a_failure(verified: Verified, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    cut = film(tmp_path / "cut.mp4")
    cut.write_bytes(cut.read_bytes()[:-500])

    for path, why in ((tmp_path / "empty.mp4", "it is empty"), (cut, "it is cut off")):
        with pytest.raises(NoOutput, match=why):
            verified(GenerateVideo(prompt="p"), path)


def test_one_bad_file_among_good_ones_is_told_and_left_out(verified: Verified, tmp_path: Path) -> None:
    (tmp_path / "bad.png").touch()

    result = verified(GenerateImage(prompt="p", count=2), picture(tmp_path / "good.png"), tmp_path / "bad.png")

    assert len(result.files) == 1
    assert result.warnings == ("bad.png was made, but it is empty", "2 images asked, 1 made")


def test_silence_is_no_speech_and_no_sound(verified: Verified, tmp_path: Path) -> None:
    silent = tone(tmp_path / "s.wav", loud=0)
    mute = film(tmp_path / "mute.mp4")

    for request, made in (
        (Speak(text="t"), silent),
        (GenerateAudio(video=str(mute)), silent),
        (GenerateAudio(video=str(mute)), mute),
    ):
        with pytest.raises(NoOutput, match="silent"):
            verified(request, made)
    assert verified(Speak(text="t"), tone(tmp_path / "t.wav")).files[0].mime == "audio/wav"


def test_spatial_sound_has_four_channels_and_the_length_of_its_film(verified: Verified, tmp_path: Path) -> None:
    request = GenerateAudio(video=str(film(tmp_path / "f.mp4", frames=20, fps=10)))
    spatial = route(outputs=("foa_audio",))

    right = verified(request, tone(tmp_path / "r.wav", 2, channels=4), way=spatial)
    wrong = verified(request, tone(tmp_path / "w.wav", 1, channels=2), way=spatial)

    assert right.warnings == ()
    assert wrong.warnings == (
        "4 channels expected, 2 made",
        "the video lasts 2 s, the sound made 1 s",
    )


def test_a_restored_film_is_compared_with_the_one_given(verified: Verified, tmp_path: Path) -> None:
    request = RestoreVideo(video=str(film(tmp_path / "f.mp4", frames=10, sound_s=1)), height=96)
    larger = film(tmp_path / "l.mp4", frames=9, width=128, height=96)

    result = verified(request, larger, used={"height": 128, "width": 96})

    assert result.warnings == ("10 frames given, 9 made", "the video given has sound, the one made has none")


def test_a_walk_is_as_long_as_its_steps(verified: Verified, tmp_path: Path) -> None:
    request = ExploreWorld(image=str(picture(tmp_path / "p.png")), actions=(WorldAction(frames=6),) * 2)

    result = verified(request, film(tmp_path / "f.mp4", frames=10))

    assert result.warnings == ("12 frames asked, 10 made",)


def test_parts_of_a_mesh_are_counted_and_dummies_told(verified: Verified, tmp_path: Path) -> None:
    source = str(picture(tmp_path / "p.png"))

    one_file = verified(Generate3D(image=source, parts=3, texture=False), mesh(tmp_path / "m.glb", parts=2, empty=1))
    several = verified(
        Generate3D(image=source, parts=3, texture=False),
        *(mesh(tmp_path / f"{number}.glb") for number in range(2)),
        mesh(tmp_path / "dummy.glb", parts=0, empty=1),
    )
    plain = verified(Generate3D(image=source), mesh(tmp_path / "plain.glb"))
    painted = verified(Generate3D(image=source), textured_mesh(tmp_path / "t.glb"))

    told = ("3 parts asked, 2 made", "1 part is empty: a mesh without a face")
    assert one_file.warnings == several.warnings == told
    assert plain.warnings == ("a texture was asked, the mesh has none",)
    assert painted.warnings == ()


def test_a_mesh_of_nothing_but_dummies_is_a_failure(verified: Verified, tmp_path: Path) -> None:
    request = Generate3D(image=str(picture(tmp_path / "p.png")))

    with pytest.raises(NoOutput, match="no face"):
        verified(request, mesh(tmp_path / "m.glb", parts=0, empty=2))


def test_an_answer_comes_with_its_boxes_and_an_empty_one_is_a_failure(verified: Verified, tmp_path: Path) -> None:
    request = Understand(question="?", images=(str(picture(tmp_path / "p.png")),))

    answer = verified(request, data={"text": '[{"bbox_2d": [1, 2, 3, 4], "label": "cat"}]'})

    assert isinstance(answer, Understood)
    assert answer.boxes[0].label == "cat"
    assert (answer.files, answer.times) == ((), ())
    for data in ({}, {"text": " \n"}, {"text": None}):
        with pytest.raises(NoOutput, match="without a word"):
            verified(request, data=data)


def test_labels_are_the_best_of_what_the_model_gave(verified: Verified, tmp_path: Path) -> None:
    request = ClassifyVideo(video=str(film(tmp_path / "f.mp4")), top=2)

    result = verified(request, data={"labels": [["walk", 0.1], ["run", 0.7], ["jump", 0.2]]})
    fewer = verified(request, data={"labels": [["walk", 1.0]]})

    assert isinstance(result, Classified)
    assert [it.label for it in result.labels] == ["run", "jump"]
    assert not result.ai_generated
    assert fewer.warnings == ("2 labels asked, 1 made",)
    with pytest.raises(NoOutput, match="without a label"):
        verified(request, data={"labels": [["walk", float("nan")]]})


def test_features_of_a_video_are_an_array_of_numbers(verified: Verified, tmp_path: Path) -> None:
    request = EmbedVideo(video=str(film(tmp_path / "f.mp4")))
    for name, array in (("a", np.ones((1, 2, 32))), ("nan", np.array([np.nan])), ("none", np.ones((0, 4)))):
        np.save(tmp_path / f"{name}.npy", array)

    result = verified(request, tmp_path / "a.npy")

    assert isinstance(result, Embedded)
    assert (result.shape, result.files[0].mime) == ((1, 2, 32), "application/x-npy")
    for name in ("nan", "none"):
        with pytest.raises(NoOutput, match="array of shape"):
            verified(request, tmp_path / f"{name}.npy")
