"""
The sample of Feishu's page with both of its results: `ok` with a trace, and `fail timeout`.

Feishu takes no `timeout`, so the second run shortens the host's own to a tenth of a second and
lets the server hold its answer back.

Run: python examples/seed_004_feishu.py
"""

from __future__ import annotations

import asyncio
from typing import Any

from bridge import Bridge, UploadServer

PICTURE = b"\xff\xd8\xff" + bytes(50_000)


async def main() -> None:
    """Run the sample against a server that answers, and one that does not."""
    async with UploadServer() as server:
        server.reply(body='{"error":"xxxx"}')
        async with Bridge("tt:feishu") as bridge:
            await sample(bridge, server)
            (upload,) = server.uploads
            print(f"on the wire: x-request-id {upload.headers['x-request-id']}")
        server.hold()
        async with Bridge("tt:feishu", fixed_timeout=100) as bridge:
            await sample(bridge, server)


async def sample(bridge: Bridge, server: UploadServer) -> None:
    """The page's code: `tt` is a global there."""
    bridge.route("https://www.bytedance.com", to=server.url)
    tt: Any = bridge.globals["tt"]
    tt.uploadFile(
        {
            "url": "https://www.bytedance.com/",
            "filePath": bridge.files.add("test.jpeg", PICTURE),
            "name": "test.jpeg",
            "formData": {"param1": "value1", "param2": "value2"},
            "success": lambda res: show("success", res),
            "fail": lambda res: show("fail", res),
        }
    )
    await bridge.settled()


def show(callback: str, res: dict[str, Any]) -> None:
    """Print a result, one key a line."""
    print(callback)
    for key, value in res.items():
        print(f"  {key}: {value!r}")


if __name__ == "__main__":
    asyncio.run(main())
