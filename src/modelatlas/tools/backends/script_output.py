"""Finding what a script made: by the card's rule, among files that are new or changed since the start."""

import ast
import glob
import re
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from modelatlas.tools.cards.script_settings import OutputRule

Seen = Mapping[Path, tuple[int, int, int]]


def matches(pattern: str, checkout: Path, out: Path, run: str) -> Seen:
    """The plain files that a pattern matches now, with what changes when one is written."""
    filled = pattern.replace("{out}", glob.escape(str(out))).replace("{run}", run)
    found = {}
    whole = filled if Path(filled).is_absolute() else str(Path(glob.escape(str(checkout))) / filled)
    for name in glob.glob(whole, recursive=True):
        path = Path(name)
        try:
            about = path.lstat()
        except OSError:
            continue
        if stat.S_ISREG(about.st_mode):
            found[path] = (about.st_mtime_ns, about.st_size, about.st_ino)
    return found


def picked(rule: OutputRule, before: Seen, after: Seen) -> tuple[Path, ...]:
    """The files that the rule means, of those that are new or changed."""
    made = sorted(path for path, about in after.items() if before.get(path) != about)
    if not made or rule.pick == "standard_output":
        return ()
    match rule.pick:
        case "all":
            return tuple(made)
        case "newest":
            return (max(made, key=lambda path: (after[path][0], path.name)),)
        case "highest":
            return (max(made, key=_number),)


def brought_home(paths: tuple[Path, ...], out: Path) -> tuple[Path, ...]:
    """The same files, moved into the run's folder where they lie elsewhere."""
    home = []
    for number, path in enumerate(paths):
        if path.is_relative_to(out):
            home.append(path)
            continue
        to = out / (f"{number}_{path.name}" if (out / path.name).exists() else path.name)
        shutil.move(path, to)
        home.append(to)
    return tuple(home)


def printed_text(rule: OutputRule, printed: bytes) -> str | None:
    """What a script printed as its answer; None where there is none."""
    text = printed.decode("utf-8", "replace").strip()
    if rule.printed == "text":
        return text or None
    for line in reversed(text.splitlines()):
        if line.strip().startswith("[") and line.strip().endswith("]"):
            try:
                items = ast.literal_eval(line.strip())
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                continue
            if items and isinstance(items[0], str):
                return items[0].strip() or None
    return None


def _number(path: Path) -> tuple[int, str]:
    """A name such as video_continue_3 says that it is the third continuation; one that is none comes before all."""
    found = re.search(r"continue\D*(\d+)$", path.stem)
    return (int(found[1]) if found else -1, path.name)
