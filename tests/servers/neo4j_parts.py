"""What a Neo4j of the tests is made of: the line's version, its jars from Maven, and a Java that runs it."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from servers.loopback import NoServer, NotStarted, last_lines

CACHE = user_cache_path("modelatlas-tests")
POM = Path(__file__).with_name("pom.xml")


@dataclass(frozen=True)
class Line:
    """One line of Neo4j Community: its version, the releases of Java that run it, and what Java must be told."""

    version: str
    javas: tuple[int, ...]
    flags: tuple[str, ...]


OPENED = tuple(
    word for name in ("java.nio", "java.io", "sun.nio.ch") for word in ("--add-opens", f"java.base/{name}=ALL-UNNAMED")
)
LTS = Line("5.26.30", javas=(17, 21), flags=OPENED)
NEWEST = Line(
    "2026.08.1",
    javas=(25,),
    flags=(*OPENED, "--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"),
)


def jars(line: Line, cache: Path = CACHE) -> Path:
    """The folder with the line's jars, fetched by Maven the first time; a fetch cut short leaves no such folder."""
    kept = cache / f"neo4j-{line.version}"
    if kept.is_dir():
        return kept
    maven = shutil.which("mvn")
    if maven is None:
        raise NoServer(f"The jars of Neo4j {line.version} are fetched by Maven, which is not here; install maven.")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{kept.name}-", dir=cache) as folder:
        asked = ["dependency:copy-dependencies", f"-Dneo4j.version={line.version}", f"-DoutputDirectory={folder}/lib"]
        done = subprocess.run(
            [maven, "--batch-mode", "--quiet", "--file", str(POM), *asked],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = last_lines(done.stdout + done.stderr, 10)
            raise NotStarted(f"Maven could not fetch Neo4j {line.version}; mend what it says and run again:\n{said}")
        try:
            Path(folder, "lib").rename(kept)
        except OSError:
            if not kept.is_dir():  # else another process fetched the same jars meanwhile
                raise
    return kept


def java(line: Line, among: Sequence[Path] | None = None) -> Path:
    """A Java that runs the line, of those given or of all on this machine."""
    found = {program: release(program) for program in (javas_here() if among is None else among)}
    for wanted in line.javas:
        for program, number in found.items():
            if number == wanted:
                return program
    needed = " or ".join(str(number) for number in line.javas)
    here = ", ".join(f"{number} ({program})" for program, number in found.items() if number) or "none"
    raise NoServer(
        f"Neo4j {line.version} needs a JDK of Java {needed}, and found here: {here}; "
        "install one, or set JAVA_HOME to one."
    )


def javas_here() -> Iterator[Path]:
    """Every java of a JDK on this machine, the one meant by JAVA_HOME first, each once."""
    named = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    places = [Path(named, "bin", "java")] if named else []
    places += [Path(on_path)] if on_path else []
    places += sorted(Path("/usr/lib/jvm").glob("*/bin/java"))
    for program in dict.fromkeys(place.resolve() for place in places if place.exists()):
        if program.with_name("javac").exists():  # Serve.java is run from source
            yield program


def release(program: Path) -> int | None:
    """The number of a Java's release, or None where it does not say one."""
    try:
        said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    except OSError:
        return None
    found = re.search(r'version "(\d+)', said)
    return int(found[1]) if found else None
