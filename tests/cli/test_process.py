"""The command as a process: exit statuses, pipes, terminals, interrupts, and a light start."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Run, Spawn  # type: ignore[import-not-found]

pytestmark = pytest.mark.measured
COMMAND = [sys.executable, "-m", "bridge.cli"]
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@contextmanager
def silent_server() -> Iterator[tuple[str, socket.socket]]:
    """Listen without answering; yields the address and the listening socket."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(30)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/", listening


def taken(listening: socket.socket) -> socket.socket:
    """Accept a connection and wait for its first bytes: the upload has begun."""
    connection, _ = listening.accept()
    connection.settimeout(30)
    assert connection.recv(64).startswith(b"POST")
    return connection


def read_until(master: int, wanted: bytes) -> bytes:
    """Read a terminal until it has shown something."""
    shown = b""
    while wanted not in shown:
        shown += os.read(master, 4096)
    return shown


def test_the_version_is_told(run: Run) -> None:
    """`--version` names the command and the distribution's version."""
    ran = run("--version")
    assert (0, f"minibridge {metadata.version('minibridge')}\n") == (ran.status, ran.out)


@pytest.mark.parametrize("module", ["bridge", "bridge.cli"])
def test_the_package_is_the_command_too(module: str) -> None:
    """`python -m bridge` is the command where its script is not on the path."""
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"], capture_output=True, text=True, check=True
    )
    assert f"minibridge {metadata.version('minibridge')}\n" == done.stdout


def test_help_names_every_command(run: Run) -> None:
    """`--help` lists commands and exit statuses, and exits with 0."""
    ran = run("--help")
    assert 0 == ran.status
    for word in ("upload", "targets", "doctor", "sink", "exit status: 0 all held"):
        assert word in ran.out


def test_the_version_loads_nothing_heavy() -> None:
    """Neither aiohttp nor jsonschema nor rich is imported to tell a version or a list."""
    heavy = ("aiohttp", "jsonschema", "rich", "structlog")
    code = (
        "import sys; from bridge.cli import main; "
        "main([sys.argv[1]]); "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    for command in ("--version", "targets"):
        done = subprocess.run(
            [sys.executable, "-c", code, command], capture_output=True, text=True, check=True
        )
        assert "[]" == done.stdout.splitlines()[-1]


def test_statuses_of_a_process(spawn: Spawn, picture: Path) -> None:
    """0, 1 and 2 leave the process as they leave `main`."""
    assert 0 == spawn("upload", picture).status
    assert 1 == spawn("upload", picture, "--to", "http://127.0.0.1:1/").status
    assert 2 == spawn("upload", "absent.png").status


def test_a_fault_of_ours_is_one_line(
    spawn: Spawn, picture: Path, third_party: Callable[..., str]
) -> None:
    """An internal error exits with 4, in one line; MINIBRIDGE_DEBUG=1 adds the traceback."""
    module = (
        "import dataclasses\nfrom platforms.wechat import PHONE\n"
        "PROFILE = dataclasses.replace(PHONE, name='acme', aliases=(), paths=None)\n"
    )
    path = third_party("acme = acme_host:PROFILE", module)
    ran = spawn("upload", picture, "--on", "acme", PYTHONPATH=path)
    assert (4, "") == (ran.status, ran.out)
    assert ran.err.startswith("minibridge: internal error: AttributeError: ")
    assert ran.err.endswith("; set MINIBRIDGE_DEBUG=1 for the traceback\n")
    assert 1 == len(ran.err.splitlines())
    loud = spawn("upload", picture, "--on", "acme", PYTHONPATH=path, MINIBRIDGE_DEBUG="1")
    assert "Traceback (most recent call last)" in loud.err


def test_an_interrupted_upload_exits_with_130_and_keeps_its_record(
    picture: Path, tmp_path: Path
) -> None:
    """Ctrl-C ends the call as aborted; the trace still gets it."""
    trace = tmp_path / "calls.jsonl"
    with silent_server() as (url, listening):
        command = [*COMMAND, "upload", str(picture), "--to", url, "--trace", str(trace)]
        with (
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process,
            taken(listening),
        ):
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
    assert (130, b"", b"minibridge: interrupted\n") == (process.returncode, out, err)
    assert "aborted" == json.loads(trace.read_text())["outcome"]["reason"]


def test_a_reader_that_left_is_no_error(picture: Path) -> None:
    """A closed pipe is met quietly, and the exit status stays the command's own."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [*COMMAND, "upload", str(picture), "--on", "all"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (0, b"") == (done.returncode, done.stderr)


@pytest.mark.parametrize(
    ("status", "argv"),
    [
        (2, ["targets", "nowhere"]),
        (0, ["exec", "--on", "wx,my", "--", "true"]),
        (3, ["exec", "--on", "wx,my", "--", "sh", "-c", "exit 3"]),
    ],
)
def test_a_reader_of_errors_that_left_changes_no_status(status: int, argv: list[str]) -> None:
    """What minibridge says of itself is lost with its reader, and nothing else is."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([*COMMAND, *argv], stderr=writing, check=False)
    os.close(writing)
    assert status == done.returncode


def test_a_server_outlives_the_reader_of_its_errors() -> None:
    """`serve` goes on though nobody reads that it serves."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [*COMMAND, "serve", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=writing) as process:
        os.close(writing)
        assert process.stdout is not None
        assert "MINIBRIDGE_URL" in json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert 130 == process.wait(30)


@pytest.mark.parametrize(
    ("status", "argv"),
    [
        (0, ["targets"]),
        (0, ["upload", "--on", "all"]),
        (2, ["targets", "nowhere"]),
        (0, ["exec", "--", "sh", "-c", "cat && echo out && echo err >&2"]),
    ],
)
def test_closed_streams_are_no_error(status: int, argv: list[str], picture: Path) -> None:
    """A command that has been left without standard streams does its work all the same."""
    files = [picture] if argv[0] == "upload" else []
    closing = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"]
    done = subprocess.run([*closing, *COMMAND, *argv, *files], check=False)
    assert status == done.returncode


def test_results_that_cannot_be_kept_are_told() -> None:
    """A full disk behind stdout exits with 2 and one line."""
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "targets"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (2, b"minibridge: cannot write the results: No space left on device\n") == (
        done.returncode,
        done.stderr,
    )


def test_a_poor_encoding_is_no_error(spawn: Spawn, picture: Path) -> None:
    """A character that standard output lacks is shown by its number."""
    ran = spawn("upload", picture, "--on", "my", "--option", "fileType=7", PYTHONIOENCODING="ascii")
    assert 1 == ran.status
    assert "\\u65e0\\u6548" in ran.out


def test_json_stays_pure_beside_a_progress_bar(picture: Path) -> None:
    """On a terminal a bar is drawn on stderr while sending; stdout holds the JSON alone."""
    master, slave = pty.openpty()
    with silent_server() as (url, listening):
        command = [*COMMAND, "upload", str(picture), "--on", "wx,my", "--to", url, "--json"]
        environment = os.environ | {"TERM": "xterm-256color"}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=slave, env=environment
        ) as process:
            with taken(listening) as connection:
                assert b"100%" in read_until(master, b"100%")
                connection.sendall(ANSWER)
            with taken(listening) as connection:
                assert b"my (2/2)" in read_until(master, b"my (2/2)")
                connection.sendall(ANSWER)
            os.close(slave)
            out, _ = process.communicate(timeout=30)
    os.close(master)
    assert 0 == process.returncode
    assert ["wx", "my"] == [record["target"] for record in json.loads(out)]


def test_a_terminal_without_rich_has_no_bar(picture: Path) -> None:
    """Without the `cli` extra the command works in plain text and draws nothing."""
    master, slave = pty.openpty()
    code = (
        "import sys; sys.modules['rich'] = None; from bridge.cli import main; "
        "sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "upload", str(picture)],
        stdout=subprocess.PIPE,
        stderr=slave,
        check=False,
    )
    os.write(slave, b"end")
    shown = read_until(master, b"end")
    os.close(slave)
    os.close(master)
    assert (0, b"end") == (done.returncode, shown)
    assert b"Came back" in done.stdout


def test_a_terminal_gets_colours(picture: Path) -> None:
    """Standard output on a terminal is coloured, unless NO_COLOR is set."""
    for environment, coloured in (({"TERM": "xterm"}, True), ({"NO_COLOR": "1"}, False)):
        master, slave = pty.openpty()
        with subprocess.Popen(
            [*COMMAND, "upload", str(picture)],
            stdout=slave,
            stderr=subprocess.DEVNULL,
            env=os.environ | environment,
        ):
            shown = read_until(master, b"no rule stood in the way")
        os.close(slave)
        os.close(master)
        assert coloured == (b"\x1b[32mok\x1b[0m" in shown)
