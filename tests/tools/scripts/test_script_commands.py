"""The command of every card is taken by the parser of its repository, and says what the request says."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from argument_tables import Refused, parser_of, tables
from script_orders import order, script_routes

from modelatlas.tools.backends.repo_script import ScriptBackend
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.script_settings import ScriptSettings
from modelatlas.tools.places import Place

ROUTES = {it.id: it for _, it in script_routes() if it.runnable}
TABLES = tables()
PROMPT = 'A "cat" & $(dog) -- 猫'
MEDIA = {"image": "image", "mask": "image", "audio": "audio", "voice_sample": "audio", "video": "video"}
TIMES = [{"word": "hello", "start": 0.0, "end": 0.4}]
TWO = {
    "persons": [
        {"audio": "a.wav", "bbox": [0, 0, 100, 100], "mask": "a.png"},
        {"audio": "b.wav", "bbox": [0, 100, 100, 200], "mask": "b.png"},
    ]
}

# By tool: the least that can be asked, and as much as can be asked, where a route takes it.
LEAST: dict[str, dict[str, Any]] = {
    "understand": {"question": PROMPT, "images": ["a.png"]},
    "generate_image": {"prompt": PROMPT},
    "edit_image": {"instruction": PROMPT, "images": ["a.png"]},
    "generate_video": {"prompt": PROMPT},
    "restore_video": {"video": "v.mp4"},
    "generate_3d": {"image": "a.png"},
    "generate_audio": {"video": "v.mp4"},
    "speak": {"text": PROMPT, "voice_sample": "v.wav"},
    "edit_speech": {"audio": "a.wav", "said": "hello", "wanted": PROMPT, "word_times": TIMES},
    "avatar": {"image": "a.png", "audio": "a.wav"},
    "embed_video": {"video": "v.mp4"},
    "explore_world": {"image": "a.png"},
}
MOST: dict[str, dict[str, Any]] = {
    "understand": {"max_tokens": 64},
    "generate_image": {"negative_prompt": "blur", "steps": 7, "guidance": 4.5, "width": 640, "height": 384, "seed": 9},
    "edit_image": {"negative_prompt": "blur", "steps": 7, "guidance": 4.5, "image_guidance": 1.5, "seed": 9},
    "generate_video": {"steps": 7, "guidance": 4.5, "width": 480, "height": 832, "frames": 30, "seed": 9},
    "restore_video": {"height": 720, "seed": 9},
    "generate_3d": {"steps": 7, "guidance": 4.5, "seed": 9},
    "generate_audio": {"guidance": 3.0},
    "speak": {"seed": 42},
    "edit_speech": {"steps": 7},
    "avatar": {
        "prompt": PROMPT,
        "resolution": "720p",
        "steps": 7,
        "text_guidance": 4.5,
        "audio_guidance": 3.5,
        "seed": 9,
    },
    "embed_video": {},
    "explore_world": {"prompt": PROMPT, "steps": 7, "seed": 9, "actions": [{"keys": ["W"], "frames": 100}]},
}
ASKED: dict[str, dict[str, Any]] = {
    "magref.script": {"references": ["a.png", "b.png"]},
    "longcat-avatar.multi": {"audio": None, "persons": [{"audio": "a.wav"}, {"audio": "b.wav"}]},
}
# Settings that change nothing for the least that can be asked, by route and tool.
IDLE = {("playmate2.script", "avatar"): "gpu_num", ("wan2.1.generate", "generate_image"): "model"}


def _files(tool: str, arguments: dict[str, Any]) -> dict[str, str]:
    found = {name: MEDIA[name] for name, value in arguments.items() if name in MEDIA and value}
    for field in ("images", "references"):
        found |= {f"{field}[{number}]": "image" for number in range(len(arguments.get(field, ())))}
    for number, person in enumerate(arguments.get("persons", ())):
        found |= {f"persons[{number}].{name}": MEDIA[name] for name in ("audio", "mask") if name in person}
    return found


def _command(id: str, tool: str, arguments: dict[str, Any], folder: Path) -> dict[str, Any]:
    arguments = {name: value for name, value in arguments.items() if value is not None}
    place = Place(checkout=folder / "checkout", python=Path("/venv/bin/python"))
    return ScriptBackend(ROUTES[id], place).preview(order(tool, folder / "run", arguments, _files(tool, arguments)))


def _settings(route: Route) -> ScriptSettings:
    assert isinstance(route.run, ScriptSettings)
    return route.run


def _parsed(id: str, command: dict[str, Any]) -> dict[str, Any]:
    settings = _settings(ROUTES[id])
    words = command["argv"][len(settings.program) + (settings.driver is not None) :]
    if settings.driver is not None:
        driver = importlib.import_module(f"modelatlas.tools.backends.drivers.{settings.driver.removesuffix('.py')}")
        parser = driver.parser()
        parser.exit_on_error = False
    else:
        parser = parser_of(TABLES[id])
    found: dict[str, Any] = vars(parser.parse_args(words))
    return found


CASES = [(it.id, tool) for _, it in sorted(ROUTES.items()) for tool in it.tools]


def test_every_route_that_a_script_runs_is_tried() -> None:
    assert len(ROUTES) >= 30
    assert set(ROUTES) <= set(TABLES)


@pytest.mark.parametrize(("id", "tool"), CASES)
def test_the_least_that_can_be_asked_makes_a_command_that_the_parser_takes(id: str, tool: str, tmp_path: Path) -> None:
    command = _command(id, tool, LEAST[tool] | ASKED.get(id, {}), tmp_path)
    assert _parsed(id, command)
    assert command["warnings"] == []
    assert not any("{" in word and "}" in word for word in command["argv"])


@pytest.mark.parametrize(("id", "tool"), CASES)
def test_the_most_that_can_be_asked_makes_a_command_that_the_parser_takes(id: str, tool: str, tmp_path: Path) -> None:
    command = _command(id, tool, LEAST[tool] | MOST[tool] | ASKED.get(id, {}), tmp_path)
    parsed = _parsed(id, command)
    values = [str(it) for value in parsed.values() for it in (value if isinstance(value, list) else [value])]
    said = "\n".join(values + [json.dumps(it, ensure_ascii=False) for it in command["written"].values()])
    names = _settings(ROUTES[id]).names
    asked = LEAST[tool] | MOST[tool]
    for name in ("seed", "steps", "guidance", "text_guidance", "audio_guidance", "image_guidance"):
        if name in names and name in asked:
            assert str(asked[name]) in said, name
    if {"prompt", "instruction", "question", "text", "wanted"} & names:
        assert "$(dog)" in said
    for extra, kind in _settings(ROUTES[id]).extra.items():
        value = kind[-1] if isinstance(kind, tuple) else {"switch": True, "int": 3, "float": 0.5}[kind]
        again = _command(id, tool, LEAST[tool] | ASKED.get(id, {}) | {"extra": {extra: value}}, tmp_path)
        assert again["used"][extra] == value
        assert _parsed(id, again)
        same = again["argv"] == _command(id, tool, LEAST[tool] | ASKED.get(id, {}), tmp_path)["argv"]
        assert same == (IDLE.get((id, tool)) == extra), extra


@pytest.mark.parametrize("id", sorted(it.id for it in ROUTES.values() if _settings(it).driver))
def test_a_driver_takes_the_arguments_that_its_repository_has(id: str) -> None:
    driver = str(_settings(ROUTES[id]).driver).removesuffix(".py")
    parser = importlib.import_module(f"modelatlas.tools.backends.drivers.{driver}").parser()
    known = {name.removeprefix("--") for it in parser._actions for name in it.option_strings}
    assert {row["flag"] for row in TABLES[id]} <= known


def test_a_parser_of_a_table_refuses_what_the_repository_has_not() -> None:
    with pytest.raises(Refused, match="unrecognized"):
        parser_of(TABLES["wan2.1.generate"]).parse_args(["--steps=4"])
    with pytest.raises(Refused, match="invalid choice"):
        parser_of(TABLES["wan2.1.generate"]).parse_args(["--size=640*360"])


@pytest.mark.parametrize("id", ["omniavatar-14b", "omniavatar-1.3b"])
def test_omniavatar_gets_a_line_and_pairs(id: str, tmp_path: Path) -> None:
    command = _command(id, "avatar", LEAST["avatar"] | MOST["avatar"] | {"extra": {"max_tokens": 20000}}, tmp_path)
    pairs = dict(pair.split("=") for pair in _parsed(id, command)["hparams"].split(","))
    assert set(pairs) <= {row["flag"] for row in TABLES[id]}
    assert pairs["seed"] == "9"
    assert pairs["num_steps"] == "7"
    assert pairs["guidance_scale"] == "4.5"
    assert pairs["audio_scale"] == "3.5"
    assert pairs["max_tokens"] == "20000"
    ((path, line),) = command["written"].items()
    assert line.split("@@")[0] == PROMPT
    assert line.count("@@") == 2
    assert line.endswith("1.wav\n")
    assert _parsed(id, command)["input_file"] == path
    assert command["warnings"] == [f"{id} uses 480p for resolution, whatever is asked"]


def test_multitalk_gets_boxes_and_voices_of_two(tmp_path: Path) -> None:
    asked = {"image": "a.png", "audio_mode": "add", **TWO}
    (text,) = _command("multitalk.script", "avatar", asked, tmp_path)["written"].values()
    told = json.loads(text)
    assert told["audio_type"] == "add"
    assert list(told["cond_audio"]) == ["person1", "person2"]
    assert told["cond_audio"]["person1"].endswith("1.wav")
    assert told["bbox"] == {"person1": [0, 0, 100, 100], "person2": [0, 100, 100, 200]}
    assert "tts_audio" not in told


def test_multitalk_speaks_text_with_a_voice_of_its_own(tmp_path: Path) -> None:
    command = _command("multitalk.script", "avatar", {"image": "a.png", "text": "Hello.", "voice": "bf_emma"}, tmp_path)
    (text,) = command["written"].values()
    told = json.loads(text)
    assert told["tts_audio"] == {"text": "Hello.", "human1_voice": "weights/Kokoro-82M/voices/bf_emma.pt"}
    assert told["cond_audio"] == {}
    assert "--audio_mode=tts" in command["argv"]


def test_infinitetalk_names_the_image_as_its_video(tmp_path: Path) -> None:
    command = _command("infinitetalk.script", "avatar", LEAST["avatar"], tmp_path)
    (text,) = command["written"].values()
    assert json.loads(text)["cond_video"].endswith("0.png")
    assert "--max_frame_num=125" in command["argv"]


@pytest.mark.parametrize(
    ("seconds", "segments"), [(1.0, 1), (93 / 25, 1), (3.73, 2), (173 / 25, 2), (10.0, 3), (11.0, 4)]
)
def test_longcat_gets_as_many_segments_as_the_speech_needs(seconds: float, segments: int, tmp_path: Path) -> None:
    given = order("avatar", tmp_path / "run", LEAST["avatar"], {"image": "image", "audio": "audio"}, seconds)
    command = ScriptBackend(ROUTES["longcat-avatar.single"], Place()).preview(given)
    assert f"--num_segments={segments}" in command["argv"]
    assert command["used"]["steps"] == 8
    assert command["used"]["text_guidance"] == 1.0


@pytest.mark.parametrize(
    ("asked", "task", "folder"),
    [
        ({}, "t2v-1.3B", "Wan2.1-T2V-1.3B"),
        ({"extra": {"model": "14B"}}, "t2v-14B", "Wan2.1-T2V-14B"),
        ({"image": "a.png"}, "i2v-14B", "Wan2.1-I2V-14B-480P"),
        ({"image": "a.png", "last_image": "b.png"}, "flf2v-14B", "Wan2.1-FLF2V-14B-720P"),
        ({"references": ["a.png", "b.png"]}, "vace-1.3B", "Wan2.1-VACE-1.3B"),
        ({"video": "v.mp4"}, "vace-1.3B", "Wan2.1-VACE-1.3B"),
    ],
)
def test_wan_takes_the_task_that_fits_what_is_given(
    asked: dict[str, Any], task: str, folder: str, tmp_path: Path
) -> None:
    arguments = {"prompt": "x", "seconds": 2.0, **asked}
    files = _files("generate_video", arguments) | ({"last_image": "image"} if "last_image" in asked else {})
    command = ScriptBackend(ROUTES["wan2.1.generate"], Place(weights="/models")).preview(
        order("generate_video", tmp_path / "run", arguments, files)
    )
    parsed = _parsed("wan2.1.generate", command)
    assert parsed["task"] == task
    assert parsed["ckpt_dir"] == f"/models/{folder}"
    assert parsed["frame_num"] == 33
    assert bool(parsed["image"]) == (task == "i2v-14B")
    assert bool(parsed["first_frame"] and parsed["last_frame"]) == (task == "flf2v-14B")
    assert (parsed["src_ref_images"] or "").count(",") == ("references" in asked)
    assert command["warnings"] == ["32 frames became 33: this model makes 4n + 1"]


def test_a_size_that_the_model_has_not_becomes_the_nearest_and_is_told(tmp_path: Path) -> None:
    command = _command("moviigen-1.1.script", "generate_video", {"prompt": "x", "width": 700, "height": 1200}, tmp_path)
    assert "--size=720*1280" in command["argv"]
    assert command["warnings"][0].startswith("700*1200 became 720*1280")


def test_an_avatar_without_size_keeps_the_shape_of_its_image(tmp_path: Path) -> None:
    assert "--size=832*480" in _command("wan2.2.s2v.generate", "avatar", LEAST["avatar"], tmp_path)["argv"]
    larger = LEAST["avatar"] | {"resolution": "720p", "max_seconds": 4.0}
    command = _command("wan2.2.s2v.generate", "avatar", larger, tmp_path)
    assert {"--size=1280*720", "--num_clip=1"} <= set(command["argv"])


def test_playmate_gets_folders_of_the_voices_and_masks_of_two(tmp_path: Path) -> None:
    parsed = _parsed("playmate2.script", _command("playmate2.script", "avatar", {"image": "a.png", **TWO}, tmp_path))
    assert parsed["audio_path"] == str(tmp_path / "run" / "only_audio")
    assert parsed["mask_path"] == str(tmp_path / "run" / "only_mask")
    assert (parsed["id_num"], parsed["gpu_num"]) == (2, 3)


def test_worlds_are_as_long_as_the_actions_and_say_that_the_moves_are_their_own(tmp_path: Path) -> None:
    asked = LEAST["explore_world"] | {"actions": [{"keys": ["W"], "frames": 97}, {"keys": ["A"], "frames": 1}]}
    command = _command("matrix-game-3.0", "explore_world", asked, tmp_path)
    assert "--num_iterations=3" in command["argv"]
    assert command["warnings"] == ["matrix-game-3.0 uses moves of the script's own for actions, whatever is asked"]


def test_restoring_keeps_the_shape_of_the_video(tmp_path: Path) -> None:
    parsed = _parsed(
        "seedvr2.official-3b", _command("seedvr2.official-3b", "restore_video", LEAST["restore_video"], tmp_path)
    )
    assert (parsed["res_w"], parsed["res_h"]) == (1280, 720)
    assert parsed["video_path"] == str(tmp_path / "run" / "only_video")
