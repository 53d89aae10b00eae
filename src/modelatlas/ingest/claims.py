"""claims.jsonl: one claim an object a line, the format that `export` writes."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from modelatlas.graph.errors import InvalidDate
from modelatlas.graph.facts import Claim
from modelatlas.ingest.document import Document, Rejected, reason


def read_claims(path: Path, lines: Iterator[tuple[int, str]]) -> Iterator[Document | Rejected]:
    """One document a claim; a line that is none is rejected with the reason."""
    for number, line in lines:
        try:
            yield Document(episode=None, claims=(Claim.model_validate_json(line),))
        except ValidationError as error:
            yield Rejected(path=path, line=number, reason=reason(error))
        except InvalidDate as error:
            yield Rejected(path=path, line=number, reason=str(error))
