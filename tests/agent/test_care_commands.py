"""Backup, restore, check and compact at the command line."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from typed import TypeIn, stored

pytest_plugins = ("asked_atlas", "command_line")


@pytest.fixture
def backup(own_file: Path) -> Path:
    """Where a backup goes."""
    return own_file.with_name("backup.sqlite")


def add_a_claim(type_in: TypeIn, db: Path) -> None:
    claims = db.with_name("claims.jsonl")
    claims.write_text('{"subject": "Alder", "predicate": "chair", "object": "Ada", "source": {"id": "register"}}')
    assert type_in("ingest", claims, "--db", db).code == 0
    claims.unlink()


def test_a_backup_says_where_it_is_and_how_large(type_in: TypeIn, own_file: Path, backup: Path) -> None:
    told = type_in("backup", backup, "--db", own_file)
    assert told.code == 0
    assert told.out == f"Backed up to {backup} ({backup.stat().st_size:,} bytes), and checked.\n"
    assert told.err == ""
    again = type_in("backup", backup, "--db", own_file, "--force", "--json").json
    assert again == {"db": str(own_file), "backup": str(backup), "bytes": backup.stat().st_size}


def test_a_backup_that_is_there_is_not_overwritten_unasked(type_in: TypeIn, own_file: Path, backup: Path) -> None:
    backup.write_text("an older one")
    assert "--force" in type_in("backup", backup, "--db", own_file).error
    assert backup.read_text() == "an older one"


@pytest.mark.parametrize("words", [("backup", "b.sqlite"), ("check",), ("compact",)])
def test_what_cares_for_a_file_makes_none(type_in: TypeIn, tmp_path: Path, words: tuple[str, ...]) -> None:
    missing = tmp_path / "missing.sqlite"
    assert "no atlas at" in type_in(*words, "--db", missing).error
    assert not missing.exists()


def test_a_restore_brings_back_the_backup_and_keeps_what_was(type_in: TypeIn, own_file: Path, backup: Path) -> None:
    type_in("backup", backup, "--db", own_file)
    add_a_claim(type_in, own_file)
    told = type_in("restore", backup, "--yes", "--json", "--db", own_file).json
    assert (told["db"], told["backup"]) == (str(own_file), str(backup))
    assert Path(told["kept"]).parent == own_file.parent
    assert "Alder" in type_in("recall", "Alder", "--db", own_file).error
    assert "Ada" in type_in("recall", "Alder", "--db", told["kept"]).out
    said = type_in("restore", backup, "--yes", "--db", own_file).out
    assert said.startswith(f"Restored {own_file} from {backup}. What it was is kept in ")
    assert told["kept"] not in said


def test_a_restore_can_leave_no_copy(type_in: TypeIn, own_file: Path, backup: Path) -> None:
    type_in("backup", backup, "--db", own_file)
    told = type_in("restore", backup, "--yes", "--without-copy", "--json", "--db", own_file).json
    assert told["kept"] is None
    assert sorted(file.name for file in own_file.parent.iterdir()) == ["backup.sqlite", "own.sqlite"]


def test_a_restore_asks_first(type_in: TypeIn, own_file: Path, backup: Path) -> None:
    type_in("backup", backup, "--db", own_file)
    add_a_claim(type_in, own_file)
    before = stored(own_file)
    for answer in ("n\n", "\n", ""):
        ended = type_in("restore", backup, "--db", own_file, stdin=answer)
        assert ended.code == 1
        assert "what was forgotten since comes back" in ended.err
        assert stored(own_file) == before
    assert type_in("restore", backup, "--db", own_file, stdin="y\n").out.strip().startswith("Restored")
    assert "Alder" in type_in("recall", "Alder", "--db", own_file).error


def test_what_is_no_backup_is_one_sentence(type_in: TypeIn, own_file: Path, backup: Path) -> None:
    before = stored(own_file)
    backup.write_text("# notes\n" * 200)
    assert "nothing was changed" in type_in("restore", backup, "--yes", "--db", own_file).error
    assert "no backup at" in type_in("restore", backup.with_name("none"), "--yes", "--db", own_file).error
    assert stored(own_file) == before


def test_a_check_of_a_sound_file_ends_with_0(type_in: TypeIn, own_file: Path) -> None:
    told = type_in("check", "--db", own_file)
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith(f"Nothing is wrong with {own_file} (")
    found = type_in("check", "--json", "--db", own_file).json
    assert (found["found"], found["findings"], found["unchecked"]) == (0, [], [])
    assert found["checked"]["claims"] > 1000
    assert found["db"] == str(own_file)


def test_a_check_lists_what_is_wrong_and_ends_with_1(type_in: TypeIn, own_file: Path) -> None:
    with closing(sqlite3.connect(own_file, isolation_level=None)) as connection:
        connection.execute("UPDATE edge SET fact = 'a lie' WHERE id = 1")
    told = type_in("check", "--db", own_file)
    assert (told.code, told.err) == (1, "")
    *findings, verdict = told.out.splitlines()
    assert [("is stored otherwise (fact)" in line, "modelatlas restore" in line) for line in findings] == [(True, True)]
    assert verdict.startswith(f"1 finding in {own_file}")
    listed = type_in("check", "--json", "--db", own_file)
    assert listed.code == 1
    assert [finding["kind"] for finding in listed.json["findings"]] == ["belief"]
    assert [finding["text"] for finding in listed.json["findings"]] == findings


def test_a_check_of_a_damaged_file_is_no_traceback(type_in: TypeIn, own_file: Path) -> None:
    size = own_file.stat().st_size
    with own_file.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\x5a" * 40960)
    told = type_in("check", "--db", own_file)
    assert (told.code, told.err) == (1, "")
    assert "malformed" in told.out
    assert "bring a backup back with `modelatlas restore FILE`" in told.out
    own_file.write_bytes(b"\x5a" * size)
    told = type_in("check", "--db", own_file)
    assert (told.code, told.err) == (1, "")
    assert "file is not a database" in told.out


def test_compacting_says_how_much_it_took(type_in: TypeIn, own_file: Path) -> None:
    with closing(sqlite3.connect(own_file, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE ballast AS SELECT randomblob(900) FROM claim")
        connection.execute("DROP TABLE ballast")
    told = type_in("compact", "--json", "--db", own_file).json
    assert told["after"] == own_file.stat().st_size < told["before"]
    assert "before it took" in type_in("compact", "--db", own_file).out
    assert type_in("check", "--db", own_file).code == 0


def test_what_is_for_files_says_what_to_do_on_a_server(type_in: TypeIn, backup: Path) -> None:
    server = "neo4j://localhost:1/atlas"
    told = type_in("backup", backup, "--db", server).error
    assert "`neo4j-admin database dump atlas --to-path=FOLDER`" in told
    told = type_in("restore", backup, "--yes", "--db", server).error
    assert "`neo4j-admin database load atlas --from-path=FOLDER --overwrite-destination=true`" in told
    told = type_in("compact", "--db", server).out
    assert told.startswith(f"There is nothing to compact at {server}: ")
    assert type_in("compact", "--json", "--db", server).json == {"db": server, "before": None, "after": None}


@pytest.mark.parametrize("command", ["backup", "restore", "check", "compact"])
def test_the_help_has_examples(type_in: TypeIn, command: str) -> None:
    shown = type_in(command, "--help").out
    assert f"modelatlas {command}" in shown
    assert "Examples:" in shown
    assert "--json" in shown


SLOWLY = """
import sys, time
from modelatlas.agent.cli import main
from modelatlas.graph.sqlite.care.errand import Errand
reached = Errand.reached
def slowly(errand, part, done, total):
    print("working", flush=True)
    time.sleep(0.2)
    reached(errand, part, done, total)
Errand.reached = slowly
sys.argv = ["modelatlas", *sys.argv[1:]]
main()
"""


def test_an_interrupted_backup_leaves_nothing(own_file: Path, backup: Path) -> None:
    words = [sys.executable, "-c", SLOWLY, "backup", str(backup), "--db", str(own_file)]
    environment = {**os.environ, "MODELATLAS_DB": str(own_file)}
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline() == "working\n"
        running.send_signal(signal.SIGINT)
        rest, told = running.stdout.read(), running.stderr.read()
    assert running.returncode == 130
    assert "Traceback" not in told
    assert rest.count("working") < 3
    assert [file.name for file in own_file.parent.iterdir()] == ["own.sqlite"]
