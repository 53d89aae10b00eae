"""The doctor says what is missing, and how to get it, and is content with what is there."""

import json
import shlex
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fake_repository import environment, repository
from pydantic import SecretStr
from script_orders import route_of

from http_server import Loopback
from modelatlas.tools.cards.card import Card, Route
from modelatlas.tools.cards.shelf import cards, route
from modelatlas.tools.doctor import Diagnosis, diagnose
from modelatlas.tools.findings import Finding
from modelatlas.tools.machine import Gpu, Machine, gpus_in, this_machine
from modelatlas.tools.places import Place

BARE = Machine(gpus=None, programs=frozenset(), packages=frozenset())
LARGE = Machine(
    gpus=(Gpu(name="A", memory_gb=8.0), Gpu(name="B", memory_gb=85.9)),
    programs=frozenset({"git", "ffmpeg"}),
    packages=frozenset({"torch", "accelerate", "transformers", "diffusers"}),
)


def _card(it: Route) -> Card:
    return Card(model="Fake", family="Fake", routes=(it,))


def _of(found: Diagnosis, what: str) -> Finding:
    return next(it for it in found.findings if it.what.startswith(what))


def _script() -> Route:
    return route_of(
        {
            "program": ["torchrun", "generate.py"],
            "arguments": [["--dir={weights}"]],
            "defaults": {"weights": "weights/Fake"},
            "needs_files": ["{weights}", "configs/a.yaml"],
            "weights_at": {"org/Fake": "{weights}", "org/Other": "weights/Other"},
        },
        min_vram_gb=24,
        min_vram_note="at 480p",
        environment={"python": "3.10", "torch": "2.4.1", "ffmpeg": "in PATH"},
    )


def test_where_nothing_is_there_every_command_is_told() -> None:
    it = _script()
    found = diagnose(_card(it), it, Place(), BARE)
    assert not found.ready
    assert not any(finding.found for finding in found.findings)
    commands = [command for finding in found.findings for command in finding.commands]
    home = Path.cwd() / "fake"
    assert commands[:3] == [
        f"git clone https://example.org/fake {home}",
        f"git -C {home} checkout abc1234",
        f'[routes."fake.script"] checkout = "{home}"',
    ]
    assert f"python3.10 -m venv {home}/.venv" in commands
    assert f"{home}/.venv/bin/python -m pip install -r {home}/requirements.txt" in commands
    assert f"{home}/.venv/bin/python -m pip install torch==2.4.1" in commands
    assert f"hf download org/Fake --local-dir {home}/weights/Fake" in commands
    assert "at 480p" in _of(found, "a GPU with 24 GB").detail


def test_half_of_it_there_is_told_apart(tmp_path: Path) -> None:
    it = _script()
    checkout = repository(tmp_path / "my checkout")
    (checkout / ".git" / "HEAD").write_text("ref: refs/heads/main\n", "utf-8")
    (checkout / ".git" / "packed-refs").write_text(f"# pack\n{'f' * 40} refs/heads/main\n", "utf-8")
    (checkout / "weights" / "Fake").mkdir(parents=True)
    found = diagnose(_card(it), it, Place(checkout=checkout), LARGE)
    assert not found.ready
    other = _of(found, "revision abc1234")
    assert not other.found
    assert "is at ffffffffffff" in other.detail
    assert other.commands[1] == f"git -C {shlex.quote(str(checkout))} checkout abc1234"
    assert not _of(found, "weights org/Fake").found
    assert not _of(found, "a Python environment").found
    assert _of(found, "ffmpeg").found
    assert _of(found, "a GPU").found


def test_with_all_of_it_there_it_is_ready(tmp_path: Path) -> None:
    it = _script()
    checkout = repository(tmp_path / "checkout")
    for name in ("weights/Fake/model.safetensors", "configs/a.yaml"):
        (checkout / name).parent.mkdir(parents=True)
        (checkout / name).write_text("x", "utf-8")
    environment(checkout / ".venv")
    found = diagnose(_card(it), it, Place(checkout=checkout), LARGE)
    assert found.ready
    assert [finding.what for finding in found.findings if not finding.found] == ["weights org/Other"]
    told: dict[str, Any] = json.loads(json.dumps(found.json_value()))
    assert told["ready"] is True
    assert told["model"] == "Fake"


def test_a_gpu_that_is_too_small_is_told() -> None:
    it = _script()
    small = Machine(gpus=(Gpu(name="RTX", memory_gb=12.9),), programs=frozenset(), packages=frozenset())
    found = _of(diagnose(_card(it), it, Place(), small), "a GPU with 24 GB")
    assert not found.found
    assert "the largest is RTX with 12.9 GB" in found.detail


def test_the_list_of_nvidia_smi_is_read() -> None:
    assert gpus_in("NVIDIA H100 80GB HBM3, 81559\nNVIDIA A, B, 24576\n\nfailed\n") == (
        Gpu(name="NVIDIA H100 80GB HBM3", memory_gb=85.5),
        Gpu(name="NVIDIA A, B", memory_gb=25.8),
    )


def test_this_machine_can_be_looked_at() -> None:
    found = this_machine(programs=(Path(sys.executable).name, "no-such-program"), packages=("json", "no_such_package"))
    assert "no-such-program" not in found.programs
    assert found.packages == {"json"}


def _server(status: int, body: bytes) -> "closing[Loopback]":
    return closing(Loopback(lambda seen, reply: reply.send(body, "application/json", status)))


CHAT = "bagel.server"
MODEL = "ByteDance-Seed/BAGEL-7B-MoT"


def test_a_server_that_has_the_model_is_all_that_is_needed() -> None:
    card, it = route(CHAT)
    with _server(200, json.dumps({"data": [{"id": MODEL}]}).encode()) as server:
        found = diagnose(card, it, Place(base_url=f"{server.url}/v1", api_key=SecretStr("key")), BARE)
    assert found.ready
    assert [(it.path, it.headers["authorization"]) for it in server.seen] == [("/v1/models", "Bearer key")]
    assert "key" not in json.dumps(found.json_value())


def test_a_server_without_the_model_says_what_it_has() -> None:
    card, it = route(CHAT)
    with _server(200, b'{"data": [{"id": "other"}]}') as server:
        found = diagnose(card, it, Place(base_url=f"{server.url}/v1"), BARE)
    assert not found.ready
    missing = _of(found, f"the model {MODEL}")
    assert missing.detail == "it has other"
    assert missing.commands == ('[routes."bagel.server"] model = "other"',)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, b"{}", "wants another key"),
        (500, b"{}", "with status 500"),
        (302, b"", "with status 302"),
        (200, b"<html>", "nobody answers as a server of models would"),
        (200, b"[" + b"1," * 2**22 + b"1]", "more than a list of models"),
    ],
)
def test_a_server_that_answers_otherwise_is_not_ready(status: int, body: bytes, said: str) -> None:
    card, it = route(CHAT)
    with _server(status, body) as server:
        found = diagnose(card, it, Place(base_url=f"{server.url}/v1"), BARE)
    assert not found.ready
    assert said in found.findings[0].detail


def test_a_server_that_is_down_is_told_with_the_command_that_starts_it() -> None:
    card, it = route(CHAT)
    with _server(200, b"{}") as server:
        pass
    found = diagnose(card, it, Place(base_url=f"{server.url}/v1"), BARE)
    assert not found.ready
    assert "nobody answers" in found.findings[0].detail
    assert found.findings[0].commands[0].startswith("vllm serve")


def test_a_server_that_nobody_named_is_asked_for() -> None:
    card, it = route(CHAT)
    found = diagnose(card, it, Place(), BARE)
    assert not found.ready
    assert found.findings[0].commands[1] == '[routes."bagel.server"] base_url = "http://127.0.0.1:8000/v1"'


def test_a_library_and_its_weights_are_looked_for(tmp_path: Path) -> None:
    card, it = next((card, it) for card in cards() for it in card.routes if it.run and it.run.backend == "transformers")
    found = diagnose(card, it, Place(weights=str(tmp_path / "none")), BARE)
    assert _of(found, "torch and transformers").commands == ("pip install 'modelatlas[local]'",)
    assert not _of(found, "weights").found
    (tmp_path / "here").mkdir()
    found = diagnose(card, it, Place(weights=str(tmp_path / "here"), device="cpu"), LARGE)
    assert _of(found, "weights").found
    assert found.ready


def test_a_route_that_none_runs_names_what_to_use() -> None:
    card, it = route("bagel.gradio")
    found = diagnose(card, it, Place(), LARGE)
    assert not found.ready
    assert "a web page for people" in found.findings[0].detail


def test_every_route_can_be_looked_at() -> None:
    for card in cards():
        for it in card.routes:
            found = diagnose(card, it, Place(), BARE)
            assert found.findings
            assert not found.ready
