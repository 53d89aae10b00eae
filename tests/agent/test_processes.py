"""The program as a process of its own: what it imports, what it prints where, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest_plugins = ("asked_atlas",)

HEAVY = ("langgraph", "graphiti_core", "langchain_core", "matplotlib", "rjieba", "dateparser", "numpy", "pydantic")


def imported_by(code: str, db: Path) -> set[str]:
    """The heavy packages that a piece of code has imported when it is done."""
    told = f"{code}\nimport sys\nprint([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", told], capture_output=True, text=True, check=True, env=environment(db)
    )
    return set(json.loads(done.stderr.splitlines()[-1].replace("'", '"')))


def environment(db: Path) -> dict[str, str]:
    return {**os.environ, "MODELATLAS_DB": str(db), "MODELATLAS_NOW": "2026-11-23T12:00:00Z", "PYTHONUTF8": "1"}


def run_main(*words: str) -> str:
    lines = ["import sys", f"sys.argv = {['modelatlas', *words]!r}", "from modelatlas.agent.cli import main"]
    return "\n".join([*lines, "try:", "    main()", "except SystemExit:", "    pass"])


def test_the_command_line_by_itself_imports_nothing_heavy(catalogue_file: Path) -> None:
    assert imported_by("import modelatlas.agent.cli", catalogue_file) == set()
    assert imported_by(run_main("--help"), catalogue_file) == set()
    assert imported_by(run_main("ask", "--help"), catalogue_file) <= {"pydantic"}  # typer reads types with it


@pytest.mark.parametrize(
    "words",
    [("recall", "BAGEL", "licence"), ("search", "talking avatar"), ("history", "Imagen", "access")],
)
def test_a_command_that_reads_needs_no_agent_and_no_graphiti(catalogue_file: Path, words: tuple[str, ...]) -> None:
    assert imported_by(run_main(*words), catalogue_file) <= {"pydantic"}


def test_an_answer_needs_no_graphiti(catalogue_file: Path) -> None:
    code = run_main("ask", "which open model can edit an image and run under 20 GB?")
    assert not imported_by(code, catalogue_file) & {"graphiti_core", "matplotlib", "numpy"}


def script(*words: str, db: Path) -> subprocess.CompletedProcess[str]:
    """The installed program."""
    program = Path(sys.executable).with_name("modelatlas")
    return subprocess.run([str(program), *words], capture_output=True, text=True, check=False, env=environment(db))


def test_the_installed_program_answers_in_chinese(catalogue_file: Path) -> None:
    done = script("ask", "Imagen 4 什么时候停止服务？", "--json", db=catalogue_file)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["language"] == "zh"
    assert [fact["object"] for fact in found["facts"]] == ["2026-08-17"]


def test_the_installed_program_ends_with_2_and_one_sentence(catalogue_file: Path) -> None:
    done = script("recall", "Nexus-Jen", db=catalogue_file)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("modelatlas: ")
    assert "Nexus-Gen" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_reader_that_stops_early_gets_no_traceback(catalogue_file: Path) -> None:
    program = Path(sys.executable).with_name("modelatlas")
    with subprocess.Popen(
        [str(program), "export"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(catalogue_file)
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert b"Traceback" not in running.stderr.read()
