"""A process that puts work into a table and prints the ids, or why it was refused: FOLDER COUNT [USER]."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from shop import table, work

from modelatlas.graph.errors import AtlasError


def main(folder: Path, count: int, user: int | None = None) -> None:
    """Submit until all is in or one is refused, as another user where one is given."""
    if user is not None:
        os.setuid(user)
    jobs = table(folder)
    try:
        for _ in range(count):
            print(jobs.submit(work(words="word " * 500), datetime.now(UTC)).id, flush=True)
    except AtlasError as refused:
        print(refused, flush=True)
    finally:
        jobs.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
