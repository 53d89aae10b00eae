"""The folder where jobs and what they make are kept."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Workshop:
    """The folders and files of one workshop; several processes share it. Made when first used."""

    folder: Path

    @property
    def table(self) -> Path:
        """The SQLite file with the jobs and the provenance of what they made."""
        return self.folder / "jobs.sqlite"

    @property
    def artifacts(self) -> Path:
        """Content-addressed files."""
        return self.folder / "artifacts"

    def run(self, job: str) -> Path:
        """The folder of one job: its inputs, what it makes, its log. Gone when the job is over."""
        return self.folder / "runs" / job
