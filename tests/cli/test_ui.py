"""`--ui`: where the page is said to be, what it is told, and how long it stays."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests import npm

pytestmark = [pytest.mark.timeout(110), pytest.mark.measured]

COMMAND = (sys.executable, "-m", "bridge.cli")
SHOWN = "minibridge: the calls are shown at "
STAYS = "minibridge: nothing more is to come; the page stays until Ctrl-C\n"
PROGRAM = """
wx.uploadFile({
  url: 'https://api.example.com/photos', filePath: '/logic.js', name: 'file',
  complete: (res) => { console.log(res.errMsg); if (FAIL) throw new Error('mine'); },
});
"""


async def told(address: str) -> list[dict[str, Any]]:
    """Return all that a page is told of calls that are over."""
    origin, _, token = address.strip().partition("/#")
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(read_bufsize=1 << 22) as http,
        http.get(f"{origin}/calls", headers=headers) as answer,
    ):
        return [json.loads(line) for line in (await answer.text()).splitlines()]


def begun(*words: str, **more: Any) -> subprocess.Popen[str]:  # noqa: ANN401  keywords of Popen
    """Start a command."""
    pipe = subprocess.PIPE
    return subprocess.Popen([*COMMAND, *words], stdout=pipe, stderr=pipe, text=True, **more)


def until(process: subprocess.Popen[str], beginning: str) -> str:
    """Read standard error up to a line, and return the rest of it."""
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith(beginning):
            return line.removeprefix(beginning)
    raise AssertionError(f"{beginning!r} was never said")


@pytest.mark.parametrize("failing", [False, True])
async def test_run_shows_its_calls_until_it_is_interrupted(
    tmp_path: Path, *, failing: bool
) -> None:
    """Every target's, with trace and output already complete; the status stays the program's."""
    file, trace = tmp_path / "logic.js", tmp_path / "calls.jsonl"
    file.write_text(PROGRAM.replace("FAIL", str(failing).lower()))
    words = (str(file), "--on", "wx,uni/wx", "--route", "https://api.example.com")
    process = begun("run", *words, "--trace", str(trace), "--json", "--ui")
    address = until(process, SHOWN)
    until(process, STAYS)
    title, news, over = await told(address)
    assert "run logic.js" == title["title"]
    calls = [(call["session"], call["target"], call["sink_upload"]) for call in news["calls"]]
    assert [("run 1", "wx", 1), ("run 2", "uni/wx", 2)] == calls
    assert {"over": True} == over
    assert 2 == len(trace.read_text().splitlines())
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=50)
    assert int(failing) == process.returncode
    assert ["wx", "uni/wx"] == [run["target"] for run in json.loads(out)]


async def test_an_interrupted_run_does_not_stay(tmp_path: Path) -> None:
    """Ctrl-C while the program runs ends both."""
    file = tmp_path / "logic.js"
    file.write_text("console.error('ready'); setTimeout(() => {}, 1e6)")
    process = begun("run", str(file), "--ui")
    until(process, "ready")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=50)
    assert (130, True) == (process.returncode, "minibridge: interrupted\n" in err)
    assert STAYS not in err


async def test_serve_tells_where_its_page_is() -> None:
    """As one more variable, and the page gets the calls of each session under its name."""
    process = begun("serve", "--on", "my", "--json", "--ui")
    assert process.stdout is not None
    found = json.loads(process.stdout.readline())
    hello = {"type": "hello", "v": 1, "token": found["MINIBRIDGE_TOKEN"], "target": ""}
    call = {"type": "invoke", "callbackId": 1, "event": "getStorageSync", "sync": True}
    call |= {"params": {"args": [{"key": "user"}]}, "namespace": "my", "api": "getStorageSync"}
    origin, _, token = found["MINIBRIDGE_UI_URL"].partition("/#")
    async with aiohttp.ClientSession() as http:
        headers = {"Authorization": f"Bearer {token}"}
        async with http.get(f"{origin}/calls", headers=headers) as page:
            title = json.loads(await page.content.readline())
            ws = await http.ws_connect(found["MINIBRIDGE_URL"])
            await ws.send_json(hello | {"session": "mine"})
            await ws.receive_json()
            await ws.send_json(call)
            await ws.receive_json()
            calls: list[dict[str, Any]] = []
            while not calls:
                calls = json.loads(await page.content.readline())["calls"]
            await ws.close()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=50)
    assert "serve my" == title["title"]
    assert [("mine", "getStorageSync")] == [(call["session"], call["api"]) for call in calls]


async def test_exec_shows_its_calls_after_the_runner_has_ended() -> None:
    """The runner's status is kept, and standard output is its own."""
    script = "wx.setStorageSync('a', 1); console.log('done'); process.exitCode = 7"
    process = begun("exec", "--ui", "--", "node", "-e", script, env=npm.first_node().env)
    address = until(process, SHOWN)
    until(process, STAYS)
    _, news, _ = await told(address)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=50)
    assert (7, "done\n") == (process.returncode, out)
    assert ["setStorageSync"] == [call["api"] for call in news["calls"]]


def test_the_guide_has_what_is_said() -> None:
    """Its sentences are those above."""
    guide = (Path(__file__).parents[2] / "docs" / "live.md").read_text(encoding="utf-8")
    assert f"\n{SHOWN}http://127.0.0.1:" in guide
    assert f"\n{STAYS}" in guide


def test_nothing_is_served_unasked(tmp_path: Path) -> None:
    """Without `--ui` there is no page, and a run ends with its program."""
    file = tmp_path / "logic.js"
    file.write_text("console.log(1)")
    process = begun("run", str(file))
    _, err = process.communicate(timeout=50)
    assert 0 == process.returncode
    assert SHOWN not in err
