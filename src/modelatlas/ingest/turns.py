"""turns.jsonl: what was said in a conversation, one turn a line: {session, speaker, said_at, text, id?}."""

import json
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from pydantic import ValidationError

from modelatlas.graph.dates import Value, moment
from modelatlas.graph.errors import InvalidDate
from modelatlas.graph.facts import Date, Episode, Name, Source, Text
from modelatlas.ingest.document import Document, Rejected, reason


class Turn(Value):
    """One turn of a conversation."""

    session: Name
    speaker: Name
    said_at: Date
    text: Text
    id: str | int | None = None


def read_turns(path: Path, lines: Iterator[tuple[int, str]]) -> Iterator[Document | Rejected]:
    """One episode a turn, without claims: what it says is searched, not believed."""
    for number, line in lines:
        try:
            yield Document(episode=turn_episode(Turn.model_validate_json(line)), claims=())
        except ValidationError as error:
            yield Rejected(path=path, line=number, reason=reason(error))
        except InvalidDate as error:
            yield Rejected(path=path, line=number, reason=str(error))


def turn_episode(turn: Turn) -> Episode:
    """The episode of a turn; without an id, the same words said again at the same time are the same turn."""
    own = turn.id
    if own is None:
        said = json.dumps([turn.speaker, turn.said_at, turn.text], ensure_ascii=False)
        own = blake2b(said.encode(), digest_size=8).hexdigest()
    source = Source(id=f"session:{turn.session}#{own}", title=f"{turn.speaker} in {turn.session}", date=turn.said_at)
    return Episode(
        name=f"{turn.session}: {turn.speaker}",
        text=turn.text,
        kind="message",
        source=source,
        said=moment(turn.said_at).latest,
        session=turn.session,
        speaker=turn.speaker,
    )
