"""A model of the tests' own that really makes files, and misbehaves as the request's extra tells it."""

import math
import os
import signal
import struct
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from modelatlas.graph.errors import BadInput
from modelatlas.tools.actions.requests import Speak
from modelatlas.tools.backends.backend import CannotRun, Made, Order, Progress
from modelatlas.tools.cards.card import Card, Route, Settings, ToolName
from modelatlas.tools.cards.local_settings import TransformersSettings
from modelatlas.tools.cards.served_settings import SpeechSettings
from modelatlas.tools.places import Place

TOOLS: tuple[ToolName, ...] = ("speak", "generate_image")
RATE = 8000
GIB = 2**30


def trial_route(id: str, cards: Path | None) -> tuple[Card, Route]:
    """A route of any id that begins with trial.; one that begins with trial.gpu needs a slot."""
    if not id.startswith("trial."):
        raise BadInput(f"There is no route {id}.")
    run: Settings = SpeechSettings(backend="openai_speech", model="trial")
    if id.startswith("trial.gpu"):
        run = TransformersSettings(backend="transformers", task="text-to-speech")
    route = Route(
        id=id,
        preferred=True,
        tools=TOOLS,
        tasks=("text_to_speech",),
        inputs=("text",),
        outputs=("audio",),
        entrypoint="trial",
        weights=None,
        min_vram_gb=None,
        min_vram_note=None,
        licence_code=None,
        licence_weights=None,
        runnable=True,
        reason=None,
        confidence="executed",
        revision=None,
        run=run,
    )
    return Card(model="Trial", family="Trial", headings=("Trial",), routes=(route,)), route


def open_trial(route: Route, place: Place, environment: Mapping[str, str]) -> "TrialBackend":
    """The backend of a route; a place may name weights that cannot be opened."""
    if place.weights == "missing":
        raise CannotRun(f"{route.id} needs weights that are not here; fetch them.")
    return TrialBackend(route)


class TrialBackend:
    """Speaks a tone as long as the text, or draws a picture, after as many steps as it is told."""

    def __init__(self, route: Route) -> None:
        self._route = route

    def preview(self, order: Order) -> dict[str, Any]:
        """The words it would speak."""
        return {"call": order.tool}

    def load(self, progress: Progress) -> None:
        """Load, or end in the way that the route is named after."""
        progress("loading weights", 1, 1)
        if "dies-at-load" in self._route.id:
            print("the weights are cursed", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)
        if "fails-at-load" in self._route.id:
            raise ValueError("the shapes do not fit")
        if "cannot-run" in self._route.id:
            raise CannotRun("Trial needs a package that is not here; install it.")

    def run(self, order: Order, progress: Progress) -> Made:
        """Do what the extra says, then make the file."""
        told = order.request.extra
        with Path(str(told.get("journal", os.devnull))).open("a") as journal:
            journal.write(f"{os.getpid()}\n")
        for step in range(int(told.get("steps", 1))):
            progress("speaking", step, int(told.get("steps", 1)))
        if "do" in told:
            DEEDS[str(told["do"])](order, progress)
        if told.get("do") == "no file":
            return Made()
        made = order.folder / ("made.wav" if order.tool == "speak" else "made.png")
        (_tone if isinstance(order.request, Speak) else _picture)(made, order)
        return Made(files=(made,), used={"steps": told.get("steps", 1)}, device="cpu")

    def close(self) -> None:
        """Nothing is held."""


def _wait(order: Order, progress: Progress) -> None:
    number = 0
    while not Path(str(order.request.extra["gate"])).exists():
        number += 1
        progress("waiting", number, None)
        time.sleep(0.01)


def _be_deaf(order: Order, progress: Progress) -> None:
    while not Path(str(order.request.extra["gate"])).exists():
        time.sleep(0.01)


def _be_deaf_with_a_child(order: Order, progress: Progress) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True) as child:
        Path(str(order.request.extra["child"])).write_text(str(child.pid))
        _be_deaf(order, progress)


def _exit(order: Order, progress: Progress) -> None:
    print("leaving in the middle", flush=True)
    os._exit(7)


def _die(order: Order, progress: Progress) -> None:
    print("about to die", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def _fault(order: Order, progress: Progress) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _hog(order: Order, progress: Progress) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (GIB, GIB))
    bytearray(2 * GIB)


def _fill_the_disk(order: Order, progress: Progress) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    try:
        (order.folder / "large").write_bytes(bytes(100_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def _raise(order: Order, progress: Progress) -> None:
    raise KeyError("tensor of no known name")


def _leave_python(order: Order, progress: Progress) -> None:
    sys.exit("the model thinks it is a program")


def _chatter(order: Order, progress: Progress) -> None:
    for number in range(60_000):
        print(f"step {number} of very many, and each is told at length " + "." * 60)
    sys.stdout.flush()
    _wait(order, progress)


def _nothing(order: Order, progress: Progress) -> None:
    return


DEEDS: dict[str, Callable[[Order, Progress], None]] = {
    "wait": _wait,
    "be deaf": _be_deaf,
    "be deaf with a child": _be_deaf_with_a_child,
    "exit": _exit,
    "die": _die,
    "fault": _fault,
    "hog": _hog,
    "fill the disk": _fill_the_disk,
    "raise": _raise,
    "leave python": _leave_python,
    "chatter": _chatter,
    "no file": _nothing,
}


def _tone(path: Path, order: Order) -> None:
    seconds = 0.25
    samples = [int(12_000 * math.sin(2 * math.pi * 440 * it / RATE)) for it in range(int(seconds * RATE))]
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{len(samples)}h", *samples))


def _picture(path: Path, order: Order) -> None:
    from PIL import Image

    image = Image.linear_gradient("L").resize((64, 48))
    image.save(path)
