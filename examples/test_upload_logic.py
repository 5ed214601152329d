"""
A test of a mini-program's logic, on every host it ships to.

`save_avatar` is the piece under test. It forgets nothing that one host needs and another ignores:
`fileType` for Alipay, and a status that is a string on Alipay's simulator.

Run: pytest examples/test_upload_logic.py
"""

# ruff: noqa: S101  a test asserts

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bridge import Bridge, UploadServer

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(2000)


async def save_avatar(host: Any, path: str, user: str) -> str:  # noqa: ANN401  any host's global
    """Upload an avatar as the mini-program does, and say how it went."""
    result = await host.uploadFile(
        {
            "url": "https://api.example.com/avatar",
            "filePath": path,
            "name": "avatar",
            "fileType": "image",
            "formData": {"user": user},
        }
    )
    return "saved" if str(result["statusCode"]) == "200" else "refused"


@pytest.mark.asyncio
@pytest.mark.target("wx", "my", "my:ide", "tt:feishu", "tt:douyin", "uni/h5")
async def test_an_avatar_is_saved(bridge: Bridge, upload_server: UploadServer) -> None:
    """The avatar and its owner arrive, whatever the host."""
    bridge.route("https://api.example.com", to=upload_server.url)
    path = bridge.files.add("me.png", PICTURE)
    assert await save_avatar(bridge.api, path, "张三") == "saved"
    assert upload_server.last.field("user") == "张三"
    upload_server.last.assert_file("avatar", size=len(PICTURE))


@pytest.mark.asyncio
@pytest.mark.target("wx", "my:ide")
async def test_a_refusal_is_no_failure(bridge: Bridge, upload_server: UploadServer) -> None:
    """Any answer is a success to the host; the logic has to read the status."""
    upload_server.reply(403)
    bridge.route("https://api.example.com", to=upload_server.url)
    assert await save_avatar(bridge.api, bridge.files.add("me.png", PICTURE), "a") == "refused"
