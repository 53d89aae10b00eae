"""The README is true: its answers are what the program prints, its commands run, its map is the tree."""

import ast
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelatlas.tools.cards.shelf import route
from modelatlas.tools.cards.table import table
from modelatlas.tools.places import read_places

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SOURCE = ROOT / "src" / "modelatlas"

CLAIM = (
    '{"subject": "Veo", "predicate": "price", "value": 0.4, "unit": "USD per second", "functional": true,'
    ' "valid_from": "2026-03", "recorded_at": "2026-03-04", "source": {"title": "price page"}}\n'
)
TURN = '{"session": "trip", "speaker": "user", "said_at": "2026-03-02", "text": "My hardware is one RTX 4090."}\n'
HARDWARE = '{"subject": "my hardware", "predicate": "card", "object": "RTX 4090", "source": {"id": "me"}}\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("readme")
    (made / "claims.jsonl").write_text(CLAIM + HARDWARE, encoding="utf-8")
    (made / "turns.jsonl").write_text(TURN, encoding="utf-8")
    return made


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command, comments=True)
    assert words[0] == "modelatlas"
    environment = {
        **os.environ,
        "MODELATLAS_DB": str(folder / "atlas.sqlite"),
        "MODELATLAS_NOW": "2026-11-23T12:00:00Z",
        "PYTHONUTF8": "1",
    }
    program = [sys.executable, "-c", "from modelatlas.agent.cli import main; main()", *words[1:]]
    return subprocess.run(
        program, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", input="y\n", check=False
    )


def shown_answers() -> Iterator[tuple[str, str]]:
    first = re.search(r"&& (modelatlas ask [^\n]*)\n\n```text\n(.*?)```", README, re.DOTALL)
    assert first is not None
    yield first[1], first[2].strip()
    for found in re.finditer(r"^    \$ (modelatlas .*)\n((?:(?:    (?!\$).*)?\n)+)", README, re.MULTILINE):
        yield found[1], re.sub(r"^    ", "", found[2], flags=re.MULTILINE).strip()


def commands() -> list[str]:
    found = re.findall(r"^    (modelatlas .*)$", README, re.MULTILINE)
    return found + re.findall(r"`(modelatlas (?:ask|forget|schema)[^`]*)`", README)


@pytest.mark.parametrize(("command", "answer"), list(shown_answers()))
def test_an_answer_that_is_shown_is_what_the_program_prints(command: str, answer: str, folder: Path) -> None:
    done = run(command, folder)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == answer


def test_every_command_runs(folder: Path) -> None:
    assert len(commands()) > 15
    for command in commands():
        done = run(command, folder)
        assert done.returncode == 0, (command, done.stderr)


def test_the_python_that_is_shown_runs(folder: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 2
    body = "\n".join(f"    {line}" for block in blocks for line in block.splitlines())
    told = (
        "    assert found.resolved and best.candidates and told['facts'] and notes.edges[0].fact == 'Ann lives in Bern'"
    )
    script = f"import asyncio\n\nasync def main():\n{body}\n{told}\n\nasyncio.run(main())\n"
    environment = {
        **os.environ,
        "PYTHONUTF8": "1",
        "MODELATLAS_NOW": "2026-11-23T12:00:00Z",
        "GRAPHITI_TELEMETRY_ENABLED": "false",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_table_of_models_is_made_from_the_cards() -> None:
    assert table() in README


def test_the_places_that_are_shown_can_be_read(tmp_path: Path) -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "places.toml").write_text(shown, encoding="utf-8")
    places = read_places(tmp_path / "places.toml", {"ARK_API_KEY": "a key"})
    assert {name: route(name)[1].id for name in places.routes} == {name: name for name in places.routes}
    assert places.of("seed-2.1.ark").api_key is not None


def test_the_map_names_every_file_with_its_first_sentence() -> None:
    drawn = (ROOT / "docs" / "map.md").read_text(encoding="utf-8").split("```")[1].splitlines()[2:]
    listed: dict[str, str] = {}
    path: list[str] = []
    for line in drawn:
        found = re.fullmatch(r"( *)(\S+)(?:\s+(\S.*))?", line)
        assert found is not None, line
        path = [*path[: len(found[1]) // 2 - 1], found[2].rstrip("/")]
        if found[1]:
            listed["/".join(path)] = found[3] or ""
    assert listed == dict(tree())


def tree() -> Iterator[tuple[str, str]]:
    for path in SOURCE.rglob("*"):
        name = path.relative_to(SOURCE).as_posix()
        if path.name in ("__init__.py", "__pycache__", "py.typed") or "__pycache__" in name:
            continue
        if name.startswith("tools/cards/models/"):
            continue  # a card a model: what each is of, its name says
        if path.is_dir():
            yield name, first_sentence(path / "__init__.py") if (path / "__init__.py").exists() else ""
        elif path.suffix == ".py":
            yield name, first_sentence(path)
        elif path.suffix in (".toml", ".txt", ".md", ".jsonl"):
            yield name, ""


def first_sentence(module: Path) -> str:
    said = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    assert said, f"{module} has no docstring"
    return said.splitlines()[0].rstrip(".")


def test_the_four_rooms_are_linked_at_the_top() -> None:
    for room in ("agent", "graph", "tools", "ingest"):
        assert (ROOT / room).is_symlink()
        assert (ROOT / room).resolve() == (SOURCE / room).resolve()


def test_no_tracked_file_names_a_registry_or_a_path_of_a_machine() -> None:
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    hosts = re.compile("pypi" + r"\.org|python" + r"hosted\.org|npm" + r"js\.org|/ho" + r"me/[a-z]|/ro" + "ot/")
    for name in filter(None, tracked.split("\0")):
        path = ROOT / name
        if path.is_file() and not path.is_symlink():
            assert not hosts.search(path.read_text(encoding="utf-8", errors="ignore")), name
