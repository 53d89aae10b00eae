"""Every command: its help, what it prints for a person, and its JSON."""

from pathlib import Path

import pytest
from asked import KEYS
from typed import TypeIn

pytest_plugins = ("asked_atlas", "command_line")

COMMANDS = ["ask", "recommend", "recall", "search", "history", "diff", "compare"]
COMMANDS += ["ingest", "export", "schema", "forget", "status"]

CALLS: dict[str, list[str]] = {
    "ask": ["which open model can edit an image and run under 20 GB?"],
    "recommend": ["image_edit", "--max-vram", "20", "--open-weights"],
    "recall": ["BAGEL", "licence"],
    "search": ["talking avatar"],
    "history": ["Imagen 4", "api_shutdown_date"],
    "diff": ["Nexus-Gen", "--as-of", "2025-05", "--and", "2025-08"],
    "compare": ["OmniAvatar", "MultiTalk"],
    "status": [],
}


def test_the_list_of_commands_is_whole(type_in: TypeIn) -> None:
    shown = type_in("--help")
    assert shown.code == 0
    assert all(f" {command} " in shown.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_examples(type_in: TypeIn, command: str) -> None:
    shown = type_in(command, "--help")
    assert shown.code == 0
    assert "Examples" in shown.out
    assert f"modelatlas {command}" in shown.out
    assert type_in(command, "-h").out == shown.out


@pytest.mark.parametrize(("command", "words"), CALLS.items())
def test_a_command_speaks_to_a_person_and_to_a_program(
    type_in: TypeIn, catalogue_file: Path, command: str, words: list[str]
) -> None:
    plain = type_in(command, *words, "--db", catalogue_file)
    coded = type_in(command, *words, "--db", catalogue_file, "--json")
    assert (plain.code, coded.code, plain.err, coded.err) == (0, 0, "", "")
    assert plain.out.strip()
    assert not plain.out.startswith("{")
    assert isinstance(coded.json, dict)


def test_the_json_of_ask_has_its_keys_and_no_others(type_in: TypeIn, catalogue_file: Path) -> None:
    for question in ("What is BAGEL?", "What is the capital of France?"):
        assert set(type_in("ask", question, "--db", catalogue_file, "--json").json) == KEYS


def test_the_json_of_recall(type_in: TypeIn, catalogue_file: Path) -> None:
    found = type_in("recall", "V-JEPA 2", "release_date", "--as-of", "2026", "--db", catalogue_file, "--json").json
    assert set(found) == {"as_of", "facts", "resolved", "conflicts", "promises"}
    assert set(found["as_of"]) == {"valid", "believed"}
    assert [fact["object"] for fact in found["resolved"]] == ["2025-06-11"]
    assert len(found["facts"]) == 4


def test_recall_keeps_the_two_axes_apart(type_in: TypeIn, catalogue_file: Path) -> None:
    scores = {}
    for known in ("2025-06-15T20:00+08:00", "2025-06-15T22:00+08:00"):
        words = ["recall", "BAGEL", "benchmark", "--known-at", known, "--db", str(catalogue_file), "--json"]
        found = type_in(*words).json
        assert found["as_of"]["valid"] == "2026-11-23T12:00:00Z"
        scores[known] = [fact["value"] for fact in found["resolved"] if fact["object"] == "KRIS-Bench"]
    assert list(scores.values()) == [[64.97], [56.21]]


def test_a_predicate_may_be_named_in_chinese(type_in: TypeIn, catalogue_file: Path) -> None:
    shown = type_in("recall", "Nexus-Gen", "显存", "--as-of", "2025-06-15", "--db", catalogue_file)
    assert "37 GB" in shown.out
    assert "24 GB" in shown.out


def test_the_terms_of_a_recommendation_are_printed(type_in: TypeIn, catalogue_file: Path) -> None:
    shown = type_in("recommend", "图像编辑", "--max-vram", "20", "--db", catalogue_file)
    assert "BAGEL (score" in shown.out
    assert all(term in shown.out for term in ("fit", "evidence", "benchmarks", "recency", "runnable"))
    assert "- Nexus-Gen: needs 24 GB (image editing)" in shown.out


def test_a_recommendation_as_of_a_day_knows_nothing_later(type_in: TypeIn, catalogue_file: Path) -> None:
    words = ["recommend", "audio_driven_avatar", "--as-of", "2025-06-10", "--db", str(catalogue_file), "--json"]
    found = type_in(*words).json
    assert [it["model"] for it in found["candidates"]] == ["MultiTalk"]
    assert [it["model"] for it in found["rejected"]] == ["LLIA"]


def test_what_was_on_record_differs_between_two_days(type_in: TypeIn, catalogue_file: Path) -> None:
    words = ["diff", "Imagen 4", "--known-at", "2026-06-01", "--and", "2026-07-01", "--db", str(catalogue_file)]
    found = type_in(*words, "--json").json
    assert {"before", "after", "added", "ended", "changed"} == set(found)
    assert "shutdown" not in type_in(*words[:2], "--as-of", "2025-07", "--and", "2025-08", *words[-2:]).out


def test_search_finds_words_of_either_language(type_in: TypeIn, catalogue_file: Path) -> None:
    for text in ("talking avatar", "音频驱动数字人"):
        hits = type_in("search", text, "--limit", "5", "--db", catalogue_file, "--json").json["hits"]
        assert 0 < len(hits) <= 5
        scores = [hit["score"] for hit in hits]
        assert scores == sorted(scores, reverse=True)


def test_search_sees_nothing_from_after_its_as_of(type_in: TypeIn, catalogue_file: Path) -> None:
    words = ["search", "InfiniteTalk", "--known-at", "2025-06-01", "--db", str(catalogue_file), "--json"]
    assert type_in(*words).json["hits"] == []


def test_the_schema_is_one_of_claims(type_in: TypeIn) -> None:
    schema = type_in("schema").json
    assert {"subject", "predicate", "source"} <= set(schema["required"])


def test_status_counts_what_is_there(type_in: TypeIn, catalogue_file: Path) -> None:
    found = type_in("status", "--db", catalogue_file, "--json").json
    assert found["db"] == str(catalogue_file)
    assert found["claims"] > 1411
    assert found["tombstones"] == 0


def test_a_first_run_brings_the_catalogue_and_a_second_brings_nothing(type_in: TypeIn, tmp_path: Path) -> None:
    fresh = tmp_path / "new folder" / "atlas.sqlite"
    first = type_in("status", "--db", fresh, "--json").json
    assert first["claims"] > 1411
    assert type_in("status", "--db", fresh, "--json").json == first


def test_tenants_of_one_file_do_not_see_each_other(type_in: TypeIn, own_file: Path, tmp_path: Path) -> None:
    line = '{"subject":"Zebra","predicate":"colour","object":"striped","source":{"id":"zoo"}}'
    (tmp_path / "zoo.jsonl").write_text(line, encoding="utf-8")
    zoo = ["--tenant", "zoo", "--db", str(own_file)]
    assert type_in("ingest", tmp_path / "zoo.jsonl", "--without-catalogue", *zoo).code == 0
    assert "striped" in type_in("recall", "Zebra", *zoo).out
    assert "Zebra" in type_in("recall", "Zebra", "--db", own_file).error
