"""What is missing or damaged is one sentence each, and says what to do."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from local_orders import LocalOrder, OpenLocal, silent

from modelatlas.tools.actions.requests import GenerateImage, Speak
from modelatlas.tools.backends.backend import CannotRun, RunFailed
from modelatlas.tools.backends.opening import open_backend
from modelatlas.tools.cards.shelf import route
from modelatlas.tools.places import Place

pytest.importorskip("torch", reason="local models need the local extra")
pytest.importorskip("diffusers", reason="local models need the local extra")
pytest_plugins = ("tiny_models.checkpoints", "local_running")
pytestmark = pytest.mark.usefixtures("closed_network", "one_thread")

DRAWS = "stable-diffusion-1.5.diffusers"
SPEAKS = "mms-tts.eng"
KINDS = [("tiny_sd", DRAWS, "unet/diffusion_pytorch_model.safetensors"), ("tiny_vits", SPEAKS, "model.safetensors")]


def refusal(id: str, **place: Any) -> str:
    """The one sentence with which a route refuses to load."""
    backend = open_backend(route(id)[1], Place.model_validate({"device": "cpu", **place}))
    with pytest.raises(CannotRun) as caught:
        backend.load(silent)
    backend.close()
    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said
    return said


@pytest.mark.parametrize("id", [DRAWS, SPEAKS])
def test_weights_that_are_not_here_come_with_the_command_that_gets_them(id: str) -> None:
    said = refusal(id, weights="nobody/has-this", revision="abc123")
    assert said == (
        f"the weights of {id} are not on this machine: run `hf download nobody/has-this --revision abc123`."
    )


def test_gated_weights_name_the_page_with_the_terms() -> None:
    said = refusal("flux.1-dev.diffusers", weights="nobody/has-this")
    assert "after its terms are accepted at https://huggingface.co/nobody/has-this" in said


def test_weights_that_may_be_fetched_but_cannot_be_are_one_sentence() -> None:
    assert "`hf download nobody/has-this`" in refusal(DRAWS, weights="nobody/has-this", download=True)


@pytest.mark.parametrize("id", [DRAWS, SPEAKS])
def test_a_folder_that_does_not_exist_is_named(id: str, tmp_path: Path) -> None:
    assert refusal(id, weights=str(tmp_path / "gone")).startswith(f"there is no folder {tmp_path / 'gone'} with")


@pytest.mark.parametrize("id", [DRAWS, SPEAKS])
def test_a_file_in_the_place_of_the_folder_is_refused(id: str, tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"x")
    assert "is a file, and" in refusal(id, weights=str(tmp_path / "weights.safetensors"))


@pytest.mark.parametrize("id", [DRAWS, SPEAKS])
def test_a_folder_with_something_else_in_it_is_refused(id: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a model", encoding="utf-8")
    assert f"in {tmp_path} cannot be loaded (" in refusal(id, weights=str(tmp_path))


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def text_instead(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\n", encoding="utf-8")


def removed(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [truncated, text_instead, removed])
@pytest.mark.parametrize(("fixture", "id", "file"), KINDS)
def test_damaged_weights_are_refused_with_the_command_that_gets_them_anew(
    fixture: str, id: str, file: str, damage: Callable[[Path], None], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(request.getfixturevalue(fixture), folder)
    damage(folder / file)
    said = refusal(id, weights=str(folder))
    assert f"in {folder} cannot be loaded (" in said
    assert f"`hf download {route(id)[1].weights}`" in said


def test_settings_that_are_no_json_are_refused(tiny_vits: Path, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(tiny_vits, folder)
    text_instead(folder / "config.json")
    assert "cannot be loaded (" in refusal(SPEAKS, weights=str(folder))


def test_weights_that_bring_code_of_their_own_are_not_run(tiny_vits: Path, tmp_path: Path) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(tiny_vits, folder)
    trace = tmp_path / "ran"
    (folder / "code.py").write_text(f"open({str(trace)!r}, 'w')\n", encoding="utf-8")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(
        json.dumps({**config, "model_type": "own", "auto_map": {"AutoConfig": "code.C", "AutoModel": "code.M"}}),
        encoding="utf-8",
    )
    backend = open_backend(route("v-jepa-2.transformers")[1], Place(weights=str(folder), device="cpu"))
    with pytest.raises(CannotRun):
        backend.load(silent)
    assert not trace.exists()


def test_the_commit_of_a_snapshot_is_told(tiny_vits: Path, local_order: LocalOrder, tmp_path: Path) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    folder = tmp_path / "models--facebook--mms-tts-eng" / "snapshots" / commit
    shutil.copytree(tiny_vits, folder)
    backend = open_backend(route(SPEAKS)[1], Place(weights=str(folder), device="cpu"))
    made = backend.run(local_order("speak", Speak(text="hello")), silent)
    assert made.weights_revision == commit
    backend.close()


def test_a_gpu_that_is_not_there_is_named(tiny_sd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    said = refusal(DRAWS, weights=str(tiny_sd), device="cuda:1")
    assert said == "cuda:1 was asked for and torch sees no GPU: name another device, as cpu."
    assert "is no device: name cpu" in refusal(DRAWS, weights=str(tiny_sd), device="my card")


FULL = (
    "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 23.60 GiB of which 3.25 GiB is "
    "free. Including non-PyTorch memory, this process has 20.00 GiB memory in use."
)


def test_memory_that_does_not_suffice_says_how_much_was_needed_and_what_to_do(
    tiny_sd: Path, open_local: OpenLocal, local_order: LocalOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import diffusers
    import torch

    model = open_local(DRAWS, tiny_sd)
    request = GenerateImage(prompt="a fox", width=64, height=64, steps=1)

    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError(FULL)

    with monkeypatch.context() as patched:
        patched.setattr(diffusers.UNet2DConditionModel, "forward", full)
        with pytest.raises(RunFailed) as caught:
            model.run(local_order("generate_image", request), silent)
    assert str(caught.value) == (
        f"{DRAWS} ran out of memory on cpu when it asked for 20.00 GiB more and 3.25 GiB were free: "
        "ask for a smaller size or fewer frames, or for offload = model (sequential needs least) in extra."
    )
    assert model.run(local_order("generate_image", request), silent).files


def test_a_fault_inside_the_library_is_one_sentence(
    tiny_sd: Path, open_local: OpenLocal, local_order: LocalOrder
) -> None:
    request = GenerateImage(prompt="a fox", width=64, height=64, steps=2, extra={"timesteps": [3, 900]})
    with pytest.raises(RunFailed) as caught:
        open_local(DRAWS, tiny_sd).run(local_order("generate_image", request), silent)
    assert str(caught.value).startswith(f"{DRAWS} failed: ")
    assert "\n" not in str(caught.value)
