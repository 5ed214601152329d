"""Facts in words, and sources as numbered references, whatever the format."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import pytest

from bridge.facts import Fact
from bridge.matrix.citing import STANDINGS, cited, link, mark, numbered
from bridge.matrix.wording import Piece, prose, said
from bridge.profile import Source, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from bridge.matrix import Matrix

SOURCE = Source("documented", "a.test/page")


def words(value: object, source: Source = SOURCE) -> str:
    """Return what a cell says of a value, with code in brackets."""
    pieces = said(Fact("wx", "entry", value, None, source)).pieces
    return "".join(f"[{piece.text}]" if piece.code else piece.text for piece in pieces)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "none"),
        (True, "yes"),
        (False, "no"),
        (0, "[0]"),
        (60000, "[60000]"),
        (2.75, "[2.75]"),
        (1.7976931348623157e308, "[1.79769e+308]"),
        ("queue", "[queue]"),
        ("", "empty"),
        (" ", "empty"),
        ([], "none"),
        ({}, "none"),
        (["", "null"], "empty, [null]"),
        ({"abort": "call", "on": "call", "off": "noop"}, "[abort], [on]: [call]; [off]: [noop]"),
        ({"a": 1, "b": True}, "[a]: [1]; [b]: yes"),
        ({"3.8.10": {"overflow": "reject"}}, "[3.8.10]: ([overflow]: [reject])"),
        ({"a": {}, "b": None}, "[a]: none; [b]: none"),
    ],
)
def test_a_plain_value_is_told_in_its_parts(value: object, expected: str) -> None:
    """Names are code, lists have commas, keys with one value share it."""
    assert expected == words(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"type": "string", "required": True}, "[string]"),
        ({"type": "number", "default": 9, "required": False}, "[number? = 9]"),
        ({"type": ["number", "string"], "required": True}, "[number | string]"),
        ({"type": ["number", "string"], "required": False}, "[(number | string)?]"),
        ({"type": "string", "enum": ["image", "音"], "required": True}, '["image" | "音"]'),
        ({"required": False}, "[any?]"),
        ({"type": "boolean", "default": False, "required": False}, "[boolean? = false]"),
        ({"type": "object", "required": False, "given": False}, "not handed out"),
    ],
)
def test_an_option_is_told_as_a_type(value: object, expected: str) -> None:
    """A question mark says that it may be left out, an equals sign begins its default."""
    assert expected == words(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"message": "no {host}", "code": None}, "[no {host}]"),
        ({"message": "no", "code": 0}, "[no], code 0"),
    ],
)
def test_a_text_is_told_with_its_number(value: object, expected: str) -> None:
    """The number follows where there is one; zero is one."""
    assert expected == words(value)


def test_a_text_that_is_never_said_is_no_missing_value() -> None:
    """Nothing without an address is said by nobody; with one it is simply none."""
    assert "never" == words(None, Source("inferred", "", note="why"))
    assert "none" == words(None, SOURCE)


@pytest.mark.parametrize(
    ("entry", "host", "expected"),
    [
        ("getStorage", "wx", "[({key}) → data, errMsg] or a Promise"),
        ("getStorage", "tt:douyin", "[({key}) → data, errMsg]"),
        ("getStorageSync", "wx", "[(key) → data]"),
        ("getStorageSync", "my", "[({key}) → data, success]"),
        ("setStorageSync", "wx", "[(key, data?)]"),
        ("clearStorageSync", "wx", "[()]"),
        ("canIUse", "wx", "[(schema) → can]"),
        (
            "onNetworkStatusChange",
            "wx",
            "[(function) ← isConnected, networkType]",
        ),
        ("getFileSystemManager", "wx", "an object with functions"),
        ("env", "wx", "[USER_DATA_PATH]: [wxfile://usr]"),
    ],
)
def test_a_device_api_is_told_by_how_it_is_called(
    told: Callable[[str, str], Fact], entry: str, host: str, expected: str
) -> None:
    """Objects, values in order, listeners, objects of functions and constants look different."""
    fact = told(host, f"device.{entry}")
    assert expected == words(fact.value)


LONG = [f"a rather long name of field number {number}" for number in range(9)]


@pytest.mark.parametrize(
    ("value", "summary"),
    [
        (LONG, "9 entries"),
        (LONG[:2], ""),
        (dict.fromkeys(LONG[:5], 1), "5 entries"),
        ("x" * 900, ""),
        ({"message": "x" * 900, "code": None}, ""),
        ({"type": "string", "enum": LONG, "required": False}, ""),
        (
            {"kind": "async", "given": "list", "takes": {"key": "string"}, "result": LONG},
            "1 options, 9 keys",
        ),
        ({"kind": "constant", "given": "list", "value": dict.fromkeys(LONG, "")}, "9 entries"),
        ({"kind": "constant", "given": "list", "value": "x" * 900}, ""),
    ],
)
def test_what_is_many_is_folded_behind_its_number(value: object, summary: str) -> None:
    """A long list is summed up; a text is told at once, and so is whatever is short."""
    assert summary == said(Fact("wx", "entry", value, None, SOURCE)).summary


def test_words_in_backticks_are_code() -> None:
    """A sentence of the records or schemas is told in its parts."""
    assert (Piece("Body of "), Piece("a", code=True), Piece(".")) == prose("Body of `a`.")
    assert () == prose("")


@pytest.mark.parametrize(
    ("address", "href"),
    [
        ("opendocs.alipay.com/mini/api/kmq4hc", "https://opendocs.alipay.com/mini/api/kmq4hc"),
        ("fetch.spec.whatwg.org", "https://fetch.spec.whatwg.org"),
        ("https://a.test/b?c=d e", None),
        ("https://a.test/é", "https://a.test/%C3%A9"),
        ("dcloudio/uni-app#4509", "https://github.com/dcloudio/uni-app/issues/4509"),
        ("didi/mpx packages/api-proxy/src", "https://github.com/didi/mpx"),
        ("didi/dimina", "https://github.com/didi/dimina"),
        ("AlipayDocs/open-docs mini/api/网络.md", "https://github.com/AlipayDocs/open-docs"),
        ("@mini-types/my 3.0.14 types/lib.my.d.ts", None),
        ("pasted logs of public apps", None),
        ("blog.csdn.net, article 137354221", None),
        ("javascript:alert(1)", None),
        ("", None),
    ],
)
def test_an_address_leads_to_its_page_or_repository(address: str, href: str | None) -> None:
    """What is no address of either kind leads nowhere."""
    assert href == link(address)


def test_every_source_of_a_table_has_one_number(matrix: Matrix) -> None:
    """Numbers count from 1 in the order of the cells; equal sources share one."""
    for table in matrix.tables:
        numbers = numbered(table)
        assert list(range(1, len(numbers) + 1)) == list(numbers.values())
        assert {cited(fact) for fact in table.facts} == numbers.keys()
        assert 1 == numbers[cited(next(table.facts))]


def test_a_mark_is_the_number_with_the_sign_of_the_status() -> None:
    """What the host documents has no sign, everything else has its own."""
    sources = {status: Source(status, "a.test/b") for status in STANDINGS}
    numbers = {source: place for place, source in enumerate(sources.values(), 1)}
    assert ["1✓", "2", "3c", "4r", "5?"] == [mark(s, numbers) for s in sources.values()]
    assert set(get_args(Status)) == STANDINGS.keys()


def test_a_remark_of_the_schema_is_cited_with_the_note() -> None:
    """Both are told, each as a sentence."""
    value = {"required": True, "note": "Withdrawn."}
    source = Source("documented", "a.test/b", "2026", "Gone from the page.")
    both = cited(Fact("wx", "entry", value, None, source))
    assert Source("documented", "a.test/b", "2026", "Gone from the page. Withdrawn") == both
    assert source.note.rstrip(".") == cited(Fact("wx", "entry", 1, None, source)).note
