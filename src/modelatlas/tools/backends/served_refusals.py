"""What is said where a server refuses: who must mend what, in one sentence."""

from collections.abc import Sequence

import httpx

from modelatlas.tools.backends.backend import CannotRun, RunFailed
from modelatlas.tools.backends.served_address import Address
from modelatlas.tools.backends.served_call import Call


class NotThere(CannotRun):
    """The server has nothing at the path that was called."""


def refusal(address: Address, call: Call, status: int, said: str, has: Sequence[str]) -> RunFailed:
    """The error for an answer that is no success; `said` are the server's words, `has` the models that it lists."""
    server, path = address.origin, httpx.URL(call.url).path
    told = f": {said}" if said else ""
    match status:
        case 401 | 403 if address.key is None:
            return CannotRun(
                f"{server} wants a key ({status}{told}): name the variable that holds it in the places file, "
                f"{address.setting('api_key_variable', 'NAME')}, or put it there as api_key."
            )
        case 401 | 403:
            return CannotRun(
                f"{server} does not take the key ({status}{told}): mend api_key of "
                f'[routes."{address.route}"] in the places file.'
            )
        case 404 if has and address.model not in has:
            return CannotRun(
                f"{server} has no model {address.model!r}, but {', '.join(has)}: put one of these into the places "
                f"file, {address.setting('model', has[0])}."
            )
        case 404 | 405:
            return NotThere(
                f"{server} knows no {call.method} {path} ({status}{told}): is base_url of "
                f'[routes."{address.route}"] right, and does this server run {address.model!r}?'
            )
        case 408 | 429:
            return RunFailed(f"{server} is too busy ({status}{told}): run it again later.")
        case 413:
            return RunFailed(f"{server} finds the files too large ({status}{told}): give smaller ones.")
        case 502 | 503 | 504 if call.begins:
            return RunFailed(
                f"{server} failed ({status}{told}) and may have begun: look there before you run it again."
            )
        case _ if status >= 500:
            return RunFailed(f"{server} failed at {call.method} {path} ({status}{told}).")
    return RunFailed(f"{server} refused {call.method} {path} ({status}{told}).")
