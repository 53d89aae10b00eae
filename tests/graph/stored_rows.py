"""What an atlas file holds, row by row, as one value to compare; and what a check of it finds."""

import sqlite3
from contextlib import closing
from pathlib import Path

from modelatlas.graph.sqlite.care.soundness import check

Rows = dict[str, list[tuple[object, ...]]]


def rows(path: Path) -> Rows:
    """Every row of every table, the full-text indexes by their texts, in the order of their keys."""
    with closing(sqlite3.connect(path, timeout=60, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        shadows = ["_data", "_idx", "_content", "_docsize", "_config"]
        tables = [
            name
            for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            if not any(name.endswith(f"_words{shadow}") for shadow in shadows) and not name.startswith("sqlite_")
        ]
        return {name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}


async def wrong_with(path: Path) -> list[str]:
    """What a check finds, each as its sentence."""
    sound = await check(path)
    assert sound.unchecked == ()
    return [finding.text for finding in sound.findings]
