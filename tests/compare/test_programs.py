"""A logic file on many targets: what it did, what it saw, what it sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge import compare
from tests.compare.finding import found

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bridge import Bridge

    Js = Callable[[str], Path]

UPLOAD = """
const host = typeof wx === 'undefined' ? my : wx;
host.chooseImage({ success: (res) => host.uploadFile({
  url: 'https://api.example.com/u', filePath: (res.tempFilePaths)[0], name: 'file', ...more,
  success(done) {
    console.log('saved', done.statusCode);
    host.request({ url: `${process.env.MINIBRIDGE_SINK_URL}/done`, data: { n: 1 } });
  },
  fail: (error) => console.log('failed', Object.keys(error)),
}) });
"""
ROUTES = ("https://api.example.com",)


@pytest.fixture
def js(tmp_path: Path) -> Js:
    """Write a logic file."""

    def writing(code: str) -> Path:
        path = tmp_path / "logic.js"
        path.write_text(code, encoding="utf-8")
        return path

    return writing


async def test_the_calls_a_file_makes_are_compared_one_by_one(js: Js) -> None:
    """Alipay refuses the upload, so the file goes another way there."""
    seen = await found(js("const more = {};" + UPLOAD), "wx", "my", routes=ROUTES)
    assert {"wx": "request", "my": "absent"} == seen.values("did.call 3")
    assert {
        "wx": "success",
        "my": "fail: bad_parameter, nothing sent",
    } == seen.values("call 2 uploadFile.outcome")
    assert "uploadFile.option.fileType" in seen.rules("call 2 uploadFile.outcome", "my")


async def test_what_a_file_prints_is_compared_line_by_line(js: Js) -> None:
    """Its own doing is named as such, and is no fact of any host."""
    seen = await found(js("const more = {};" + UPLOAD), "wx", "my", routes=ROUTES)
    printed = seen.values("console.line 1")
    assert "log: saved 200" == printed["wx"]
    assert str(printed["my"]).startswith("log: failed [")
    assert ["the program"] == seen.rules("console.line 1", "wx")
    assert all(one.explained for one in seen.comparison.differences)


async def test_what_a_file_sent_is_compared(js: Js) -> None:
    """Every call has its own wire; the picked file is the same one everywhere."""
    code = "const more = { fileType: 'image' };" + UPLOAD
    seen = await found(js(code), "wx", "my", routes=ROUTES)
    assert "application/octet-stream" == seen.values("call 2 uploadFile.sent.parts.file.type")["my"]
    assert "call 2 uploadFile.understood.filePath" not in seen
    assert "call 2 uploadFile.options.given.filePath" not in seen
    assert {
        "wx": ["wxfile://tmp_<hex>.png"],
        "my": ["https://resource/apml<hex>.image"],
    } == seen.values("call 1 chooseImage.success.tempFilePaths")


async def test_a_file_that_does_the_same_shows_no_difference(js: Js) -> None:
    """On a host and under a layer that passes everything through."""
    code = "const more = {};" + UPLOAD + "console.log(process.env.MINIBRIDGE_SINK_URL)"
    seen = await found(js(code), "wx", "mpx/wx", routes=ROUTES)
    assert () == seen.comparison.differences
    assert seen.comparison.compared > 60


async def test_how_a_file_ends_is_compared(js: Js) -> None:
    """It threw, was stopped at the deadline, or ended by itself."""
    code = "if (typeof my !== 'undefined') null.x; if (typeof tt !== 'undefined') for (;;);"
    seen = await found(js(code), "wx", "my", "tt", deadline=0.3)
    ended = seen.values("ended")
    assert "by itself" == ended["wx"]
    assert str(ended["my"]).startswith("threw TypeError")
    assert "stopped" in str(ended["tt:feishu"])


async def test_a_timer_without_end_is_stopped_at_the_deadline(js: Js) -> None:
    """A run is bounded although each turn is short."""
    code = "if (typeof my !== 'undefined') setInterval(() => {}, 10)"
    seen = await found(js(code), "wx", "my", deadline=0.3)
    assert {"wx": "by itself", "my": "stopped at the deadline"} == seen.values("ended")


async def test_a_program_that_is_broken_everywhere_is_noted(js: Js) -> None:
    """That it threw on every target alike is no difference, and yet all there is to know."""
    seen = await found(js("throw new RangeError('no')"), "wx", "my")
    assert () == seen.comparison.differences
    assert "the program ended nowhere by itself: threw RangeError: no" in seen.comparison.notes
    seen = await found(js("if (typeof my === 'undefined') throw new Error('no')"), "wx", "my")
    assert () == seen.comparison.notes
    seen = await found(js(""), "wx", "my")
    assert () == seen.comparison.notes


async def test_an_origin_without_a_route_is_noted(js: Js) -> None:
    """The call fails on every target as a DNS failure, and the note says why."""
    seen = await found(js("const more = { fileType: 'image' };" + UPLOAD), "wx", "my")
    assert (
        "nothing is routed for https://api.example.com: every call there failed as a DNS failure"
    ) in seen.comparison.notes


async def test_setup_prepares_the_bridge_of_a_file(js: Js) -> None:
    """Such as an album that the user backs out of."""

    def back_out(bridge: Bridge) -> None:
        bridge.album.cancel_next()

    seen = await found(js("const more = {};" + UPLOAD), "wx", "my", setup=back_out)
    assert "did.call 2" not in seen
    assert "pickers.chooseImage.cancelled" in seen.rules(
        "call 1 chooseImage.fail.errMsg", "wx"
    ) or ("fail" in seen.rules("call 1 chooseImage.fail.errMsg", "wx"))


async def test_a_refused_list_is_put_down_to_the_hosts_text(js: Js) -> None:
    """H5 has one for the extensions, where Feishu minds the type of another option."""
    code = "uni.chooseImage({ extension: [], sourceType: 1, fail: () => {} })"
    seen = await found(js(code), "uni/h5", "uni/tt:feishu")
    rules = seen.rules("call 1 chooseImage.fail.errMsg", "uni/h5")
    assert "pickers.chooseImage.empty_lists.extension" in rules


async def test_what_a_program_makes_up_itself_is_unexplained(js: Js) -> None:
    """Two readings that behave alike give it no reason to print something else."""
    seen = await found(js("console.log(Math.random())"), "wx", ("wx", {"limit": 5}))
    assert not seen["console.line 1"].explained


async def test_a_folder_with_an_app_json_is_the_package(js: Js, tmp_path: Path) -> None:
    """A file of the package can be uploaded by its path in it."""
    (tmp_path / "app.json").write_text("{}")
    (tmp_path / "a.txt").write_text("hello")
    code = "wx.uploadFile({ url: process.env.MINIBRIDGE_SINK_URL, filePath: '/a.txt', name: 'f' })"
    seen = await found(js(code), "wx", "wx:devtools")
    assert "call 1 uploadFile.outcome" not in seen
    assert "call 1 uploadFile.sent.parts.f.size" not in seen
    assert "call 1 uploadFile.success.profile" in seen


@pytest.mark.parametrize("engine", ["node", "quickjs"])
async def test_each_engine_gives_the_same_comparison(js: Js, engine: str) -> None:
    """What differs between hosts does not depend on what runs the file."""
    file = js("const more = {};" + UPLOAD)
    comparison = await compare(file, ["wx", "my"], engine=engine, routes=ROUTES)
    assert {"file": "logic.js"} == comparison.call
    assert "did.call 3" in {one.field for one in comparison.differences}
