"""`minibridge serve` as a process."""

from __future__ import annotations

import signal
import subprocess
import sys

import aiohttp
import pytest

from bridge.cli import main


async def test_it_tells_how_to_connect_and_serves() -> None:
    """The variables are printed; a client that knows them gets the target's globals."""
    process = subprocess.Popen(  # noqa: ASYNC220  its first lines are all that is waited for
        [sys.executable, "-m", "bridge.cli", "serve", "--on", "my:ide"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    told = dict(process.stderr.readline().rstrip().split("=", 1) for _ in range(4))
    assert "minibridge: serving, Ctrl-C ends\n" == process.stderr.readline()
    hello = {"type": "hello", "v": 1, "token": told["MINIBRIDGE_TOKEN"], "session": "s"}
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(told["MINIBRIDGE_URL"]) as ws,
    ):
        await ws.send_json(hello | {"target": told["MINIBRIDGE_TARGET"]})
        ready = await ws.receive_json()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=50)
    assert "my:ide" == told["MINIBRIDGE_TARGET"]
    assert ["my"] == list(ready["globals"])
    assert told["MINIBRIDGE_SINK_URL"] == ready["env"]["MINIBRIDGE_SINK_URL"]
    assert (130, "", "minibridge: interrupted\n") == (process.returncode, out, err)


@pytest.mark.parametrize(
    ("words", "told"),
    [(("--on", "fridge"), "fridge"), (("--set", "colour=7"), "colour"), (("--port", "x"), "'x'")],
)
def test_a_mistake_is_one_line(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    """What cannot be served exits with 2."""
    assert 2 == main(["serve", *words])
    out, err = capsys.readouterr()
    assert "" == out
    assert told in err
    assert 1 == len(err.splitlines())
