"""The agent: scope → recall → decide → act → answer → remember.

scope resolves the time of the question, by code and for every model alike; recall links the names in it to what is
on record; decide asks the model which tools to call; act runs one call, all of them side by side; answer asks the
model to say what the results come to; remember writes the turn back. Start reading at `build`.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import add
from typing import TYPE_CHECKING, Annotated, Any, TypedDict
from uuid import uuid4

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, Overwrite, Send, interrupt

from modelatlas.agent.checkpoints import Thread
from modelatlas.agent.release import release_moments
from modelatlas.agent.time_scope import TimeScope, time_scope
from modelatlas.agent.toolbox import Json, Toolbox
from modelatlas.graph.errors import AtlasError
from modelatlas.graph.facts import Pattern
from modelatlas.graph.periods import ALL, AsOf
from modelatlas.graph.store import GraphStore
from modelatlas.ingest.turns import Turn, turn_episode
from modelatlas.tools.naming import ambiguous, mentioned, unknown_names, without

if TYPE_CHECKING:
    from modelatlas.agent.workbench import Workbench

Approver = Callable[[Json], Awaitable[Json]]
"""Shown one proposal, gives {"approve": bool} and, where they were changed, the "arguments"."""


@dataclass(frozen=True)
class Context:
    """What a run stands on; opened by whoever runs it."""

    store: GraphStore
    model: BaseChatModel
    now: datetime
    session: str | None
    as_of: AsOf | None
    workbench: "Workbench | None" = None
    approver: Approver | None = None


class State(TypedDict, total=False):
    """What the nodes hand on: JSON-like values only."""

    question: str
    attachments: list[str]
    scope: Json
    briefing: Json
    calls: list[Json] | None
    results: Annotated[list[Json], add]
    answer: Json


class Scoped(TypedDict):
    scope: Json


class Briefed(TypedDict):
    briefing: Json


class Decided(TypedDict):
    calls: list[Json]


class Acted(TypedDict):
    results: list[Json]


class Answered(TypedDict):
    answer: Json


class Call(TypedDict):
    """What `Send` hands to one run of act."""

    scope: Json
    call: Json


async def scope(state: State, runtime: Runtime[Context]) -> Scoped:
    """Where the question stands in time; an as-of given with it goes before its words."""
    context = runtime.context
    released = await release_moments(context.store, state["question"])
    found = time_scope(state["question"], context.now, released)
    if context.as_of is not None:
        found = found.model_copy(update={"as_of": context.as_of, "valid_given": True, "believed_given": True})
    return {"scope": found.model_dump(mode="json")}


async def recall(state: State, runtime: Runtime[Context]) -> Briefed:
    """What the question names, and what can be asked of it."""
    store = runtime.context.store
    found = TimeScope.model_validate(state["scope"])
    named = await mentioned(store, found.question)
    subjects = list(dict.fromkeys(it.subject for it in named))
    unclear = await ambiguous(store, named)
    if not subjects and runtime.context.session is not None:
        subjects = await _spoken_of(store, runtime.context.session, AsOf.at(runtime.context.now))
    own: dict[str, None] = {}
    for subject in subjects:
        any_time = AsOf(valid=ALL, believed=found.as_of.believed)
        own |= dict.fromkeys(fact.predicate for fact in await store.recall(Pattern(subject=subject), any_time))
    return {
        "briefing": {
            "text": found.question,
            "wish": without(state["question"], await mentioned(store, state["question"])),
            "attachments": state["attachments"],
            "rest": without(found.question, named),
            "subjects": subjects,
            "own_predicates": list(own),
            "compares_times": found.before is not None,
            "unclear": [{"name": it.name, "subjects": list(it.subjects)} for it in unclear],
            "unknown_names": [] if subjects else await unknown_names(store, found.question),
            "asked": state["question"],
            "as_of": state["scope"]["as_of"],
            "given": {"valid": found.valid_given, "believed": found.believed_given},
            "now": runtime.context.now.isoformat(),
        }
    }


async def decide(state: State, runtime: Runtime[Context]) -> Decided:
    """Which tools to call."""
    said = await runtime.context.model.ainvoke(_conversation(state))
    assert isinstance(said, AIMessage)
    return {"calls": [{"id": it["id"], "name": it["name"], "args": it["args"]} for it in said.tool_calls]}


def fan_out(state: State) -> Sequence[Send] | str:
    """One run of act a call."""
    calls = state["calls"] or []
    return [Send("act", Call(scope=state["scope"], call=call)) for call in calls] if calls else "answer"


async def act(state: Call, runtime: Runtime[Context]) -> Acted:
    """Run one call; a proposed run waits for a yes where the policy says so, and becomes a job once."""
    context, call = runtime.context, state["call"]
    found = TimeScope.model_validate(state["scope"])
    tools = Toolbox(context.store, found.as_of, found.before, found.begins, context.workbench)
    result = await tools.call(call["name"], call["args"])
    if "proposal" in result and context.workbench is not None:
        result = await _settled(result, call["id"], context.workbench, context.approver)
    return {"results": [{**call, "result": result}]}


async def _settled(proposed: Json, call: str, workbench: "Workbench", approver: Approver | None) -> Json:
    """The proposal as a job, as refused, or still waiting; resumed after an interrupt it submits the same job."""
    proposal = proposed["proposal"]
    if proposal["missing"]:
        return {**proposed, "state": "incomplete"}
    arguments = proposal["arguments"]
    if proposal["waits"]:
        if approver is None:
            return {**proposed, "state": "waiting"}
        said = interrupt(proposed)
        if not said.get("approve"):
            return {**proposed, "state": "refused", "reason": said.get("reason")}
        arguments = said.get("arguments", arguments)
    try:
        job = await workbench.submit(proposal["tool"], proposal["route"], arguments, key=call)
    except AtlasError as error:
        return {"error": str(error)}
    return {**proposed, "state": "submitted", "job": job.id}


async def answer(state: State, runtime: Runtime[Context]) -> Answered:
    """Say what the results come to."""
    said = await runtime.context.model.ainvoke(_conversation(state))
    return {"answer": json.loads(str(said.content))}


async def remember(state: State, runtime: Runtime[Context]) -> State:
    """Write the turn back, if it belongs to a conversation."""
    context = runtime.context
    if context.session is not None:
        turns = [("user", state["question"]), ("modelatlas", state["answer"]["answer"])]
        when, own = context.now.isoformat(), uuid4().hex
        said = [
            Turn(session=context.session, speaker=speaker, said_at=when, text=text, id=f"{own}-{number}")
            for number, (speaker, text) in enumerate(turns)
        ]
        await context.store.record((), [turn_episode(turn) for turn in said], now=context.now)
    return {}


@cache
def build() -> CompiledStateGraph[State, Context, State, State]:
    """The graph of the agent."""
    graph = StateGraph(State, context_schema=Context)
    graph.add_node("scope", scope)
    graph.add_node("recall", recall)
    graph.add_node("decide", decide)
    graph.add_node("act", act)
    graph.add_node("answer", answer)
    graph.add_node("remember", remember)
    graph.add_edge(START, "scope")
    graph.add_edge("scope", "recall")
    graph.add_edge("recall", "decide")
    graph.add_conditional_edges("decide", fan_out, ["act", "answer"])
    graph.add_edge("act", "answer")
    graph.add_edge("answer", "remember")
    graph.add_edge("remember", END)
    return graph.compile()


STEPS = 12  # nodes a question may pass; the graph above passes seven


async def run(question: str, context: Context, thread: Thread | None = None, attachments: Sequence[str] = ()) -> Json:
    """Answer one question, as the next turn of a thread if there is one; the approver is asked on the way."""
    config: Any = {"recursion_limit": STEPS}
    begun = beginning(question, attachments)
    if thread is None and context.approver is None:
        state = await build().ainvoke(begun, config, context=context)
    else:
        thread = thread or Thread(uuid4().hex, InMemorySaver())
        graph = build().builder.compile(checkpointer=thread.saver)
        config["configurable"] = {"thread_id": thread.id}
        state = await graph.ainvoke(begun, config, context=context, durability="exit")
        while waiting := state.get("__interrupt__"):
            assert context.approver is not None
            said = {it.id: await context.approver(it.value) for it in waiting}
            state = await graph.ainvoke(Command(resume=said), config, context=context, durability="exit")
    found: Json = state["answer"]
    return found


def beginning(question: str, attachments: Sequence[str] = ()) -> Any:
    """The state a turn begins with: every channel anew, whatever the last turn of the thread left there."""
    return {
        "question": question,
        "attachments": list(attachments),
        "scope": {},
        "briefing": {},
        "calls": None,
        "results": Overwrite([]),
        "answer": {},
    }


async def _spoken_of(store: GraphStore, session: str, as_of: AsOf) -> list[str]:
    """What the conversation was last about."""
    for turn in reversed(await store.turns(session, as_of, 10)):
        if turn.speaker == "user" and (named := await mentioned(store, turn.text)):
            return list(dict.fromkeys(it.subject for it in named))
    return []


def _conversation(state: State) -> list[Any]:
    told: list[Any] = [
        SystemMessage(content=json.dumps(state["briefing"], ensure_ascii=False)),
        HumanMessage(content=state["question"]),
    ]
    if state["calls"] is not None:
        told.append(AIMessage(content="", tool_calls=[{**call, "type": "tool_call"} for call in state["calls"]]))
    told += [
        ToolMessage(content=json.dumps(it["result"], ensure_ascii=False), tool_call_id=it["id"], name=it["name"])
        for it in state["results"]
    ]
    return told
