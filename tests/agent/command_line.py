"""Fixture: the command line, without a process of its own but through `main`, so that exit codes are the real ones.

A test module takes it with `pytest_plugins`.
"""

import io
from pathlib import Path

import pytest
from typed import Typed, TypeIn

from modelatlas.agent.cli import main


@pytest.fixture
def type_in(clock: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> TypeIn:
    """Type a command and see what comes back."""

    def typed(*words: str | Path, stdin: str = "") -> Typed:
        monkeypatch.setattr("sys.argv", ["modelatlas", *map(str, words)])
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        monkeypatch.setenv("COLUMNS", "120")
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        printed = capsys.readouterr()
        return Typed(code, printed.out, printed.err)

    return typed
