"""An executor in a process of its own: keeping.py FOLDER COUNT. It prints the ids of the work it puts in, and stays."""

import asyncio
import json
import sys
from pathlib import Path

from shop import executor, work


async def main(folder: Path, count: int, extra: dict[str, str]) -> None:
    """Put work in, say which, and carry it out until killed or told to end by a line on standard input."""
    async with executor(folder) as shop:
        for _ in range(count):
            print((await shop.submit(work(**extra))).id, flush=True)
        await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])))
