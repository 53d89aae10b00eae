"""A ComfyUI on loopback with three nodes, and the desk of a person who has a workflow for it."""

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from http_server import Loopback, Reply, Seen
from modelatlas.tools.backends.comfyui import ComfyBackend
from modelatlas.tools.places import Place
from served_models.media import mp4, route, size_of

WORKFLOW = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "an example", "clip": ["9", 0]}},
    "3": {"class_type": "KSampler", "inputs": {"seed": 1, "steps": 20, "positive": ["2", 0]}},
    "4": {"class_type": "SaveVideo", "inputs": {"filename_prefix": "out", "video": ["3", 0], "image": ["1", 0]}},
}
BINDINGS = {"image": ["1", "image"], "prompt": ["2", "text"], "seed": ["3", "seed"], "steps": ["3", "steps"]}


@dataclass
class Comfy:
    """Runs a prompt on the third look; the film is as large as the picture that was uploaded for it."""

    lacks: str = ""
    uploads: dict[str, bytes] = field(default_factory=dict)
    prompts: dict[str, Any] = field(default_factory=dict)
    looks: int = 0
    endless: bool = False
    entry: dict[str, Any] | None = None
    running: threading.Event = field(default_factory=threading.Event)
    told: list[Any] = field(default_factory=list)

    def __call__(self, seen: Seen, reply: Reply) -> None:
        first, *rest = seen.path.strip("/").split("/")
        match seen.method, first:
            case "GET", "object_info":
                known = {"required": {name: ["STRING"] for name in _inputs(rest[0])}}
                reply.json({} if rest[0] == self.lacks else {rest[0]: {"input": known}})
            case "POST", "upload":
                name = f"{seen.files['image'].filename} (1)"
                self.uploads[f"mine/{name}"] = seen.files["image"].body
                reply.json({"name": name, "subfolder": "mine", "type": "input"})
            case "POST", "prompt":
                self.prompts[seen.json["prompt_id"]] = seen.json["prompt"]
                reply.json({"prompt_id": seen.json["prompt_id"], "number": 5, "node_errors": {}})
            case "GET", "history":
                self.looks += 1
                done = self.looks > 2 and not self.endless
                reply.json({rest[0]: self.entry or self._entry()} if done else {})
            case "GET", "queue":
                reply.json(self._queue())
            case "GET", "view":
                assert seen.query == {"filename": "out_1.mp4", "subfolder": "video", "type": "output"}
                reply.send(self._film(), "video/mp4")
            case "POST", "queue" | "interrupt":
                self.told.append((first, seen.json))
                reply.json({})

    def _queue(self) -> dict[str, Any]:
        mine = [[5, prompt, {}, {}, []] for prompt in self.prompts]
        if self.looks == 1:
            return {"queue_running": [[3, "another", {}, {}, []]], "queue_pending": [*mine, [4, "earlier", {}, {}, []]]}
        self.running.set()
        return {"queue_running": mine, "queue_pending": []}

    def _entry(self) -> dict[str, Any]:
        files = [
            {"filename": "out_1.mp4", "subfolder": "video", "type": "output"},
            {"filename": "preview.mp4", "subfolder": "", "type": "temp"},
        ]
        return {"status": {"status_str": "success", "completed": True}, "outputs": {"4": {"gifs": files}}}

    def _film(self) -> bytes:
        (graph,) = self.prompts.values()
        return mp4(graph["3"]["inputs"]["steps"], 8, *size_of(self.uploads[graph["1"]["inputs"]["image"]]))


def _inputs(name: str) -> list[str]:
    return {"LoadImage": ["image"], "CLIPTextEncode": ["text", "clip"], "KSampler": ["seed", "steps"]}.get(name, [])


@dataclass(frozen=True)
class Desk:
    """A workflow file and its place."""

    path: Path

    def backend(self, server: Loopback, workflow: Any = None, **more: Any) -> ComfyBackend:
        self.path.write_text(json.dumps(WORKFLOW if workflow is None else workflow))
        told = {"base_url": server.url, "workflow": self.path, "bindings": BINDINGS, **more}
        return ComfyBackend(
            route("toy.comfyui", ("generate_video",), {"backend": "comfyui", "nodes": ["SaveVideo"]}),
            Place.model_validate(told),
        )
