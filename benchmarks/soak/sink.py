"""A server in a process of its own that keeps nothing of an upload but the hash of its file."""

from __future__ import annotations

import asyncio
import hashlib
import re
import sys
from collections import Counter

_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n", re.IGNORECASE)
_PIECE = 1 << 18
_HELD = 1 << 16
"""Bytes of the longest body whose file is looked for; of a longer one all is hashed."""


class Sink:
    """Answers each upload with the SHA-256 of its file, and counts how often each came."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the uploads of one connection until it ends."""
        try:
            while True:
                await self._one(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        found = _LENGTH.search(head)
        digest = await _digest(reader, 0 if found is None else int(found[1]))
        self.seen[digest] += 1
        answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(digest)}\r\n\r\n{digest}"
        writer.write(answer.encode())


async def _digest(reader: asyncio.StreamReader, size: int) -> str:
    if size <= _HELD:
        body = await reader.readexactly(size)
        return hashlib.sha256(_file_of(body)).hexdigest()
    digest = hashlib.sha256()
    while size:
        piece = await reader.readexactly(min(size, _PIECE))
        digest.update(piece)
        size -= len(piece)
    return digest.hexdigest()


def _file_of(body: bytes) -> bytes:
    """Return the only part of a form."""
    boundary, _, rest = body.partition(b"\r\n")
    return rest.partition(b"\r\n\r\n")[2].partition(b"\r\n" + boundary)[0]


async def main() -> None:
    """Serve until the standard input ends; the port is the first line of the output."""
    sink = Sink()
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=_PIECE)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(sum(sink.seen.values()), len(sink.seen), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
