"""A PostgreSQL server on loopback, with a data folder, a port and a password of its own."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

from servers.loopback import HOST, NoServer, NotStarted, free_port, last_lines, new_password

USER = "modelatlas"
PATIENCE = 60.0
# Runs the server, and has it shut down when the standard input closes, as it does when whoever started it is gone.
LEASH = """
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
{ read -r _ <&3; kill -INT $server; } >/dev/null 2>&1 &
watcher=$!
wait $server
ended=$?
kill $watcher 2>/dev/null
exit $ended
"""


def programs() -> Path:
    """The folder with PostgreSQL's own programs, the newest release's where there are several."""
    on_path = shutil.which("initdb")
    places = [Path(on_path).resolve().parent] if on_path else []
    installed = [place for place in Path("/usr/lib/postgresql").glob("*/bin") if place.parent.name.isdigit()]
    places += sorted(installed, key=lambda place: int(place.parent.name), reverse=True)
    for place in places:
        if all((place / name).exists() for name in ("initdb", "postgres", "pg_isready")):
            return place
    raise NoServer("PostgreSQL's initdb, postgres and pg_isready are not here; install postgresql.")


def allowed_user() -> str | None:
    """Whom to run as where the tests run as root, which PostgreSQL refuses; None means as oneself."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


class PostgresServer:
    """One server; it stops when told to, and when the process that started it is gone.

    Its folder must be one that every user can reach, as root's tests run it as another user.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.port = free_port()
        self.user = USER
        self.password = new_password()
        self._run_as = allowed_user()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where to connect, with user and password."""
        return f"postgresql://{self.user}:{self.password}@{HOST}:{self.port}/postgres"

    @property
    def pid(self) -> int:
        """The process of the server itself, which starts one more for each connection."""
        return int((self._data / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])

    @property
    def log(self) -> str:
        """What it has said since it was first started."""
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        """Start it on its data folder, which is made the first time, and wait until it answers."""
        assert self._process is None, "already started"
        if not self._data.is_dir():
            self._make_data()
        options = {
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "fsync": "off",  # a killed server loses nothing by it, only a machine that loses power does
            "password_encryption": "scram-sha-256",
        }
        given = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        command = [str(programs() / "postgres"), "-D", str(self._data), "-p", str(self.port), *given]
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", LEASH, "leash", *command],
                cwd=self._data,
                user=self._run_as,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Tell it to shut down, and wait until it has; nothing happens when it is not running."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._process = None

    def kill(self) -> None:
        """Kill it where it stands, as a crash would; nothing happens when it is not running."""
        if self._process is not None and self._process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self._process.wait()
        self.stop()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _make_data(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        secret = self.folder / "password"
        secret.write_text(self.password, encoding="ascii")
        secret.chmod(0o600)
        if self._run_as is not None:
            for place in (self.folder, secret):
                shutil.chown(place, self._run_as)
        command = [programs() / "initdb", "--pgdata", self._data, "--username", self.user, "--pwfile", secret]
        options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync"]
        done = subprocess.run(
            [*map(str, command), *options],
            cwd=self.folder,
            user=self._run_as,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NotStarted(f"PostgreSQL's data folder could not be made:\n{last_lines(done.stdout + done.stderr)}")

    def _wait(self) -> None:
        assert self._process is not None
        asking = [str(programs() / "pg_isready"), "--quiet", "--host", HOST, "--port", str(self.port)]
        until = time.monotonic() + PATIENCE
        while subprocess.run(asking, check=False).returncode:
            said = f"; the end of its log:\n{last_lines(self.log)}"
            if self._process.poll() is not None:
                raise NotStarted(f"PostgreSQL ended with {self._process.returncode}{said}")
            if time.monotonic() > until:
                raise NotStarted(f"PostgreSQL did not answer in {PATIENCE:.0f} s{said}")
            time.sleep(0.05)
