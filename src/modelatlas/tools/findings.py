"""What a script or a library needs on this machine: whether it is there, and what brings it."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

from modelatlas.graph.dates import Value
from modelatlas.tools.backends.script_tree import Tree
from modelatlas.tools.cards.card import Route
from modelatlas.tools.cards.local_settings import DiffusersSettings, TransformersSettings
from modelatlas.tools.cards.script_settings import ScriptSettings
from modelatlas.tools.machine import Machine
from modelatlas.tools.places import Place

_REPOSITORY = re.compile(r"(?P<name>[\w.-]+/[\w.-]+) (?P<commit>[0-9a-f]{7,40})\b")
_VERSION = re.compile(r"3\.\d+")


class Finding(Value):
    """One thing a route needs; `commands` bring it, and `needed` is false for what it can go without."""

    what: str
    found: bool
    detail: str = ""
    commands: tuple[str, ...] = ()
    needed: bool = True


def told(route: Route, name: str, value: object) -> str:
    """The lines of the places file that tell something about a route."""
    return f'[routes."{route.id}"] {name} = "{value}"'


def script_findings(route: Route, settings: ScriptSettings, place: Place, machine: Machine) -> Iterator[Finding]:
    """What a script of a repository needs."""
    tree = Tree(settings, place)
    home = tree.checkout or Path.cwd() / settings.repository.rstrip("/").rpartition("/")[2]
    yield _git_checkout(route, settings.repository, settings.revision, tree, home)
    yield _environment(route, settings, tree, home)
    if settings.program[0] == "torchrun":
        beside = tree.python is not None and Path(tree.program("torchrun")).is_file()
        yield Finding(
            what="torchrun in its environment",
            found=beside,
            commands=(
                shlex.join((str(tree.python or home / ".venv/bin/python"), "-m", "pip", "install", _torch(route))),
            ),
        )
    yield from _script_weights(settings, tree, Tree(settings, place.model_copy(update={"checkout": home})))
    if settings.fetches:
        yield Finding(
            what="leave to fetch what it needs from the network",
            found=place.download,
            detail="it fetches on its own, at least the first time",
            commands=(f'[routes."{route.id}"] download = true',),
            needed=False,
        )
    if any("ffmpeg" in name.casefold() for name in route.environment):
        yield Finding(
            what="ffmpeg", found="ffmpeg" in machine.programs, commands=("sudo apt install ffmpeg",), needed=True
        )


def local_findings(
    route: Route, settings: TransformersSettings | DiffusersSettings, place: Place, machine: Machine
) -> Iterator[Finding]:
    """What a library of ours needs: its packages, the weights, and for some the code of a repository."""
    library = settings.backend
    missing = sorted({"torch", "accelerate", library} - machine.packages)
    yield Finding(
        what=f"torch and {library}",
        found=not missing,
        detail=f"not installed: {', '.join(missing)}" if missing else "",
        commands=("pip install 'modelatlas[local]'",),
    )
    if isinstance(settings, DiffusersSettings) and settings.module is not None:
        found = _REPOSITORY.search(route.revision or "")
        there = place.checkout is not None and place.checkout.expanduser().is_dir()
        name = found["name"] if found else "its repository"
        home = Path.cwd() / name.rpartition("/")[2]
        clone = (
            (f"git clone https://github.com/{name} {home}", f"git -C {home} checkout {found['commit']}")
            if found
            else ()
        )
        yield Finding(what=f"a checkout of {name}", found=there, commands=(*clone, told(route, "checkout", home)))
    yield _hub_weights(route, place)


def _git_checkout(route: Route, repository: str, revision: str | None, tree: Tree, home: Path) -> Finding:
    where = shlex.quote(str(home))
    check_out = (f"git -C {where} checkout {revision}",) if revision else ()
    if tree.checkout is None or not tree.checkout.is_dir():
        return Finding(
            what=f"a checkout of {repository}",
            found=False,
            detail="none is told" if tree.checkout is None else f"{tree.checkout} is no folder",
            commands=(f"git clone {repository} {where}", *check_out, told(route, "checkout", home)),
        )
    head = tree.head()
    fits = revision is None or (head is not None and head.startswith(revision))
    if fits:
        return Finding(
            what=f"a checkout of {repository}", found=True, detail=f"{tree.checkout} at {(head or '?')[:12]}"
        )
    return Finding(
        what=f"revision {revision} of {repository}",
        found=False,
        detail=f"{tree.checkout} is at {head[:12]}" if head else f"{tree.checkout} tells no commit",
        commands=(f"git -C {where} fetch", *check_out),
        needed=False,
    )


def _environment(route: Route, settings: ScriptSettings, tree: Tree, home: Path) -> Finding:
    version = _VERSION.search(route.environment.get("python", ""))
    python = home / ".venv" / "bin" / "python"
    install = (str(python), "-m", "pip", "install")
    asked = settings.requirements
    packages = (str(home),) if asked == "." else ("-r", str(home / (settings.folder or "") / str(asked)))
    pins = ", ".join(f"{name} {it}" for name, it in route.environment.items())
    there = tree.python is not None and tree.python.is_file()
    return Finding(
        what="a Python environment of its own",
        found=there,
        detail=(f"{tree.python}" if there else f"none at {tree.python or python}") + (f"; {pins}" if pins else ""),
        commands=(
            shlex.join((f"python{version[0] if version else '3'}", "-m", "venv", str(home / ".venv"))),
            shlex.join((*install, *packages) if asked else (*install, _torch(route))),
        ),
    )


def _torch(route: Route) -> str:
    pin = route.environment.get("torch", "")
    return f"torch=={pin}" if re.fullmatch(r"[\d.]+", pin) else "torch"


def _script_weights(settings: ScriptSettings, tree: Tree, future: Tree) -> Iterator[Finding]:
    """Weights and files; `future` is the checkout as it will be. Where a card asks for no folder, any will do."""
    needed = [tree.filled(it) for it in settings.needs_files]
    folders = {tree.filled(folder): hub for hub, folder in settings.weights_at.items()}
    asked = {it for it in folders if any(path == it or path.startswith(f"{it}/") for path in needed)}
    here = {it for it in folders if tree.checkout is not None and tree.has(it)}
    for folder, hub in folders.items():
        yield Finding(
            what=f"weights {hub}",
            found=folder in here,
            detail=f"in {folder}",
            commands=(future.fetch(hub, folder),),
            needed=folder in asked if asked else not here and not settings.fetches,
        )
    for path in needed:
        if path not in folders:
            above = next((hub for folder, hub in folders.items() if path.startswith(f"{folder}/")), None)
            yield Finding(
                what=path,
                found=tree.checkout is not None and tree.has(path),
                detail=f"beside the weights {above}: its page says how" if above else "of the checkout",
            )


def _hub_weights(route: Route, place: Place) -> Finding:
    from modelatlas.tools.backends.backend import CannotRun
    from modelatlas.tools.backends.local_weights import find_weights

    name = place.weights or route.weights
    revision = ("--revision", place.revision) if place.revision else ()
    fetch = () if name is None or Path(name).is_absolute() else (shlex.join(("hf", "download", name, *revision)),)
    try:
        return Finding(what=f"weights {name}", found=True, detail=str(find_weights(route, place, False).folder))
    except CannotRun as missing:
        return Finding(what=f"weights {name}", found=False, detail=str(missing), commands=fetch)
