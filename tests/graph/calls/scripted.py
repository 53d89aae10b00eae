"""What Graphiti asks of models, answered without one: a script, vectors of words, and the overlap of words."""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from graphiti_core.cross_encoder.client import CrossEncoderClient
from graphiti_core.embedder.client import EMBEDDING_DIM, EmbedderClient
from graphiti_core.llm_client.client import LLMClient
from graphiti_core.llm_client.config import LLMConfig, ModelSize
from graphiti_core.prompts.models import Message
from pydantic import BaseModel

Answer = Mapping[str, Any] | Callable[[str], Mapping[str, Any]]

_PREVIOUS = re.compile(r"<PREVIOUS[ _]MESSAGES>.*?</PREVIOUS[ _]MESSAGES>", re.DOTALL)
_LISTED = re.compile(r"'idx': (\d+), 'fact': (['\"])(.*?)\2}")
_RUN = re.compile(r"[\u3400-\u9fff]+|[^\W_\u3400-\u9fff]+")


@dataclass(frozen=True)
class Asked:
    """One question that Graphiti put to the model."""

    response_model: str
    prompt: str


@dataclass(frozen=True)
class Told:
    """One fact that the model reads out of an episode."""

    source: str
    name: str
    target: str
    fact: str
    valid_at: str | None = None
    invalid_at: str | None = None


class ScriptedLLM(LLMClient):
    """A model that answers from a script; the newest rule that fits a question answers it."""

    def __init__(self) -> None:
        super().__init__(LLMConfig(model="scripted", small_model="scripted"))
        self.asked: list[Asked] = []
        self.unscripted: list[Asked] = []
        self._rules: list[tuple[str, str, Answer]] = []

    def answers(self, response_model: str, answer: Answer, about: str = "") -> None:
        """Answer the questions for this response model whose prompt has the text, earlier messages aside."""
        self._rules.insert(0, (response_model, about, answer))

    def reads(self, content: str, entities: Mapping[str, int], facts: Iterable[Told] = ()) -> None:
        """Read out of an episode the entities, each with the number of its type, and the facts.

        The whole episode is the summary of an entity that no fact is about.
        """
        told = list(facts)
        named = [{"name": name, "entity_type_id": number} for name, number in entities.items()]
        edges: list[dict[str, str | None]] = [
            {
                "source_entity_name": it.source,
                "target_entity_name": it.target,
                "relation_type": it.name,
                "fact": it.fact,
                "valid_at": it.valid_at,
                "invalid_at": it.invalid_at,
            }
            for it in told
        ]
        times = [{"valid_at": it.valid_at, "invalid_at": it.invalid_at} for it in told]
        self.answers("ExtractedEntities", {"extracted_entities": named}, content)
        self.answers("ExtractedEdges", {"edges": edges}, content)
        self.answers("CombinedExtraction", {"extracted_entities": named, "edges": edges}, content)
        self.answers(
            "SummarizedEntities", {"summaries": [{"name": it, "summary": content} for it in entities]}, content
        )
        for it, time in zip(told, times, strict=True):
            self.answers("EdgeTimestamps", time, it.fact)
            self.answers("EdgeDuplicate", {"duplicate_facts": [], "contradicted_facts": []}, _new_fact(it.fact))
        if told:
            self.answers("BatchEdgeTimestamps", {"timestamps": times}, told[0].fact)

    def contradicts(self, new: str, old: str) -> None:
        """Say that the new fact contradicts the old one, wherever that stands in the list."""
        self.answers(
            "EdgeDuplicate",
            lambda prompt: {"duplicate_facts": [], "contradicted_facts": _numbers_of(old, prompt)},
            _new_fact(new),
        )

    def repeats(self, new: str, old: str) -> None:
        """Say that the new fact is the old one in other words."""
        self.answers(
            "EdgeDuplicate",
            lambda prompt: {"duplicate_facts": _numbers_of(old, prompt), "contradicted_facts": []},
            _new_fact(new),
        )

    def prompts(self, response_model: str) -> list[str]:
        """What was asked for this response model, in order."""
        return [it.prompt for it in self.asked if it.response_model == response_model]

    async def _generate_response(
        self,
        messages: list[Message],
        response_model: type[BaseModel] | None = None,
        max_tokens: int = 0,
        model_size: ModelSize = ModelSize.medium,
        *,
        model: str | None = None,
    ) -> dict[str, Any]:
        prompt = "\n".join(message.content for message in messages)
        asked = Asked(response_model.__name__ if response_model else "", prompt)
        self.asked.append(asked)
        current = _PREVIOUS.sub("", prompt)
        for name, about, answer in self._rules:
            if name == asked.response_model and (about in current or _quoted(about) in current):
                return dict(answer(current) if callable(answer) else answer)
        self.unscripted.append(asked)
        raise AssertionError(f"The script has no {asked.response_model!r} for this prompt: {current[-1500:]}")


class WordEmbedder(EmbedderClient):
    """Unit vectors that have one direction a word, so that texts are as near as they share words."""

    async def create(self, input_data: Any) -> list[float]:
        """The vector of a text, or of the first of several."""
        return vector(input_data if isinstance(input_data, str) else next(iter(input_data)))

    async def create_batch(self, input_data_list: list[str]) -> list[list[float]]:
        """The vectors of the texts, in order."""
        return [vector(text) for text in input_data_list]


class OverlapEncoder(CrossEncoderClient):
    """Ranks passages by the share of the query's words that each has."""

    async def rank(self, query: str, passages: list[str]) -> list[tuple[str, float]]:
        """The passages with their scores from 0 to 1, the best first."""
        wanted = set(words(query))
        scored = [(passage, len(wanted & set(words(passage))) / max(len(wanted), 1)) for passage in passages]
        return sorted(scored, key=lambda it: -it[1])


def vector(text: str) -> list[float]:
    """The unit vector of a text, as long as Graphiti's own default."""
    counts = [0.0] * EMBEDDING_DIM
    for word in words(text) or [text]:
        counts[int.from_bytes(blake2b(word.encode(), digest_size=8).digest()) % EMBEDDING_DIM] += 1.0
    length = math.sqrt(sum(count * count for count in counts))
    return [count / length for count in counts]


def words(text: str) -> list[str]:
    """The words of a text in lower case; a Chinese run gives its pairs of characters."""
    found: list[str] = []
    for run in _RUN.findall(text.lower()):
        pairs = [run[i : i + 2] for i in range(len(run) - 1)] if run[0] >= "\u3400" else []
        found.extend(pairs or [run])
    return found


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _new_fact(fact: str) -> str:
    return f"<NEW FACT>\n{fact}\n"


def _numbers_of(fact: str, prompt: str) -> list[int]:
    numbers = [int(number) for number, _, listed in _LISTED.findall(prompt) if listed == fact]
    assert numbers, f"Graphiti did not show the model the fact {fact!r}: {prompt}"
    return numbers
