"""How the tests let a made-up run of a made-up route be verified."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from modelatlas.tools.actions.action import ACTIONS
from modelatlas.tools.actions.requests import (
    Request,
)
from modelatlas.tools.actions.results import Result
from modelatlas.tools.actions.verification import verify
from modelatlas.tools.artifacts import Artifacts
from modelatlas.tools.backends.backend import Made, Order
from modelatlas.tools.cards.card import Limits, Route
from modelatlas.tools.media.inputs import bring_in
from modelatlas.tools.media.policy import Policy
from modelatlas.tools.workshop import Workshop

Verified = Callable[..., Any]
DAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def route(limits: Limits | None = None, outputs: tuple[str, ...] = ("video",)) -> Route:
    """A route that nobody has to run."""
    return Route(
        id="tiny.script",
        preferred=True,
        tools=(),
        tasks=("text_to_video",),
        inputs=("text",),
        outputs=outputs,
        entrypoint="run.py",
        weights="somebody/tiny",
        licence_weights="Apache-2.0",
        limits=limits or Limits(),
        runnable=False,
        reason="it is only for the tests",
        confidence="primary",
    )


def verifier(folder: Path) -> Verified:
    """Verifies what a run of a request made, with everything it needs in the folder."""

    def run(request: Request, *files: Path, way: Route | None = None, **made: Any) -> Result:
        out = folder / "out"
        out.mkdir(exist_ok=True)
        tool = next(name for name, action in ACTIONS.items() if action.request is type(request))
        order = Order(tool, request, bring_in(request, folder / "in", Policy()), out)
        return verify(
            order,
            "Tiny",
            way or route(),
            Made(files=files, **made),
            Artifacts(Workshop(folder / "workshop")),
            "job-1",
            2.0004,
            DAY,
            "us",
        )

    return run
