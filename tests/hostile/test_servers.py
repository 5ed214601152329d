"""Servers that do all they can: every call ends, as its host would end it, and nothing is kept."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from typing import TYPE_CHECKING

import pytest

from bridge import Bridge, Reason
from bridge.target import all_names
from tests.hostile.conftest import sent, told
from tests.hostile.declared import declares
from tests.hostile.wire import OK, close, forever, hear, hear_body, hear_head, reset, say, trickle

if TYPE_CHECKING:
    from bridge import HttpTransport
    from bridge.transport.tuning import Tuning
    from tests.hostile.conftest import Hostile
    from tests.hostile.wire import Step

_HEAD = b"HTTP/1.1 200 OK\r\n"
_CHUNKED = _HEAD + b"Transfer-Encoding: chunked\r\n\r\n"


def _answer(body: bytes, *lines: bytes) -> bytes:
    """Return a sound answer."""
    length = b"Content-Length: %d" % len(body)
    return _HEAD + b"\r\n".join([*lines, length]) + b"\r\n\r\n" + body


BAD, RESET, LATE = Reason.BAD_RESPONSE, Reason.CONNECTION_RESET, Reason.TIMEOUT
_A = b"a" * 1000
_ZEROS = bytes(1 << 24)
_BOMB = gzip.compress(_ZEROS)

CASES: dict[str, tuple[Reason, *tuple[Step, ...]]] = {
    # --- ends at every stage
    "closes at once": (RESET, close),
    "resets at once": (RESET, reset),
    "closes after the head of the request": (RESET, hear_head, close),
    "resets after the head of the request": (RESET, hear_head, reset),
    "closes instead of answering": (RESET, hear, close),
    "resets instead of answering": (RESET, hear, reset),
    "closes in the status line": (RESET, hear, say(b"HTTP/1.1 20"), close),
    "resets in the status line": (RESET, hear, say(b"HTTP/1.1 20"), reset),
    "closes in the headers": (RESET, hear, say(_HEAD + b"A: b\r\nC:"), close),
    "resets in the headers": (RESET, hear, say(_HEAD + b"A: b\r\nC:"), reset),
    "closes in the body": (BAD, hear, say(_answer(_A)[:-1]), close),
    "resets in the body": (BAD, hear, say(_answer(_A)[:-1]), reset),
    "closes in a chunk": (BAD, hear, say(_CHUNKED + b"a\r\nabc"), close),
    "closes in the size of a chunk": (BAD, hear, say(_CHUNKED + b"a"), close),
    "closes before the last chunk": (BAD, hear, say(_CHUNKED + b"1\r\na\r\n"), close),
    "closes in the trailers": (BAD, hear, say(_CHUNKED + b"1\r\na\r\n0\r\nA:"), close),
    "closes in a compressed body": (
        BAD,
        hear,
        say(_answer(gzip.compress(_A), b"Content-Encoding: gzip")[:-12]),
        close,
    ),
    # --- says nothing, or not enough
    "never says a word": (LATE,),
    "never answers": (LATE, hear),
    "never ends its status line": (LATE, hear, say(b"HTTP/1.1 200")),
    "never ends its headers": (LATE, hear, say(_HEAD + b"A: b\r\n")),
    "never ends its body": (LATE, hear, say(_answer(_A)[:-1])),
    "never ends its chunks": (LATE, hear, say(_CHUNKED + b"1\r\na\r\n")),
    "never ends a body of no length": (LATE, hear, say(_HEAD + b"\r\nbody")),
    # --- says too much
    "an endless status line": (BAD, hear, say(_HEAD[:-2]), forever(b"a")),
    "an endless header": (BAD, hear, say(_HEAD + b"A: "), forever(b"a")),
    "an endless name of a header": (BAD, hear, say(_HEAD), forever(b"a")),
    "endless headers": (BAD, hear, say(_HEAD), forever(b"A: b\r\n")),
    "one header too many": (BAD, hear, say(_answer(b"", *[b"A: b"] * 128))),
    "an endless body": (BAD, hear, say(_HEAD + b"\r\n"), forever(_A)),
    "an endless body of some length": (
        BAD,
        hear,
        say(_HEAD + b"Content-Length: 99999999999\r\n\r\n"),
        forever(_A),
    ),
    "endless chunks": (BAD, hear, say(_CHUNKED), forever(b"3e8\r\n" + _A + b"\r\n")),
    "an endless size of a chunk": (LATE, hear, say(_CHUNKED), forever(b"0")),
    "an endless extension of a chunk": (LATE, hear, say(_CHUNKED + b"1;"), forever(b"a")),
    "endless trailers": (BAD, hear, say(_CHUNKED + b"0\r\n"), forever(b"A: b\r\n")),
    "an endless trailer": (BAD, hear, say(_CHUNKED + b"0\r\nA: "), forever(b"a")),
    "endless noise": (BAD, hear, forever(b"\0\1\2")),
    "endless lines": (LATE, hear, forever(b"\r\n")),
    "an endless row of interim answers": (BAD, hear, forever(b"HTTP/1.1 100 Continue\r\n\r\n")),
    # --- lengths that are none
    "a negative length": (BAD, hear, say(_HEAD + b"Content-Length: -1\r\n\r\n")),
    "a length with a sign": (BAD, hear, say(_HEAD + b"Content-Length: +2\r\n\r\nok")),
    "a length in words": (BAD, hear, say(_HEAD + b"Content-Length: two\r\n\r\nok")),
    "a length beyond numbers": (
        BAD,
        hear,
        say(_HEAD + b"Content-Length: " + b"9" * 40 + b"\r\n\r\n"),
    ),
    "two lengths": (BAD, hear, say(_answer(b"ok", b"Content-Length: 3"))),
    "a list of lengths": (BAD, hear, say(_HEAD + b"Content-Length: 2, 2\r\n\r\nok")),
    "a length too short": (BAD, hear, say(_answer(b"ok") + b", and more")),
    "a length and chunks": (BAD, hear, say(_answer(b"0\r\n\r\n", b"Transfer-Encoding: chunked"))),
    "a chunk of no size": (BAD, hear, say(_CHUNKED + b"\r\n\r\n")),
    "a chunk of a bad size": (BAD, hear, say(_CHUNKED + b"zz\r\n")),
    "a chunk of a negative size": (BAD, hear, say(_CHUNKED + b"-1\r\n")),
    "a chunk beyond numbers": (BAD, hear, say(_CHUNKED + b"f" * 17 + b"\r\n")),
    "a chunk without an end": (BAD, hear, say(_CHUNKED + b"1\r\nabc\r\n")),
    # --- what is no HTTP
    "an old page": (BAD, hear, say(b"<html>HTTP/0.9</html>\r\n"), close),
    "another protocol": (BAD, hear, say(b"SSH-2.0-OpenSSH_9.2\r\n")),
    "a TLS alert": (BAD, hear, say(b"\x15\3\1\0\2\2F")),
    "an unknown version": (BAD, hear, say(b"HTTP/9.9 200 OK\r\n\r\n"), close),
    "no status": (BAD, hear, say(b"HTTP/1.1 abc OK\r\n\r\n")),
    "a status too long": (BAD, hear, say(b"HTTP/1.1 99999 OK\r\n\r\n")),
    "a header without a colon": (BAD, hear, say(_HEAD + b"nonsense\r\n\r\n")),
    "a header without a name": (BAD, hear, say(_HEAD + b": value\r\n\r\n")),
    "a NUL in a header": (BAD, hear, say(_HEAD + b"A: \0\r\n\r\n")),
    "a blank in a header's name": (BAD, hear, say(_HEAD + b"A b: c\r\n\r\n")),
    # --- bodies that are not what they are said to be
    "a gzip bomb": (BAD, hear, say(_answer(_BOMB, b"Content-Encoding: gzip"))),
    "a deflate bomb": (
        BAD,
        hear,
        say(_answer(zlib.compress(_ZEROS), b"Content-Encoding: deflate")),
    ),
    "an endless bomb": (BAD, hear, say(_HEAD + b"Content-Encoding: gzip\r\n\r\n"), forever(_BOMB)),
    "what is no gzip": (BAD, hear, say(_answer(b"plain", b"Content-Encoding: gzip"))),
    "what is no deflate": (BAD, hear, say(_answer(b"\xff" * 9, b"Content-Encoding: deflate"))),
    "what is no brotli": (BAD, hear, say(_answer(b"\xff" * 9, b"Content-Encoding: br"))),
    "what is no zstd": (BAD, hear, say(_answer(b"\xff" * 9, b"Content-Encoding: zstd"))),
}

BY_SESSION = {"an endless row of interim answers": LATE}
"""What aiohttp's session has no limit for, which leaves it to the host's timeout."""


@pytest.mark.parametrize("case", CASES)
async def test_a_hostile_server_fails_the_call_and_nothing_else(
    hostile: Hostile, limited: HttpTransport, tuning: Tuning, case: str
) -> None:
    """One `fail`, one `complete`, for the reason that it is; the next call is as good as any."""
    reason, *script = CASES[case]
    reason = reason if tuning.direct else BY_SESSION.get(case, reason)
    hostile.scripts = [script, [hear, say(OK)]]
    async with Bridge("wx", transport=limited) as bridge:
        options = {**sent(bridge), "url": hostile.url}
        if reason is LATE:
            options["timeout"] = 100
        failed = await told(bridge, "uploadFile", options)
        assert (reason, ["fail", "complete"]) == (failed.record.reason, failed.names)
        assert failed.result["errMsg"].startswith("uploadFile:fail")
        following = await told(bridge, "uploadFile", {**options, "timeout": 60_000})
        assert ["success", "complete"] == following.names
        assert 2 == len(hostile.peers)


_FULL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAccess-Control-Allow-Origin: *\r\n\r\n"
ODD: dict[str, tuple[str, bool | None, *tuple[Step, ...]]] = {
    "byte by byte": ("ok", True, hear, trickle(_FULL + b"ok")),
    "before it was asked": ("ok", None, say(_FULL + b"ok"), hear),
    "before the body came": ("ok", True, hear_head, say(_FULL + b"ok"), hear_body),
    "after interim answers": (
        "ok",
        True,
        hear,
        say(b"HTTP/1.1 102 P\r\n\r\n" * 32 + _FULL + b"ok"),
    ),
    "twice": ("ok", False, hear, say(2 * (_FULL + b"ok"))),
    "with the end for a length": ("ok", False, hear, say(_HEAD + b"\r\nok"), close),
    "and ends": ("ok", False, hear, say(_FULL + b"ok"), close),
    "and resets": ("ok", False, hear, say(_FULL + b"ok"), reset),
    "with a charset that is none": (
        "ok",
        True,
        hear,
        say(_answer(b"ok", b"Content-Type: text/plain; charset=no\xff such")),
    ),
    "in a coding that takes hours": (
        "-" * 90_000,
        True,
        hear,
        say(_answer(b"-" * 90_000, b"Content-Type: text/plain; charset=punycode")),
    ),
    "in an unknown coding": ("ok", True, hear, say(_answer(b"ok", b"Content-Encoding: none"))),
    "with half a character": ("\ufffd", True, hear, say(_answer(b"\xe4\xb8"))),
}
"""How a server answers -> `data`, whether its connection serves again (None: maybe), the script."""


@pytest.mark.parametrize("how", ODD)
async def test_an_odd_answer_is_an_answer(
    hostile: Hostile, limited: HttpTransport, how: str
) -> None:
    """It is taken as it is meant; what comes after it is no part of the next answer."""
    data, again, *script = ODD[how]
    hostile.scripts = [[*script, hear, say(_answer(b"next"))], [hear, say(_answer(b"next"))]]
    async with Bridge("wx", transport=limited) as bridge:
        options = {**sent(bridge), "url": hostile.url}
        answered = await told(bridge, "uploadFile", options)
        assert (["success", "complete"], data) == (answered.names, answered.result["data"])
        following = await told(bridge, "uploadFile", options)
        assert "next" == following.result["data"]
        assert {True: [1], False: [2], None: [1, 2]}[again].count(len(hostile.peers))


LOCATIONS: dict[str, tuple[Reason, bytes]] = {
    "in a circle": (Reason.TOO_MANY_REDIRECTS, b"/up"),
    "to a file": (BAD, b"file:///etc/passwd"),
    "to another scheme": (BAD, b"ftp://127.0.0.1/"),
    "to a script": (BAD, b"javascript:alert(1)"),
    "to data": (BAD, b"data:text/plain,ok"),
    "to an unrouted name": (Reason.DNS_FAILURE, b"https://elsewhere.example/"),
    "to an unrouted address": (Reason.DNS_FAILURE, b"https://192.0.2.1/"),
    "to an unrouted address in one number": (Reason.DNS_FAILURE, b"https://3221225985/"),
    "to the metadata of a cloud": (Reason.DNS_FAILURE, b"https://169.254.169.254/latest"),
    "to an unrouted name in the clear": (Reason.UNSUPPORTED_SCHEME, b"http://elsewhere.example/"),
    "to half an address": (BAD, b"http://["),
    "to no port": (BAD, b"http://127.0.0.1:99999/"),
    "to a port in words": (BAD, b"http://127.0.0.1:http/"),
    "to a NUL": (BAD, b"http://127.0.0.1\0.example/"),
}


@pytest.mark.parametrize("where", LOCATIONS)
async def test_a_redirect_leads_nowhere_it_may_not(
    hostile: Hostile, limited: HttpTransport, where: str
) -> None:
    """No other scheme is spoken, no other address dialled, and a circle ends."""
    reason, location = LOCATIONS[where]
    answer = b"HTTP/1.1 307 Moved\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    hostile.scripts = [[hear, say(answer)] * 20]
    async with Bridge("wx", transport=limited) as bridge:
        failed = await told(bridge, "uploadFile", {**sent(bridge), "url": hostile.url})
        assert (reason, ["fail", "complete"]) == (failed.record.reason, failed.names)
        assert 1 == len(hostile.peers)


async def test_a_location_cannot_write_a_head(hostile: Hostile, limited: HttpTransport) -> None:
    """What a server writes into `Location` stays one address: one line, one request."""
    location = b"/a b\tc\x0bHost:evil%0d%0aX:1\xff#d"
    answer = b"HTTP/1.1 307 Moved\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
    hostile.scripts = [[hear, say(answer), hear, say(OK)]]
    async with Bridge("wx", transport=limited) as bridge:
        await told(bridge, "uploadFile", {**sent(bridge), "url": hostile.url})
    requests = [line for line in hostile.peers[0].heard.split(b"\r\n") if b"HTTP/1.1" in line]
    assert 2 == len(requests)
    assert 3 == len(requests[1].split(b" "))
    assert not any(
        line.startswith((b"X:", b"Host:evil")) for line in hostile.peers[0].heard.split(b"\r\n")
    )


REQUESTED = (
    "closes at once",
    "closes instead of answering",
    "resets instead of answering",
    "endless headers",
)


@pytest.mark.parametrize("case", REQUESTED)
async def test_a_request_is_sent_once(hostile: Hostile, limited: HttpTransport, case: str) -> None:
    """A GET that the server cuts is not sent again behind the mini-program's back."""
    reason, *script = CASES[case]
    hostile.scripts = [script, [hear, say(OK)]]
    async with Bridge("wx", transport=limited) as bridge:
        failed = await told(bridge, "request", {"url": hostile.url})
        assert (reason, ["fail", "complete"]) == (failed.record.reason, failed.names)
        assert failed.result["errMsg"].startswith("request:fail")
        assert 1 == len(hostile.peers)


@pytest.mark.parametrize("case", ["closes at once", "endless headers", "a NUL in a header"])
@pytest.mark.parametrize("target", tuple(all_names()))
async def test_every_host_says_it_in_its_own_words(
    hostile: Hostile, limited: HttpTransport, target: str, case: str
) -> None:
    """The failure is one of the results that the target declares, for that reason."""
    reason, *script = CASES[case]
    hostile.scripts = [script]
    async with Bridge(target, transport=limited) as bridge:
        upload = next(name for name in ("upload", "uploadFile") if name in vars(bridge.api))
        failed = await told(bridge, upload, {**sent(bridge), "url": hostile.url})
        assert (reason, ["fail", "complete"]) == (failed.record.reason, failed.names)
        assert declares(bridge.target, "uploadFile", failed.result, [reason])


async def test_a_bomb_is_not_unpacked(hostile: Hostile, limited: HttpTransport) -> None:
    """An answer of 16 MiB, compressed, takes a fraction of that until it is refused."""
    hostile.scripts = [[hear, say(_answer(_BOMB, b"Content-Encoding: gzip"))]]
    async with Bridge("wx", transport=limited) as bridge:
        options = {**sent(bridge), "url": hostile.url}
        tracemalloc.start()
        await told(bridge, "uploadFile", options)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 4_000_000
