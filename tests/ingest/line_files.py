"""Files of claims and turns as tests write them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from modelatlas.graph.facts import Fact


def claim(**parts: Any) -> dict[str, Any]:
    """A good line of claims.jsonl, with parts of it as the test wants them."""
    good = {"subject": "Wan2.1", "predicate": "licence_code", "object": "Apache-2.0", "source": {"id": "README"}}
    return good | parts


def turn(**parts: Any) -> dict[str, Any]:
    """A good line of turns.jsonl."""
    good = {"session": "monday", "speaker": "Ada", "said_at": "2026-01-05T09:30:00Z", "text": "We chose Wan2.1."}
    return good | parts


def write(path: Path, lines: Iterable[Mapping[str, Any] | str | bytes]) -> Path:
    """A file of these lines: objects as JSON, texts and bytes as they are."""
    encoded = []
    for line in lines:
        text = line if isinstance(line, str | bytes) else json.dumps(line, ensure_ascii=False)
        encoded.append(text.encode() if isinstance(text, str) else text)
    path.write_bytes(b"".join(line + b"\n" for line in encoded))
    return path


def told(facts: Iterable[Fact]) -> list[dict[str, Any]]:
    """The facts without the ids that a claim has only since its ingestion, in one order."""
    plain = [fact.model_dump(mode="json", exclude={"id", "claims", "ended_by"}) for fact in facts]
    return sorted(plain, key=lambda it: json.dumps(it, sort_keys=True))
