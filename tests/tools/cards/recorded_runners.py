"""The ways to run each model as the catalogue's authors recorded them: the facts and figures, without their words."""

import json
from pathlib import Path
from typing import Any

Runner = dict[str, Any]


def runners() -> list[Runner]:
    """Every recorded way to run a model, with the arguments it takes."""
    found: list[Runner] = json.loads(Path(__file__).with_name("runners.json").read_text("utf-8"))["runners"]
    return found
