"""`minibridge exec` as a process: statuses, signals, and what is left behind."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator

import schemas
from bridge.cli import main
from bridge.cli.exec_command import CLIENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Node  # type: ignore[import-not-found]

EXEC = (sys.executable, "-m", "bridge.cli", "exec")
HANGING = """
process.on('SIGTERM', () => { console.log('asked to end'); process.exit(9); });
setInterval(() => {}, 1000);
console.log('ready', typeof wx.uploadFile);
"""
COUNTING = """
let count = 0;
process.on('SIGINT', () => {
  count += 1;
  setTimeout(() => { console.log('interrupts', count); process.exit(5); }, 100);
});
setInterval(() => {}, 1000);
console.log('ready');
"""
OUTLIVING = """
process.on('uncaughtException', (error) => { console.log(error.message); process.exit(0); });
minibridge.server.hold();
const filePath = minibridge.files.add('a.png', 'x');
wx.uploadFile({ url: minibridge.url, name: 'f', filePath });
process.send('started');
"""
DETACHING = """
const { spawn } = require('node:child_process');
const options = { detached: true, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] };
const child = spawn(process.execPath, ['-e', code], options);
child.on('message', () => process.exit(0));
"""
# The command that stands in for a runner which leaves a process behind.
LEAVING = """
const { spawn } = require('node:child_process');
const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
child.unref();
console.log(child.pid);
"""


UPLOADING = """
const filePath = minibridge.files.add('a.png', 'x');
const host = typeof my === 'undefined' ? wx : my;
host.uploadFile({ url: minibridge.url, name: 'f', filePath, fileType: 'image' });
"""
HOLDING = f"""
minibridge.server.hold();
{UPLOADING}
setInterval(() => {{}}, 1000);
setTimeout(() => console.log('ready'), 0);
"""
TERMINAL = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"


def start(any_node: Node, script: str, *flags: str) -> subprocess.Popen[str]:
    """Start `exec` on a script of Node's."""
    return subprocess.Popen(
        [*EXEC, *flags, "--", "node", "-e", script],
        env=any_node.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(any_node: Node, script: str, *flags: str) -> tuple[int, str, str]:
    """Run `exec` on a script to its end."""
    process = start(any_node, script, *flags)
    out, err = process.communicate(timeout=50)
    return process.returncode, out, err


def test_the_globals_are_the_targets(any_node: Node) -> None:
    """`--on` decides what exists, and the variables name it."""
    script = "console.log(typeof uni, typeof wx, typeof my, process.env.MINIBRIDGE_TARGET)"
    assert (0, "object object undefined uni/wx\n", "") == ended(any_node, script, "--on", "uni/wx")


def test_another_reading_is_set_for_every_session(any_node: Node) -> None:
    """`--set` changes what the host does."""
    script = (
        "const filePath = minibridge.files.add('a.png', 'x');"
        "my.uploadFile({ url: minibridge.url, filePath, name: 'f',"
        " success: () => console.log('success'), fail: () => console.log('fail') })"
    )
    assert (0, "fail\n", "") == ended(any_node, script, "--on", "my")
    assert (0, "success\n", "") == ended(
        any_node, script, "--on", "my", "--set", "file_type=ignored"
    )


def test_the_network_is_as_asked_for_and_changes_from_javascript(any_node: Node) -> None:
    """`--network` is where it begins; every function of `minibridge.network` changes it."""
    script = (
        "const n = minibridge.network; const seen = [];"
        "const look = async () => seen.push((await wx.getNetworkType()).networkType);"
        "(async () => { await look();"
        " n.tls('expired'); n.slow('2g'); await look();"
        " n.slow({ up: 5000 }); n.switch(); await look();"
        " n.switch('wifi'); await look(); n.apply('3g,offline@40%'); await look();"
        " n.script([[0, 'offline'], ['40%', 'online']]); await look();"
        " n.reset(); n.stall(); n.online(); n.background();"
        " const url = minibridge.url;"
        " const { errMsg } = await new Promise((fail) => wx.request({ url, fail }));"
        " n.foreground(); n.clear(); await look(); console.log(seen.join(), errMsg); })()"
    )
    told = "3g,2g,4g,wifi,3g,none,wifi request:fail interrupted\n"
    assert (0, told, "") == ended(any_node, script, "--network", "3g")


LOST = """
process.on('uncaughtException', ({ message }) => console.log('uncaught', message));
minibridge.server.hold();
const filePath = minibridge.files.add('a.png', Buffer.alloc(10));
const again = () => wx.uploadFile({ url: minibridge.url, filePath, name: 'a' });
again();
process.on('exit', () => {
  for (const work of [again, () => wx.chooseImage({}), minibridge.uploads]) {
    try { work(); } catch ({ message }) { console.log('at once', message); }
  }
});
setTimeout(() => process.kill(process.ppid, 'SIGKILL'), 100);
"""


def test_a_command_whose_bridge_dies_is_told_and_ends(any_node: Node) -> None:
    """A call in flight keeps it no longer, and what it calls then throws."""
    status, out, _ = ended(any_node, LOST)
    assert -signal.SIGKILL == status
    lines = [re.sub(r"ws://\S+", "URL", line) for line in out.splitlines()]
    text = "minibridge: no connection to URL it broke off (1006)"
    assert [f"uncaught {text}", *[f"at once {text}"] * 3] == lines


def test_the_status_is_the_commands(any_node: Node) -> None:
    """A command ends with its own status, or with 128 and the signal that killed it."""
    assert 7 == ended(any_node, "process.exit(7)")[0]
    assert 137 == ended(any_node, "process.kill(process.pid, 'SIGKILL')")[0]


def test_node_options_of_the_user_stay(any_node: Node) -> None:
    """What NODE_OPTIONS held is kept in front of the preload."""
    process = subprocess.run(
        [*EXEC, "--", "node", "-p", "process.title + typeof wx"],
        env=any_node.env | {"NODE_OPTIONS": "--title=kept"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "keptobject\n" == process.stdout


def test_a_signal_reaches_the_command(any_node: Node) -> None:
    """The command decides how it ends."""
    process = start(any_node, HANGING)
    assert process.stdout is not None
    assert "ready function\n" == process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=50)
    assert (9, "asked to end\n", "") == (process.returncode, out, err)


@contextmanager
def at_a_terminal(any_node: Node, script: str) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Run `exec` on a script at a terminal; yields its keyboard and screen, and awaits its end."""
    process = subprocess.Popen(
        [sys.executable, "-c", TERMINAL, *EXEC, "--", "node", "-e", script],
        env=any_node.env | {"NO_COLOR": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdin, process.stdout


def test_ctrl_c_at_a_terminal_interrupts_once(any_node: Node) -> None:
    """The terminal interrupts the runner; passing the signal on as well would make it two."""
    with at_a_terminal(any_node, COUNTING) as (keyboard, screen):
        assert b"ready" in screen.readline()
        keyboard.write(b"\x03")
        keyboard.flush()
        assert b"interrupts 1" in screen.read()


def test_a_signal_reaches_the_command_at_a_terminal_too(any_node: Node) -> None:
    """A request to end that comes by the process id, not from the terminal, is passed on."""
    with at_a_terminal(any_node, f"console.log(process.ppid);{HANGING}") as (_, screen):
        parent = int(screen.readline())
        assert b"ready" in screen.readline()
        os.kill(parent, signal.SIGTERM)
        assert b"asked to end" in screen.read()


def test_no_process_is_left_behind(any_node: Node) -> None:
    """What the command started in the background ends with it."""
    status, out, _ = ended(any_node, LEAVING)
    assert 0 == status
    with suppress(ProcessLookupError):
        watched = os.pidfd_open(int(out))
        # It may be dying still: the descriptor is readable once it is dead.
        readable, _, _ = select.select([watched], [], [], 30)
        os.close(watched)
        assert [watched] == readable


def test_each_target_gets_a_run_of_the_command(any_node: Node) -> None:
    """In turn, in the order asked for; the first status that is not 0 is the command's."""
    script = (
        "console.log(process.env.MINIBRIDGE_TARGET, typeof wx, typeof my);"
        "process.exit({ my: 7, 'my:ide': 8 }[minibridge.target] || 0)"
    )
    status, out, err = ended(any_node, script, "--on", "wx,my,my:ide")
    assert 7 == status
    assert "wx object undefined\nmy undefined object\nmy:ide undefined object\n" == out
    told = [line.rpartition(" on ")[2] for line in err.splitlines()[:3]]
    assert ["wx", "my", "my:ide"] == told
    assert "minibridge: wx ended with 0; my ended with 7; my:ide ended with 8" in err


def test_no_target_begins_after_a_signal(any_node: Node) -> None:
    """Whoever ends the command has had enough, whatever it exits with."""
    process = start(any_node, HANGING.replace("exit(9)", "exit(0)"), "--on", "wx,uni/wx")
    assert process.stdout is not None
    assert "ready function\n" == process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=50)
    assert (0, "asked to end\n") == (process.returncode, out)
    assert "minibridge: wx ended with 0\n" == err.splitlines(keepends=True)[-1]


def traced(file: Path) -> list[dict[str, Any]]:
    """Read a trace file, each record of which has to obey its schema."""
    records = [json.loads(line) for line in file.read_text().splitlines()]
    judge = Draft202012Validator(schemas.shared("trace"), registry=schemas.registry())
    assert [] == [error.message for record in records for error in judge.iter_errors(record)]
    return records


def test_a_trace_gets_the_calls_of_every_session(any_node: Node, tmp_path: Path) -> None:
    """It grows, and each session has a name of its own."""
    trace = tmp_path / "trace.jsonl"
    trace.write_text("")
    for targets in ("wx,my", "my:ide"):
        assert 0 == ended(any_node, UPLOADING, "--on", targets, "--trace", str(trace))[0]
    records = traced(trace)
    told = [(record["target"], record["api"], record["sink_upload"]) for record in records]
    assert [(name, "uploadFile", 1) for name in ("wx", "my", "my:ide")] == told
    assert 3 == len({record["session"] for record in records})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_trace_keeps_what_a_signal_cut_off(
    any_node: Node, tmp_path: Path, number: signal.Signals
) -> None:
    """A call in flight is in it as well, as aborted."""
    trace = tmp_path / "trace.jsonl"
    process = start(any_node, HOLDING, "--trace", str(trace))
    assert process.stdout is not None
    assert "ready\n" == process.stdout.readline()
    process.send_signal(number)
    out, err = process.communicate(timeout=50)
    assert (128 + number, "", "") == (process.returncode, out, err)
    assert ["aborted"] == [record["outcome"]["reason"] for record in traced(trace)]


def test_a_trace_that_is_lost_is_told(any_node: Node) -> None:
    """The command ran, and there is no record of it."""
    script = f"{UPLOADING}console.log('ran')"
    status, out, err = ended(any_node, script, "--trace", "/dev/full")
    assert (2, "ran\n") == (status, out)
    assert "minibridge: cannot write the trace file '/dev/full': No space left on device\n" == err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--json", "--", "node"), "exec has no --json"),
        (("--trace", "/dev/null/x", "--", "node"), "cannot write the trace file '/dev/null/x'"),
        (("--on", "wx,fridge", "--", "node"), "fridge"),
        ((), "exec needs a command"),
        (("--",), "exec needs a command"),
        (("--", "no-such-command"), "cannot run 'no-such-command': No such file or directory"),
        (("--on", "fridge", "--", "node"), "fridge"),
        (("--set", "colour=7", "--", "node"), "colour"),
    ],
)
def test_a_mistake_is_one_line(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    """What cannot be run exits with 2."""
    assert 2 == main(["exec", *words])
    out, err = capsys.readouterr()
    assert "" == out
    assert told in err
    assert 1 == len(err.splitlines())


def test_a_server_that_is_not_there_is_named(any_node: Node, tmp_path: Path) -> None:
    """A stale variable ends Node at once, with the address."""
    done = subprocess.run(
        [str(any_node.node), "--require", str(CLIENT / "preload.cjs"), "-e", "1"],
        env=any_node.env | {"MINIBRIDGE_URL": "ws://127.0.0.1:1/bridge"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert 1 == done.returncode
    assert "minibridge: no connection to ws://127.0.0.1:1/bridge" in done.stderr


def test_a_wrong_token_is_told(any_node: Node) -> None:
    """The server's reason reaches the runner."""
    script = (
        "const { spawnSync } = require('node:child_process');"
        "const env = { ...process.env, MINIBRIDGE_TOKEN: 'wrong' };"
        "console.log(spawnSync(process.execPath, ['-e', '1'], { env }).stderr.toString())"
    )
    assert "the token is wrong (4401)" in ended(any_node, script)[1]


def test_jests_setup_file_outside_exec_says_how(any_node: Node, tmp_path: Path) -> None:
    """Without a server there is one sentence with the command to use."""
    done = subprocess.run(
        [str(any_node.node), str(CLIENT / "jest.setup.cjs")],
        env={key: value for key, value in any_node.env.items() if key != "MINIBRIDGE_URL"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "minibridge exec --on TARGET -- npx jest" in done.stderr


def test_a_process_that_outlives_the_native_side_gets_an_error(any_node: Node) -> None:
    """Its call in flight does not wait for ever."""
    status, out, _ = ended(any_node, f"const code = `{OUTLIVING}`;{DETACHING}")
    assert 0 == status
    assert "minibridge: no connection" in out
