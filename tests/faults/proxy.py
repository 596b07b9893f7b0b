"""A TCP proxy in front of PostgreSQL that loses, delays and breaks what goes through it."""

import asyncio
import contextlib
import random
import socket
import struct
from pathlib import Path


class Proxy:
    """Everything passes until told otherwise.

    `swallowing`: bytes are taken and go nowhere, and new connections get no answer, as behind a firewall that forgot them.
    `delay`: seconds that each piece waits.
    """

    def __init__(self, target: Path):
        self.target = target
        self.swallowing = False
        self.delay = 0.0
        self.pairs: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = []
        self.server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.server.close()
        self.reset_all()

    @property
    def host(self) -> str:
        """For a connection string."""
        return f"host=127.0.0.1 port={self.port}"

    def reset_all(self) -> None:
        for pair in list(self.pairs):
            self.reset(pair)

    def reset_one(self) -> None:
        if self.pairs:
            self.reset(random.choice(self.pairs))

    def half_close_one(self) -> None:
        """The service still sends, and hears no more."""
        if self.pairs:
            client, _ = random.choice(self.pairs)
            with contextlib.suppress(OSError):
                client.get_extra_info("socket").shutdown(socket.SHUT_WR)

    def reset(self, pair) -> None:
        """RST to both sides, wherever in a message they are."""
        for writer in pair:
            raw = writer.get_extra_info("socket")
            with contextlib.suppress(OSError):
                if raw.family == socket.AF_INET:
                    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        while self.swallowing:
            await asyncio.sleep(0.02)
        try:
            from_server, to_server = await asyncio.open_unix_connection(self.target)
        except OSError:
            to_client.transport.abort()
            return
        pair = (to_client, to_server)
        self.pairs.append(pair)
        with contextlib.suppress(OSError):
            await asyncio.gather(self._pump(from_client, to_server), self._pump(from_server, to_client))
        self.pairs.remove(pair)
        for writer in pair:
            writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(65536):
                if self.delay:
                    await asyncio.sleep(self.delay)
                # Also what waited here while everything was swallowed is lost: its connection can only be reset.
                if self.swallowing:
                    while self.swallowing:
                        await asyncio.sleep(0.02)
                    break
                writer.write(piece)
                await writer.drain()
        finally:
            writer.close()
