"""What becomes of options, the same through Python, Node and quickjs-ng."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from bridge import Reason, undefined
from bridge.values import brand
from tests.fronts.fronts import one_per, untimed

if TYPE_CHECKING:
    from bridge import UploadServer
    from bridge.target import Target
    from tests.fronts.fronts import Json, On

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0"
OK = ["returned", "success", "complete"]
REFUSED = ["returned", "fail", "complete"]
# An odd value of a form field -> what the server gets.
FORM: list[tuple[object, str]] = [
    (0, "0"),
    (-0.0, "0"),
    (0.1, "0.1"),
    (-1.5, "-1.5"),
    (1e-7, "1e-7"),
    (123456789012345680000, "123456789012345680000"),
    (1e21, "1e+21"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
    (9007199254740993, "9007199254740992"),
    (float("nan"), "NaN"),
    (float("-inf"), "-Infinity"),
    (True, "true"),
    (False, "false"),
    (None, "null"),
    (undefined, "undefined"),
    ("", ""),
    ("文😀\ud800", "文😀\ufffd"),
    ({"a": 1}, "[object Object]"),
    ([1, [2, None], "x", undefined], "1,2,,x,"),
    ([], ""),
    (b"abc", "[object ArrayBuffer]"),
]
ODD: list[object] = [7000, True, {"a": 1}, ["a"], None, undefined, b"abc"]


@pytest.mark.parametrize(
    "target", one_per(lambda target: (target.profile.namespace, target.profile.mismatch))
)
async def test_form_fields_are_sent_as_string_of_their_value(
    each: tuple[On, ...], server: UploadServer, target: str
) -> None:
    """What the server gets is what `String(value)` gives, whoever called."""
    form = {f"k{place}": value for place, (value, _) in enumerate(FORM)}
    for on in each:
        mini = await on(target)
        seen = await mini.upload(mini.options(server.url, formData=form))
        assert OK == seen.names
        got = [(part.name, part.text) for part in server.last.parts if part.filename is None]
        assert [(f"k{place}", text) for place, (_, text) in enumerate(FORM)] == got


async def test_wechat_names_the_brand_of_a_wrong_value(on: On, server: UploadServer) -> None:
    """For every kind of value, a function included."""
    mini = await on("wx")
    text = "uploadFile:fail parameter error: parameter.name should be String instead of {};"
    for value in ODD:
        seen = await mini.upload(mini.options(server.url, name=value))
        assert [{"errMsg": text.format(brand(value))}] == [_text_only(x) for x in seen.of("fail")]
        assert "undefined" == seen.returned["kind"]
    seen = await mini.upload(mini.options(server.url), functions=("name",))
    assert text.format("Function") == seen.of("fail")[0]["errMsg"]


def _text_only(result: Json) -> Json:
    return {"errMsg": result["errMsg"]}


def worded(target: Target) -> object:
    """Tell how a target puts a wrong option, and whether it minds."""
    profile = target.profile
    return profile.mismatch, profile.problem, profile.missing, profile.empty, profile.namespace


@pytest.mark.parametrize("target", one_per(worded))
async def test_a_wrong_type_comes_to_the_same_on_every_front(
    each: tuple[On, ...], server: UploadServer, target: str
) -> None:
    """For every brand, in a required option and in others: the answer, and what was decided."""
    seen: list[list[object]] = []
    for on in each:
        mini = await on(target)
        told: list[object] = []
        for key, value in product(("name", "header", "timeout"), ODD):
            one = await mini.upload(mini.options(server.url) | {key: value})
            told += [(key, value), one.names, one.returned, one.of("fail")]
            told += [mini.last.decisions.rules(), mini.last.reason, mini.last.unknown_keys]
        seen.append(told)
    python, node, quickjs = map(untimed, seen)
    assert python == node == quickjs


@pytest.mark.parametrize(
    "target", one_per(lambda target: (target.profile.empty, target.profile.mismatch))
)
async def test_empty_values_count_as_absent_where_the_host_says_so(
    on: On, server: UploadServer, target: str
) -> None:
    """`undefined`, null and the empty text, each on its own."""
    mini = await on(target)
    words = {"undefined": undefined, "null": None, "": ""}
    for word, value in words.items():
        given = mini.options(server.url) | {"header": value}
        await mini.upload(given)
        noted = "empty" in mini.last.decisions.rules()
        assert (word in mini.bridge.profile.empty) == noted, word


@pytest.mark.parametrize("target", ["wx", "my", "tt:feishu", "tt:douyin", "uni/h5", "mpx/my"])
async def test_an_unknown_option_is_dropped_and_named(
    on: On, server: UploadServer, target: str
) -> None:
    """In the order it was given, whatever it held."""
    mini = await on(target)
    options = {"odd": 1, **mini.options(server.url), "other": {"deep": [1]}, "last": undefined}
    seen = await mini.upload(options)
    assert OK == seen.names
    named = [key for key in mini.last.unknown_keys if key != "fileType"]
    assert ["odd", "other", "last"] == named
    assert ["f"] == [part.name for part in server.last.files]


def dropping(target: Target) -> object:
    """Tell which headers of the caller's a target drops."""
    profile = target.profile
    return profile.forbidden_headers, profile.refused_headers, profile.content_type


@pytest.mark.parametrize("target", one_per(dropping))
async def test_the_same_headers_are_dropped_on_every_front(
    each: tuple[On, ...], server: UploadServer, target: str
) -> None:
    """And what is the caller's own gets through."""
    names = ("Referer", "User-Agent", "Cookie", "X-Request-Id", "X-Tt-Logid", "X-App")
    arrived = []
    for on in each:
        mini = await on(target)
        header = dict.fromkeys(names, "own") | {"X-Number": 1, "X-True": True}
        seen = await mini.upload(mini.options(server.url, header=header))
        assert OK == seen.names
        sent = server.last.headers
        own = [sent.getall(name, []) == ["own"] for name in names]
        assert ["1"] == sent.getall("X-Number")
        assert ["true"] == sent.getall("X-True")
        arrived.append((own, mini.last.decisions.rules()))
    assert arrived[0] == arrived[1] == arrived[2]
    profile = mini.bridge.profile
    gone = {
        *profile.forbidden_headers,
        *profile.refused_headers,
        *map(str.lower, profile.trace_headers),
    }
    gone |= {"user-agent"} if profile.user_agent else set()
    assert [name.lower() not in gone for name in names] == arrived[0][0]


@pytest.mark.parametrize(
    ("reading", "refused"),
    [("required", ["absent", "", "document"]), ("checked", ["document"]), ("ignored", [])],
)
async def test_alipay_judges_file_type_by_the_chosen_reading(
    on: On, server: UploadServer, reading: str, refused: list[str]
) -> None:
    """Required by default; two other readings are one override away."""
    mini = await on("my", file_type=reading)
    failed = []
    for kind in ("absent", "", "document", "video"):
        options = mini.options(server.url, fileType=kind)
        if kind == "absent":
            del options["fileType"]
        seen = await mini.upload(options)
        if seen.of("fail"):
            assert [{"error": 11, "errorMessage": "无效参数"}] == seen.of("fail")
            failed.append(kind)
    assert refused == failed


@pytest.mark.parametrize("target", ["my", "my:ide", "uni/my", "mpx/my"])
async def test_alipays_file_name_and_name_are_one_option(
    on: On, server: UploadServer, target: str
) -> None:
    """Alone each is the form key, through layers too."""
    mini = await on(target)
    options = mini.options(server.url)
    del options["name"]
    for key in ("name", "fileName"):
        assert OK == (await mini.upload(options | {key: key})).names
        assert [key] == [part.name for part in server.last.files]
        assert not {"name", "fileName"} & set(mini.last.unknown_keys)


def picking(target: Target) -> object:
    """Tell the shape of a target's picker and what it returns; None where it has none."""
    picker = target.profile.pickers.get("chooseImage")
    if picker is None or (target.layers and target.layers[0].name == "uploader"):
        return None
    return picker.result, picker.item, target.profile.picker_returns, bool(target.layers)


@pytest.mark.parametrize("target", one_per(picking))
async def test_a_picker_answers_the_same_on_every_front(
    each: tuple[On, ...], server: UploadServer, target: str
) -> None:
    """By callbacks or its Promise; a user who backs out; and what was picked uploads."""
    seen: list[list[object]] = []
    for on in each:
        mini = await on(target, album=[PNG])
        called = await mini.call("chooseImage", {"count": 1})
        assert OK == called.names
        promised = await mini.call("chooseImage", {}, callbacks=())
        mini.bridge.album.cancel_next()
        cancelled = await mini.call("chooseImage", {"odd": 1})
        assert REFUSED == cancelled.names
        assert ("odd",) == mini.last.unknown_keys
        (result,) = called.of("success")
        paths = next(v for k, v in result.items() if k in ("apFilePaths", "tempFilePaths"))
        sent = await mini.upload(mini.options(server.url, filePath=paths[0]))
        assert OK == sent.names
        assert len(PNG) == server.last.files[0].size
        seen.append([called, promised, cancelled])
    python, node, quickjs = map(untimed, seen)
    assert python == node == quickjs


async def test_a_missing_file_has_the_same_reason_on_every_front(
    each: tuple[On, ...], server: UploadServer
) -> None:
    """Whatever the host calls it."""
    for target in ("wx", "my", "tt:feishu", "tt:douyin", "uni/app"):
        for on in each:
            mini = await on(target)
            seen = await mini.upload(mini.options(server.url, filePath="/none.png"))
            assert REFUSED == seen.names
            assert Reason.MISSING_FILE is mini.last.reason
    assert [] == server.uploads
