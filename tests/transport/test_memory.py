"""The transport without sockets: same protocol, virtual time."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

import pytest

from bridge.files import OpenFile
from bridge.reasons import Reason
from bridge.transport import Cut, TransportFailure
from bridge.transport.memory import MemoryFile, MemoryTransport, MemoryUpload

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.transport import Headers, Transport, WireUpload
    from tests.transport.conftest import Log, Opened

_URL = "https://api.example.com/up"


async def _failure(transport: Transport, upload: WireUpload, log: Log) -> TransportFailure:
    with pytest.raises(TransportFailure) as caught:
        await transport.send(upload, log)
    return caught.value


async def test_every_address_answers_and_the_upload_is_kept(
    make: Callable[..., WireUpload], opened: Opened, log: Log
) -> None:
    """What arrived is recorded in full; the default answer is JSON."""
    transport = MemoryTransport()
    headers = (("X-A", "1"),)
    content = bytes(3 * 1024 * 1024)
    reply = await transport.send(make(_URL, opened(content), headers=headers), log)
    digest = hashlib.sha256(content).hexdigest()
    file = MemoryFile("file", "a.bin", "application/octet-stream", len(content), digest)
    assert [MemoryUpload(_URL, headers, (("key", "value"),), (file,))] == transport.uploads
    assert (reply.status, reply.body, reply.charset) == (200, b'{"ok":true}', "utf-8")
    assert reply.url == _URL
    assert log.answered == [(200, reply.headers)]


async def test_progress_comes_in_equal_steps_and_ends_at_the_total(
    make: Callable[..., WireUpload], log: Log
) -> None:
    """The total is the length of the real multipart body."""
    await MemoryTransport(steps=4).send(make(_URL, OpenFile(bytes(1000))), log)
    total = log.measures.body_bytes
    assert [(total * step // 4, total) for step in range(1, 5)] == log.progressed
    assert total > 1000
    assert log.measures.sent_bytes == total


async def test_no_step_is_reported_twice(make: Callable[..., WireUpload], log: Log) -> None:
    """More steps than bytes are as many reports as bytes."""
    await MemoryTransport(steps=10_000).send(make(_URL, fields=()), log)
    assert list(range(1, log.measures.body_bytes + 1)) == [sent for sent, _ in log.progressed]


@pytest.mark.looptime
async def test_latency_and_rate_pass_on_the_loops_clock(
    make: Callable[..., WireUpload], log: Log
) -> None:
    """Two latencies and the body at its rate, in virtual time."""
    transport = MemoryTransport(latency=2.0, rate=10.0)
    await transport.send(make(_URL), log)
    times = log.measures.times
    assert times["request_start"] - times["fetch_start"] == pytest.approx(2)
    sending = times["request_end"] - times["request_start"]
    assert sending == pytest.approx(log.measures.body_bytes / 10)
    assert times["response_start"] - times["request_end"] == pytest.approx(2)
    assert times["response_end"] == pytest.approx(times["response_start"])


async def test_scripted_answers_come_in_order_and_once(
    make: Callable[..., WireUpload], log: Log
) -> None:
    """Replies and failures share one queue; then the default answers again."""
    transport = MemoryTransport(status=204, body=b"", headers={})
    headers = {"content-type": 'text/plain; Charset="GBK"', "Set-Cookie": "a=1"}
    transport.reply(201, "é", headers)
    transport.fail(Reason.DNS_FAILURE, host="api.example.com")
    transport.reply()
    first = await transport.send(make(_URL), log)
    failure = await _failure(transport, make(_URL), log)
    third = await transport.send(make(_URL), log)
    last = await transport.send(make(_URL), log)
    assert (first.status, first.body, first.charset) == (201, "é".encode(), "gbk")
    assert first.set_cookies == ("a=1",)
    assert (failure.reason, failure.detail) == (Reason.DNS_FAILURE, {"host": "api.example.com"})
    assert (third.status, third.body, third.charset) == (200, b"", None)
    assert last.status == 204
    assert len(transport.uploads) == 3


async def test_a_reset_ends_the_upload_where_it_was_cut(
    make: Callable[..., WireUpload], log: Log
) -> None:
    """Progress stops at the cut and nothing has arrived."""
    transport = MemoryTransport()
    cut = Cut(after=10, percent=None, kind="reset")
    failure = await _failure(transport, make(_URL, cut=cut), log)
    assert failure.reason is Reason.CONNECTION_RESET
    assert log.progressed[-1][0] == 10
    assert transport.uploads == []
    assert "request_end" not in log.measures.times


@pytest.mark.looptime
async def test_a_stall_waits_until_it_is_cancelled(
    make: Callable[..., WireUpload], log: Log
) -> None:
    """However long it takes, nothing more happens."""
    cut = Cut(after=None, percent=50, kind="stall")
    transport = MemoryTransport()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(transport.send(make(_URL, cut=cut), log), 1_000_000)
    sent, total = log.progressed[-1]
    assert total // 2 == sent
    assert log.answered == []


async def test_a_file_shorter_than_announced_is_unreadable(
    make: Callable[..., WireUpload], log: Log
) -> None:
    """As over a socket, a file that changed fails the upload."""
    file = OpenFile(b"short")
    file.size = 100
    failure = await _failure(MemoryTransport(), make(_URL, file), log)
    assert failure.reason is Reason.UNREADABLE_FILE


async def test_check_answer_may_refuse(make: Callable[..., WireUpload], log: Log) -> None:
    """A refused answer raises before the headers event."""

    def refuse(url: str, headers: Headers) -> None:
        raise TransportFailure(Reason.BAD_RESPONSE, {"url": url, "headers": headers})

    transport = MemoryTransport(headers={})
    failure = await _failure(transport, make(_URL, check_answer=refuse), log)
    assert failure.detail == {"url": _URL, "headers": ()}
    assert log.answered == []


async def test_a_route_is_accepted_and_checked(make: Callable[..., WireUpload], log: Log) -> None:
    """Routes change nothing, yet a wrong one is told."""
    transport = MemoryTransport()
    transport.route("https://api.example.com", "http://127.0.0.1:1")
    transport.route("https://api.example.com", None)
    for origin, to in (("/path", None), ("", "/path")):
        with pytest.raises(ValueError, match="not an"):
            transport.route(f"https://api.example.com{origin}", to)
    await transport.send(make(_URL), log)
    assert len(transport.uploads) == 1


async def test_a_closed_transport_sends_nothing(make: Callable[..., WireUpload], log: Log) -> None:
    """After closing, an upload fails at once."""
    transport = MemoryTransport()
    await transport.aclose()
    assert (await _failure(transport, make(_URL), log)).reason is Reason.INTERNAL
    assert transport.uploads == []
