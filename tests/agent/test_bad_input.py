"""What a person gets wrong: one sentence on standard error, exit code 2, and nothing written."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typed import TypeIn, stored

pytest_plugins = ("asked_atlas", "command_line")

WRONG: list[tuple[list[str], str]] = [
    (["recall", "Nexus-Jen"], "Nexus-Gen"),
    (["history", "OmniAvatr"], "OmniAvatar"),
    (["compare", "BAGEL", "OmniGen9"], "OmniGen2"),
    (["diff", "Nexus-Jen", "--as-of", "2025-05", "--and", "2025-08"], "Nexus-Gen"),
    (["forget", "Nexus-Jen", "--yes"], "Nexus-Gen"),
    (["recall", "Quetzalcoatlus"], "Quetzalcoatlus"),
    (["recall", "BAGEL", "--as-of", "the day of the dead parrot"], "not a date"),
    (["recall", "BAGEL", "--as-of", "2025-13"], "not a date"),
    (["recall", "BAGEL", "--known-at", "2025-02-30"], "not a date"),
    (["recall", "BAGEL", "--as-of", ""], "not a date"),
    (["ask", "What is BAGEL?", "--as-of", "2025-06-31"], "not a date"),
    (["recommend", "image_edit", "--as-of", "someday maybe"], "not a date"),
    (["recommend", "pasta"], "no task"),
    (["recommend", "image_edit", "--input", "smell"], "no modality"),
    (["recommend", "image_edit", "--output", "smell"], "no modality"),
    (["diff", "BAGEL", "--as-of", "2025-05"], "--and"),
    (["diff", "BAGEL", "--and", "2025-05"], "--and"),
    (["diff", "BAGEL", "--as-of", "2025-05", "--known-at", "2025-06", "--and", "2025-08"], "--and"),
    (["compare", "BAGEL"], "two or more"),
    (["ask", ""], "empty"),
    (["ask", " \n\t "], "empty"),
    (["ingest", "no such file.jsonl"], "does not exist"),
    (["history", "BAGEL", "--plot", "bagel.gif"], ".svg"),
    (["history", "BAGEL", "--plot", "bagel.svg"], "name a predicate"),
    (["forget"], "Say what to forget"),
]


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_a_wrong_command_is_one_sentence_and_writes_nothing(
    type_in: TypeIn, own_file: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], told: str
) -> None:
    monkeypatch.chdir(own_file.parent)
    before, files = stored(own_file), set(own_file.parent.iterdir())
    ended = type_in(*words, "--db", own_file)
    assert told in ended.error
    assert stored(own_file) == before
    assert set(own_file.parent.iterdir()) == files


@pytest.mark.parametrize(
    "words", [["recall"], ["recommend"], ["dance"], ["status", "--loudly"], ["search", "x", "--limit", "0"]]
)
def test_a_command_that_cannot_be_read_ends_with_2(type_in: TypeIn, words: list[str]) -> None:
    ended = type_in(*words)
    assert (ended.code, ended.out) == (2, "")
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("words", [["status"], ["ask", "What is BAGEL?"], ["recall", "BAGEL"], ["export"]])
def test_a_file_of_another_program_is_left_alone(type_in: TypeIn, tmp_path: Path, words: list[str]) -> None:
    foreign = tmp_path / "photos.sqlite"
    with closing(sqlite3.connect(foreign)) as connection:
        connection.execute("CREATE TABLE photo (name TEXT)")
        connection.execute("INSERT INTO photo VALUES ('cat.jpg')")
        connection.commit()
    before = foreign.read_bytes()
    assert "another program" in type_in(*words, "--db", foreign).error
    assert foreign.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(type_in: TypeIn, tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("buy milk\n" * 200, encoding="utf-8")
    assert "cannot be opened" in type_in("status", "--db", text).error
    assert text.read_text(encoding="utf-8") == "buy milk\n" * 200


def test_a_folder_is_no_atlas(type_in: TypeIn, tmp_path: Path) -> None:
    assert "cannot be opened as a modelatlas file" in type_in("status", "--db", tmp_path).error


@pytest.mark.parametrize("question", ["What is \x00 BAGEL?", "BAGEL\x00", "\x00"])
def test_a_question_with_a_nul_is_refused(type_in: TypeIn, own_file: Path, question: str) -> None:
    before = stored(own_file)
    for words in ((), ("--session", "trip")):
        ended = type_in("ask", question, "--db", own_file, *words)
        assert ended.code == 2
        assert "holds characters that are no text" in ended.error
    assert stored(own_file) == before


@pytest.mark.parametrize(
    "text",
    [
        "'; DROP TABLE Entity; --",
        '" OR 1=1 --',
        "NEAR(a b) AND * OR NOT ^col:x",
        'a"b',
        "*",
        "()",
        "🙂",
        "مرحبا بالعالم",
        "\u202eLEGAB",
        "BAGEL" * 200,
        "",
    ],
)
def test_odd_text_is_harmless_everywhere(type_in: TypeIn, own_file: Path, text: str) -> None:
    before = stored(own_file)
    assert type_in("search", text, "--db", own_file).code == 0
    assert type_in("recall", text, "--db", own_file).error
    asked = type_in("ask", text, "--db", own_file)
    assert asked.code == 0 or asked.error
    assert stored(own_file) == before
