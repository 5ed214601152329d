"""The embedded upload server, met by raw sockets and by a real HTTP client."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import io
import json
import re
import socket
import ssl
import tracemalloc
from importlib import metadata
from typing import TYPE_CHECKING

import aiohttp
import pytest
import trustme

from bridge.errors import BridgeError
from bridge.forms import FormReader, MalformedBody
from bridge.sink import Upload, UploadLimits, UploadServer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

FORM = "multipart/form-data; boundary=X"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
TCP_CLOSE, TCP_CLOSE_WAIT = 7, 8
ADMIN = "/__minibridge__"
MOST = UploadLimits()


@pytest.fixture
async def server() -> AsyncIterator[UploadServer]:
    """Run a server on loopback."""
    async with UploadServer() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    """Provide an HTTP client that closes with the test."""
    async with aiohttp.ClientSession() as session:
        yield session


def form(*parts: bytes) -> bytes:
    """Join raw parts to a body with the boundary X."""
    return b"".join(b"--X\r\n" + part + b"\r\n" for part in parts) + b"--X--\r\n"


def field(name: str, text: str | bytes, kind: str | None = None) -> bytes:
    """Spell a plain field."""
    head = f'Content-Disposition: form-data; name="{name}"\r\n'
    head += f"Content-Type: {kind}\r\n" if kind else ""
    return head.encode() + b"\r\n" + (text.encode() if isinstance(text, str) else text)


def file(name: str, filename: str, data: bytes, kind: str = "image/png") -> bytes:
    """Spell a file part."""
    head = f'Content-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
    return head.encode() + f"Content-Type: {kind}\r\n\r\n".encode() + data


def request(
    body: bytes,
    kind: str = FORM,
    target: str = "POST /up",
    extra: str = "",
    length: int | None = None,
) -> bytes:
    """Spell a whole request; `length` announces another length than the body's."""
    head = (
        f"{target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{extra}"
        f"Content-Type: {kind}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
    )
    return head.encode() + body


async def connect(server: UploadServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a plain connection to the server."""
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    return await asyncio.open_connection(host.strip("[]"), int(port))


async def close(writer: asyncio.StreamWriter) -> None:
    """Close a plain connection and its socket."""
    writer.close()
    await asyncio.gather(writer.wait_closed(), return_exceptions=True)


async def send(server: UploadServer, raw: bytes) -> bytes:
    """Send raw bytes and return all that comes back until the server closes."""
    reader, writer = await connect(server)
    try:
        writer.write(raw)
        return await reader.read()
    finally:
        await close(writer)


async def reset_follows(server: UploadServer, raw: bytes) -> bool:
    """Tell whether the raw bytes are met by a reset instead of an answer."""
    try:
        return await send(server, raw) == b"" and False
    except ConnectionResetError:
        return True


def status_of(answer: bytes) -> int:
    """Return the status in a raw answer."""
    return int(answer.split(b" ", 2)[1])


def read(body: bytes, kind: str = FORM) -> FormReader:
    """Read a body byte by byte, so that every token is cut at every place."""
    reader = FormReader(kind)
    for at in range(len(body)):
        reader.feed(body[at : at + 1])
    reader.finish()
    return reader


# --- what is recorded ---------------------------------------------------------------------------


async def test_an_upload_is_recorded_as_it_stood_on_the_wire(server: UploadServer) -> None:
    """Method, path, headers, fields and files keep their order and spelling."""
    body = form(field("a", "1"), field("b", "Zwölf"), file("file", "p.png", PICTURE))

    await send(server, request(body, target="PUT /up?x=%20y", extra="x-OddCase: Ä\r\n"))

    upload = server.last
    assert (1, "PUT", "/up?x=%20y") == (upload.number, upload.method, upload.path)
    assert ("x-OddCase", "Ä") in upload.headers.items()
    assert upload.headers["X-ODDCASE"] == "Ä"
    assert [("a", "1"), ("b", "Zwölf")] == upload.fields
    assert ["a", "b", "file"] == [part.name for part in upload.parts]
    assert (None, 200, len(body)) == (upload.error, upload.answer, upload.size)


async def test_a_file_part_has_its_size_digest_and_type(server: UploadServer) -> None:
    """A binary file is counted and hashed and has no text."""
    await send(server, request(form(file("file", "p.png", PICTURE))))

    part = server.last.file()
    assert ("file", "p.png", "image/png") == (part.name, part.filename, part.content_type)
    assert (len(PICTURE), hashlib.sha256(PICTURE).hexdigest()) == (part.size, part.sha256)
    assert (None, PICTURE) == (part.text, part.preview)
    assert part.headers["content-type"] == "image/png"


async def test_a_real_client_is_understood(
    server: UploadServer, client: aiohttp.ClientSession
) -> None:
    """A form written by another implementation is read, its extended file name too."""
    data = aiohttp.FormData()
    data.add_field("k", "v")
    data.add_field("file", b"hello", filename="a b.txt", content_type="text/plain")

    async with client.post(f"{server.url}/up", data=data) as answer:
        assert {"ok": True} == await answer.json()

    assert "v" == server.last.field("k")
    assert "hello" == server.last.file("file").text


async def test_browser_escapes_in_names_stay_as_sent(server: UploadServer) -> None:
    """A server sees `%22`, `%0D` and `%0A`; they are not decoded."""
    await send(server, request(form(file("n%22", "图%0D%0A.png", b""))))

    assert ("n%22", "图%0D%0A.png") == (server.last.file().name, server.last.file().filename)


@pytest.mark.parametrize(
    ("parameters", "name", "filename"),
    [
        ('name="a\\"b"; filename="c\\"d"', 'a\\"b', 'c\\"d'),
        ('name="a\\"; filename="c\\"', "a\\", "c\\"),
        ('name="x; filename=y"', "x; filename=y", None),
        ("name=plain; filename=f.txt", "plain", "f.txt"),
        ('NAME="up"; FileName=""', "up", ""),
        ("name=n; filename*=UTF-8''%E5%9B%BE.png", "n", "图.png"),
        ("name=n; filename*=zip''%41", "n", "A"),
        ("name=n; filename=a; filename*=UTF-8''b", "n", "a"),
        ("name=n; name=m", "n", None),
    ],
)
def test_disposition_parameters(parameters: str, name: str, filename: str | None) -> None:
    """Quoted, escaped, bare and extended parameters are told apart."""
    reader = read(form(f"Content-Disposition: form-data; {parameters}\r\n\r\nx".encode()))

    assert [(name, filename)] == [(part.name, part.filename) for part in reader.parts]


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        ("text/plain; charset=gbk", "图".encode("gbk"), "图"),
        ("text/plain; charset=unknown", "图".encode(), "图"),
        ("text/plain; charset=base64", b"YQ==", "YQ=="),
        ("text/plain; charset=\0", b"a", "a"),
        (None, b"\xff", "\ufffd"),
    ],
)
def test_the_text_of_a_field_follows_its_charset(kind: str | None, data: bytes, text: str) -> None:
    """A field is decoded by its own charset, by UTF-8 when that is no character set."""
    assert [text] == [part.text for part in read(form(field("f", data, kind))).parts]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"# hi", "# hi"),
        (b"\xff", None),
        (b"a\0", None),
        (b"a" * MOST.preview, "a" * MOST.preview),
        (b"a" * (MOST.preview + 1), None),
    ],
)
async def test_only_small_text_files_have_text(
    server: UploadServer, data: bytes, text: str | None
) -> None:
    """A file's text is kept when it is text and at most 64 KiB; its preview never is longer."""
    await send(server, request(form(file("f", "a.md", data, "application/octet-stream"))))

    part = server.last.file()
    assert (text, data[: MOST.preview], len(data)) == (part.text, part.preview, part.size)


async def test_a_part_and_the_whole_form_may_be_empty(server: UploadServer) -> None:
    """Neither an empty field, nor an empty file, nor a form without parts is a fault."""
    await send(server, request(form(field("a", ""), file("f", "", b""))))
    await send(server, request(form()))

    assert [("a", "")] == server.uploads[0].fields
    assert [2, 0] == [len(upload.parts) for upload in server.uploads]
    assert [None, None] == [upload.error for upload in server.uploads]


def test_preamble_epilogue_and_padding_are_skipped() -> None:
    """Text before the first boundary and after the last one belongs to no part."""
    body = b"hello\r\n--X \t\r\n" + field("a", "1\r\n-- X\r\n") + b"\r\n--X--bye\r\n--X\r\n"

    assert ["1\r\n-- X\r\n"] == [part.text for part in read(body).parts]


def test_a_quoted_boundary_is_understood() -> None:
    """A boundary may stand in quotes, in any case of its key."""
    body = form(field("a", "1")).replace(b"--X", b"--a b")

    assert 1 == len(read(body, 'Multipart/Form-Data; charset=utf-8; Boundary="a b"').parts)


def test_a_large_file_is_not_held_in_memory() -> None:
    """Reading 64 MiB takes less than 1 MiB."""
    reader = FormReader(FORM)
    piece = b"\r\n--" * (16 * 1024)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    try:
        reader.feed(b"--X\r\n" + file("f", "big", b""))
        for _ in range(1024):
            reader.feed(piece)
        reader.feed(b"\r\n--X--")
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()

    assert 64 * 1024 * 1024 == reader.parts[0].size
    assert peak < 1024 * 1024


# --- faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "body", "sentence"),
    [
        ("", form(field("a", "1")), "the Content-Type is missing"),
        ("application/json", form(field("a", "1")), "the Content-Type is 'application/json', not"),
        ("multipart/mixed; boundary=X", form(), "the Content-Type is 'multipart/mixed', not"),
        ("multipart/form-data", form(), "names no boundary"),
        (FORM, b"", "the body holds no boundary line '--X'"),
        (FORM, b"--Y--", "the body holds no boundary line '--X'"),
        (FORM, b"--X", "the body ends after 0 whole part(s), before its closing boundary '--X--'"),
        (FORM, form(field("a", "1"))[:-4], "the body ends after 1 whole part(s)"),
        (FORM, form(field("a", "1"))[:20], "the body ends after 0 whole part(s)"),
        (FORM, b"--XY\r\n\r\n", "a boundary line '--X' goes on with b'Y'"),
        (FORM, b"--X" + b" " * 99, "a boundary line '--X' goes on with b'  "),
        (FORM, form(b"\r\nbody"), "part 1 has no 'Content-Disposition: form-data' header"),
        (FORM, form(b"Content-Disposition: form-data\r\n\r\n"), "part 1 has no 'Content-"),
        (FORM, form(b'Content-Disposition: attachment; name="a"\r\n\r\n'), "part 1 has no 'Cont"),
        (FORM, form(b"nonsense\r\n\r\n"), "part 1 has a header line without a name: 'nonsense'"),
        (FORM, form(b": x\r\n\r\n"), "part 1 has a header line without a name: ''"),
        (FORM, form(b"a: " + b"x" * MOST.part_head + b"\r\n\r\n"), "the head of part 1 is longer"),
        (FORM, b"--X\r\n" + b"x" * (MOST.part_head + 1), "the head of part 1 is longer than 16384"),
        (FORM, form(field("a", b"x" * (MOST.field + 1))), "the field 'a' is longer than 1048576"),
        (FORM, form(*[field("a", "")] * (MOST.parts + 1)), "the body has more than 1000 parts"),
    ],
)
async def test_a_faulty_body_is_answered_400_with_a_sentence(
    server: UploadServer, kind: str, body: bytes, sentence: str
) -> None:
    """The record and the default answer say what is wrong, and the body is read to its end."""
    answer = await send(server, request(body, kind))

    assert sentence in (server.last.error or "")
    assert (400, len(body)) == (server.last.answer, server.last.size)
    assert 400 == status_of(answer)
    assert {"ok": False, "error": server.last.error} == json.loads(answer.split(b"\r\n\r\n")[1])


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("application/json", b'{"a":1}', '{"a":1}'),
        ("application/x-www-form-urlencoded", b"a=1&b=%20", "a=1&b=%20"),
        ("text/plain; charset=gbk", "中".encode("gbk"), "中"),
        ("application/octet-stream", b"\x89PNG\x00", None),
        ("application/octet-stream", b"\xff\xfe", None),
        ("text/plain", "é".encode() * 40_000, "é" * 32_768),
        ("text/plain", b"-" + "é".encode() * 40_000, "-" + "é" * 32_767),
        ("", b"", ""),
        ("", b"--X", "--X"),
    ],
)
async def test_a_body_that_is_no_form_is_a_plain_request(
    server: UploadServer, kind: str, body: bytes, text: str | None
) -> None:
    """It is recorded without parts and without an error, its beginning as text, and answered."""
    answer = await send(server, request(body, kind))

    assert (None, ()) == (server.last.error, server.last.parts)
    assert (text, len(body), 200) == (server.last.text, server.last.size, server.last.answer)
    assert text == server.last.to_json()["text"]
    assert 200 == status_of(answer)


def test_the_limit_of_parts_is_inclusive() -> None:
    """Exactly 1000 parts are accepted."""
    reader = FormReader(FORM)
    reader.feed(form(*[field("a", "")] * MOST.parts))
    reader.finish()

    assert MOST.parts == len(reader.parts)


async def test_parts_that_arrived_whole_survive_a_fault(server: UploadServer) -> None:
    """A later fault does not hide the parts before it, and stays the only fault reported."""
    await send(server, request(form(field("a", "1"), b"bad\r\n\r\n", b"worse\r\n\r\n")))

    assert [("a", "1")] == server.last.fields
    assert "part 2" in (server.last.error or "")


async def test_a_client_that_leaves_in_the_middle_is_recorded(server: UploadServer) -> None:
    """A cut body ends the upload with an error and without an answer."""
    body = form(field("a", "1"), file("f", "p", PICTURE))
    _, writer = await connect(server)
    writer.write(request(body, length=5000))
    await server.receiving(1)
    await close(writer)
    await server.received(1)

    assert f"the connection was lost after {len(body)} of 5000 bytes of the body" == (
        server.last.error
    )
    assert (None, 2) == (server.last.answer, len(server.last.parts))


async def test_a_cut_body_of_unknown_length_is_recorded(server: UploadServer) -> None:
    """A chunked body has no announced total to compare with."""
    _, writer = await connect(server)
    writer.write(
        f"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: {FORM}\r\n"
        "Transfer-Encoding: chunked\r\n\r\n4\r\n--X\r\r\n".encode()
    )
    await server.receiving(1)
    await close(writer)
    await server.received(1)

    assert "the connection was lost after 4 bytes of the body" == server.last.error


async def test_a_body_whose_coding_breaks_is_recorded(server: UploadServer) -> None:
    """A body announced as gzip that is none is a fault like others."""
    answer = await send(server, request(b"no gzip here", extra="Content-Encoding: gzip\r\n"))

    assert "the body's coding broke" in (server.last.error or "")
    assert 400 == status_of(answer)


async def test_too_many_headers_are_refused(server: UploadServer) -> None:
    """A head beyond all measure is answered 400 and does not disturb the next upload."""
    extra = "".join(f"h{number}: x\r\n" for number in range(2000))

    assert 400 == status_of(await send(server, request(form(), extra=extra)))
    assert 200 == status_of(await send(server, request(form())))


async def test_a_client_that_asks_first_is_invited(server: UploadServer) -> None:
    """`Expect: 100-continue` gets its interim answer before any byte of the body."""
    reader, writer = await connect(server)
    head, _, body = request(form(), extra="Expect: 100-Continue\r\n").partition(b"\r\n\r\n")
    writer.write(head + b"\r\n\r\n")
    interim = await reader.readuntil(b"\r\n\r\n")
    writer.write(body)
    answer = await reader.read()
    await close(writer)

    assert (100, 200) == (status_of(interim), status_of(answer))


# --- questions to a record ----------------------------------------------------------------------


@pytest.fixture
async def upload(server: UploadServer) -> Upload:
    """Record an upload with two fields and two files."""
    parts = [field("a", "1"), field("a", "2"), file("f", "p.png", PICTURE)]
    text = file("g", "t.txt", b"text", "text/plain; charset=utf-8")
    await send(server, request(form(*parts, text)))
    return server.last


def test_a_shown_upload_has_the_bytes_of_no_file(upload: Upload) -> None:
    """A failed assertion shows sizes and hashes, not 64 KiB of a picture for each part."""
    assert upload.file("f").sha256 in repr(upload)
    assert "PNG" not in repr(upload)
    assert PICTURE == upload.file("f").preview


async def test_a_shown_server_tells_where_it_listens_and_what_it_has(server: UploadServer) -> None:
    """A server that does not run has no address to tell."""
    await send(server, request(form()))

    assert f"<UploadServer {server.url}, 1 upload>" == repr(server)
    assert "<UploadServer, not running, 0 uploads>" == repr(UploadServer())


def test_field_and_file_find_the_first_of_a_name(upload: Upload) -> None:
    """Duplicate names give the first; no name gives the first file."""
    assert "1" == upload.field("a")
    assert ("f", "g") == (upload.file().name, upload.file("g").name)
    assert ("f", "g") == tuple(part.name for part in upload.files)


def test_a_missing_field_or_file_is_told_with_what_exists(upload: Upload) -> None:
    """The error lists the names that are there."""
    with pytest.raises(
        BridgeError, match=r"upload 1 has no field part 'f'; its field parts: 'a', 'a'$"
    ):
        upload.field("f")
    with pytest.raises(
        BridgeError, match=r"upload 1 has no file part 'a'; its file parts: 'f', 'g'$"
    ):
        upload.file("a")


async def test_a_missing_file_is_told_with_the_fault(server: UploadServer) -> None:
    """A malformed body explains why there is no file, and so does a request that is no form."""
    await send(server, request(b""))
    with pytest.raises(BridgeError, match=r"no file part; its file parts: none \(the body was fa"):
        server.last.file()
    await send(server, request(b"", "text/plain"))
    with pytest.raises(BridgeError, match=r"none \(the request was no form: .* 'text/plain'\)"):
        server.last.file()
    with pytest.raises(AssertionError, match="no file part; its file parts: none"):
        server.last.assert_file()


def test_assert_file_accepts_what_is_there(upload: Upload) -> None:
    """Each property can be checked alone or together; a type with or without parameters."""
    digest = hashlib.sha256(PICTURE).hexdigest()
    upload.assert_file()
    upload.assert_file("f", "p.png", len(PICTURE), digest, "image/png")
    upload.assert_file("g", type="text/plain")
    upload.assert_file("g", type="text/plain; charset=utf-8")


def test_assert_file_lists_every_mismatch(upload: Upload) -> None:
    """One message holds all differences, expected and actual."""
    with pytest.raises(AssertionError) as caught:
        upload.assert_file("g", "x.txt", 5, "00", "text/html")

    digest = hashlib.sha256(b"text").hexdigest()
    assert [
        "upload 1, file part 'g':",
        "  filename: expected 'x.txt', got 't.txt'",
        "  size: expected 5, got 4",
        f"  sha256: expected '00', got '{digest}'",
        "  type: expected 'text/html', got 'text/plain'",
    ] == str(caught.value).splitlines()


async def test_assert_file_reports_an_absent_type(server: UploadServer) -> None:
    """A file part without a Content-Type has the type None."""
    head = b'Content-Disposition: form-data; name="f"; filename="x"\r\n\r\n'
    await send(server, request(form(head)))

    with pytest.raises(AssertionError, match="type: expected 'image/png', got None"):
        server.last.assert_file(type="image/png")


def test_an_upload_is_plain_json(upload: Upload) -> None:
    """The JSON form keeps order and leaves the bytes out."""
    data = json.loads(json.dumps(upload.to_json()))

    assert {
        "number", "method", "path", "headers", "parts", "size", "error", "answer", "text"
    } == set(data)  # fmt: skip
    assert ["Host", "127.0.0.1"] == data["headers"][0]
    assert {
        "name": "g",
        "filename": "t.txt",
        "content_type": "text/plain; charset=utf-8",
        "size": 4,
        "sha256": hashlib.sha256(b"text").hexdigest(),
        "text": "text",
        "headers": [
            ["Content-Disposition", 'form-data; name="g"; filename="t.txt"'],
            ["Content-Type", "text/plain; charset=utf-8"],
        ],
    } == data["parts"][3]


# --- answers ------------------------------------------------------------------------------------


async def test_the_default_answer_is_ok_for_everyone(server: UploadServer) -> None:
    """It is JSON and may be read from any origin."""
    head, _, body = (await send(server, request(form()))).partition(b"\r\n\r\n")

    assert b'{"ok":true}' == body
    assert b"HTTP/1.1 200 OK" == head.split(b"\r\n")[0]
    assert b"Access-Control-Allow-Origin: *" in head.split(b"\r\n")
    assert b"Content-Type: application/json" in head.split(b"\r\n")


async def test_scripted_replies_are_given_in_order_then_the_default(server: UploadServer) -> None:
    """The second reply follows the first, each as often as it says."""
    server.reply(201, times=2)
    server.reply(999, "sorry")

    statuses = [status_of(await send(server, request(form()))) for _ in range(4)]

    assert [201, 201, 999, 200] == statuses
    assert [201, 201, 999, 200] == [upload.answer for upload in server.uploads]


@pytest.mark.parametrize(
    ("body", "payload", "kind"),
    [
        ("ä", "ä".encode(), b"text/plain; charset=utf-8"),
        (b"\xef\xbb\xbf\0", b"\xef\xbb\xbf\0", b"application/octet-stream"),
        ({"a": [1, None]}, b'{"a":[1,null]}', b"application/json"),
        (None, b"null", b"application/json"),
    ],
)
async def test_a_reply_body_is_text_bytes_or_json(
    server: UploadServer, body: str | bytes | None, payload: bytes, kind: bytes
) -> None:
    """Each kind of body has its own default content type."""
    server.reply(body=body)

    head, _, sent = (await send(server, request(form()))).partition(b"\r\n\r\n")

    assert payload == sent
    assert b"Content-Type: " + kind in head.split(b"\r\n")


async def test_reply_headers_keep_their_case_and_replace_defaults(server: UploadServer) -> None:
    """A given header wins in any case; None takes a default out."""
    server.reply(
        200, "x", {"x-MiXed": "1", "content-TYPE": "a/b", "ACCESS-control-allow-origin": "o"}
    )
    server.reply(200, "x", {"Access-Control-Allow-Origin": None})

    first, second = [await send(server, request(form())) for _ in range(2)]

    lines = first.split(b"\r\n")
    assert {b"x-MiXed: 1", b"content-TYPE: a/b", b"ACCESS-control-allow-origin: o"} <= set(lines)
    assert b"Access-Control-Allow-Origin" not in first + second


async def test_a_redirect_reads_and_records_first(
    server: UploadServer, client: aiohttp.ClientSession
) -> None:
    """A client that follows a 307 has its upload recorded at both addresses."""
    server.redirect("/second")
    async with client.post(
        f"{server.url}/first", data=form(), headers={"Content-Type": FORM}
    ) as got:
        assert 200 == got.status

    assert [("/first", 307), ("/second", 200)] == [(one.path, one.answer) for one in server.uploads]


async def test_a_redirect_may_have_another_status(server: UploadServer) -> None:
    """The status given is sent with the address as it was spelled."""
    server.redirect("http://a.example/ü", 302)

    answer = await send(server, request(form()))

    assert 302 == status_of(answer)
    assert "Location: http://a.example/ü".encode() in answer.split(b"\r\n")


async def test_a_delayed_answer_waits_but_the_record_does_not(server: UploadServer) -> None:
    """The upload is recorded at once; its answer is not there before the delay."""
    server.reply(204, delay=0.02)
    loop = asyncio.get_running_loop()
    answer = asyncio.create_task(send(server, request(form())))
    await server.received(1)
    recorded = loop.time()
    assert (204, False) == (server.last.answer, answer.done())

    assert 204 == status_of(await answer)
    assert loop.time() - recorded >= 0.015


@pytest.mark.parametrize("after", [0, 10, 100_000])
async def test_a_drop_is_a_reset_after_so_many_bytes(server: UploadServer, after: int) -> None:
    """The client sees a reset and the record says where it came, at the end at the latest."""
    body = form(file("f", "p", PICTURE * 2000))
    server.drop(after)

    assert await reset_follows(server, request(body, extra="Expect: 100-continue\r\n"))

    assert after == server.last.size
    assert f"the script dropped the connection after {after} of {len(body)} bytes of the body" == (
        server.last.error
    )
    assert server.last.answer is None


async def test_a_drop_beyond_the_body_comes_after_it(server: UploadServer) -> None:
    """A short body is read to its end, then the connection is cut."""
    server.drop(10_000)

    assert await reset_follows(server, request(form(field("a", "1"))))
    assert "1" == server.last.field("a")


async def test_the_json_script_does_all_of_it_and_replaces_the_old(server: UploadServer) -> None:
    """Every field of a step works in its JSON form."""
    server.reply(500)
    server.script(
        [
            {"status": 201, "headers": {"X-A": "b"}, "body": {"x": 1}, "delay": 0.001, "times": 2},
            {"redirect": "/r"},
            {"drop_after": 3},
        ]
    )

    first, second, third = [await send(server, request(form())) for _ in range(3)]

    assert [201, 201, 307] == [status_of(answer) for answer in (first, second, third)]
    assert b"X-A: b" in first.split(b"\r\n")
    assert b'{"x":1}' == second.split(b"\r\n\r\n")[1]
    assert await reset_follows(server, request(form()))
    assert 200 == status_of(await send(server, request(form())))


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ("x", "step 2 is an object with fields, not 'x'"),
        ({"stauts": 1}, "step 2: there is no field 'stauts'; the fields are status, headers, body"),
        ({"status": "200"}, "step 2: 'status' is a whole number from 200 to 999, not '200'"),
        ({"status": True}, "step 2: 'status' is a whole number"),
        ({"status": 100}, "step 2: 'status' is a whole number"),
        ({"headers": []}, "step 2: 'headers' is an object of printable texts or nulls"),
        ({"headers": {"a b": "c"}}, "step 2: 'headers' is"),
        ({"headers": {1: "c"}}, "step 2: 'headers' is"),
        ({"headers": {"a": "b\r\nc: d"}}, "step 2: 'headers' is"),
        ({"headers": {"a": 1}}, "step 2: 'headers' is"),
        ({"headers": {"content-length": "9"}}, "step 2: 'headers' is"),
        ({"body": {"a": float("nan")}}, "step 2: 'body' is text, bytes or a JSON value, not"),
        ({"body": {1, 2}}, "step 2: 'body' is"),
        ({"body": "\ud800"}, "step 2: 'body' is"),
        ({"delay": -1}, "step 2: 'delay' is a number of seconds from 0, not -1"),
        ({"delay": float("inf")}, "step 2: 'delay' is"),
        ({"delay": "1"}, "step 2: 'delay' is"),
        ({"redirect": ""}, "step 2: 'redirect' is an address in printable characters, not ''"),
        ({"redirect": "a\nb"}, "step 2: 'redirect' is"),
        ({"redirect": "/a", "status": 200}, "step 2: 'status' of a redirect is from 300 to 399"),
        ({"drop_after": -1}, "step 2: 'drop_after' is a whole number of bytes from 0, not -1"),
        ({"drop_after": 1, "body": ""}, "step 2: 'drop_after' sends no answer, so 'body' has no"),
        ({"times": 0}, "step 2: 'times' is a whole number from 1, not 0"),
        ({"times": "x" * 99}, "not '" + "x" * 59 + "..."),
    ],
)
def test_a_wrong_step_is_named(step: Mapping[str, object], sentence: str) -> None:
    """The error names the step, the field, what is wanted and what was given."""
    with pytest.raises(BridgeError) as caught:
        UploadServer().script([{}, step])

    assert sentence in str(caught.value)


def test_a_script_is_a_list() -> None:
    """Anything but a list of steps is refused, and an empty object, which names no path."""
    with pytest.raises(BridgeError, match=r"of steps, or such lists by .*, not \{\}"):
        UploadServer().script({})


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        (lambda server: server.reply(99), "reply: 'status' is"),
        (lambda server: server.redirect("/a", 200), "redirect: 'status' of a redirect"),
        (lambda server: server.drop(-1), "drop: 'drop_after' is"),
    ],
)
def test_wrong_answers_are_refused_at_once(
    act: Callable[[UploadServer], None], sentence: str
) -> None:
    """The methods check what they are given as the JSON form does."""
    with pytest.raises(BridgeError, match=sentence):
        act(UploadServer())


async def test_a_preflight_is_answered_and_not_recorded(
    server: UploadServer, client: aiohttp.ClientSession
) -> None:
    """A browser's OPTIONS takes no step of the script and allows what was asked."""
    server.reply(500)
    asked = {
        "Origin": "http://page.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    async with client.options(f"{server.url}/up", headers=asked) as answer:
        assert 204 == answer.status
        assert "*" == answer.headers["Access-Control-Allow-Origin"]
        assert "POST" == answer.headers["Access-Control-Allow-Methods"]
        assert "authorization" == answer.headers["Access-Control-Allow-Headers"]

    assert [] == server.uploads
    assert 500 == status_of(await send(server, request(form(), target="OPTIONS /up")))


# --- counting and waiting -----------------------------------------------------------------------


async def test_held_uploads_are_recorded_and_answered_on_release(server: UploadServer) -> None:
    """While held nothing is answered, and the peak shows how many were there at once."""
    server.hold()
    answers = [asyncio.create_task(send(server, request(form()))) for _ in range(3)]
    await server.received(3)
    assert (3, 3) == (server.in_flight, server.peak)
    assert not any(answer.done() for answer in answers)

    server.release()
    assert [200] * 3 == [status_of(answer) for answer in await asyncio.gather(*answers)]
    assert (0, 3) == (server.in_flight, server.peak)


async def test_a_client_that_leaves_a_held_upload_is_not_in_flight(server: UploadServer) -> None:
    """An aborted upload makes room at once, so that caps can be proved."""
    server.hold()
    _, writer = await connect(server)
    writer.write(request(form()))
    await server.received(1)
    await close(writer)
    answer = asyncio.create_task(send(server, request(form())))
    await server.received(2)
    assert (1, 1) == (server.in_flight, server.peak)

    server.release()
    assert 200 == status_of(await answer)


async def test_receiving_does_not_wait_for_the_body(server: UploadServer) -> None:
    """An upload has begun once its head is read."""
    reader, writer = await connect(server)
    body = form()
    raw = request(body)
    writer.write(raw[: -len(body)])
    await server.receiving(1)
    assert (1, []) == (server.in_flight, server.uploads)

    writer.write(body)
    await server.received(1)
    assert 200 == status_of(await reader.read())
    await close(writer)


async def test_clear_forgets_but_numbers_go_on(server: UploadServer) -> None:
    """Counts begin anew, the script stays, and no number comes twice."""
    await send(server, request(form()))
    server.reply(201)
    server.clear()
    assert ([], 0) == (server.uploads, server.peak)
    with pytest.raises(BridgeError, match="the upload server has recorded no upload"):
        _ = server.last

    await send(server, request(form()))
    await server.received(1)
    assert (2, 201) == (server.last.number, server.last.answer)


async def test_only_the_newest_uploads_are_kept(
    server: UploadServer, client: aiohttp.ClientSession
) -> None:
    """Of 1002 uploads the first two are forgotten."""
    for _ in range(MOST.uploads + 2):
        async with client.post(server.url, data=form(), headers={"Content-Type": FORM}):
            pass

    assert (1000, 3, 1002) == (
        len(server.uploads),
        server.uploads[0].number,
        server.last.number,
    )


async def test_on_upload_gets_each_upload_before_its_answer() -> None:
    """The callback has the record, faulty ones included."""
    seen: list[Upload] = []
    async with UploadServer(on_upload=seen.append) as server:
        await send(server, request(form()))
        await send(server, request(b""))

        assert server.uploads == seen
        assert [200, 400] == [upload.answer for upload in seen]


# --- the admin interface ------------------------------------------------------------------------


async def test_uploads_are_listed_from_a_number_on(
    server: UploadServer, client: aiohttp.ClientSession
) -> None:
    """`since` gives the newer ones; `next` is what to ask from next time."""
    for name in "abc":
        await send(server, request(form(field(name, "1"))))
    async with client.get(f"{server.url}{ADMIN}/uploads") as answer:
        everything = await answer.json()
        assert "Access-Control-Allow-Origin" not in answer.headers
    async with client.get(f"{server.url}{ADMIN}/uploads?since=2") as answer:
        newer = await answer.json()

    assert {"next": 3, "uploads": [one.to_json() for one in server.uploads]} == everything
    assert {"next": 3, "uploads": [server.last.to_json()]} == newer


@pytest.mark.parametrize("since", ["-1", "x", "%C2%B2", "", "9" * 5000])
async def test_a_wrong_since_is_refused(
    server: UploadServer, client: aiohttp.ClientSession, since: str
) -> None:
    """Only a whole number is a place in the list."""
    async with client.get(f"{server.url}{ADMIN}/uploads?since={since}") as answer:
        assert 400 == answer.status
        assert "'since' is the number of an upload" in (await answer.json())["error"]


async def test_uploads_and_script_can_be_cleared(
    server: UploadServer, client: aiohttp.ClientSession
) -> None:
    """DELETE empties the one or the other."""
    await send(server, request(form()))
    server.reply(500)
    for name in ("uploads", "script"):
        async with client.delete(f"{server.url}{ADMIN}/{name}") as answer:
            assert (204, b"") == (answer.status, await answer.read())

    assert [] == server.uploads
    assert 200 == status_of(await send(server, request(form())))


async def test_a_script_can_be_put(server: UploadServer, client: aiohttp.ClientSession) -> None:
    """The steps are taken in the order of the list."""
    async with client.put(f"{server.url}{ADMIN}/script", json=[{"status": 201}]) as answer:
        assert 204 == answer.status

    assert 201 == status_of(await send(server, request(form())))


@pytest.mark.parametrize(
    ("text", "status", "sentence"),
    [
        (b"{", 400, "the script is not JSON: "),
        (b"\xff", 400, "the script is not JSON: "),
        (b"[" * 100_000, 400, "the script is not JSON: "),
        (b'[{"status": 1}]', 400, "step 1: 'status' is a whole number from 200 to 999, not 1"),
        (b" " * (MOST.script + 1), 413, "a script is at most 4194304 bytes long"),
    ],
)
async def test_a_bad_script_is_refused_and_the_old_one_stays(
    server: UploadServer, client: aiohttp.ClientSession, text: bytes, status: int, sentence: str
) -> None:
    """The answer holds the sentence that names the mistake."""
    server.reply(201)
    async with client.put(f"{server.url}{ADMIN}/script", data=io.BytesIO(text)) as answer:
        assert status == answer.status
        assert (await answer.json())["error"].startswith(sentence)

    assert 201 == status_of(await send(server, request(form())))


async def test_health_tells_the_version(
    server: UploadServer, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The installed distribution's version, or 0 when there is none."""

    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", lambda name: f"{name} 1.2")
    async with client.get(f"{server.url}{ADMIN}/health") as answer:
        assert {"version": "minibridge 1.2"} == await answer.json()
    monkeypatch.setattr(metadata, "version", missing)
    async with client.get(f"{server.url}{ADMIN}/health") as answer:
        assert {"version": "0"} == await answer.json()


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1:1", "127.9.9.9", "[::1]:5"]
)
async def test_admin_takes_loopback_names(server: UploadServer, host: str) -> None:
    """Each spelling of this machine is accepted."""
    raw = f"GET {ADMIN}/health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"

    assert 200 == status_of(await send(server, raw.encode()))


@pytest.mark.parametrize(
    "headers",
    [
        "Host: evil.example\r\n",
        "Host: 127.0.0.1.evil.example\r\n",
        "Host: localhost.\r\n",
        "Host: 128.0.0.1\r\n",
        "",
        "Host: localhost\r\nOrigin: http://localhost\r\n",
        "Host: localhost\r\nOrigin: null\r\n",
    ],
)
async def test_admin_refuses_web_pages_and_foreign_names(
    server: UploadServer, headers: str
) -> None:
    """A foreign Host, none at all, or any Origin is forbidden, and nothing happens."""
    server.reply(201)
    raw = f"DELETE {ADMIN}/script HTTP/1.0\r\n{headers}\r\n"

    assert 403 == status_of(await send(server, raw.encode()))
    assert 201 == status_of(await send(server, request(form())))


async def test_unknown_admin_paths_and_methods_are_not_uploads(
    server: UploadServer, client: aiohttp.ClientSession
) -> None:
    """A slip in an admin call is told, not recorded."""
    async with client.post(f"{server.url}{ADMIN}/uploads") as answer:
        assert (405, "GET, DELETE") == (answer.status, answer.headers["Allow"])
        assert f"{ADMIN}/uploads takes GET, DELETE" == (await answer.json())["error"]
    async with client.get(f"{server.url}{ADMIN}/nothing") as answer:
        assert 404 == answer.status
        assert f"the admin interface has no {ADMIN}/nothing" == (await answer.json())["error"]

    assert [] == server.uploads


@pytest.mark.parametrize("host", ["0.0.0.0", "example.org", "192.0.2.1", "::"])  # noqa: S104
def test_beyond_loopback_needs_a_token(host: str) -> None:
    """A server that others can reach is not made without a token."""
    with pytest.raises(
        BridgeError, match=f"the upload server on '{re.escape(host)}' would be open"
    ):
        UploadServer(host)


async def test_a_token_guards_the_admin_interface_only(client: aiohttp.ClientSession) -> None:
    """Uploads need no token; the admin interface wants exactly this one."""
    async with UploadServer("0.0.0.0", token="s3cret") as server:  # noqa: S104, S106
        statuses = []
        for given in (None, "Bearer wrong", "s3cret", "Bearer ü", "Bearer s3cret"):
            headers = {"Authorization": given} if given else {}
            async with client.get(f"{server.url}{ADMIN}/health", headers=headers) as answer:
                statuses.append(answer.status)

        assert [401, 401, 401, 401, 200] == statuses
        assert 200 == status_of(await send(server, request(form())))


# --- life ---------------------------------------------------------------------------------------


async def test_the_url_names_where_it_listens() -> None:
    """An IPv6 address stands in brackets; without a running server there is no address."""
    server = UploadServer("::1")
    with pytest.raises(BridgeError, match="it does not run"):
        _ = server.url
    async with server:
        assert re.fullmatch(r"http://\[::1\]:[1-9]\d*", server.url)
        assert 200 == status_of(await send(server, request(form())))


async def test_a_name_is_an_address_too() -> None:
    """`localhost` needs no token."""
    async with UploadServer("localhost") as server:
        assert re.fullmatch(r"http://localhost:\d+", server.url)


async def test_https_is_spoken_with_a_context() -> None:
    """An upload over TLS is recorded like others, and so is one that the script drops."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with UploadServer(ssl=context) as server, aiohttp.ClientSession() as client:
        assert server.url.startswith("https://127.0.0.1:")
        headers = {"Content-Type": FORM}
        async with client.post(server.url, data=form(), headers=headers, ssl=trusting) as answer:
            assert 200 == answer.status
        server.drop()
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.post(server.url, data=form(), headers=headers, ssl=trusting)

        assert [200, None] == [upload.answer for upload in server.uploads]


async def test_closing_cuts_open_stalled_and_held_connections() -> None:
    """Close returns though one client is idle, one stalls, one is held and one waits."""
    server = UploadServer()
    await server.start()
    url = server.url
    server.reply(delay=3600)
    clients = [await connect(server) for _ in range(4)]
    clients[1][1].write(request(form()))
    await server.received(1)
    server.hold()
    clients[2][1].write(request(form()))
    clients[3][1].write(request(b"", length=10))
    await server.receiving(3)
    await server.received(2)

    async with asyncio.timeout(5):
        await server.close()
        left = await asyncio.gather(*(reader.read() for reader, _ in clients))

    assert [b""] * 4 == left
    assert 0 == server.in_flight
    assert "the connection was lost after 0 of 10 bytes of the body" == server.last.error
    for _, writer in clients:
        await close(writer)
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))


async def test_a_connection_that_has_ended_is_forgotten(server: UploadServer) -> None:
    """Nothing of it is kept but its upload: a server may run for days."""

    async def tasks() -> int:
        for _ in range(100):  # a connection ends on a later turn
            await asyncio.sleep(0)
        gc.collect()
        return sum(isinstance(made, asyncio.Task) for made in gc.get_objects())

    await send(server, request(form()))
    before = await tasks()
    for _ in range(3):
        await send(server, request(form()))
    assert before == await tasks()


@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="the state of a socket is not told")
async def test_closing_does_not_wait_for_a_silent_tls_client() -> None:
    """A TLS client that never answers the closing does not hold it up."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    server = UploadServer(ssl=context)
    await server.start()
    port = int(server.url.rpartition(":")[2])
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting)
    writer.write(request(form(), length=99))
    await server.receiving(1)
    # A client that does not read does not answer the closing either.
    writer.transport.pause_reading()  # type: ignore[attr-defined]

    async with asyncio.timeout(5):
        await server.close()
    state = writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
    writer.transport.abort()
    await close(writer)

    assert state in (TCP_CLOSE, TCP_CLOSE_WAIT)


async def test_a_server_starts_once_and_closes_as_often_as_wanted() -> None:
    """A second start is a mistake; a second close and a new start are not."""
    server = UploadServer()
    await server.close()
    await server.start()
    with pytest.raises(BridgeError, match="started already"):
        await server.start()
    await server.close()
    await server.close()
    async with server:
        assert 200 == status_of(await send(server, request(form())))


async def test_a_taken_address_is_told(server: UploadServer) -> None:
    """Two servers cannot listen on one port."""
    port = int(server.url.rpartition(":")[2])

    with pytest.raises(BridgeError, match=rf"cannot listen on 127\.0\.0\.1:{port}: "):
        await UploadServer(port=port).start()


async def test_the_server_says_nothing(
    server: UploadServer, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """No access log, nothing on standard output or error."""
    server.drop()
    await reset_follows(server, request(form()))
    await send(server, request(form()))

    assert ("", "") == capfd.readouterr()
    assert [] == [record for record in caplog.records if record.name.startswith("aiohttp")]


def test_a_fault_is_found_before_the_end() -> None:
    """The reader does not need the whole body to see that it is none."""
    with pytest.raises(MalformedBody, match="goes on with b'Y'"):
        FormReader(FORM).feed(b"--XY\r\n")


# --- limits of one's own


@pytest.mark.parametrize(
    ("limits", "good", "bad", "sentence"),
    [
        (
            UploadLimits(parts=2),
            form(field("a", ""), field("b", "")),
            form(*[field("a", "")] * 3),
            "the body has more than 2 parts",
        ),
        (
            UploadLimits(field=3),
            form(field("a", "123"), file("f", "a.png", PICTURE)),
            form(field("a", "1234")),
            "the field 'a' is longer than 3 bytes",
        ),
        (
            UploadLimits(part_head=60),
            form(field("a", "")),
            form(file("f", "a.png", PICTURE)),
            "the head of part 1 is longer than 60 bytes",
        ),
    ],
)
async def test_a_form_may_have_what_the_limits_say(
    limits: UploadLimits, good: bytes, bad: bytes, sentence: str
) -> None:
    """One that has just as much is sound, and one with more is answered 400."""
    async with UploadServer(limits=limits) as server:
        for body, error, status in ((good, None, 200), (bad, sentence, 400)):
            await send(server, request(body))
            assert (error, status) == (server.last.error, server.last.answer)


async def test_as_much_is_kept_as_the_limits_say() -> None:
    """Of a part its beginning, a file's text only if it is no longer, and so many uploads."""
    body = form(field("a", "12345"), file("s", "s.txt", b"1234"), file("l", "l.txt", b"12345"))
    async with UploadServer(limits=UploadLimits(preview=4, uploads=2)) as server:
        for sent in (body, body):
            await send(server, request(sent))
        await send(server, request(b"12345", "text/plain"))
        form_of, plain = server.uploads
    assert (2, 3) == (form_of.number, plain.number)
    assert "1234" == plain.text
    assert ["12345", "1234", None] == [part.text for part in form_of.parts]
    assert [b"1234"] * 3 == [part.preview for part in form_of.parts]
    assert [5, 4, 5] == [part.size for part in form_of.parts]
    assert hashlib.sha256(b"12345").hexdigest() == form_of.file("l").sha256


async def test_a_script_may_be_as_long_as_the_limits_say(client: aiohttp.ClientSession) -> None:
    """Blanks count."""
    async with UploadServer(limits=UploadLimits(script=20)) as server:
        for blanks, status in ((3, 204), (4, 413)):
            text = b'[{"status": 201}]' + b" " * blanks
            async with client.put(f"{server.url}{ADMIN}/script", data=text) as answer:
                assert status == answer.status
