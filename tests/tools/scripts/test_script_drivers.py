"""The drivers call what their repositories have, and write one file each."""

import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_packages import BAGEL, PLAYDIFFUSION, STEP1X_3D, VJEPA, laid
from script_orders import order

from modelatlas.graph.errors import BadInput
from modelatlas.tools.backends.backend import Made
from modelatlas.tools.backends.repo_script import ScriptBackend
from modelatlas.tools.cards.shelf import route
from modelatlas.tools.places import Place


def _run(
    tmp_path: Path, id: str, files: dict[str, str], tool: str, arguments: dict[str, Any], media: dict[str, str]
) -> Made:
    weights = tmp_path / "weights"
    if not weights.exists():
        weights.mkdir()
        (weights / "model.safetensors").write_bytes(b"x")
    place = Place(
        checkout=laid(tmp_path / "checkout", files), python=Path(sys.executable), weights=str(weights), device="cpu"
    )
    _, found = route(id)
    asked = order(tool, tmp_path / "job" / "run", arguments, media)
    return ScriptBackend(found, place).run(asked, lambda *_: None)


def _samples(path: Path) -> tuple[int, int, int]:
    with wave.open(str(path), "rb") as sound:
        return sound.getframerate(), sound.getnframes(), int(np.frombuffer(sound.readframes(1), "<i2")[0])


def test_words_of_a_recording_are_changed(tmp_path: Path) -> None:
    asked = {
        "audio": "a.wav",
        "said": "hello",
        "wanted": "-good 'day'",
        "steps": 2,
        "word_times": [{"word": "hello", "start": 0.0, "end": 0.4}],
    }
    made = _run(tmp_path, "playdiffusion.inpaint", PLAYDIFFUSION, "edit_speech", asked, {"audio": "audio"})
    assert _samples(made.files[0]) == (24000, 2000, 99)
    assert made.used["steps"] == 2


def test_words_without_times_are_refused(tmp_path: Path) -> None:
    asked = {"audio": "a.wav", "said": "hello", "wanted": "bye"}
    with pytest.raises(BadInput, match="needs word_times"):
        _run(tmp_path, "playdiffusion.inpaint", PLAYDIFFUSION, "edit_speech", asked, {"audio": "audio"})


def test_a_text_is_spoken_with_the_voice_of_a_sample(tmp_path: Path) -> None:
    asked = {"text": "hello", "voice_sample": "v.wav"}
    made = _run(tmp_path, "playdiffusion.tts", PLAYDIFFUSION, "speak", asked, {"voice_sample": "audio"})
    assert _samples(made.files[0]) == (24000, 2400, 7)


@pytest.mark.parametrize(
    ("texture", "name", "said"),
    [(False, "mesh.glb", "7.5 9 384 5"), (True, "textured.glb", "7.5 9 384 5 reduced painted True 5")],
)
def test_a_mesh_is_made_and_painted(texture: bool, name: str, said: str, tmp_path: Path) -> None:
    asked = {"image": "a.png", "texture": texture, "steps": 9, "seed": 5}
    made = _run(tmp_path, "step1x-3d.driver", STEP1X_3D, "generate_3d", asked, {"image": "image"})
    assert [it.name for it in made.files] == [name]
    assert made.files[0].read_text("utf-8") == said


def _pictures(tmp_path: Path, count: int) -> tuple[list[str], dict[str, str]]:
    from PIL import Image

    names = [f"{number}.png" for number in range(count)]
    asked = order("edit_image", tmp_path / "job" / "run", {"images": names, "instruction": "x"}, dict.fromkeys(
        (f"images[{number}]" for number in range(count)), "image"
    ))  # fmt: skip
    for given in asked.inputs.values():
        given.path.unlink()
        Image.new("RGB", (8, 8)).save(given.path)
    return names, dict.fromkeys(asked.inputs, "image")


def test_a_question_about_images_is_answered(tmp_path: Path) -> None:
    names, media = _pictures(tmp_path, 2)
    asked = {"question": "What is it?", "images": names, "extra": {"precision": "nf4"}}
    made = _run(tmp_path, "bagel.python", BAGEL, "understand", asked, media)
    assert made.data == {"text": "2 What is it?"}
    assert made.files == ()


def test_an_image_is_made_and_one_is_changed(tmp_path: Path) -> None:
    from PIL import Image

    made = _run(tmp_path, "bagel.python", BAGEL, "generate_image", {"prompt": "x", "width": 32, "height": 16}, {})
    with Image.open(made.files[0]) as picture:
        assert picture.size == (32, 16)
    names, media = _pictures(tmp_path, 1)
    made = _run(tmp_path, "bagel.python", BAGEL, "edit_image", {"instruction": "x", "images": names}, media)
    with Image.open(made.files[0]) as picture:
        assert picture.getpixel((0, 0)) == (1, 0, 0)


def test_a_video_becomes_features(tmp_path: Path) -> None:
    import av
    import torch

    asked = order("embed_video", tmp_path / "job" / "run", {"video": "v.mp4"}, {"video": "video"})
    with av.open(str(asked.inputs["video"].path), "w") as film:
        stream = film.add_stream("mpeg4", rate=16)
        stream.width, stream.height = 64, 32
        for _ in range(3):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 64, 3), np.uint8), format="rgb24")))
        film.mux(stream.encode())
    torch.save({"ema_encoder": {"module.backbone.weight": torch.tensor([1.0, 2.0, 3.0])}}, tmp_path / "weights")
    arguments = {"video": "v.mp4", "extra": {"model": "vjepa2_1_vit_base_384", "frames": 4}}
    made = _run(tmp_path, "v-jepa-2.1.hub", VJEPA, "embed_video", arguments, {"video": "video"})
    features = np.load(made.files[0])
    assert features.shape == (1, 4, 3)
    assert features[0, 0].tolist() == [1.0, 2.0, 3.0]
