"""A script of a repository is run as it must be, and what it does or fails to do is told right."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from fake_repository import environment, repository, settings
from script_orders import order, route_of

from modelatlas.graph.errors import BadInput
from modelatlas.tools.backends.backend import CannotRun, Made, NoOutput, RunFailed, TimedOut
from modelatlas.tools.backends.repo_script import ScriptBackend
from modelatlas.tools.backends.script_log import KEPT_BYTES
from modelatlas.tools.media.measures import MeasuredVideo
from modelatlas.tools.media.measuring import measure
from modelatlas.tools.places import Place

TOLD: list[tuple[str, int, int | None]] = []


def progress(part: str, done: int, total: int | None) -> None:
    """Keep what is told."""
    TOLD.append((part, done, total))


@pytest.fixture(autouse=True)
def _nothing_told() -> None:
    TOLD.clear()


def backend(tmp_path: Path, behave: str, place: dict[str, Any] | None = None, **changes: Any) -> ScriptBackend:
    """The backend of a fake repository that behaves so."""
    told = {"checkout": repository(tmp_path / "checkout"), "python": Path(sys.executable), **(place or {})}
    return ScriptBackend(route_of(settings(behave, **changes), min_vram_gb=24), Place(**told))


def run(tmp_path: Path, behave: str, place: dict[str, Any] | None = None, **changes: Any) -> Made:
    """Run it once."""
    asked = order("generate_video", tmp_path / "job" / "run", {"prompt": "a cat", "frames": 5}, {})
    return backend(tmp_path, behave, place, **changes).run(asked, progress)


def told(tmp_path: Path) -> dict[str, Any]:
    """What the script saw."""
    found: dict[str, Any] = json.loads((tmp_path / "job" / "run" / "out" / "told.json").read_text("utf-8"))
    return found


def test_a_good_film_comes_back_with_what_was_used(tmp_path: Path) -> None:
    made = run(tmp_path, "well")
    (film,) = made.files
    about = measure(film)
    assert isinstance(about, MeasuredVideo)
    assert about.frames == 5
    assert film == tmp_path / "job" / "run" / "out" / "result.mp4"
    assert made.used == {"frames": 5, "prompt": "a cat"}
    assert made.warnings == ()


def test_progress_is_read_from_bars(tmp_path: Path) -> None:
    run(tmp_path, "well")
    assert TOLD[0] == ("running", 0, None)
    assert TOLD[-1] == ("Sampling", 4, 4)


def test_what_is_shown_beforehand_is_what_is_run(tmp_path: Path) -> None:
    asked = order("generate_video", tmp_path / "job" / "run", {"prompt": "a cat"}, {})
    it = backend(tmp_path, "well", variables={"MODE": "{weights}"}, defaults={"weights": "w"})
    shown = it.preview(asked)
    assert list((tmp_path / "job" / "run").iterdir()) == []
    it.run(asked, progress)
    saw = told(tmp_path)
    assert shown["argv"][0] == sys.executable
    assert shown["argv"][1:] == saw["argv"]
    assert shown["cwd"] == saw["cwd"] == str(tmp_path / "checkout")
    assert list(shown["written"].values()) == [saw["list"]]
    assert {name: value for name, value in saw["env"].items() if name != "LC_CTYPE"} == shown["env"]
    assert shown["env"]["MODE"] == "w"


def test_nothing_of_our_environment_reaches_the_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELATLAS_API_KEY", "secret")
    run(tmp_path, "well", {"device": "cuda:1"})
    env = told(tmp_path)["env"]
    assert "MODELATLAS_API_KEY" not in env
    assert env["CUDA_VISIBLE_DEVICES"] == "1"
    assert env["HF_HUB_OFFLINE"] == "1"
    assert env["PATH"].split(":")[0] == str(Path(sys.executable).parent)
    assert told(tmp_path)["closed"]


def test_the_network_is_open_where_the_place_says_so(tmp_path: Path) -> None:
    run(tmp_path, "well", {"download": True, "device": "cpu"})
    env = told(tmp_path)["env"]
    assert "HF_HUB_OFFLINE" not in env
    assert env["CUDA_VISIBLE_DEVICES"] == ""


def test_a_wrong_number_of_frames_is_left_for_the_check_of_the_file(tmp_path: Path) -> None:
    about = measure(run(tmp_path, "too few frames").files[0])
    assert isinstance(about, MeasuredVideo)
    assert about.frames == 3


def test_a_script_that_ends_well_without_a_file_has_failed(tmp_path: Path) -> None:
    with pytest.raises(NoOutput, match=r"ended with status 0 and left no result.*all done, nothing written"):
        run(tmp_path, "nothing")


def test_a_result_of_before_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    old = repository(tmp_path / "checkout") / "old.mp4"
    old.write_bytes(b"old")
    with pytest.raises(NoOutput):
        run(tmp_path, "nothing", output={"pattern": "*.mp4", "pick": "newest"})
    assert old.exists()


def test_a_crash_is_told_with_the_last_lines(tmp_path: Path) -> None:
    with pytest.raises(NoOutput, match=r"status 1 .*RuntimeError: shapes do not fit: 3 and 4"):
        run(tmp_path, "crash")


def test_a_crash_after_the_result_is_a_warning(tmp_path: Path) -> None:
    made = run(tmp_path, "crash afterwards")
    assert len(made.files) == 1
    assert made.warnings == ("the script ended with status 3 after it had written the result",)


def test_half_a_result_of_a_script_out_of_memory_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(RunFailed, match="ran out of GPU memory"):
        run(tmp_path, "half and out of memory")


@pytest.mark.parametrize(
    ("behave", "kind", "sentence"),
    [
        ("out of memory", RunFailed, r"ran out of GPU memory \(it needs 24 GB at least\).*\(quality\)"),
        ("no module", CannotRun, r"has no module flash_attn_of_old; install it there: .* -m pip install -r"),
        ("no gpu", CannotRun, r"needs a GPU"),
        ("killed", NoOutput, r"ended with signal 9 .* main memory"),
        ("asks", RunFailed, r"asked for an answer at the keyboard"),
    ],
)
def test_the_reason_of_a_failure_is_recognised(
    behave: str, kind: type[RunFailed], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(kind, match=sentence):
        run(tmp_path, behave)


def test_a_command_that_the_script_does_not_take_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match=r"does not take the command; it was written for abc1234.*--new_flag"):
        run(tmp_path, "well", arguments=[["--behave=well"], ["--save_file={out}/x"], ["--new_flag"]])


def test_a_result_in_an_odd_place_is_found_and_brought_home(tmp_path: Path) -> None:
    other = tmp_path / "checkout" / "demo_out" / "exp" / "res_other_input_seed42" / "result_000_wav.mp4"
    other.parent.mkdir(parents=True)
    other.write_bytes(b"of another run")
    rule = {"pattern": "demo_out/*/res_{run}_input_seed*/result_*_wav.mp4", "pick": "newest"}
    made = run(tmp_path, "odd place", output=rule)
    assert made.files == (tmp_path / "job" / "run" / "out" / "result_000_wav.mp4",)
    assert other.read_bytes() == b"of another run"


def test_the_highest_continuation_is_the_whole(tmp_path: Path) -> None:
    made = run(tmp_path, "numbered", output={"pattern": "{out}/*.mp4", "pick": "highest"})
    assert [it.name for it in made.files] == ["video_continue_10.mp4"]


def test_every_match_comes_back_in_order(tmp_path: Path) -> None:
    made = run(tmp_path, "numbered", output={"pattern": "{out}/video_continue_?.mp4", "pick": "all"})
    assert [it.name for it in made.files] == ["video_continue_1.mp4", "video_continue_2.mp4"]


def test_a_link_is_no_result(tmp_path: Path) -> None:
    with pytest.raises(NoOutput):
        run(tmp_path, "link")


def test_an_answer_is_read_from_a_printed_list(tmp_path: Path) -> None:
    made = run(tmp_path, "answers", output={"pick": "standard_output", "printed": "list"})
    assert made.data == {"text": "A cat on a mat."}


def test_a_flood_of_words_is_kept_up_to_a_bound(tmp_path: Path) -> None:
    assert run(tmp_path, "flood").files
    logs = list((tmp_path / "job" / "run").glob("script*.log"))
    assert len(logs) == 2
    assert sum(it.stat().st_size for it in logs) <= KEPT_BYTES + 2**18
    assert "119999" in (tmp_path / "job" / "run" / "script.log").read_text("utf-8")


def test_a_script_past_its_time_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(TimedOut, match=r"longer than the 0\.3 s"):
        run(tmp_path, "slow", {"timeout_s": 0.3})


def test_folders_with_spaces_and_quotes_never_reach_the_script(tmp_path: Path) -> None:
    folder = tmp_path / "Max's job; rm -rf @@" / "run"
    asked = order("generate_video", folder, {"prompt": "a cat", "image": "x.png"}, {"image": "image"})
    made = backend(tmp_path, "well").run(asked, progress)
    assert made.files == (folder / "out" / "result.mp4",)
    argv = json.loads((folder / "out" / "told.json").read_text("utf-8"))["argv"]
    paths = [word.partition("=")[2] for word in argv[1:] if "/" in word]
    assert len(paths) == 3
    assert not any(set(path) & set(" '\"@;&$") for path in paths)
    assert not any(Path(path).exists() for path in paths)


def test_torchrun_is_that_of_the_environment(tmp_path: Path) -> None:
    python = environment(tmp_path / "venv")
    program = ["torchrun", "--standalone", "--nproc_per_node=1", "generate.py"]
    assert run(tmp_path, "well", {"python": python}, program=program).files
    python.with_name("torchrun").unlink()
    with pytest.raises(CannotRun, match="needs torchrun beside"):
        run(tmp_path, "well", {"python": python}, program=program)


@pytest.mark.parametrize(
    ("place", "changes", "sentence"),
    [
        ({"checkout": None}, {}, "no checkout is told"),
        ({"checkout": Path("/nowhere/at/all")}, {}, "is no folder"),
        ({"python": None}, {}, "needs a Python environment of its own"),
        ({"python": Path("/nowhere/python")}, {}, "there is none at /nowhere/python"),
        ({}, {"program": ["python", "lost.py"]}, r"needs lost\.py in"),
        ({}, {"needs_files": ["{weights}/big"], "defaults": {"weights": "models"}}, "needs models/big in"),
        ({"weights": "/nowhere/w"}, {"needs_files": ["{weights}"]}, "needs /nowhere/w in"),
    ],
)
def test_what_is_missing_is_told_before_anything_starts(
    place: dict[str, Any], changes: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    it = backend(tmp_path, "well", place, **changes)
    with pytest.raises(CannotRun, match=sentence):
        it.load(progress)
    asked = order("generate_video", tmp_path / "job" / "run", {"prompt": "a cat"}, {})
    with pytest.raises(CannotRun, match=sentence):
        it.run(asked, progress)


def test_weights_that_the_command_names_must_be_there(tmp_path: Path) -> None:
    weights = {"org/model": "{weights}/model"}
    arguments = [["--behave=well"], ["--list={weights}/model"], ["--save_file={out}/result.mp4"]]
    with pytest.raises(CannotRun, match=r"needs the weights org/model in w/model; fetch them: hf download org/model"):
        run(tmp_path, "well", weights_at=weights, arguments=arguments, defaults={"weights": "w"})


def test_the_commit_of_the_weights_is_read_where_it_is_noted(tmp_path: Path) -> None:
    notes = tmp_path / "w" / ".cache" / "huggingface" / "download"
    notes.mkdir(parents=True)
    (notes / "model.safetensors.metadata").write_text("f" * 40 + "\nabc\n1.0\n", "utf-8")
    assert run(tmp_path, "well", {"weights": str(tmp_path / "w")}).weights_revision == "f" * 40


def test_what_the_script_would_replace_by_an_example_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="needs image; without it the script would take an example"):
        run(tmp_path, "well", needs=["image"])


def test_media_that_the_script_does_not_take_are_refused(tmp_path: Path) -> None:
    asked = order("generate_video", tmp_path / "r", {"prompt": "x", "video": "v.mp4"}, {"video": "video"})
    with pytest.raises(BadInput, match=r"takes no video; leave it out"):
        backend(tmp_path, "well").preview(asked)


def test_a_setting_that_the_script_does_not_take_is_a_warning(tmp_path: Path) -> None:
    asked = order("generate_video", tmp_path / "r", {"prompt": "x", "guidance": 4.0, "seed": 7, "steps": 3}, {})
    shown = backend(tmp_path, "well", fixed={"steps": 8}).preview(asked)
    assert shown["warnings"] == [
        "guidance is no setting of fake.script and was left out",
        "seed is no setting of fake.script and was left out",
        "fake.script uses 8 for steps, whatever is asked",
    ]
    assert shown["used"]["steps"] == 8


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [({"quality": "best"}, "is one of low, high"), ({"--flag": "x"}, "has no extra '--flag'; it has quality")],
)
def test_extra_settings_are_those_of_the_card(extra: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    asked = order("generate_video", tmp_path / "r", {"prompt": "x", "extra": extra}, {})
    arguments = [["--behave=well"], ["--prompt={extra[quality]}"]]
    with pytest.raises(BadInput, match=sentence):
        backend(tmp_path, "well", arguments=arguments).preview(asked)
