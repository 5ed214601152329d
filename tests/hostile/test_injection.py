"""Whatever a mini-program writes: one request leaves, of the lines and parts it should have."""

from __future__ import annotations

import asyncio
import os
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge import Bridge
from bridge.target import all_names
from bridge.values import well_formed
from tests.hostile.wire import OK, Peer, hear

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = 50 * int(os.environ.get("MINIBRIDGE_EXAMPLES", "2"))
"""How many uploads are sent; the environment may ask for more."""
PROFILE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\r\n\0]*")
_FIRST = re.compile(rb"POST /[!-~]* HTTP/1\.1")
_FIELD = re.compile(rb'Content-Disposition: form-data; name="([^"\r\n\0]*)"')
_FILE = re.compile(
    rb'Content-Disposition: form-data; name="[^"\r\n\0]*"; filename="[^"\r\n\0]*"\r\n'
    rb"Content-Type: [^\r\n\0]*"
)

spoilt = st.one_of(
    st.sampled_from(
        [
            "\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil\r\n\r\n",
            "a\r\nX-Evil: 1",
            "a\nX-Evil: 1",
            "a\rX-Evil: 1",
            '"; filename="evil.exe',
            '"\r\nContent-Type: text/html\r\n\r\n<script>',
            "\r\n--",
            "a\0b",
            "\u010d\u010a",
            "\u560d\u560a",
            "%0d%0aX-Evil:%201",
            "\ud800",
            " : ",
            "",
            "../../a",
            "a;b=c",
        ]
    ),
    st.text(max_size=10),
)
names = st.one_of(spoilt, st.sampled_from(["X-A", "Content-Length", "Transfer-Encoding", "Host"]))
forms = st.dictionaries(spoilt, spoilt, max_size=3)


class Ear:
    """A server that keeps the very bytes of its connections."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._done: list[asyncio.Task[Any]] = []

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one request, answer it, and note whatever else comes until the end."""
        self._done.append(asyncio.current_task())  # type: ignore[arg-type]
        peer = Peer(reader, writer)
        try:
            await hear(peer)
            await peer.say(OK)
            await peer.hear_out()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        self.heard.append(peer.heard)
        writer.close()

    async def finished(self) -> list[bytes]:
        """Return all that was heard, once everybody has left."""
        await asyncio.gather(*self._done)
        return self.heard


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """Return a runner, whose loop serves every example."""
    with asyncio.Runner() as made:
        yield made


async def upload(target: str, address: str, filename: str, options: dict[str, Any]) -> list[bytes]:
    """Upload, and return what every connection carried; nothing, where the host refused."""
    ear = Ear()
    server = await asyncio.start_server(ear.take, "127.0.0.1", 0, limit=1 << 20)
    port = server.sockets[0].getsockname()[1]
    async with asyncio.timeout(60), Bridge(target) as bridge:
        path = bridge.files.add(filename, b"picture")
        given = {"url": f"http://127.0.0.1:{port}/{address}", "filePath": path, "fileType": "image"}
        outcome = await bridge.call("uploadFile", {**given, **options})
    heard = await ear.finished()
    server.close()
    await server.wait_closed()
    assert len(heard) == outcome.ok
    return heard


@PROFILE
@given(
    target=st.sampled_from(tuple(all_names())),
    address=spoilt,
    filename=st.sampled_from(
        ["a.png", 'a"; filename="b.png', "a\r\nX: y.png", "ä\u2028.png", "a%0d%0a.png"]
    ),
    name=spoilt,
    header=st.dictionaries(names, spoilt, max_size=3),
    form=forms,
)
def test_nothing_written_becomes_a_line_or_a_part_of_its_own(  # noqa: PLR0913, PLR0917  one for each place
    runner: asyncio.Runner,
    target: str,
    address: str,
    filename: str,
    name: str,
    header: dict[str, str],
    form: dict[str, str],
) -> None:
    """Address, header, field and file name: each stays within its place, whatever it holds."""
    options = {"name": name, "header": header, "formData": form}
    for raw in runner.run(upload(target, address, filename, options)):
        head, _, body = raw.partition(b"\r\n\r\n")
        check_head(head, body, header)
        check_body(body, form)


@pytest.mark.parametrize("target", tuple(all_names()))
def test_nobody_but_us_frames_the_body(runner: asyncio.Runner, target: str) -> None:
    """A length or a coding that the mini-program names would cut one request into two."""
    header = {"Transfer-Encoding": "chunked", "content-length": "1"}
    options = {"name": "f", "header": header, "formData": {"a": "b"}}
    [raw] = runner.run(upload(target, "up", "a.png", options))
    head, _, body = raw.partition(b"\r\n\r\n")
    check_head(head, body, header)
    check_body(body, {"a": "b"})


def check_head(head: bytes, body: bytes, header: dict[str, str]) -> None:
    """Check that a head has the lines it should have, each whole, and the right length."""
    first, *lines = head.split(b"\r\n")
    assert _FIRST.fullmatch(first)
    assert all(_LINE.fullmatch(line) for line in lines)
    found = [line.partition(b":")[0].decode().lower() for line in lines]
    own = {"host", "accept", "accept-encoding", "user-agent", "referer", "content-length"}
    own |= {
        "content-type",
        "x-tt-logid",
        "x-request-id",
        "tt-request-id",
        "origin",
        "x-tt-trace-id",
    }
    assert set(found) <= own | {name.lower() for name in header}
    assert "transfer-encoding" not in found
    lengths = [line for line in lines if line.lower().startswith(b"content-length:")]
    assert [b"Content-Length: %d" % len(body)] == lengths


def check_body(body: bytes, form: dict[str, str]) -> None:
    """Check that a body has one file, and the fields that were given, with their values."""
    mark = b"\r\n" + body.partition(b"\r\n")[0]
    before, *parts, after = (b"\r\n" + body).split(mark)
    assert (b"", b"--\r\n") == (before, after)
    assert len(form) + 1 == len(parts)
    *fields, file = [part[2:].partition(b"\r\n\r\n") for part in parts]
    assert _FILE.fullmatch(file[0])
    assert file[2] == b"picture"
    assert all(_FIELD.fullmatch(about) for about, _, _ in fields)
    assert [well_formed(value).encode() for value in form.values()] == [each[2] for each in fields]
