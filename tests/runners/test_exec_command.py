"""`minibridge exec` as a process: statuses, signals, and what is left behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

import pytest

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


@pytest.mark.parametrize(
    ("words", "told"),
    [
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
