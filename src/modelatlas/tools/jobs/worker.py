"""A process that has one model loaded and carries out the jobs of its route: python -m modelatlas.tools.jobs.worker.

It reads its post as JSON from standard input, and writes its output to the log it was started with. When its executor
is gone it ends after the job in hand.
"""

import faulthandler
import os
import sys
import time
from contextlib import suppress
from pathlib import Path

from modelatlas.tools.jobs.arrangement import Post
from modelatlas.tools.jobs.attempts import Attempts
from modelatlas.tools.jobs.bench import Bench
from modelatlas.tools.jobs.processes import Process, this_host
from modelatlas.tools.jobs.roster import Roster
from modelatlas.tools.jobs.table_file import TableFile

_LOOK_S = 0.05


class Worker:
    """The worker's way: it waits for a slot, works, idles, and leaves."""

    def __init__(self, post: Post, me: Process) -> None:
        file = TableFile(post.arrangement.workshop.table)
        self._post, self._me, self._roster = post, me, Roster(file)
        self._keeper = Process(this_host(), *post.keeper) if post.keeper is not None else None
        self._attempts = Attempts(file)
        self._bench = Bench(post, self._attempts, me, self._turned)

    def work(self) -> bool:
        """Work until there is nothing to do for long enough, it is asked to leave, or its executor is gone.

        False where it ended because its model could not be loaded.
        """
        if not self._roster.join(self._me, self._post.route.id, self._keeper, self._post.needs_slot, time.time()):
            return True
        try:
            if self._has_slot():
                self._carry_out()
        finally:
            self._bench.close()
            self._roster.leave(self._me)
        return self._bench.loaded or not self._bench.spoilt

    def _has_slot(self) -> bool:
        slots = self._post.arrangement.slots
        if not self._post.needs_slot:
            self._turned(loaded=False)
            return True
        while not self._roster.take_slot(self._me, slots, time.time()):
            if self._should_leave() or not self._attempts.is_queued(self._post.route.id):
                return False
            time.sleep(_LOOK_S)
        return True

    def _carry_out(self) -> None:
        idle_since: float | None = None
        while not self._should_leave():
            if self._bench.next():
                idle_since = None
                if self._bench.spoilt:
                    return
            elif idle_since is None:
                idle_since = time.monotonic()
                self._roster.turn(self._me, "idle", time.time())
            elif time.monotonic() - idle_since >= self._post.arrangement.idle_s:
                return
            else:
                time.sleep(_LOOK_S)

    def _turned(self, loaded: bool) -> None:
        self._roster.turn(self._me, "busy" if loaded else "loading", time.time())

    def _should_leave(self) -> bool:
        return (self._keeper is not None and not self._keeper.alive) or self._roster.should_leave(
            self._me, self._post.arrangement.patience_s, time.time()
        )


def main() -> int:
    """Be the worker of the post on standard input; 3 where it ended because its model could not be loaded."""
    faulthandler.enable()
    post = Post.read(sys.stdin.read())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    with suppress(OSError):  # memory that runs out shall end this process and not the one that started it
        Path("/proc/self/oom_score_adj").write_text("500")
    return 0 if Worker(post, Process.myself()).work() else 3


if __name__ == "__main__":
    sys.exit(main())
