"""A real HTTP server on loopback that answers /embeddings as OpenAI's does."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

ASKED: list[dict[str, Any]] = []


class Embeddings(BaseHTTPRequestHandler):
    """Answers with three numbers a text, the last text first, as the index and not the order says which is which."""

    refusals = 0

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        ASKED.append(asked | {"path": self.path, "key": self.headers["authorization"]})
        if Embeddings.refusals:
            Embeddings.refusals -= 1
            return self.answer(503, {"error": {"message": "busy"}})
        if asked["model"] != "tiny":
            return self.answer(404, {"error": {"message": "no such model"}})
        data = [
            {"object": "embedding", "index": number, "embedding": [float(len(text)), float("图" in text), 1.0]}
            for number, text in enumerate(asked["input"])
        ]
        return self.answer(200, {"object": "list", "model": "tiny", "data": data[::-1], "usage": {}})

    def answer(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Keeps the tests' output clean."""


@contextmanager
def serving() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Embeddings)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
