"""
The sample of lwu-upload's page, transcribed: pick a picture, upload it, abort past 50 %.

The picture is big, so that the server can tell a real abort from one that came too late.

Run: python examples/seed_000_uploader.py
"""

from __future__ import annotations

import asyncio
from typing import Any

from bridge import Bridge, UploadServer

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(32_000_000)


async def main() -> None:
    """Run the sample on WeChat, and look at what the server got."""
    async with UploadServer() as server, Bridge("uploader/wx", album=[PICTURE]) as bridge:
        bridge.route("https://www.example.com", to=server.url)
        sample(bridge)
        await bridge.settled()
        await server.received(1)
        got = server.last
        print(f"the server got {got.size:,} bytes of a picture of {len(PICTURE):,}:")
        print(f"  {got.error}")


def sample(bridge: Bridge) -> None:
    """The page's code: `uni` and `uploader` are globals there."""
    uni: Any = bridge.globals["uni"]
    uploader: Any = bridge.globals["uploader"]

    def chosen(res: dict[str, Any]) -> None:
        upload_task = uploader.upload(
            {
                "url": "/upload",
                "domain": "https://www.example.com",
                "filePath": res["tempFilePaths"][0],
                "name": "file",
                "formData": {"user": "test"},
                "success": lambda res: print(res["data"]),
                "fail": lambda res: print("fail:", res["errMsg"]),
            }
        )

        def progress(res: dict[str, Any]) -> None:
            if res["progress"] % 10 == 0 or res["progress"] > 50:  # noqa: PLR2004  fewer lines
                print(f"上传进度 {res['progress']} %", end=", ")
                print(f"已经上传的数据长度 {res['totalBytesSent']:,}")
            if res["progress"] > 50:  # noqa: PLR2004  the sample's own condition
                upload_task.abort()

        upload_task.onProgressUpdate(progress)

    uni.chooseImage({"success": chosen})


if __name__ == "__main__":
    asyncio.run(main())
