"""`minibridge serve` as a process."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import aiohttp
import pytest

from bridge.cli import main

if TYPE_CHECKING:
    from pathlib import Path

SERVE = (sys.executable, "-m", "bridge.cli", "serve")


async def test_it_tells_how_to_connect_and_serves() -> None:
    """The variables are printed; a client that knows them gets the target's globals."""
    process = subprocess.Popen(  # noqa: ASYNC220  its first lines are all that is waited for
        [*SERVE, "--on", "my:ide"],
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


async def test_sessions_of_two_targets_are_traced_until_it_ends(tmp_path: Path) -> None:
    """A client may ask for another target; whoever ends the server by a signal loses nothing."""
    trace = tmp_path / "trace.jsonl"
    process = subprocess.Popen(  # noqa: ASYNC220  its first line is all that is waited for
        [*SERVE, "--on", "my", "--trace", str(trace), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    hello = {"type": "hello", "v": 1, "token": told["MINIBRIDGE_TOKEN"]}
    params = {"args": [{"key": "user"}]}
    call = {"type": "invoke", "callbackId": 1, "event": "getStorageSync", "params": params}
    async with aiohttp.ClientSession() as http:
        for session, target, host in (("closed", "", "my"), ("open", "uni/wx", "uni")):
            ws = await http.ws_connect(told["MINIBRIDGE_URL"])
            await ws.send_json(hello | {"session": session, "target": target})
            assert host in (await ws.receive_json())["globals"]
            await ws.send_json(call | {"sync": True, "namespace": host, "api": "getStorageSync"})
            assert "result" in await ws.receive_json()
            if session == "closed":
                await ws.close()
        process.send_signal(signal.SIGTERM)
        assert aiohttp.WSMsgType.CLOSE == (await ws.receive()).type
    out, err = process.communicate(timeout=50)
    assert (143, "", "minibridge: serving, Ctrl-C ends\n") == (process.returncode, out, err)
    records = [json.loads(line) for line in trace.read_text().splitlines()]
    kept = [(record["session"], record["target"]) for record in records]
    assert {("closed", "my"), ("open", "uni/wx")} == set(kept)
    assert 2 == len(kept)


async def test_a_trace_that_is_lost_ends_it() -> None:
    """Nobody would notice otherwise that there are no records."""
    process = subprocess.Popen(  # noqa: ASYNC220  its first line is all that is waited for
        [*SERVE, "--trace", "/dev/full", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    told = json.loads(process.stdout.readline())
    hello = {"type": "hello", "v": 1, "token": told["MINIBRIDGE_TOKEN"]}
    async with aiohttp.ClientSession() as http, http.ws_connect(told["MINIBRIDGE_URL"]) as ws:
        await ws.send_json(hello | {"session": "", "target": ""})
        await ws.receive_json()
        params = {"args": ["user"]}
        call = {"type": "invoke", "callbackId": 1, "event": "getStorageSync", "params": params}
        await ws.send_json(call | {"sync": True, "namespace": "wx", "api": "getStorageSync"})
        await ws.receive_json()
    _, err = process.communicate(timeout=50)
    assert 2 == process.returncode
    last = err.splitlines()[-1]
    assert "minibridge: cannot write the trace file '/dev/full': No space left on device" == last


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--on", "wx,my"), "serve has one target, not wx,my"),
        (("--trace", "/dev/null/x"), "cannot write the trace file"),
        (("--on", "fridge"), "fridge"),
        (("--set", "colour=7"), "colour"),
        (("--port", "x"), "'x'"),
    ],
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
