"""Models behind ComfyUI: the person's own workflow, with the values of a request put in their places."""

import asyncio
import uuid
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx

from modelatlas.tools.backends.backend import CannotRun, Json, Made, NoOutput, Order, Progress, RunFailed
from modelatlas.tools.backends.served_backend import Served
from modelatlas.tools.backends.served_call import Call, attached
from modelatlas.tools.backends.served_content import settled
from modelatlas.tools.backends.served_outputs import failure, kind_of, outputs
from modelatlas.tools.backends.served_session import Session
from modelatlas.tools.backends.served_watch import Watch, last_words, watched
from modelatlas.tools.backends.served_workflow import Workflow, read_workflow
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.served_settings import ComfySettings
from modelatlas.tools.places import Place

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 2.0
GRACE_S = 1.4
MISSED_LOOKS = 5


class ComfyBackend(Served[ComfySettings]):
    """Sends a workflow to ComfyUI, once it is known that the server has every node of it."""

    settings_type = ComfySettings
    server = "ComfyUI"
    total_s = 7200.0
    root = ""
    port = 8188

    def __init__(self, route: Route, place: Place) -> None:
        super().__init__(route, place)
        self._known: set[str] = set()

    def preview(self, order: Order) -> Json:
        """The calls, with the graph that would be sent; media by name and size."""
        address, workflow = self._address, self._workflow()
        uploads = self._uploads(order)
        graph = workflow.filled(order, {name: f"<the uploaded {name}>" for name in order.inputs})
        prompt = Call("POST", address.url("prompt"), json={"prompt": graph, "client_id": "…", "prompt_id": "…"})
        return {"calls": [call.shown(address) for call in [*uploads.values(), prompt]]}

    def load(self, progress: Progress) -> None:
        """See that the server answers and has every node and every bound input of the workflow."""
        workflow = self._workflow()
        watched(lambda watch: self._checked(workflow, watch), progress, self._address)

    def run(self, order: Order, progress: Progress) -> Made:
        """Send the workflow once and follow it to its end."""
        workflow = self._workflow()
        workflow.filled(order, dict.fromkeys(order.inputs, ""))
        return watched(lambda watch: self._followed(order, workflow, watch), progress, self._address)

    def _workflow(self) -> Workflow:
        bindings = self._place.bindings or self._settings.bindings
        return read_workflow(self._route.id, self._place.workflow, bindings)

    def _uploads(self, order: Order) -> dict[str, Call]:
        url = self._address.url("upload/image")
        return {
            name: Call("POST", url, form={"type": "input"}, files=(("image", attached(media)),))
            for name, media in order.inputs.items()
        }

    async def _checked(self, workflow: Workflow, watch: Watch) -> None:
        async with Session(self._address, watch) as session:
            await self._check(session, workflow, watch)

    async def _check(self, session: Session, workflow: Workflow, watch: Watch) -> None:
        """Raises CannotRun for a node that the server does not have, or an input that its node does not."""
        bound = workflow.bound_classes()
        for name in dict.fromkeys([*workflow.classes, *self._settings.nodes]):
            inputs = [(field, to) for field, (kind, to) in bound.items() if kind == name]
            if name in self._known and not inputs:
                continue
            watch.tell("looking for the nodes")
            info = await session.json(Call("GET", self._address.url(f"object_info/{quote(name, safe='')}")))
            known = info.get(name) if isinstance(info, dict) else None
            if not isinstance(known, dict):
                raise CannotRun(
                    f"{self._address.origin} has no node {name}, which {self._route.id} needs: install what brings it "
                    "(ComfyUI Manager names it), or use a workflow without it."
                )
            self._known.add(name)
            groups = known.get("input")
            sides = groups.values() if isinstance(groups, dict) else ()
            has = {it for group in sides if isinstance(group, dict) for it in group}
            for field, to in inputs:
                node = workflow.bindings[field][0]
                if has and to not in has and to not in workflow.nodes[node]["inputs"]:
                    raise CannotRun(
                        f"{field} is bound to {to} of node {node}, but {name} has only "
                        f"{', '.join(sorted(has)[:12])}: mend the bindings."
                    )

    async def _followed(self, order: Order, workflow: Workflow, watch: Watch) -> Made:
        address, prompt = self._address, str(uuid.uuid4())
        async with Session(address, watch) as session:
            await self._check(session, workflow, watch)
            media = {}
            for name, call in self._uploads(order).items():
                watch.tell(f"sending {name}")
                media[name] = self._uploaded(await session.json(call))
            graph = workflow.filled(order, media)
            body = {"prompt": graph, "client_id": uuid.uuid4().hex, "prompt_id": prompt}
            watch.tell("sending the workflow")
            try:
                answer = await session.json(Call("POST", address.url("prompt"), json=body, begins=True))
                prompt = self._accepted(answer)
                entry = await self._done(session, prompt, watch)
            except BaseException:
                await last_words(lambda: self._given_up(session, prompt), GRACE_S)
                raise
            files = []
            for index, file in enumerate(outputs(entry, order, address)):
                path = order.folder / f"output_{index}.part"
                url = httpx.URL(address.url("view"), params=file)
                await session.save(Call("GET", str(url)), path, "fetching")
                files.append(settled(path, (kind_of(order),), address.origin))
        used = {name: graph[node]["inputs"].get(to) for name, (node, to) in workflow.bindings.items()}
        return Made(files=tuple(files), used=used, warnings=workflow.unbound(order.request))

    def _uploaded(self, answer: Any) -> str:
        match answer:
            case {"name": str() as name}:
                folder = answer.get("subfolder")
                return f"{folder}/{name}" if folder else name
        raise NoOutput(f"{self._address.origin} took a file but does not say as what: {self._address.quote(answer)}.")

    def _accepted(self, answer: Any) -> str:
        """The id of the prompt at the server, which is ours where the server lets us choose it."""
        match answer:
            case {"prompt_id": str() as id} if id and all(char.isalnum() or char == "-" for char in id):
                return id
        raise NoOutput(f"{self._address.origin} took no workflow, but answered: {self._address.quote(answer)}.")

    async def _done(self, session: Session, prompt: str, watch: Watch) -> Json:
        """What the server says of the prompt when it is over. Raises RunFailed where a node failed."""
        pause_s, missed = FIRST_PAUSE_S, 0
        while missed < MISSED_LOOKS:
            history = await session.json(Call("GET", self._address.url(f"history/{prompt}")))
            entry = history.get(prompt) if isinstance(history, dict) else None
            if isinstance(entry, dict):
                if (error := failure(entry, self._address)) is not None:
                    raise error
                return entry
            standing = _standing(await session.json(Call("GET", self._address.url("queue"))), prompt)
            missed = missed + 1 if standing is None else 0
            watch.tell(standing or "waiting")
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 1.5, LONGEST_PAUSE_S)
        raise RunFailed(f"{self._address.origin} has lost the workflow: it is neither queued nor done; run it again.")

    async def _given_up(self, session: Session, prompt: str) -> None:
        """Take the prompt out of the queue, and interrupt it only where it is the one that runs."""
        queue = Call("POST", self._address.url("queue"), json={"delete": [prompt]})
        async with session.answer(queue):
            pass
        if _standing(await session.json(Call("GET", self._address.url("queue"))), prompt) == "running":
            async with session.answer(Call("POST", self._address.url("interrupt"), json={"prompt_id": prompt})):
                return


def _standing(queue: Any, prompt: str) -> str | None:
    """running, or how many are before it; None where the queue does not have it."""
    running, waiting = ([*_entries(queue, name)] for name in ("queue_running", "queue_pending"))
    if prompt in {name for _, name in running}:
        return "running"
    for before, (_, name) in enumerate(sorted(waiting)):
        if name == prompt:
            return f"queued, {before} before it"
    return None


def _entries(queue: Any, name: str) -> Iterator[tuple[float, str]]:
    """Number and prompt of each entry of a queue; whatever else a server has put there is passed over."""
    listed = queue.get(name) if isinstance(queue, dict) else None
    for item in listed if isinstance(listed, list) else ():
        match item:
            case [int() | float() as number, str() as prompt, *_]:
                yield number, prompt
