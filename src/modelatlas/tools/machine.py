"""What this machine has that models need: GPUs, programs, packages. Looked at, never changed."""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec

from modelatlas.graph.dates import Value

_PROGRAMS = ("git", "ffmpeg", "hf")
_PACKAGES = ("torch", "transformers", "diffusers", "accelerate", "av", "PIL", "trimesh")
_QUERY = ("--query-gpu=name,memory.total", "--format=csv,noheader,nounits")


class Gpu(Value):
    """A graphics card; memory in GB of 10^9 bytes, as model cards count it."""

    name: str
    memory_gb: float


class Machine(Value):
    """What was found; `gpus` None where nothing could tell."""

    gpus: tuple[Gpu, ...] | None
    programs: frozenset[str]
    packages: frozenset[str]

    @property
    def largest_gpu(self) -> Gpu | None:
        """The card with the most memory."""
        return max(self.gpus or (), key=lambda it: it.memory_gb, default=None)


def this_machine(programs: Iterable[str] = _PROGRAMS, packages: Iterable[str] = _PACKAGES) -> Machine:
    """Look at this machine; imports nothing and takes a moment."""
    return Machine(
        gpus=_gpus(),
        programs=frozenset(it for it in programs if shutil.which(it) is not None),
        packages=frozenset(it for it in packages if find_spec(it) is not None),
    )


def gpus_in(table: str) -> tuple[Gpu, ...]:
    """The cards that nvidia-smi lists: a name and MiB a line."""
    found = []
    for line in table.splitlines():
        name, _, mib = line.rpartition(",")
        if mib.strip().isdigit():
            found.append(Gpu(name=name.strip(), memory_gb=round(int(mib) * 2**20 / 1e9, 1)))
    return tuple(found)


def _gpus() -> tuple[Gpu, ...] | None:
    program = shutil.which("nvidia-smi")
    if program is not None:
        try:
            listed = subprocess.run(
                [program, *_QUERY], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10, check=True
            )
            return gpus_in(listed.stdout)
        except (OSError, subprocess.SubprocessError):
            return None
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    cards = [torch.cuda.get_device_properties(it) for it in range(torch.cuda.device_count())]
    return tuple(Gpu(name=it.name, memory_gb=round(it.total_memory / 1e9, 1)) for it in cards)
