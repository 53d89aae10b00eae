"""A backup: the atlas as of one moment in one plain file, made while others read and write."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from modelatlas.graph.care.progress import Progress
from modelatlas.graph.errors import BadInput, StoreError
from modelatlas.graph.sqlite.care import errand
from modelatlas.graph.sqlite.care.errand import Errand
from modelatlas.graph.sqlite.care.plain_copy import beside, copy_pages, take_place, wrong_with
from modelatlas.graph.sqlite.connection import BUSY_SECONDS
from modelatlas.graph.sqlite.faults import told


async def back_up(path: Path, target: Path, *, overwrite: bool = False, progress: Progress | None = None) -> int:
    """Copy the atlas to one plain file, checked before it gets its name; how many bytes it has.

    Raises BadInput where there is no atlas or the target is taken, StoreError where the disk or the atlas fails.
    """
    return await errand.run(lambda errand: _backed_up(path, target, overwrite, errand), progress)


def _backed_up(path: Path, target: Path, overwrite: bool, errand: Errand) -> int:
    if not path.is_file():
        raise BadInput(f"There is no atlas at {path}; name one with --db.")
    _check_free(path, target, overwrite)
    try:
        with beside(target) as part:
            with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as atlas:
                copy_pages(atlas, path, part, errand)
            if wrong := wrong_with(part, errand):
                raise StoreError(
                    f"{path} is damaged, so no backup of it was kept: {wrong[0].what}; see `modelatlas check`."
                )
            shutil.copymode(path, part)
            _check_free(path, target, overwrite)
            take_place(part, target)
        return target.stat().st_size
    except sqlite3.Error as error:
        raise told(error) from error
    except OSError as error:
        raise StoreError(f"The backup {target} cannot be written: {error.strerror}.") from error


def _check_free(path: Path, target: Path, overwrite: bool) -> None:
    if not target.parent.is_dir():
        raise BadInput(f"There is no folder {target.parent} for the backup; make it, or name another.")
    if target.is_dir():
        raise BadInput(f"{target} is a folder; name a file in it for the backup.")
    if not target.exists():
        return
    if target.samefile(path):
        raise BadInput(f"{target} is the atlas itself; name another file for the backup.")
    if not overwrite:
        raise BadInput(f"{target} is there already; name a new file, or overwrite it with --force.")
    if target.with_name(f"{target.name}-wal").exists():
        raise BadInput(f"{target} is an atlas in use; bring a backup into it with `modelatlas restore` instead.")
