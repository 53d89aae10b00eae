"""Fixtures: orders for shipped routes with real media, and a network that is closed; taken with `pytest_plugins`."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from local_orders import LocalOrder, OpenLocal, silent

from modelatlas.tools.actions.requests import Request
from modelatlas.tools.backends.backend import Backend, Input, Order
from modelatlas.tools.backends.opening import open_backend
from modelatlas.tools.cards.shelf import route
from modelatlas.tools.media.measuring import measure
from modelatlas.tools.media.writing import write_video, write_wav
from modelatlas.tools.places import Place


@pytest.fixture
def closed_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test of local models may reach any other machine, nor this one."""

    def refused(_socket: socket.socket, address: object) -> None:
        raise AssertionError(f"a local model called out to {address}")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket.socket, "connect_ex", refused)
    for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.setenv(name, "1")


@pytest.fixture(scope="session")
def one_thread() -> Iterator[None]:
    """Tiny models gain nothing from more threads, and lose to whoever else uses them."""
    torch = pytest.importorskip("torch", reason="local models need the local extra")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def open_local() -> Iterator[OpenLocal]:
    """Opens a shipped route with weights of ours, loaded on the processor; closed after the test."""
    opened: list[Backend] = []

    def open_one(id: str, weights: Path, **more: Any) -> Backend:
        backend = open_backend(route(id)[1], Place(weights=str(weights), device="cpu", **more))
        opened.append(backend)
        backend.load(silent)
        return backend

    yield open_one
    for backend in opened:
        backend.close()


@pytest.fixture
def local_order(tmp_path: Path) -> LocalOrder:
    """An order with a folder of its own; inputs as `image=path`, or `images=[path, path]`."""
    made: list[Order] = []

    def make(tool: str, request: Request, **inputs: Path | list[Path]) -> Order:
        folder = tmp_path / f"run-{len(made)}"
        folder.mkdir()
        flat: dict[str, Path] = {}
        for name, given in inputs.items():
            flat |= {f"{name}[{at}]": it for at, it in enumerate(given)} if isinstance(given, list) else {name: given}
        brought = {name: Input(path, "0" * 64, measure(path)) for name, path in flat.items()}
        made.append(Order(tool, request, brought, folder))
        return made[-1]

    return make


@pytest.fixture(scope="session")
def local_samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """red.png and noise.png of 60 by 80, brighter.mp4 and darker.mp4 of 3 s at 10 fps, low.wav and high.wav of 1 s."""
    numpy = pytest.importorskip("numpy")
    images = pytest.importorskip("PIL.Image", reason="local models need the media extra")
    pytest.importorskip("av", reason="local models need the media extra")
    folder = tmp_path_factory.mktemp("media")
    red = numpy.full((80, 60, 3), (200, 30, 10), numpy.uint8)
    noise = (numpy.random.default_rng(0).random((80, 60, 3)) * 255).astype(numpy.uint8)
    images.fromarray(red).save(folder / "red.png")
    images.fromarray(noise).save(folder / "noise.png")
    film = numpy.stack([numpy.full((64, 96, 3), 8 * at, numpy.uint8) for at in range(30)])
    write_video(folder / "brighter.mp4", film, 10)
    write_video(folder / "darker.mp4", film[::-1], 10)
    for name, step in (("low", 0.02), ("high", 0.9)):
        write_wav(folder / f"{name}.wav", 0.5 * numpy.sin(numpy.arange(22_050) * step), 22_050)
    return folder
