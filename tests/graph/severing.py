"""A stretch of network between a driver and its server, which tears or stalls where a test says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal
from urllib.parse import urlsplit

from servers.loopback import HOST

Tear = Literal["before the server has it", "after the server did it"]

COMMIT = b"\x00\x02\xb0\x12\x00\x00"  # of Bolt: two bytes follow, a structure without fields, its kind; the end


class Severing:
    """Passes on what both sides say; each of `tears` is for one commit to come, and takes its connection with it.

    With a number of `answers`, it passes on so many and then none, and `stalled` is set.
    """

    def __init__(self, server_uri: str) -> None:
        self.uri = ""
        self.tears: list[Tear] = []
        self.answers: int | None = None
        self.stalled = asyncio.Event()
        self._port = urlsplit(server_uri).port
        self._listening: asyncio.Server | None = None
        self._ways: set[asyncio.Task[None]] = set()
        self._met: set[asyncio.Task[None] | None] = set()

    async def open(self) -> None:
        """Take connections, again where it did before."""
        port = urlsplit(self.uri).port or 0
        self._listening = await asyncio.start_server(self._meet, HOST, port)
        self.uri = f"bolt://{HOST}:{self._listening.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Take no connections, and tear those there are."""
        assert self._listening is not None
        self._listening.close()
        while self._met:
            for way in self._ways:
                way.cancel()
            await asyncio.sleep(0)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass on what one connection says, both ways, until a side ends it or it tears."""
        self._met.add(asyncio.current_task())
        from_server, to_server = await asyncio.open_connection(HOST, self._port)
        unheard = False

        async def ask() -> None:
            nonlocal unheard
            while data := await reader.read(65536):
                if COMMIT in data and self.tears:
                    if self.tears.pop(0) == "before the server has it":
                        return
                    unheard = True
                to_server.write(data)
                await to_server.drain()

        async def answer() -> None:
            while (data := await from_server.read(65536)) and not unheard:
                if self.answers is not None:
                    if self.answers == 0:
                        self.stalled.set()
                        await asyncio.Event().wait()
                    self.answers -= 1
                writer.write(data)
                await writer.drain()

        ways = {asyncio.create_task(ask()), asyncio.create_task(answer())}
        self._ways |= ways
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        self._ways -= ways
        for side in (writer, to_server):
            side.transport.abort()
            with suppress(OSError):
                await side.wait_closed()
        self._met.discard(asyncio.current_task())


@asynccontextmanager
async def severing(server_uri: str) -> AsyncIterator[Severing]:
    """What stands before a server for as long as it is needed."""
    stretch = Severing(server_uri)
    await stretch.open()
    yield stretch
    await stretch.close()
