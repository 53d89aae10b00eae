"""A real `transformers serve` with a tiny checkpoint answers a question about an image through the chat backend."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from modelatlas.tools.actions.requests import Understand
from modelatlas.tools.backends.backend import Input, Made, RunFailed
from modelatlas.tools.backends.openai_chat import ChatBackend
from modelatlas.tools.places import Place
from served_models.media import Studio, Told, route, taken

for package in ("torch", "transformers", "fastapi", "uvicorn", "PIL"):
    pytest.importorskip(package, reason=f"transformers serve needs {package}")

pytest_plugins = ["tiny_models.checkpoints"]

STARTS_WITHIN_S = 180.0


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture(scope="module")
def served(tiny_gemma3: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The server on a free port, with a home and a hub cache of its own, without a way to the network's models."""
    home = tmp_path_factory.mktemp("home")
    hub = home / "hub"
    hub.mkdir()
    port = free_port()
    environment = {
        "HOME": str(home),
        "HF_HOME": str(home),
        "HF_HUB_CACHE": str(hub),
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "CUDA_VISIBLE_DEVICES": "",
        "OMP_NUM_THREADS": "1",
        "PATH": "/usr/bin:/bin",
    }
    command = [str(Path(sys.executable).with_name("transformers")), "serve", str(tiny_gemma3)]
    options = ["--device", "cpu", "--host", "127.0.0.1", "--port", str(port)]
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, *options], env=environment, cwd=home, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"transformers serve did not start: {(home / 'log').read_text()[-2000:]}")
            time.sleep(0.2)
        yield Place(base_url=f"http://127.0.0.1:{port}/v1", model=str(tiny_gemma3))
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).is_success
    except httpx.HTTPError:
        return False


def asked(place: Place, studio: Studio, width: int, height: int, question: str = "What is in this picture?") -> Made:
    settings = {"backend": "openai_chat", "model": "by the place", "video": "none"}
    backend = ChatBackend(route("tiny.serve", ("understand",), settings), place)
    told = Told()
    backend.load(told)
    request = Understand(question=question, images=("a",), max_tokens=8, temperature=2)
    return backend.run(studio.order("understand", request, {"images[0]": pattern(studio, width, height)}), told)


def pattern(studio: Studio, width: int, height: int) -> Input:
    """A picture that is not one grey: size alone is no difference to a model that scales all to one."""
    from PIL import Image

    path = studio.folder / f"{width}x{height}.png"
    Image.linear_gradient("L").resize((width, height)).convert("RGB").rotate(width).save(path)
    return taken(path)


def test_a_question_about_an_image_is_answered_in_words(served: Place, studio: Studio) -> None:
    made = asked(served, studio, 56, 56)
    assert made.data["text"]
    assert made.used["max_tokens"] == 8


def test_the_same_question_gets_the_same_words_and_another_image_gets_others(served: Place, studio: Studio) -> None:
    first = asked(served, studio, 56, 56)
    assert asked(served, studio, 56, 56).data == first.data
    assert asked(served, studio, 90, 40).data != first.data


def test_a_model_that_it_does_not_have_is_told(served: Place, studio: Studio) -> None:
    with pytest.raises(RunFailed) as error:
        asked(served.model_copy(update={"model": "nobody/nothing"}), studio, 56, 56)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 700
