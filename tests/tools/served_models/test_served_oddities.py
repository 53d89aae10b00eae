"""Whatever a server answers, however odd, ends in one sentence of ours and never in a traceback."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from http_server import Answer, Loopback, Reply, Seen
from modelatlas.graph.errors import AtlasError
from modelatlas.tools.actions.requests import GenerateImage, GenerateVideo, Request, Speak, Understand
from modelatlas.tools.backends.opening import open_backend
from modelatlas.tools.places import Place
from served_models.media import Studio, Told, route

Serve = Callable[[Answer], Loopback]

BACKENDS: dict[str, tuple[str, Request, dict[str, Any]]] = {
    "chat": ("understand", Understand(question="?"), {"backend": "openai_chat", "video": "none"}),
    "chat that paints": ("generate_image", GenerateImage(prompt="a"), {"backend": "openai_chat", "video": "none"}),
    "images": ("generate_image", GenerateImage(prompt="a"), {"backend": "openai_images"}),
    "speech": ("speak", Speak(text="a"), {"backend": "openai_speech"}),
    "videos": ("generate_video", GenerateVideo(prompt="a"), {"backend": "openai_videos", "body": "form"}),
    "media": ("generate_video", GenerateVideo(prompt="a"), {"backend": "media_json", "server": "localai"}),
    "comfyui": ("generate_video", GenerateVideo(prompt="a"), {"backend": "comfyui"}),
}
ODD = [
    b"null",
    b"0",
    b'"words"',
    b"[]",
    b"[null]",
    b"{}",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"a": NaN}',
    b'{"choices": 3}',
    b'{"choices": [null, {"delta": 1}, {"message": [1]}]}',
    b'{"choices": [{"message": {"content": [1, {"text": 2}]}}]}',
    b'{"choices": [{"message": {"content": [{"image_url": {"url": "data:image/png;base64,%%"}}]}}]}',
    b'{"data": {}}',
    b'{"data": [null]}',
    b'{"data": [{"url": "http://[bad"}]}',
    b'{"data": [{"url": "http://a:99999999/"}]}',
    b'{"id": "x", "status": "in_progress", "progress": Infinity, "error": []}',
    b'{"id": "x", "status": 7}',
    b'{"id": 3, "status": "queued"}',
    b'{"id": "x", "status": "failed", "error": {"message": {"deep": [1]}}}',
    b'{"prompt_id": ["x"]}',
    b'{"prompt_id": "../x"}',
    b'{"error": {"message": null}, "node_errors": {"3": null}}',
    b'{"detail": [{"msg": "no", "loc": 3}]}',
    b'{"queue_running": 3, "queue_pending": [[], [null, "x"], ["a", 1], {}], "prompt_id": "x"}',
    b'{"node_errors": {"3": {"errors": [3]}}}',
]


@pytest.mark.parametrize("status", [200, 400, 500])
@pytest.mark.parametrize("name", BACKENDS)
def test_an_odd_answer_is_told_in_one_sentence(
    serve: Serve, studio: Studio, tmp_path: Path, name: str, status: int
) -> None:
    tool, request, settings = BACKENDS[name]
    workflow = tmp_path / "workflow.json"
    workflow.write_text(json.dumps({"1": {"class_type": "Text", "inputs": {"text": ""}}}))
    at_hand: list[bytes] = []

    def answer(seen: Seen, reply: Reply) -> None:
        if seen.path.startswith("/object_info"):
            return reply.json({"Text": {"input": {"required": 3, "optional": {"text": []}}}})
        if seen.path == "/prompt" and status == 200 and b"prompt_id" not in at_hand[0]:
            return reply.json({"prompt_id": "x"})
        return reply.send(at_hand[0], "application/json", status)

    server = serve(answer)
    place = {"base_url": server.url, "workflow": workflow, "bindings": {"prompt": ["1", "text"]}, "timeout_s": 0.4}
    backend = open_backend(
        route("toy.odd", (tool,), settings | ({} if name == "comfyui" else {"model": "toy"})),
        Place.model_validate(place),
    )
    for odd in ODD:
        at_hand[:] = [odd]
        with pytest.raises(AtlasError) as error:
            backend.run(studio.order(tool, request), Told())
        assert "\n" not in str(error.value), odd
        assert len(str(error.value)) < 700, odd


@pytest.mark.parametrize(
    "headers",
    [
        {"Location": "http://[bad"},
        {"Location": "//elsewhere.example/"},
        {"Location": "ftp://x"},
        {"Retry_After": "²"},
        {"Retry_After": "soon"},
    ],
)
@pytest.mark.parametrize("status", [300, 304, 307, 429])
def test_odd_headers_are_told_in_one_sentence(
    serve: Serve, studio: Studio, status: int, headers: dict[str, str]
) -> None:
    server = serve(lambda seen, reply: reply.send(b"", "text/plain", status, **headers))
    backend = open_backend(
        route("toy.odd", ("speak",), {"backend": "openai_speech", "model": "toy"}),
        Place(base_url=server.url, timeout_s=1),
    )
    with pytest.raises(AtlasError) as error:
        backend.run(studio.order("speak", Speak(text="a")), Told())
    assert "\n" not in str(error.value)
