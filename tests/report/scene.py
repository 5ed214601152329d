"""
A trace with something of everything: real calls over real sockets, for pictures of the page.

A photo page sends an album on WeChat, more at once than the host allows, to a server that reads
slowly; one upload is aborted, one times out, one goes where no permission was given. The same
upload is then made on other hosts, on one of which it fails.
"""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from itertools import cycle
from typing import TYPE_CHECKING, Any, Final

from bridge import Bridge, UploadServer
from bridge.pictures import png

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable
    from pathlib import Path

    from bridge.trace import Record

ORIGIN: Final = "https://api.example.com"
OTHERS: Final = ("wx:devtools", "my", "my:ide", "tt:feishu", "tt:douyin", "uni/h5", "mpx/wx")
PICTURE: Final = png()
_PIECE: Final = 64 << 10
_ANSWERS: Final = cycle([(201, 0.02), (201, 0.05), (201, 0.03), (413, 0.01), (201, 0.08)])


def written(records: Iterable[Record], path: Path) -> None:
    """Append records to a trace, as `--trace` does."""
    with path.open("a", encoding="utf-8") as file:
        for record in records:
            file.write(json.dumps(record.to_json(), ensure_ascii=False) + "\n")


async def photo_page(path: Path) -> None:
    """Write the trace."""
    async with Bridge("wx", domains=[ORIGIN], seed=7) as bridge, _slow_server() as url:
        bridge.route(ORIGIN, to=url)
        bridge.album.add(PICTURE)
        await bridge.call("chooseImage", {"count": 1})
        await _album(bridge)
        await _mishaps(bridge)
        written(bridge.calls, path)
    async with UploadServer() as server:
        for number, target in enumerate(("wx", *OTHERS)):
            await _avatar(target, server, number, path)


async def _album(bridge: Bridge) -> None:
    """Send twenty photos at once; the host runs ten of them, and one is given up halfway."""
    tasks = [_photo(bridge, number) for number in range(20)]
    halfway = asyncio.Event()

    def watch(told: dict[str, int]) -> None:
        if told["progress"] > 50:
            halfway.set()

    tasks[3].onProgressUpdate(watch)
    await halfway.wait()
    tasks[3].abort()
    await bridge.settled()
    await asyncio.gather(*tasks, return_exceptions=True)


def _photo(bridge: Bridge, number: int) -> Any:  # noqa: ANN401  the host's own task
    size = (3 + number % 3) << 20
    photo = bridge.files.add(f"photo-{number}.png", PICTURE + bytes(size))
    options = {"url": f"{ORIGIN}/albums/7/photos", "filePath": photo, "name": "photo"}
    return bridge.api.uploadFile(options | {"formData": {"index": str(number), "owner": "张三"}})


async def _mishaps(bridge: Bridge) -> None:
    """Fail for a timeout, a domain that is not listed, a file that is gone, and no network."""
    photo = bridge.files.add("last.png", PICTURE)
    options = {"url": f"{ORIGIN}/albums/7/cover", "filePath": photo, "name": "cover"}
    await bridge.call("uploadFile", options | {"formData": {"token": "s3cret"}, "colour": "red"})
    await bridge.call("uploadFile", options | {"url": "https://cdn.example.net/cover"})
    await bridge.call("uploadFile", options | {"filePath": "wxfile://tmp_gone.png"})
    bridge.network.stall_after(percent=40)
    await bridge.call("uploadFile", options | {"timeout": 400})
    bridge.network.clear()
    bridge.network.offline()
    await bridge.call("uploadFile", options)


async def _avatar(target: str, server: UploadServer, seed: int, path: Path) -> None:
    async with Bridge(target, seed=seed) as bridge:
        bridge.route(ORIGIN, to=server.url)
        photo = bridge.files.add("avatar.png", PICTURE)
        options = {"url": f"{ORIGIN}/avatar", "filePath": photo, "name": "avatar"}
        await bridge.call("uploadFile", options | {"formData": {"user": "张三"}})
        written(bridge.calls, path)


@asynccontextmanager
async def _slow_server() -> AsyncIterator[str]:
    """Read bodies in small pieces with pauses, so that there is some progress to see."""
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _PIECE)
        listening.bind(("127.0.0.1", 0))
        server = await asyncio.start_server(_read_slowly, sock=listening, limit=_PIECE)
        async with server:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"


async def _read_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        left = int(head.lower().partition(b"content-length:")[2].split()[0])
        while left and (piece := await reader.read(_PIECE)):
            left -= len(piece)
            await asyncio.sleep(len(piece) / (10 << 20))
        status, pause = next(_ANSWERS)
        await asyncio.sleep(pause)
        body = json.dumps({"code": status, "message": "已保存" if status == 201 else "too large"})
        headers = f"Content-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n"
        answer = f"HTTP/1.1 {status} Answer\r\n{headers}Connection: close\r\n\r\n{body}"
        writer.write(answer.encode())
        await writer.drain()
    finally:
        writer.close()
