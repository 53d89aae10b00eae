"""What the threads of sessions hold, and how a test opens servers that share them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from modelatlas.agent.atlas import Atlas
from modelatlas.agent.checkpoints import Checkpoints
from modelatlas.agent.loop import build

Json = dict[str, Any]
Serve = Callable[..., AbstractAsyncContextManager[Atlas]]


async def checkpoints_of(url: str, session: str, tenant: str = "main") -> list[Any]:
    """What LangGraph tells of a session's thread, the last checkpoint first."""
    checkpoints = Checkpoints(url)
    async with checkpoints.thread(tenant, session) as thread:
        graph = build().builder.compile(checkpointer=thread.saver)
        config: Any = {"configurable": {"thread_id": thread.id}}
        found = [it async for it in graph.aget_state_history(config)]
    await checkpoints.close()
    return found


def is_of_one_turn(state: Json) -> bool:
    """Whether a state is a whole turn's and holds nothing of another: its results are those of its own calls."""
    calls = sorted(call["id"] for call in state["calls"])
    return bool(state["answer"]) and sorted(result["id"] for result in state["results"]) == calls


def named_in(found: Json) -> set[str]:
    """What the facts of an answer are about."""
    return {fact["subject"] for fact in found["facts"]}
