"""`minibridge sink`: the embedded server as a process."""

from __future__ import annotations

import json
import signal
import socket
import urllib.request
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from conftest import Run, Sink  # type: ignore[import-not-found]

    Sinks = Callable[..., AbstractContextManager[Sink]]


def post(url: str) -> tuple[int, bytes]:
    """Upload a small form and return the answer."""
    body = b'--X\r\nContent-Disposition: form-data; name="user"\r\n\r\n\xe5\xbc\xa0\r\n--X--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=X"}
    request = urllib.request.Request(url, body, headers)  # noqa: S310  an http address of ours
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return answer.status, answer.read()


def test_each_upload_is_one_line_of_json(sink: Sinks) -> None:
    """Uploads are printed as they arrive, in the form of the admin interface."""
    with sink() as server:
        assert (200, b'{"ok":true}') == post(f"{server.url}/one")
        first = server.line()
        post(f"{server.url}/two")
        second = server.line()
    assert [(1, "/one"), (2, "/two")] == [(one["number"], one["path"]) for one in (first, second)]
    assert "张" == first["parts"][0]["text"]


def test_an_interrupt_ends_the_server_with_130(sink: Sinks) -> None:
    """Ctrl-C is how a sink is ended; it leaves no traceback."""
    with sink() as server:
        server.process.send_signal(signal.SIGINT)
        out, err = server.process.communicate()
    assert (130, "", "minibridge: interrupted\n") == (server.process.returncode, out, err)


def test_a_script_decides_the_answers(sink: Sinks) -> None:
    """`--script` is a list of steps; after it the default answer returns."""
    with sink({"status": 201, "body": {"id": 7}}) as server:
        assert (201, b'{"id":7}') == post(server.url)
        assert (200, b'{"ok":true}') == post(server.url)


def test_a_token_guards_the_admin_interface(sink: Sinks) -> None:
    """`--token` is asked for by the admin interface, and uploads stay open."""
    with sink(flags=("--token", "t0k3n")) as server:
        request = urllib.request.Request(f"{server.url}/__minibridge__/uploads")  # noqa: S310
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(request)  # noqa: S310
        assert 200 == post(server.url)[0]


def test_a_reader_that_left_ends_the_server_quietly(sink: Sinks) -> None:
    """When nobody reads its lines any more, the sink ends by itself with 0."""
    with sink() as server:
        assert server.process.stdout is not None
        server.process.stdout.close()
        with suppress(ConnectionError):  # it may be gone before it answers
            post(server.url)
        assert 0 == server.process.wait(30)
        assert server.process.stderr is not None
        assert "" == server.process.stderr.read()


def test_a_port_that_is_taken_is_a_mistake(run: Run) -> None:
    """An address that is not free exits with 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = run("sink", "--port", taken.getsockname()[1])
    assert 2 == ran.status
    assert "cannot listen on 127.0.0.1" in ran.err


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("--host", "0.0.0.0"), "give it a token"),  # noqa: S104  refused, which is the point
        (("--port", "70000"), "'70000' is not a port"),
        (("--port", "-1"), "'-1' is not a port"),
        (("--script", "absent.json"), "cannot read the script 'absent.json': No such file"),
        (("--script", "{}"), "cannot read the script '{}': No such file or directory\n"),
    ],
)
def test_a_sink_that_cannot_start_says_why(run: Run, flags: tuple[str, ...], told: str) -> None:
    """Bad addresses, ports and scripts exit with 2 and one line."""
    ran = run("sink", *flags)
    assert (2, "") == (ran.status, ran.out)
    assert told in ran.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "cannot read the script"),
        ("[" * 100_000, "it is nested too deeply"),
        ("{}", "a script is a list of steps, or such lists by the beginning of a path, not {}"),
        (json.dumps([{"status": 20}]), "step 1: 'status'"),
    ],
)
def test_a_wrong_script_is_a_mistake(run: Run, tmp_path: Path, text: str, told: str) -> None:
    """A script is checked before the server listens."""
    script = tmp_path / "wrong.json"
    script.write_text(text)
    ran = run("sink", "--script", script)
    assert 2 == ran.status
    assert told in ran.err
