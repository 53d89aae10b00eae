"""What a run of a tool costs besides the model: a job against the same call made directly.

The model is a server on loopback that says one word, so that everything that is timed is ours: the table of jobs, the
process a model has to itself, the input brought in and measured, the answer checked.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles
from threading import Thread
from time import perf_counter

from bench.table import Line
from modelatlas.tools.actions.checks import check
from modelatlas.tools.actions.requests import Understand
from modelatlas.tools.backends.backend import Order
from modelatlas.tools.backends.opening import open_backend
from modelatlas.tools.cards.shelf import route
from modelatlas.tools.jobs.arrangement import Arrangement
from modelatlas.tools.jobs.job import Job, Work
from modelatlas.tools.jobs.local import LocalExecutor
from modelatlas.tools.media.inputs import bring_in
from modelatlas.tools.media.policy import Policy
from modelatlas.tools.places import Place, Places

GROUP = "run a tool"
_ROUTE = "keye-vl-1.5.vllm"
_DIRECT = "the same call, made directly"
_WORD = {"id": "1", "object": "chat.completion.chunk", "created": 0, "model": "m"}


class _Answering(BaseHTTPRequestHandler):
    """A chat server that says one word at once."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send(
            "application/json", json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]}).encode()
        )

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        said = [{"index": 0, "delta": {"role": "assistant", "content": "red"}, "finish_reason": None}]
        over = [{"index": 0, "delta": {}, "finish_reason": "stop"}]
        parts = [json.dumps({**_WORD, "choices": choices}) for choices in (said, over)]
        self._send("text/event-stream", "".join(f"data: {part}\n\n" for part in (*parts, "[DONE]")).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing is logged."""

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def _served() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answering)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def lines(folder: Path, times: int, queued: int) -> AsyncIterator[Line]:
    """Time single jobs, then many at once, beside direct calls."""
    try:
        from PIL import Image
    except ImportError:
        yield Line(group=GROUP, what="a job", figure=None, unit="", note="left out: needs modelatlas[media]")
        return
    picture = folder / "picture.png"
    Image.new("RGB", (512, 512), "red").save(picture)
    request = Understand(question="which colour?", images=(str(picture),))
    with _served() as address:
        place = Place(base_url=address, model="m")
        direct = await asyncio.to_thread(_direct, request, place, folder, times)
        yield _line(_DIRECT, direct, None, "the picture brought in and checked, no process, no table")
        arrangement = Arrangement(
            folder=folder / "workshop", places=Places(routes={_ROUTE: place}), policy=Policy(), environment={}
        )
        async with LocalExecutor(arrangement) as executor:
            work = Work(
                tenant="bench",
                tool="understand",
                model=route(_ROUTE)[0].model,
                route=_ROUTE,
                request=request.model_dump(mode="json", exclude_defaults=True),
            )
            first = await _one(executor, work)
            yield _line("the first job, its process started for it", [first], median(direct), "")
            each = [await _one(executor, work) for _ in range(times)]
            yield _line("a job, its model's process at hand", each, median(direct), "")
            began = perf_counter()
            jobs = [await executor.submit(work) for _ in range(queued)]
            taken = perf_counter() - began
            for job in jobs:
                await _over(executor, job)
            took = perf_counter() - began
            yield Line(group=GROUP, what="jobs taken in", figure=queued / taken, unit="jobs/s", note="each on disk")
            yield Line(group=GROUP, what=f"{queued} jobs carried out", figure=queued / took, unit="jobs/s")


def _direct(request: Understand, place: Place, folder: Path, times: int) -> list[float]:
    found = route(_ROUTE)[1]
    backend = open_backend(found, place)
    backend.load(_silent)
    taken = []
    for at in range(times):
        (inputs := folder / f"inputs-{at}").mkdir()
        (made := folder / f"made-{at}").mkdir()
        began = perf_counter()
        brought = bring_in(request, inputs, Policy())
        check("understand", request, brought, found.limits)
        backend.run(Order("understand", request, brought, made), _silent)
        taken.append(perf_counter() - began)
    backend.close()
    return taken


async def _one(executor: LocalExecutor, work: Work) -> float:
    began = perf_counter()
    await _over(executor, await executor.submit(work))
    return perf_counter() - began


async def _over(executor: LocalExecutor, job: Job) -> datetime:
    async for now in executor.follow(job.id):
        job = now
    if job.state != "done" or job.ended is None:
        raise RuntimeError(f"a job of the bench {job.state}: {job.error}")
    return job.ended


def _silent(part: str, done: int, total: int | None) -> None:
    """Progress that nobody watches."""


def _line(what: str, seconds: list[float], base: float | None, note: str) -> Line:
    middle = median(seconds)
    p95 = quantiles(seconds, n=20, method="inclusive")[-1] * 1000 if len(seconds) > 1 else None
    ratio, to = (middle / base, _DIRECT) if base is not None else (None, "")
    return Line(group=GROUP, what=what, figure=middle * 1000, p95=p95, unit="ms", ratio=ratio, to=to, note=note)
