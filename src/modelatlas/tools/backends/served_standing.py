"""Whether a server is there and takes the key, before anything is asked of it."""

from dataclasses import replace

from modelatlas.tools.backends.backend import CannotRun, Progress, RunFailed, TimedOut
from modelatlas.tools.backends.served_address import Address
from modelatlas.tools.backends.served_call import Call
from modelatlas.tools.backends.served_refusals import NotThere
from modelatlas.tools.backends.served_session import Session
from modelatlas.tools.backends.served_watch import Watch, watched

LOOKING_S = 60.0


def reachable(address: Address, progress: Progress, path: str = "models") -> None:
    """Raises CannotRun where no server answers, or where it does not take the key.

    Which models it lists decides nothing: some list others than they serve, and some list none.
    """

    async def asked(watch: Watch) -> None:
        watch.tell("looking for the server")
        async with Session(address, watch) as session, session.answer(Call("GET", address.url(path))):
            return

    try:
        watched(asked, progress, replace(address, total_s=min(address.total_s, LOOKING_S)))
    except NotThere:
        return
    except (CannotRun, TimedOut):
        raise
    except RunFailed:
        return
