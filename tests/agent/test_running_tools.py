"""From a wish or a command to a file: real loading code on tiny checkpoints, in a process of its own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typed import TypeIn

from modelatlas.agent.settings import settings

pytest.importorskip("torch", reason="needs the local extra")
pytest.importorskip("diffusers", reason="needs the local extra")

from modelatlas.tools.media.measures import MeasuredImage, MeasuredVideo
from modelatlas.tools.media.measuring import measure

pytest_plugins = ("asked_atlas", "command_line", "tiny_models.checkpoints")

Json = dict[str, Any]


@pytest.fixture
def told(clock: None, own_file: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Say where things are."""
    monkeypatch.setenv("MODELATLAS_DB", str(own_file))
    monkeypatch.delenv("MODELATLAS_NOW")  # jobs go by the real clock
    settings.cache_clear()

    def tell(places: str) -> None:
        settings().places.write_text(places, "utf-8")

    return tell


def place(route: str, weights: Path, more: str = "") -> str:
    return f'[routes."{route}"]\nweights = {json.dumps(str(weights))}\ndevice = "cpu"\n{more}'


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    from PIL import Image

    path = tmp_path / "me.png"
    Image.radial_gradient("L").resize((288, 288)).convert("RGB").save(path)
    return path


def the_json(type_in: TypeIn, *words: str | Path) -> Json:
    typed = type_in(*words, "--json")
    assert typed.code == 0, typed.err
    found: Json = json.loads(typed.out)
    return found


def test_a_run_makes_a_file_a_job_and_a_memory(
    type_in: TypeIn, told: Callable[[str], None], tiny_sd: Path, tmp_path: Path
) -> None:
    told(place("stable-diffusion-1.5.diffusers", tiny_sd))
    asked = ("prompt=a red fox", "width=64", "height=64", "steps=2")
    typed = type_in(
        "run", "generate_image", *asked, "--model", "stable-diffusion-1.5.diffusers", "--out", tmp_path / "made"
    )
    assert typed.code == 0, typed.err
    (made,) = (tmp_path / "made").iterdir()
    measured = measure(made)
    assert isinstance(measured, MeasuredImage)
    assert (measured.width, measured.height) == (64, 64)
    assert str(made) in typed.out

    (job,) = the_json(type_in, "jobs", "list")["jobs"]
    assert (job["state"], job["work"]["tool"], job["result"]["ai_generated"]) == ("done", "generate_image", True)
    (artifact,) = the_json(type_in, "artifacts", "list")["artifacts"]
    assert artifact["sha256"] == job["result"]["files"][0]["sha256"]
    assert artifact["provenance"]["parameters"]["num_inference_steps"] == 2

    answer = the_json(type_in, "ask", "what did I make and with what?")
    assert answer["intent"] == "runs"
    assert {fact["object"] for fact in answer["facts"] if fact["predicate"] == "ran"} == {job["work"]["model"]}
    assert "a red fox" in answer["answer"]
    assert type_in("jobs", "rate", job["id"][:12], "5").code == 0
    assert "5" in type_in("ask", "what did I make?").out

    again = the_json(type_in, "run", "generate_image", *asked, "--model", "stable-diffusion-1.5.diffusers")
    assert again["result"]["files"][0]["sha256"] == artifact["sha256"]  # the same seed, the same bytes
    other = the_json(type_in, "run", "generate_image", *asked, "seed=7", "--model", "stable-diffusion-1.5.diffusers")
    assert other["result"]["files"][0]["sha256"] != artifact["sha256"]


def test_a_photo_is_dubbed_when_the_wish_is_approved(
    type_in: TypeIn,
    told: Callable[[str], None],
    tiny_wan_i2v: Path,
    tiny_vits: Path,
    portrait: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    speech = f'[routes."spoken-picture.mms-wan2.1".speech]\nweights = {json.dumps(str(tiny_vits))}\ndevice = "cpu"\n'
    told(place("spoken-picture.mms-wan2.1", tiny_wan_i2v, speech))
    words = ("run", "avatar", "--model", "spoken-picture.mms-wan2.1", f"image={portrait}", "text=hello there")
    small = ("steps=1", "extra.width=32", "extra.height=32")
    shown = type_in(*words, *small, "--dry-run")
    assert shown.code == 0, shown.err
    assert json.loads(shown.out)["route"] == "spoken-picture.mms-wan2.1"

    done = the_json(type_in, *words, *small)
    assert done["state"] == "done", done["error"]
    made = measure(Path(done["result"]["files"][0]["path"]))
    assert isinstance(made, MeasuredVideo)
    assert made.audio is not None
    assert done["result"]["alignment"]["ok"]
    assert done["result"]["alignment"]["drift_s"] <= 0.1
    assert abs(made.duration_s - made.audio.duration_s) <= 0.1

    monkeypatch.setenv("MODELATLAS_APPROVAL", "every")
    settings.cache_clear()
    proposed = the_json(type_in, "ask", "给这张照片配音：hello there", "--with", portrait)
    (action,) = proposed["actions"]
    assert action["proposal"]["route"] == "spoken-picture.mms-wan2.1"
    assert (action["proposal"]["costs"], action["state"]) == ([], "waiting")


def test_an_approved_wish_runs_and_its_result_is_told(
    type_in: TypeIn, told: Callable[[str], None], tiny_gemma3: Path, portrait: Path
) -> None:
    told(place("medgemma-1.5-4b.transformers", tiny_gemma3))
    answer = the_json(type_in, "ask", "describe this picture", "--with", portrait, "--yes")
    (action,) = answer["actions"]
    assert action["proposal"]["route"] == "medgemma-1.5-4b.transformers"
    assert action["state"] == "done", action["error"]
    assert action["result"]["text"]
    assert action["result"]["text"] in answer["answer"]


def test_a_run_that_cannot_be_is_told_in_one_sentence(
    type_in: TypeIn, told: Callable[[str], None], tiny_sd: Path, tmp_path: Path
) -> None:
    (empty := tmp_path / "empty").mkdir()
    told(place("stable-diffusion-1.5.diffusers", empty))
    typed = type_in("run", "generate_image", "prompt=a fox", "--model", "stable-diffusion-1.5.diffusers")
    assert typed.code == 1
    assert "Traceback" not in typed.out + typed.err
    assert "failed" in typed.out

    unknown = type_in("run", "generate_image", "prompt=a fox", "--model", "No-Such-Model")
    assert unknown.code == 2
    assert unknown.err.startswith("modelatlas: No card is about")
    wrong = type_in("run", "generate_image", "promt=a fox")
    assert (wrong.code, wrong.err.count("\n")) == (2, 1)
    assert "promt" in wrong.err


def test_a_run_in_the_background_is_followed_by_its_id(
    type_in: TypeIn, told: Callable[[str], None], tiny_sd: Path
) -> None:
    told(place("stable-diffusion-1.5.diffusers", tiny_sd))
    asked = ("prompt=a fox", "width=64", "height=64", "steps=1")
    begun = type_in("run", "generate_image", *asked, "--model", "stable-diffusion-1.5.diffusers", "--background")
    assert begun.code == 0, begun.err
    done = the_json(type_in, "jobs", "show", begun.out.strip(), "--follow")
    assert done["state"] == "done", done["error"]
