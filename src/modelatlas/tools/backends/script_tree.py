"""Where a person has the repository of a script, its interpreter and its weights, and how to get each."""

import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from modelatlas.tools.backends.backend import CannotRun
from modelatlas.tools.cards.script_settings import ScriptSettings
from modelatlas.tools.places import Place

_INTERPRETERS = (".venv/bin/python", "venv/bin/python", ".venv/Scripts/python.exe", "venv/Scripts/python.exe")
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Tree:
    """The checkout of a route as a person has it; nothing of it needs to be there."""

    settings: ScriptSettings
    place: Place

    @property
    def checkout(self) -> Path | None:
        """The folder of the repository, if one is told."""
        return None if self.place.checkout is None else Path(os.path.abspath(self.place.checkout.expanduser()))

    @property
    def root(self) -> Path | None:
        """The folder of the checkout in which the script is run."""
        return None if self.checkout is None else self.checkout / (self.settings.folder or "")

    @property
    def python(self) -> Path | None:
        """The interpreter told, or that of the environment inside the checkout, if one is there."""
        if self.place.python is not None:
            return Path(os.path.abspath(self.place.python.expanduser()))
        if self.checkout is None:
            return None
        return next((path for it in _INTERPRETERS if (path := self.checkout / it).is_file()), None)

    @property
    def weights(self) -> str | None:
        """The folder of weights as the script is told it; one that is not absolute lies in the checkout."""
        told = self.place.weights
        if told is not None and told.startswith("~"):
            told = str(Path(told).expanduser())
        return told or self.settings.defaults.get("weights")

    def program(self, word: str) -> str:
        """The first word of a command: `python` and `torchrun` are those of the person's environment."""
        if word not in ("python", "torchrun") or self.python is None:
            return word
        return str(self.python if word == "python" else self.python.with_name("torchrun" + self.python.suffix))

    def filled(self, template: str) -> str:
        """The path of a file of the checkout or of the weights."""
        return template.replace("{weights}", self.weights or "weights").replace("{checkout}", str(self.checkout or "."))

    def has(self, path: str) -> bool:
        """Whether a file, or a folder with something in it, is in the checkout or wherever it says."""
        found = (self.root or Path()) / path
        try:
            return found.is_file() or (found.is_dir() and any(found.iterdir()))
        except OSError:
            return False

    def fetch(self, hub: str, folder: str) -> str:
        """The command that fetches weights from the hub into the folder where the script looks for them."""
        return shlex.join(("hf", "download", hub, "--local-dir", str((self.root or Path()) / folder)))

    def head(self) -> str | None:
        """The commit that is checked out, read from the files of git; None where that cannot be told."""
        if self.checkout is None:
            return None
        try:
            git = self.checkout / ".git"
            if git.is_file():
                git = (self.checkout / git.read_text("utf-8").partition("gitdir:")[2].strip()).resolve()
            head = (git / "HEAD").read_text("utf-8").strip()
            if _HASH.fullmatch(head):
                return head
            name = head.removeprefix("ref:").strip()
            common = git / "commondir"
            whole = (git / common.read_text("utf-8").strip()).resolve() if common.is_file() else git
            for folder in (git, whole):
                if (folder / name).is_file():
                    return (folder / name).read_text("utf-8").strip()
            packed = (whole / "packed-refs").read_text("utf-8").splitlines()
            return next((line.split()[0] for line in packed if line.endswith(f" {name}")), None)
        except (OSError, UnicodeDecodeError):
            return None

    def weights_revision(self) -> str | None:
        """The commit of the weights, where `hf download --local-dir` has noted it beside them."""
        if self.weights is None:
            return None
        notes = (self.root or Path()) / self.weights / ".cache" / "huggingface" / "download"
        try:
            first = next(iter(sorted(notes.rglob("*.metadata"))), None)
            noted = "" if first is None else first.read_text("utf-8").splitlines()[0].strip()
        except (OSError, UnicodeDecodeError, IndexError):
            return None
        return noted if _HASH.fullmatch(noted) else None

    def check(self, route: str) -> None:
        """Raise CannotRun with the first thing that is missing to start the script, and how to get it."""
        fix = f"`modelatlas tools doctor {route}` says how to get it"
        if self.checkout is None or not self.checkout.is_dir():
            where = "no checkout is told" if self.checkout is None else f"{self.checkout} is no folder"
            raise CannotRun(f"{route} needs a checkout of {self.settings.repository}: {where}; {fix}.")
        if self.python is None or not self.python.is_file():
            where = str(self.python or self.checkout / ".venv")
            raise CannotRun(f"{route} needs a Python environment of its own: there is none at {where}; {fix}.")
        first = self.program(self.settings.program[0])
        if self.settings.program[0] == "torchrun" and not Path(first).is_file():
            raise CannotRun(f"{route} needs torchrun beside {self.python}: install torch there; {fix}.")
        scripts = [it for it in self.settings.program[1:] if it.endswith(".py")]
        for path in (*scripts, *(self.filled(it) for it in self.settings.needs_files)):
            if not self.has(path):
                raise CannotRun(f"{route} needs {path} in {self.root}, and it is not there or empty; {fix}.")
