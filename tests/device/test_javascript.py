"""The same APIs from JavaScript: arguments one by one, return values, thrown Errors, listeners."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bridge import Bridge
from bridge.logic.program import JSError, Program

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
const host = typeof wx === 'undefined' ? my : wx;
const files = () => host.getFileSystemManager();
const news = [];

module.exports = {
  storage() {
    wx.setStorageSync('k', { a: [1, 'x'], n: null });
    const read = wx.getStorageSync('k');
    read.a.push(2);
    const again = wx.getStorageSync('k');
    return [again, wx.getStorageSync('gone'), wx.removeStorageSync('k') === undefined];
  },
  alipay() {
    my.setStorageSync({ key: 'k', data: 7 });
    const read = (key) => my.getStorageSync({ key }).data;
    return [read('k'), read('gone'), my.isIDE];
  },
  later: () => wx.getStorage({ key: 'gone' }).catch((res) => res),
  stat(path) {
    const stats = files().statSync(path);
    return [stats.size, stats.isFile(), stats.isDirectory(), files() === files()];
  },
  bytes() {
    const path = `${wx.env.USER_DATA_PATH}/b.bin`;
    files().writeFileSync(path, new Uint8Array([1, 2, 255]).buffer);
    return [...new Uint8Array(files().readFileSync(path))];
  },
  caught() {
    try {
      files().readFileSync('wxfile://usr/gone', 'utf8');
    } catch (error) {
      return [error instanceof Error, error.message];
    }
    return 'no error';
  },
  thrown: () => files().accessSync('wxfile://usr/gone'),
  keys: () => ['env', 'canIUse', 'getStorageSync'].filter((key) => Object.keys(host).includes(key)),
  listen() {
    const listener = (res) => news.push(res.networkType);
    wx.onNetworkStatusChange(listener);
    wx.onNetworkStatusChange(() => wx.offNetworkStatusChange(listener));
  },
  news: () => news,
  ask: () => wx.showModal({ title: '?' }),
  toast: () => uni.showToast({ title: 'Done', icon: 'success' }),
};
"""


@pytest.fixture(params=["node", "quickjs"])
def engine(request: pytest.FixtureRequest) -> str:
    """Name each engine in turn."""
    name: str = request.param
    return name


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write the program."""
    path = tmp_path / "app.js"
    path.write_text(CODE)
    return path


async def test_a_mini_program_uses_its_phone(file: Path, engine: str) -> None:
    """Values, bytes, functions of a result, and one manager."""
    async with Bridge("wx") as bridge, Program(bridge, engine=engine) as program:
        await program.load(file)
        stored = {"a": [1, "x"], "n": None}
        assert [stored, "", True] == await program.call("storage")
        assert {"errMsg": "getStorage:fail data not found"} == await program.call("later")
        assert [1, 2, 255] == await program.call("bytes")
        assert b"\x01\x02\xff" == bridge.files.read("wxfile://usr/b.bin")
        path = bridge.files.add("a.txt", "four")
        assert [4, True, False, True] == await program.call("stat", path)
        assert 3 == len(await program.call("keys"))


async def test_a_refusal_is_an_error_the_program_can_catch(file: Path, engine: str) -> None:
    """With the host's text as its message."""
    async with Bridge("wx") as bridge, Program(bridge, engine=engine) as program:
        await program.load(file)
        text = "readFileSync:fail no such file or directory wxfile://usr/gone"
        assert [True, text] == await program.call("caught")
        with pytest.raises(JSError, match="accessSync:fail no such file") as caught:
            await program.call("thrown")
        assert "app.js" in caught.value.stack


async def test_a_listener_in_javascript_hears_the_network(file: Path, engine: str) -> None:
    """Until another listener takes it off."""
    async with Bridge("wx") as bridge, Program(bridge, engine=engine) as program:
        await program.load(file)
        await program.call("listen")
        for change in ("offline", "online"):
            getattr(bridge.network, change)()
            await program.call("news")
        assert ["none"] == await program.call("news")


async def test_the_test_answers_a_dialog_of_the_program(file: Path, engine: str) -> None:
    """The Promise has the user's answer."""
    async with Bridge("wx") as bridge, Program(bridge, engine=engine) as program:
        await program.load(file)
        bridge.ui.answer_modal(confirm=False)
        assert False is (await program.call("ask"))["confirm"]


async def test_an_option_that_a_layer_renames_reaches_the_host(file: Path, engine: str) -> None:
    """The layer knows its name, though the host does not."""
    async with Bridge("uni/my") as bridge, Program(bridge, engine=engine) as program:
        await program.load(file)
        await program.call("toast")
        assert {"content": "Done", "type": "success"} == bridge.ui.toast


async def test_alipays_objects_come_through(file: Path, engine: str) -> None:
    """Constants, and answers in an object."""
    async with Bridge("my") as bridge, Program(bridge, engine=engine) as program:
        await program.load(file)
        assert [7, None, False] == await program.call("alipay")
