"""
The sample of mpx's page: it passes on WeChat, and fails on Alipay for want of `fileType`.

The page says both are supported. Alipay requires an option that the sample does not pass, and
answers as it does; with `fileType` the same call passes there too.

Run: python examples/seed_003_mpx.py
"""

from __future__ import annotations

import asyncio
from typing import Any

from bridge import Bridge, UploadServer

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(50_000)


async def main() -> None:
    """Run the sample on both hosts, then repaired on Alipay."""
    async with UploadServer() as server:
        await run(server, "mpx/wx", {})
        await run(server, "mpx/my", {})
        await run(server, "mpx/my", {"fileType": "image"})


async def run(server: UploadServer, target: str, repair: dict[str, Any]) -> None:
    """Run the sample on one target; `repair` is added to its options."""
    async with Bridge(target, album=[PICTURE]) as bridge:
        bridge.route("https://example.weixin.qq.com", to=server.url)
        sample(bridge, repair)
        await bridge.settled()
        for decision in decisions(bridge):
            known = (decision["source"] or {}).get("status", "ours")
            print(f"    {decision['rule']}: {decision['effect']} ({known})")


def sample(bridge: Bridge, repair: dict[str, Any]) -> None:
    """The page's code: `mpx` is a global there."""
    mpx: Any = bridge.globals["mpx"]

    def success(res: dict[str, Any]) -> None:
        print(f"{bridge.target} {repair or ''} success: {', '.join(res)}")

    def chosen(res: dict[str, Any]) -> None:
        mpx.uploadFile(
            {
                "url": "https://example.weixin.qq.com/upload",
                "filePath": res["tempFilePaths"][0],
                "name": "file",
                "formData": {"user": "test"},
                "success": success,
                "fail": lambda res: print(f"{bridge.target} {repair or ''} fail: {res}"),
                **repair,
            }
        )

    mpx.chooseImage({"success": chosen})


def decisions(bridge: Bridge) -> list[dict[str, Any]]:
    """Return the rules that decided the upload, each with its source."""
    decided: Any = bridge.calls[-1].to_json()["decisions"]
    return list(decided)


if __name__ == "__main__":
    asyncio.run(main())
