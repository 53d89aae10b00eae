"""One conversation with a server over HTTP: with limits on time and size, and never the same work begun twice."""

import json
import random
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt

from modelatlas.tools.backends.backend import CannotRun, NoOutput, RunFailed, TimedOut
from modelatlas.tools.backends.served_address import Address, origin
from modelatlas.tools.backends.served_call import Call
from modelatlas.tools.backends.served_content import shortened
from modelatlas.tools.backends.served_refusals import refusal
from modelatlas.tools.backends.served_watch import Watch

CONNECT_S = 10.0
WRITE_S = 120.0
ATTEMPTS = 5
DOWNLOADS = 3
LONGEST_PAUSE_S = 60.0
MOST_REDIRECTS = 3
MAX_ERROR = 64 * 2**10
MAX_JSON = 16 * 2**20
MAX_MEDIA_JSON = 512 * 2**20
MAX_FILE = 2 * 2**30


class BrokeOff(RunFailed):
    """The server ended its answer before it was whole."""


class _Again(Exception):
    """A call that may be made once more, after a pause where the server named one; `last` is what to say else."""

    def __init__(self, last: RunFailed, pause_s: float | None = None) -> None:
        self.last = last
        self.pause_s = pause_s


class Session:
    """Calls to one server; one after another, each with the key and within its limits."""

    def __init__(self, address: Address, watch: Watch) -> None:
        self._address = address
        self._watch = watch
        self._held = AsyncExitStack()

    async def __aenter__(self) -> "Session":
        limits = httpx.Timeout(self._address.total_s, connect=CONNECT_S, write=WRITE_S)
        client = httpx.AsyncClient(timeout=limits, trust_env=not self._address.near)
        self._client = await self._held.enter_async_context(client)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._held.aclose()

    async def json(self, call: Call, most: int = MAX_JSON) -> Any:
        """The answer as JSON. Raises NoOutput where it is none."""
        async with self.answer(call) as response:
            body = await self._read(response, most)
        try:
            return json.loads(body)
        except (ValueError, RecursionError) as error:
            raise NoOutput(
                f"{self._address.origin} answered {call.method} {_path(call)} with something that is no JSON: "
                f"{self._address.quote(body) or 'nothing'}."
            ) from error

    async def save(self, call: Call, path: Path, part: str) -> None:
        """The answer as a file, told as it comes; one that breaks off is asked for again where that begins nothing."""
        for _ in range(0 if call.begins else DOWNLOADS - 1):
            with suppress(BrokeOff):
                await self._save(call, path, part)
                return
        await self._save(call, path, part)

    async def _save(self, call: Call, path: Path, part: str) -> None:
        async with self.answer(call) as response:
            total = _length(response)
            self._refuse_more_than(MAX_FILE, total)
            with path.open("wb") as file:
                async for piece in self._pieces(response, MAX_FILE):
                    file.write(piece)
                    self._watch.tell(part, file.tell(), total)

    async def fetch(self, url: str, path: Path) -> None:
        """A file that an answer names by its URL; only from the server's own origin."""
        there = self._from(self._address.base, url)
        if origin(there) != self._address.origin:
            raise RunFailed(
                f"{self._address.origin} names its file at another origin, {shortened(origin(there))}, from which "
                "nothing is fetched: let the server answer with b64_json, or give its files under its own address."
            )
        await self.save(Call("GET", str(there)), path, "fetching")

    async def lines(self, call: Call) -> AsyncGenerator[str, None]:
        """The answer line by line as it comes, within MAX_JSON together."""
        async with self.answer(call) as response:
            rest = b""
            async for piece in self._pieces(response, MAX_JSON):
                *whole, rest = (rest + piece).split(b"\n")
                for line in whole:
                    yield line.decode("utf-8", "replace").rstrip("\r")
            if rest:
                yield rest.decode("utf-8", "replace")

    @asynccontextmanager
    async def answer(self, call: Call) -> AsyncIterator[httpx.Response]:
        """The answer to a call, its body not yet read. Raises RunFailed, in one sentence, where it is no success."""
        response = await self._persistently(call)
        try:
            yield response
        except httpx.TimeoutException as error:
            raise TimedOut(f"{self._address.origin} went silent in the middle of its answer.") from error
        except httpx.HTTPError as error:
            raise BrokeOff(
                f"{self._address.origin} broke off in the middle of its answer to {call.method} {_path(call)}: "
                "run it again, or look at the server's log."
            ) from error
        finally:
            await response.aclose()

    async def _persistently(self, call: Call) -> httpx.Response:
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(_Again), stop=stop_after_attempt(ATTEMPTS), wait=_pause, reraise=True
        )
        try:
            async for attempt in retrying:
                with attempt:
                    return await self._redirected(call)
        except _Again as error:
            raise error.last from error
        raise AssertionError("tenacity ends with an answer or an error")

    async def _redirected(self, call: Call) -> httpx.Response:
        url = call.url
        for _ in range(MOST_REDIRECTS):
            response = await self._once(call, url)
            if not response.has_redirect_location:
                return response
            await response.aclose()
            there = self._from(url, response.headers["Location"])
            if origin(there) != self._address.origin:
                raise RunFailed(
                    f"{self._address.origin} sends {call.method} {_path(call)} on to another origin, "
                    f"{shortened(origin(there))}, which is not followed: put the address that it should have into "
                    f"the places file, {self._address.setting('base_url', '…')}."
                )
            if call.method == "POST" and response.status_code not in {307, 308}:
                break
            url = str(there)
        raise RunFailed(
            f"{self._address.origin} sends {call.method} {_path(call)} from one address to the next: is base_url of "
            f'[routes."{self._address.route}"] right?'
        )

    async def _once(self, call: Call, url: str) -> httpx.Response:
        address = self._address
        try:
            with call.body() as body:
                request = self._client.build_request(call.method, url, headers=address.headers(), **body)
                response = await self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            nobody = CannotRun(
                f"No server answers at {address.origin}: {address.mend}, or put another address into the "
                f"places file, {address.setting('base_url', 'http://…')}."
            )
            raise _Again(nobody) from error
        except httpx.TimeoutException as error:
            raise TimedOut(f"{address.origin} did not take or answer {call.method} {_path(call)} in time.") from error
        except httpx.HTTPError as error:
            broken = RunFailed(
                f"{address.origin} broke the connection off before it answered {call.method} {_path(call)}"
                + (", and may have begun: look there before you run it again." if call.begins else ".")
            )
            if call.begins:
                raise broken from error
            raise _Again(broken) from error
        if response.is_success or response.has_redirect_location:
            return response
        raise await self._refused(call, response)

    async def _refused(self, call: Call, response: httpx.Response) -> Exception:
        try:
            body = await self._start_of(response)
        finally:
            await response.aclose()
        said = self._address.quote(body)
        has = await self._models() if response.status_code == 404 else ()
        error = refusal(self._address, call, response.status_code, said, has)
        pause_s = _retry_after(response.headers.get("Retry-After"))
        if pause_s is not None and pause_s > LONGEST_PAUSE_S:
            return RunFailed(f"{self._address.origin} asks to wait {pause_s:.0f} s: run it again then ({said}).")
        refused_unbegun = response.status_code == 429 or (response.status_code == 503 and pause_s is not None)
        if refused_unbegun or (response.status_code in {502, 503, 504} and not call.begins):
            return _Again(error, pause_s)
        return error

    async def _models(self) -> tuple[str, ...]:
        """The ids that the server lists; () where it does not say."""
        try:
            url = self._address.url("models")
            request = self._client.build_request("GET", url, headers=self._address.headers())
            response = await self._client.send(request, stream=True)
            try:
                listed = json.loads(await self._start_of(response))["data"]
            finally:
                await response.aclose()
            return tuple(shortened(str(it["id"])) for it in listed)[:20]
        except (httpx.HTTPError, ValueError, KeyError, TypeError, RecursionError):
            return ()

    def _from(self, url: str, there: str) -> httpx.URL:
        """Where an answer of the server points to."""
        try:
            return httpx.URL(url).join(there)
        except httpx.InvalidURL as error:
            raise NoOutput(f"{self._address.origin} points to {shortened(there)}, which is no address.") from error

    async def _start_of(self, response: httpx.Response) -> bytes:
        body = b""
        try:
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) >= MAX_ERROR:
                    break
        except httpx.HTTPError:
            pass
        return body[:MAX_ERROR]

    async def _read(self, response: httpx.Response, most: int) -> bytes:
        self._refuse_more_than(most, _length(response))
        return b"".join([piece async for piece in self._pieces(response, most)])

    async def _pieces(self, response: httpx.Response, most: int) -> AsyncIterator[bytes]:
        size = 0
        async for piece in response.aiter_bytes():
            size += len(piece)
            self._refuse_more_than(most, size)
            yield piece

    def _refuse_more_than(self, most: int, size: int | None) -> None:
        if size is not None and size > most:
            raise NoOutput(
                f"The answer of {self._address.origin} is larger than {most / 2**20:.0f} MiB and was not read to its "
                "end: ask for something smaller."
            )


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    named = error.pause_s if isinstance(error, _Again) else None
    doubled: float = 0.25 * 2 ** (state.attempt_number - 1)
    return named if named is not None else doubled * random.uniform(0.8, 1.2)


def _retry_after(header: str | None) -> float | None:
    if header is None:
        return None
    if header.isascii() and header.strip().isdigit():
        return float(header)
    try:
        when = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def _length(response: httpx.Response) -> int | None:
    said = response.headers.get("Content-Length", "")
    return int(said) if said.isdigit() and "Content-Encoding" not in response.headers else None


def _path(call: Call) -> str:
    return httpx.URL(call.url).path
