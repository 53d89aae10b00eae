"""A Neo4j Community server on loopback, with a home folder, a port and a password of its own."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from neo4j import Driver, GraphDatabase
from neo4j.exceptions import AuthError, ServiceUnavailable, SessionExpired, TransientError

from servers.loopback import HOST, NotStarted, free_port, last_lines, new_password
from servers.neo4j_parts import Line, jars, java

PROGRAM = Path(__file__).with_name("Serve.java")
EMPTYING = "MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 10000 ROWS"
PATIENCE = 300.0
# Java compiles less thoroughly: a start takes two thirds of the work, and only a long run is slower.
STARTS_SOON = ("-XX:TieredStopAtLevel=1",)


class RunningNeo4j:
    """A Neo4j that answers: where, as whom to ask it, and how to empty it."""

    def __init__(self, uri: str, user: str, password: str) -> None:
        self.uri = uri
        self.user = user
        self.password = password
        self._driver: Driver | None = None

    @classmethod
    def at(cls, url: str) -> "RunningNeo4j":
        """The server that bolt://user:password@host:port names."""
        parts = urlsplit(url)
        user, password = unquote(parts.username or "neo4j"), unquote(parts.password or "")
        return cls(f"{parts.scheme}://{parts.hostname}:{parts.port or 7687}", user, password)

    async def wiped(self) -> None:
        """Empty the database of nodes and relationships; its indexes and constraints stay."""
        await asyncio.to_thread(self.asked, EMPTYING)

    def asked(self, query: str, **given: object) -> list[dict[str, Any]]:
        """What the database answers to a query."""
        if self._driver is None:  # kept until closed: a connection costs twenty times what emptying a little does
            self._driver = GraphDatabase.driver(self.uri, auth=(self.user, self.password), connection_timeout=5)
        with self._driver.session(database="neo4j") as session:
            return session.run(query, given).data()

    def closed(self) -> None:
        """Let go of the connection to it."""
        if self._driver is not None:
            self._driver.close()
            self._driver = None


class Neo4jServer(RunningNeo4j):
    """One server of one line; it stops when told to, and when the process that started it is gone."""

    def __init__(
        self,
        line: Line,
        home: Path,
        settings: Mapping[str, str] | None = None,
        heap: str = "1g",
        flags: Sequence[str] = (),
    ) -> None:
        self.line = line
        self.home = home.resolve()
        self.port = free_port()
        given = settings or {}
        scheme = "bolt+ssc" if given.get("server.bolt.tls_level") == "REQUIRED" else "bolt"
        super().__init__(f"{scheme}://{HOST}:{self.port}", "neo4j", new_password())
        self._flags = (f"-Xmx{heap}", *line.flags, *flags)
        self._settings = {
            "server.bolt.enabled": "true",
            "server.bolt.listen_address": f"{HOST}:{self.port}",
            "server.bolt.advertised_address": f"{HOST}:{self.port}",
            "server.memory.pagecache.size": "256m",
            "dbms.security.auth_enabled": "true",
            "dbms.security.auth_max_failed_attempts": "0",
            "internal.dbms.bolt.netty_server_shutdown_quiet_period": "0",
            "dbms.usage_report.enabled": "false",
            "db.tx_log.preallocate": "false",
            # Emptied between tests, a database would have every query planned anew each time.
            "dbms.cypher.min_replan_interval": "1d",
            **given,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process it runs in."""
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def log(self) -> str:
        """What it has said on its output since it was first started."""
        return (self.home / "server.log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start it on its home folder, or start it again, and wait until it answers."""
        assert self._process is None, "already started"
        program, folder = java(self.line), jars(self.line)
        (self.home / "conf").mkdir(parents=True, exist_ok=True)
        lines = [f"{name}={value}\n" for name, value in self._settings.items()]
        (self.home / "conf" / "neo4j.conf").write_text("".join(lines), encoding="utf-8")
        command = [str(program), *self._flags, "-cp", f"{folder}/*", str(PROGRAM), str(self.home)]
        with (self.home / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                command, cwd=self.home, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
            )
        try:
            self._wait()
        except BaseException:
            self.kill()
            raise

    def stop(self) -> None:
        """Tell it to shut down, and wait until it has; nothing happens when it is not running."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it where it stands, as a crash would; nothing happens when it is not running."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        self.closed()
        if self._process is None:
            return
        if self._process.poll() is None:
            os.kill(self._process.pid, how)
        self._process.wait(PATIENCE)
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process = None

    def _wait(self) -> None:
        assert self._process is not None
        until = time.monotonic() + PATIENCE
        while not self._answers():
            said = f"; the end of {self.home / 'server.log'}:\n{last_lines(self.log)}"
            if self._process.poll() is not None:
                raise NotStarted(f"Neo4j {self.line.version} ended with {self._process.returncode}{said}")
            if time.monotonic() > until:
                raise NotStarted(f"Neo4j {self.line.version} did not answer in {PATIENCE:.0f} s{said}")
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            self.asked("RETURN 1")
            return True
        except (ServiceUnavailable, SessionExpired, TransientError):
            return False
        except AuthError:  # the first log-in must set a password
            changing = "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $password"
            with GraphDatabase.driver(self.uri, auth=("neo4j", "neo4j")) as driver:
                driver.execute_query(changing, password=self.password, database_="system")
            return False
