"""One piece of work, as the table of jobs has it."""

from typing import Any, Literal

from pydantic import AwareDatetime

from modelatlas.graph.dates import Value

Json = dict[str, Any]
State = Literal["queued", "running", "done", "failed", "cancelled", "lost"]
OVER: frozenset[State] = frozenset({"done", "failed", "cancelled", "lost"})


class Work(Value):
    """What to do: a tool, the route that does it, the request as JSON, and for whom."""

    tenant: str
    tool: str
    model: str
    route: str
    request: Json


class Standing(Value):
    """How far a running job is: the part in hand, and how much is done of how much."""

    part: str
    done: int
    total: int | None


class Job(Value):
    """A job; `result` when done, `error` one sentence when failed or lost.

    `submitted`, `started` and `ended` by the clock of whoever did it; `rating` is the user's, 1 to 5.
    """

    id: str
    work: Work
    state: State
    submitted: AwareDatetime
    started: AwareDatetime | None
    ended: AwareDatetime | None
    standing: Standing | None
    result: Json | None
    error: str | None
    cancelling: bool
    rating: int | None

    @property
    def over(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in OVER
