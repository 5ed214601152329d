"""
The upload page's own JavaScript, on every host it ships to.

Run: pytest examples/mini_program
"""

# ruff: noqa: S101  a test asserts

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from bridge.pictures import png

if TYPE_CHECKING:
    from bridge import Bridge, UploadServer
    from bridge.logic.program import Page
    from bridge.pytest_plugin import MiniProgram

PICTURE = png()
EVERY_HOST = ("wx", "my", "my:ide", "tt:feishu", "tt:douyin")

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def page(bridge: Bridge, upload_server: UploadServer, mini_program: MiniProgram) -> Page:
    """Return the page, opened, with one picture in the album."""
    bridge.album.add(PICTURE)
    bridge.route("https://api.example.com", to=upload_server.url)
    program = await mini_program("app.js", "pages/upload/upload.js")
    return program.page("pages/upload/upload")


@pytest.mark.target(*EVERY_HOST)
async def test_a_chosen_picture_is_uploaded(page: Page, upload_server: UploadServer) -> None:
    """The picture and its owner arrive, whatever the host."""
    await page.call("onChoose")
    await page.call("onUpload")
    assert (await page.data())["state"] == "done"
    assert upload_server.last.field("user") == "张三"
    upload_server.last.assert_file("file", size=len(PICTURE))


@pytest.mark.target("wx", "my", "tt:feishu", "tt:douyin")
async def test_progress_is_shown(page: Page) -> None:
    """The last progress is 100, where the host tells progress at all."""
    await page.call("onChoose")
    await page.call("onUpload")
    assert (await page.data())["progress"] == 100  # noqa: PLR2004  per cent


@pytest.mark.target(*EVERY_HOST)
async def test_a_lost_connection_is_tried_again(page: Page, upload_server: UploadServer) -> None:
    """The second attempt succeeds after the first was cut."""
    upload_server.drop()
    await page.call("onChoose")
    await page.call("onUpload")
    data = await page.data()
    assert (data["state"], data["attempts"]) == ("done", 2)


@pytest.mark.target(*EVERY_HOST)
async def test_a_refusal_is_not_tried_again(page: Page, upload_server: UploadServer) -> None:
    """The server's 403 is a success to the host; the page has to see it."""
    upload_server.reply(403)
    await page.call("onChoose")
    await page.call("onUpload")
    data = await page.data()
    assert (data["state"], data["error"]) == ("failed", "the server answered 403")
    assert len(upload_server.uploads) == 1


@pytest.mark.target(*EVERY_HOST)
async def test_without_a_network_the_page_shows_why(page: Page, bridge: Bridge) -> None:
    """Three attempts fail, and the host's own words are shown."""
    await page.call("onChoose")
    bridge.network.offline()
    await page.call("onUpload")
    data = await page.data()
    assert data["state"] == "failed"
    assert data["error"]
    assert sum(record.api == "uploadFile" for record in bridge.calls) == 3  # noqa: PLR2004


async def test_a_user_who_backs_out_changes_nothing(page: Page, bridge: Bridge) -> None:
    """The picker fails, and the page stays as it was."""
    bridge.album.cancel_next()
    await page.call("onChoose")
    assert (await page.data())["state"] == "empty"
