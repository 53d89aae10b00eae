"""Orders for scripts: requests with inputs that were brought in and measured, and places to run them at."""

import hashlib
from pathlib import Path
from typing import Any

from modelatlas.tools.actions.action import action
from modelatlas.tools.backends.backend import Input, Order
from modelatlas.tools.cards.card import Card, Route
from modelatlas.tools.cards.script_settings import ScriptSettings
from modelatlas.tools.cards.shelf import cards
from modelatlas.tools.media.measures import Measured, MeasuredAudio, MeasuredImage, MeasuredVideo

SHAPE = (640, 360)


def measured(kind: str, seconds: float) -> Measured:
    """What a file of a kind measures."""
    sound = MeasuredAudio(codec="pcm_s16le", sample_rate=16000, channels=1, duration_s=seconds, peak=0.5, rms=0.2)
    if kind == "audio":
        return sound
    if kind == "image":
        return MeasuredImage(format="PNG", width=SHAPE[0], height=SHAPE[1])
    return MeasuredVideo(
        codec="h264", width=SHAPE[0], height=SHAPE[1], fps=25.0, frames=50, duration_s=2.0, audio=sound
    )


def order(tool: str, folder: Path, arguments: dict[str, Any], files: dict[str, str], seconds: float = 5.0) -> Order:
    """An order whose media lie beside the run's folder, made up where they are not there; `files`: the kind of each."""
    inputs = {}
    for number, (key, kind) in enumerate(files.items()):
        path = folder.parent / "in" / f"{number}.{ {'image': 'png', 'audio': 'wav', 'video': 'mp4'}[kind] }"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(key.encode())
        inputs[key] = Input(path, hashlib.sha256(key.encode()).hexdigest(), measured(kind, seconds))
    folder.mkdir(parents=True, exist_ok=True)
    return Order(tool, action(tool).read(arguments), inputs, folder)


def script_routes() -> list[tuple[Card, Route]]:
    """Every route that a script runs."""
    return [(card, it) for card in cards() for it in card.routes if isinstance(it.run, ScriptSettings)]


def route_of(settings: dict[str, Any], tools: tuple[str, ...] = ("generate_video",), **changes: Any) -> Route:
    """A route of a test's own."""
    return Route.model_validate(
        {
            "id": "fake.script",
            "preferred": True,
            "tools": tools,
            "tasks": ["text_to_video"],
            "inputs": ["text"],
            "outputs": ["video"],
            "entrypoint": "generate.py",
            "runnable": True,
            "confidence": "primary",
            "run": {
                "backend": "repo_script",
                "repository": "https://example.org/fake",
                "revision": "abc1234",
                "program": ["python", "generate.py"],
                "arguments": [],
                "output": {"pattern": "{out}/result.mp4", "pick": "newest"},
                **settings,
            },
            **changes,
        }
    )
