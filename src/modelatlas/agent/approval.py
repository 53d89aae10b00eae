"""Who says yes to a proposed run at a terminal, and the runs that followed from it."""

import asyncio
import shlex
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelatlas.agent.atlas import Atlas
    from modelatlas.agent.loop import Approver

Json = dict[str, Any]

_YES = frozenset(["y", "yes", "是", "好", "行"])


def approver(yes: bool, as_json: bool) -> "Approver | None":
    """Says yes to all, or asks the person at the terminal; None where nobody is there to ask."""
    if yes:
        return _always
    return _asked if sys.stdin.isatty() and sys.stderr.isatty() and not as_json else None


async def _always(proposed: Json) -> Json:
    return {"approve": True}


async def _asked(proposed: Json) -> Json:
    it = proposed["proposal"]
    print(f"{it['tool']} with {it['model']} ({it['route']}, by {it['backend']})", file=sys.stderr)
    print(f"  {shlex.join(proposed['command'])}", file=sys.stderr)
    print(f"  costs: {', '.join(it['costs']) or 'nothing'}", file=sys.stderr)
    said = await asyncio.to_thread(_line, "Run it? [y/N] ")
    return {"approve": said.strip().casefold() in _YES}


def _line(prompt: str) -> str:
    print(prompt, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline()


async def carried_out(atlas: "Atlas", answer: Json) -> Json:
    """The answer with what its approved runs came to; waits for them, with progress."""
    submitted = [it for it in answer["actions"] if it["state"] == "submitted"]
    if not submitted:
        return answer
    from modelatlas.agent.running import followed, the_job
    from modelatlas.agent.work_tables import job_text

    texts = []
    for it in submitted:
        job = await followed(atlas, the_job(atlas, it["job"]))
        files = [kept.path for kept in atlas.workbench.artifacts.listed(atlas.store.tenant, job=job.id)]
        it |= {"state": job.state, "result": job.result, "error": job.error}
        texts.append(job_text(job, files))
    return {**answer, "answer": "\n\n".join([answer["answer"], *texts])}
