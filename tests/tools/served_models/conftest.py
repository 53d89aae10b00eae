"""What the tests of served models may ask for: servers on loopback, and media of known size."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from http_server import Answer, Loopback
from served_models.media import Studio


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], Loopback]]:
    """Start servers, closed after the test."""
    running: list[Loopback] = []

    def started(answer: Answer) -> Loopback:
        running.append(Loopback(answer))
        return running[-1]

    yield started
    for server in running:
        server.close()


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """Makes media files."""
    pytest.importorskip("av", reason="media of the tests are made with PyAV")
    pytest.importorskip("PIL", reason="media of the tests are made with Pillow")
    folder = tmp_path / "media"
    folder.mkdir()
    return Studio(folder)
