"""Models side by side at an as-of, with what is unknown or disputed about each."""

from collections.abc import Sequence

from modelatlas.graph.dates import Value
from modelatlas.graph.facts import Fact
from modelatlas.graph.periods import AsOf
from modelatlas.graph.resolution import Conflict
from modelatlas.graph.store import GraphStore
from modelatlas.tools.naming import find
from modelatlas.tools.profile import profile
from modelatlas.tools.recall import as_of_json, named_predicates

COMPARED = (
    "organisation",
    "task",
    "input_modality",
    "output_modality",
    "availability",
    "current_version",
    "licence_code",
    "licence_weights",
    "licence_dependency",
    "access",
    "runnable",
    "min_vram",
    "parameters",
    "base_model",
    "language",
    "spec",
    "speed",
    "benchmark",
    "successor",
)


class Row(Value):
    """One predicate, and what each model has of it; an empty cell is unknown."""

    predicate: str
    cells: dict[str, tuple[Fact, ...]]


class Comparison(Value):
    """Models side by side."""

    as_of: AsOf
    models: tuple[str, ...]
    rows: tuple[Row, ...]
    conflicts: tuple[Conflict, ...]
    unknowns: dict[str, tuple[str, ...]]

    def facts(self) -> list[Fact]:
        """Every fact in the table, row by row."""
        return [fact for row in self.rows for model in self.models for fact in row.cells[model]]

    def json_value(self) -> dict[str, object]:
        """The comparison as JSON."""
        return {
            "as_of": as_of_json(self.as_of),
            "models": list(self.models),
            "rows": [
                {
                    "predicate": row.predicate,
                    "cells": {model: [fact.json_value() for fact in row.cells[model]] for model in self.models},
                }
                for row in self.rows
            ],
            "conflicts": [conflict.json_value() for conflict in self.conflicts],
            "unknowns": {model: list(names) for model, names in self.unknowns.items()},
        }


async def compare(store: GraphStore, models: Sequence[str], predicates: Sequence[str], as_of: AsOf) -> Comparison:
    """Models side by side, on the given predicates or the usual ones. Raises UnknownEntity."""
    subjects = list(dict.fromkeys([await find(store, model) for model in models]))
    found = {subject: await profile(store, subject, as_of) for subject in subjects}
    rows = []
    for name in [name for it in predicates for name in named_predicates(it)] or COMPARED:
        cells = {subject: tuple(found[subject].about(name)) for subject in subjects}
        if predicates or any(cells.values()):
            rows.append(Row(predicate=name, cells=cells))
    return Comparison(
        as_of=as_of,
        models=tuple(subjects),
        rows=tuple(rows),
        conflicts=tuple(conflict for subject in subjects for conflict in found[subject].conflicts),
        unknowns={subject: tuple(row.predicate for row in rows if not row.cells[subject]) for subject in subjects},
    )
