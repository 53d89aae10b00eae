"""Words with names in braces: what a card may say, and that nobody's words become a flag, a file or a command."""

import argparse
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from script_orders import order, route_of

from modelatlas.graph.errors import BadInput
from modelatlas.tools.backends.repo_script import ScriptBackend
from modelatlas.tools.backends.script_names import COMPUTED
from modelatlas.tools.cards.script_settings import ScriptSettings
from modelatlas.tools.places import Place

PROMPTS = [
    "plain",
    "-rf /",
    "--prompt=other --save_file=/etc/passwd",
    'it\'s "quoted" and `run` $(rm -rf /) ${HOME} ; | & > < * ?',
    "two\nlines\r\nand\ttabs",
    "a @@ b @@ c",
    "{seed} {out} {{x}} %s",
    "一只猫在弹钢琴 🎹 é",
    " leading and trailing ",
    "a=b,c=d",
    "\\ \\\\ \\n",
]


def _shown(settings: dict[str, Any], arguments: dict[str, Any], tmp_path: Path, tool: str = "generate_video") -> Any:
    asked = order(tool, tmp_path / "job" / "run", arguments, {})
    return ScriptBackend(route_of(settings), Place()).preview(asked)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_prompt_arrives_as_it_is_in_one_word_of_its_own(prompt: str, tmp_path: Path) -> None:
    arguments = [["--prompt={prompt}"], ["--words={prompt}", "--seed={seed}"]]
    shown = _shown({"arguments": arguments}, {"prompt": prompt, "seed": 5}, tmp_path)
    assert shown["argv"][2:] == [f"--prompt={prompt}", f"--words={prompt}", "--seed=5"]
    parser = argparse.ArgumentParser()
    parser.add_argument("--prompt")
    parser.add_argument("--words", nargs="+")
    parser.add_argument("--seed", type=int)
    parsed = parser.parse_args(shown["argv"][2:])
    assert (parsed.prompt, parsed.words, parsed.seed) == (prompt, [prompt], 5)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_a_prompt_in_a_file_of_json_arrives_as_it_is(prompt: str, tmp_path: Path) -> None:
    settings = {"arguments": [["--input={written[input.json]}"]], "written": {"input.json": {"prompt": "{prompt}"}}}
    shown = _shown(settings, {"prompt": prompt}, tmp_path)
    ((path, text),) = shown["written"].items()
    assert json.loads(text) == {"prompt": prompt}
    assert shown["argv"][2:] == [f"--input={path}"]
    assert Path(path).parent == tmp_path / "job" / "run"


@pytest.mark.parametrize(
    ("prompt", "sentence"), [("two\nlines", "leave line breaks out"), ("a@@b", "@@, which fake.script reads")]
)
def test_a_prompt_that_would_break_a_line_of_a_file_is_refused(prompt: str, sentence: str, tmp_path: Path) -> None:
    settings = {"arguments": [["--input={written[list.txt]}"]], "written": {"list.txt": "key@@{prompt}@@x"}}
    with pytest.raises(BadInput, match=sentence):
        _shown(settings, {"prompt": prompt}, tmp_path)


def test_a_zero_character_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="zero character"):
        _shown({"arguments": [["--prompt={prompt}"]]}, {"prompt": "a\0b"}, tmp_path)


@pytest.mark.parametrize("voice", ["../../evil", "/etc/x", "a\\b", "-x", "$(x)"])
def test_a_voice_is_a_name_and_no_path(voice: str, tmp_path: Path) -> None:
    settings = {"arguments": [["--text={text}", "--voice=voices/{voice}.pt"]]}
    with pytest.raises(BadInput, match="is no name of one"):
        _shown(settings, {"text": "hello", "voice": voice}, tmp_path, "speak")


def test_groups_without_a_value_are_left_out(tmp_path: Path) -> None:
    arguments = [
        ["--a={steps}", "--b"],
        ["--c", "{seed}"],
        ["{?extra[fast]}--fast"],
        ["{!extra[fast]}--slow"],
        ["{?extra[fast]}", "--twice"],
    ]
    settings = {"arguments": arguments, "extra": {"fast": "switch"}}
    assert _shown(settings, {"prompt": "x"}, tmp_path)["argv"][2:] == ["--c", "42", "--slow"]
    shown = _shown(settings, {"prompt": "x", "steps": 4, "extra": {"fast": "true"}}, tmp_path)
    assert shown["argv"][2:] == ["--a=4", "--b", "--c", "42", "--fast", "--twice"]
    shown = _shown(settings, {"prompt": "x", "extra": {"fast": False}}, tmp_path)
    assert shown["argv"][2:] == ["--c", "42", "--slow"]


def test_several_files_become_several_words_or_one_that_is_joined(tmp_path: Path) -> None:
    settings = {"arguments": [["--each", "{references}"], ["--joined={references:@@}"], ["--second={references[1]}"]]}
    arguments = {"prompt": "x", "references": ["a.png", "b.png"]}
    files = {"references[0]": "image", "references[1]": "image"}
    asked = order("generate_video", tmp_path / "job" / "run", arguments, files)
    first, second = (str(it.path) for it in asked.inputs.values())
    argv = ScriptBackend(route_of(settings), Place()).preview(asked)["argv"]
    assert argv[2:] == ["--each", first, second, f"--joined={first}@@{second}", f"--second={second}"]


def test_one_image_is_not_taken_where_two_are_given(tmp_path: Path) -> None:
    files = {"references[0]": "image", "references[1]": "image"}
    asked = order("generate_video", tmp_path / "r", {"prompt": "x", "references": ["a", "b"]}, files)
    with pytest.raises(BadInput, match="takes 1 of references, not 2"):
        ScriptBackend(route_of({"arguments": [["--image={references[0]}"]]}), Place()).preview(asked)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"arguments": [["--x={nonsense}"]]}, r"\{nonsense\} stands for nothing"),
        ({"arguments": [["--x={written[a.txt]}"]]}, "names nothing that the card has under written"),
        ({"arguments": [["--x={extra[fast]}"]]}, "names nothing that the card has under extra"),
        ({"arguments": [["--x={}"]]}, "belongs to no name"),
        ({"arguments": [["--prompt", "{prompt}"]]}, r"could be read as a flag: write it as --flag=\{prompt\}"),
        ({"arguments": [["{?seed}{prompt}"]]}, "could be read as a flag"),
        (
            {"arguments": [["{chosen[a]}"]], "chosen": {"a": [{"value": "{question}"}]}},
            "could be read as a flag",
        ),
        ({"joined": {"hp": {"by": ",", "parts": ["p={prompt}"]}}}, "whose words could hold ','"),
        ({"written": {"../x.txt": "a"}}, "no plain name"),
        ({"arguments": [["--size={size}"]]}, "needs sizes to choose from"),
        ({"chosen": {"a": [{"when": ["imagine"], "value": "b"}]}}, r"\{imagine\} stands for nothing"),
        ({"needs": ["image|picture"]}, r"\{picture\} stands for nothing"),
        ({"output": {"pattern": "{nowhere}/*.mp4", "pick": "newest"}}, r"\{nowhere\} stands for nothing"),
    ],
)
def test_a_card_that_cannot_work_is_refused_when_it_is_read(change: dict[str, Any], sentence: str) -> None:
    card: dict[str, Any] = {
        "backend": "repo_script",
        "repository": "https://example.org/x",
        "revision": None,
        "program": ["python", "x.py"],
        "arguments": [],
        "output": {"pattern": "{out}/*", "pick": "newest"},
    }
    with pytest.raises(ValidationError, match=sentence):
        ScriptSettings.model_validate(card | change)


def test_every_name_says_what_it_stands_for() -> None:
    assert all(it.meaning for it in COMPUTED.values())
