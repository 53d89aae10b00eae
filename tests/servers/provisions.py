"""What the servers of the tests stand on, for .ci/run to install and to fetch before the tests."""

import shutil
import sys
from collections.abc import Iterator

from servers.loopback import NoServer, NotStarted
from servers.neo4j_parts import LTS, NEWEST, jars, java
from servers.postgres_server import programs

LINES = (LTS, NEWEST)


def lacking() -> Iterator[str]:
    """Debian's packages that bring what this machine lacks; a bar stands between those of which one is enough."""
    for line in LINES:
        try:
            java(line)
        except NoServer:
            yield "|".join(f"openjdk-{number}-jdk-headless" for number in line.javas)
    if shutil.which("mvn") is None:
        yield "maven"
    try:
        programs()
    except NoServer:
        yield "postgresql"


def fetched() -> Iterator[str]:
    """Each line of Neo4j with its Java and its jars, which are fetched where they are not here yet."""
    for line in LINES:
        yield f"Neo4j {line.version}: {java(line)}, {len(list(jars(line).iterdir()))} jars"


if __name__ == "__main__":
    try:
        print("\n".join({"lacking": lacking, "fetched": fetched}[sys.argv[1]]()))
    except (NoServer, NotStarted) as failed:
        sys.exit(str(failed))
