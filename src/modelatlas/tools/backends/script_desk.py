"""Where the files of one run lie, under names that survive a script which pastes them into a shell's command."""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from modelatlas.tools.backends.backend import CannotRun, Order

_PLAIN = re.compile(r"[A-Za-z0-9_./+-]+")


@dataclass(frozen=True)
class Desk:
    """The folders and files of a run; `seen` is the run's folder under the name that the script is told."""

    order: Order
    seen: Path
    run: str

    @classmethod
    def of(cls, order: Order) -> "Desk":
        """The desk of an order; nothing is made. Raises CannotRun where no plain name can be had."""
        folder = Path(os.path.abspath(order.folder))
        run = "run" + hashlib.sha256(str(folder).encode("utf-8", "surrogateescape")).hexdigest()[:12]
        if is_plain(folder):
            return cls(order, folder, run)
        elsewhere = Path(tempfile.gettempdir()) / f"modelatlas-{run}"
        if not is_plain(elsewhere):
            raise CannotRun(f"{folder} holds signs that scripts trip over; use a folder of letters and figures only.")
        return cls(order, elsewhere / "run", run)

    @property
    def out(self) -> Path:
        """The folder for what the script makes."""
        return self.seen / "out"

    def written(self, name: str) -> Path:
        """A file laid beforehand; its name is this run's alone, since some scripts name their results after it."""
        return self.seen / f"{self.run}_{name}"

    def input(self, key: str) -> Path | None:
        """The file of a field of the request, if it was given."""
        given = self.order.inputs.get(key)
        if given is None:
            return None
        path = Path(os.path.abspath(given.path))
        return path if is_plain(path) else self.seen / "inputs" / _name(key, path)

    def inputs(self, field: str) -> tuple[Path, ...]:
        """The files of a field that takes several, in order."""
        numbered = (self.input(f"{field}[{number}]") for number in range(len(self.order.inputs)))
        return tuple(path for path in numbered if path is not None)

    def folder(self, field: str) -> Path | None:
        """A folder with the files of one field; audio and mask are those of all persons."""
        return self.seen / f"only_{field}" if self._of_folder(field) else None

    def lay(self, written: Mapping[str, str], folders: set[str]) -> None:
        """Make the folders and put the files in them."""
        real = Path(os.path.abspath(self.order.folder))
        if self.seen != real:
            shutil.rmtree(self.seen.parent, ignore_errors=True)
            os.mkdir(self.seen.parent, 0o700)
            self.seen.symlink_to(real, target_is_directory=True)
        self.out.mkdir(parents=True, exist_ok=True)
        for key, given in self.order.inputs.items():
            seen = self.input(key)
            if seen is not None and seen != Path(os.path.abspath(given.path)):
                seen.parent.mkdir(exist_ok=True)
                shutil.copyfile(given.path, seen)
        for field in folders:
            for number, key in enumerate(self._of_folder(field), 1):
                path = self.order.inputs[key].path
                to = self.seen / f"only_{field}" / f"{number}{_suffix(path)}"
                to.parent.mkdir(exist_ok=True)
                shutil.copyfile(path, to)
        for name, text in written.items():
            self.written(name).write_text(text, "utf-8")

    def clear(self) -> None:
        """Take away the second name of the run's folder, where there is one."""
        if self.seen != Path(os.path.abspath(self.order.folder)):
            with suppress(OSError):
                self.seen.unlink()
                self.seen.parent.rmdir()

    def _of_folder(self, field: str) -> list[str]:
        if field in self.order.inputs:
            return [field]
        count = len(self.order.inputs)
        keys = [f"{field}[{number}]" for number in range(count)]
        keys += [f"persons[{number}].{field}" for number in range(count)]
        return [key for key in keys if key in self.order.inputs]


def is_plain(path: Path) -> bool:
    """Whether a path has no space, no quote and nothing else that a shell reads."""
    return _PLAIN.fullmatch(str(path)) is not None and "/-" not in str(path)


def _name(key: str, path: Path) -> str:
    return re.sub(r"[^a-z0-9]+", "_", key.casefold()).strip("_") + _suffix(path)


def _suffix(path: Path) -> str:
    return path.suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", path.suffix) else ""
