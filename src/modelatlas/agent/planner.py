"""The offline chat model: rules and the vocabulary in the place of a language model, behind the same interface.

It reads the briefing and the tool results as any model would and says nothing that they do not hold.
"""

import json
from typing import Any
from uuid import uuid4

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from modelatlas.agent.intent import Plan, Question, plan
from modelatlas.agent.phrasing import phrase


class Planner(BaseChatModel):
    """Decides which tools to call, then says what their results come to."""

    @property
    def _llm_type(self) -> str:
        return "modelatlas-planner"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        briefing = json.loads(str(messages[0].content))
        question = Question(**{name: briefing[name] for name in Question.model_fields})
        decided = Plan(intent="unknown", calls=()) if briefing["unclear"] else plan(question)
        if len(messages) == 2:
            calls = [
                {"id": uuid4().hex, "name": name, "args": arguments, "type": "tool_call"}
                for name, arguments in decided.calls
            ]
            said = AIMessage(content="", tool_calls=calls)
        else:
            results = {it.tool_call_id: json.loads(str(it.content)) for it in messages if isinstance(it, ToolMessage)}
            called = next(it for it in messages if isinstance(it, AIMessage))
            ordered = [(call["name"], call["args"], results[str(call["id"])]) for call in called.tool_calls]
            said = AIMessage(content=json.dumps(phrase(briefing, decided.intent, ordered), ensure_ascii=False))
        return ChatResult(generations=[ChatGeneration(message=said)])
